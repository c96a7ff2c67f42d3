"""What all cases share: one exercise channel between two posts, its keys from the published pool, its times fixed.

Digests are computed here from the text of the specification, not by the code under test.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from hotline import v1
from hotline.keys.published import published_signer
from hotline.keys.signer import SoftSigner

STATEMENT = "application/vnd.hotline.statement.v1+protobuf"
HEAD = "application/vnd.hotline.head.v1+protobuf"
AGREEMENT = "application/vnd.hotline.agreement.v1+protobuf"
DIRECTORY = "application/vnd.hotline.directory.v1+protobuf"

CHANNEL = "vectors"
AUS, CHN = "AUS:fleet-watch", "CHN:fleet-watch"
DAY_MS = 86_400_000
SEALED_MS = 1_772_438_400_000  # 2026-03-02T08:00:00Z
CERTIFIED_MS = SEALED_MS - DAY_MS

# Index of each key in the published pool.
KEYS = {
    name: index
    for index, name in enumerate(
        (
            "AUS root",
            "AUS registrar",
            "AUS node",
            "AUS officer-1",
            "AUS officer-2",
            "AUS officer-2, second key",
            "AUS officer-3",
            "AUS officer-4",
            "AUS officer-5",
            "CHN root",
            "CHN registrar",
            "CHN node",
            "CHN officer-1",
            "CHN officer-2",
            "AUS root, second",
            "nobody",
            "AUS node, second",
        )
    )
}


def key(name: str) -> SoftSigner:
    """A signer by name."""
    return published_signer(KEYS[name])


@dataclass(frozen=True, slots=True)
class Officer:
    """One certificate of a directory. `from_ms` and `days` say when it holds."""

    key: str
    person: str
    role: str
    from_ms: int = CERTIFIED_MS
    days: int = 7


OFFICERS = {
    AUS: (
        Officer("AUS officer-1", "officer-1", "watch-officer"),
        Officer("AUS officer-2", "officer-2", "releaser"),
        Officer("AUS officer-2, second key", "officer-2", "watch-officer"),
        Officer("AUS officer-3", "officer-3", "commander"),
        Officer("AUS officer-4", "officer-4", "watch-officer", CERTIFIED_MS - 7 * DAY_MS),
        Officer("AUS officer-5", "officer-5", "interpreter"),
    ),
    CHN: (
        Officer("CHN officer-1", "officer-1", "watch-officer"),
        Officer("CHN officer-2", "officer-2", "releaser"),
    ),
}
NAMES = {"AUS": "Australia", "CHN": "中国"}
ROLES = ("watch-officer", "releaser", "commander")
PERSONS = {
    "IncidentFlash": 2,
    "IncidentUpdate": 1,
    "IncidentClose": 1,
    "ActivityNotice": 1,
    "ActivityUpdate": 1,
    "ActivityCancel": 1,
    "ActivityStart": 1,
    "ActivityEnd": 1,
    "Acknowledgement": 1,
    "Observation": 1,
    "BreakGlassFlash": 1,
    "Retraction": 1,
    "QueryAck": 1,
    "Escalated": 1,
    "OutOfBand": 1,
    "ChannelTest": 1,
    "ChannelStatus": 2,
    "RadioSilence": 1,
    "WatchHandover": 2,
    "CallRequest": 1,
    "CallResponse": 1,
    "FreeText": 1,
}
BY_NODES = ("QueryAck", "Escalated", "ChannelTest")
DIALOGUE = ("CallRequest", "CallResponse", "FreeText")
BY_RELEASERS = ("IncidentClose", "ChannelStatus", "FreeText")
LIMITS_S = {v1.STAGE_DELIVERED: (60, 60, 300, 900), v1.STAGE_READ: (600, 1800, 10_800, 21_600)}
PRECEDENCES = (v1.PRECEDENCE_FLASH, v1.PRECEDENCE_IMMEDIATE, v1.PRECEDENCE_PRIORITY, v1.PRECEDENCE_ROUTINE)


def stamp(ms: int) -> Timestamp:
    """A UTC instant from milliseconds."""
    return Timestamp(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000)


def window(from_ms: int, until_ms: int) -> v1.Window:
    """A window from UTC milliseconds."""
    return v1.Window(**{"from": stamp(from_ms), "until": stamp(until_ms)})


def record(name: str) -> v1.Key:
    """A key as agreements and directories list it."""
    return v1.Key(algorithm=v1.ALGORITHM_ED25519, public_key=key(name).public_key)


def plain(message: Message) -> bytes:
    """A message as bytes, fields in the order of their numbers."""
    return message.SerializeToString(deterministic=True)


def pae(payload_type: str, payload: bytes) -> bytes:
    """Pre-authentication encoding (REQ-SIGN-1)."""
    kind = payload_type.encode()
    sizes = str(len(kind)).encode(), str(len(payload)).encode()
    return b" ".join((b"DSSEv1", sizes[0], kind, sizes[1], payload))


def identity(payload_type: str, payload: bytes) -> bytes:
    """Digest that names what was signed (REQ-SIGN-1)."""
    return sha256(pae(payload_type, payload)).digest()


def envelope(payload_type: str, payload: bytes, *names: str) -> v1.Envelope:
    """Bytes signed by keys, by name, in this order."""
    signatures = [
        v1.Signature(keyid=key(name).fingerprint, sig=key(name).sign(pae(payload_type, payload))) for name in names
    ]
    return v1.Envelope(payload_type=payload_type, payload=payload, signatures=signatures)


def agreement(**changes: Any) -> v1.Agreement:
    """The agreement of the vectors, with fields changed."""
    fields: dict[str, Any] = {
        "channel": CHANNEL,
        "kind": v1.KIND_EXERCISE,
        "profile": "hotline-vectors-1",
        "in_force": window(SEALED_MS - 60 * DAY_MS, SEALED_MS + 300 * DAY_MS),
        "parties": [party("AUS"), party("CHN")],
        "types": [_type_rule(name) for name in PERSONS],
        "timers": list(_timers()),
        "notice_periods": [v1.NoticePeriod(kind=v1.ACTIVITY_KIND_LIVE_FIRE, period=Duration(seconds=259_200))],
        "line": line(),
        "revision": 1,
        "exercise_clock": v1.ExerciseClock(real_start=stamp(CERTIFIED_MS), exercise_start=stamp(CERTIFIED_MS), speed=1),
    }
    return v1.Agreement(**(fields | changes))


def party(name: str, root: str = "") -> v1.Party:
    """A party with one root and one registrar key."""
    return v1.Party(
        id=name,
        name=NAMES[name],
        root_keys=[record(root or f"{name} root")],
        root_threshold=1,
        registrar_keys=[record(f"{name} registrar")],
    )


def _type_rule(name: str) -> v1.TypeRule:
    roles = ("node",) if name in BY_NODES else ROLES[1:] if name in BY_RELEASERS else ROLES
    return v1.TypeRule(
        type=f"hotline.v1.{name}",
        layer=v1.LAYER_DIALOGUE if name in DIALOGUE else v1.LAYER_SAFETY,
        roles=roles,
        persons=PERSONS[name],
        level=v1.LEVEL_POLITICAL if name == "ChannelStatus" else v1.LEVEL_UNSPECIFIED,
    )


def _timers() -> Iterable[v1.StageTimer]:
    for stage, limits in LIMITS_S.items():
        for precedence, limit_s in zip(PRECEDENCES, limits, strict=True):
            yield v1.StageTimer(stage=stage, precedence=precedence, limit=Duration(seconds=limit_s))


def line() -> v1.LineRules:
    """Limits small enough for a vector to pass them."""
    return v1.LineRules(
        statement_bytes_max=4096,
        heartbeat=Duration(seconds=60),
        silent_after=Duration(seconds=180),
        retry_first=Duration(seconds=5),
        retry_max=Duration(seconds=300),
        fetch_after=Duration(seconds=15),
        skew_shown=Duration(seconds=5),
        test_every=Duration(seconds=43_200),
        radio_silence_max=Duration(seconds=86_400),
    )


def signed_agreement(payload: bytes, signers: Mapping[str, tuple[str, ...]] | None = None) -> v1.SignedAgreement:
    """One envelope per party over the same bytes."""
    signers = signers or {"AUS": ("AUS root",), "CHN": ("CHN root",)}
    return v1.SignedAgreement(envelopes=[envelope(AGREEMENT, payload, *names) for names in signers.values()])


@cache
def agreement_digest() -> bytes:
    """Digest of the common agreement."""
    return identity(AGREEMENT, plain(agreement()))


def certificate_pin(post: str) -> bytes:
    """SHA-256 of the stand-in for a TLS certificate that a directory lists."""
    return sha256(_tls_certificate(post)).digest()


def _tls_certificate(post: str) -> bytes:
    return f"stands for the TLS certificate of {post}".encode().ljust(64, b".")


def post(post_id: str, officers: Iterable[Officer] | None = None, **changes: Any) -> v1.Post:
    """A post as its directory lists it."""
    name = post_id.partition(":")[0]
    fields: dict[str, Any] = {
        "id": post_id,
        "name": f"{NAMES.get(name, name)} fleet watch",
        "function": v1.Post.FUNCTION_OPERATING,
        "level": v1.LEVEL_OPERATING,
        "endpoint": f"{name.lower()}.invalid:7443",
        "tls_certificates": [_tls_certificate(post_id)],
        "node": node(f"{name} node"),
        "officers": [_certificate(officer) for officer in (OFFICERS[post_id] if officers is None else officers)],
    }
    return v1.Post(**(fields | changes))


def node(name: str, from_ms: int = CERTIFIED_MS, days: int = 30) -> v1.NodeCertificate:
    """A node's certificate for epoch 1."""
    return v1.NodeCertificate(key=record(name), epoch=1, valid=window(from_ms, from_ms + days * DAY_MS))


def _certificate(officer: Officer) -> v1.OfficerCertificate:
    valid = window(officer.from_ms, officer.from_ms + officer.days * DAY_MS)
    return v1.OfficerCertificate(person=officer.person, key=record(officer.key), role=officer.role, valid=valid)


def directory(name: str, posts: Iterable[v1.Post] | None = None, **changes: Any) -> v1.Directory:
    """A party's directory, version 1, with fields changed."""
    fields: dict[str, Any] = {
        "channel": CHANNEL,
        "agreement_digest": agreement_digest(),
        "kind": v1.KIND_EXERCISE,
        "party": name,
        "version": 1,
        "issued_at": stamp(CERTIFIED_MS),
        "posts": [post(f"{name}:fleet-watch")] if posts is None else posts,
    }
    return v1.Directory(**(fields | changes))


def signed_directory(message: v1.Directory, *names: str) -> bytes:
    """A directory in its envelope, by default signed by its party's registrar."""
    return plain(envelope(DIRECTORY, plain(message), *(names or (f"{message.party} registrar",))))


@cache
def held_directories() -> tuple[v1.DirectoryHeld, ...]:
    """What a Head says of the common directories."""
    envelopes = (v1.Envelope.FromString(common()[f"directory-{name.lower()}.bin"]) for name in NAMES)
    return tuple(
        v1.DirectoryHeld(party=party, version=1, digest=identity(DIRECTORY, found.payload))
        for party, found in zip(NAMES, envelopes, strict=True)
    )


def common() -> dict[str, bytes]:
    """Files of the common folder."""
    return {
        "agreement.bin": plain(signed_agreement(plain(agreement()))),
        "directory-aus.bin": signed_directory(directory("AUS")),
        "directory-chn.bin": signed_directory(directory("CHN")),
    }
