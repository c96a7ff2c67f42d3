"""What is wanted of others, whom it is asked of, and when."""

from __future__ import annotations

from typing import Any

from tests.kit import START, A, B, C, notice
from tests.unit.protocol.handmade import entry, head, link_of, log_of, sealed_head, trust

from hotline import v1
from hotline.protocol.effects import Alert
from hotline.protocol.fetching import Fetching
from hotline.protocol.heads import Opened, open_head
from hotline.protocol.instant import NS_PER_S, Instant
from hotline.protocol.ledger import Ledger
from hotline.protocol.log import PostLog

ONE, TWO = entry(notice("one")), entry(notice("two"), sequence=2)
AFTER_S = 15


class Desk:
    """What C wants, with everybody up."""

    def __init__(self, *up: str) -> None:
        self.ledger = Ledger(C, trust().copy())
        self.fetching = Fetching(self.ledger)
        for post in up or (A, B):
            self.ledger.peers[post].up = True

    def shows(self, by: str, log: PostLog, **changes: Any) -> None:
        self.fetching.compare(shown(by, log, **changes), START)

    def asks(self, after_s: int) -> list[tuple[str, str, int, int]]:
        fetches = self.fetching.on_deadline(at(after_s))
        return [(fetch.peer, fetch.post, fetch.first, fetch.last) for fetch in fetches]


def at(after_s: int) -> Instant:
    return START.later(after_s * NS_PER_S)


def shown(by: str, log: PostLog, **changes: Any) -> Opened:
    return open_head(sealed_head(head(by, held=[log.position()], **changes), post=by), trust(), "", None)


def test_what_a_peer_shows_is_asked_of_it_when_its_own_post_has_not_brought_it() -> None:
    desk = Desk()
    desk.shows(B, log_of(ONE, TWO))
    assert (desk.asks(AFTER_S - 1), desk.asks(AFTER_S)) == ([], [(B, A, 1, 2)])
    assert desk.fetching.next_deadline(at(AFTER_S)) == at(2 * AFTER_S).mono_ns


def test_what_came_meanwhile_is_wanted_no_more() -> None:
    desk = Desk()
    desk.shows(B, log_of(ONE))
    desk.ledger.links(A, [link_of(ONE)], 0, START)
    desk.ledger.gaps.close(desk.ledger.logs[A].spot(1))
    assert (desk.asks(AFTER_S), desk.fetching.next_deadline(START)) == ([], None)


def test_only_what_is_lacking_is_asked_for() -> None:
    desk = Desk()
    desk.ledger.links(A, [link_of(ONE)], 0, START)
    desk.ledger.gaps.close(desk.ledger.logs[A].spot(1))
    desk.shows(B, log_of(ONE, TWO))
    assert desk.asks(AFTER_S) == [(B, A, 2, 2)]


def test_another_link_than_ours_is_suspected_once_and_asked_for_at_once() -> None:
    desk = Desk()
    desk.ledger.links(A, [link_of(ONE)], 0, START)
    desk.ledger.gaps.close(desk.ledger.logs[A].spot(1))
    for beat in (1, 2):
        desk.shows(B, log_of(TWO), beat=beat)
    told = [alert for alert in desk.ledger.tell if isinstance(alert, Alert)]
    assert [(alert.code, alert.post) for alert in told] == [("SUSPECTED", A)]
    assert desk.asks(0) == [(B, A, 1, 1)]


def test_another_link_of_our_own_log_is_suspected_and_not_fetched() -> None:
    desk = Desk()
    own = entry(notice("own"), post=C)
    desk.ledger.links(C, [link_of(own)], 0, START)
    desk.shows(B, log_of(entry(notice("other"), post=C), post=C))
    assert [alert.code for alert in desk.ledger.tell if isinstance(alert, Alert)] == ["SUSPECTED"]
    assert desk.asks(AFTER_S) == []


def claim(epoch: int, sequence: int) -> v1.LogPosition:
    return v1.LogPosition(post=C, epoch=epoch, sequence=sequence, link_digest=b"x" * 32)


def test_what_a_peer_claims_of_our_own_log_is_asked_of_it_at_once_and_again_until_it_is_forgotten() -> None:
    """REQ-HELLO-3: after `retry_first`, then twice as long."""
    desk = Desk()
    for asked in (desk.fetching.claimed(claim(1, 2), B, START), desk.fetching.claimed(claim(1, 2), B, START)):
        assert [(fetch.peer, fetch.post, fetch.epoch, fetch.first, fetch.last) for fetch in asked] == [(B, C, 1, 1, 2)]
    assert [alert.code for alert in desk.ledger.tell if isinstance(alert, Alert)] == ["SUSPECTED"]
    assert [bool(desk.asks(after_s)) for after_s in (4, 5, 14, 15)] == [False, True, False, True]
    desk.fetching.forget(C)
    assert desk.fetching.next_deadline(START) is None


def test_a_claimed_epoch_that_we_do_not_know_of_is_not_asked_for() -> None:
    """A directory shows it, and that comes by itself."""
    desk = Desk()
    assert desk.fetching.claimed(claim(2, 1), B, START) == desk.fetching.claimed(claim(1, 0), B, START) == []
    assert desk.fetching.next_deadline(START) is None


def test_epochs_and_posts_that_nobody_listed_are_not_asked_for() -> None:
    desk = Desk()
    unknown = [
        v1.LogPosition(post=A, epoch=7, sequence=2, link_digest=bytes(32)),
        v1.LogPosition(post="KOR:watch", epoch=1, sequence=2, link_digest=bytes(32)),
    ]
    opened = open_head(sealed_head(head(B, held=unknown), post=B), trust(), "", None)
    desk.fetching.compare(opened, START)
    assert (desk.asks(AFTER_S), desk.ledger.tell) == ([], [])


def test_a_body_is_asked_of_its_own_post_first_and_then_of_others() -> None:
    desk = Desk()
    desk.ledger.links(A, [link_of(ONE)], 0, START)
    asked = [desk.asks(n * AFTER_S) for n in (1, 2, 3, 4, 5, 6, 7)]
    assert asked == [[(A, A, 1, 1)], [], [(B, A, 1, 1)], [], [], [], [(A, A, 1, 1)]]


def test_a_wait_does_not_grow_while_nobody_is_there() -> None:
    desk = Desk()
    desk.ledger.links(A, [link_of(ONE)], 0, START)
    for peer in desk.ledger.peers.values():
        peer.up = False
    assert [desk.asks(n * AFTER_S) for n in (1, 2, 3)] == [[], [], []]
    desk.ledger.peers[A].up = True
    assert desk.asks(4 * AFTER_S) == [(A, A, 1, 1)]
    assert desk.fetching.next_deadline(at(4 * AFTER_S)) == at(6 * AFTER_S).mono_ns


def test_nobody_is_asked_while_nobody_is_there() -> None:
    desk = Desk()
    desk.shows(B, log_of(ONE))
    for peer in desk.ledger.peers.values():
        peer.up = False
    assert (desk.asks(AFTER_S), desk.fetching.next_deadline(START)) == ([], None)
    desk.ledger.peers[A].up = True
    assert desk.asks(AFTER_S) == [(A, A, 1, 1)]
