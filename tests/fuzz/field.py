"""The channel of the vectors, and whoever holds its published keys: bytes signed anew reach what a signature guards.

What a stranger can send stops at a signature that does not verify. A peer can sign whatever it likes: so each target
also takes its bytes as a peer would send them, with every signature made anew over whatever they have become.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

import structlog
from google.protobuf.message import DecodeError, Message

from hotline import v1
from hotline.journal import MemoryJournal
from hotline.keys import KeysError, Kind
from hotline.keys.published import PUBLISHED_COUNT, published_signer
from hotline.node.config import NodeConfig
from hotline.node.driver import Driver
from hotline.node.gate import PaperGate
from hotline.node.guard import Guard
from hotline.node.limits import Limits
from hotline.node.load import KeyBook
from hotline.node.refusals import Refusals
from hotline.protocol.agreements import Agreement, open_agreement
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.envelope import HEAD, digest_of, sign
from hotline.protocol.errors import HotlineError
from hotline.protocol.identifiers import SeededIdentifiers
from hotline.protocol.instant import NS_PER_MS, Instant
from hotline.protocol.log import PostLog
from hotline.protocol.pae import pae, sha256
from hotline.protocol.signing import Algorithm, Signer, fingerprint
from hotline.protocol.trust import Trust

COMMON = Path(__file__).parents[2] / "specs/vectors/_common"
SPEAKER, RECEIVER = "AUS:fleet-watch", "CHN:fleet-watch"
NOW = Instant(0, 1_772_438_403_000 * NS_PER_MS)
"""When the vectors' Frames come."""

M = TypeVar("M", bound=Message)

_SILENT = structlog.wrap_logger(None, wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


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


@cache
def server() -> Endpoint:
    """The Endpoint that is asked for logs: it holds what the vectors' Frames brought, both branches of a fork among
    it."""
    endpoint = receiver()
    for name in ("frame-two-statements", "frame-fork", "frame-fork-with-its-links"):
        for path in sorted((COMMON.parent / name).glob("*.bin")):
            with suppress(HotlineError):
                endpoint.receive(path.read_bytes(), NOW)
    endpoint.take_effects()
    return endpoint


class _Clock:
    """It stands."""

    def now(self) -> Instant:
        """See `Clock`."""
        return NOW

    def seconds_until(self, mono_ns: int) -> float:
        """See `Clock`."""
        return 0.0


class _Book(KeyBook):
    """Knows every second paper's first key from the other kind; which, goes by the Frame that brings it."""

    def __init__(self, frame: bytes) -> None:
        super().__init__(NodeConfig.model_construct(known_keys=None), Kind.EXERCISE, agreement().channel)
        self._frame = sha256(frame)

    def hold(self, fingerprints: Sequence[bytes]) -> None:
        """See `KeyBook.hold`."""
        super().hold(fingerprints)
        if fingerprints and sha256(self._frame + fingerprints[0])[0] % 2 == 0:
            raise KeysError("KEY_OTHER_KIND", "known from the other kind")


def guard(endpoint: Endpoint) -> Guard:
    """The guard of a node, with more patience than any one input uses up."""
    limits = Limits(statements_burst=10**9)
    return Guard(limits, Driver(endpoint, MemoryJournal(), _Clock()), Path("journal.db"))


def gate(endpoint: Endpoint, frame: bytes) -> PaperGate:
    """The gate for papers, before this Frame."""
    return PaperGate(endpoint, _Book(frame), Refusals(_SILENT))


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
    """A Frame's bytes with papers and statements signed anew, links that name them and a Head that covers the links."""
    frame = loosely(v1.Frame, data)
    for paper in (*frame.directories, *(each for signed in frame.agreements for each in signed.envelopes)):
        paper.CopyFrom(again(paper))
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
