"""Every kind of expectation, where it does not come true: what is said that was found instead."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from pydantic import TypeAdapter

from hotline_sim.demo import run_virtual
from hotline_sim.expectations import Checked, check, failures_shown
from hotline_sim.outcome import Picture
from hotline_sim.scenario import bundled, load
from hotline_sim.scenario.expect import Expectation

NAMES = {
    "posts": frozenset({"BRAVO:patrol", "ALFA:coast-radio", "DELTA:fleet-watch", "PACT:headquarters"}),
    "messages": frozenset({"m1", "m2"}),
}
DELTA = {"message": "m2", "addressee": "DELTA:fleet-watch"}
M2 = {"message": "m2", "addressee": "BRAVO:patrol"}


@cache
def seen() -> Picture:
    return run_virtual(load(bundled()["words-of-silence-synthetic"])).picture


def checked(**words: Any) -> Checked:
    """One expectation against the run in which nobody answers for many reasons."""
    expected = TypeAdapter(Expectation).validate_python(words, context=NAMES)
    scenario = seen().run.scenario.model_copy(update={"expectations": (expected,)})
    (found,) = check(replace(seen(), run=replace(seen().run, scenario=scenario)))
    return found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ({**M2, "stage": "READ", "verdict": "IN_TIME", "value": "READ"}, "EXPIRED, nothing said"),
        ({**M2, "stage": "READ", "verdict": "EXPIRED", "said_before": "T+01:00:00"}, "EXPIRED, not said"),
        (
            {**DELTA, "stage": "READ", "verdict": "LATE", "said_after": "3 h"},
            "LATE, said T+01:02:00",
        ),
        ({"step": "QUERY", "message": "m2", "addressee": "PACT:headquarters", "taken": 1}, "T+00:50:00, T+01:00:00"),
        ({"step": "NEXT_LEVEL", "target": "PACT:headquarters", **M2}, "not taken"),
        ({"step": "QUERY", "message": "m2", "addressee": "PACT:headquarters", "by": "T+00:30:00"}, "not taken"),
        ({"silence": "NO_ANSWER", "at": "T+00:55:00", **M2}, "RADIO_SILENCE"),
        ({"silence": "NONE", "at": "T+00:01:00", **M2}, "not said by then"),
        ({"mark": "RETRACTED", "message": "m2"}, "no marks"),
        ({"mark": "CROSSED", "stage": "READ", **M2}, "no marks"),
        ({"mark": "CROSSED", "stage": "DONE", **M2}, "no marks"),
        ({"claim": "READ", "by": "ALFA:coast-radio", "medium": "VHF", **M2}, "no claims"),
        ({"line": "OPEN", "peer": "BRAVO:patrol", "seen_by": "ALFA:coast-radio", "at": "T+00:55:00"}, "RADIO_SILENCE"),
        ({"line": "OPEN", "peer": "BRAVO:patrol", "seen_by": "ALFA:coast-radio", "at": "T+00:01:00"}, "not known"),
        (
            {"suspended": True, "party": "BRAVO", "seen_by": "ALFA:coast-radio", "at": "T+00:55:00"},
            "suspended: nobody",
        ),
        ({"alert": "FORK", "post": "ALFA:coast-radio", "message": "m1"}, "RADIO_SILENCE"),
        ({"alert": "FORK", "post": "BRAVO:patrol", "message": "m2"}, "no alarm"),
    ],
)
def test_what_does_not_hold_is_said_with_what_was_found(words: dict[str, Any], found: str) -> None:
    one = checked(**words)
    assert (not one.ok and one.found.startswith(found)) or found in one.found, one


def test_a_failure_is_shown_when_all_that_shows_it_came_true() -> None:
    held, missed = Checked("held", True, "", "F2"), Checked("missed", False, "", "F2")
    assert failures_shown((held, Checked("other", True, "", "F10"), Checked("plain", False, ""))) == ("F2", "F10")
    assert failures_shown((held, missed)) == ()
