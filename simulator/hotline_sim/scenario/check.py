"""What must hold between the parts of a scenario that are each well-formed: tracks, messages, events, answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hotline.geo.track import TrackError
from hotline.messages.problems import Finding, Path
from hotline_sim.scenario.cast import Unit
from hotline_sim.scenario.check_expect import check_expectations
from hotline_sim.scenario.check_line import check_line
from hotline_sim.scenario.check_loop import check_loop
from hotline_sim.scenario.compose import body_findings, step_findings
from hotline_sim.scenario.conduct import check_conduct
from hotline_sim.scenario.model import Scenario, track_of
from hotline_sim.scenario.problems import Code
from hotline_sim.scenario.signers import check_signers
from hotline_sim.scenario.story import Answer
from hotline_sim.scenario.triggers import AtRange, AtStage, AtTime, Trigger


def check_parts(scenario: Scenario) -> list[Finding]:
    """Every problem between the parts. Bodies are composed, and so checked, once the tracks are sound."""
    tracks = list(_tracks(scenario))
    findings = [*tracks, *check_line(scenario), *check_signers(scenario), *_events(scenario), *_answers(scenario)]
    findings += [*check_expectations(scenario), *_addressees(scenario), *check_loop(scenario)]
    findings += check_conduct(scenario.conduct)
    if not tracks and all(unit.track or unit.start for unit in scenario.units.values()):
        findings += [found for message in scenario.messages for found in body_findings(scenario, message)]
    return findings


def _tracks(scenario: Scenario) -> Iterator[Finding]:
    for name, unit in scenario.units.items():
        path: Path = ("units", name, "track")
        if not unit.track:
            continue
        for index, words in _bad_waypoints(unit):
            yield Finding((*path, index), Code.BAD_TRACK, words)
        if not list(_bad_waypoints(unit)):
            yield from _bad_track(scenario, unit, path)


def _bad_waypoints(unit: Unit) -> Iterator[tuple[int, str]]:
    first, *others = unit.track
    if first.at is None or first.speed_mps is not None:
        yield 0, "a track begins with `at` alone"
    for index, waypoint in enumerate(others, start=1):
        if waypoint.stopped_ms is None and waypoint.speed_mps is None and waypoint.time_ms is None:
            yield index, "needs `speed`, or `time` of arrival"


def _bad_track(scenario: Scenario, unit: Unit, path: Path) -> Iterator[Finding]:
    try:
        track = track_of(unit)
    except TrackError as error:
        yield Finding((*path, error.leg or 0), Code.BAD_TRACK, str(error))
        return
    if track.start_ms > 0 or track.end_ms < scenario.meta.duration_ms:
        words = f"covers {track.start_ms / 1000:.0f} s to {track.end_ms / 1000:.0f} s"
        yield Finding(
            path,
            Code.BAD_TRACK,
            f"{words}, the scenario lasts from 0 s to {scenario.meta.duration_ms / 1000:.0f} s",
        )


def _events(scenario: Scenario) -> Iterator[Finding]:
    sent = Counter(event.send for event in scenario.events)
    for message in scenario.messages:
        if sent[message] != 1:
            yield Finding(("messages", message), Code.BAD_STORY, f"is sent by {sent[message]} events instead of one")
    for number, event in enumerate(scenario.events):
        words = _bad_trigger(event.when, scenario.meta.duration_ms)
        if words:
            yield Finding(("events", number, "when"), Code.BAD_STORY, words)


def _bad_trigger(trigger: Trigger, duration_ms: int) -> str | None:
    match trigger:
        case AtTime(time_ms=time_ms) if time_ms > duration_ms:
            return "lies after the scenario's end"
        case AtRange(falls_below_m=below, rises_above_m=above) if (below is None) == (above is None):
            return "needs either falls_below or rises_above"
    return None


def _answers(scenario: Scenario) -> Iterator[Finding]:
    given = Counter((answer.message, answer.post, answer.readback_of) for answer in scenario.answers)
    for number, answer in enumerate(scenario.answers):
        path: Path = ("answers", number)
        if given[answer.message, answer.post, answer.readback_of] > 1:
            yield Finding(path, Code.BAD_STORY, "a second answer to the same message by the same post")
        words = _bad_answer(scenario, answer)
        if words:
            yield Finding((*path, "post"), Code.BAD_STORY, words)
        yield from _steps(scenario, answer, path)


def _bad_answer(scenario: Scenario, answer: Answer) -> str | None:
    """What is wrong with who answers."""
    message = scenario.messages[answer.message]
    addressed = message.action + message.info
    if answer.readback_of is not None:
        if answer.post != message.from_post:
            return f"a readback of {answer.message} is answered by its sender, {message.from_post}"
        return None if answer.readback_of in addressed else f"{answer.message} is not addressed to {answer.readback_of}"
    if answer.escalated:
        return f"{answer.message} is addressed to {answer.post}" if answer.post in addressed else None
    return None if answer.post in addressed else f"{answer.message} is not addressed to {answer.post}"


def _steps(scenario: Scenario, answer: Answer, path: Path) -> Iterator[Finding]:
    for number, step in enumerate(answer.steps):
        here: Path = (*path, "steps", number)
        if step.after is None and step.stage not in scenario.posts[answer.post].reaction:
            yield Finding(here, Code.MISSING_KEY, f"needs `after`: {answer.post} has no reaction for {step.stage}")
        if step.withdraws and step.stage not in [earlier.stage for earlier in answer.steps[:number]]:
            yield Finding(here, Code.BAD_STORY, f"withdraws {step.stage}, which no step before it says")
        yield from step_findings(scenario, answer, step, here)


def _addressees(scenario: Scenario) -> Iterator[Finding]:
    """A stage is only reached at a post that the message is addressed to."""
    for number, event in enumerate(scenario.events):
        for place, stage in [("when", event.when), *(("only_if", condition) for condition in event.only_if)]:
            if isinstance(stage, AtStage):
                message = scenario.messages[stage.message]
                if stage.by not in message.action + message.info:
                    words = f"{stage.message} is not addressed to {stage.by}"
                    yield Finding(("events", number, place), Code.BAD_STORY, words)
