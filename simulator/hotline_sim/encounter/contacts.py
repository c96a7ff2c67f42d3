"""Contacts: who has whom on which sensor, and the range that is read, which is a little off. Pure."""

from __future__ import annotations

from statistics import NormalDist

from hotline_sim.draw import Stream
from hotline_sim.encounter.chain import Clock
from hotline_sim.encounter.log import Happening
from hotline_sim.encounter.sea import Sea
from hotline_sim.encounter.watches import Happens, RangePasses
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.crew import Sensor
from hotline_sim.scenario.triggers import AtContact
from hotline_sim.words import nmi

_NORMAL = NormalDist()


class Contacts:
    """What each unit's sensors show it in one run. The first sensor that detects another makes the contact."""

    def __init__(self, scenario: Scenario, seed: int, sea: Sea, clock: Clock, log: list[Happening]) -> None:
        self._scenario, self._seed, self._sea, self._clock, self._log = scenario, seed, sea, clock, log
        self._error_m: dict[tuple[str, str], float] = {}
        self._waiting: dict[tuple[str, str], list[tuple[AtContact, Happens]]] = {}

    def begin(self) -> None:
        """Every sensor looks out for every other unit."""
        for own, unit in self._scenario.units.items():
            for number, sensor in enumerate(unit.sensors):
                for other in self._scenario.units:
                    if other != own:
                        self._look_out(own, other, number, sensor)

    def await_(self, trigger: AtContact, then: Happens) -> None:
        """Go on when the range that is read passes a distance."""
        pair = (trigger.by, trigger.contact)
        if pair in self._error_m:
            self._watch(trigger, then)
        else:
            self._waiting.setdefault(pair, []).append((trigger, then))

    def _look_out(self, own: str, other: str, number: int, sensor: Sensor) -> None:
        stream = Stream(self._seed, f"sensor {own} {number} {other}")
        error_m = round(sensor.range_error_m * _NORMAL.inv_cdf(stream.share()), 1)
        bearing_deg = round(sensor.bearing_error_deg * _NORMAL.inv_cdf(stream.share()), 1)
        detects_ms = self._scenario.delay_ms(sensor.detects_after, stream)
        classifies_ms = self._scenario.delay_ms(sensor.classifies_after, stream)

        def in_range(at_ms: int) -> None:
            self._clock.at(at_ms + detects_ms, detected)

        def detected(at_ms: int) -> None:
            if (own, other) in self._error_m:
                return
            self._error_m[own, other] = error_m
            seen = self._sea.seen(own, other)
            read = f"{nmi(max(seen.range_m + error_m, 0.0))}, bearing {round(seen.bearing_deg + bearing_deg) % 360:03d}"
            self._happens(at_ms, own, other, "DETECTED", f"by {sensor.kind.lower()}, {read}")
            for trigger, then in self._waiting.pop((own, other), ()):
                self._watch(trigger, then)
            self._clock.at(at_ms + classifies_ms, lambda due_ms: self._happens(due_ms, own, other, "CLASSIFIED", ""))

        self._sea.watch(RangePasses((own, other), sensor.range_m, True, in_range, fires_at_once=True))

    def _happens(self, at_ms: int, own: str, other: str, what: str, how: str) -> None:
        name = self._scenario.units[other].name
        self._log.append(Happening(at_ms, own, "contact", what, other, f"{name} {how}".strip()))
        self._clock.occurs(("contact", own, other, what), at_ms)

    def _watch(self, trigger: AtContact, then: Happens) -> None:
        pair, error_m = (trigger.by, trigger.contact), self._error_m[trigger.by, trigger.contact]
        for threshold_m, is_falling in ((trigger.falls_below_m, True), (trigger.rises_above_m, False)):
            if threshold_m is not None:
                true_m = max(threshold_m - error_m, 1.0)
                self._sea.watch(RangePasses(pair, true_m, is_falling, then, fires_at_once=True))
