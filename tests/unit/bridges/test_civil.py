"""Which public warning a notice names, and which one a statement ends."""

from __future__ import annotations

import pytest
from tests.unit.bridges.cases import cancelling, divers, told, updating

from hotline import v1
from hotline.bridges.civil import Series, navigational, notam_number, parts, replaced
from hotline.bridges.told import Held


@pytest.mark.parametrize(
    ("words", "sea", "air"),
    [
        ("navarea xi 123/26", "NAVAREA XI 123/26", ""),
        (" HYDROPAC 7/2026", "HYDROPAC 7/2026", ""),
        ("A0123/26", "", "A0123/26"),
        ("see the harbour master", "", ""),
        ("", "", ""),
    ],
)
def test_the_two_kinds_are_told_apart(words: str, sea: str, air: str) -> None:
    notice = divers(civil_warning=words)
    assert (navigational(notice), notam_number(notice)) == (sea, air)


def test_the_parts_of_a_number() -> None:
    assert parts("NAVAREA XI 123/26") == Series("NAVAREA XI", 123, 2026) == parts("NAVAREA XI 123/2026")
    assert parts("") is None


def test_a_warning_is_replaced_only_by_another_number() -> None:
    notice = told("notice", divers(civil_warning="NAVAREA XI 1/23"))
    held = Held.of(notice)
    assert replaced(notice, held, navigational) == ""
    for words, wanted in (("NAVAREA XI 2/23", "NAVAREA XI 1/23"), ("", "NAVAREA XI 1/23"), ("NAVAREA XI 1/23", "")):
        update = told("update", v1.ActivityUpdate(notice=divers(civil_warning=words)), 60, **updating("notice"))
        assert replaced(update, held, navigational) == wanted
    cancel = told("cancel", v1.ActivityCancel(reason="Weather"), 60, **cancelling("notice"))
    assert (replaced(cancel, held, navigational), replaced(cancel, held, notam_number)) == ("NAVAREA XI 1/23", "")
