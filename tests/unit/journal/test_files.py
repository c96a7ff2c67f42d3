"""The file layer of the embedded journal."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from hotline.journal.files import PlainFile, layer

# Its first page can be opened and never read.
UNREADABLE = "/proc/self/mem"
FLAGS = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_MAIN_DB
HAS_UNREADABLE = Path(UNREADABLE).exists()


@pytest.mark.parametrize("path", [UNREADABLE] if HAS_UNREADABLE else [])
def test_what_cannot_be_read_is_not_called_damaged(path: str) -> None:
    with pytest.raises(apsw.IOError) as usual:
        apsw.VFSFile("", path, [FLAGS, 0]).xRead(100, 0)
    # What SQLite goes on to call a malformed image.
    assert getattr(usual.value, "extendedresult", 0) == apsw.SQLITE_IOERR_CORRUPTFS
    with pytest.raises(apsw.IOError, match="cannot read 100 bytes at 0") as ours:
        PlainFile("", path, [FLAGS, 0]).xRead(100, 0)
    assert getattr(ours.value, "extendedresult", 0) == 0


def test_a_file_that_is_shorter_than_asked_is_no_error(tmp_path: Path) -> None:
    (path := tmp_path / "short").write_bytes(b"five.")
    assert PlainFile("", str(path), [FLAGS, 0]).xRead(100, 2) == b"ve."


def test_the_layer_is_registered_once_and_is_not_the_usual_one() -> None:
    assert layer() == layer()
    assert apsw.vfs_names().count(layer()) == 1
    assert apsw.vfs_names()[0] != layer()
