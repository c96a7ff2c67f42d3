"""The log of AUS as CHN receives it, and bytes for the cases about its links."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from tools.vector_cases.case import Input
from tools.vector_cases.material import (
    AUS,
    CHANNEL,
    CHN,
    HEAD,
    SEALED_MS,
    agreement_digest,
    envelope,
    held_directories,
    plain,
    stamp,
)
from tools.vector_cases.words import digest, statement

from hotline import v1

HEAD_MS = SEALED_MS + 1_000
START = bytes(32)


def link_digest(post_id: str, sequence: int, previous: bytes, link: v1.Link, epoch: int = 1) -> bytes:
    """Digest of a link by its layout (REQ-LOG-2)."""
    channel, name = CHANNEL.encode(), post_id.encode()
    layout = b"".join(
        (
            b"hotline/v1/link\x00",
            struct.pack(">H", len(channel)) + channel,
            struct.pack(">H", len(name)) + name,
            struct.pack(">QQ", epoch, sequence),
            previous,
            link.statement_digest,
            struct.pack(">Q", link.sealed_at_ms),
            struct.pack(">B", link.precedence),
            struct.pack(">I", link.size),
        )
    )
    return sha256(layout).digest()


def chain(links: Sequence[v1.Link], first: int = 1, previous: bytes = START) -> list[bytes]:
    """Digests of a run of links of AUS."""
    digests = []
    for sequence, link in enumerate(links, first):
        previous = link_digest(AUS, sequence, previous, link)
        digests.append(previous)
    return digests


def link(message: v1.Statement, sealed_ms: int = SEALED_MS) -> v1.Link:
    """The link of a statement."""
    return v1.Link(
        statement_digest=digest(message),
        sealed_at_ms=sealed_ms,
        precedence=message.header.precedence,
        size=len(plain(message)),
    )


def run(links: Sequence[v1.Link], first: int = 1) -> v1.LinkRun:
    """Links of AUS as they travel."""
    return v1.LinkRun(post=AUS, epoch=1, first=first, links=links)


def head(links: Sequence[v1.Link], **changes: Any) -> v1.Head:
    """A Head of AUS over a whole log, with fields changed."""
    newest = chain(links)[-1] if links else START
    fields: dict[str, Any] = {
        "channel": CHANNEL,
        "agreement_digest": agreement_digest(),
        "kind": v1.KIND_EXERCISE,
        "log": v1.LogPosition(post=AUS, epoch=1, sequence=len(links), link_digest=newest),
        "beat": 1,
        "made_at": stamp(HEAD_MS),
        "held": [v1.LogPosition(post=CHN, epoch=1, sequence=0, link_digest=START)],
        "staffed": True,
        "directories": held_directories(),
        "agreement_revision": 1,
        "agreement_held_digest": agreement_digest(),
    }
    return v1.Head(**(fields | changes))


def signed(message: v1.Head, *names: str) -> v1.Envelope:
    """A Head, by default signed by the node of AUS."""
    return envelope(HEAD, plain(message), *(names or ("AUS node",)))


def messages_of(case: str, count: int = 3) -> list[v1.Statement]:
    """Some notices."""
    return [statement(f"{case} {n}") for n in range(1, count + 1)]


def run_of(
    links: Sequence[v1.Link],
    first: int,
    position: bytes,
    *,
    sequence: int = 3,
    held: Sequence[v1.Link] = (),
    digests: Sequence[bytes] = (),
) -> Input:
    """Links that come under a Head with this position, where others may be held."""
    given: dict[str, Any] = {"channel": CHANNEL, "post": AUS, "epoch": 1}
    given |= {"held": "held.bin"} if held else {}
    given |= {"head": {"sequence": sequence, "link_digest": position.hex()}}
    facts = {"link_digests": [one.hex() for one in digests]} if digests else {}
    return Input(plain(run(links, first)), given, facts, {"held.bin": plain(run(held))} if held else {})


def resized(one: v1.Link) -> v1.Link:
    """The same link with its size one more."""
    other = v1.Link()
    other.CopyFrom(one)
    other.size += 1
    return other


LINKS = [link(message, SEALED_MS + 1_000 * n) for n, message in enumerate(messages_of("link"))]
DIGESTS = chain(LINKS)
FORKED = [LINKS[0], link(statement("link another second"), SEALED_MS + 1_000), LINKS[2]]

INPUTS = {
    "link-chain": run_of(LINKS, 1, DIGESTS[2], digests=DIGESTS),
    "link-chain-continued": run_of(LINKS[1:], 2, DIGESTS[2], held=LINKS[:2], digests=DIGESTS[1:]),
    "link-not-covered": run_of([*LINKS[:2], resized(LINKS[2])], 1, DIGESTS[2]),
    "link-gap": run_of(LINKS[2:], 4, DIGESTS[2], sequence=4, held=LINKS[:2]),
    "link-fork": run_of(FORKED[1:], 2, chain(FORKED)[2], held=LINKS[:2]),
}
