"""What a message takes from the moment it is written: tracks, clock, digests of earlier statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hotline.geo.geodesy import Position, quantised, quantised_m, range_m
from hotline.geo.units import parse_duration_ms
from hotline.messages.problems import FieldError
from hotline.messages.texts import digest_of_text
from hotline_sim.scenario.fields import Stage, parse_time_ms
from hotline_sim.scenario.model import Scenario
from hotline_sim.scenario.problems import Code


@dataclass(frozen=True, slots=True)
class DigestRef:
    """A statement of the run: a message, or `answered_by`'s acknowledgement of it for `stage`."""

    message: str
    answered_by: str | None = None
    stage: Stage | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment a message is written, `time_ms` after the scenario's start."""

    scenario: Scenario
    time_ms: int
    digest_of: Callable[[DigestRef], bytes]
    where: Callable[[str, int], Position] | None = None

    def position(self, unit: str) -> Position:
        """Where a unit is, quantised. Raises `FieldError` for an unknown unit."""
        known(unit, self.scenario.units, "units")
        return self._at(unit)

    def _at(self, unit: str) -> Position:
        """As the run says, where there is one; the loader composes with where a unit starts."""
        if self.where is not None:
            return self.where(unit, self.time_ms)
        start = self.scenario.units[unit].start
        if start is not None:
            return quantised(start.at)
        return quantised(self.scenario.tracks[unit].position(self.time_ms))

    def range_m(self, units: object) -> int:
        """The range between two units, whole metres. Raises `FieldError`."""
        if not isinstance(units, list) or len(units) != 2:
            raise FieldError(Code.BAD_BODY, "a range is measured between two units: [one, other]")
        names = [known(unit, self.scenario.units, "units") for unit in units]
        if self.scenario.sailing & {*names}:
            return quantised_m(range_m(*(self._at(name) for name in names)))
        tracks = [self.scenario.tracks[name] for name in names]
        return quantised_m(range_m(*(track.position(self.time_ms) for track in tracks)))

    def utc_ns(self, raw: object) -> int:
        """An instant: ``T+00:05:00``, or ``{measure: time}`` with ``plus``. Raises `hotline.geo.units.UnitError`."""
        if isinstance(raw, dict) and raw.get("measure") == "time" and raw.keys() <= {"measure", "plus"}:
            return self.scenario.utc_ns(self.time_ms + parse_duration_ms(str(raw.get("plus", "0 s"))))
        return self.scenario.utc_ns(parse_time_ms(str(raw)))

    def digest(self, raw: object) -> bytes:
        """``{digest_of: m1}`` and its longer form, ``{digest_of_text: words}``. Raises `FieldError`."""
        if isinstance(raw, dict) and raw.keys() == {"digest_of_text"} and isinstance(raw["digest_of_text"], str):
            return digest_of_text(raw["digest_of_text"])
        if not isinstance(raw, dict) or not {"digest_of"} <= raw.keys() <= {
            "digest_of",
            "answered_by",
            "stage",
        }:
            raise FieldError(Code.BAD_BODY, "a digest is given as {digest_of: message} or {digest_of_text: words}")
        if ("answered_by" in raw) != ("stage" in raw):
            raise FieldError(Code.BAD_BODY, "answered_by and stage belong together")
        message = known(raw["digest_of"], self.scenario.messages, "messages")
        if "stage" not in raw:
            return self.digest_of(DigestRef(message))
        post = known(raw["answered_by"], self.scenario.posts, "posts")
        answers = [answer for answer in self.scenario.answers if (answer.message, answer.post) == (message, post)]
        if not any(step.stage == raw["stage"] for answer in answers for step in answer.steps):
            raise FieldError(Code.BAD_STORY, f"{post} gives no answer {raw['stage']} to {message}")
        return self.digest_of(DigestRef(message, post, raw["stage"]))


def known(name: object, names: Mapping[str, Any], kind: str) -> str:
    """The name itself if it is one of `names`. Raises `FieldError` UNKNOWN_REFERENCE."""
    if not isinstance(name, str) or name not in names:
        raise FieldError(Code.UNKNOWN_REFERENCE, f"not one of the {kind} of this file ({', '.join(names)}): {name}")
    return name
