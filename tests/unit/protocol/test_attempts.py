"""What was tried about silent posts, and what was said by other means, as every post reads it from the logs."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message
from tests.kit import START_NS, A, B, C, notice
from tests.unit.protocol.handmade import channel, entry

from hotline import v1
from hotline.protocol.attempts import Attempts, about, alerts
from hotline.protocol.book import Book, Entry
from hotline.protocol.effects import Alert
from hotline.protocol.instant import NS_PER_S, to_timestamp

SUBJECT = bytes([7]) * 32
QUERY = v1.QueryAck(subject=SUBJECT, post=B, stage=v1.STAGE_READ, number=2)
TURN = v1.Escalated(
    original=SUBJECT, silent_post=B, step=v1.Escalated.STEP_ALTERNATE_POST, target=C, stage=v1.STAGE_READ
)
CALL = v1.Escalated(original=SUBJECT, silent_post=B, step=v1.Escalated.STEP_OTHER_CHANNEL, stage=v1.STAGE_READ)
CARD = (v1.OtherChannel(medium=v1.MEDIUM_VHF, address="channel 16"),)


def by_node(body: Message, sequence: int = 1, at_ns: int = START_NS) -> Entry:
    return entry(body, channel().nodes[A], sequence=sequence, at_ns=at_ns)


def phoned(**changes: object) -> v1.OutOfBand:
    fields: dict[str, object] = {"subject": SUBJECT, "post": B, "medium": v1.MEDIUM_TELEPHONE, "stage": v1.STAGE_READ}
    return v1.OutOfBand(said_at=to_timestamp(START_NS), **{**fields, **changes})  # type: ignore[arg-type]


def attempts(*entries: Entry) -> tuple[Attempts, Book]:
    book = Book()
    found = Attempts(book)
    for each in entries:
        book.add(each)
        assert found.add(each) == (SUBJECT, B)
    return found, book


def test_steps_are_in_the_order_they_were_sealed() -> None:
    turn, query = by_node(TURN, sequence=2, at_ns=START_NS + NS_PER_S), by_node(QUERY)
    found, _ = attempts(turn, query)
    steps = [(step.step, step.target, step.at_ns, step.statement) for step in found.steps((SUBJECT, B))]
    assert steps == [
        ("QUERY", B, START_NS, query.digest),
        ("ALTERNATE_POST", C, START_NS + NS_PER_S, turn.digest),
    ]
    assert found.steps((SUBJECT, C)) == ()


def test_a_claim_is_its_signers() -> None:
    text = v1.Text(language="en", text="Understood.", role=v1.Text.ROLE_AUTHENTIC)
    claim = entry(phoned(spoken_with="the duty officer", read_back=True, words=text))
    found, _ = attempts(claim)
    (view,) = found.claims((SUBJECT, B))
    assert (view.by, view.stage, view.medium, view.said_at_ns) == (A, v1.STAGE_READ, "TELEPHONE", START_NS)
    assert (view.detail, view.statement) == ("spoke with the duty officer; read back; Understood.", claim.digest)
    assert attempts(entry(phoned()))[0].claims((SUBJECT, B))[0].detail == ""


def test_what_does_not_count_is_not_among_them() -> None:
    query, claim = by_node(QUERY), entry(phoned(), sequence=2)
    found, book = attempts(query, claim)
    for each in (query, claim):
        book.void(each.digest, "DISAVOWED")
    assert (found.steps((SUBJECT, B)), found.claims((SUBJECT, B))) == ((), ())


def test_other_statements_are_none_of_these() -> None:
    assert Attempts(Book()).add(entry(notice())) is None
    assert about(notice()) is None


def told(body: Message, own: str) -> list[Alert]:
    return list(alerts(by_node(body), own, CARD))


@pytest.mark.parametrize(("own", "codes"), [(A, []), (B, ["QUERIED"]), (C, [])])
def test_who_is_asked_is_told(own: str, codes: list[str]) -> None:
    assert [alert.code for alert in told(QUERY, own)] == codes
    assert all(alert.detail == f"{A} asks again for READ (2)" for alert in told(QUERY, own))


@pytest.mark.parametrize("own", [A, B, C])
def test_whom_a_step_concerns_is_told(own: str) -> None:
    (alert,) = told(TURN, own)
    assert (alert.code, alert.digest, alert.post) == ("ESCALATED", SUBJECT, B)
    assert alert.detail == f"{A} turns to {C}: {B} has not said READ"


def test_who_waits_is_given_the_card() -> None:
    turned, card = told(CALL, A)
    assert turned.detail == f"{A} turns to another channel: {B} has not said READ"
    assert (card.code, card.detail) == ("USE_OTHER_CHANNEL", f"reach {B} by VHF channel 16")
    assert [alert.code for alert in told(CALL, B)] == ["ESCALATED"]
    assert told(CALL, C) == []


def test_nothing_is_told_of_what_was_refused() -> None:
    refused = entry(QUERY)
    assert refused.refused == "ROLE_NOT_ALLOWED"
    assert list(alerts(refused, B, CARD)) == []
