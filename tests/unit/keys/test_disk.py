"""Small files, private and whole."""

from __future__ import annotations

import os
import stat
import tracemalloc
from pathlib import Path

import pytest

from hotline.keys import KeysError
from hotline.keys.disk import read_small, write_new


@pytest.mark.parametrize(("mode", "umask"), [(0o600, 0), (0o644, 0o077), (0o600, 0o277)])
def test_a_new_file_has_exactly_its_mode_whatever_the_umask(tmp_path: Path, mode: int, umask: int) -> None:
    path = tmp_path / "file"
    before = os.umask(umask)
    try:
        write_new(path, b"data", mode)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == mode
    assert read_small(path, private=False) == b"data"


def test_a_private_file_is_private_from_its_first_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has opened it before its mode was set could read what is written later."""
    made: list[int] = []
    monkeypatch.setattr(os, "fchmod", lambda handle, mode: made.append(os.fstat(handle).st_mode & 0o777))
    before = os.umask(0)
    try:
        write_new(tmp_path / "file", b"data", 0o600)
    finally:
        os.umask(before)
    assert made == [0o600]


def test_a_new_file_is_durable_and_so_is_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First what it holds, then the folder that lists it; wherever one stands when it is named."""
    synced: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(stat.S_ISDIR(os.fstat(handle).st_mode)))
    write_new(tmp_path / "file", b"data", 0o600)
    monkeypatch.chdir(tmp_path)
    write_new(Path("another"), b"data", 0o600)
    assert synced == [False, True] * 2


def test_no_file_is_ever_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_new(path, b"first", 0o600)
    with pytest.raises(KeysError) as error:
        write_new(path, b"second", 0o600)
    words = f"{path} is there already and was left as it is"
    assert (error.value.code, error.value.detail) == ("KEY_EXISTS", words)
    assert path.read_bytes() == b"first"


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(KeysError, match="KEY_EXISTS"):
        write_new(tmp_path / "link", b"data", 0o600)
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o602, 0o610, 0o644, 0o777])
def test_a_private_file_that_others_may_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    write_new(path, b"data", mode)
    with pytest.raises(KeysError, match=f"KEY_EXPOSED: .*{mode:04o}"):
        read_small(path, private=True)
    assert read_small(path, private=False) == b"data"


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_private_file_of_its_owner_alone_is_taken(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    write_new(path, b"data", mode)
    assert read_small(path, private=True) == b"data"


@pytest.mark.parametrize("name", ["missing", "missing/file", "."])
def test_what_cannot_be_read_or_written_has_a_code(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeysError, match=f"KEY_IO: .*{tmp_path / name}"):
        read_small(tmp_path / name, private=False)


def test_a_folder_that_is_not_there_has_a_code(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match=r"KEY_IO: .*missing/file"):
        write_new(tmp_path / "missing" / "file", b"", 0o600)


@pytest.mark.threat("resource exhaustion", defence="LIM", measure="files far too large, refused")
def test_a_file_far_too_large_is_refused(tmp_path: Path) -> None:
    limit = tmp_path / "limit"
    limit.write_bytes(bytes(64 * 1024))
    assert len(read_small(limit, private=False)) == 64 * 1024
    limit.write_bytes(bytes(64 * 1024 + 1))
    with pytest.raises(KeysError, match=f"KEY_FORMAT: {limit} is too large to be a key"):
        read_small(limit, private=False)
    os.truncate(limit, 64 * 1024 * 1024)
    tracemalloc.start()
    try:
        with pytest.raises(KeysError, match="KEY_FORMAT"):
            read_small(limit, private=False)
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024, "no more of it is read than tells that it is too large"
    finally:
        tracemalloc.stop()
