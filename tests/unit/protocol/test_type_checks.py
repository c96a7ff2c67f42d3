"""What single types ask of header, body and signers, and what a test of the line can never be."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import Figure
from tests.kit import START_NS, A, B, C, flash, notice
from tests.unit.protocol.handmade import channel, judged, officer, signed, statement, trust

from hotline import v1
from hotline.agreements.build import window
from hotline.protocol.envelope import STATEMENT, Signed, digest_of, sign
from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.statements import BODY_OF, judge, verify_statement
from hotline.protocol.type_checks import SUCCESSOR_ROLE


def code(envelope: v1.Envelope) -> str:
    found = judged(envelope)
    return found.refusal.code if found.refusal else ""


# -- references --------------------------------------------------------------------------------------------------------


def update(*roles: v1.Reference.Role.ValueType) -> v1.Statement:
    references = [v1.Reference(digest=bytes([n]) * 32, role=role) for n, role in enumerate(roles)]
    return statement(v1.ActivityUpdate(notice=notice()), references=references)


@pytest.mark.parametrize(
    "roles",
    [
        (),
        (v1.Reference.ROLE_FOLLOWS,),
        (v1.Reference.ROLE_CANCELS,),
        (v1.Reference.ROLE_UPDATES, v1.Reference.ROLE_UPDATES),
    ],
)
def test_an_update_names_exactly_one_predecessor(roles: tuple[v1.Reference.Role.ValueType, ...]) -> None:
    assert code(signed(update(*roles))) == "REFERENCE_COUNT"


def test_other_references_do_not_count() -> None:
    assert code(signed(update(v1.Reference.ROLE_UPDATES, v1.Reference.ROLE_FOLLOWS))) == ""


def test_a_cancel_names_exactly_one_predecessor() -> None:
    assert code(signed(statement(v1.ActivityCancel(reason="called off")))) == "REFERENCE_COUNT"
    assert set(SUCCESSOR_ROLE) <= set(BODY_OF)


# -- tests of the line -------------------------------------------------------------------------------------------------


def line_test(body: v1.ChannelTest | None = None, **changes: Any) -> v1.Statement:
    fields: dict[str, Any] = {"action": [B, C], "precedence": v1.PRECEDENCE_ROUTINE, **changes}
    return statement(body or v1.ChannelTest(serial=1), **fields)


def by_node(words: v1.Statement) -> v1.Envelope:
    return signed(words, channel().nodes[A])


def test_a_plain_test_stands() -> None:
    assert code(by_node(line_test())) == ""
    people = v1.ChannelTest(serial=2, by_people=True)
    assert code(by_node(line_test(people, info=[C], action=[B], stage_requested=v1.STAGE_READ))) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"precedence": v1.PRECEDENCE_FLASH},
        {"precedence": v1.PRECEDENCE_PRIORITY},
        {"thread": bytes([1]) * 32},
        {"seen": [bytes(32)]},
        {"texts": [v1.Text(language="en", text="attack", role=v1.Text.ROLE_AUTHENTIC)]},
        {"references": [v1.Reference(digest=bytes(32), role=v1.Reference.ROLE_FOLLOWS)]},
        {"basis": ["Article 1"]},
        {"validity": window(START_NS, START_NS + 1_000_000_000)},
        {"reply_by": to_timestamp(START_NS + 1_000_000)},
        {"release_before": to_timestamp(START_NS + 1_000_000)},
        {"handling": "urgent"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_test_has_nothing_that_an_alert_could_have(changes: dict[str, Any]) -> None:
    """REQ-LINE-1."""
    assert code(by_node(line_test(**changes))) == "TEST_NOT_PLAIN"


def flipped(data: bytes, *bits: int) -> bytes:
    changed = bytearray(data)
    for bit in bits:
        changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def reads_as(payload: bytes, keyid: bytes) -> Message | None:
    """What a post would take these bytes for if their signature held; None if it would refuse them."""
    envelope = v1.Envelope(payload_type=STATEMENT, payload=payload)
    found = judge(Signed(envelope, digest_of(envelope), (keyid,)), trust(), A, 1, START_NS).said
    return found.body if found else None


TEST = line_test().SerializeToString(deterministic=True)
ALERT = statement(v1.BreakGlassFlash(flash=flash(), reason="alone"), precedence=v1.PRECEDENCE_FLASH).SerializeToString(
    deterministic=True
)
PAIRS = st.lists(st.integers(0, 8 * len(TEST) - 1), min_size=1, max_size=2, unique=True)


@given(PAIRS)
@settings(max_examples=200)
def test_a_test_with_bits_turned_over_does_not_verify(bits: list[int]) -> None:
    envelope = by_node(line_test())
    envelope.payload = flipped(TEST, *bits)
    with pytest.raises(PeerDataError, match="SIGNATURE_INVALID"):
        verify_statement(envelope, trust())


@pytest.mark.threat(
    "test-pattern as alert", defence="SCAN", measure="flipped bits of a test before it is signed, no alert"
)
@pytest.mark.parametrize("bit", range(8))
def test_no_bit_turned_over_before_it_is_signed_makes_a_test_an_alert(bit: int, figure: Figure) -> None:
    """The node's memory may be bad before it signs (1980, a chip): what comes out is refused, or still a test."""
    node = channel().nodes[A].fingerprint
    assert isinstance(reads_as(TEST, node), v1.ChannelTest)
    for place in range(len(TEST)):
        found = reads_as(flipped(TEST, 8 * place + bit), node)
        assert found is None or isinstance(found, v1.ChannelTest)
    figure(len(TEST))


@pytest.mark.threat("test-pattern as alert", defence="SCAN", measure="tests with pairs of bits flipped, no alert")
@given(PAIRS)
@settings(max_examples=1000)
def test_no_two_bits_turned_over_make_a_test_an_alert(bits: list[int]) -> None:
    found = reads_as(flipped(TEST, *bits), channel().nodes[A].fingerprint)
    assert found is None or isinstance(found, v1.ChannelTest)


@given(st.lists(st.integers(0, 8 * len(ALERT) - 1), min_size=1, max_size=2, unique=True))
@settings(max_examples=1000)
def test_no_two_bits_turned_over_make_an_alert_a_test(bits: list[int]) -> None:
    assert isinstance(reads_as(ALERT, officer().fingerprint), v1.BreakGlassFlash)
    assert not isinstance(reads_as(flipped(ALERT, *bits), officer().fingerprint), v1.ChannelTest)


@pytest.mark.threat("test-pattern as alert", defence="ID", measure="pairs of types that share nothing")
def test_a_test_and_an_alert_share_no_field_and_no_kind_of_key() -> None:
    words = line_test()
    words.body_type = "hotline.v1.BreakGlassFlash"
    assert code(sign(STATEMENT, words.SerializeToString(), channel().nodes[A])) == "ROLE_NOT_ALLOWED"
    assert code(sign(STATEMENT, words.SerializeToString(), officer())) == "SCAN_WIRE_TYPE"


# -- retractions, radio silence, the watch -----------------------------------------------------------------------------


@pytest.mark.parametrize("precedence", ["ROUTINE", "PRIORITY", "IMMEDIATE", "FLASH"])
def test_a_retraction_is_flash(precedence: str) -> None:
    """REQ-RETRACT-1."""
    body = v1.Retraction(subject=bytes(32), reason="sent in error")
    words = statement(body, precedence=v1.Precedence.Value(f"PRECEDENCE_{precedence}"))
    assert code(signed(words)) == ("" if precedence == "FLASH" else "RETRACTION_NOT_FLASH")


DAY_S = 86_400


def silence(length_s: float | None) -> v1.RadioSilence:
    body = v1.RadioSilence()
    getattr(body, "from").CopyFrom(to_timestamp(START_NS))
    if length_s is not None:
        body.until.CopyFrom(to_timestamp(START_NS + round(length_s * NS_PER_S)))
    return body


@pytest.mark.parametrize(
    ("length_s", "refusal"),
    [
        (60, ""),
        (DAY_S, ""),
        (DAY_S + 0.001, "RADIO_SILENCE_TOO_LONG"),
        (30 * DAY_S, "RADIO_SILENCE_TOO_LONG"),
        (None, ""),
    ],
)
def test_radio_silence_is_bounded(length_s: float | None, refusal: str) -> None:
    """REQ-LINE-4."""
    assert code(signed(statement(silence(length_s)))) == refusal


def handover(outgoing: str = "ada", incoming: str = "cy") -> v1.WatchHandover:
    return v1.WatchHandover(position="bridge", outgoing=outgoing, incoming=incoming, at=to_timestamp(START_NS))


@pytest.mark.parametrize(
    ("signers", "refusal"),
    [
        (("ada", "cy"), ""),
        (("cy", "ada"), ""),
        (("ada", "bo"), "HANDOVER_SIGNERS"),
        (("bo", "cy"), "HANDOVER_SIGNERS"),
        (("ada",), "SIGNATURE_COUNT"),
        (("ada", "bo", "cy"), "SIGNATURE_COUNT"),
    ],
)
def test_who_leaves_and_who_takes_over_sign_the_handover(signers: tuple[str, ...], refusal: str) -> None:
    """REQ-ROLE-5."""
    assert code(signed(statement(handover()), *map(officer, signers))) == refusal


def test_a_handover_goes_to_another_person() -> None:
    assert code(signed(statement(handover(incoming="ada")), officer("ada"), officer("cy"))) == "RULE_BROKEN"
