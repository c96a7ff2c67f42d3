"""Every single-bit flip of what is sent and of what is kept: each must be refused, whatever the bit.

    python -m tests.fuzz.flips          one message of every type, Head, directory, agreement; and each as it is kept

What is sent goes the way of the wire: strict scan, signatures, then the object's own checks. What is kept is held to
the digests of its journal.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

from google.protobuf.message import Message
from tests.fuzz.spoken import NOW, SPEAKER, channel, signed

from hotline import v1
from hotline.journal.batches import chain, checked, origin, pack
from hotline.protocol.agreements import open_agreement
from hotline.protocol.check import check_envelope
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.envelope import parse
from hotline.protocol.errors import HotlineError
from hotline.protocol.identifiers import SeededIdentifiers
from hotline.protocol.statements import BODIES, judge, verify_statement

Take = Callable[[bytes], object]
"""Takes bytes or raises the error with which they are refused."""


def flipped(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The bytes with each bit flipped in turn, and which bit."""
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bit, bytes(changed)


def take_statement(data: bytes) -> None:
    """As a node takes a statement of the speaker's."""
    trust = channel().trust
    judged = judge(verify_statement(parse(data, v1.Envelope), trust), trust, SPEAKER, 1, NOW.utc_ns)
    if judged.refusal is not None:
        raise judged.refusal


def take_object(data: bytes) -> None:
    """As a node takes a Head or a directory."""
    check_envelope(data, channel().trust)


def codes(data: bytes, take: Take) -> Counter[str]:
    """What became of every flip, by code, the empty one if it was taken; unflipped the bytes are taken."""
    take(data)
    found = Counter[str]()
    for _, changed in flipped(data):
        try:
            take(changed)
            found[""] += 1
        except HotlineError as error:
            found[error.code] += 1
    return found


def head() -> bytes:
    """A Head of the speaker's node."""
    endpoint = Endpoint(SPEAKER, channel().trust.copy(), channel().nodes[SPEAKER], SeededIdentifiers(b"flips"), NOW)
    for peer in endpoint.peers:
        endpoint.link(peer, True, NOW)
    endpoint.take_effects()
    frame = endpoint.current_frame()
    assert frame is not None
    return v1.Frame.FromString(frame).head.SerializeToString(deterministic=True)


def kept(record: v1.Record) -> Counter[str]:
    """What became of every flip of a record in a journal: of its bytes, of its digest, of the digest before."""
    blob, previous = pack([record.SerializeToString()]), origin("flips", SPEAKER)
    digest = chain(previous, blob)
    found = codes(blob, lambda changed: checked(1, changed, digest, previous))
    found += codes(digest, lambda changed: checked(1, blob, changed, previous))
    return found + codes(previous, lambda changed: checked(1, blob, digest, changed))


def statement_record(kind: type[Message]) -> v1.Record:
    """The statement of a type as a journal keeps it."""
    return v1.Record(statement=v1.HeldStatement(envelope=signed(kind), post=SPEAKER, epoch=1, sequence=1))


def everything() -> Iterator[tuple[bytes, Take, v1.Record]]:
    """Each object: its bytes, what takes it, and the record that keeps it."""
    for kind in BODIES:
        yield signed(kind).SerializeToString(deterministic=True), take_statement, statement_record(kind)
    made, directory = v1.Envelope.FromString(head()), channel().trust.every_directory()[0]
    agreement = channel().trust.agreement.signed
    yield head(), take_object, v1.Record(head_made=made)
    yield directory.SerializeToString(deterministic=True), take_object, v1.Record(directory=directory)
    yield agreement.SerializeToString(deterministic=True), open_agreement, v1.Record(agreement=agreement)


def main() -> int:
    """Flip everything and print; 1 if any flip was taken."""
    sent, stored, began = Counter[str](), Counter[str](), time.perf_counter()
    for data, take, record in everything():
        sent += codes(data, take)
        stored += kept(record)
    print(f"{sent.total():,} flips sent, {stored.total():,} kept, in {time.perf_counter() - began:.1f} s")  # noqa: T201
    for code, count in sorted((sent + stored).items()):
        print(f"{code or 'TAKEN':24} {count:9,}")  # noqa: T201
    return 1 if (sent + stored)[""] else 0


if __name__ == "__main__":
    sys.exit(main())
