"""The chronicle: everything that happened in a run as one sequence of events, for traces, screens and reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hotline.geo.cpa import Sense
from hotline_sim.outcome import MessageOutcome, Picture, StageOutcome
from hotline_sim.plot import Plot
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.story import AtRange, UnitPair
from hotline_sim.words import nmi, plain_span, since_start


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        time_ms: scenario time.
        who: the post or unit that did it.
        what: one word: SENT, a stage, EXPIRED, CONTRADICTED, COURSE, RANGE, CLOSEST, or the kind of a note.
        words: what there is to say about it.
        message: message of the scenario it is about; empty for others.
    """

    time_ms: int
    who: str
    what: str
    words: str
    message: str = ""


def chronicle(picture: Picture) -> list[Event]:
    """Every event up to the moment of the picture, in order of time."""
    run = picture.run
    events = [
        *movements(run.scenario, picture.plot),
        *(event for message in picture.messages for event in _of_message(picture, message)),
        *(Event(note.at_ms, note.post, note.what, note.words) for note in run.notes),
    ]
    return sorted((event for event in events if event.time_ms <= run.now_ms), key=_in_order)


def _in_order(event: Event) -> tuple[int, bool]:
    return event.time_ms, event.what == "CONTRADICTED"  # what contradicts is said first


def movements(scenario: Scenario, plot: Plot) -> Iterator[Event]:
    """What the units do: courses, ranges that the scenario names, closest approach."""
    for leg in plot.legs():
        unit = scenario.units[leg.unit]
        words = "stopped" if leg.course_deg is None else f"course {leg.course_deg:03d}, {leg.speed_kn:.1f} kn"
        yield Event(leg.time_ms, unit.name, "COURSE", words)
    for pair, threshold_m in sorted(ranges_named(scenario)):
        names = " and ".join(scenario.units[unit].name for unit in pair)
        for sense in Sense:
            for time_ms in plot.passes(pair, threshold_m, sense):
                yield Event(time_ms, names, "RANGE", f"{sense} through {nmi(threshold_m)}")
    if plot.closest is not None:
        names = " and ".join(scenario.units[unit].name for unit in plot.closest.units)
        words = f"closest approach: {nmi(plot.closest.range_m)} ({plot.closest.range_m} m)"
        yield Event(plot.closest.time_ms, names, "CLOSEST", words)


def ranges_named(scenario: Scenario) -> set[tuple[UnitPair, float]]:
    """Pairs of units and the ranges at which the scenario makes something happen."""
    return {
        (when.range_between, range_m)
        for when in (event.when for event in scenario.events)
        if isinstance(when, AtRange)
        for range_m in (when.falls_below_m, when.rises_above_m)
        if range_m is not None
    }


def headline(message: MessageOutcome) -> str:
    """``m1 ActivityNotice IMMEDIATE``."""
    return f"{message.id} {message.type} {message.precedence}"


def _of_message(picture: Picture, message: MessageOutcome) -> Iterator[Event]:
    if message.said_ms is None:
        return
    to = ", ".join(message.action + message.info)
    words = f"{headline(message)}  to {to}, signed {', '.join(message.signers)}"
    text = f': "{message.texts["en"]}"' if "en" in message.texts else ""
    yield Event(message.said_ms, message.sender, "SENT", words + text, message.id)
    for stage in message.stages:
        yield from _of_stage(picture, message, stage)


def _of_stage(picture: Picture, message: MessageOutcome, stage: StageOutcome) -> Iterator[Event]:
    if stage.verdict in ("EXPIRED", "LATE") and stage.deadline_ms is not None:
        words = f"{headline(message)}  {stage.stage} has not come in time"
        yield Event(stage.deadline_ms, stage.addressee, "EXPIRED", words, message.id)
    if stage.said_ms is None:
        return
    value = "" if stage.value in (stage.stage, "RECEIVED") else f"  {stage.value}"
    remark = f' "{stage.remark}"' if stage.remark else ""
    words = f"{headline(message)}{value}{remark}{_against_deadline(stage)}"
    yield Event(stage.said_ms, stage.addressee, stage.stage, words, message.id)
    if "CONTRADICTED" in stage.marks:
        yield from _contradiction(picture, message, stage)


def _contradiction(picture: Picture, message: MessageOutcome, stage: StageOutcome) -> Iterator[Event]:
    """An observation stands beside a stage from the moment it was said."""
    for seen in picture.observations_of(stage):
        words = f"{headline(message)}  {stage.stage} by {stage.addressee} is contradicted by {seen.id}"
        yield Event(seen.said_ms or 0, seen.sender, "CONTRADICTED", words, message.id)


def _against_deadline(stage: StageOutcome) -> str:
    """``  (deadline T+00:31:00, in time)``; empty where no timer ran."""
    if stage.deadline_ms is None:
        return ""
    deadline = f"deadline {since_start(stage.deadline_ms)}"
    match stage.verdict:
        case "IN_TIME":
            return f"  ({deadline}, in time)"
        case "LATE" if stage.learned_ms is not None:
            return f"  ({deadline}, late by {plain_span((stage.learned_ms - stage.deadline_ms) / 1000)})"
    return f"  ({deadline})"
