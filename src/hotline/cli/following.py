"""Drafts that follow from a message besides its answers: taking it back, and what was said about it by other means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hotline import v1
from hotline.cli.answering import matter_of
from hotline.cli.desk import Hand, Sent, said, submit
from hotline.cli.drafting import Flags, Source, from_flags, read
from hotline.cli.line import Line, Refs, on_line, ref_bytes
from hotline.protocol.errors import UsageError


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said by other means.

    Attributes:
        post: the addressee whose answer it was, or to whom it was said; the only action addressee when empty.
        medium: such as TELEPHONE.
        stage: highest stage that was reached by it, such as READ.
        said_at: an instant in words.
        spoken_with: who spoke for the other side.
        texts: "language=words" each; the first is what was said.
    """

    post: str
    medium: str
    stage: str
    said_at: str
    spoken_with: str
    read_back: bool
    texts: Sequence[str]


def retract(name: str, reason: str, ask: str, hand: Hand) -> Sent:
    """Take a message of this post back, before everybody it was addressed to (REQ-RETRACT-1)."""

    async def work(line: Line) -> Sent:
        view = await line.node.show(ref_bytes(name))
        header = said(view)[0].header
        if header.from_post != line.post:
            raise UsageError("NOT_ITS_POST", f"{header.from_post} said this, and only {header.from_post} takes it back")
        words = {
            "type": "Retraction",
            "to": list(header.action),
            "info": list(header.info),
            **matter_of(view),
            "precedence": "FLASH",
            "stage_requested": ask.upper(),
            "body": {"subject": view.digest.hex(), "reason": reason},
        }
        return await submit(line, read(Source(words), Refs().words(line.now_ns)), hand)

    return on_line(hand.socket, work)


def out_of_band(name: str, spoken: Spoken, hand: Hand) -> Sent:
    """Record what was said about a message by other means; it ends the asking, and meets no deadline."""

    async def work(line: Line) -> Sent:
        view = await line.node.show(ref_bytes(name))
        header = said(view)[0].header
        post = spoken.post or _only(header, line)
        other = header.from_post if post == line.post else post
        words = {
            "type": "OutOfBand",
            "to": [other],
            **matter_of(view),
            "body": {"subject": view.digest.hex(), "post": post, **_said(spoken)},
        }
        return await submit(line, read(Source(words), Refs().words(line.now_ns)), hand)

    return on_line(hand.socket, work)


def _only(header: v1.StatementHeader, line: Line) -> str:
    """The addressee that is meant where nobody says which."""
    if line.post in header.action:
        return line.post
    if len(header.action) != 1:
        raise UsageError("INPUT_MISSING_KEY", f"--of is one of {', '.join(header.action)}")
    return header.action[0]


def _said(spoken: Spoken) -> dict[str, Any]:
    texts = from_flags(Flags("OutOfBand", texts=spoken.texts)).words.get("text", {})
    language = texts.get("authentic", "")
    words = {"words": {"language": language, "text": texts[language], "role": "AUTHENTIC"}} if texts else {}
    return {
        "medium": spoken.medium.upper().replace("-", "_"),
        "said_at": spoken.said_at,
        "stage": spoken.stage.upper(),
        "spoken_with": spoken.spoken_with,
        "read_back": spoken.read_back,
        **words,
    }
