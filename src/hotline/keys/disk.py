"""Writing and reading small files that must be private, or must not be half written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from hotline.keys.errors import KeysError

# No file of this room comes near it; what is larger is something else.
_MAX_BYTES = 64 * 1024


def write_new(path: Path, data: bytes, mode: int) -> None:
    """Write a file that is not there yet, durably and with exactly these permission bits.

    Raises:
        KeysError: KEY_EXISTS, so that no key is ever overwritten; KEY_IO.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            file.write(data)
            file.flush()
            os.fsync(handle)
        sync_folder(path)
    except FileExistsError as error:
        raise KeysError("KEY_EXISTS", f"{path} is there already and was left as it is") from error
    except OSError as error:
        raise KeysError("KEY_IO", str(error)) from error


def read_small(path: Path, *, private: bool) -> bytes:
    """The file's bytes.

    Args:
        path: the file.
        private: refuse it if anybody but its owner has any permission on it.

    Raises:
        KeysError: KEY_IO, KEY_EXPOSED, KEY_FORMAT if it is far too large.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise KeysError("KEY_IO", str(error)) from error
    if private and mode & 0o077:
        raise KeysError("KEY_EXPOSED", f"{path} has mode {mode:04o}: others may reach it; chmod 600, or make a new key")
    if len(data) > _MAX_BYTES:
        raise KeysError("KEY_FORMAT", f"{path} is too large to be a key")
    return data


def sync_folder(path: Path) -> None:
    """See that the folder durably lists the file."""
    folder = os.open(path.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
