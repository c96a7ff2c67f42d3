"""The second implementation under the black-box suite, as somebody who wrote it from the texts alone would run it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.second.site import ROOT, SOURCES, Script, has_node

pytestmark = pytest.mark.timeout(400)
if not has_node() and os.environ.get("CI") != "true":
    pytest.skip("Node.js 20 or newer is not installed", allow_module_level=True)

RESTART = """
import os, signal, subprocess, sys
pid, *words = sys.argv[1:]
if os.path.exists(pid):
    os.kill(int(open(pid).read()), signal.SIGKILL)
log = open("node.log", "a")
started = subprocess.Popen(words, stdout=log, stderr=log)
open(pid, "w").write(str(started.pid))
"""


@pytest.fixture(scope="module")
def report(script: Script, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the suite says of it, with somebody who acts at the node and something that kills it."""
    folder = tmp_path_factory.mktemp("kit")
    told = _hotline(folder, "conformance", "new", "--out", "kit", "--json")
    (folder / "restart.py").write_text(RESTART, encoding="utf-8")
    client = script.folder / "client.mjs"
    restart = [sys.executable, "restart.py", "pid", shutil.which("node") or "node", str(client)]
    restart += ["--config", "kit/node/node.yaml", "serve"]
    env = {"HOTLINE_PROTO": str(ROOT / "proto")}
    subprocess.run(restart, cwd=folder, env={**os.environ, **env}, check=True)
    try:
        yield _hotline(
            folder,
            *("conformance", "run", "--target", told["addresses"]["TARGET:watch"], "--config", "kit", "--json"),
            *("--operator", f"{script.folder / 'operator.sh'} kit/node", "--restart", " ".join(restart)),
            **env,
        )
    finally:
        os.kill(int((folder / "pid").read_text()), 9)


def _hotline(folder: Path, *words: str, **env: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "hotline.cli", *words]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **SOURCES, **env}, capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_it_passes_every_check(report: dict[str, Any]) -> None:
    assert {check["id"]: check["reason"] for check in report["checks"] if check["verdict"] != "pass"} == {}
    assert report["ok"]
