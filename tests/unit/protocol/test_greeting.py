"""The Hello: who answered it, and what the answer shows."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kit import START, A, B, C, Identifiers, notice
from tests.unit.protocol.handmade import entry, head, link_of, log_of, sealed_head, trust

from hotline import v1
from hotline.protocol.effects import Alert
from hotline.protocol.greeting import Greeting
from hotline.protocol.heads import open_head
from hotline.protocol.instant import Instant
from hotline.protocol.ledger import Ledger
from hotline.protocol.log import START as LOG_START

FETCH_AFTER_NS = trust().terms(START.utc_ns).intervals.fetch_after_ns
OWN = entry(notice("own"), post=C)
HELD = log_of(OWN, post=C).position()
HELLO = b"h" * 16


class Desk:
    """C's greeting, with B connected and asked."""

    def __init__(self) -> None:
        self.ledger = Ledger(C, trust().copy())
        self.ledger.links(C, [link_of(OWN)], 0, START)
        self.greeting = Greeting(self.ledger, Identifiers())
        self.peer = self.ledger.peers[B]
        self.greeting.connect(self.peer, START)
        self.claimed: v1.LogPosition | None = None

    def answers(
        self,
        *held: v1.LogPosition,
        echo: bool = True,
        by: str = B,
        to: bytes = b"",
        at: Instant = START,
        **changes: Any,
    ) -> tuple[bool, bool]:
        """A Head of a peer that echoes what it is asked now, or what it was asked before."""
        echoes = [v1.HelloEcho(post=C, hello=to or self.ledger.peers[by].hello)] if echo else []
        made = sealed_head(head(by, held=held, echoes=echoes, **changes), post=by)
        answer = self.greeting.take(open_head(made, trust(), C, None), at)
        self.claimed = answer.claimed
        return answer.owed, answer.allowed

    def state(self) -> tuple[bool, bool]:
        return self.greeting.confirmed, self.greeting.rolled_back


def position(epoch: int, sequence: int, digest: bytes = b"x" * 32) -> v1.LogPosition:
    return v1.LogPosition(post=C, epoch=epoch, sequence=sequence, link_digest=digest)


def test_a_head_that_echoes_nothing_is_no_answer() -> None:
    desk = Desk()
    assert desk.answers(HELD, echo=False) == (False, False)
    assert desk.state() == (False, False)


def test_an_answer_allows_sealing_and_says_what_is_held() -> None:
    desk = Desk()
    assert desk.answers(HELD, agreement_revision=1) == (False, True)
    assert (desk.state(), desk.peer.confirmed, desk.peer.greeted) == ((True, False), 1, True)
    assert (desk.peer.revision, desk.peer.directories) == (1, {"AUS": 1, "CHN": 1, "JPN": 1})


LACKED = pytest.mark.parametrize(
    "held", [position(1, 2), position(1, 1), position(2, 0)], ids=["more", "another", "later epoch"]
)


@LACKED
def test_what_a_peer_says_to_hold_of_our_log_is_a_claim_and_no_answer(held: v1.LogPosition) -> None:
    """REQ-HELLO-3: anybody can say so."""
    desk = Desk()
    assert (desk.answers(held), desk.claimed) == ((False, False), held)
    assert (desk.state(), desk.ledger.tell) == ((False, False), [])


@LACKED
def test_a_head_of_our_own_proves_that_records_were_lost_and_is_told_once(held: v1.LogPosition) -> None:
    """REQ-HELLO-3."""
    desk = Desk()
    desk.answers(HELD)
    assert desk.greeting.proves(held, B) and desk.greeting.proves(held, A)
    assert desk.state() == (False, True)
    assert [told.code for told in desk.ledger.tell if isinstance(told, Alert)] == ["ROLLED_BACK"]


def test_a_head_of_our_own_that_we_hold_proves_nothing() -> None:
    desk = Desk()
    assert not desk.greeting.proves(HELD, B) and not desk.greeting.proves(position(1, 0, LOG_START), B)
    assert desk.state() == (False, False)


def test_a_claim_keeps_us_from_sealing_until_it_could_have_been_proved() -> None:
    """REQ-HELLO-2: for `fetch_after`, once, and only while nobody had answered before."""
    desk = Desk()
    desk.greeting.connect(desk.ledger.peers[A], START)
    desk.answers(position(1, 2))
    assert desk.greeting.next_deadline() is None, "nobody has answered yet"
    assert desk.answers(HELD, by=A) == (False, False)
    over = START.later(FETCH_AFTER_NS)
    assert desk.greeting.next_deadline() == over.mono_ns
    assert not desk.greeting.on_deadline(over.later(-1))
    assert desk.greeting.on_deadline(over) and not desk.greeting.on_deadline(over)
    assert (desk.state(), desk.greeting.next_deadline()) == ((True, False), None)


def test_who_claims_again_and_again_gains_no_time() -> None:
    desk = Desk()
    desk.greeting.connect(desk.ledger.peers[A], START)
    desk.answers(position(1, 2))
    desk.answers(HELD, by=A)
    late = START.later(FETCH_AFTER_NS - 1)
    desk.greeting.connect(desk.peer, late)
    desk.answers(position(1, 3), beat=2, at=late)
    assert desk.greeting.on_deadline(START.later(FETCH_AFTER_NS))


def test_who_takes_a_claim_back_has_answered() -> None:
    desk = Desk()
    desk.answers(position(1, 2))
    desk.greeting.connect(desk.peer, START)
    assert desk.answers(HELD, beat=2) == (False, True)


def test_a_claim_after_an_answer_changes_nothing() -> None:
    desk = Desk()
    desk.greeting.connect(desk.ledger.peers[A], START)
    assert desk.answers(HELD, by=A) == (False, True)
    assert desk.answers(position(1, 9)) == (False, False)
    assert desk.state() == (True, False)


def test_a_claim_in_the_answer_of_one_does_not_hold_what_came_after_its_time() -> None:
    desk = Desk()
    desk.greeting.connect(desk.ledger.peers[A], START)
    desk.answers(position(1, 2))
    assert desk.answers(HELD, by=A, at=START.later(FETCH_AFTER_NS)) == (False, True)


def test_an_answer_without_our_log_confirms_nothing_of_it() -> None:
    desk = Desk()
    desk.peer.confirmed = 1
    assert desk.answers(v1.LogPosition(post=A, epoch=1, link_digest=LOG_START)) == (False, True)
    assert desk.peer.confirmed == 0


def test_who_showed_a_rollback_is_named_with_both_positions() -> None:
    desk = Desk()
    desk.greeting.proves(position(1, 2), B)
    (told,) = desk.ledger.tell
    assert told == Alert("ROLLED_BACK", b"", B, f"{B} holds our log to 1/2; we hold 1/1")


def test_after_a_rollback_nobody_elses_answer_allows_sealing() -> None:
    """A peer that knows no more than we do does not undo what another has shown."""
    desk = Desk()
    desk.greeting.connect(desk.ledger.peers[A], START)
    desk.greeting.proves(position(1, 2), B)
    assert desk.answers(HELD, by=A) == (False, False)
    assert (desk.state(), desk.greeting.next_deadline()) == ((False, True), None)
    assert desk.ledger.peers[A].greeted


def test_a_new_connection_asks_all_who_have_not_answered_anew() -> None:
    """One Head asks all of them: an answer to what was asked before is none any more."""
    desk = Desk()
    before, other = desk.peer.hello, desk.ledger.peers[A]
    desk.greeting.connect(other, START)
    assert desk.peer.hello == other.hello
    assert other.hello not in (b"", before)
    assert desk.answers(HELD, to=before) == (False, False)
    assert desk.answers(HELD, beat=2) == (False, True)
    desk.greeting.connect(other, START)
    assert (desk.peer.hello, desk.peer.greeted) == (b"", True), "who has answered is not asked again"


@pytest.mark.parametrize(
    ("post", "beat", "held", "owed"),
    [(C, 3, HELD, False), (C, 2, HELD, True), (A, 3, HELD, True), (C, 3, position(2, 0), True)],
    ids=["seen", "an earlier one seen", "another's seen", "seen in another epoch"],
)
def test_an_echo_is_owed_until_a_head_that_has_it_was_seen(
    post: str, beat: int, held: v1.LogPosition, owed: bool
) -> None:
    desk = Desk()
    assert desk.answers(HELD, hello=HELLO)[0]
    desk.peer.echo_beat = 3
    seen = v1.PeerBeat(post=post, beat=beat)
    assert desk.answers(held, echo=False, hello=HELLO, beat=2, beats_seen=[seen])[0] is owed


def test_who_says_nothing_of_our_heads_has_seen_none() -> None:
    desk = Desk()
    desk.answers(HELD, hello=HELLO)
    desk.peer.echo_beat = 1
    assert desk.answers(HELD, echo=False, hello=HELLO, beat=2) == (True, False)


@pytest.mark.parametrize("proved", [True, False])
def test_after_a_rollback_or_a_claim_the_next_epoch_asks_anew(proved: bool) -> None:
    desk = Desk()
    desk.greeting.go_on()
    asked = desk.peer.hello
    desk.answers(position(1, 2))
    if proved:
        desk.greeting.proves(position(1, 2), B)
    assert desk.peer.hello == b""
    desk.greeting.go_on()
    assert desk.state() == (False, False)
    assert desk.peer.hello not in (b"", asked)
    assert desk.ledger.peers[A].hello == b""
    assert desk.answers(HELD, beat=2) == (False, True)


def test_a_node_that_lost_nothing_goes_on_at_once() -> None:
    desk = Desk()
    desk.answers(HELD)
    desk.greeting.go_on()
    assert (desk.state(), desk.peer.hello) == ((True, False), b"")
