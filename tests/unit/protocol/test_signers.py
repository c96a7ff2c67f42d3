"""Who may sign: officers in their own and in lent roles, nodes, and the level of the post that speaks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from google.protobuf.message import Message
from tests.kit import START_NS, A, B, C, flash, notice
from tests.unit.protocol.handmade import DAY_NS, channel, judged, officer, remade, signed, statement, trust
from tests.unit.protocol.test_directories import certify, held

from hotline import v1
from hotline.agreements.build import window
from hotline.protocol.instant import to_timestamp
from hotline.protocol.signers import officers_of, signer_names
from hotline.protocol.statements import NODE_SIGNED, Judged, judge, verify_statement
from hotline.protocol.trust import Trust

NODE_SAYS: dict[str, Message] = {
    "hotline.v1.ChannelTest": v1.ChannelTest(serial=1),
    "hotline.v1.QueryAck": v1.QueryAck(subject=bytes(32), post=B, stage=v1.STAGE_READ, number=1),
    "hotline.v1.Escalated": v1.Escalated(
        original=bytes(32), silent_post=B, step=v1.Escalated.STEP_NEXT_LEVEL, target=C, stage=v1.STAGE_READ
    ),
}


def code_of(found: Judged) -> str:
    return found.refusal.code if found.refusal else ""


def refused(envelope: v1.Envelope, code: str, at_ns: int = START_NS) -> None:
    found = judged(envelope, at_ns=at_ns)
    assert (code_of(found), found.said) == (code, None)


def told(envelope: v1.Envelope, at_ns: int = START_NS) -> tuple[str, str]:
    """Code of a refusal, and what people read of it."""
    refusal = judged(envelope, at_ns=at_ns).refusal
    return (refusal.code, refusal.detail) if refusal else ("", "")


def node_says(body: Message) -> v1.Statement:
    return statement(body, precedence=v1.PRECEDENCE_ROUTINE)


# -- nodes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(NODE_SIGNED))
def test_a_node_signs_what_nodes_say(name: str) -> None:
    """REQ-ROLE-6."""
    found = judged(signed(node_says(NODE_SAYS[name]), channel().nodes[A])).said
    assert found is not None
    assert (found.officers, found.signers, found.by) == ((), ("node",), "node")


@pytest.mark.threat("masquerade / key misuse", defence="ROLE", measure="node types signed by officers, refused")
@pytest.mark.parametrize("name", sorted(NODE_SIGNED))
def test_no_officer_signs_what_nodes_say(name: str) -> None:
    refused(signed(node_says(NODE_SAYS[name]), officer()), "ROLE_NOT_ALLOWED")
    refused(signed(node_says(NODE_SAYS[name]), channel().nodes[A], officer()), "ROLE_NOT_ALLOWED")


@pytest.mark.threat("masquerade / key misuse", defence="ROLE", measure="types of people signed by nodes, refused")
def test_no_node_signs_what_people_say() -> None:
    refused(signed(statement(), channel().nodes[A]), "ROLE_NOT_ALLOWED")
    refused(signed(statement(flash()), officer(), channel().nodes[A]), "ROLE_NOT_ALLOWED")


def test_one_node_signs_that_of_its_post_in_the_epoch_of_the_log() -> None:
    words = node_says(v1.ChannelTest(serial=1))
    refused(signed(words, channel().nodes[A], channel().nodes[B]), "SIGNATURE_COUNT")
    refused(signed(words, channel().nodes[B]), "NOT_ITS_POST")
    refused(signed(words, channel().nodes[A]), "CERTIFICATE_EXPIRED", trust().nodes[A].valid.until_ns)
    verified = verify_statement(signed(words, channel().nodes[A]), trust())
    assert code_of(judge(verified, trust(), A, 2, START_NS)) == "CERTIFICATE_EXPIRED"


def test_it_is_said_what_is_wrong_with_a_nodes_signature() -> None:
    words = node_says(v1.ChannelTest(serial=1))
    kind, node = "hotline.v1.ChannelTest", channel().nodes[A]
    assert told(signed(words, officer())) == ("ROLE_NOT_ALLOWED", f"{kind} is signed by a node")
    assert told(signed(words, node, channel().nodes[B])) == ("SIGNATURE_COUNT", f"{kind} is signed by one node")
    assert told(signed(words, channel().nodes[B])) == ("NOT_ITS_POST", f"signed by the node of {B}")
    expired = "CERTIFICATE_EXPIRED", f"the certificate of {A} does not hold here"
    assert told(signed(words, node), trust().nodes[A].valid.until_ns) == expired


# -- officers ----------------------------------------------------------------------------------------------------------


def test_who_signed_is_told_by_person_and_role() -> None:
    both = verify_statement(signed(statement(flash()), officer("ada"), officer("cy")), trust())
    assert signer_names(officers_of(both, trust(), START_NS)) == ("ada (watch-officer)", "cy (releaser)")
    node = verify_statement(signed(statement(), channel().nodes[A]), trust())
    assert signer_names(officers_of(node, trust(), START_NS)) == ("node",)


def test_who_signed_is_told_as_he_was_when_it_was_sealed() -> None:
    """A key that is certified anew, in another role: what it signed before keeps the role of then."""
    ada, again_ns = officer("ada"), START_NS + 2 * DAY_NS
    known = held(certify("ada", ada, "releaser", again_ns))
    signature = verify_statement(signed(statement()), known)
    assert [signer_names(officers_of(signature, known, at_ns)) for at_ns in (START_NS, again_ns)] == [
        ("ada (watch-officer)",),
        ("ada (releaser)",),
    ]


def test_it_is_said_who_may_not_sign() -> None:
    kind, until_ns = "hotline.v1.ActivityNotice", trust().officer_of(officer().fingerprint).valid.until_ns
    assert told(signed(statement(), officer("ada", B))) == ("NOT_ITS_POST", f"signed by an officer of {B}")
    assert told(signed(statement()), until_ns - 1) == ("", "")
    assert told(signed(statement()), until_ns) == ("CERTIFICATE_EXPIRED", "the certificate of ada does not hold now")
    assert told(signed(statement(), officer("dee"))) == ("ROLE_NOT_ALLOWED", f"a cook may not sign {kind}")
    both = signed(statement(), officer("ada"), officer("cy"))
    assert told(both) == ("SIGNATURE_COUNT", f"2 persons signed; {kind} needs 1")


def lending(post: str = A, giver: str = "cy", taker: str = "dee", role: str = "releaser") -> Trust:
    """The channel in which one officer of a post lends a role to another, until noon of the first day."""

    def lend(listed: v1.Directory) -> None:
        if listed.party == "AUS":
            valid = window(START_NS - DAY_NS // 2, START_NS + DAY_NS // 2)
            listed.delegations.add(post=post, from_person=giver, to_person=taker, role=role, valid=valid)

    return remade(directory=lend).trust


def under(known: Trust, body: Message, *persons: str, at_ns: int = START_NS, post: str = A) -> str:
    """The code for which a statement is refused under other directories; empty when it stands."""
    words = statement(body, agreement_digest=known.agreement.digest, from_post=post, action=[C])
    return code_of(judged(signed(words, *(officer(person, post) for person in persons)), post, at_ns, known))


def test_a_lent_role_holds_for_its_time() -> None:
    """REQ-ROLE-3."""
    known = lending()
    assert under(trust_as(known), notice(), "dee") == "ROLE_NOT_ALLOWED"
    assert under(known, notice(), "dee") == ""
    assert under(known, notice(), "dee", at_ns=START_NS + DAY_NS // 2 - 1) == ""
    assert under(known, notice(), "dee", at_ns=START_NS + DAY_NS // 2) == "ROLE_NOT_ALLOWED"


def trust_as(known: Trust) -> Trust:
    """The same channel without the delegation."""
    assert known.agreement.digest == trust().agreement.digest
    return trust()


@pytest.mark.threat("insider operator", defence="2P ROLE", measure="delegations to oneself, one person counted")
def test_who_signs_in_a_lent_role_is_the_person_counted() -> None:
    assert under(lending(), flash(), "cy", "dee") == ""
    assert under(lending(), flash(), "dee") == "SIGNATURE_COUNT"


@pytest.mark.parametrize(
    "known",
    [
        lambda: lending(giver="ada"),
        lambda: lending(giver="nobody"),
        lambda: lending(taker="bo"),
        lambda: lending(role="cook"),
        lambda: lending(post=B),
    ],
    ids=["not held", "by nobody", "to another", "another role", "for a post of another party"],
)
def test_a_role_is_lent_by_who_holds_it_at_that_post(known: Callable[[], Trust]) -> None:
    assert under(known(), notice(), "dee") == "ROLE_NOT_ALLOWED"
    assert under(known(), notice(), "dee", post=B) == "ROLE_NOT_ALLOWED"


@pytest.mark.threat("officer key compromise", defence="ROLE", measure="lent roles not lent on")
def test_a_lent_role_cannot_be_lent_on() -> None:
    def lend_on(listed: v1.Directory) -> None:
        valid = window(START_NS - DAY_NS, START_NS + DAY_NS)
        if listed.party == "AUS":
            listed.delegations.add(post=A, from_person="cy", to_person="ada", role="releaser", valid=valid)
            listed.delegations.add(post=A, from_person="ada", to_person="dee", role="releaser", valid=valid)

    known = remade(directory=lend_on).trust
    assert known.roles_of(known.officer_of(officer("ada").fingerprint), START_NS) == {"watch-officer", "releaser"}
    assert known.roles_of(known.officer_of(officer("dee").fingerprint), START_NS) == {"cook"}


# -- levels ------------------------------------------------------------------------------------------------------------


def suspended() -> v1.ChannelStatus:
    body = v1.ChannelStatus(status=v1.ChannelStatus.STATUS_SUSPENDED, reason="by order")
    getattr(body, "from").CopyFrom(to_timestamp(START_NS))
    return body


def test_a_post_below_the_level_is_heard_and_marked() -> None:
    """REQ-ROLE-2: never refused for its level."""

    def promote(listed: v1.Directory) -> None:
        listed.posts[0].level = v1.LEVEL_POLITICAL

    def releasers(rule: v1.Agreement) -> None:
        next(each for each in rule.types if each.type == "hotline.v1.ChannelStatus").roles.append("watch-officer")

    for directory, lacks in ((lambda listed: None, True), (promote, False)):
        known = remade(agreement=releasers, directory=directory).trust
        words = statement(suspended(), agreement_digest=known.agreement.digest)
        found = judged(signed(words, officer("ada"), officer("cy")), by=known).said
        assert found is not None and found.lacks_level is lacks
    notice_of_any = judged(signed(statement())).said
    assert notice_of_any is not None and not notice_of_any.lacks_level
