"""The protocol files against the last released specification (REQ-CONF-3)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from hotline import SPEC_VERSION

ROOT = Path(__file__).resolve().parents[2]
BUF = Path(sys.executable).with_name("buf")


def breaking(protos: Path) -> subprocess.CompletedProcess[str]:
    """Compare protocol files, in a folder that also holds their buf.yaml."""
    command = [str(ROOT / "tools/breaking.sh"), str(BUF)]
    env = {**os.environ, "PROTOS": str(protos)}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def copy(folder: Path) -> Path:
    shutil.copy(ROOT / "buf.yaml", folder)
    shutil.copytree(ROOT / "proto", folder / "proto")
    return folder


def test_the_newest_image_is_of_the_version_that_the_package_says() -> None:
    versions = sorted((path.name for path in (ROOT / "specs/released").iterdir()), key=_numbers)
    assert versions[-1] == SPEC_VERSION


def test_what_is_added_breaks_nobody(tmp_path: Path) -> None:
    file = copy(tmp_path) / "proto/hotline/v1/retraction.proto"
    file.write_text(file.read_text() + "\n// More.\nmessage More {\n  // A word.\n  string word = 1;\n}\n")
    done = breaking(tmp_path)
    assert (done.returncode, done.stdout) == (0, f"No breaking change against version {SPEC_VERSION}.\n"), done


def test_what_is_taken_away_or_renumbered_is_found(tmp_path: Path) -> None:
    file = copy(tmp_path) / "proto/hotline/v1/retraction.proto"
    file.write_text(file.read_text().replace("bytes subject = 1", "bytes subject = 7"))
    done = breaking(tmp_path)
    assert done.returncode != 0
    assert "retraction.proto" in done.stdout


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
