"""What is said about another log, again and again until it was seen."""

from __future__ import annotations

import pytest
from tests.kit import START_NS
from tests.unit.protocol.handmade import receipt

from hotline import v1
from hotline.protocol.instant import to_timestamp
from hotline.protocol.receipts import PER_HEAD_MAX, PER_LOG_MAX, Receipts, share


def presented(sequence: int, position: str) -> v1.Receipt:
    return receipt(sequence=sequence, presented=v1.Presented(position=position, at=to_timestamp(START_NS)))


def holding(*items: v1.Receipt) -> Receipts:
    receipts = Receipts()
    for item in items:
        receipts.add(item)
    return receipts


def carry(receipts: Receipts, beat: int, count_max: int = 10) -> list[v1.Receipt]:
    carried = receipts.oldest(count_max)
    for item in carried:
        receipts.carried(item, (1, beat))
    return carried


def test_a_receipt_is_repeated_until_a_beat_that_carried_it_was_seen() -> None:
    receipts = holding(receipt(sequence=1))
    assert carry(receipts, 5) == carry(receipts, 6) == [receipt(sequence=1)]
    receipts.seen((1, 4))
    assert len(receipts) == 1
    receipts.seen((1, 5))
    assert len(receipts) == 0


def test_what_no_head_carried_yet_was_not_seen() -> None:
    receipts = holding(receipt(sequence=1))
    carry(receipts, 5)
    receipts.add(receipt(sequence=2))
    receipts.seen((1, 99))
    assert carry(receipts, 6) == [receipt(sequence=2)]


def test_a_head_carries_the_oldest() -> None:
    receipts = holding(*(receipt(sequence=n) for n in (1, 2, 3)))
    assert [item.sequence for item in carry(receipts, 5, count_max=2)] == [1, 2]
    receipts.seen((1, 5))
    assert [item.sequence for item in carry(receipts, 6, count_max=2)] == [3]


def test_each_thing_waits_once() -> None:
    receipts = holding(receipt(sequence=1), presented(1, "bridge"), presented(1, "ops"), receipt(sequence=1))
    receipts.add(presented(1, "ops"))
    assert receipts.oldest(10) == [receipt(sequence=1), presented(1, "bridge"), presented(1, "ops")]


def test_what_was_seen_may_be_said_again() -> None:
    receipts = holding(receipt(sequence=1))
    carry(receipts, 5)
    receipts.seen((1, 5))
    receipts.add(receipt(sequence=1))
    receipts.seen((1, 5))
    assert carry(receipts, 6) == [receipt(sequence=1)]


def test_a_receipt_that_is_not_waiting_is_not_carried() -> None:
    receipts = holding(receipt(sequence=1))
    receipts.carried(receipt(sequence=2), (1, 5))
    receipts.seen((1, 5))
    assert receipts.oldest(10) == [receipt(sequence=1)]


@pytest.mark.threat("resource exhaustion", defence="LIM", measure="numbers of logs that share a head")
@pytest.mark.parametrize(("logs", "each"), [(0, PER_LOG_MAX), (1, PER_LOG_MAX), (4, 512), (5, 409), (64, 32)])
def test_a_head_has_room_for_every_log(logs: int, each: int) -> None:
    assert share(logs) == each
    assert share(logs) * logs <= PER_HEAD_MAX


def test_a_later_epochs_beats_come_after_all_earlier_ones() -> None:
    receipts = holding(receipt(sequence=1))
    carry(receipts, 900)
    receipts.add(receipt(sequence=2))
    receipts.carried(receipt(sequence=2), (2, 3))
    receipts.seen((2, 2))
    assert [item.sequence for item in receipts.oldest(9)] == [2]


def test_the_same_place_in_another_epoch_or_branch_is_another_thing() -> None:
    other = receipt(sequence=1)
    other.epoch = 2
    assert len(holding(receipt(sequence=1), other, receipt(sequence=1, digest=b"x" * 32))) == 3
