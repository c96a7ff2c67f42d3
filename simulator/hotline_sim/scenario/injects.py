"""Injects: what exercise control brings to the players, when, to whom, and what is expected of them then."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field, StrictBool, StringConstraints

from hotline_sim.scenario.delays import DelayRef
from hotline_sim.scenario.fields import Line, PostRef
from hotline_sim.scenario.provenance import Sourced
from hotline_sim.scenario.triggers import Condition, Trigger

Role: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]{0,39}$")]


class Inject(Sourced):
    """One line of a master scenario events list.

    Attributes:
        when, only_if, unless, after: what sets it off, and how long after: a time, or something before it.
        from_role: who it seems to come from, in words; exercise control plays them.
        to: the post whose people get it.
        role: which of them, by role; every one if left out.
        by: how, in words: telephone, radio, in person.
        controller: who brings it in.
        hidden: players' papers do not tell of it beforehand.
        says, says_zh: what they get.
        objective: which objective of the exercise it serves.
        expected: what players are expected to do, in words; `expectations` with its name say what is judged.
    """

    when: Trigger
    only_if: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    after: DelayRef = 0
    from_role: Line = Field(alias="from")
    to: PostRef
    role: Role | None = None
    by: Line | None = None
    controller: Line | None = None
    hidden: StrictBool = False
    says: Line
    says_zh: Line | None = None
    objective: Line | None = None
    expected: Line | None = None
