"""Bytes for the cases of the hybrid profile: the channel of the other cases, every key with its second half.

The ML-DSA halves are signed by dilithium-py: without randomness, so that the same bytes come out everywhere, and by
other code than the one under test.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any

from dilithium_py.ml_dsa import ML_DSA_65
from google.protobuf.message import Message
from tools.vector_cases.case import Input
from tools.vector_cases.chains import revision
from tools.vector_cases.logs import head, link, messages_of, run
from tools.vector_cases.material import (
    AGREEMENT,
    AUS,
    CHANNEL,
    CHN,
    DIRECTORY,
    HEAD,
    KEYS,
    NAMES,
    OFFICERS,
    SEALED_MS,
    STATEMENT,
    Officer,
    agreement,
    directory,
    identity,
    key,
    pae,
    party,
    plain,
    post,
    record,
    signed_agreement,
)
from tools.vector_cases.signatures import flipped
from tools.vector_cases.transcripts import EXPORTED_MS, RECEIVED_MS, TAG, opening
from tools.vector_cases.transcripts import record as record_of
from tools.vector_cases.words import notice, statement

from hotline import v1
from hotline.keys.published import published_hybrid, published_lattice_seed

HALF = 64
GIVEN = {"post": AUS, "sealed_at_ms": SEALED_MS}
AGREED = "hybrid-agreement.bin"
LISTED = ["hybrid-directory-aus.bin", "hybrid-directory-chn.bin"]
FILES = {"agreement": AGREED, "directories": LISTED}
SIGNER, OTHER = "AUS officer-1", "AUS officer-2"


@cache
def private(name: str) -> bytes:
    """The ML-DSA-65 private key that belongs to a name, expanded from its seed."""
    return bytes(ML_DSA_65.key_derive(published_lattice_seed(KEYS[name]))[1])


@cache
def both(name: str) -> v1.Key:
    """A hybrid key as agreements and directories list it."""
    return v1.Key(algorithm=v1.ALGORITHM_ED25519_ML_DSA_65, public_key=published_hybrid(KEYS[name]).public_key)


def halves(name: str, message: bytes) -> tuple[bytes, bytes]:
    """Both signatures of a name over a message."""
    return key(name).sign(message), bytes(ML_DSA_65.sign(private(name), message, deterministic=True))


def signature(name: str, message: bytes) -> v1.Signature:
    """A hybrid signature."""
    return v1.Signature(keyid=published_hybrid(KEYS[name]).fingerprint, sig=b"".join(halves(name, message)))


def envelope(payload_type: str, payload: bytes, *names: str) -> v1.Envelope:
    """Bytes signed by hybrid keys, by name, in this order."""
    signatures = [signature(name, pae(payload_type, payload)) for name in names]
    return v1.Envelope(payload_type=payload_type, payload=payload, signatures=signatures)


def lifted(message: Message) -> Any:
    """A copy of an agreement or a directory in which every key of the pool has its second half."""
    copy = type(message)()
    copy.CopyFrom(message)
    names = {key(name).public_key: name for name in KEYS}
    for found in _keys(copy):
        found.CopyFrom(both(names[found.public_key]))
    return copy


def _keys(message: Message) -> list[v1.Key]:
    if isinstance(message, v1.Key):
        return [message]
    inside: list[v1.Key] = []
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for each in value if field.is_repeated else (value,):
                inside += _keys(each)
    return inside


def hybrid_agreement(**changes: Any) -> v1.Agreement:
    """The agreement of the hybrid channel, with fields changed."""
    made: v1.Agreement = lifted(agreement(**{"algorithm": v1.ALGORITHM_ED25519_ML_DSA_65, **changes}))
    return made


@cache
def digest() -> bytes:
    """Digest of the hybrid agreement."""
    return identity(AGREEMENT, plain(hybrid_agreement()))


def hybrid_directory(name: str, posts: list[v1.Post] | None = None) -> v1.Directory:
    """A party's directory on the hybrid channel."""
    made: v1.Directory = lifted(directory(name, posts, agreement_digest=digest()))
    return made


def agreed(message: v1.Agreement, change: Callable[[v1.Envelope], None] | None = None) -> Input:
    """An agreement signed by the hybrid roots, the first envelope changed."""
    envelopes = [envelope(AGREEMENT, plain(message), f"{name} root") for name in NAMES]
    if change is not None:
        change(envelopes[0])
    return Input(plain(v1.SignedAgreement(envelopes=envelopes)))


@cache
def common() -> dict[str, bytes]:
    """Files of the common folder."""
    made = {"hybrid-agreement.bin": agreed(hybrid_agreement()).data}
    for name in NAMES:
        signed = envelope(DIRECTORY, plain(hybrid_directory(name)), f"{name} registrar")
        made[f"hybrid-directory-{name.lower()}.bin"] = plain(signed)
    return made


def first_half_only(made: v1.Envelope) -> None:
    """Leave the Ed25519 half of the first signature."""
    made.signatures[0].sig = made.signatures[0].sig[:HALF]


def of_other_parties() -> v1.Agreement:
    """A hybrid agreement in which one root is an Ed25519 key."""
    message = hybrid_agreement()
    message.parties[0].root_keys[0].CopyFrom(record("AUS root"))
    return message


def one_hybrid_root() -> Input:
    """An Ed25519 agreement in which one root is a hybrid key."""
    message = agreement()
    message.parties[0].root_keys[0].CopyFrom(both("AUS root"))
    made = signed_agreement(plain(message))
    made.envelopes[0].CopyFrom(envelope(AGREEMENT, plain(message), "AUS root"))
    return Input(plain(made))


def half_of_another_party() -> v1.Agreement:
    """CHN's root has the ML-DSA half of AUS's."""
    message = hybrid_agreement()
    root = message.parties[1].root_keys[0]
    root.public_key = root.public_key[:32] + both("AUS root").public_key[32:]
    return message


def revised() -> Input:
    """A revision that would go back to Ed25519, signed by the roots of both."""
    message = revision(after=digest(), parties=[party("AUS"), party("CHN")])
    made = signed_agreement(plain(message))
    for name, each in zip(NAMES, made.envelopes, strict=True):
        each.signatures.append(signature(f"{name} root", pae(AGREEMENT, plain(message))))
    return Input(plain(made), {"held": ["hybrid-agreement.bin"]})


def said(case: str, change: Callable[[v1.Envelope], None] | None = None, readable: bool = False) -> Input:
    """A notice of the first officer on the hybrid channel, its envelope changed."""
    message = statement(case, agreement_digest=digest())
    made = envelope(STATEMENT, plain(message), SIGNER)
    if change is not None:
        change(made)
    facts = {"digest": identity(STATEMENT, plain(message)).hex()} if readable else {}
    return Input(plain(made), {**FILES, **GIVEN}, facts)


def with_halves(case: str, make: Callable[[bytes, bytes], bytes]) -> Input:
    """A notice whose signature is made from its two honest halves."""

    def change(made: v1.Envelope) -> None:
        sig = made.signatures[0].sig
        made.signatures[0].sig = make(sig[:HALF], sig[HALF:])

    return said(case, change)


def by_the_half_alone(made: v1.Envelope) -> None:
    """Sign as the Ed25519 key that is one half of the listed one."""
    message = pae(STATEMENT, made.payload)
    made.signatures[0].CopyFrom(v1.Signature(keyid=key(SIGNER).fingerprint, sig=key(SIGNER).sign(message)))


def with_one_half_over_other_words(case: str, lattice: bool) -> Input:
    """One half is a good signature of the same officer over another notice."""
    other = pae(STATEMENT, plain(statement(case, notice(9260), agreement_digest=digest())))
    foreign = halves(SIGNER, other)

    def make(classical: bytes, second: bytes) -> bytes:
        return classical + foreign[1] if lattice else foreign[0] + second

    return with_halves(case, make)


def with_half_of_another_officer(case: str) -> Input:
    """The ML-DSA half is another officer's, over the very notice."""
    words = pae(STATEMENT, plain(statement(case, agreement_digest=digest())))
    return with_halves(case, lambda classical, _: classical + halves(OTHER, words)[1])


def listed(made: v1.Directory, **facts: Any) -> Input:
    """A directory of AUS under the hybrid agreement."""
    given = {"agreement": AGREED, "directories": LISTED[1:]}
    return Input(plain(envelope(DIRECTORY, plain(made), "AUS registrar")), given, facts)


def with_an_officer(found: v1.Key) -> v1.Directory:
    """AUS lists a further officer by this key."""
    extra = Officer("nobody", "officer-6", "watch-officer")
    made = hybrid_directory("AUS", [post(AUS, (*OFFICERS[AUS], extra))])
    made.posts[0].officers[-1].key.CopyFrom(found)
    return made


def sharing() -> v1.Key:
    """A key with an Ed25519 half of its own and the ML-DSA half of the first officer."""
    made = v1.Key(algorithm=v1.ALGORITHM_ED25519_ML_DSA_65)
    made.public_key = key("nobody").public_key + both(SIGNER).public_key[32:]
    return made


def head_over(links: list[v1.Link]) -> v1.Head:
    """A Head of AUS on the hybrid channel."""
    directories = [
        v1.DirectoryHeld(party=name, version=1, digest=identity(DIRECTORY, plain(hybrid_directory(name))))
        for name in NAMES
    ]
    return head(links, agreement_digest=digest(), agreement_held_digest=digest(), directories=directories)


def headed(change: Callable[[v1.Envelope], None] | None = None, **facts: Any) -> Input:
    """A Head as CHN receives it."""
    message = head_over([link(said) for said in messages_of("hybrid head", 2)])
    made = envelope(HEAD, plain(message), "AUS node")
    if change is not None:
        change(made)
    facts = {"digest": identity(HEAD, plain(message)).hex(), **facts} if facts else {}
    return Input(plain(made), {**FILES, "receiver": CHN}, facts)


def exported(closing_bytes: int | None = None) -> Input:
    """What CHN holds of one notice by AUS; of the closing's signature only so many bytes where a number is given."""
    notice_of_aus = statement("hybrid transcript", agreement_digest=digest())
    links = [link(notice_of_aus)]
    held = v1.HeldStatement(envelope=envelope(STATEMENT, plain(notice_of_aus), SIGNER), post=AUS, epoch=1, sequence=1)
    body = b"".join(
        (
            opening(),
            record_of(EXPORTED_MS, agreement=v1.SignedAgreement.FromString(common()[AGREED])),
            *(record_of(EXPORTED_MS, directory=v1.Envelope.FromString(common()[name])) for name in LISTED),
            record_of(RECEIVED_MS, head_held=envelope(HEAD, plain(head_over(links)), "AUS node")),
            record_of(RECEIVED_MS, links=run(links)),
            record_of(RECEIVED_MS, statement=held),
        )
    )
    signed = signature("CHN node", TAG + sha256(body).digest())
    closing = v1.Closing(digest=sha256(body).digest(), keyid=signed.keyid, sig=signed.sig[:closing_bytes])
    facts = {"agreement_digest": digest().hex(), "exporter": CHN} if closing_bytes is None else {}
    return Input(body + record_of(EXPORTED_MS, closing=closing), {"pin": digest().hex()}, facts)


INPUTS = {
    "hybrid-agreement": Input(
        agreed(hybrid_agreement()).data,
        {"pin": digest().hex()},
        {"digest": digest().hex(), "channel": CHANNEL, "parties": ["AUS", "CHN"]},
    ),
    "hybrid-agreement-stripped": agreed(hybrid_agreement(), first_half_only),
    "hybrid-agreement-with-an-ed25519-root": agreed(of_other_parties()),
    "hybrid-agreement-half-of-another-party": agreed(half_of_another_party()),
    "hybrid-key-in-an-ed25519-agreement": one_hybrid_root(),
    "hybrid-agreement-revised-to-ed25519": revised(),
    "hybrid-directory": listed(hybrid_directory("AUS"), party="AUS", version=1, posts=[AUS]),
    "hybrid-directory-with-an-ed25519-officer": listed(with_an_officer(record("nobody"))),
    "hybrid-directory-shared-half": listed(with_an_officer(sharing())),
    "hybrid-statement": said("hybrid-statement", readable=True),
    "hybrid-statement-without-ml-dsa": said("hybrid-statement-without-ml-dsa", first_half_only),
    "hybrid-statement-without-ed25519": with_halves("hybrid-statement-without-ed25519", lambda _, second: second),
    "hybrid-statement-halves-swapped": with_halves("hybrid-statement-halves-swapped", lambda a, b: b + a),
    "hybrid-statement-by-a-half": said("hybrid-statement-by-a-half", by_the_half_alone),
    "hybrid-statement-ed25519-flipped": with_halves("hybrid-statement-ed25519-flipped", lambda a, b: flipped(a) + b),
    "hybrid-statement-ml-dsa-flipped": with_halves("hybrid-statement-ml-dsa-flipped", lambda a, b: a + flipped(b)),
    "hybrid-statement-ml-dsa-zero": with_halves("hybrid-statement-ml-dsa-zero", lambda a, b: a + bytes(len(b))),
    "hybrid-statement-byte-more": with_halves("hybrid-statement-byte-more", lambda a, b: a + b + b"\x00"),
    "hybrid-statement-ed25519-of-other-words": with_one_half_over_other_words(
        "hybrid-statement-ed25519-of-other-words", lattice=False
    ),
    "hybrid-statement-ml-dsa-of-other-words": with_one_half_over_other_words(
        "hybrid-statement-ml-dsa-of-other-words", lattice=True
    ),
    "hybrid-statement-half-of-another-officer": with_half_of_another_officer(
        "hybrid-statement-half-of-another-officer"
    ),
    "hybrid-head": headed(post=AUS, epoch=1, sequence=2),
    "hybrid-head-without-ml-dsa": headed(first_half_only),
    "hybrid-transcript": exported(),
    "hybrid-transcript-closed-without-ml-dsa": exported(HALF),
    "hybrid-transcript-closing-cut": exported(3372),
}
