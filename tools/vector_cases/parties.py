"""Bytes for the cases about agreements and directories."""

from __future__ import annotations

from typing import Any

from tools.vector_cases import curve
from tools.vector_cases.case import Input
from tools.vector_cases.material import (
    AGREEMENT,
    AUS,
    CHANNEL,
    DIRECTORY,
    OFFICERS,
    Officer,
    agreement,
    agreement_digest,
    directory,
    envelope,
    identity,
    key,
    party,
    plain,
    post,
    record,
    signed_agreement,
    signed_directory,
)
from tools.vector_cases.words import chunk

from hotline import v1

GOOD = plain(agreement())
NEW_FIELD = chunk(200, b"?")
OTHER = plain(agreement(profile="hotline-vectors-2"))
DIFFERENT = v1.SignedAgreement(
    envelopes=[envelope(AGREEMENT, GOOD, "AUS root"), envelope(AGREEMENT, OTHER, "CHN root")]
)
PIN = {"pin": agreement_digest().hex()}


def signed(payload: bytes = GOOD, aus: str = "AUS root", chn: str = "CHN root") -> Input:
    """An agreement with an envelope by each party that signs at all."""
    signers = {name: (signer,) for name, signer in (("AUS", aus), ("CHN", chn)) if signer}
    return Input(plain(signed_agreement(payload, signers)))


def between(aus: v1.Party) -> Input:
    """An agreement of another AUS with CHN."""
    return signed(plain(agreement(parties=[aus, party("CHN")])))


def two_roots() -> v1.Party:
    """AUS with two root keys that must both sign."""
    aus = party("AUS")
    aus.root_keys.append(record("AUS root, second"))
    aus.root_threshold = 2
    return aus


def weak_root() -> v1.Party:
    """AUS with a root key that is a low-order point."""
    aus = party("AUS")
    aus.root_keys[0].public_key = curve.NEUTRAL
    return aus


def clockless(kind: v1.Kind.ValueType) -> bytes:
    """An agreement of either kind that names no exercise clock."""
    message = agreement(kind=kind)
    message.ClearField("exercise_clock")
    return plain(message)


AGREEMENTS = {
    "agreement-of-two": Input(
        plain(signed_agreement(GOOD)),
        PIN,
        {"digest": agreement_digest().hex(), "channel": CHANNEL, "kind": "EXERCISE", "parties": ["AUS", "CHN"]},
    ),
    "agreement-other-pin": Input(plain(signed_agreement(OTHER)), PIN),
    "agreement-bytes-differ": Input(plain(DIFFERENT)),
    "agreement-unknown-field": signed(GOOD + NEW_FIELD),
    "agreement-party-missing": signed(chn=""),
    "agreement-party-twice": signed(chn="AUS root"),
    "agreement-signed-by-registrar": signed(chn="CHN registrar"),
    "agreement-key-of-two-parties": signed(
        plain(agreement(parties=[party("AUS"), party("CHN", root="AUS root")])), chn="AUS root"
    ),
    "agreement-below-threshold": between(two_roots()),
    "agreement-low-order-root": between(weak_root()),
    "agreement-actual-published-keys": signed(clockless(v1.KIND_ACTUAL)),
    "agreement-exercise-without-clock": signed(clockless(v1.KIND_EXERCISE)),
}


def listing(*officers: Officer) -> Input:
    """The directory of AUS with these officers besides."""
    return Input(signed_directory(directory("AUS", [post(AUS, (*OFFICERS[AUS], *officers))])))


def with_officer_key(public_key: bytes) -> Input:
    """The directory of AUS with other bytes for its first officer's key."""
    made = directory("AUS")
    made.posts[0].officers[0].key.public_key = public_key
    return Input(signed_directory(made))


def by(signer: str, **fields: Any) -> Input:
    """The directory of AUS signed by somebody, with fields changed."""
    return Input(signed_directory(directory("AUS", **fields), signer))


def as_bytes(payload: bytes) -> Input:
    """A directory of AUS as any bytes, signed by its registrar."""
    return Input(plain(envelope(DIRECTORY, payload, "AUS registrar")))


def of_another_algorithm() -> v1.Directory:
    """The directory of AUS with a key of an algorithm that this version does not list."""
    made = directory("AUS")
    made.posts[0].officers[0].key.algorithm = 4  # type: ignore[assignment]  # not on the list
    return made


def foreign_post() -> v1.Post:
    """A post of CHN with a key of its own and no officers."""
    listed = post(AUS, (), id="CHN:harbour-watch")
    listed.node.key.public_key = key("nobody").public_key
    return listed


DIRECTORIES = {
    "directory-of-aus": Input(
        signed_directory(directory("AUS")),
        facts={
            "digest": identity(DIRECTORY, plain(directory("AUS"))).hex(),
            "party": "AUS",
            "version": 1,
            "posts": [AUS],
        },
    ),
    "directory-by-another-registrar": by("CHN registrar"),
    "directory-signed-by-root": by("AUS root"),
    "directory-unknown-field": as_bytes(plain(directory("AUS")) + NEW_FIELD),
    "directory-unknown-algorithm": as_bytes(plain(of_another_algorithm())),
    "directory-other-agreement": by("AUS registrar", agreement_digest=bytes(32)),
    "directory-post-of-another": by("AUS registrar", posts=[post(AUS), foreign_post()]),
    "directory-key-of-two-persons": listing(Officer("AUS officer-1", "officer-6", "commander")),
    "directory-key-certified-twice": listing(Officer("AUS officer-1", "officer-1", "commander")),
    "directory-node-key-of-officer": listing(Officer("AUS node", "officer-6", "commander")),
    "directory-low-order-key": with_officer_key(curve.NEUTRAL),
    "directory-key-not-canonical": with_officer_key(curve.NOT_REDUCED),
    "directory-key-off-curve": with_officer_key((2).to_bytes(32, "little")),
    "directory-officer-eight-days": listing(Officer("nobody", "officer-6", "watch-officer", days=8)),
}

INPUTS = AGREEMENTS | DIRECTORIES
