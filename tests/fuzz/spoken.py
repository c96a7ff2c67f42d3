"""One statement of every type, as it would be said on a rehearsed channel, with the signatures it needs."""

from __future__ import annotations

from functools import cache

from google.protobuf.message import Message

from hotline import v1
from hotline.agreements.rehearsal import Rehearsal, rehearse
from hotline.keys import published_signer
from hotline.messages.draft import line_words, read_draft
from hotline.messages.examples import example
from hotline.messages.yamltree import read_tree
from hotline.protocol.instant import Instant, to_timestamp
from hotline.protocol.signing import Signer
from hotline.protocol.statements import BODY_OF, NODE_SIGNED, sign_statement

SPEAKER, RECEIVER = "AUS:fleet-watch", "CHN:fleet-watch"
NOW = Instant(0, 1_772_438_403 * 10**9)

_NAMES_ANOTHER: dict[type[Message], v1.Reference.Role.ValueType] = {
    v1.ActivityUpdate: v1.Reference.ROLE_UPDATES,
    v1.ActivityCancel: v1.Reference.ROLE_CANCELS,
}
_PRECEDENCES: dict[type[Message], v1.Precedence.ValueType] = {
    v1.Retraction: v1.PRECEDENCE_FLASH,
    v1.ChannelTest: v1.PRECEDENCE_ROUTINE,
}


def body_of(kind: type[Message]) -> Message:
    """The example of a type."""
    tree = read_tree(example(kind.DESCRIPTOR.name).encode())
    draft, findings = read_draft(tree.data, BODY_OF, line_words(NOW.utc_ns))
    assert draft is not None, findings
    return draft.body


@cache
def channel() -> Rehearsal:
    """A channel whose agreement lists every type; its keys are published ones."""
    return rehearse([SPEAKER, RECEIVER], published_signer, NOW.utc_ns)


def spoken(kind: type[Message]) -> v1.Statement:
    """A statement of a type by the speaker to the receiver; its header has what the type asks for and no more."""
    words = channel().trust.agreement
    header = v1.StatementHeader(
        channel=words.channel,
        agreement_digest=words.digest,
        kind=words.kind,
        from_post=SPEAKER,
        action=[RECEIVER],
        nonce=bytes(range(16)),
        composed_at=to_timestamp(NOW.utc_ns),
        precedence=_PRECEDENCES.get(kind, v1.PRECEDENCE_IMMEDIATE),
    )
    if kind in _NAMES_ANOTHER:
        header.references.add(role=_NAMES_ANOTHER[kind], digest=bytes(range(32)))
    body = body_of(kind).SerializeToString(deterministic=True)
    return v1.Statement(header=header, body_type=kind.DESCRIPTOR.full_name, body=body)


def signers_of(kind: type[Message]) -> list[Signer]:
    """Who signs a type: the node, or as many officers of its roles as it asks for."""
    name, trust = kind.DESCRIPTOR.full_name, channel().trust
    if name in NODE_SIGNED:
        return [channel().nodes[SPEAKER]]
    rule = trust.terms(NOW.utc_ns).type_rules[name]
    able = [officer.person for officer in trust.posts[SPEAKER].officers if officer.role in rule.roles]
    return [channel().officers[SPEAKER][person] for person in able[: rule.persons]]


def signed(kind: type[Message]) -> v1.Envelope:
    """The statement of a type as it travels."""
    return sign_statement(spoken(kind), *signers_of(kind))
