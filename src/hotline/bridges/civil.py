"""Numbers of public warnings: which one a notice names, and which one a statement ends or replaces.

A notice names its public warning in words; the words of a navigational warning and of a NOTAM are told apart by their
form. No number is ever made up: only a coordinator or a NOTAM office gives one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from hotline import v1
from hotline.bridges.told import Held, Told, notice_in, notice_meant, subject

_NAVIGATIONAL = re.compile(r"(?P<series>[A-Z][A-Z0-9 -]*?) (?P<number>[0-9]{1,4})/(?P<year>[0-9]{2}|[0-9]{4})")
_NOTAM = re.compile(r"[A-Z][0-9]{4}/[0-9]{2}")

NumberIn = Callable[[v1.ActivityNotice], str]
"""The number of one kind of warning that a notice names; empty where it names none."""


@dataclass(frozen=True, slots=True)
class Series:
    """A navigational warning by its parts: ``NAVAREA XI``, 123, 2026."""

    name: str
    number: int
    year: int


def navigational(notice: v1.ActivityNotice) -> str:
    """``NAVAREA XI 123/26``; empty where the notice names no navigational warning."""
    words = notice.civil_warning.strip().upper()
    return words if _NAVIGATIONAL.fullmatch(words) else ""


def notam_number(notice: v1.ActivityNotice) -> str:
    """``A0123/26``; empty where the notice names no NOTAM."""
    words = notice.civil_warning.strip().upper()
    return words if _NOTAM.fullmatch(words) else ""


def parts(number: str) -> Series | None:
    """A navigational warning's number by its parts; None for an empty one."""
    match = _NAVIGATIONAL.fullmatch(number)
    if match is None:
        return None
    year = int(match["year"])
    return Series(match["series"], int(match["number"]), year if year >= 100 else 2000 + year)


def replaced(told: Told, held: Held, number_in: NumberIn) -> str:
    """The number that a statement ends or replaces; empty where there is none, or it stays the same.

    Raises:
        BridgeError: BRIDGE_EARLIER_MISSING, BRIDGE_NO_FORM.
    """
    if isinstance(told.body, v1.ActivityNotice):
        return ""
    earlier, own = subject(told, held), notice_in(told)
    before = notice_meant(earlier, held) if earlier is not None else None
    number = number_in(before) if before is not None else ""
    return "" if own is not None and number_in(own) == number else number
