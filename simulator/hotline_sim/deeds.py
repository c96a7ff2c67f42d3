"""Whether what a scenario expects beside the line came true: contacts, words and orders."""

from __future__ import annotations

from hotline_sim.encounter.log import Happening
from hotline_sim.run import Run
from hotline_sim.scenario.expect import ExpectContact, ExpectOrder, ExpectUnit, ExpectWord
from hotline_sim.words import since_start

Expected = ExpectContact | ExpectOrder | ExpectUnit | ExpectWord


def deed(run: Run, expected: Expected) -> tuple[str, bool, str]:
    """What was expected, whether it came true, and what was found."""
    words, at_ms = _named(expected)[3], time_of(run, expected)
    if not expected.happens:
        return f"{words}: never", at_ms is None, "never" if at_ms is None else since_start(at_ms)
    early = expected.not_before_ms is not None and at_ms is not None and at_ms < expected.not_before_ms
    late = expected.by_ms is not None and at_ms is not None and at_ms > expected.by_ms
    limits = [f"by {since_start(expected.by_ms)}"] if expected.by_ms is not None else []
    limits += [f"not before {since_start(expected.not_before_ms)}"] if expected.not_before_ms is not None else []
    ok = at_ms is not None and not early and not late
    return " ".join([words, *limits]), ok, "never" if at_ms is None else since_start(at_ms)


def time_of(run: Run, expected: Expected) -> int | None:
    """When it came to pass first."""
    kind, subject, what, _ = _named(expected)
    return next((each.at_ms for each in run.happenings if _is(each, expected, kind, subject, what)), None)


def _named(expected: Expected) -> tuple[str, str, str, str]:
    match expected:
        case ExpectContact(of=own, contact=other, is_=what):
            return "contact", other, what, f"{other} is {what} by {own}"
        case ExpectOrder(order=name, reaches=what):
            return "order", name, what, f"order {name} is {what}"
        case ExpectUnit(unit=name, is_=what):
            return "unit", name, what, f"{name}: {what}"
        case ExpectWord(word=name, reaches=what):
            return "word", name, what, f"{name} is {what}"


def _is(each: Happening, expected: Expected, kind: str, subject: str, what: str) -> bool:
    if (each.kind, each.subject, each.what) != (kind, subject, what):
        return False
    return not isinstance(expected, ExpectContact) or each.who == expected.of
