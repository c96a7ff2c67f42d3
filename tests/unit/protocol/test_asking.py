"""Open cases: when each is looked at again, one step for each, and what cannot be said (REQ-SILENCE-3)."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.message import Message
from tests.kit import START, START_NS, A, B, C, notice
from tests.unit.protocol.handmade import ack, entry, trust
from tests.unit.protocol.ledgers import give

from hotline import v1
from hotline.protocol.asking import Asking
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert
from hotline.protocol.instant import NS_PER_S, Instant
from hotline.protocol.ledger import Ledger

# IMMEDIATE: DELIVERED is due after a minute, PRESENTED after five; asked again after 10 and 20 minutes.
MINUTE_NS = 60 * NS_PER_S
FIRST = START.later(MINUTE_NS)


class Desk:
    """A ledger of ours with what it has asked."""

    def __init__(self, *entries: Entry, stands: bool = True) -> None:
        self.ledger = Ledger(A, trust())
        give(self.ledger, *entries)
        self.asking = Asking(self.ledger)
        self.said: list[tuple[Message, Sequence[str]]] = []
        self.stands = stands

    def expire(self, now: Instant) -> None:
        for verdict in self.ledger.waits.expire(now):
            self.ledger.verdict(verdict)

    def act(self, now: Instant) -> list[str]:
        """Names of the bodies said now."""
        self.said.clear()
        self.asking.act(now, self.say)
        return [body.DESCRIPTOR.name for body, _ in self.said]

    def say(
        self,
        body: Message,
        action: Sequence[str],
        precedence: v1.Precedence.ValueType,
        *,
        asks: v1.Stage.ValueType,
        thread: bytes,
    ) -> bytes | None:
        self.said.append((body, action))
        return bytes(32) if self.stands else None

    def alerts(self, code: str) -> int:
        return sum(isinstance(told, Alert) and told.code == code for told in self.ledger.tell)


def asked(sequence: int = 1, **changes: object) -> Entry:
    fields: dict[str, object] = {"stage_requested": v1.STAGE_READ, "nonce": bytes([sequence]) * 16, **changes}
    return entry(notice(), sequence=sequence, **fields)  # type: ignore[arg-type]


def test_nothing_is_done_while_nothing_is_overdue() -> None:
    desk = Desk(asked())
    assert desk.asking.next_deadline(START) is None
    assert desk.act(START) == []
    assert desk.asking.outlook(asked(), B, START) is None


def test_each_silent_post_is_asked_for_itself() -> None:
    desk = Desk(asked(action=[B, C]), asked(2))
    desk.expire(FIRST)
    assert desk.asking.next_deadline(FIRST) == FIRST.mono_ns
    assert desk.act(FIRST) == ["QueryAck"] * 3
    assert sorted(action[0] for _, action in desk.said) == [B, B, C]


def test_what_cannot_be_said_is_not_tried_again() -> None:
    desk = Desk(asked(), stands=False)
    desk.expire(FIRST)
    assert desk.act(FIRST) == ["QueryAck"]
    assert desk.act(FIRST.later(NS_PER_S)) == []
    assert desk.asking.next_deadline(FIRST.later(NS_PER_S)) is None
    outlook = desk.asking.outlook(desk.ledger.book.entries[asked().digest], B, FIRST)
    assert outlook is not None
    assert (outlook.word, outlook.step, outlook.ended) == ("PEER_DOWN", None, "EXHAUSTED")


def test_a_step_that_is_in_no_log_is_still_due() -> None:
    """Nothing but the own log says what was done."""
    desk = Desk(asked())
    desk.expire(FIRST)
    assert desk.act(FIRST) == ["QueryAck"]
    assert desk.act(FIRST) == ["QueryAck"]


def test_the_delivery_of_an_acknowledgement_is_not_asked_for() -> None:
    desk = Desk(entry(ack(bytes(32))))
    desk.expire(FIRST)
    assert desk.ledger.waits.overdue
    assert desk.act(FIRST) == []
    held = next(iter(desk.ledger.book.entries.values()))
    outlook = desk.asking.outlook(held, B, FIRST)
    assert outlook is not None
    assert (outlook.word, outlook.step, outlook.ended) == ("PEER_DOWN", None, "")


def test_what_is_answered_meanwhile_is_not_asked_about() -> None:
    desk = Desk(asked())
    desk.expire(FIRST)
    late = v1.Verdict(
        statement_digest=asked().digest, post=B, stage=v1.STAGE_DELIVERED, outcome=v1.Verdict.OUTCOME_LATE
    )
    desk.ledger.verdict(late)
    assert desk.act(FIRST) == []
    assert desk.asking.next_deadline(FIRST) is None


def test_the_steps_begin_at_the_deadline_even_when_it_is_found_later() -> None:
    desk = Desk(asked())
    later = START.later(4 * MINUTE_NS)
    desk.expire(later)
    held = desk.ledger.book.entries[asked().digest]
    outlook = desk.asking.outlook(held, B, later)
    assert outlook is not None and outlook.step is not None
    assert (outlook.step.due_ns, outlook.step.words) == (FIRST.mono_ns, "ask again (1 of 3)")
    assert held.sealed_at_ns == START_NS
