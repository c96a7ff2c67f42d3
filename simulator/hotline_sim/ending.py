"""How a message stands with each addressee at the end, in plain words: for traces and reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from hotline_sim.outcome import ClaimOutcome, MessageOutcome
from hotline_sim.words import SILENCE, TURNS, lower, since_start


@dataclass(frozen=True, slots=True)
class Ending:
    """One addressee of a message.

    Attributes:
        post: who.
        state: how far it came, in one word.
        silence: why nothing more comes, as a word and in words; empty if nothing is overdue.
        why: the same in plain words.
        tried: what was done about its silence, step by step.
        claims: what was said by other means.
    """

    post: str
    state: str
    silence: str
    why: str
    tried: tuple[str, ...]
    claims: tuple[str, ...]


def endings(message: MessageOutcome) -> Iterator[Ending]:
    """Every addressee of a message that was said."""
    for one in message.addressees:
        claims = (claim for claim in message.claims if claim.post == one.post)
        yield Ending(
            post=one.post,
            state=one.state,
            silence=one.silence,
            why=SILENCE[one.silence] if one.silence else "",
            tried=tuple(_tried(message, one.post)),
            claims=tuple(map(_claim, claims)),
        )


def _tried(message: MessageOutcome, silent: str) -> Iterator[str]:
    """Steps against one silence, those of one kind together."""
    turns = [turn for turn in message.turns if turn.silent == silent]
    for (step, target), same in groupby(turns, key=lambda turn: (turn.step, turn.target)):
        words = TURNS[step] + (f" {target}" if target else "")
        yield f"{words} at {', '.join(since_start(turn.at_ms) for turn in same)}"


def _claim(claim: ClaimOutcome) -> str:
    return f"{claim.by} claims {claim.stage} by {lower(claim.medium)} at {since_start(claim.said_ms)}"
