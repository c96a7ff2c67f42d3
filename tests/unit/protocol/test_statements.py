"""One statement by itself: how it is composed, and every reason for which all parties refuse it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.kit import START, START_NS, A, B, C, flash, notice
from tests.unit.protocol.handmade import (
    DAY_NS,
    channel,
    header,
    judged,
    officer,
    said,
    signed,
    statement,
    trust,
    with_bits_flipped,
)

from hotline import v1
from hotline.agreements.build import window
from hotline.protocol.envelope import STATEMENT, sign
from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import to_timestamp
from hotline.protocol.statements import (
    BODIES,
    BODY_OF,
    Draft,
    Examined,
    compose,
    examine,
    judge,
    judge_all,
    sign_statement,
    verify_statement,
)

NONCE = bytes(range(16))


def refused(envelope: v1.Envelope, code: str, post: str = A, at_ns: int = START_NS) -> None:
    found = judged(envelope, post, at_ns)
    assert found.refusal is not None and found.refusal.code == code
    assert found.said is None


def update(*roles: v1.Reference.Role.ValueType) -> v1.Statement:
    references = [v1.Reference(digest=bytes([n]) * 32, role=role) for n, role in enumerate(roles)]
    return statement(v1.ActivityUpdate(notice=notice()), references=references)


def test_a_statement_that_stands_is_read() -> None:
    words = statement(notice(), info=[C])
    found = judged(signed(words))
    assert found.refusal is None and found.said is not None
    assert found.said.body == notice()
    assert found.said.header == words.header
    assert found.said.addressees == (B, C)
    assert [(o.person, o.role) for o in found.said.officers] == [("ada", "watch-officer")]


def test_two_persons_may_sign_what_two_must_sign() -> None:
    assert len(said(flash(), officer("ada"), officer("cy")).officers) == 2


@pytest.mark.threat("insertion / spoof", defence="ID", measure="headers of elsewhere, refused")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": v1.KIND_ACTUAL}, "WRONG_KIND"),
        ({"channel": "another"}, "WRONG_CHANNEL"),
        ({"agreement_digest": bytes(32)}, "UNKNOWN_AGREEMENT"),
        ({"from_post": B}, "NOT_ITS_POST"),
        ({"action": ["JPN:elsewhere"]}, "UNKNOWN_ADDRESSEE"),
        ({"info": ["KOR:fleet-watch"]}, "UNKNOWN_ADDRESSEE"),
        ({"release_before": to_timestamp(START_NS)}, "RELEASE_PASSED"),
        ({"action": []}, "RULE_BROKEN"),
        ({"info": [B]}, "RULE_BROKEN"),
        ({"handling": "a\u202eb"}, "SCAN_TEXT_CONTROL"),
    ],
)
def test_a_header_that_does_not_stand_is_refused(changes: dict[str, Any], code: str) -> None:
    refused(signed(statement(**changes), officer()), code)


def test_a_header_that_can_be_read_is_kept_beside_the_refusal() -> None:
    words = statement(channel="another", precedence=v1.PRECEDENCE_FLASH)
    assert judged(signed(words, officer())).statement == words
    assert judged(signed(statement(action=[]), officer())).statement is None


@pytest.mark.threat("delay", defence="FRESH", measure="statements past their release refused")
def test_released_in_time_is_sealed() -> None:
    assert judged(signed(statement(release_before=to_timestamp(START_NS + 1_000_000)))).said is not None


IN_FORCE = trust().agreement.in_force
VALID = trust().officer_of(officer().fingerprint).valid


@pytest.mark.parametrize("at_ns", [IN_FORCE.from_ns - 1, IN_FORCE.until_ns])
def test_the_agreement_must_be_in_force_at_sealing(at_ns: int) -> None:
    refused(signed(statement()), "AGREEMENT_EXPIRED", at_ns=at_ns)


@pytest.mark.parametrize("at_ns", [VALID.from_ns, VALID.until_ns - 1])
def test_a_certificate_holds_until_its_last_instant(at_ns: int) -> None:
    assert judged(signed(statement()), at_ns=at_ns).said is not None


def test_a_certificate_must_hold_at_sealing() -> None:
    assert VALID.until_ns < IN_FORCE.until_ns
    refused(signed(statement()), "CERTIFICATE_EXPIRED", at_ns=VALID.until_ns)


def test_a_statement_larger_than_agreed_is_refused() -> None:
    at_most = trust().agreement.message.line.statement_bytes_max
    words = sign(STATEMENT, bytes(at_most + 1), officer())
    refused(words, "TOO_LARGE")
    refused(sign(STATEMENT, bytes(at_most), officer()), "SCAN_UNKNOWN_FIELD")


def test_a_type_that_is_not_in_force_is_refused() -> None:
    words = statement()
    words.body_type = "hotline.v1.Craft"
    refused(signed(words), "UNKNOWN_TYPE")


@pytest.mark.threat("upgrade / mixed version", defence="ID", measure="unknown types refused, never hidden")
def test_a_type_in_force_that_this_node_does_not_know_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    words = statement()
    words.body_type = "hotline.v2.ActivityNotice"
    rule = v1.TypeRule(type=words.body_type, layer=v1.LAYER_SAFETY, roles=["watch-officer"], persons=1)
    monkeypatch.setitem(trust().terms(START_NS).type_rules, words.body_type, rule)
    refused(signed(words), "UNKNOWN_TYPE")


@pytest.mark.threat("masquerade / key misuse", defence="ID", measure="officers of other posts, refused")
@pytest.mark.parametrize("signer", [lambda: officer("ada", B), lambda: officer("ada", C)])
def test_an_officer_of_another_post_does_not_speak_for_it(signer: Callable[[], object]) -> None:
    refused(signed(statement(), signer()), "NOT_ITS_POST")  # type: ignore[arg-type]  # a signer, made late


@pytest.mark.threat("masquerade / key misuse", defence="ROLE", measure="roles that may not sign, refused")
def test_a_role_that_may_not_sign_the_type_is_refused() -> None:
    refused(signed(statement(), officer("dee")), "ROLE_NOT_ALLOWED")


@pytest.mark.threat("officer key compromise", defence="2P", measure="numbers of signers refused")
@pytest.mark.parametrize("persons", [("ada",), ("ada", "bo", "cy")])
def test_as_many_persons_sign_as_the_type_needs(persons: tuple[str, ...]) -> None:
    refused(signed(statement(flash()), *map(officer, persons)), "SIGNATURE_COUNT")
    refused(signed(statement(notice()), officer("ada"), officer("bo")), "SIGNATURE_COUNT")


@pytest.mark.threat("insider operator", defence="2P", measure="second keys of one person, not counted")
def test_one_person_with_two_keys_is_one_person(monkeypatch: pytest.MonkeyPatch) -> None:
    known = trust()
    bo = known.officer_of(officer("bo").fingerprint)
    monkeypatch.setitem(known._officers, officer("bo").fingerprint, (replace(bo, person="ada"),))
    refused(signed(statement(flash()), officer("ada"), officer("bo")), "SIGNATURE_COUNT")
    refused(signed(statement(notice()), officer("ada"), officer("bo")), "SIGNATURE_COUNT")


def test_a_body_is_scanned_and_held_against_its_rules() -> None:
    words = statement(notice(designation=""))
    refused(signed(words), "RULE_BROKEN")
    words.body = notice().SerializeToString() + b"\xf8\x07\x01"
    refused(signed(words), "SCAN_UNKNOWN_FIELD")


@pytest.mark.parametrize("where", ["payload", "sig", "keyid"])
def test_what_does_not_verify_is_not_judged(where: str) -> None:
    with pytest.raises(PeerDataError):
        verify_statement(with_bits_flipped(signed(statement()), where), trust())


@pytest.mark.threat("insertion / spoof", defence="KEYS", measure="kinds of foreign keys refused")
@pytest.mark.parametrize(
    "signer",
    [lambda: channel("another", 60).nodes[A], lambda: channel("another", 60).officers[A]["ada"]],
    ids=["a node", "an officer"],
)
def test_only_keys_of_the_channel_sign_statements(signer: Callable[[], object]) -> None:
    with pytest.raises(PeerDataError, match="KEY_UNKNOWN"):
        verify_statement(signed(statement(), signer()), trust())  # type: ignore[arg-type]  # a signer, made late


def test_many_are_judged_as_each_by_itself() -> None:
    """The steps go over all of them together; what is found in one has nothing to do with the others."""
    envelopes = [
        signed(statement()),
        signed(statement(channel="another")),
        sign(STATEMENT, b"\xff", officer()),
        signed(statement(notice(designation=""))),
        signed(update(v1.Reference.ROLE_UPDATES)),
    ]
    verified = [verify_statement(envelope, trust()) for envelope in envelopes]
    together = judge_all([(each, START_NS) for each in verified], trust(), A, 1)
    alone = [judge(each, trust(), A, 1, START_NS) for each in verified]
    codes = [found.refusal.code if found.refusal else "" for found in together]
    assert codes == ["", "WRONG_CHANNEL", "SCAN_TRUNCATED", "RULE_BROKEN", ""]
    assert codes == [found.refusal.code if found.refusal else "" for found in alone]
    assert [(found.said, found.statement) for found in together] == [(found.said, found.statement) for found in alone]


def test_each_is_judged_at_its_own_moment() -> None:
    verified = verify_statement(signed(statement()), trust())
    found = judge_all([(verified, START_NS), (verified, VALID.until_ns)], trust(), A, 1)
    assert [judged.refusal.code if judged.refusal else "" for judged in found] == ["", "CERTIFICATE_EXPIRED"]


def test_what_does_not_verify_keeps_its_place_among_the_examined() -> None:
    good, bad = signed(statement()), with_bits_flipped(signed(statement()), "sig")
    first, error, refused_one, last = examine(
        [good, bad, signed(statement(kind=v1.KIND_ACTUAL)), good], trust(), A, 1, START_NS
    )
    assert isinstance(error, PeerDataError) and error.code == "SIGNATURE_INVALID"
    assert isinstance(first, Examined) and isinstance(last, Examined) and isinstance(refused_one, Examined)
    assert first == last and first.judged.said is not None
    assert refused_one.judged.refusal is not None and refused_one.judged.refusal.code == "WRONG_KIND"
    assert examine([], trust(), A, 1, START_NS) == []


def test_what_is_signed_is_the_statement_and_nothing_else() -> None:
    envelope = sign_statement(statement(), officer(), officer("bo"))
    assert v1.Statement.FromString(envelope.payload) == statement()
    assert [each.keyid for each in envelope.signatures] == [officer().fingerprint, officer("bo").fingerprint]


def test_every_type_in_force_is_known() -> None:
    assert set(trust().terms(START_NS).type_rules) == set(BODY_OF)
    assert [BODY_OF[body.DESCRIPTOR.full_name] for body in BODIES] == list(BODIES)


def test_the_rest_of_a_header_follows_from_the_line() -> None:
    draft = Draft(body=notice(), action=[B], precedence=v1.PRECEDENCE_IMMEDIATE)
    assert compose(draft, trust(), A, NONCE, START) == statement(nonce=NONCE)


def test_what_the_sender_decides_stands_in_the_header() -> None:
    valid = window(START_NS, START_NS + DAY_NS)
    draft = Draft(
        body=notice(),
        action=[B],
        precedence=v1.PRECEDENCE_FLASH,
        info=[C],
        stage_requested=v1.STAGE_DONE,
        thread=bytes(32),
        seen=[bytes([1]) * 32],
        references=[v1.Reference(digest=bytes(32), role=v1.Reference.ROLE_FOLLOWS)],
        texts=[v1.Text(language="zh", text="三海里以外", role=v1.Text.ROLE_AUTHENTIC)],
        basis=["Article VI(1)"],
        handling="channel parties only",
        reply_by_ns=START_NS + 1,
        release_before_ns=START_NS + 1_000_000,
        validity=valid,
    )
    assert compose(draft, trust(), A, NONCE, START).header == header(
        nonce=NONCE,
        precedence=v1.PRECEDENCE_FLASH,
        info=[C],
        stage_requested=v1.STAGE_DONE,
        thread=bytes(32),
        seen=[bytes([1]) * 32],
        references=[v1.Reference(digest=bytes(32), role=v1.Reference.ROLE_FOLLOWS)],
        texts=[v1.Text(language="zh", text="三海里以外", role=v1.Text.ROLE_AUTHENTIC)],
        basis=["Article VI(1)"],
        handling="channel parties only",
        reply_by=to_timestamp(START_NS),
        release_before=to_timestamp(START_NS + 1_000_000),
        validity=valid,
    )


@pytest.mark.parametrize(
    "draft",
    [
        Draft(body=notice(radius_m=0), action=[B], precedence=v1.PRECEDENCE_FLASH),
        Draft(body=notice(), action=[], precedence=v1.PRECEDENCE_FLASH),
        Draft(body=notice(), action=[B], precedence=v1.PRECEDENCE_UNSPECIFIED),
    ],
    ids=["body", "addressees", "precedence"],
)
def test_a_draft_that_breaks_a_rule_is_refused(draft: Draft) -> None:
    with pytest.raises(PeerDataError, match="RULE_BROKEN"):
        compose(draft, trust(), A, NONCE, START)
