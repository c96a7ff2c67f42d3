"""Bytes for the cases about Frames: what CHN receives from AUS, and the receipts it gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tools.vector_cases.case import Input
from tools.vector_cases.logs import HEAD_MS, head, link, run, signed
from tools.vector_cases.material import (
    AUS,
    CHN,
    DAY_MS,
    SEALED_MS,
    directory,
    node,
    plain,
    post,
    signed_directory,
    stamp,
)
from tools.vector_cases.words import flash, said, statement

from hotline import v1

NOW_MS = SEALED_MS + 2_000
MINUTE_MS = 60_000

NOTICE = statement("frame 1")
FLASH = statement("frame 2", flash(), precedence=v1.PRECEDENCE_FLASH)
LINKS = [link(NOTICE), link(FLASH)]
BODIES = [said(FLASH, "AUS officer-1", "AUS officer-2"), said(NOTICE)]
FORGED = said(FLASH, "AUS officer-1", "nobody")

ONCE = statement("frame once")
TWICE = [link(ONCE), link(ONCE, SEALED_MS + 500)]
OTHER = statement("frame another first")


def frame(
    covered: Sequence[v1.Link],
    bodies: Sequence[v1.Envelope],
    *,
    sent: Sequence[v1.Link] | None = None,
    beat: int = 1,
    made_ms: int = HEAD_MS,
) -> bytes:
    """A Frame: a Head over `covered`, the links `sent` (all of them when None), and statements."""
    made = signed(head(covered, beat=beat, made_at=stamp(made_ms)))
    return plain(v1.Frame(head=made, links=[run(covered if sent is None else sent)], statements=bodies))


def received(data: bytes, *facts: str) -> Input:
    """A Frame that comes first, with what its receipts say of sequence 1 and on; an empty word for none."""
    return Input(data, {"receiver": CHN, "now_ms": NOW_MS}, _receipts(*facts))


def after_once(data: bytes, now_ms: int, *facts: str) -> Input:
    """A Frame that comes after the one that brought `ONCE`."""
    given: dict[str, Any] = {"receiver": CHN, "now_ms": now_ms, "before": [{"file": "before.bin", "now_ms": NOW_MS}]}
    return Input(data, given, _receipts(*facts), {"before.bin": frame(TWICE[:1], [said(ONCE)])})


def _receipts(*facts: str) -> dict[str, Any]:
    said_of = [f"{AUS} {sequence} {fact} {NOW_MS}" for sequence, fact in enumerate(facts, 1) if fact]
    return {"receipts": said_of} if facts else {}


def routine(one: v1.Link) -> v1.Link:
    """The same link saying ROUTINE."""
    other = v1.Link()
    other.CopyFrom(one)
    other.precedence = v1.PRECEDENCE_ROUTINE
    return other


def by_an_old_node() -> Input:
    """A Frame whose node has a certificate that ended ten days before."""
    listed = directory("AUS", [post(AUS, node=node("AUS node", SEALED_MS - 40 * DAY_MS))])
    files = {"directory-aus.bin": signed_directory(listed)}
    return Input(frame(LINKS, BODIES), {"receiver": CHN, "now_ms": NOW_MS}, files=files)


def forked() -> Input:
    """A second log with its links and its statement, after the first."""
    made = after_once(frame([link(OTHER)], [said(OTHER)], beat=2), NOW_MS + 1_000)
    receipts = [f"{AUS} 1 RECEIVED {at}" for at in (NOW_MS, NOW_MS + 1_000)]
    return Input(made.data, made.given, {"receipts": receipts}, made.files)


INPUTS = {
    "frame-two-statements": received(frame(LINKS, BODIES), "RECEIVED", "RECEIVED"),
    "frame-body-missing": received(frame(LINKS, BODIES[:1]), "", "RECEIVED"),
    "frame-statement-forged": received(frame(LINKS, [FORGED, BODIES[1]]), "RECEIVED"),
    "frame-statement-without-link": received(frame(LINKS[:1], BODIES), "RECEIVED"),
    "frame-link-says-otherwise": received(
        frame([routine(LINKS[0]), LINKS[1]], BODIES), "REFUSED:SIZE_MISMATCH", "RECEIVED"
    ),
    "frame-links-not-covered": received(frame(LINKS, BODIES, sent=LINKS[:1])),
    "frame-unknown-field": received(frame(LINKS, BODIES) + b"\x7a\x00"),
    "frame-node-certificate-expired": by_an_old_node(),
    "frame-replayed": received(frame(TWICE, [said(ONCE)]), "RECEIVED", "REFUSED:REPLAYED"),
    "frame-redelivered": after_once(
        frame(TWICE[:1], [said(ONCE)], beat=2, made_ms=HEAD_MS + MINUTE_MS), NOW_MS + MINUTE_MS, "RECEIVED"
    ),
    "frame-fork": after_once(plain(v1.Frame(head=signed(head([link(OTHER)], beat=2)))), NOW_MS + 1_000),
    "frame-fork-with-its-links": forked(),
}
