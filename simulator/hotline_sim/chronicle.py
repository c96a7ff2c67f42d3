"""The chronicle: everything that happened in a run as one sequence of events, for traces, screens and reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from hotline.geo.cpa import Sense
from hotline_sim.encounter.log import Happening
from hotline_sim.outcome import AnswerOutcome, MessageOutcome, Picture, StageOutcome, TurnOutcome
from hotline_sim.plot import Plot
from hotline_sim.run import DRIVERS_NOTES, Note
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.expect import UnitPair
from hotline_sim.scenario.triggers import AtRange
from hotline_sim.script import Line
from hotline_sim.words import SILENCE, TURNS, nmi, plain_span, since_start

_SAME_ALARM_MS = 30_000


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        time_ms: scenario time.
        who: the post or unit that did it.
        what: a word: SENT, a stage, EXPIRED, MOOT, CONTRADICTED, QUERY, ESCALATED, COURSE, RANGE, CLOSEST, or the kind
            of a note.
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
        *(_of_escalation(picture, line, stage) for line, stage in picture.turned_to() if stage.said_ms is not None),
        *(_of_note(picture, note) for note in run.notes),
        *(_of_happening(run.scenario, each) for each in run.happenings),
    ]
    return sorted((event for event in events if event.time_ms <= run.now_ms), key=_in_order)


def _in_order(event: Event) -> tuple[int, bool]:
    return event.time_ms, event.what in ("CONTRADICTED", "MOOT")  # what brings them about is said first


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


def alarms_together(events: Iterable[Event]) -> Iterator[Event]:
    """One alarm that several posts raise within seconds is one event, which names them."""
    waiting: list[Event] = []
    for event in events:
        same = next((one for one in waiting if _is_same_alarm(one, event)), None)
        if same is None:
            waiting.append(event)
        else:
            words = same.words if "  at " in same.words else f"{same.words}  at {same.who}"
            waiting[waiting.index(same)] = replace(same, words=f"{words}, {event.who}")
    yield from waiting


def _is_same_alarm(one: Event, other: Event) -> bool:
    """Whether two posts raise the same alarm at about the same time."""
    about_now = other.time_ms - one.time_ms <= _SAME_ALARM_MS
    return one.what == other.what == "ALARM" and one.words.partition("  at ")[0] == other.words and about_now


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
    yield Event(message.said_ms, message.sender, "SENT", words + text + _marked(message.marks), message.id)
    for stage in message.stages:
        yield from _of_stage(picture, message, stage)
    yield from (_of_answer(message, answer) for answer in message.answers)
    asked: Counter[str] = Counter()
    for turn in message.turns:
        asked[turn.silent] += turn.step == "QUERY"
        yield _of_turn(message, turn, asked[turn.silent])


def _of_turn(message: MessageOutcome, turn: TurnOutcome, asked: int) -> Event:
    """A step against silence, by the node of the post that waits."""
    if turn.step == "QUERY":
        words = f"{turn.silent} is silent, asked again ({asked})"
        return Event(turn.at_ms, message.sender, "QUERY", f"{headline(message)}  {words}", message.id)
    to = f": {turn.target}" if turn.target else ""
    words = f"{headline(message)}  {turn.silent} is silent, {TURNS[turn.step]}{to}"
    return Event(turn.at_ms, message.sender, "ESCALATED", words, message.id)


def _of_escalation(picture: Picture, line: Line, stage: StageOutcome) -> Event:
    """What the node of a post says about being turned to."""
    value = _what(stage.stage, stage.value, "")
    words = f"{headline(picture.message(line.message))}{value}  (turned to for {line.about})"
    return Event(stage.said_ms or 0, stage.addressee, stage.stage, words, line.message)


def _of_happening(scenario: Scenario, each: Happening) -> Event:
    """What people and craft did beside the line."""
    who = scenario.units[each.who].name if each.who in scenario.units else each.who
    named = f"{each.subject}  " if each.kind in ("word", "order", "inject") and each.subject else ""
    return Event(each.at_ms, who, each.what, f"{named}{each.words}".rstrip())


def _of_note(picture: Picture, note: Note) -> Event:
    about = f"{headline(picture.message(note.message))}  " if note.message else ""
    if note.what == "SILENT":
        return Event(note.at_ms, note.post, note.what, f"{about}{note.words}: {SILENCE[note.words]}", note.message)
    if note.what in DRIVERS_NOTES:
        return Event(note.at_ms, note.post, note.what, about + note.words, note.message)
    return Event(note.at_ms, note.post, "ALARM", f"{about}{note.what}: {note.words}", note.message)


def _of_stage(picture: Picture, message: MessageOutcome, stage: StageOutcome) -> Iterator[Event]:
    """What a node says, a deadline that passed, a wait without a point, a contradiction."""
    if stage.verdict in ("EXPIRED", "LATE") and stage.deadline_ms is not None:
        words = f"{headline(message)}  {stage.stage} has not come in time"
        yield Event(stage.deadline_ms, stage.addressee, "EXPIRED", words, message.id)
    if stage.verdict == "MOOT" and stage.ended_ms is not None:
        words = f"{headline(message)}  {stage.stage} is no longer waited for"
        yield Event(stage.ended_ms, stage.addressee, "MOOT", words, message.id)
    if stage.said_ms is not None and not stage.statement and stage.value != "UNSTAFFED":
        words = f"{headline(message)}{_what(stage.stage, stage.value, '')}{_against_deadline(stage)}"
        yield Event(stage.said_ms, stage.addressee, stage.stage, words, message.id)
    if stage.said_ms is not None and "CONTRADICTED" in stage.marks:
        yield from _contradiction(picture, message, stage)


def _of_answer(message: MessageOutcome, answer: AnswerOutcome) -> Event:
    """What an officer signed about a message: in time or late is the first word for a stage."""
    stage = message.stage(answer.stage, answer.post)
    words = f"{headline(message)}{_what(answer.stage, answer.value, answer.remark)}"
    if answer.turned_to_for:
        words += f"  (turned to for {answer.turned_to_for})"
    elif answer.is_first and stage is not None:
        words += _against_deadline(stage)
    what = "WITHDRAWN" if answer.value == "WITHDRAWN" else answer.stage
    return Event(answer.said_ms, answer.post, what, words + _marked(answer.marks), message.id)


def _what(stage: str, value: str, remark: str) -> str:
    """``  DECLINED "the right atmosphere is missing"``; empty where the stage says it all."""
    said = "" if value in (stage, "RECEIVED", "WITHDRAWN") else f"  {value}"
    return said + (f' "{remark}"' if remark else "")


def _marked(marks: Iterable[str]) -> str:
    """Marks but that of a contradiction, which has an event of its own."""
    shown = [mark for mark in marks if mark != "CONTRADICTED"]
    return f"  [{', '.join(shown)}]" if shown else ""


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
