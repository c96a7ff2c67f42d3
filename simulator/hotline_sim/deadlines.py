"""Expectations with a deadline: when an inject is to be answered, and whether that came in time, late or not at all."""

from __future__ import annotations

from hotline_sim.deeds import time_of
from hotline_sim.outcome import Picture
from hotline_sim.run import Run
from hotline_sim.scenario.expect import Expectation, ExpectContact, ExpectOrder, ExpectStage, ExpectUnit, ExpectWord
from hotline_sim.words import plain_span, since_start


def deadline(picture: Picture, expected: Expectation) -> tuple[str, str, bool]:
    """The verdict MET, LATE or MISSED of an expectation that came true, when it did, and whether it keeps its deadline.

    One without a deadline keeps it. The deadline runs from the inject; one that was never brought in asks for nothing.
    """
    if expected.within_ms is None or expected.inject is None:
        return "MET", "", True
    brought_ms = injected_ms(picture.run, expected.inject)
    if brought_ms is None:
        return "MISSED", f"{expected.inject} was not brought in", False
    at_ms = _at_ms(picture, expected)
    if at_ms is None:
        return "MISSED", "never", False
    late_ms = at_ms - brought_ms - expected.within_ms
    if late_ms > 0:
        return "LATE", f"{since_start(at_ms)}, late by {plain_span(late_ms / 1000)}", False
    return "MET", since_start(at_ms), True


def injected_ms(run: Run, inject: str) -> int | None:
    """When an inject was brought in."""
    return next((each.at_ms for each in run.happenings if (each.kind, each.subject) == ("inject", inject)), None)


def _at_ms(picture: Picture, expected: Expectation) -> int | None:
    match expected:
        case ExpectStage():
            stage = picture.message(expected.message).stage(expected.stage, expected.addressee)
            return stage.said_ms if stage else None
        case ExpectOrder() | ExpectWord() | ExpectContact() | ExpectUnit():
            return time_of(picture.run, expected)
    return None
