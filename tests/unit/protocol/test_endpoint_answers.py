"""What a Frame is answered by, and what it is not (REQ-HEAD-8, REQ-HEAD-9)."""

from __future__ import annotations

from collections.abc import Callable

from tests.kit import A, B, Net, notice
from tests.unit.protocol.handmade import entry, log_of


def senders(net: Net, act: Callable[[], object]) -> list[str]:
    """Whose Frames travel when something happens, in their order."""
    found: list[str] = []

    def tap(sender: str, receiver: str, frame: bytes) -> bytes:
        found.append(sender)
        return frame

    net.tap = tap
    act()
    net.settle()
    net.tap = None
    return found


def test_a_statement_is_answered_once_and_its_receipt_by_nothing() -> None:
    net = Net(A, B)
    assert senders(net, lambda: net.say(A, notice())) == [A, B]


def test_links_a_position_and_a_beat_are_not_answered() -> None:
    net, log = Net(A, B), log_of(entry(notice("one")))
    frame = net.frame(A, log, 100, links=[log.run(1, 1)])
    assert senders(net, lambda: net.deliver(B, frame)) == []
    assert net.errors == []
    assert net[B].logs[A].sequence == 1


def test_links_that_begin_past_what_is_held_are_answered() -> None:
    net, log = Net(A, B), log_of(entry(notice("one")), entry(notice("two")))
    frame = net.frame(A, log, 100, links=[log.run(2, 2)])
    assert senders(net, lambda: net.deliver(B, frame)) == [B]


def test_a_statement_that_comes_again_is_answered() -> None:
    net, frames = Net(A, B), list[bytes]()

    def keep(sender: str, receiver: str, frame: bytes) -> bytes:
        frames.append(frame)
        return frame

    net.tap = keep
    net.say(A, notice())
    assert senders(net, lambda: net.deliver(B, frames[0])) == [B]


def test_a_watch_that_is_staffed_is_told() -> None:
    net = Net(A, B)
    assert senders(net, lambda: net[B].staff("bridge", True, net.now)) == [B]


def test_a_type_that_an_addressee_does_not_list_is_sent_like_any_other() -> None:
    net = Net(A, B)
    newest = net[B].ledger.beat + 1
    net.deliver(A, net.frame(B, log_of(post=B), newest, types=["hotline.v1.ChannelTest"]))
    net[B].staff("bridge", True, net.now)
    net.settle()
    sent = net.say(A, notice())
    assert net.errors == []
    assert net.entry(B, sent.digest).sequence == 1
    assert net.stages(A, sent.digest, B) == {"DELIVERED": "RECEIVED"}
