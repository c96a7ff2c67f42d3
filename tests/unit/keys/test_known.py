"""The book of known keys."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from multiprocessing import get_context
from pathlib import Path

import pytest

from hotline.keys import KeysError, Kind, KnownKeys, SoftSigner, published_signer

ONE, TWO, THREE = (bytes([number]) * 32 for number in (1, 2, 3))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "known-keys"


def code_of(book: KnownKeys, *fingerprints: bytes, kind: Kind) -> str:
    """The code of the refusal to admit these keys."""
    with pytest.raises(KeysError) as refused:
        book.admit(fingerprints, kind, "a test")
    return refused.value.code


def test_keys_are_noted_once_with_where_they_were_first_seen(path: Path) -> None:
    book = KnownKeys(path)
    book.admit([ONE, TWO, ONE], Kind.EXERCISE, "agreement 12ab")
    book.admit([TWO, THREE], Kind.EXERCISE, "directory of\nAUS  version 2")
    assert path.read_text() == (
        f"{ONE.hex()} EXERCISE agreement 12ab\n"
        f"{TWO.hex()} EXERCISE agreement 12ab\n"
        f"{THREE.hex()} EXERCISE directory of AUS version 2\n"
    )
    assert [entry.where for entry in KnownKeys(path).known().values()] == [
        "agreement 12ab",
        "agreement 12ab",
        "directory of AUS version 2",
    ]


@pytest.mark.threat("exercise/live confusion", defence="ID", measure="kinds whose keys the other refuses")
@pytest.mark.parametrize("kind", list(Kind))
def test_a_key_known_as_the_other_kind_is_refused_and_nothing_is_noted(path: Path, kind: Kind) -> None:
    (other,) = set(Kind) - {kind}
    KnownKeys(path).admit([ONE], other, "the other book")
    before = path.read_bytes()
    with pytest.raises(KeysError, match=f"known as {other} from the other book; it cannot serve {kind}") as refused:
        KnownKeys(path).admit([TWO, ONE], kind, "a test")
    assert refused.value.code == "KEY_OTHER_KIND"
    assert path.read_bytes() == before


def test_actual_refuses_published_keys_before_the_book_is_opened(path: Path) -> None:
    assert code_of(KnownKeys(path), ONE, published_signer(3).fingerprint, kind=Kind.ACTUAL) == "KEY_PUBLISHED"
    assert not path.exists()
    KnownKeys(path).admit([published_signer(3).fingerprint], Kind.EXERCISE, "simulator")


@pytest.mark.parametrize("kind", list(Kind))
def test_keys_held_against_the_book_are_judged_alike_and_not_noted(path: Path, kind: Kind) -> None:
    (other,) = set(Kind) - {kind}
    book = KnownKeys(path)
    book.hold([ONE], kind)
    assert book.known() == {}
    book.admit([ONE], other, "the other book")
    before = path.read_bytes()
    book.hold(iter([ONE, TWO]), other)
    with pytest.raises(
        KeysError, match=f"KEY_OTHER_KIND: key {ONE.hex()[:12]} is known as {other} from the other book"
    ):
        book.hold(iter([TWO, ONE]), kind)
    assert path.read_bytes() == before
    path.write_bytes(before + b"words\n")
    with pytest.raises(KeysError, match="KEY_BOOK_CORRUPT"):
        book.hold([TWO], kind)


def test_a_published_key_does_not_hold_for_real_either(path: Path) -> None:
    published = published_signer(3).fingerprint
    KnownKeys(path).hold([published], Kind.EXERCISE)
    with pytest.raises(KeysError, match="KEY_PUBLISHED"):
        KnownKeys(path).hold(iter([ONE, published]), Kind.ACTUAL)


def test_admitting_nothing_is_allowed(path: Path) -> None:
    KnownKeys(path).admit([], Kind.ACTUAL, "")
    assert KnownKeys(path).known() == {}


def test_a_line_without_words_gets_some(path: Path) -> None:
    KnownKeys(path).admit([ONE], Kind.ACTUAL, " \n")
    assert KnownKeys(path).known()[ONE].where == "unknown"


def test_words_that_are_not_unicode_do_not_spoil_the_book(path: Path) -> None:
    KnownKeys(path).admit([ONE], Kind.ACTUAL, os.fsdecode(b"file \xff"))
    assert KnownKeys(path).known()[ONE].where == "file ?"


def test_the_book_is_private(path: Path) -> None:
    KnownKeys(path).admit([ONE], Kind.ACTUAL, "x")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_line_cut_by_a_crash_is_taken_off(path: Path, cut: int) -> None:
    KnownKeys(path).admit([ONE], Kind.ACTUAL, "before")
    KnownKeys(path).admit([TWO], Kind.ACTUAL, "the crash")
    path.write_bytes(path.read_bytes()[:-cut])
    KnownKeys(path).admit([TWO, THREE], Kind.EXERCISE, "after")
    assert [(entry.fingerprint, entry.kind) for entry in KnownKeys(path).known().values()] == [
        (ONE, Kind.ACTUAL),
        (TWO, Kind.EXERCISE),
        (THREE, Kind.EXERCISE),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "words",
        f"{ONE.hex()} DRILL x",
        f"{ONE.hex()} ACTUAL ",
        f"{ONE.hex()[:-2]} ACTUAL x",
        f"{ONE.hex().upper()[:-1]}G ACTUAL x",
        f"{TWO.hex()} EXERCISE x",
    ],
)
def test_a_damaged_book_admits_nothing_and_names_the_line(path: Path, line: str) -> None:
    book = KnownKeys(path)
    book.admit([TWO], Kind.ACTUAL, "x")
    with path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(KeysError, match=f"KEY_BOOK_CORRUPT: {path}, line 2: "):
        book.known()
    with pytest.raises(KeysError, match=f"KEY_BOOK_CORRUPT: {path}, line 2: "):
        book.admit([THREE], Kind.ACTUAL, "x")
    assert code_of(book, THREE, kind=Kind.ACTUAL) == "KEY_BOOK_CORRUPT"


def test_bytes_that_are_no_text_are_a_damaged_line(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(KeysError, match=r"KEY_BOOK_CORRUPT: .*line 1: not a line of the book of known keys"):
        KnownKeys(path).known()


def test_a_book_that_cannot_be_opened_has_a_code(tmp_path: Path) -> None:
    assert code_of(KnownKeys(tmp_path), ONE, kind=Kind.ACTUAL) == "KEY_IO"
    assert code_of(KnownKeys(tmp_path / "no" / "book"), ONE, kind=Kind.ACTUAL) == "KEY_IO"


class Syncs:
    """`os.fsync` of files that lets so many through, and then fails once."""

    def __init__(self, before: int) -> None:
        self.left, self.sizes = before, list[int]()

    def __call__(self, handle: int) -> None:
        self.left -= 1
        if self.left == -1:
            raise OSError(errno.EIO, "Input/output error")
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            self.sizes.append(os.fstat(handle).st_size)


# Of the folder, of what was there, of what is new.
@pytest.mark.parametrize("before", range(3))
def test_what_could_not_be_synced_is_not_found_in_the_book(
    path: Path, before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    KnownKeys(path).admit([ONE], Kind.ACTUAL, "before")
    book, whole = KnownKeys(path), path.read_bytes()
    monkeypatch.setattr(os, "fsync", syncs := Syncs(before))
    with pytest.raises(KeysError, match=f"KEY_IO: {path}: .*Input/output error"):
        book.admit([TWO], Kind.ACTUAL, "the failure")
    assert path.read_bytes() == whole
    for use in (lambda: book.admit([TWO], Kind.ACTUAL, "again"), lambda: book.hold([TWO], Kind.ACTUAL), book.known):
        with pytest.raises(KeysError, match="KEY_IO"):
            use()
    assert max(syncs.sizes, default=0) <= len(whole)
    KnownKeys(path).admit([TWO], Kind.EXERCISE, "a new start")
    assert syncs.sizes[-1] == path.stat().st_size > len(whole)
    assert KnownKeys(path).known()[TWO].kind is Kind.EXERCISE


def test_lines_that_a_killed_process_left_are_synced_before_they_are_believed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(f"{ONE.hex()} ACTUAL a killed process\n")
    monkeypatch.setattr(os, "fsync", syncs := Syncs(9))
    KnownKeys(path).admit([ONE], Kind.ACTUAL, "after")
    assert syncs.sizes == [path.stat().st_size]


def admit_many(path: Path, kind: Kind, start: int) -> None:
    """What one process of an installation does."""
    for number in range(start, start + 40):
        KnownKeys(path).admit([number.to_bytes(32, "big")], kind, f"process {start}")


def test_processes_share_the_book_without_spoiling_it(path: Path) -> None:
    context = get_context("spawn")
    processes = [context.Process(target=admit_many, args=(path, Kind.EXERCISE, start)) for start in (0, 20)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert set(KnownKeys(path).known()) == {number.to_bytes(32, "big") for number in range(60)}
    assert path.read_text().count("\n") == 60


def test_a_book_in_another_s_hands_is_waited_for(path: Path) -> None:
    KnownKeys(path).admit([ONE], Kind.ACTUAL, "x")
    context = get_context("spawn")
    process = context.Process(target=admit_many, args=(path, Kind.ACTUAL, 100))
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process.start()
        process.join(1)
        assert process.is_alive()
        assert path.read_text().count("\n") == 1
    process.join()
    assert len(KnownKeys(path).known()) == 41


def test_any_real_key_fits_the_book(path: Path) -> None:
    signer = SoftSigner.generate()
    KnownKeys(path).admit([signer.fingerprint], Kind.ACTUAL, "x")
    assert signer.fingerprint in KnownKeys(path).known()
