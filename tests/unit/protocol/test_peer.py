"""What is owed to one peer, and when it is tried again."""

from __future__ import annotations

import pytest
from tests.kit import START, B

from hotline import v1
from hotline.protocol.instant import NS_PER_S
from hotline.protocol.peer import Peer, earliest

FIRST_NS, MAX_NS = 5 * NS_PER_S, 40 * NS_PER_S
HELLO, OTHER = bytes(16), bytes([1]) * 16


def owing(*precedences: v1.Precedence.ValueType) -> Peer:
    peer = Peer(B)
    for sequence, precedence in enumerate(precedences, 1):
        peer.owe((1, sequence), precedence)
    return peer


def on_the_line(*precedences: v1.Precedence.ValueType) -> Peer:
    """Connected, greeted, everything sent once at the start."""
    peer = owing(*precedences)
    peer.connect(HELLO, START)
    peer.greet()
    peer.sent(peer.by_precedence(), START, FIRST_NS)
    return peer


def retry(peer: Peer, after_ns: int, jitter: int = 0) -> None:
    peer.retry(START.later(after_ns), FIRST_NS, MAX_NS, jitter)


def test_the_highest_precedence_goes_first_and_then_the_place() -> None:
    peer = owing(v1.PRECEDENCE_ROUTINE, v1.PRECEDENCE_FLASH, v1.PRECEDENCE_ROUTINE, v1.PRECEDENCE_FLASH)
    assert peer.by_precedence() == [(1, 2), (1, 4), (1, 1), (1, 3)]


def test_places_of_an_earlier_epoch_go_first_within_a_precedence() -> None:
    peer = Peer(B)
    for place in ((2, 1), (1, 7)):
        peer.owe(place, v1.PRECEDENCE_ROUTINE)
    assert peer.by_precedence() == [(1, 7), (2, 1)]


def test_in_a_new_epoch_of_ours_a_peer_holds_nothing_and_is_owed_what_it_was() -> None:
    peer = on_the_line(v1.PRECEDENCE_ROUTINE)
    peer.asked(HELLO, seen=0)
    peer.confirmed, peer.echo_beat = 1, 7
    peer.renew()
    assert (peer.confirmed, peer.echo_beat, peer.due, set(peer.outstanding)) == (0, 0, True, {(1, 1)})


def test_a_head_tells_what_a_peer_holds_of_papers() -> None:
    peer, listed = Peer(B), v1.DirectoryHeld(party="AUS", version=3)
    peer.hear(v1.Envelope(), v1.Head(log=v1.LogPosition(epoch=2), beat=4, agreement_revision=2, directories=[listed]))
    assert (peer.epoch, peer.beat, peer.revision, peer.directories) == (2, 4, 2, {"AUS": 3})


def test_what_is_settled_is_owed_no_more() -> None:
    peer = on_the_line(v1.PRECEDENCE_ROUTINE)
    peer.settle((1, 1))
    peer.settle((1, 1))
    assert (peer.outstanding, peer.unsent, peer.sent_mono_ns) == ({}, set(), {})


def test_a_connection_asks_for_a_fresh_head_and_owes_everything_again() -> None:
    peer = on_the_line(v1.PRECEDENCE_ROUTINE)
    peer.disconnect(START.later(1))
    assert (peer.up, peer.greeted, peer.hello, peer.retry_mono_ns) == (False, False, b"", None)
    assert peer.since_ns == START.utc_ns + 1
    peer.connect(OTHER, START.later(2))
    assert (peer.up, peer.greeted, peer.hello, peer.unsent, peer.due) == (True, False, OTHER, {(1, 1)}, True)


def test_greeting_stops_the_retry_unless_something_is_owed() -> None:
    idle, busy = on_the_line(), on_the_line(v1.PRECEDENCE_ROUTINE)
    for peer in (idle, busy):
        peer.connect(HELLO, START)
        peer.sent([], START, FIRST_NS)
        peer.greet()
        assert (peer.greeted, peer.hello) == (True, b"")
    assert idle.retry_mono_ns is None
    assert busy.retry_mono_ns == START.mono_ns + FIRST_NS


def test_nothing_owed_is_not_retried() -> None:
    peer = on_the_line()
    assert peer.retry_mono_ns is None


def test_the_wait_doubles_up_to_the_agreed_maximum() -> None:
    peer, waits, at_ns = on_the_line(v1.PRECEDENCE_ROUTINE), [], 0
    for _ in range(5):
        assert peer.retry_mono_ns is not None
        waits.append(peer.retry_mono_ns - at_ns)
        at_ns = peer.retry_mono_ns
        retry(peer, at_ns)
        assert peer.unsent == {(1, 1)}
        assert peer.due
        peer.sent([(1, 1)], START.later(at_ns), FIRST_NS)
    assert [wait // NS_PER_S for wait in waits] == [5, 10, 20, 40, 40]


@pytest.mark.parametrize("precedence", [v1.PRECEDENCE_FLASH, v1.PRECEDENCE_IMMEDIATE])
def test_what_is_urgent_is_tried_at_the_first_interval_throughout(precedence: v1.Precedence.ValueType) -> None:
    peer = on_the_line(v1.PRECEDENCE_ROUTINE, precedence)
    for turn in range(1, 4):
        assert peer.retry_mono_ns == START.mono_ns + turn * FIRST_NS
        retry(peer, turn * FIRST_NS)
        assert (1, 2) in peer.unsent
        peer.sent(peer.by_precedence(), START.later(turn * FIRST_NS), FIRST_NS)


def test_what_went_a_moment_ago_is_left_alone() -> None:
    peer = on_the_line(v1.PRECEDENCE_ROUTINE)
    peer.owe((1, 2), v1.PRECEDENCE_ROUTINE)
    peer.sent([(1, 2)], START.later(FIRST_NS - 1), FIRST_NS)
    retry(peer, FIRST_NS)
    assert peer.unsent == {(1, 1)}


def test_a_retry_with_nothing_late_starts_over() -> None:
    peer = on_the_line(v1.PRECEDENCE_ROUTINE)
    peer.settle((1, 1))
    peer.owe((1, 2), v1.PRECEDENCE_ROUTINE)
    peer.sent([(1, 2)], START.later(FIRST_NS - 1), FIRST_NS)
    retry(peer, FIRST_NS)
    assert not peer.due
    assert peer.retry_mono_ns == START.mono_ns + 2 * FIRST_NS


def test_a_retry_ends_when_everything_is_settled() -> None:
    peer = on_the_line(v1.PRECEDENCE_ROUTINE)
    peer.settle((1, 1))
    retry(peer, FIRST_NS)
    assert peer.retry_mono_ns is None


def test_an_unanswered_hello_is_asked_again() -> None:
    peer = Peer(B)
    peer.connect(HELLO, START)
    peer.sent([], START, FIRST_NS)
    assert not peer.due
    retry(peer, FIRST_NS)
    assert peer.due
    assert peer.retry_mono_ns is not None


@pytest.mark.parametrize(("jitter", "quarters"), [(0, 0), (255, 1)])
def test_jitter_adds_up_to_a_quarter(jitter: int, quarters: int) -> None:
    peer = on_the_line(v1.PRECEDENCE_FLASH)
    retry(peer, FIRST_NS, jitter)
    assert peer.retry_mono_ns is not None
    added = peer.retry_mono_ns - 2 * FIRST_NS
    assert added == FIRST_NS * jitter // 1024
    assert added <= FIRST_NS * quarters / 4


def test_an_echo_is_owed_until_it_was_seen() -> None:
    peer = Peer(B)
    assert peer.asked(HELLO, seen=0)
    assert peer.echo == HELLO
    peer.echo_beat = 7
    assert peer.asked(HELLO, seen=6)
    assert peer.echo == HELLO
    assert not peer.asked(HELLO, seen=7)
    assert (peer.echo, peer.echo_beat) == (b"", 0)
    assert not peer.asked(HELLO, seen=9)


def test_another_hello_is_answered_anew() -> None:
    peer = Peer(B)
    peer.asked(HELLO, seen=0)
    peer.echo_beat = 7
    assert peer.asked(OTHER, seen=6)
    assert (peer.echo, peer.echo_beat) == (OTHER, 0)


def test_who_asks_for_nothing_is_owed_nothing() -> None:
    peer = Peer(B)
    assert not peer.asked(b"", seen=3)
    assert peer.echo == b""


@pytest.mark.parametrize(("times", "first"), [([], None), ([None], None), ([3, None, 2], 2)])
def test_the_earliest_time_that_is_set(times: list[int | None], first: int | None) -> None:
    assert earliest(times) == first
