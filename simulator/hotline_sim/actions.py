"""What the director lets happen: officers speak, watches come and go, lines and nodes fail."""

from __future__ import annotations

from dataclasses import dataclass

from hotline_sim.scenario.story import Step
from hotline_sim.subjects import Subject


@dataclass(frozen=True, slots=True)
class Say:
    """Officers of a post release a message of the scenario."""

    at_ms: int
    post: str
    message: str


@dataclass(frozen=True, slots=True)
class Present:
    """Something is shown at the watch position of a post."""

    at_ms: int
    post: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class Reply:
    """An officer signs one stage of the post's answer to something. `number`: place of the step in the answer.

    `readback_of` is the addressee whose readback the sender answers; None for an addressee's own answer.
    """

    at_ms: int
    post: str
    subject: Subject
    number: int
    step: Step
    readback_of: str | None = None

    @property
    def message(self) -> str:
        """The message of the scenario that it is about; empty for a test of the line."""
        return self.subject.message


@dataclass(frozen=True, slots=True)
class Man:
    """The watch of a post comes, or goes."""

    at_ms: int
    post: str
    is_manned: bool


@dataclass(frozen=True, slots=True)
class Rewire:
    """A line or a node goes down or comes up; `Presence` says how things stand from now on."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Look:
    """The scenario expects something of this moment: how everything stands is to be noted."""

    at_ms: int


Action = Say | Present | Reply | Man | Rewire | Look
