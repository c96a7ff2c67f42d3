"""Names for what people at a post are shown: messages of the scenario, escalations of them, tests of the line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """A statement that people deal with.

    Attributes:
        name: one of its own; for a message of the scenario, the message's.
        message: the message of the scenario it is about; empty for a test of the line.
        escalated_to: post turned to because an addressee was silent; empty for others.
        silent: that addressee.
        tested_by: post whose node tests the line; empty for others.
    """

    name: str
    message: str = ""
    escalated_to: str = ""
    silent: str = ""
    tested_by: str = ""


def message_named(name: str) -> Subject:
    """A message of the scenario."""
    return Subject(name, name)
