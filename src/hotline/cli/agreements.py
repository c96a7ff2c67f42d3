"""Agreements on disk: from the plan, through every party's signature, to the verdict.

An agreement that not everybody has signed yet is kept in the same container as one that is: a SignedAgreement. Before
the first signature it holds one envelope with none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hotline import v1
from hotline.agreements.plan import AgreementPlan
from hotline.agreements.quorum import Quorum, quorums
from hotline.agreements.reading import read_plan
from hotline.cli import files
from hotline.cli.judging import PINNED, UNPINNED, judging
from hotline.cli.keyring import load_signers
from hotline.cli.results import ONLY_JSON, Result
from hotline.keys import Ask, Kind, Role
from hotline.messages.names import short_name
from hotline.messages.show import window_text
from hotline.messages.times import both
from hotline.messages.words import span
from hotline.protocol.agreements import algorithm_of
from hotline.protocol.envelope import AGREEMENT, digest_of, parse, sign
from hotline.protocol.errors import PeerDataError, UsageError
from hotline.protocol.scan import scan
from hotline.protocol.signing import Signer
from hotline.protocol.trust import open_revisions, public_key


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party and how far it has signed."""

    party: str
    name: str
    member_of: str
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
    level: str


@dataclass(frozen=True, slots=True)
class TimerRow:
    """Time allowed for a stage."""

    stage: str
    flash: str
    immediate: str
    priority: str
    routine: str


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """What is done about a post that does not answer."""

    precedence: str
    query_wait: str
    queries: int
    step_wait: str


@dataclass(frozen=True, slots=True)
class AnswersRow:
    """A post that may acknowledge what was addressed to another."""

    post: str
    answers_for: str
    types: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementMade(Result):
    """An agreement file was written."""

    digest: str
    channel: str
    kind: str
    revision: int
    file: Path
    signed: tuple[str, ...]
    not_signed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementShown(Result):
    """What an agreement says, whether or not everybody has signed it."""

    digest: str
    channel: str
    kind: str
    revision: int
    previous: str
    profile: str
    algorithm: str
    in_force: str
    exercise_clock: str
    label_digest: str
    glossary_digest: str
    line: Mapping[str, str]
    parties: tuple[PartyRow, ...]
    answers_for: tuple[AnswersRow, ...]
    types: tuple[TypeRow, ...]
    timers: tuple[TimerRow, ...]
    silence: tuple[SilenceRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementVerified(Result):
    """An agreement that every party has signed."""

    digest: str
    pinned: bool = field(metadata=ONLY_JSON)
    trust: str
    channel: str
    kind: str
    revision: int
    in_force: str
    signed: tuple[str, ...]


def new_agreement(plan: Path, out: Path) -> AgreementMade:
    """The bytes that every party is to sign, from a plan."""
    written = read_plan(plan, AgreementPlan)
    payload = written.payload()
    unsigned = v1.SignedAgreement(envelopes=[v1.Envelope(payload_type=AGREEMENT, payload=payload)])
    files.write_new(out, unsigned.SerializeToString())
    agreement = v1.Agreement.FromString(payload)
    return _made(unsigned, quorums(agreement, _before(agreement, written.previous)), out)


def sign_agreement(
    file: Path, party: str, keys: Sequence[str], ask: Ask, out: Path, previous: Path | None
) -> AgreementMade:
    """Add a party's signatures to those that are there; a revision asks for those of the one before as well."""
    held, agreement = _open(files.read(file))
    asked = quorums(agreement, _before(agreement, previous))
    if party not in asked:
        raise UsageError("NOT_A_PARTY", f"{party} is no party to this agreement; there are {', '.join(asked)}")
    loaded = load_signers(keys, Kind.of(agreement.kind), Role.ROOT, ask)
    signed = _with_signatures(held, asked[party], loaded)
    data = signed.SerializeToString()
    (files.replace if out == file else files.write_new)(out, data)
    return _made(signed, asked, out)


def show_agreement(file: Path, previous: Path | None) -> AgreementShown:
    """What a file says; nothing is verified but its form."""
    held, agreement = _open(files.read(file))
    asked = quorums(agreement, _before(agreement, previous) if previous else None)
    signed = _keyids(*held.envelopes)
    return AgreementShown(
        digest=digest_of(held.envelopes[0]).hex(),
        channel=agreement.channel,
        kind=_kind(agreement),
        revision=agreement.revision,
        previous=agreement.previous_digest.hex(),
        profile=agreement.profile,
        algorithm=algorithm_of(agreement).name,
        in_force=window_text(agreement.in_force),
        exercise_clock=_clock_text(agreement),
        label_digest=agreement.label_digest.hex(),
        glossary_digest=agreement.glossary_digest.hex(),
        line=_line_words(agreement.line),
        parties=tuple(_party_row(party, asked[party.id], signed) for party in agreement.parties),
        answers_for=tuple(_answers_row(each) for each in agreement.answers_for),
        types=tuple(_type_row(rule) for rule in agreement.types),
        timers=tuple(_timer_rows(agreement)),
        silence=tuple(_silence_row(rule) for rule in agreement.silence),
    )


def verify_agreement(file: Path, previous: Sequence[Path], pin: bytes | None) -> AgreementVerified:
    """Whether every party has signed, and whether it is an agreement that the caller trusts.

    Args:
        previous: the revisions before it, from revision 1 on.
        pin: digest that one of them all must have: later ones are signed by its parties, earlier ones named by digest.
    """
    chain = [files.read(path) for path in (*previous, file)]
    with judging():
        *_, agreement = open_revisions(chain, pin)
    return AgreementVerified(
        digest=agreement.digest.hex(),
        pinned=pin is not None,
        trust=UNPINNED if pin is None else PINNED,
        channel=agreement.channel,
        kind=_kind(agreement.message),
        revision=agreement.revision,
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


def _before(agreement: v1.Agreement, file: Path | None) -> v1.Agreement | None:
    """The revision before, whose parties sign too; None before revision 2."""
    if agreement.revision == 1 and file is None:
        return None
    if agreement.revision == 1 or file is None:
        raise UsageError("USAGE", "--previous is the file of the revision before, from revision 2 on")
    held, before = _open(files.read(file))
    if digest_of(held.envelopes[0]) != agreement.previous_digest:
        raise UsageError("AGREEMENT_CHAIN", f"{file} is not the revision that this one follows")
    return before


def _with_signatures(held: v1.SignedAgreement, party: Quorum, signers: Sequence[Signer]) -> v1.SignedAgreement:
    """The container with signatures added to the party's own envelope; none that is not needed."""
    payload = held.envelopes[0].payload
    own = next((each for each in held.envelopes if _keyids(each) & party.keys), v1.Envelope())
    signed = _keyids(own)
    for signer in signers:
        name = signer.fingerprint.hex()[:12]
        if signer.fingerprint not in party.keys:
            raise UsageError("KEY_FOREIGN", f"{name} is no root key of {party.party}")
        if signer.fingerprint in signed:
            raise UsageError("SIGNATURE_DUPLICATE", f"{name} of {party.party} has signed already")
        if not party.wants(signer.fingerprint, signed):
            raise UsageError(
                "SIGNATURE_COUNT", f"{party.party} has signed ({party.words(signed)}); {name} is not needed"
            )
        signed.add(signer.fingerprint)
    signatures = [*own.signatures, *sign(AGREEMENT, payload, *signers).signatures]
    made = v1.Envelope(payload_type=AGREEMENT, payload=payload, signatures=signatures)
    others = [each for each in held.envelopes if each.signatures and each is not own]
    return v1.SignedAgreement(envelopes=[*others, made])


def _keyids(*envelopes: v1.Envelope) -> set[bytes]:
    """Keys that these say to be signed by; `verify_agreement` says whether the signatures are good."""
    return {signature.keyid for envelope in envelopes for signature in envelope.signatures}


def _party_row(party: v1.Party, asked: Quorum, signed: set[bytes]) -> PartyRow:
    return PartyRow(
        party.id,
        party.name,
        party.member_of,
        asked.words(signed),
        tuple(public_key(key).fingerprint.hex()[:12] for key in party.root_keys),
        tuple(public_key(key).fingerprint.hex()[:12] for key in party.registrar_keys),
    )


def _type_row(rule: v1.TypeRule) -> TypeRow:
    layer = short_name(v1.Layer.DESCRIPTOR, rule.layer)
    level = short_name(v1.Level.DESCRIPTOR, rule.level) if rule.level else ""
    return TypeRow(rule.type.rpartition(".")[2], layer, ", ".join(rule.roles), rule.persons, level)


def _timer_rows(agreement: v1.Agreement) -> Iterator[TimerRow]:
    limits = {(timer.stage, timer.precedence): span(timer.limit) for timer in agreement.timers}
    for stage in v1.Stage.values()[1:]:
        if any(key[0] == stage for key in limits):
            cells = (limits.get((stage, precedence), "") for precedence in reversed(v1.Precedence.values()[1:]))
            yield TimerRow(short_name(v1.Stage.DESCRIPTOR, stage), *cells)


def _silence_row(rule: v1.SilenceRule) -> SilenceRow:
    precedence = short_name(v1.Precedence.DESCRIPTOR, rule.precedence)
    return SilenceRow(precedence, span(rule.query_wait), rule.queries, span(rule.step_wait))


def _answers_row(each: v1.AnswersFor) -> AnswersRow:
    types = ", ".join(name.rpartition(".")[2] for name in each.types) or "every type"
    return AnswersRow(each.post, each.for_post, types)


def _line_words(line: v1.LineRules) -> dict[str, str]:
    """Each interval and limit of the line, under its name in the proto."""
    told = {
        each.name: span(getattr(line, each.name))
        for each in line.DESCRIPTOR.fields
        if each.message_type is not None and not each.is_repeated
    }
    tests = ", ".join(f"{time.seconds // 3600:02}{time.seconds // 60 % 60:02}Z" for time in line.watch_tests)
    return {"statement_bytes_max": str(line.statement_bytes_max), **told, "watch_tests": tests}


def _clock_text(agreement: v1.Agreement) -> str:
    clock = agreement.exercise_clock
    if not agreement.HasField("exercise_clock"):
        return ""
    if clock.real_start == clock.exercise_start and clock.speed == 1:
        return "real time"
    return f"{both(clock.exercise_start)} at {both(clock.real_start)}, speed {clock.speed}"


def _kind(agreement: v1.Agreement) -> str:
    return short_name(v1.Kind.DESCRIPTOR, agreement.kind)


def _made(held: v1.SignedAgreement, asked: Mapping[str, Quorum], out: Path) -> AgreementMade:
    _, agreement = _open(held.SerializeToString())
    signed = _keyids(*held.envelopes)
    done = {party: quorum.holds(signed) for party, quorum in asked.items()}
    return AgreementMade(
        digest=digest_of(held.envelopes[0]).hex(),
        channel=agreement.channel,
        kind=_kind(agreement),
        revision=agreement.revision,
        file=out,
        signed=tuple(party for party, is_done in done.items() if is_done),
        not_signed=tuple(party for party, is_done in done.items() if not is_done),
    )
