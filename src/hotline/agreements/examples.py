"""Complete plans to begin from, with the comments a first reader needs and dates that hold today."""

from __future__ import annotations

from importlib import resources
from string import Template

from hotline.messages.times import iso

_DAY_NS = 86_400 * 1_000_000_000
_HOUR_NS = 3_600 * 1_000_000_000
_OFFICERS = {"AUS": ("anna", "ben"), "CHN": ("chen", "dai")}


def example_agreement(now_ns: int) -> str:
    """The plan of an agreement between two parties, in force for thirty days from an hour ago.

    Args:
        now_ns: UTC of now.
    """
    start = _full_hour(now_ns)
    return _filled("example_agreement.yaml", {"from": iso(start), "until": iso(start + 30 * _DAY_NS)})


def example_directory(now_ns: int, party: str, endpoint: str) -> str:
    """The plan of a directory with one post and two officers.

    Args:
        now_ns: UTC of now.
        party: whose directory, such as AUS.
        endpoint: where the post's node answers, "host:port".
    """
    start = _full_hour(now_ns)
    first, second = _OFFICERS.get(party, ("officer-1", "officer-2"))
    words = {
        "party": party,
        "endpoint": endpoint,
        "folder": party.lower().replace("/", "-"),
        "first": first,
        "second": second,
        "from": iso(start),
        "week": iso(start + 7 * _DAY_NS),
        "month": iso(start + 30 * _DAY_NS),
    }
    return _filled("example_directory.yaml", words)


def _full_hour(now_ns: int) -> int:
    """The full hour before the last, so that a peer whose clock is behind finds everything in force."""
    return (now_ns // _HOUR_NS - 1) * _HOUR_NS


def _filled(name: str, words: dict[str, str]) -> str:
    text = resources.files("hotline.agreements").joinpath(name).read_text(encoding="utf-8")
    return Template(text).substitute(words)
