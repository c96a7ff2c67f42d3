"""Verdicts are made durable as they fall, and what has ended is waited for no more."""

from __future__ import annotations

from tests.kit import START, A
from tests.unit.protocol.ledgers import LATER_NS, OWN, give, ledger, opened, received

from hotline import v1
from hotline.protocol.instant import NS_PER_S
from hotline.protocol.ledger import Ledger
from hotline.protocol.verdicts import Verdicts


class Desk:
    """A ledger in which a statement of ours is waited for, and the records made about it."""

    def __init__(self) -> None:
        self.ledger: Ledger = ledger()
        self.records: list[v1.Record] = []
        self.verdicts = Verdicts(self.ledger, self.records.append)
        give(self.ledger, OWN, post=OWN.post)

    @property
    def fell(self) -> list[tuple[int, int]]:
        """Stage and outcome of every record."""
        assert all(record.WhichOneof("fact") == "verdict" for record in self.records)
        return [(record.verdict.stage, record.verdict.outcome) for record in self.records]


def test_facts_answer_and_time_expires() -> None:
    desk = Desk()
    news = desk.ledger.receipts(opened(A, receipts=[received(OWN, post=OWN.post)]), LATER_NS)
    desk.verdicts.answer(news, START.later(NS_PER_S))
    desk.verdicts.expire(START.later(300 * NS_PER_S))
    assert desk.fell == [
        (v1.STAGE_DELIVERED, v1.Verdict.OUTCOME_IN_TIME),
        (v1.STAGE_PRESENTED, v1.Verdict.OUTCOME_EXPIRED),
    ]
    held = desk.ledger.book.entries[OWN.digest]
    assert [each.outcome for each in held.verdicts[A, v1.STAGE_PRESENTED]] == [v1.Verdict.OUTCOME_EXPIRED]


def test_what_is_gone_is_moot_once() -> None:
    desk = Desk()
    desk.ledger.gone += [OWN.digest, bytes(32)]
    desk.verdicts.answer([], START)
    desk.verdicts.answer([], START)
    assert [outcome for _, outcome in desk.fell] == [v1.Verdict.OUTCOME_MOOT] * 3
    assert desk.ledger.gone == []


def test_of_a_post_that_left_nothing_is_waited_for() -> None:
    desk = Desk()
    desk.verdicts.withdrawn("JPN:fleet-watch", START)
    assert desk.fell == []
    desk.verdicts.withdrawn(A, START)
    assert [outcome for _, outcome in desk.fell] == [v1.Verdict.OUTCOME_MOOT] * 3
    assert desk.ledger.waits.next_deadline() is None
