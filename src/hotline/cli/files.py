"""Files and digests that a user names."""

from __future__ import annotations

import os
import re
from pathlib import Path
from tempfile import NamedTemporaryFile

from hotline.protocol.errors import UsageError

_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_BYTES_MAX = 1 << 30


def read(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        UsageError: FILE_UNREADABLE.
    """
    try:
        if path.stat().st_size > _BYTES_MAX:
            raise UsageError("FILE_UNREADABLE", f"{path} is larger than {_BYTES_MAX} bytes")
        return path.read_bytes()
    except OSError as error:
        raise UsageError("FILE_UNREADABLE", str(error)) from error


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet.

    Raises:
        UsageError: FILE_EXISTS, FILE_UNWRITABLE.
    """
    if path.exists():
        raise UsageError("FILE_EXISTS", f"{path} is there already and was left as it is")
    replace(path, data)


def replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, over one that may be there.

    Raises:
        UsageError: FILE_UNWRITABLE.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            file.write(data)
        _take_place(Path(file.name), path)
    except OSError as error:
        raise UsageError("FILE_UNWRITABLE", str(error)) from error


def _take_place(made: Path, path: Path) -> None:
    try:
        made.chmod(0o666 & ~_umask())
        made.replace(path)
    except OSError:
        made.unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def digest(text: str | None) -> bytes | None:
    """A digest in hexadecimal.

    Raises:
        UsageError: INPUT_BAD_VALUE.
    """
    if text is None:
        return None
    if not _DIGEST.fullmatch(text):
        raise UsageError("INPUT_BAD_VALUE", f"a digest has 64 hexadecimal digits: {text!r}")
    return bytes.fromhex(text)
