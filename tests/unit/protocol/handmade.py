"""Channels, statements and Heads made by hand, right or wrong in one place, for tests of what takes or refuses them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from google.protobuf.message import Message
from tests.kit import START_NS, A, B, C, key, notice

from hotline import v1
from hotline.agreements.build import sign_agreement
from hotline.agreements.rehearsal import PostPlan, Rehearsal, rehearse
from hotline.protocol.book import Entry
from hotline.protocol.envelope import DIRECTORY, HEAD, STATEMENT, sign
from hotline.protocol.instant import NS_PER_MS, to_timestamp
from hotline.protocol.ladder import Fact
from hotline.protocol.log import START, PostLog
from hotline.protocol.signing import Signer
from hotline.protocol.statements import Judged, Said, judge, verify_statement
from hotline.protocol.trust import Trust, open_agreement

DAY_NS = 86_400 * 1000 * NS_PER_MS
# Two persons with the role of watch officer, and one person who holds two keys.
OFFICERS = (("ada", "watch-officer"), ("bo", "watch-officer"), ("cy", "releaser"), ("dee", "cook"))


@cache
def channel(name: str = "rehearsal", first_key: int = 0) -> Rehearsal:
    """A channel of three posts; channels with other first keys share no key with it."""
    plans = [PostPlan(post, officers=OFFICERS) for post in (A, B, C)]
    return rehearse(plans, lambda n: key(first_key + n), START_NS, channel=name)


def remade(
    *,
    agreement: Callable[[v1.Agreement], object] = lambda message: None,
    directory: Callable[[v1.Directory], object] = lambda message: None,
    base: Rehearsal | None = None,
) -> Rehearsal:
    """The channel with its agreement and every directory changed and signed anew. Parties' roots are the first keys of
    its pool, their registrars the next."""
    base = base or channel()
    words = v1.Agreement.FromString(base.trust.agreement.message.SerializeToString())
    parties = [party.id for party in words.parties]
    agreement(words)
    payload = words.SerializeToString(deterministic=True)
    roots = {party: [key(n)] for n, party in enumerate(parties)}
    opened = open_agreement(sign_agreement(payload, roots).SerializeToString())
    directories = []
    for n, party in enumerate(parties, len(parties)):
        listed = v1.Directory.FromString(base.trust.directories[party].payload)
        listed.agreement_digest = opened.digest
        directory(listed)
        directories.append(sign(DIRECTORY, listed.SerializeToString(deterministic=True), key(n)))
    return Rehearsal(Trust(opened, directories), base.nodes, base.officers)


def trust() -> Trust:
    """Agreement and directories of the channel."""
    return channel().trust


def officer(person: str = "ada", post: str = A) -> Signer:
    """The signer of an officer."""
    return channel().officers[post][person]


def header(**changes: Any) -> v1.StatementHeader:
    """A header that stands, from A to B, with some fields changed."""
    agreement = trust().agreement
    fields: dict[str, Any] = {
        "channel": agreement.channel,
        "agreement_digest": agreement.digest,
        "kind": v1.KIND_EXERCISE,
        "from_post": A,
        "action": [B],
        "nonce": bytes(16),
        "composed_at": to_timestamp(START_NS),
        "precedence": v1.PRECEDENCE_IMMEDIATE,
    }
    return v1.StatementHeader(**{**fields, **changes})


def statement(body: Message | None = None, **changes: Any) -> v1.Statement:
    """A statement that stands, with some fields of its header changed."""
    body = notice() if body is None else body
    return v1.Statement(
        header=header(**changes),
        body_type=body.DESCRIPTOR.full_name,
        body=body.SerializeToString(deterministic=True),
    )


def signed(words: v1.Statement, *signers: Signer) -> v1.Envelope:
    """The statement, signed by officers: by ada of the post it speaks for unless told otherwise."""
    signers = signers or (officer("ada", words.header.from_post),)
    return sign(STATEMENT, words.SerializeToString(deterministic=True), *signers)


def judged(envelope: v1.Envelope, post: str = A, at_ns: int = START_NS, by: Trust | None = None) -> Judged:
    """What is found in it, in the log of `post`, sealed at an instant."""
    by = by or trust()
    return judge(verify_statement(envelope, by), by, post, by.nodes[post].epoch, at_ns)


def entry(
    body: Message | None = None,
    *signers: Signer,
    post: str = A,
    sequence: int = 1,
    at_ns: int = START_NS,
    by: Trust | None = None,
    **changes: Any,
) -> Entry:
    """A statement as a book holds it."""
    words = statement(body, from_post=post, action=changes.pop("action", [B] if post == A else [A]), **changes)
    found = judged(signed(words, *signers), post, at_ns, by)
    return Entry(
        verify_statement(signed(words, *signers), trust()).digest,
        signed(words, *signers),
        post,
        sequence,
        at_ns if sequence else 0,
        at_ns,
        found.said,
        found.statement,
        found.refusal.code if found.refusal else "",
    )


def said(body: Message | None = None, *signers: Signer, **changes: Any) -> Said:
    """A statement that stands, as it was read."""
    found = entry(body, *signers, **changes).said
    assert found is not None
    return found


def ack(subject: bytes, stage: Message | None = None) -> v1.Acknowledgement:
    """An acknowledgement of a statement: READ unless another stage is given."""
    body = v1.Acknowledgement(subject=subject)
    stage = stage or v1.Read()
    fields = v1.Acknowledgement.DESCRIPTOR.oneofs_by_name["stage"].fields
    name = next(field.name for field in fields if field.message_type is type(stage).DESCRIPTOR)
    getattr(body, name).SetInParent()
    getattr(body, name).CopyFrom(stage)
    return body


def readback() -> v1.Readback:
    """A readback of one field."""
    return v1.Readback(
        fields=[v1.ReadbackField(path="exclusion_radius_m", value="5556")],
        words=v1.Text(language="en", text="three miles", role=v1.Text.ROLE_AUTHENTIC),
    )


def answer(readback_digest: bytes) -> v1.ReadbackAnswer:
    """The sender's word that a readback is right."""
    return v1.ReadbackAnswer(readback=readback_digest, verdict=v1.ReadbackAnswer.VERDICT_CONFIRMED)


def observation(subject: bytes, *, contradicts: bool = True) -> v1.Observation:
    """What somebody saw about a statement."""
    finding = v1.Observation.FINDING_CONTRADICTS if contradicts else v1.Observation.FINDING_CONSISTENT
    return v1.Observation(
        subject=subject,
        finding=finding,
        observed_at=to_timestamp(START_NS),
        observed=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP),
        sensor=v1.Observation.SENSOR_RADAR,
    )


def fact(stage: v1.Stage.ValueType, value: str, post: str = B, **changes: Any) -> Fact:
    """A fact said and learned at the start; `place` is the sequence of its statement in epoch 1."""
    fields: dict[str, Any] = {"said_at_ns": START_NS, "learned_at_ns": START_NS, "by": "node"}
    if "place" in changes:
        changes["place"] = 1, changes["place"]
    return Fact(post, stage, value, **{**fields, **changes})


def head(post: str = A, **changes: Any) -> v1.Head:
    """A Head that stands for an empty log, with some fields changed."""
    agreement = trust().agreement
    fields: dict[str, Any] = {
        "channel": agreement.channel,
        "agreement_digest": agreement.digest,
        "kind": v1.KIND_EXERCISE,
        "log": v1.LogPosition(post=post, epoch=1, sequence=0, link_digest=START),
        "beat": 1,
        "made_at": to_timestamp(START_NS),
        "directories": trust().held(),
        "agreement_revision": 1,
    }
    return v1.Head(**{**fields, **changes})


def sealed_head(message: v1.Head, *signers: Signer, post: str = A) -> v1.Envelope:
    """A Head as a node signs it: the node of `post` unless told otherwise."""
    return sign(HEAD, message.SerializeToString(deterministic=True), *(signers or (channel().nodes[post],)))


def link(digest: bytes = bytes(32), **changes: Any) -> v1.Link:
    """A link to a statement."""
    fields: dict[str, Any] = {
        "statement_digest": digest,
        "sealed_at_ms": START_NS // NS_PER_MS,
        "precedence": v1.PRECEDENCE_IMMEDIATE,
        "size": 100,
    }
    return v1.Link(**{**fields, **changes})


def receipt(post: str = A, sequence: int = 1, digest: bytes = bytes(32), **said: Any) -> v1.Receipt:
    """A receipt: RECEIVED at the start unless `refused` or `presented` is given."""
    said = said or {"received_at": to_timestamp(START_NS)}
    return v1.Receipt(post=post, epoch=1, sequence=sequence, statement_digest=digest, **said)


def tampered(data: bytes, at: int = -1) -> bytes:
    """The bytes with one bit flipped."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def with_bits_flipped(envelope: v1.Envelope, where: str) -> v1.Envelope:
    """An envelope with a bit flipped in its payload, or in the `sig` or `keyid` of its first signature."""
    changed = v1.Envelope()
    changed.CopyFrom(envelope)
    if where == "payload":
        changed.payload = tampered(changed.payload)
    else:
        setattr(changed.signatures[0], where, tampered(getattr(changed.signatures[0], where)))
    return changed


def log_of(*entries: Entry, post: str = A) -> PostLog:
    """The log of a post in which these statements were sealed, one after another."""
    log = PostLog(trust().agreement.channel, post, 1)
    log.extend(link_of(known) for known in entries)
    return log


def link_of(known: Entry, **changes: Any) -> v1.Link:
    """The link that gives a statement its place."""
    precedence = known.statement.header.precedence if known.statement else v1.PRECEDENCE_FLASH
    fields: dict[str, Any] = {
        "sealed_at_ms": known.sealed_at_ns // NS_PER_MS,
        "precedence": precedence,
        "size": len(known.envelope.payload),
    }
    return link(known.digest, **{**fields, **changes})


def frame(
    log: PostLog,
    beat: int = 1,
    *,
    statements: Sequence[v1.Envelope] = (),
    first: int = 1,
    links: Sequence[v1.LinkRun] | None = None,
    **changes: Any,
) -> bytes:
    """A Frame of a log's post: its Head, the links from `first` on unless others are given, and statements."""
    runs = ([log.run(first, log.sequence)] if log.sequence >= first else []) if links is None else links
    sealed = sealed_head(head(log.post, log=log.position(), beat=beat, **changes), post=log.post)
    return v1.Frame(head=sealed, links=runs, statements=statements).SerializeToString()
