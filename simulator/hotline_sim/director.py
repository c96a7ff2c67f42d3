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
from collections.abc import Callable, Sequence
from functools import partial

from hotline.geo.cpa import Sense
from hotline_sim.actions import Action, Look, Man, Present, Reply, Rewire, Say
from hotline_sim.draw import Stream
from hotline_sim.plot import Plot
from hotline_sim.presence import Presence
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.delays import DelayRef
from hotline_sim.scenario.expect import moment_of
from hotline_sim.scenario.story import Answer, AtClosestApproach, AtRange, AtStage, AtTime, Event, Step
from hotline_sim.standing import Standing
from hotline_sim.subjects import Subject, message_named

_Fired = Callable[[int], Action | None]
_Known = tuple[str, str, str, str]  # observer, message, addressee, stage
_Planned = tuple[Step, DelayRef]
_TEST_READ_MS = 60_000  # an officer who has nothing else to read


class Director:
    """One run of a scenario. Inputs may come in any order; actions leave in order of time."""

    def __init__(self, scenario: Scenario, seed: int, plot: Plot | None = None) -> None:
        self._scenario, self._seed = scenario, seed
        self._plot = plot or Plot(scenario)
        self._presence = Presence(scenario)
        self._queue: list[tuple[int, int, _Fired]] = []
        self._counter = 0
        self._known: set[_Known] = set()
        self._received: set[tuple[str, str]] = set()
        self._presented: set[tuple[str, str]] = set()
        self._turned_to: set[tuple[str, str]] = set()
        self._waiting: dict[_Known, list[Callable[[int], None]]] = defaultdict(list)
        self._expect_changes()
        for event in scenario.events:
            self._expect(event)
        for answer in scenario.answers:
            if answer.readback_of is not None:
                self._expect_readback(answer, answer.readback_of)

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

    def on_received(self, post: str, subject: Subject, at_ms: int) -> None:
        """Something became durable at an addressee; it is shown after a while, or when somebody comes."""
        if (post, subject.name) in self._received:
            return
        self._received.add((post, subject.name))
        delay = self._scenario.posts[post].reaction.get("PRESENTED", 0)
        purpose = f"present {post} {subject.name}"
        self._when_there(post, at_ms, delay, purpose, lambda due_ms: Present(due_ms, post, subject))

    def on_presented(self, post: str, subject: Subject, at_ms: int) -> None:
        """Something was shown at a post; its answer, if the scenario gives one, begins."""
        if (post, subject.name) in self._presented:
            return
        self._presented.add((post, subject.name))
        steps = self._test_steps(post) if subject.tested_by else self._steps(post, subject)
        self._schedule_step(post, subject, steps, 0, at_ms)

    def on_stage(self, observer: str, message: str, by: str, stage: str, at_ms: int) -> None:
        """`observer` has learned that the addressee `by` reached a stage of a message."""
        fact = (observer, message, by, stage)
        if fact in self._known:
            return
        self._known.add(fact)
        for happens in self._waiting.pop(fact, ()):
            happens(at_ms)

    def on_view(self, post: str, subject: Subject, standing: Standing, at_ms: int) -> None:
        """A post sees something so: whatever is new in it is learned now."""
        if post in standing.addressees and not standing.refused:
            self.on_received(post, subject, at_ms)
        if subject.name != subject.message:
            return
        for rung in standing.rungs:
            if rung.value and rung.value != "UNSTAFFED":
                self.on_stage(post, subject.message, rung.post, rung.stage, at_ms)

    # -- what follows --------------------------------------------------------------------------------

    def _expect_changes(self) -> None:
        """Put on the clock when watches change, outages begin and end, and something is to be looked at."""
        for post in self._scenario.posts:
            for at_ms in self._presence.staffing_changes_ms(post):
                self._put(at_ms, partial(self._man, post))
        for at_ms in self._presence.line_changes_ms():
            self._put(at_ms, Rewire)
        looks = {moment_of(expected) for expected in self._scenario.expectations}
        for at_ms in sorted(moment for moment in looks if moment is not None):
            self._put(at_ms, Look)

    def _man(self, post: str, at_ms: int) -> Man:
        return Man(at_ms, post, self._scenario.posts[post].is_manned(at_ms))

    def _expect(self, event: Event) -> None:
        """Put a trigger on the clock, or among what is waited for."""
        trigger, speaker = event.when, self._scenario.messages[event.send].from_post
        if isinstance(trigger, AtStage):
            self._waiting[_known(speaker, trigger)].append(partial(self._fire, event))
            return
        at_ms = self._trigger_ms(trigger)
        if at_ms is not None:
            self._put(at_ms, partial(self._fire, event))

    def _expect_readback(self, answer: Answer, reader: str) -> None:
        """The sender's answer to a readback begins when the readback comes."""
        subject = message_named(answer.message)

        def begins(at_ms: int) -> None:
            self._schedule_step(answer.post, subject, _planned(self._scenario, answer), 0, at_ms, reader)

        self._waiting[answer.post, answer.message, reader, "UNDERSTOOD"].append(begins)

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

    def _steps(self, post: str, subject: Subject) -> Sequence[_Planned]:
        """What the scenario lets a post do once it is shown something; once however often it is turned to."""
        if subject.escalated_to:
            if (post, subject.message) in self._turned_to:
                return ()
            self._turned_to.add((post, subject.message))
        for answer in self._scenario.answers:
            if (answer.post, answer.message, answer.escalated) == (post, subject.message, bool(subject.escalated_to)):
                return _planned(self._scenario, answer) if answer.readback_of is None else ()
        return ()

    def _test_steps(self, post: str) -> Sequence[_Planned]:
        """A watch that is shown a test of the line reads it; the scenario need not say so."""
        held = self._scenario.posts[post]
        reader = next(officer.name for officer in held.officers)
        return [(Step(stage="READ", by=reader), held.reaction.get("READ", _TEST_READ_MS))]

    def _schedule_step(
        self,
        post: str,
        subject: Subject,
        steps: Sequence[_Planned],
        number: int,
        from_ms: int,
        readback_of: str | None = None,
    ) -> None:
        if number == len(steps):
            return
        step, delay = steps[number]

        def reply(due_ms: int) -> Reply:
            self._schedule_step(post, subject, steps, number + 1, due_ms, readback_of)
            return Reply(due_ms, post, subject, number, step, readback_of)

        self._when_there(post, from_ms, delay, f"reply {post} {subject.name} {number} {step.stage}", reply)

    def _when_there(self, post: str, from_ms: int, delay: DelayRef, purpose: str, fired: _Fired) -> None:
        """After a delay; if nobody is at the post then, as soon as somebody is."""

        def due(at_ms: int) -> Action | None:
            there_ms = self._presence.next_there_ms(post, at_ms)
            if there_ms == at_ms:
                return fired(at_ms)
            if there_ms is not None:
                self._put(there_ms, due)
            return None

        self._after(from_ms, delay, purpose, due)

    def _after(self, from_ms: int, delay: DelayRef, purpose: str, fired: _Fired) -> None:
        delay_ms = self._scenario.delay_ms(delay, Stream(self._seed, purpose))
        self._put(from_ms + delay_ms, fired)

    def _put(self, at_ms: int, fired: _Fired) -> None:
        self._counter += 1
        heapq.heappush(self._queue, (at_ms, self._counter, fired))


def _planned(scenario: Scenario, answer: Answer) -> Sequence[_Planned]:
    return [(step, scenario.step_delay(answer, step)) for step in answer.steps]


def _known(observer: str, stage: AtStage) -> _Known:
    return observer, stage.message, stage.by, stage.reaches
