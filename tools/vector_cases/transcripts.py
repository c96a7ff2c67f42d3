"""Bytes for the cases about transcripts: what CHN holds of one notice by AUS, in the container of spec 05."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from tools.vector_cases.case import Input
from tools.vector_cases.logs import HEAD_MS, START, chain, head, link, run, signed
from tools.vector_cases.material import (
    AUS,
    CHN,
    HEAD,
    SEALED_MS,
    agreement,
    agreement_digest,
    common,
    envelope,
    key,
    plain,
    signed_agreement,
    stamp,
)
from tools.vector_cases.words import digest, said, statement

from hotline import v1

RECEIVED_MS = HEAD_MS + 1_000
EXPORTED_MS = SEALED_MS + 600_000
TAG = b"hotline/v1/transcript\x00"
PIN = {"pin": agreement_digest().hex()}

NOTICE = statement("transcript notice")
LINKS = [link(NOTICE)]
UNLINKED = statement("transcript unlinked")


def framed(record: bytes) -> bytes:
    """A record with its length before it."""
    return struct.pack(">I", len(record)) + record


def record(at_ms: int, **fact: object) -> bytes:
    """A record, framed."""
    return framed(plain(v1.Record(at=stamp(at_ms), **fact)))  # type: ignore[arg-type]  # one field of the oneof


def opening() -> bytes:
    """The first record."""
    return record(EXPORTED_MS, opening=v1.Opening(format="hotline transcript 1", exporter=CHN))


def parties(*directories: str) -> bytes:
    """The agreement and directories."""
    first = record(EXPORTED_MS, agreement=signed_agreement(plain(agreement())))
    listed = (v1.Envelope.FromString(common()[f"directory-{name}.bin"]) for name in directories)
    return first + b"".join(record(EXPORTED_MS, directory=one) for one in listed)


def receipting_head(beat: int = 1) -> v1.Envelope:
    """The Head with which CHN says that it holds the notice."""
    receipt = v1.Receipt(post=AUS, epoch=1, sequence=1, statement_digest=digest(NOTICE), received_at=stamp(RECEIVED_MS))
    made = head(
        [],
        log=v1.LogPosition(post=CHN, epoch=1, sequence=0, link_digest=START),
        beat=beat,
        made_at=stamp(RECEIVED_MS),
        beats_seen=[v1.PeerBeat(post=AUS, beat=1)],
        held=[v1.LogPosition(post=AUS, epoch=1, sequence=1, link_digest=chain(LINKS)[0])],
        receipts=[receipt],
    )
    return envelope(HEAD, plain(made), "CHN node")


@dataclass(frozen=True, slots=True)
class Facts:
    """The records between the directories and the closing; each field may be spoiled."""

    head: v1.Envelope = field(default_factory=lambda: signed(head(LINKS)))
    further_heads: tuple[v1.Envelope, ...] = ()
    links: tuple[v1.Link, ...] = tuple(LINKS)
    statements: tuple[v1.Envelope, ...] = (said(NOTICE),)
    refused: str = ""
    made: tuple[v1.Envelope, ...] = field(default_factory=lambda: (receipting_head(),))
    links_last: bool = False

    def records(self) -> bytes:
        """As a journal has them."""
        return b"".join(self._records())

    def _records(self) -> Iterable[bytes]:
        for one in (self.head, *self.further_heads):
            yield record(RECEIVED_MS, head_held=one)
        links = record(RECEIVED_MS, links=run(self.links))
        if not self.links_last:
            yield links
        for one in self.statements:
            held = v1.HeldStatement(envelope=one, post=AUS, epoch=1, sequence=1, refused=self.refused)
            yield record(RECEIVED_MS, statement=held)
        for one in self.made:
            yield record(RECEIVED_MS, head_made=one)
        if self.links_last:
            yield links


def closed(body: bytes, signer: str = "CHN node", over: bytes = b"") -> bytes:
    """A transcript: the body with its closing; the signature is over another body's digest if one is given."""
    node = key(signer)
    sig = node.sign(TAG + sha256(over or body).digest())
    closing = v1.Closing(digest=sha256(body).digest(), keyid=node.fingerprint, sig=sig)
    return body + record(EXPORTED_MS, closing=closing)


def holding(facts: Facts) -> Input:
    """A well-closed transcript of these facts."""
    return Input(closed(opening() + parties("aus", "chn") + facts.records()), PIN)


def proving(facts: Facts, *proved: str, complete_to: int) -> Input:
    """A well-closed transcript with what it proves."""
    read = {
        "agreement_digest": agreement_digest().hex(),
        "pinned": "PINNED",
        "exporter": CHN,
        "logs": [f"{AUS} epoch 1 complete to {complete_to} of 1", f"{CHN} epoch 1 complete to 0 of 0"],
        "proved": list(proved),
        "marks": [],
    }
    return Input(holding(facts).data, PIN, read)


def changed(data: bytes, old: bytes, new: bytes) -> bytes:
    """One stretch of bytes overwritten, wherever it first stands."""
    assert len(old) == len(new)
    assert old in data
    return data.replace(old, new, 1)


RECEIPTED = f"{digest(NOTICE).hex()} {CHN} DELIVERED RECEIVED"
BODY = opening() + parties("aus", "chn") + Facts().records()
GOOD = closed(BODY)
ALTERED = changed(BODY, b"divers down", b"divers home")

BY_INTERPRETER = statement("transcript interpreter")
OTHER_LINK = link(NOTICE, SEALED_MS + 1)
LAST = len(framed(b"")) + struct.unpack(">I", GOOD[len(BODY) : len(BODY) + 4])[0]

OF_NOBODY = v1.LinkRun(post="AUS:harbour-watch", epoch=1, first=1, links=LINKS)

INPUTS = {
    "transcript-of-one-notice": proving(Facts(), RECEIPTED, complete_to=1),
    "transcript-statement-left-out": proving(Facts(statements=()), complete_to=0),
    "transcript-byte-changed": Input(changed(GOOD, b"divers down", b"divers Down"), PIN),
    "transcript-cut-short": Input(GOOD[:-10], PIN),
    "transcript-without-closing": Input(GOOD[:-LAST], PIN),
    "transcript-byte-added": Input(GOOD + b"\x00", PIN),
    "transcript-altered-and-closed-again": Input(closed(ALTERED, over=BODY), PIN),
    "transcript-closed-by-another-node": Input(closed(BODY, "AUS node"), PIN),
    "transcript-other-pin": Input(GOOD, {"pin": digest(NOTICE).hex()}),
    "transcript-altered-by-its-exporter": Input(closed(ALTERED), PIN),
    "transcript-link-altered": holding(Facts(links=(OTHER_LINK,))),
    "transcript-took-what-must-be-refused": holding(
        Facts(
            head=signed(head([link(BY_INTERPRETER)])),
            links=(link(BY_INTERPRETER),),
            statements=(said(BY_INTERPRETER, "AUS officer-5"),),
        )
    ),
    "transcript-recorded-as-refused-and-holds": proving(Facts(refused="REPLAYED"), RECEIPTED, complete_to=1),
    "transcript-two-heads-with-one-beat": proving(
        Facts(further_heads=(signed(head(LINKS, staffed=False)),)), RECEIPTED, complete_to=1
    ),
    "transcript-head-made-by-another": holding(Facts(made=(receipting_head(), signed(head(LINKS, beat=2))))),
    "transcript-own-head-as-held": holding(Facts(further_heads=(receipting_head(2),))),
    "transcript-own-beats-fall": holding(Facts(made=(receipting_head(2), receipting_head()))),
    "transcript-statement-twice": holding(Facts(statements=(said(NOTICE), said(NOTICE)))),
    "transcript-statement-before-its-link": holding(Facts(links_last=True)),
    "transcript-statement-that-no-link-names": proving(
        Facts(statements=(said(NOTICE), said(UNLINKED))), RECEIPTED, complete_to=1
    ),
    "transcript-directory-missing": Input(closed(opening() + parties("chn") + Facts().records()), PIN),
    "transcript-log-of-nobody": Input(closed(BODY + record(RECEIVED_MS, links=OF_NOBODY)), PIN),
    "transcript-directories-swapped": Input(closed(opening() + parties("chn", "aus") + Facts().records()), PIN),
}
