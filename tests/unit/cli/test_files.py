"""Files and digests that a user names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hotline.cli import files
from hotline.protocol.errors import UsageError


def code_of(caught: pytest.ExceptionInfo[UsageError]) -> str:
    return caught.value.code


def test_a_new_file_is_written_whole_with_usual_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    files.write_new(path, b"data")
    assert files.read(path) == b"data"
    usual = os.umask(0)
    os.umask(usual)
    assert path.stat().st_mode & 0o777 == 0o666 & ~usual
    assert [each.name for each in path.parent.iterdir()] == ["b"]


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(UsageError) as caught:
        files.write_new(path, b"new")
    assert (code_of(caught), path.read_bytes()) == ("FILE_EXISTS", b"old")
    files.replace(path, b"new")
    assert path.read_bytes() == b"new"


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "a", tmp_path / "folder"):
        with pytest.raises(UsageError) as caught:
            files.replace(path, b"data")
        assert code_of(caught) == "FILE_UNWRITABLE"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]


def test_what_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(UsageError) as caught:
            files.read(path)
        assert code_of(caught) == "FILE_UNREADABLE"


def test_digests() -> None:
    assert files.digest(None) is None
    assert files.digest("aB" * 32) == b"\xab" * 32
    for text in ("", "ab", "xy" * 32, "ab" * 33, f"{'ab' * 31}a ", "é" * 64):
        with pytest.raises(UsageError) as caught:
            files.digest(text)
        assert code_of(caught) == "INPUT_BAD_VALUE"
