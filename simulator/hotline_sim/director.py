"""The director: what happens when, decided from the scenario, a seed and what the posts have learned. Pure.

The virtual world and the live run drive the same director, each on its own clock:

    next_time_ms() -> int | None                       when something is next due by itself
    advance(to_ms) -> [Action]                         what is due by then, in order
    on_view, on_received, on_presented, on_stage       what the posts have learned

Delays are drawn from one stream per purpose (`draw`), so both drive the same ones, and a run that differs in one
thing stays comparable in all others. Times are whole milliseconds after the scenario's start.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from hotline.geo.cpa import Sense
from hotline_sim.draw import Stream
from hotline_sim.plot import Plot
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.delays import DelayRef
from hotline_sim.scenario.story import Answer, AtClosestApproach, AtRange, AtStage, AtTime, Event, Step
from hotline_sim.standing import Standing


@dataclass(frozen=True, slots=True)
class Say:
    """Officers of a post release a message of the scenario."""

    at_ms: int
    post: str
    message: str


@dataclass(frozen=True, slots=True)
class Present:
    """A message is shown at the watch position of a post."""

    at_ms: int
    post: str
    message: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An officer signs one stage of the post's answer to a message. `number`: place of the step in the answer."""

    at_ms: int
    post: str
    message: str
    number: int
    step: Step


Action = Say | Present | Reply
_Fired = Callable[[int], Action | None]
_Known = tuple[str, str, str, str]  # observer, message, addressee, stage


class Director:
    """One run of a scenario. Inputs may come in any order; actions leave in order of time."""

    def __init__(self, scenario: Scenario, seed: int, plot: Plot | None = None) -> None:
        self._scenario, self._seed = scenario, seed
        self._plot = plot or Plot(scenario)
        self._queue: list[tuple[int, int, _Fired]] = []
        self._counter = 0
        self._known: set[_Known] = set()
        self._received: set[tuple[str, str]] = set()
        self._presented: set[tuple[str, str]] = set()
        self._waiting: dict[_Known, list[Event]] = defaultdict(list)
        self._answers = {(answer.post, answer.message): answer for answer in scenario.answers}
        for event in scenario.events:
            self._expect(event)

    # -- time ----------------------------------------------------------------------------------------

    def next_time_ms(self) -> int | None:
        """When something is next due; None when nothing is, unless the posts learn more."""
        return self._queue[0][0] if self._queue else None

    def advance(self, to_ms: int) -> list[Action]:
        """Every action due at or before `to_ms`, in order of time."""
        actions: list[Action] = []
        while self._queue and self._queue[0][0] <= to_ms:
            at_ms, _, fired = heapq.heappop(self._queue)
            action = fired(at_ms)
            if action is not None:
                actions.append(action)
        return actions

    # -- what the posts learn ------------------------------------------------------------------------

    def on_received(self, post: str, message: str, at_ms: int) -> None:
        """A message became durable at an addressee; a staffed one presents it after a while."""
        held = self._scenario.posts[post]
        if (post, message) in self._received or not held.staffed:
            return
        self._received.add((post, message))
        delay = held.reaction.get("PRESENTED", 0)
        self._after(at_ms, delay, f"present {post} {message}", lambda due_ms: Present(due_ms, post, message))

    def on_presented(self, post: str, message: str, at_ms: int) -> None:
        """A message was shown at a post; its answer, if the scenario gives one, begins."""
        answer = self._answers.get((post, message))
        if answer is None or (post, message) in self._presented:
            return
        self._presented.add((post, message))
        self._schedule_step(answer, 0, at_ms)

    def on_stage(self, observer: str, message: str, by: str, stage: str, at_ms: int) -> None:
        """`observer` has learned that the addressee `by` reached a stage of a message."""
        fact = (observer, message, by, stage)
        if fact in self._known:
            return
        self._known.add(fact)
        for event in self._waiting.pop(fact, ()):
            self._fire(event, at_ms)

    def on_view(self, post: str, message: str, standing: Standing, at_ms: int) -> None:
        """A post sees a message so: whatever is new in it is learned now."""
        if post in standing.addressees and not standing.refused:
            self.on_received(post, message, at_ms)
        for rung in standing.rungs:
            if rung.value and rung.value != "UNSTAFFED":
                self.on_stage(post, message, rung.post, rung.stage, at_ms)

    # -- what follows --------------------------------------------------------------------------------

    def _expect(self, event: Event) -> None:
        """Put a trigger on the clock, or among what is waited for."""
        trigger, speaker = event.when, self._scenario.messages[event.send].from_post
        if isinstance(trigger, AtStage):
            self._waiting[_known(speaker, trigger)].append(event)
            return
        at_ms = self._trigger_ms(trigger)
        if at_ms is not None:
            self._put(at_ms, lambda due_ms: self._fire(event, due_ms))

    def _trigger_ms(self, trigger: AtTime | AtRange | AtClosestApproach) -> int | None:
        match trigger:
            case AtTime(time_ms=time_ms):
                return time_ms
            case AtClosestApproach(closest_approach=pair):
                return self._plot.closest_of(pair).time_ms
            case AtRange(range_between=pair, falls_below_m=float(below_m)):
                return next(self._plot.passes(pair, below_m, Sense.CLOSING), None)
            case AtRange(range_between=pair, rises_above_m=float(above_m)):
                return next(self._plot.passes(pair, above_m, Sense.OPENING), None)
        raise ValueError(f"the loader refuses such a trigger: {trigger}")

    def _fire(self, event: Event, at_ms: int) -> None:
        """A trigger has come true: if what it needs is known, the message follows after its delay."""
        speaker = self._scenario.messages[event.send].from_post
        if all(_known(speaker, condition) in self._known for condition in event.only_if):
            said = event.send
            self._after(at_ms, event.after, f"send {said}", lambda due_ms: Say(due_ms, speaker, said))

    def _schedule_step(self, answer: Answer, number: int, from_ms: int) -> None:
        if number == len(answer.steps):
            return
        step, post, message = answer.steps[number], answer.post, answer.message

        def reply(due_ms: int) -> Reply:
            self._schedule_step(answer, number + 1, due_ms)
            return Reply(due_ms, post, message, number, step)

        delay = self._scenario.step_delay(answer, step)
        self._after(from_ms, delay, f"reply {post} {message} {number} {step.stage}", reply)

    def _after(self, from_ms: int, delay: DelayRef, purpose: str, fired: _Fired) -> None:
        delay_ms = self._scenario.delay_ms(delay, Stream(self._seed, purpose))
        self._put(from_ms + delay_ms, fired)

    def _put(self, at_ms: int, fired: _Fired) -> None:
        self._counter += 1
        heapq.heappush(self._queue, (at_ms, self._counter, fired))


def _known(observer: str, stage: AtStage) -> _Known:
    return observer, stage.message, stage.by, stage.reaches
