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
from hotline.protocol.ledger import Ledger
from hotline.protocol.log import START as LOG_START

OWN = entry(notice("own"), post=C)
HELD = log_of(OWN, post=C).position()


class Desk:
    """C's greeting, with B connected and asked."""

    def __init__(self) -> None:
        self.ledger = Ledger(C, trust().copy())
        self.ledger.links(C, [link_of(OWN)], 0, START)
        self.greeting = Greeting(self.ledger, Identifiers())
        self.peer = self.ledger.peers[B]
        self.greeting.connect(self.peer, START)

    def answers(self, *held: v1.LogPosition, echo: bool = True, **changes: Any) -> tuple[bool, bool]:
        echoes = [v1.HelloEcho(post=C, hello=self.peer.hello)] if echo else []
        made = sealed_head(head(B, held=held, echoes=echoes, **changes), post=B)
        return self.greeting.take(open_head(made, trust(), C, None))

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


@pytest.mark.parametrize(
    "held", [position(1, 2), position(1, 1), position(2, 0)], ids=["more", "another", "later epoch"]
)
def test_what_we_lack_or_contradict_is_told_once_and_sealing_stops(held: v1.LogPosition) -> None:
    """REQ-HELLO-3."""
    desk = Desk()
    assert desk.answers(held) == (False, False)
    desk.greeting.connect(desk.peer, START)
    desk.answers(held, beat=2)
    assert desk.state() == (False, True)
    assert [told.code for told in desk.ledger.tell if isinstance(told, Alert)] == ["ROLLED_BACK"]


def test_an_answer_without_our_log_confirms_nothing_of_it() -> None:
    desk = Desk()
    desk.peer.confirmed = 1
    assert desk.answers(v1.LogPosition(post=A, epoch=1, link_digest=LOG_START)) == (False, True)
    assert desk.peer.confirmed == 0


def test_after_a_rollback_the_next_epoch_asks_anew() -> None:
    desk = Desk()
    desk.greeting.go_on()
    asked = desk.peer.hello
    desk.answers(position(1, 2))
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
