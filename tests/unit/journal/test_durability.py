"""What SQLite must be and must promise."""

from __future__ import annotations

import pytest

from hotline.journal import JournalUsageError
from hotline.journal.durability import SETTINGS, check_library_version, library_version, weaknesses

_STRONG = {setting.name: setting.expect for setting in SETTINGS}


@pytest.mark.parametrize(
    "version",
    [(3, 6, 23), (3, 7, 0), (3, 40, 1), (3, 50, 99), (3, 51, 0), (3, 51, 2), (3, 52, 0)],
)
def test_versions_that_can_damage_the_log_are_refused(version: tuple[int, int, int]) -> None:
    with pytest.raises(JournalUsageError) as refused:
        check_library_version(version)
    assert refused.value.code == "JOURNAL_SQLITE_VERSION"
    assert ".".join(map(str, version)) in refused.value.detail


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 51, 4), (3, 52, 1), (3, 53, 0), (3, 54, 1), (4, 0, 0)])
def test_versions_with_the_fix_are_taken(version: tuple[int, int, int]) -> None:
    check_library_version(version)


def test_the_library_that_is_loaded_here_is_taken() -> None:
    assert library_version() > (3, 51, 2)
    check_library_version(library_version())


def test_settings_as_asked_for_have_no_weakness() -> None:
    assert list(weaknesses(_STRONG.get)) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("locking_mode", "normal"),
        ("journal_mode", "delete"),
        ("journal_mode", "memory"),
        ("synchronous", 2),
        ("synchronous", 1),
        ("synchronous", 0),
        ("fullfsync", 0),
        ("checkpoint_fullfsync", 0),
        ("wal_autocheckpoint", 0),
        ("foreign_keys", 0),
        ("trusted_schema", 1),
        ("cell_size_check", 0),
        ("mmap_size", 268435456),
        ("mmap_size", None),
    ],
)
def test_each_weaker_reading_is_named(name: str, found: object) -> None:
    (weakness,) = weaknesses({**_STRONG, name: found}.get)
    assert weakness.startswith(f"{name} is {found}, not ")
