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
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from hotline.geo.cpa import Sense
from hotline.geo.geodesy import Position, quantised
from hotline_sim.actions import Action, Look, Man, Present, Reply, Rewire, Say
from hotline_sim.draw import Stream
from hotline_sim.encounter.chain import Chain
from hotline_sim.encounter.contacts import Contacts
from hotline_sim.encounter.facts import Fact, fact_of
from hotline_sim.encounter.log import Happening
from hotline_sim.encounter.sea import Sea
from hotline_sim.encounter.watches import Opens, RangePasses, Risk
from hotline_sim.motion.way import Way
from hotline_sim.plot import Plot
from hotline_sim.presence import Presence
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.delays import DelayRef
from hotline_sim.scenario.expect import UnitPair, moment_of
from hotline_sim.scenario.story import Answer, Event, Step
from hotline_sim.scenario.triggers import (
    AtClosestApproach,
    AtContact,
    AtInject,
    AtOrder,
    AtRange,
    AtRisk,
    AtStage,
    AtTime,
    AtUnit,
    AtWord,
    Condition,
    Trigger,
)
from hotline_sim.standing import Standing
from hotline_sim.subjects import Subject, message_named

_Fired = Callable[[int], Action | None]
_Then = Callable[[int], None]
_Planned = tuple[Step, DelayRef]
_TEST_READ_MS = 60_000  # an officer who has nothing else to read


class Director:
    """One run of a scenario. Inputs may come in any order; actions leave in order of time."""

    def __init__(self, scenario: Scenario, seed: int, plot: Plot | None = None) -> None:
        self._scenario, self._seed = scenario, seed
        self._plot = plot or Plot(scenario)
        self._presence = Presence(scenario)
        self._queue: list[tuple[int, int, _Fired, bool]] = []  # at, order, what happens, in silence
        self._counter = 0
        self._known: set[Fact] = set()
        self._received: set[tuple[str, str]] = set()
        self._presented: set[tuple[str, str]] = set()
        self._turned_to: set[tuple[str, str]] = set()
        self._waiting: dict[Fact, list[_Then]] = defaultdict(list)
        self.log: list[Happening] = []
        self._sea = Sea(scenario, self._order_done, self._becomes) if scenario.is_closed_loop else None
        self._contacts = Contacts(scenario, seed, self._sea, self, self.log) if self._sea else None
        self._begin()

    def _begin(self) -> None:
        """Put on the clock, or among what is waited for, everything the scenario names."""
        scenario = self._scenario
        self._expect_changes()
        for event in scenario.events:
            self._expect(event)
        for answer in scenario.answers:
            if answer.readback_of is not None:
                self._expect_readback(answer, answer.readback_of)
        if self._sea is not None and self._contacts is not None:
            self._contacts.begin()
            Chain(scenario, self._seed, self._sea, self, self.log).begin()

    # -- time ----------------------------------------------------------------------------------------

    def next_time_ms(self) -> int | None:
        """When something is next due; None when nothing is, unless the posts learn more."""
        times = [self._queue[0][0]] if self._queue else []
        step_ms = self._sea.next_time_ms() if self._sea else None
        return min([*times, step_ms] if step_ms is not None else times, default=None)

    def advance(self, to_ms: int) -> list[Action]:
        """Every action due at or before `to_ms`, in order of time."""
        actions: list[Action] = []
        while True:
            self._sail(to_ms)
            if not self._queue or self._queue[0][0] > to_ms:
                return actions
            at_ms, _, fired, _ = heapq.heappop(self._queue)
            action = fired(at_ms)
            if action is not None:
                actions.append(action)

    def run_up(self, to_ms: int) -> None:
        """Let go on what the posts do not notice, before a time by which they learn nothing new."""
        while True:
            self._sail(to_ms - 1)
            if not self._queue or self._queue[0][0] >= to_ms or not self._queue[0][3]:
                return
            at_ms, _, fired, _ = heapq.heappop(self._queue)
            fired(at_ms)

    def sail_to(self, to_ms: int) -> None:
        """Let the craft go on to a time at which nothing else happens any more."""
        self._queue.clear()
        self._sail(to_ms)

    def _sail(self, to_ms: int) -> None:
        """Let the craft go on up to the next thing that is due, or to a time."""
        while self._sea is not None:
            step_ms = self._sea.next_time_ms()
            due_ms = self._queue[0][0] if self._queue else to_ms
            if step_ms is None or step_ms > min(due_ms, to_ms):
                return
            self._sea.step()

    # -- the closed loop -------------------------------------------------------------------------------

    @property
    def ways(self) -> Mapping[str, Way]:
        """Where each unit has been; empty where every track is prescribed."""
        return self._sea.ways if self._sea and self._scenario.sailing else {}

    def position(self, unit: str, at_ms: int) -> Position:
        """Where a unit is, on the grid that messages use."""
        if self._sea is None:
            return self._plot.position(unit, at_ms)
        return quantised(self._sea.position(unit, at_ms))

    def at(self, at_ms: int, then: _Then) -> None:
        """Go on at a time; nothing is said."""

        def fired(due_ms: int) -> None:
            then(due_ms)

        self._put(at_ms, fired, silent=True)

    def there(self, post: str, at_ms: int, then: _Then) -> None:
        """Go on as soon as somebody is at a post."""
        there_ms = self._presence.next_there_ms(post, at_ms)
        if there_ms == at_ms:
            then(at_ms)
        elif there_ms is not None:
            self.at(there_ms, lambda due_ms: self.there(post, due_ms, then))

    def occurs(self, fact: Fact, at_ms: int) -> None:
        """Something has happened: whoever waits for it goes on. Only the first time counts."""
        if fact in self._known:
            return
        self._known.add(fact)
        for happens in self._waiting.pop(fact, ()):
            happens(at_ms)

    def holds(self, condition: Condition, observer: str) -> bool:
        """Whether something has happened, as far as `observer` has learned."""
        return fact_of(condition, observer) in self._known

    def await_(self, trigger: Trigger, observer: str, then: _Then) -> None:
        """Go on when something happens."""
        match trigger:
            case AtTime(time_ms=time_ms):
                self.at(time_ms, then)
            case AtRange(range_between=pair) | AtClosestApproach(closest_approach=pair):
                if self._sea is None or not self._scenario.sailing & {*pair}:
                    self._at_known_time(trigger, then)
                else:
                    self._watch(self._sea, trigger, pair, then)
            case AtRisk(risk=pair) if self._sea is not None:
                self._sea.watch(Risk(pair, trigger.cpa_m, trigger.within_ms / 1000, then))
            case AtContact() if self._contacts and (trigger.falls_below_m or trigger.rises_above_m):
                self._contacts.await_(trigger, then)
            case AtStage() | AtContact() | AtWord() | AtOrder() | AtInject() | AtUnit():
                self._waiting[fact_of(trigger, observer)].append(then)

    def _watch(self, sea: Sea, trigger: AtRange | AtClosestApproach, pair: UnitPair, then: _Then) -> None:
        match trigger:
            case AtRange(falls_below_m=float(below_m)):
                sea.watch(RangePasses(pair, below_m, True, then))
            case AtRange(rises_above_m=float(above_m)):
                sea.watch(RangePasses(pair, above_m, False, then))
            case AtClosestApproach(within_m=within_m):
                sea.watch(Opens(pair, within_m, then))

    def _at_known_time(self, trigger: AtRange | AtClosestApproach, then: _Then) -> None:
        at_ms = self._trigger_ms(trigger)
        if at_ms is not None:
            self.at(at_ms, then)

    def _order_done(self, unit: str, order: str, at_ms: int) -> None:
        if order:
            self.log.append(Happening(at_ms, unit, "order", "DONE", order, ""))
            self.occurs(("order", order, "DONE"), at_ms)

    def _becomes(self, unit: str, what: str, words: str, at_ms: int) -> None:
        """A unit is launched, has fallen, or leaves the picture."""
        self.log.append(Happening(at_ms, unit, "unit", what, unit, words))
        self.occurs(("unit", unit, what), at_ms)

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
        self.occurs(("stage", observer, message, by, stage), at_ms)

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
        self.await_(event.when, self._scenario.messages[event.send].from_post, partial(self._fire, event))

    def _expect_readback(self, answer: Answer, reader: str) -> None:
        """The sender's answer to a readback begins when the readback comes."""
        subject = message_named(answer.message)

        def begins(at_ms: int) -> None:
            self._schedule_step(answer.post, subject, _planned(self._scenario, answer), 0, at_ms, reader)

        self._waiting["stage", answer.post, answer.message, reader, "UNDERSTOOD"].append(begins)

    def _trigger_ms(self, trigger: AtRange | AtClosestApproach) -> int | None:
        match trigger:
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
        said, holds = event.send, all(self.holds(condition, speaker) for condition in event.only_if)

        def says(due_ms: int) -> Say | None:
            return None if self._is_barred(event, speaker) else Say(due_ms, speaker, said)

        if self._scenario.hotline and holds and not self._is_barred(event, speaker):
            self._after(at_ms, event.after, f"send {said}", says, who=speaker)

    def _is_barred(self, event: Event, speaker: str) -> bool:
        return any(self.holds(condition, speaker) for condition in event.unless)

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

        purpose = f"reply {post} {subject.name} {number} {step.stage}"

        def begins(at_ms: int) -> None:
            more_ms = self._translation_ms(post, subject, step)
            self._when_there(post, at_ms + more_ms, delay, purpose, reply)

        if step.once is None or self.holds(step.once, post):
            begins(from_ms)
        else:
            self._waiting[fact_of(step.once, post)].append(begins)

    def _translation_ms(self, post: str, subject: Subject, step: Step) -> int:
        """What reading takes besides, where a message is in no language of the post."""
        message, held = self._scenario.messages.get(subject.message), self._scenario.posts[post]
        if step.stage != "READ" or message is None or not held.languages:
            return 0
        if any(getattr(message.text, language, None) for language in held.languages):
            return 0
        return self._scenario.delay_ms(held.translation, Stream(self._seed, f"translate {post} {subject.name}"))

    def _when_there(self, post: str, from_ms: int, delay: DelayRef, purpose: str, fired: _Fired) -> None:
        """After a delay; if nobody is at the post then, as soon as somebody is."""

        def due(at_ms: int) -> Action | None:
            there_ms = self._presence.next_there_ms(post, at_ms)
            if there_ms == at_ms:
                return fired(at_ms)
            if there_ms is not None:
                self._put(there_ms, due)
            return None

        self._after(from_ms, delay, purpose, due, who=post)

    def _after(self, from_ms: int, delay: DelayRef, purpose: str, fired: _Fired, who: str = "") -> None:
        """After a delay, which the watch of `who` may stretch."""
        delay_ms = self._scenario.delay_ms(delay, Stream(self._seed, purpose))
        if who:
            delay_ms = round(delay_ms * self._scenario.pace(who, from_ms))
        self._put(from_ms + delay_ms, fired)

    def _put(self, at_ms: int, fired: _Fired, *, silent: bool = False) -> None:
        self._counter += 1
        heapq.heappush(self._queue, (at_ms, self._counter, fired, silent))


def _planned(scenario: Scenario, answer: Answer) -> Sequence[_Planned]:
    return [(step, scenario.step_delay(answer, step)) for step in answer.steps]
