"""What users install: the built wheel alone, in an empty folder, runs the demo and the vectors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, unpacked as an installer would, away from the source tree."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist"), cwd=ROOT)
    wheel = next((folder / "dist").glob("*.whl"))
    target = folder / "site"
    _run(sys.executable, "-m", "zipfile", "-e", str(wheel), str(target), cwd=folder)
    return target


def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    result = json.loads(_hotline(installed, tmp_path, "demo", "--speed", "240", "--out", "out", "--json"))
    assert result["ok"] is True
    assert result["transcripts_verified"] is True
    left = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert {"report.html", "report.json"} <= set(left)
    assert sum(name.startswith("transcript-") for name in left) == 2
    assert any(name.startswith("agreement") for name in left)


def test_the_vectors_come_with_the_wheel(installed: Path, tmp_path: Path) -> None:
    result = json.loads(_hotline(installed, tmp_path, "vectors", "run", "--json"))
    assert result["ok"] is True
    assert result["failed"] == 0
    assert result["passed"] >= 12


def _hotline(site: Path, cwd: Path, *arguments: str) -> str:
    from_wheel = f"import hotline; assert hotline.__file__.startswith({str(site)!r})"
    script = f"{from_wheel}; from hotline.cli import main; main()"
    return _run(sys.executable, "-c", script, *arguments, cwd=cwd, env={**os.environ, "PYTHONPATH": str(site)})


def _run(*command: str, cwd: Path, env: dict[str, str] | None = None) -> str:
    run = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=110, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout
