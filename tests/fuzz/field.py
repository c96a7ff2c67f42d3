"""The channel of the vectors, and whoever holds its published keys: bytes signed anew reach what a signature guards.

What a stranger can send stops at a signature that does not verify. A peer can sign whatever it likes: so each target
also takes its bytes as a peer would send them, with every signature made anew over whatever they have become.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from hotline import v1
from hotline.keys.published import PUBLISHED_COUNT, published_signer
from hotline.protocol.agreements import Agreement, open_agreement
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.envelope import HEAD, digest_of, sign
from hotline.protocol.identifiers import SeededIdentifiers
from hotline.protocol.instant import NS_PER_MS, Instant
from hotline.protocol.log import PostLog
from hotline.protocol.pae import pae
from hotline.protocol.signing import Algorithm, Signer, fingerprint
from hotline.protocol.trust import Trust

COMMON = Path(__file__).parents[2] / "specs/vectors/_common"
SPEAKER, RECEIVER = "AUS:fleet-watch", "CHN:fleet-watch"
NOW = Instant(0, 1_772_438_403_000 * NS_PER_MS)
"""When the vectors' Frames come."""

M = TypeVar("M", bound=Message)


@cache
def signers() -> dict[bytes, Signer]:
    """Every published key by fingerprint."""
    pool = map(published_signer, range(PUBLISHED_COUNT))
    return {signer.fingerprint: signer for signer in pool}


@cache
def agreement() -> Agreement:
    """The agreement of the vectors."""
    return open_agreement((COMMON / "agreement.bin").read_bytes())


@cache
def _trust() -> Trust:
    directories = (COMMON / f"directory-{party}.bin" for party in ("aus", "chn"))
    return Trust(agreement(), [v1.Envelope.FromString(path.read_bytes()) for path in directories])


def trust() -> Trust:
    """Agreement and directories of the vectors; a copy, since what is taken changes it."""
    return _trust().copy()


def officers(post: str = SPEAKER) -> list[Signer]:
    """Keys of a post's officers."""
    return [signers()[_fingerprint(officer.key)] for officer in _trust().posts[post].officers]


def _fingerprint(key: v1.Key) -> bytes:
    return fingerprint(Algorithm(key.algorithm), key.public_key)


def node(post: str) -> Signer:
    """The key of a post's node."""
    return signers()[_trust().nodes[post].key.fingerprint]


def receiver(records: Iterable[bytes] = ()) -> Endpoint:
    """The Endpoint that takes Frames, new or as its journal left it."""
    return Endpoint.restore(RECEIVER, trust(), node(RECEIVER), SeededIdentifiers(b"fuzz"), records, NOW)


def loosely(kind: type[M], data: bytes) -> M:
    """Whatever a parser that is not strict makes of bytes; empty if nothing."""
    message = kind()
    with suppress(DecodeError):
        message.ParseFromString(data)
    return message


def again(envelope: v1.Envelope, *default: Signer) -> v1.Envelope:
    """An envelope with every signature made anew by the key it names, or by `default` where that is no known key."""
    named = [signers().get(signature.keyid) for signature in envelope.signatures[:8]]
    found = [signer for signer in named if signer is not None] or list(default)
    return sign(envelope.payload_type, envelope.payload, *found)


def as_a_peer_would(data: bytes) -> bytes:
    """A Frame's bytes with statements signed anew, links that name them and a Head that covers the links."""
    frame = loosely(v1.Frame, data)
    for envelope in frame.statements:
        envelope.CopyFrom(again(envelope, *officers()[:2]))
    for run in frame.links[:1]:
        for link, envelope in zip(run.links, frame.statements, strict=False):
            link.statement_digest, link.size = digest_of(envelope), len(envelope.payload)
    head = loosely(v1.Head, frame.head.payload)
    if head.ByteSize():
        _cover(head, frame)
        payload = head.SerializeToString(deterministic=True)
        frame.head.CopyFrom(sign(HEAD, payload, node(SPEAKER)))
    return frame.SerializeToString(deterministic=True)


def _cover(head: v1.Head, frame: v1.Frame) -> None:
    """Let a Head sign where its first run of links leads, if that begins the log."""
    if frame.links and frame.links[0].first == 1 and len(frame.links[0].links) < 64:
        log = PostLog(agreement().channel, SPEAKER, 1)
        for link in frame.links[0].links:
            with suppress(struct.error):
                log.append(link)
        head.log.CopyFrom(log.position())


def signature_of(payload_type: str, payload: bytes, signer: Signer) -> bytes:
    """One raw signature."""
    return signer.sign(pae(payload_type, payload))
