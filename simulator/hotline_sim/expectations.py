"""Whether what a scenario expects came true, failures that it must show included."""

from __future__ import annotations

from dataclasses import dataclass

from hotline_sim.deadlines import deadline
from hotline_sim.deeds import deed
from hotline_sim.outcome import Picture, StageOutcome
from hotline_sim.run import DRIVERS_NOTES
from hotline_sim.scenario.expect import (
    ExpectAlert,
    Expectation,
    ExpectClaim,
    ExpectClosestApproach,
    ExpectContact,
    ExpectContradiction,
    ExpectLine,
    ExpectMark,
    ExpectOrder,
    ExpectSilence,
    ExpectStage,
    ExpectStep,
    ExpectSuspended,
    ExpectUnit,
    ExpectWord,
)
from hotline_sim.words import nmi, plain_span, since_start


@dataclass(frozen=True, slots=True)
class Checked:
    """One expectation: in words, what was found instead if it did not hold, and the failure it shows if it did.

    `inject` is the one that it answers; `verdict` is MET, LATE (it came, after its deadline) or MISSED.
    """

    words: str
    ok: bool
    found: str
    failure: str = ""
    inject: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class ClosestApproach:
    """Closest approach of two units, with what was expected; `on_record` if that figure has a source."""

    units: tuple[str, str]
    time_ms: int
    range_m: int
    expected_m: float | None
    tolerance_m: float | None
    on_record: bool = False


def check(picture: Picture) -> tuple[Checked, ...]:
    """Every expectation of the scenario, in its order."""
    return tuple(_named(picture, expected, _check(picture, expected)) for expected in picture.run.scenario.expectations)


def failures_shown(checked: tuple[Checked, ...]) -> tuple[str, ...]:
    """Failures all of whose expectations came true, in order of their numbers."""
    missed = {one.failure for one in checked if not one.ok}
    return tuple(sorted({one.failure for one in checked if one.failure} - missed, key=lambda code: int(code[1:])))


def closest_approach(picture: Picture) -> ClosestApproach | None:
    """Closest approach of the units the scenario is about; None in one without units."""
    closest = picture.plot.closest
    if closest is None:
        return None
    for expected in picture.run.scenario.expectations:
        if isinstance(expected, ExpectClosestApproach) and expected.closest_approach == closest.units:
            return ClosestApproach(
                closest.units,
                closest.time_ms,
                closest.range_m,
                expected.range_m,
                expected.tolerance_m,
                expected.source is not None,
            )
    return ClosestApproach(closest.units, closest.time_ms, closest.range_m, None, None)


_Found = tuple[str, bool, str]  # what was expected, whether it held, what was found


def _named(picture: Picture, expected: Expectation, found: _Found) -> Checked:
    words, ok, instead = found
    verdict, when, in_time = deadline(picture, expected) if ok else ("MISSED", "", False)
    if expected.within_ms is not None and expected.inject is not None:
        words += f", within {plain_span(expected.within_ms / 1000)} of {expected.inject}"
        instead = when if ok else instead
    said = f"{expected.failure}: {words}" if expected.failure else words
    return Checked(said, ok and in_time, instead, expected.failure or "", expected.inject or "", verdict)


def _check(picture: Picture, expected: Expectation) -> _Found:
    match expected:
        case ExpectStage():
            return _stage(picture, expected)
        case ExpectClosestApproach():
            return _closest(picture, expected)
        case ExpectContradiction():
            return _contradiction(picture, expected)
        case ExpectStep():
            return _step(picture, expected)
        case ExpectSilence():
            return _silence(picture, expected)
        case ExpectMark():
            return _mark(picture, expected)
        case ExpectClaim():
            return _claim(picture, expected)
        case ExpectLine():
            return _line(picture, expected)
        case ExpectSuspended():
            return _suspended(picture, expected)
        case ExpectAlert():
            return _alert(picture, expected)
        case ExpectWord() | ExpectOrder() | ExpectContact() | ExpectUnit():
            return deed(picture.run, expected)


def _stage(picture: Picture, expected: ExpectStage) -> _Found:
    stage = picture.message(expected.message).stage(expected.stage, expected.addressee)
    verdict = (stage.verdict or ("SAID" if stage.value else "NONE")) if stage else "NONE"
    words = [f"{expected.message} {expected.stage} at {expected.addressee}: {expected.verdict}"]
    found, ok = [verdict], verdict == expected.verdict
    if expected.value is not None:
        value = stage.value if stage else ""
        words.append(expected.value)
        found.append(value or "nothing said")
        ok = ok and value == expected.value
    if expected.before_closest_approach is not None:
        before = stage is not None and stage.before_closest_s is not None and stage.before_closest_s > 0
        words.append(f"{_side(expected.before_closest_approach)} closest approach")
        found.append(f"{_side(before)} closest approach")
        ok = ok and before == expected.before_closest_approach
    return _said_when(expected, stage, words, found, ok)


def _said_when(
    expected: ExpectStage, stage: StageOutcome | None, words: list[str], found: list[str], ok: bool
) -> _Found:
    said_ms = stage.said_ms if stage else None
    if expected.said_before_ms is not None:
        words.append(f"before {since_start(expected.said_before_ms)}")
        ok = ok and said_ms is not None and said_ms < expected.said_before_ms
    if expected.said_after_ms is not None:
        words.append(f"after {since_start(expected.said_after_ms)}")
        ok = ok and said_ms is not None and said_ms > expected.said_after_ms
    if expected.said_before_ms is not None or expected.said_after_ms is not None:
        found.append("not said" if said_ms is None else f"said {since_start(said_ms)}")
    return ", ".join(words), ok, ", ".join(found)


def _side(before: bool) -> str:
    return "before" if before else "not before"


def _closest(picture: Picture, expected: ExpectClosestApproach) -> _Found:
    found = picture.plot.closest_of(expected.closest_approach)
    one, other = expected.closest_approach
    measured = {"centres": "", "hulls": " from hull to hull", "slant": " through the air"}[expected.measured]
    words = f"closest approach of {one} and {other}{measured}: {expected.range_m:.0f} m"
    words += f", within {expected.tolerance_m:.0f} m"
    ok = abs(found.range_m - expected.range_m) <= expected.tolerance_m
    return words, ok, f"{found.range_m} m ({nmi(found.range_m)})"


def _contradiction(picture: Picture, expected: ExpectContradiction) -> _Found:
    """The observation is about the very acknowledgement that said the stage, and stands beside it."""
    words = (
        f"{expected.contradicted} {expected.stage} by {expected.addressee} is contradicted by {expected.observation}"
    )
    said = picture.message(expected.contradicted).stage(expected.stage, expected.addressee)
    if said is None or not said.statement:
        return words, False, "nothing was said that could be contradicted"
    if expected.observation not in [message.id for message in picture.observations_of(said)]:
        return words, False, f"{expected.observation} is not about it, or was not said"
    if "CONTRADICTED" not in said.marks:
        return words, False, "the stage is not marked CONTRADICTED"
    return words, True, f"said {said.value}, then contradicted by the track"


def _step(picture: Picture, expected: ExpectStep) -> _Found:
    """Steps taken in silence, as the post that waits recorded them."""
    taken = [
        turn
        for turn in picture.message(expected.message).turns
        if (turn.silent, turn.step) == (expected.addressee, expected.step)
        and expected.target in (None, turn.target)
        and (expected.by_ms is None or turn.at_ms <= expected.by_ms)
    ]
    to = f" to {expected.target}" if expected.target else ""
    by = f" by {since_start(expected.by_ms)}" if expected.by_ms is not None else ""
    times = "" if expected.taken is None else f", {expected.taken} in all"
    words = f"{expected.message}, {expected.addressee} silent: {expected.step}{to}{by}{times}"
    ok = bool(taken) if expected.taken is None else len(taken) == expected.taken
    return words, ok, ", ".join(since_start(turn.at_ms) for turn in taken) or "not taken"


def _silence(picture: Picture, expected: ExpectSilence) -> _Found:
    words = f"{expected.message} at {expected.addressee}, {since_start(expected.at_ms)}: {expected.silence}"
    glance = picture.run.glances.get(expected.at_ms)
    seen = glance.messages.get(expected.message) if glance else None
    ladder = seen.ladder(expected.addressee) if seen else None
    if ladder is None:
        return words, False, "not said by then"
    return words, (ladder.silence or "NONE") == expected.silence, ladder.silence or "NONE"


def _mark(picture: Picture, expected: ExpectMark) -> _Found:
    observer = expected.seen_by or picture.run.scenario.messages[expected.message].from_post
    where = f" {expected.stage} by {expected.addressee}" if expected.stage else ""
    words = f"{expected.message}{where} is marked {expected.mark} at {observer}"
    seen = picture.run.message(expected.message, observer)
    if seen is None:
        return words, False, "not held there"
    marks = seen.marks
    if expected.addressee is not None and expected.stage is not None:
        rung = seen.rung(expected.addressee, expected.stage)
        marks = rung.marks if rung else ()
    return words, expected.mark in marks, ", ".join(marks) or "no marks"


def _claim(picture: Picture, expected: ExpectClaim) -> _Found:
    words = f"{expected.message}: {expected.by} claims {expected.claim} at {expected.addressee} by {expected.medium}"
    claims = [claim for claim in picture.message(expected.message).claims if claim.post == expected.addressee]
    ok = any((c.by, c.stage, c.medium) == (expected.by, expected.claim, expected.medium) for c in claims)
    return words, ok, ", ".join(f"{c.by} {c.stage} by {c.medium}" for c in claims) or "no claims"


def _line(picture: Picture, expected: ExpectLine) -> _Found:
    words = f"line from {expected.seen_by} to {expected.peer}, {since_start(expected.at_ms)}: {expected.line}"
    glance = picture.run.glances.get(expected.at_ms)
    state = glance.lines.get((expected.seen_by, expected.peer), "") if glance else ""
    return words, state == expected.line, state or "not known"


def _suspended(picture: Picture, expected: ExpectSuspended) -> _Found:
    does = "does not answer" if expected.suspended else "answers"
    when = f"{since_start(expected.at_ms)}, seen by {expected.seen_by}"
    glance = picture.run.glances.get(expected.at_ms)
    parties = glance.suspended.get(expected.seen_by, frozenset()) if glance else frozenset()
    found = f"suspended: {', '.join(sorted(parties)) or 'nobody'}"
    return f"{expected.party} {does} dialogue, {when}", (expected.party in parties) == expected.suspended, found


def _alert(picture: Picture, expected: ExpectAlert) -> _Found:
    about = f" about {expected.message}" if expected.message else ""
    codes = [
        note.what
        for note in picture.run.notes
        if note.post == expected.post and note.what not in DRIVERS_NOTES and expected.message in (None, note.message)
    ]
    return f"alarm {expected.alert} at {expected.post}{about}", expected.alert in codes, ", ".join(codes) or "no alarm"
