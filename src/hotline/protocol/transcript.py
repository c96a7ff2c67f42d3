"""The container that carries evidence: what one node holds, in order, signed as a whole by that node (spec 05).

A transcript is a sequence of v1.Record, each preceded by its length as four bytes, big-endian:

    opening | every revision of the agreement | every directory, by party and version | facts, in order | closing

The closing's digest is SHA-256 of every byte before its own length; the exporting node signs TAG followed by that
digest. Nothing covers the closing itself, so it has one form only: the same `at` as the opening, fields in ascending
order.

Statements that still wait for their place are left out: nobody has been told them yet.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.envelope import parse
from hotline.protocol.errors import HotlineError, PeerDataError, UsageError
from hotline.protocol.instant import Instant, from_timestamp, to_timestamp
from hotline.protocol.pae import sha256
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Trust

FORMAT = "hotline transcript 1"
TAG = b"hotline/v1/transcript\x00"
FACTS = frozenset({"links", "head_made", "head_held", "statement", "verdict", "shown", "fork"})
"""Records of a journal that go into a transcript."""

_LENGTH = struct.Struct(">I")
_RANK = {"agreement": 0, "directory": 1}


@dataclass(frozen=True, slots=True)
class Container:
    """A transcript whose form and digest hold; no signature in it has been checked yet.

    Attributes:
        exporter: post whose node says it made it.
        at_ns: UTC at which it says so.
        agreements: revisions as embedded, from revision 1 on.
        directories: as embedded.
        facts: the other records, each with its number in the container, from 0.
        closing: with the signature over `TAG` and the digest.
    """

    exporter: str
    at_ns: int
    agreements: tuple[v1.SignedAgreement, ...]
    directories: tuple[v1.Envelope, ...]
    facts: tuple[tuple[int, v1.Record], ...]
    closing: v1.Closing


def assemble(records: Iterable[bytes], trust: Trust, signer: Signer, post: str, now: Instant) -> bytes:
    """The transcript of what a journal holds.

    Args:
        records: serialised v1.Record, in the journal's order; they go in byte for byte.
        trust: every revision and directory under which they were made.
        signer: the node key of `post`.

    Raises:
        UsageError: NOT_ITS_POST if the key is not the one that the directory lists for `post`.
    """
    node = trust.nodes.get(post)
    if node is None or node.key.fingerprint != signer.fingerprint:
        raise UsageError("NOT_ITS_POST", f"the node key is not the one that the directory lists for {post}")
    body = b"".join(framed(record) for record in _content(records, trust, post, now))
    return close(body, signer, now.utc_ns)


def close(body: bytes, signer: Signer, at_ns: int) -> bytes:
    """Everything before the closing, with the closing: `at_ns` is the same as in its opening."""
    digest = sha256(body)
    return body + framed(_closing(at_ns, digest, signer.fingerprint, signer.sign(TAG + digest)))


def framed(record: bytes) -> bytes:
    """A record with its length before it."""
    return _LENGTH.pack(len(record)) + record


def split(data: bytes) -> Iterator[bytes]:
    """The records of a container, without their lengths.

    Raises:
        PeerDataError: TRANSCRIPT_FORMAT when the bytes do not end with a record.
    """
    position = 0
    while position < len(data):
        start = position + _LENGTH.size
        if start > len(data):
            raise PeerDataError("TRANSCRIPT_FORMAT", f"cut short in the length at byte {position}")
        position = start + _LENGTH.unpack_from(data, position)[0]
        if position > len(data):
            raise PeerDataError("TRANSCRIPT_FORMAT", f"cut short in the record at byte {start}")
        yield data[start:position]


def open_container(data: bytes) -> Container:
    """Check the form and the digest of a transcript.

    Raises:
        PeerDataError: TRANSCRIPT_FORMAT, TRANSCRIPT_DIGEST; SCAN_* or RULE_BROKEN for a record that is no such record.
    """
    pieces = list(split(data))
    if len(pieces) < 2:
        raise PeerDataError("TRANSCRIPT_FORMAT", f"{len(pieces)} records; a transcript has an opening and a closing")
    closing = _parse(pieces[-1], len(pieces) - 1, "closing")
    digest = sha256(data[: -_LENGTH.size - len(pieces[-1])])
    if closing.closing.digest != digest:
        raise PeerDataError("TRANSCRIPT_DIGEST", "its bytes are not those that its exporter closed it over")
    opening = _parse(pieces[0], 0, "opening")
    at_ns = from_timestamp(opening.at)
    one_form = _closing(at_ns, digest, closing.closing.keyid, closing.closing.sig)
    if closing.at != opening.at or pieces[-1] != one_form:
        raise PeerDataError("TRANSCRIPT_FORMAT", "its closing is not in the one form that a closing has")
    records = [(number, _parse_any(piece, number)) for number, piece in enumerate(pieces[1:-1], 1)]
    agreements, directories, facts = _in_order(records)
    return Container(opening.opening.exporter, at_ns, agreements, directories, facts, closing.closing)


def in_order(trust: Trust) -> list[v1.Envelope]:
    """Every directory as a transcript has them: parties as the revisions name them, each party's by version."""
    parties = dict.fromkeys(party.id for revision in trust.revisions.held for party in revision.message.parties)
    return [listed.envelope for party in parties for listed in trust.listed(party)]


def _content(records: Iterable[bytes], trust: Trust, post: str, now: Instant) -> Iterator[bytes]:
    at = to_timestamp(now.utc_ns)
    opening = v1.Opening(format=FORMAT, exporter=post)
    yield v1.Record(at=at, opening=opening).SerializeToString(deterministic=True)
    for revision in trust.revisions.held:
        yield v1.Record(at=at, agreement=revision.signed).SerializeToString(deterministic=True)
    for directory in in_order(trust):
        yield v1.Record(at=at, directory=directory).SerializeToString(deterministic=True)
    yield from (record for record in records if v1.Record.FromString(record).WhichOneof("fact") in FACTS)


def _closing(at_ns: int, digest: bytes, keyid: bytes, sig: bytes) -> bytes:
    closing = v1.Closing(digest=digest, keyid=keyid, sig=sig)
    return v1.Record(at=to_timestamp(at_ns), closing=closing).SerializeToString(deterministic=True)


def _in_order(
    records: list[tuple[int, v1.Record]],
) -> tuple[tuple[v1.SignedAgreement, ...], tuple[v1.Envelope, ...], tuple[tuple[int, v1.Record], ...]]:
    """The revisions, the directories and the facts, each where it must stand."""
    kinds = [record.WhichOneof("fact") or "" for _, record in records]
    if kinds[:1] != ["agreement"]:
        raise PeerDataError("TRANSCRIPT_FORMAT", "the agreement does not follow the opening")
    ranks = [_RANK.get(kind, 2 if kind in FACTS else -1) for kind in kinds]
    for index, rank in enumerate(ranks):
        if rank < max(ranks[:index], default=0):
            raise PeerDataError(
                "TRANSCRIPT_FORMAT", f"record {index + 1} is a {kinds[index]}, which may not stand there"
            )
    first, second = ranks.count(0), ranks.count(0) + ranks.count(1)
    return (
        tuple(record.agreement for _, record in records[:first]),
        tuple(record.directory for _, record in records[first:second]),
        tuple(records[second:]),
    )


def _parse(data: bytes, number: int, kind: str) -> v1.Record:
    """A record that gives the container its form."""
    try:
        record = parse(data, v1.Record)
    except HotlineError as error:
        raise PeerDataError("TRANSCRIPT_FORMAT", f"record {number} is no {kind}: {error}") from error
    if record.WhichOneof("fact") != kind:
        raise PeerDataError("TRANSCRIPT_FORMAT", f"record {number} is no {kind}")
    return record


def _parse_any(data: bytes, number: int) -> v1.Record:
    try:
        return parse(data, v1.Record)
    except PeerDataError as error:
        raise PeerDataError(error.code, f"record {number}: {error.detail}") from error
