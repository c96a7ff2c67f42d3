"""Statements: composing one, and judging one by itself.

What a statement is refused for depends on its bytes, its link, the agreement and the directories, never on which other
statements came before it: so every party refuses the same ones, in whatever order they arrive (spec 02, REQ-STMT-5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from google.protobuf.message import Message

from hotline import v1
from hotline.protocol.envelope import STATEMENT, Signed, decode, sign, verify
from hotline.protocol.errors import HotlineError, PeerDataError
from hotline.protocol.instant import Instant, to_timestamp
from hotline.protocol.rules import check_rules
from hotline.protocol.signers import SignersError, check_node, check_officers, officers_of, signer_names
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Officer, Terms, Trust
from hotline.protocol.type_checks import check_type

BODIES: tuple[type[Message], ...] = (
    v1.IncidentFlash,
    v1.IncidentUpdate,
    v1.IncidentClose,
    v1.ActivityNotice,
    v1.ActivityUpdate,
    v1.ActivityCancel,
    v1.ActivityStart,
    v1.ActivityEnd,
    v1.Acknowledgement,
    v1.Observation,
    v1.BreakGlassFlash,
    v1.Retraction,
    v1.QueryAck,
    v1.Escalated,
    v1.OutOfBand,
    v1.ChannelTest,
    v1.ChannelStatus,
    v1.RadioSilence,
    v1.WatchHandover,
    v1.CallRequest,
    v1.CallResponse,
    v1.FreeText,
    v1.EncounterSignal,
    v1.ClarificationRequest,
    v1.ClarificationReply,
    v1.AreaQuery,
    v1.AreaAnswer,
    v1.EscortSchedule,
    v1.MeetingCalendarItem,
    v1.RoadmapItem,
    v1.DistressRelay,
    v1.AidRequest,
    v1.AidOffer,
    v1.PiracyReport,
    v1.TerrorismThreatReport,
    v1.TraffickingReport,
    v1.AwarenessReport,
    v1.CyberNotice,
    v1.SpaceNotice,
    v1.UnderseaInfrastructureNotice,
    v1.AutonomyNotice,
    v1.TransparencyDocument,
    v1.AgreementInForce,
)
BODY_OF: dict[str, type[Message]] = {body.DESCRIPTOR.full_name: body for body in BODIES}

# Types that nodes sign, and nobody else (REQ-ROLE-6).
NODE_SIGNED = frozenset(body.DESCRIPTOR.full_name for body in (v1.ChannelTest, v1.QueryAck, v1.Escalated))


@dataclass(frozen=True, slots=True)
class Said:
    """A statement that verified, parsed and stands under the agreement: who said it and what.

    Attributes:
        statement, body: what was said.
        digest, envelope: as signed.
        officers: who signed; empty where a node says it.
        lacks_level: whether its post is below the level that its type asks for, so that it has no effect on the line
            (REQ-ROLE-2).
        layer: the layer of its type.
        answers_for: for an acknowledgement, the posts for which its post answers, as agreed (REQ-ROLE-4).
    """

    statement: v1.Statement
    body: Message
    digest: bytes
    envelope: v1.Envelope
    officers: tuple[Officer, ...]
    lacks_level: bool = False
    layer: v1.Layer.ValueType = v1.LAYER_SAFETY
    answers_for: tuple[v1.AnswersFor, ...] = ()

    @property
    def header(self) -> v1.StatementHeader:
        """Its header."""
        return self.statement.header

    @property
    def addressees(self) -> tuple[str, ...]:
        """Action addressees, then information addressees."""
        return (*self.header.action, *self.header.info)

    @property
    def signers(self) -> tuple[str, ...]:
        """Who signed, for people: "person (role)", or "node"."""
        return signer_names(self.officers)

    @property
    def by(self) -> str:
        """Who signed, in one text."""
        return ", ".join(self.signers)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a sender decides about a statement; the rest of the header follows from the line.

    Attributes:
        body: the message to send.
        action: posts that must act.
        precedence: speed of handling.
        info: posts told for information.
        stage_requested: highest stage asked of the action addressees.
        thread: digest of the thread's first statement; empty starts a thread.
        seen: digests of the thread's latest statements on the signer's screen.
        references, texts, basis, handling, reply_by_ns, validity, release_before_ns: as in the header.
    """

    body: Message
    action: Sequence[str]
    precedence: v1.Precedence.ValueType
    info: Sequence[str] = ()
    stage_requested: v1.Stage.ValueType = v1.STAGE_UNSPECIFIED
    thread: bytes = b""
    seen: Sequence[bytes] = ()
    references: Sequence[v1.Reference] = ()
    texts: Sequence[v1.Text] = ()
    basis: Sequence[str] = ()
    handling: str = ""
    reply_by_ns: int | None = None
    release_before_ns: int | None = None
    validity: v1.Window | None = field(default=None)


def compose(draft: Draft, trust: Trust, post: str, nonce: bytes, now: Instant) -> v1.Statement:
    """The statement to be signed.

    Raises:
        PeerDataError: RULE_BROKEN when the header or the body breaks a rule of its type.
    """
    agreement = trust.terms(now.utc_ns).agreement
    header = v1.StatementHeader(
        channel=agreement.channel,
        agreement_digest=agreement.digest,
        kind=agreement.kind,
        from_post=post,
        action=draft.action,
        info=draft.info,
        nonce=nonce,
        composed_at=to_timestamp(now.utc_ns),
        seen=draft.seen,
        thread=draft.thread,
        references=draft.references,
        basis=draft.basis,
        precedence=draft.precedence,
        stage_requested=draft.stage_requested,
        handling=draft.handling,
        texts=draft.texts,
        validity=draft.validity,
    )
    if draft.reply_by_ns is not None:
        header.reply_by.CopyFrom(to_timestamp(draft.reply_by_ns))
    if draft.release_before_ns is not None:
        header.release_before.CopyFrom(to_timestamp(draft.release_before_ns))
    check_rules(draft.body)
    statement = v1.Statement(
        header=header,
        body_type=draft.body.DESCRIPTOR.full_name,
        body=draft.body.SerializeToString(deterministic=True),
    )
    check_rules(statement)
    return statement


def sign_statement(statement: v1.Statement, *officers: Signer) -> v1.Envelope:
    """The statement as its officers sign it; after this its bytes never change."""
    return sign(STATEMENT, statement.SerializeToString(deterministic=True), *officers)


def verify_statement(envelope: v1.Envelope, trust: Trust) -> Signed:
    """Check the signatures, by officers or nodes; a failure says nothing about what the statement's author said.

    Which of the two may sign it is for `judge` to say.

    Raises:
        PeerDataError: PAYLOAD_TYPE, KEY_UNKNOWN, SIGNATURE_*.
    """
    return verify(envelope, STATEMENT, lambda keyid: trust.officer_key(keyid) or trust.node_key(keyid))


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found in a statement whose signatures verified: what it says, or why it is refused.

    `statement` is there whenever the header could be read, so that even a refused FLASH can be alarmed. A
    refusal that is a `SignersError` is for this set of signatures, not for what was signed.
    """

    said: Said | None
    refusal: HotlineError | None
    statement: v1.Statement | None


@dataclass(frozen=True, slots=True)
class Examined:
    """A statement handed over to be sealed, with what was found in it. Made by `examine` only."""

    signed: Signed
    judged: Judged


def verify_statements(envelopes: Sequence[v1.Envelope], trust: Trust) -> list[Signed | PeerDataError]:
    """`verify_statement` for each; an error stands in its place."""
    return [_verified(envelope, trust) for envelope in envelopes]


def examine(
    envelopes: Sequence[v1.Envelope], trust: Trust, post: str, epoch: int, sealed_at_ns: int
) -> list[Examined | PeerDataError]:
    """Verify and judge statements that are to be sealed together; an error stands in place of what did not verify."""
    signed = verify_statements(envelopes, trust)
    cases = [(good, sealed_at_ns) for good in signed if isinstance(good, Signed)]
    judged = iter(judge_all(cases, trust, post, epoch))
    return [Examined(each, next(judged)) if isinstance(each, Signed) else each for each in signed]


def judge(signed: Signed, trust: Trust, post: str, epoch: int, sealed_at_ns: int) -> Judged:
    """Judge a statement by itself: its bytes, its rules, its signers, at the moment it was sealed.

    Args:
        signed: signatures already verified.
        post: the post in whose log it stands, or is to stand.
        epoch: the epoch of that log.
        sealed_at_ns: UTC of sealing.
    """
    return judge_all([(signed, sealed_at_ns)], trust, post, epoch)[0]


def judge_all(signed: Sequence[tuple[Signed, int]], trust: Trust, post: str, epoch: int) -> list[Judged]:
    """Judge statements, each with the UTC of its sealing, by the steps of spec 02 in their order.

    Every step goes over all statements before the next begins: the same code on many is faster than much code on each.
    """
    cases = [_Case(each, sealed_at_ns, epoch, trust.terms(sealed_at_ns)) for each, sealed_at_ns in signed]
    for step in _STEPS:
        for case in cases:
            if case.refusal is None:
                try:
                    step(case, trust, post)
                except PeerDataError as refusal:
                    case.refusal = refusal
    return [case.judged() for case in cases]


@dataclass(slots=True)
class _Case:
    """A statement on its way through the steps."""

    signed: Signed
    sealed_at_ns: int
    epoch: int
    terms: Terms
    refusal: PeerDataError | None = None
    decoded: v1.Statement = field(default_factory=v1.Statement)
    statement: v1.Statement | None = None
    officers: tuple[Officer, ...] = ()
    body: Message | None = None
    lacks_level: bool = False
    layer: v1.Layer.ValueType = v1.LAYER_SAFETY
    answers_for: tuple[v1.AnswersFor, ...] = ()

    def judged(self) -> Judged:
        """What the steps have found."""
        if self.refusal is not None or self.statement is None or self.body is None:
            return Judged(None, self.refusal, self.statement)
        said = Said(
            self.statement,
            self.body,
            self.signed.digest,
            self.signed.envelope,
            self.officers,
            self.lacks_level,
            self.layer,
            self.answers_for,
        )
        return Judged(said, None, self.statement)


def _decode_statement(case: _Case, trust: Trust, post: str) -> None:
    payload = case.signed.envelope.payload
    if len(payload) > case.terms.message.line.statement_bytes_max:
        raise PeerDataError("TOO_LARGE", f"{len(payload)} bytes of statement")
    case.decoded = decode(payload, v1.Statement)


def _hold_statement_rules(case: _Case, trust: Trust, post: str) -> None:
    check_rules(case.decoded)
    case.statement = case.decoded


def _hold_agreement(case: _Case, trust: Trust, post: str) -> None:
    case.officers = officers_of(case.signed, trust, case.sealed_at_ns)
    _check_header(case, trust, post)
    _check_signers(case, trust)


def _decode_body(case: _Case, trust: Trust, post: str) -> None:
    case.body = decode(case.decoded.body, BODY_OF[case.decoded.body_type])


def _hold_body_rules(case: _Case, trust: Trust, post: str) -> None:
    assert case.body is not None
    check_rules(case.body)
    check_type(case.decoded, case.body, case.officers, case.terms.message.line)


def _look_up_standing(case: _Case, trust: Trust, post: str) -> None:
    """What was agreed about the type and the post, as far as others must know it to weigh what was said."""
    rule = case.terms.type_rules[case.decoded.body_type]
    case.layer = rule.layer
    case.lacks_level = trust.level_of(post, case.sealed_at_ns) < rule.level
    if isinstance(case.body, v1.Acknowledgement):
        case.answers_for = tuple(row for row in case.terms.message.answers_for if row.post == post)


_STEPS: tuple[Callable[[_Case, Trust, str], None], ...] = (
    _decode_statement,
    _hold_statement_rules,
    _hold_agreement,
    _decode_body,
    _hold_body_rules,
    _look_up_standing,
)


def _verified(envelope: v1.Envelope, trust: Trust) -> Signed | PeerDataError:
    try:
        return verify_statement(envelope, trust)
    except PeerDataError as error:
        return error


def _check_header(case: _Case, trust: Trust, post: str) -> None:
    header, terms, sealed_at_ns = case.decoded.header, case.terms, case.sealed_at_ns
    agreement = terms.agreement
    if header.kind != agreement.kind:
        raise PeerDataError(
            "WRONG_KIND", f"{v1.Kind.Name(header.kind)} on a channel for {v1.Kind.Name(agreement.kind)}"
        )
    if header.channel != agreement.channel:
        raise PeerDataError("WRONG_CHANNEL", f"said on {header.channel}")
    _check_agreement(header.agreement_digest, terms, trust, sealed_at_ns)
    if header.from_post != post:
        raise PeerDataError("NOT_ITS_POST", f"spoken for {header.from_post} in the log of {post}")
    if trust.parties.get(post) not in terms.parties:
        raise PeerDataError("NOT_ITS_POST", f"{post} belongs to no party of revision {agreement.revision}")
    for addressee in (*header.action, *header.info):
        if addressee not in trust.parties:
            raise PeerDataError("UNKNOWN_ADDRESSEE", f"no directory lists {addressee}")
    if header.HasField("release_before") and sealed_at_ns >= header.release_before.ToNanoseconds():
        raise PeerDataError("RELEASE_PASSED", "it had to be sealed earlier than this")


def _check_agreement(digest: bytes, terms: Terms, trust: Trust, sealed_at_ns: int) -> None:
    """A statement carries the digest of the revision in force when it was sealed (REQ-AGR-3)."""
    if digest != terms.digest and trust.revisions.by_digest(digest) is None:
        raise PeerDataError("UNKNOWN_AGREEMENT", f"under agreement {digest.hex()[:12]}")
    if digest != terms.digest or not terms.in_force.holds(sealed_at_ns):
        raise PeerDataError("AGREEMENT_EXPIRED", "the agreement it names is not in force at this time")


def _check_signers(case: _Case, trust: Trust) -> None:
    words, keyids, at_ns = case.decoded, case.signed.keyids, case.sealed_at_ns
    rule = case.terms.type_rules.get(words.body_type)
    if rule is None or words.body_type not in BODY_OF:
        raise PeerDataError("UNKNOWN_TYPE", f"{words.body_type} is not in force here")
    if words.body_type in NODE_SIGNED:
        check_node(words, keyids, trust, case.epoch, at_ns)
    elif len(case.officers) != len(keyids):
        raise SignersError("ROLE_NOT_ALLOWED", f"a node may not sign {words.body_type}")
    else:
        check_officers(words, case.officers, rule, trust, at_ns)
