"""The second implementation, installed once for the session."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from tests.second.site import ROOT, Script


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> Script:
    """A copy of the client with its locked packages; none of them may run a script when it is installed."""
    folder = tmp_path_factory.mktemp("js") / "client"
    shutil.copytree(ROOT / "examples/node-client", folder, ignore=shutil.ignore_patterns("node_modules"))
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Script(folder)
