"""Agreements on disk: from the plan, through every party's signature, to the verdict.

An agreement that not everybody has signed yet is kept in the same container as one that is: a SignedAgreement. Before
the first signature it holds one envelope with none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hotline import v1
from hotline.agreements.plan import AgreementPlan
from hotline.agreements.reading import read_plan
from hotline.cli import files
from hotline.cli.judging import PINNED, UNPINNED, judging
from hotline.cli.keyring import load_signers
from hotline.cli.results import ONLY_JSON, Result
from hotline.keys import Kind, Role
from hotline.messages.names import short_name
from hotline.messages.show import window_text
from hotline.messages.times import both
from hotline.messages.words import span
from hotline.protocol.envelope import AGREEMENT, digest_of, parse, sign
from hotline.protocol.errors import PeerDataError, UsageError
from hotline.protocol.scan import scan
from hotline.protocol.signing import Signer
from hotline.protocol.trust import open_agreement, public_key


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party and how far it has signed."""

    party: str
    name: str
    signed: str
    root_keys: tuple[str, ...]
    registrar_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TypeRow:
    """Who may sign a type."""

    type: str
    layer: str
    roles: str
    persons: int


@dataclass(frozen=True, slots=True)
class TimerRow:
    """Time allowed for a stage."""

    stage: str
    flash: str
    immediate: str
    priority: str
    routine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementMade(Result):
    """An agreement file was written."""

    digest: str
    channel: str
    kind: str
    file: Path
    signed: tuple[str, ...]
    not_signed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementShown(Result):
    """What an agreement says, whether or not everybody has signed it."""

    digest: str
    channel: str
    kind: str
    profile: str
    in_force: str
    exercise_clock: str
    parties: tuple[PartyRow, ...]
    types: tuple[TypeRow, ...]
    timers: tuple[TimerRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementVerified(Result):
    """An agreement that every party has signed."""

    digest: str
    pinned: bool = field(metadata=ONLY_JSON)
    trust: str
    channel: str
    kind: str
    in_force: str
    signed: tuple[str, ...]


def new_agreement(plan: Path, out: Path) -> AgreementMade:
    """The bytes that every party is to sign, from a plan."""
    payload = read_plan(plan, AgreementPlan).payload()
    unsigned = v1.SignedAgreement(envelopes=[v1.Envelope(payload_type=AGREEMENT, payload=payload)])
    files.write_new(out, unsigned.SerializeToString())
    return _made(unsigned, out)


def sign_agreement(file: Path, party: str, keys: Sequence[Path], passphrase: bytes | None, out: Path) -> AgreementMade:
    """Add a party's signatures to those that are there."""
    held, agreement = _open(files.read(file))
    found = next((each for each in agreement.parties if each.id == party), None)
    if found is None:
        known = ", ".join(each.id for each in agreement.parties)
        raise UsageError("NOT_A_PARTY", f"{party} is no party to this agreement; there are {known}")
    loaded = load_signers(keys, Kind.of(agreement.kind), Role.ROOT, passphrase)
    signed = _with_signatures(held, found, [key.signer for key in loaded])
    data = signed.SerializeToString()
    (files.replace if out == file else files.write_new)(out, data)
    return _made(signed, out)


def show_agreement(file: Path) -> AgreementShown:
    """What a file says; nothing is verified but its form."""
    held, agreement = _open(files.read(file))
    rows = {(timer.stage, timer.precedence): span(timer.limit) for timer in agreement.timers}
    return AgreementShown(
        digest=digest_of(held.envelopes[0]).hex(),
        channel=agreement.channel,
        kind=_kind(agreement),
        profile=agreement.profile,
        in_force=window_text(agreement.in_force),
        exercise_clock=_clock_text(agreement),
        parties=tuple(_party_row(party, held) for party in agreement.parties),
        types=tuple(
            TypeRow(
                rule.type.rpartition(".")[2],
                short_name(v1.Layer.DESCRIPTOR, rule.layer),
                ", ".join(rule.roles),
                rule.persons,
            )
            for rule in agreement.types
        ),
        timers=tuple(
            TimerRow(
                short_name(v1.Stage.DESCRIPTOR, stage),
                *(rows.get((stage, precedence), "") for precedence in reversed(v1.Precedence.values()[1:])),
            )
            for stage in v1.Stage.values()[1:]
            if any(key[0] == stage for key in rows)
        ),
    )


def verify_agreement(file: Path, pin: bytes | None) -> AgreementVerified:
    """Whether every party has signed, and whether it is the agreement that the caller trusts."""
    data = files.read(file)
    with judging():
        agreement = open_agreement(data, pin)
    return AgreementVerified(
        digest=agreement.digest.hex(),
        pinned=pin is not None,
        trust=UNPINNED if pin is None else PINNED,
        channel=agreement.channel,
        kind=_kind(agreement.message),
        in_force=window_text(agreement.message.in_force),
        signed=tuple(party.id for party in agreement.message.parties),
    )


def _open(data: bytes) -> tuple[v1.SignedAgreement, v1.Agreement]:
    """An agreement file, whoever has signed it: its form is checked, its signatures are not."""
    scan(v1.SignedAgreement.DESCRIPTOR, data)
    held = v1.SignedAgreement.FromString(data)
    payloads = {envelope.payload for envelope in held.envelopes}
    if len(payloads) != 1 or any(envelope.payload_type != AGREEMENT for envelope in held.envelopes):
        raise PeerDataError("MALFORMED", "no agreement file, or one that holds several agreements")
    return held, parse(payloads.pop(), v1.Agreement)


def _with_signatures(held: v1.SignedAgreement, party: v1.Party, signers: Sequence[Signer]) -> v1.SignedAgreement:
    """The container with signatures added to the party's own envelope; no more than its threshold needs."""
    roots = _fingerprints(party)
    payload = held.envelopes[0].payload
    foreign = next((signer for signer in signers if signer.fingerprint not in roots), None)
    if foreign is not None:
        raise UsageError("KEY_FOREIGN", f"{foreign.fingerprint.hex()[:12]} is no root key of {party.id}")
    own = next((each for each in held.envelopes if _signs(each, roots)), v1.Envelope())
    signatures = [*own.signatures, *sign(AGREEMENT, payload, *signers).signatures]
    if len({signature.keyid for signature in signatures}) < len(signatures):
        raise UsageError("SIGNATURE_DUPLICATE", f"a key of {party.id} has signed already")
    if len(signatures) > party.root_threshold:
        raise UsageError("SIGNATURE_COUNT", f"{party.id} needs {party.root_threshold} signatures and no more")
    made = v1.Envelope(payload_type=AGREEMENT, payload=payload, signatures=signatures)
    others = [each for each in held.envelopes if each.signatures and each is not own]
    return v1.SignedAgreement(envelopes=[*others, made])


def _fingerprints(party: v1.Party) -> set[bytes]:
    return {public_key(key).fingerprint for key in party.root_keys}


def _signs(envelope: v1.Envelope, roots: set[bytes]) -> bool:
    return any(signature.keyid in roots for signature in envelope.signatures)


def _signatures(party: v1.Party, held: v1.SignedAgreement) -> int:
    """How many signatures name a root key of the party; `verify_agreement` says whether they are good."""
    roots = _fingerprints(party)
    return sum(signature.keyid in roots for envelope in held.envelopes for signature in envelope.signatures)


def _party_row(party: v1.Party, held: v1.SignedAgreement) -> PartyRow:
    return PartyRow(
        party.id,
        party.name,
        f"{_signatures(party, held)} of {party.root_threshold}",
        tuple(public_key(key).fingerprint.hex()[:12] for key in party.root_keys),
        tuple(public_key(key).fingerprint.hex()[:12] for key in party.registrar_keys),
    )


def _clock_text(agreement: v1.Agreement) -> str:
    clock = agreement.exercise_clock
    if not agreement.HasField("exercise_clock"):
        return ""
    if clock.real_start == clock.exercise_start and clock.speed == 1:
        return "real time"
    return f"{both(clock.exercise_start)} at {both(clock.real_start)}, speed {clock.speed}"


def _kind(agreement: v1.Agreement) -> str:
    return short_name(v1.Kind.DESCRIPTOR, agreement.kind)


def _made(held: v1.SignedAgreement, out: Path) -> AgreementMade:
    _, agreement = _open(held.SerializeToString())
    done = {party.id: _signatures(party, held) >= party.root_threshold for party in agreement.parties}
    return AgreementMade(
        digest=digest_of(held.envelopes[0]).hex(),
        channel=agreement.channel,
        kind=_kind(agreement),
        file=out,
        signed=tuple(party for party, is_done in done.items() if is_done),
        not_signed=tuple(party for party, is_done in done.items() if not is_done),
    )
