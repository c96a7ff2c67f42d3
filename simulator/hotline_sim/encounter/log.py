"""What people and craft did beside the line, as it happened: contacts, words, orders, things used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened in the closed loop.

    Attributes:
        at_ms: scenario time.
        who: the unit or post that did it, by its name in the scenario.
        kind: "contact", "word", "order", "inject", "control" or "unit".
        what: of a contact DETECTED, CLASSIFIED; of words SAID, HEARD, UNHEARD; of an order GIVEN, HEARD, UNHEARD,
            OBEYED, REFUSED, DROPPED, USED, DONE; of a control link LINK_LOST, LINK_BACK;
            of a unit ENTERED, LAUNCHED, FELL, GONE.
        subject: the unit detected, or the name of the word or order.
        words: what there is to say about it.
    """

    at_ms: int
    who: str
    kind: str
    what: str
    subject: str
    words: str
