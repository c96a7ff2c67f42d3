"""A SoftHSM 2 for each process of the test run; without one on the machine these tests are left out.

`tools/system.sh` says so, and does not let it happen where CI is true. A process reads SoftHSM's settings once, so the
tokens are made before anything speaks to them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

MODULES = [path for folder in ("/usr/lib", "/usr/local/lib", "/opt") for path in Path(folder).rglob("libsofthsm2.so")]
HAS_TOKENS = shutil.which("softhsm2-util") is not None and bool(MODULES)
assert HAS_TOKENS or os.environ.get("CI") != "true", "tools/system.sh need tokens"

collect_ignore = [] if HAS_TOKENS else ["test_cryptoki.py", "test_line.py"]

PIN, TOKENS = "7391", ("aus", "chn", "locked")


@dataclass(frozen=True, slots=True)
class Tokens:
    """SoftHSM's settings, and the file with the PIN that opens every token."""

    folder: Path
    pin_file: Path

    def address(self, token: str, key: str) -> str:
        """The address of a key."""
        return f"pkcs11:token={token};object={key}?module-path={MODULES[0]}&pin-source=file:{self.pin_file}"


def settings(folder: Path) -> Path:
    """Settings of a SoftHSM whose tokens lie in a folder."""
    (folder / "tokens").mkdir(parents=True)
    path = folder / "softhsm2.conf"
    path.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    return path


@pytest.fixture(scope="session")
def tokens() -> Iterator[Tokens]:
    """Fresh tokens; the environment names them from now on, for this process and those that it starts."""
    with tempfile.TemporaryDirectory(prefix="hl-") as name:
        folder = Path(name)
        os.environ["SOFTHSM2_CONF"] = str(settings(folder))
        for label in TOKENS:
            words = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "8642"]
            subprocess.run(words, check=True, capture_output=True)
        pin_file = folder / "pin"
        pin_file.write_text(f"{PIN}\n", encoding="ascii")
        pin_file.chmod(0o600)
        yield Tokens(folder, pin_file)
        del os.environ["SOFTHSM2_CONF"]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with a short name: the path of a Unix socket has room for a hundred characters only."""
    with tempfile.TemporaryDirectory(prefix="hl-") as name:
        yield Path(name)
