"""Where a passphrase or a PIN comes from: a file that only its owner may read, the environment, or systemd.

Never from the command line or from an address, which other processes can read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from hotline.keys.disk import read_small
from hotline.keys.errors import KeysError

Ask = Callable[[str], bytes]
"""Gives the passphrase of what it is told; raises KeysError if there is none."""

_CREDENTIALS = "CREDENTIALS_DIRECTORY"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,255}")


def passphrase_in_file(path: Path) -> bytes:
    """The first line of a file.

    Raises:
        KeysError: KEY_IO; KEY_EXPOSED if others may read it; KEY_PASSPHRASE if it is empty.
    """
    return _line(read_small(path, private=True), str(path))


def passphrase_in_environment(name: str) -> bytes:
    """An environment variable, whole. It is visible to whoever may look into the process: a file is the better place.

    Raises:
        KeysError: KEY_PASSPHRASE if it is not set, or empty.
    """
    return _line(os.environb.get(os.fsencode(name), b""), f"the environment variable {name}")


def passphrase_in_credential(name: str) -> bytes:
    """A credential that systemd hands to the service (`LoadCredential=`, `LoadCredentialEncrypted=`).

    The folder is the service's own, whatever the bits of the files in it say.

    Raises:
        KeysError: KEY_PASSPHRASE if there is no such credential, or it is empty; KEY_IO.
    """
    folder = os.environ.get(_CREDENTIALS)
    if not folder or not _NAME.fullmatch(name) or not (path := Path(folder) / name).is_file():
        raise KeysError("KEY_PASSPHRASE", f"systemd has handed over no credential {name!r}")
    return _line(read_small(path, private=False), f"the credential {name}")


def _line(data: bytes, where: str) -> bytes:
    line = data.split(b"\n", 1)[0].rstrip(b"\r")
    if not line:
        raise KeysError("KEY_PASSPHRASE", f"there is no passphrase in {where}")
    return line
