"""Bytes for the cases about transcripts over more than one epoch, version and revision (spec 05 and 06)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tools.vector_cases.case import Input
from tools.vector_cases.logs import START, link, link_digest
from tools.vector_cases.material import (
    AGREEMENT,
    AUS,
    CERTIFIED_MS,
    CHN,
    DIRECTORY,
    HEAD,
    SEALED_MS,
    agreement,
    agreement_digest,
    directory,
    envelope,
    identity,
    node,
    plain,
    post,
    signed_agreement,
    stamp,
    window,
)
from tools.vector_cases.transcripts import EXPORTED_MS, RECEIVED_MS, closed, opening, record
from tools.vector_cases.words import digest, notice, said, statement

from hotline import v1

HOUR_MS = 3_600_000
ROTATED_MS = SEALED_MS + HOUR_MS


# -- revisions and versions ------------------------------------------------------------------------------------------


def revised(*, from_ms: int = ROTATED_MS) -> bytes:
    """Revision 2: the same parties and rules, in force from an instant on."""
    in_force = window(from_ms, SEALED_MS + 300 * 24 * HOUR_MS)
    return plain(agreement(revision=2, previous_digest=agreement_digest(), in_force=in_force))


FIRST = signed_agreement(plain(agreement()))
SECOND = signed_agreement(revised())
BY_ONE = signed_agreement(revised(), {"AUS": ("AUS root",)})


def version(number: int, previous: v1.Envelope | None = None, **changes: Any) -> v1.Envelope:
    """A version of the directory of AUS, signed by its registrar."""
    fields = {"version": number} | ({"previous_digest": identity(DIRECTORY, previous.payload)} if previous else {})
    return envelope(DIRECTORY, plain(directory("AUS", **(fields | changes))), "AUS registrar")


def rotated(last: v1.LogPosition, reason: v1.Closure.Reason.ValueType) -> v1.Envelope:
    """Version 2: epoch 1 of AUS ends at a position, epoch 2 begins under a new key."""
    certificate = node("AUS node, second", CERTIFIED_MS + HOUR_MS)
    certificate.epoch = 2
    closure = v1.Closure(last=last, reason=reason, at=stamp(ROTATED_MS))
    return version(2, AUS_1, posts=[post(AUS, node=certificate)], closures=[closure], issued_at=stamp(ROTATED_MS))


AUS_1 = version(1)
CHN_1 = envelope(DIRECTORY, plain(directory("CHN")), "CHN registrar")


# -- the log of AUS ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Log:
    """One epoch of the log of AUS: its links, and the digest before the first."""

    links: tuple[v1.Link, ...]
    epoch: int = 1
    start: bytes = START

    def position(self, sequence: int) -> v1.LogPosition:
        """The place after so many links, with its link digest."""
        reached = self.start
        for number, one in enumerate(self.links[:sequence], 1):
            reached = link_digest(AUS, number, reached, one, self.epoch)
        return v1.LogPosition(post=AUS, epoch=self.epoch, sequence=sequence, link_digest=reached)

    def run(self, first: int = 1) -> v1.LinkRun:
        """Its links as they travel, from a sequence on."""
        return v1.LinkRun(post=AUS, epoch=self.epoch, first=first, links=self.links[first - 1 :])

    def head(self, *, beat: int = 1, **changes: Any) -> v1.Envelope:
        """A Head of AUS over the whole of it."""
        made = v1.Head(**(_head(self.position(len(self.links)), beat) | changes))
        return envelope(HEAD, plain(made), "AUS node" if self.epoch == 1 else "AUS node, second")


def _head(log: v1.LogPosition, beat: int) -> dict[str, Any]:
    """Fields of a Head made under the first revision, before anybody heard of a second version."""
    return {
        "channel": agreement().channel,
        "agreement_digest": agreement_digest(),
        "kind": v1.KIND_EXERCISE,
        "log": log,
        "beat": beat,
        "made_at": stamp(RECEIVED_MS),
        "directories": [
            v1.DirectoryHeld(party="AUS", version=1, digest=identity(DIRECTORY, AUS_1.payload)),
            v1.DirectoryHeld(party="CHN", version=1, digest=identity(DIRECTORY, CHN_1.payload)),
        ],
        "agreement_revision": 1,
        "agreement_held_digest": agreement_digest(),
    }


ONE, TWO, OTHER, NEXT, FURTHER = (
    statement(f"chronicle {word}", notice()) for word in ("one", "two", "other", "next", "further")
)
LATE_MS = ROTATED_MS + 1_000
THREE = statement("chronicle three", composed_at=stamp(LATE_MS - 1_000))
UNDER_SECOND = statement(
    "chronicle under the second revision",
    composed_at=stamp(LATE_MS - 1_000),
    agreement_digest=identity(AGREEMENT, revised()),
)
BEFORE = Log((link(ONE),))
BOTH = Log((link(ONE), link(TWO, SEALED_MS + 500)))
FORKED = Log((link(ONE), link(OTHER, SEALED_MS + 500)))
BOTH_ON = Log((*BOTH.links, link(NEXT, SEALED_MS + 900)))
FORKED_ON = Log((*FORKED.links, link(FURTHER, SEALED_MS + 900)))
AFTER = Log((link(THREE, LATE_MS),), 2, BEFORE.position(1).link_digest)
ANEW = Log((link(THREE, LATE_MS),), 2)
ROTATION = rotated(BEFORE.position(1), v1.Closure.REASON_ROTATION)
COMPROMISE = rotated(BEFORE.position(1), v1.Closure.REASON_COMPROMISE)


# -- transcripts of CHN ----------------------------------------------------------------------------------------------


def held(*logs: Log, taken: Sequence[tuple[v1.Statement, int, int]] = ()) -> bytes:
    """The records of logs, each under a Head of its own, and of statements with epoch and sequence."""
    records = b""
    for log in logs:
        records += record(RECEIVED_MS, head_held=log.head())
        records += record(RECEIVED_MS, links=log.run())
    for message, epoch, sequence in taken:
        place = v1.HeldStatement(envelope=said(message), post=AUS, epoch=epoch, sequence=sequence)
        records += record(RECEIVED_MS, statement=place)
    return records


@dataclass(frozen=True, slots=True)
class Chronicle:
    """What CHN holds: revisions, versions, facts, and what a verifier must read out of them."""

    facts: bytes
    revisions: tuple[v1.SignedAgreement, ...] = (FIRST,)
    versions: tuple[v1.Envelope, ...] = (AUS_1,)
    pin: bytes = field(default_factory=agreement_digest)
    signer: str = "CHN node"

    def body(self) -> bytes:
        """Everything before the closing."""
        papers = b"".join(record(EXPORTED_MS, agreement=one) for one in self.revisions)
        papers += b"".join(record(EXPORTED_MS, directory=one) for one in (*self.versions, CHN_1))
        return opening() + papers + self.facts

    def case(self, *logs: str, proved: Sequence[str] = (), marks: Sequence[str] = ()) -> Input:
        """The case, with what it proves where it is a valid one."""
        read: dict[str, Any] = {"agreement_digest": self.pin.hex(), "pinned": "PINNED", "exporter": CHN} if logs else {}
        read |= {"logs": [*logs, f"{CHN} epoch 1 complete to 0 of 0"], "proved": list(proved)} if logs else {}
        read |= {"marks": list(marks)} if marks else {}
        return Input(closed(self.body(), self.signer), {"pin": self.pin.hex()}, read)


ROTATED = Chronicle(held(BEFORE, AFTER, taken=[(ONE, 1, 1), (THREE, 2, 1)]), versions=(AUS_1, ROTATION))
DISAVOWED = Chronicle(held(BOTH, taken=[(ONE, 1, 1), (TWO, 1, 2)]), versions=(AUS_1, COMPROMISE))
REVISED = Chronicle(
    held(Log((link(ONE), link(UNDER_SECOND, LATE_MS))), taken=[(ONE, 1, 1), (UNDER_SECOND, 1, 2)]),
    revisions=(FIRST, SECOND),
)
PARTED = Chronicle(
    held(BOTH)
    + record(RECEIVED_MS, fork=v1.Fork(first=BOTH.head(), second=FORKED.head(beat=2), links=FORKED.run(2)))
    + held(taken=[(ONE, 1, 1), (TWO, 1, 2), (OTHER, 1, 2)])
)
PARTED_AHEAD = Chronicle(
    held(BOTH, taken=[(ONE, 1, 1), (TWO, 1, 2)])
    + record(RECEIVED_MS, fork=v1.Fork(first=BOTH.head(), second=FORKED_ON.head(beat=2), links=FORKED_ON.run(2)))
    + held(taken=[(OTHER, 1, 2), (FURTHER, 1, 3)])
    + record(RECEIVED_MS, head_held=BOTH_ON.head(beat=3))
    + record(RECEIVED_MS, links=BOTH_ON.run(3))
    + held(taken=[(NEXT, 1, 3)])
)
NAMED = Chronicle(
    record(
        RECEIVED_MS,
        head_held=BEFORE.head(
            directories=[
                v1.DirectoryHeld(party="AUS", version=2, digest=identity(DIRECTORY, ROTATION.payload)),
                v1.DirectoryHeld(party="CHN", version=1, digest=identity(DIRECTORY, CHN_1.payload)),
            ]
        ),
    )
    + record(RECEIVED_MS, links=BEFORE.run())
    + held(taken=[(ONE, 1, 1)])
)
ONE_LOG = f"{AUS} epoch 1 complete to 1 of 1"
UNCOVERED = Chronicle(record(RECEIVED_MS, links=replace(BEFORE, links=(link(TWO),)).run()), versions=(AUS_1, ROTATION))

INPUTS = {
    "transcript-two-epochs": ROTATED.case(ONE_LOG, f"{AUS} epoch 2 complete to 1 of 1"),
    "transcript-disavowed-past-its-closure": DISAVOWED.case(
        f"{AUS} epoch 1 complete to 2 of 2",
        f"{AUS} epoch 2 complete to 0 of 0",
        marks=[f"{digest(TWO).hex()} DISAVOWED"],
    ),
    "transcript-revised-agreement": REVISED.case(f"{AUS} epoch 1 complete to 2 of 2"),
    "transcript-pinned-by-its-second-revision": replace(REVISED, pin=identity(AGREEMENT, revised())).case(
        f"{AUS} epoch 1 complete to 2 of 2"
    ),
    "transcript-forked-log": PARTED.case(
        f"{AUS} epoch 1 complete to 2 of 2",
        marks=[f"{found} FORKED" for found in sorted((digest(TWO).hex(), digest(OTHER).hex()))],
    ),
    "transcript-branch-ahead-of-the-log-held-first": PARTED_AHEAD.case(
        f"{AUS} epoch 1 complete to 3 of 3",
        marks=[f"{found} FORKED" for found in sorted(digest(one).hex() for one in (TWO, OTHER, NEXT, FURTHER))],
    ),
    "transcript-version-named-and-missing": NAMED.case(ONE_LOG),
    "transcript-epoch-of-a-missing-version": replace(ROTATED, versions=(AUS_1,)).case(),
    "transcript-version-missing": replace(ROTATED, versions=(AUS_1, version(3, ROTATION))).case(),
    "transcript-versions-of-two-lines": replace(ROTATED, versions=(AUS_1, version(2, CHN_1))).case(),
    "transcript-revision-not-signed": replace(REVISED, revisions=(FIRST, BY_ONE)).case(),
    "transcript-revision-missing": replace(REVISED, revisions=(SECOND,)).case(),
    "transcript-under-a-revision-not-in-force": Chronicle(
        held(Log((link(ONE), link(THREE, LATE_MS))), taken=[(ONE, 1, 1), (THREE, 1, 2)]), revisions=(FIRST, SECOND)
    ).case(),
    "transcript-closure-contradicted": UNCOVERED.case(),
    "transcript-epoch-begun-anew": Chronicle(held(BEFORE, ANEW), versions=(AUS_1, ROTATION)).case(),
    "transcript-head-of-a-closed-key-for-the-next-epoch": Chronicle(
        record(RECEIVED_MS, head_held=envelope(HEAD, AFTER.head().payload, "AUS node")), versions=(AUS_1, ROTATION)
    ).case(),
}
