"""Facts: what has happened, under the names by which others wait for it."""

from __future__ import annotations

from typing import TypeAlias

from hotline_sim.scenario.triggers import AtContact, AtInject, AtOrder, AtStage, AtUnit, AtWord, Condition

# ("stage", observer, message, addressee, stage), ("word", name, ...), ("order", ...), ("contact", ...), ("unit", ...)
Fact: TypeAlias = tuple[str, ...]


def fact_of(condition: Condition, observer: str) -> Fact:
    """What must have happened; of a message, as the observer's node shows it."""
    match condition:
        case AtStage():
            return "stage", observer, condition.message, condition.by, condition.reaches
        case AtContact():
            return "contact", condition.by, condition.contact, condition.is_
        case AtWord():
            return "word", condition.word, condition.reaches
        case AtOrder():
            return "order", condition.order, condition.reaches
        case AtInject():
            return "inject", condition.inject
        case AtUnit():
            return "unit", condition.unit, condition.is_
