"""The outbox: one Head for everything new, and Frames until they are receipted."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from tests.kit import START, START_NS, A, B, C, notice
from tests.unit.protocol.handmade import channel, entry, head, link_of, log_of, receipt, sealed_head, trust

from hotline import v1
from hotline.node.lines import WAITING_MAX
from hotline.protocol import outbox
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert, Send
from hotline.protocol.errors import UsageError
from hotline.protocol.heads import open_head
from hotline.protocol.instant import NS_PER_S, Instant
from hotline.protocol.ledger import Ledger
from hotline.protocol.log import PostLog
from hotline.protocol.outbox import Outbox
from hotline.protocol.statements import Judged

HELLO = bytes(range(16))
HEARTBEAT_S, SILENT_S, RETRY_S = 60, 180, 5


class Desk:
    """An outbox of A and its ledger."""

    def __init__(self, *entries: Entry) -> None:
        self.ledger = Ledger(A, trust())
        self.outbox = Outbox(self.ledger, {channel().nodes[A].fingerprint: channel().nodes[A]}, START)
        for known in entries:
            self.seal(known)

    def seal(self, known: Entry) -> None:
        self.ledger.links(A, [link_of(known)], START_NS, START)
        judged = Judged(known.said, None, known.statement)
        self.ledger.statement(judged, known.envelope, A, self.ledger.own.sequence, START_NS, START)
        self.outbox.head_due = True

    def connect(self, *peers: str, greeted: bool = True) -> Desk:
        for post in peers or (B,):
            self.ledger.peers[post].connect(HELLO, START)
            if greeted:
                self.ledger.peers[post].greet()
        self.outbox.head_due = True
        return self

    def flush(self, after_s: float = 0, *, staffed: bool = False) -> tuple[v1.Head | None, list[tuple[str, v1.Frame]]]:
        fresh, sends = self.outbox.flush(staffed, at(after_s))
        return (v1.Head.FromString(fresh.payload) if fresh else None), list(frames(sends))

    def tick(self, after_s: float, jitter: int = 0) -> None:
        self.outbox.on_deadline(at(after_s), jitter)


def at(after_s: float) -> Instant:
    return START.later(round(after_s * NS_PER_S))


def frames(sends: Iterable[Send]) -> Iterable[tuple[str, v1.Frame]]:
    return ((send.peer, v1.Frame.FromString(send.frame)) for send in sends)


def bodies(frame: v1.Frame) -> list[bytes]:
    return [envelope.payload for envelope in frame.statements]


def known(name: str, precedence: v1.Precedence.ValueType = v1.PRECEDENCE_ROUTINE, sequence: int = 1) -> Entry:
    return entry(notice(name), precedence=precedence, sequence=sequence)


ONE, TWO = known("one"), known("two", v1.PRECEDENCE_FLASH)


def test_nothing_new_makes_no_head() -> None:
    assert Desk().flush() == (None, [])
    assert Desk().outbox.next_deadline(START) is None


def test_a_head_is_made_whether_or_not_anyone_hears_it() -> None:
    desk = Desk(ONE)
    fresh, sends = desk.flush(staffed=True)
    assert fresh is not None and (fresh.beat, fresh.staffed, fresh.log) == (1, True, log_of(ONE).position())
    assert sends == []
    assert desk.flush() == (None, [])


def test_one_head_covers_everything_since_the_last() -> None:
    desk = Desk(ONE, TWO).connect(B, C)
    fresh, sends = desk.flush()
    assert fresh is not None and fresh.log.sequence == 2
    assert [peer for peer, _ in sends] == [B, C]
    for _, frame in sends:
        assert v1.Head.FromString(frame.head.payload) == fresh
        assert list(frame.links) == [log_of(ONE, TWO).run(1, 2)]
        assert bodies(frame) == [TWO.envelope.payload, ONE.envelope.payload]
    assert desk.flush() == (None, [])


def test_who_has_not_greeted_gets_the_head_alone() -> None:
    desk = Desk(ONE).connect(greeted=False)
    fresh, ((peer, frame),) = desk.flush()
    assert fresh is not None and (fresh.hello, peer) == (HELLO, B)
    assert (len(frame.links), len(frame.statements)) == (0, 0)
    desk.ledger.peers[B].greet()
    _, ((_, frame),) = desk.flush()
    assert (len(frame.links), len(frame.statements)) == (1, 1)


def test_only_links_that_a_peer_lacks_travel() -> None:
    desk = Desk(ONE).connect()
    desk.flush()
    desk.ledger.peers[B].confirmed = 1
    desk.seal(TWO)
    _, ((_, frame),) = desk.flush()
    assert list(frame.links) == [log_of(ONE, TWO).run(2, 2)]
    desk.ledger.peers[B].confirmed = 2
    desk.outbox.head_due = True
    _, ((_, frame),) = desk.flush()
    assert len(frame.links) == 0


@pytest.mark.threat("resource exhaustion", defence="LIM", measure="queues cut to the size of a frame")
def test_many_bodies_go_in_several_frames_under_one_head() -> None:
    entries = [known(f"n{n}", sequence=n) for n in range(1, 514)]
    desk = Desk(*entries).connect()
    _, sends = desk.flush()
    assert [len(frame.statements) for _, frame in sends] == [512, 1]
    assert sends[0][1].head == sends[1][1].head


@pytest.mark.threat("deletion / loss", defence="SEQ", measure="backlogs longer than a stream holds, all sent")
def test_a_long_backlog_goes_batch_by_batch_and_never_without_its_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """REQ-NET-7: a node lets as many Frames wait on a stream as WAITING_MAX, and leaves out the oldest of more."""
    assert outbox.SENT_MAX < WAITING_MAX
    monkeypatch.setattr(outbox, "_FRAME_BODIES", 1)
    entries = [known(f"n{n}", sequence=n) for n in range(1, 2 * outbox.SENT_MAX + 3)]
    desk, sent = Desk(*entries).connect(), list[bytes]()
    desk.seal(TWO)
    for count in (outbox.SENT_MAX, outbox.SENT_MAX, 3):
        _, sends = desk.flush()
        assert [bool(frame.links) for _, frame in sends] == [True] + [False] * (count - 1)
        sent += [body for _, frame in sends for body in bodies(frame)]
    assert sent == [TWO.envelope.payload, *(each.envelope.payload for each in entries)]
    assert desk.flush() == (None, [])


def test_what_is_not_receipted_goes_again() -> None:
    desk = Desk(ONE).connect()
    desk.flush()
    desk.tick(RETRY_S - 0.001)
    assert desk.flush(RETRY_S - 0.001) == (None, [])
    desk.tick(RETRY_S)
    fresh, ((_, frame),) = desk.flush(RETRY_S)
    assert fresh is None
    assert bodies(frame) == [ONE.envelope.payload]


def test_what_is_receipted_goes_no_more() -> None:
    desk = Desk(ONE).connect()
    desk.flush()
    seen = open_head(sealed_head(head(B, receipts=[receipt(A, 1, ONE.digest)]), post=B), trust(), A, None)
    desk.ledger.receipts(seen, START_NS)
    desk.tick(RETRY_S)
    assert desk.flush(RETRY_S) == (None, [])


def test_jitter_puts_a_retry_off() -> None:
    desk = Desk(TWO).connect()
    desk.flush()
    desk.tick(RETRY_S, jitter=255)
    due = desk.ledger.peers[B].retry_mono_ns
    assert due is not None and due > at(2 * RETRY_S).mono_ns


def test_an_open_line_has_a_heartbeat() -> None:
    desk = Desk().connect()
    desk.flush()
    assert desk.outbox.next_deadline(START) == at(HEARTBEAT_S).mono_ns
    desk.tick(HEARTBEAT_S - 0.001)
    assert desk.flush(HEARTBEAT_S - 0.001) == (None, [])
    desk.tick(HEARTBEAT_S)
    fresh, sends = desk.flush(HEARTBEAT_S)
    assert fresh is not None and (fresh.beat, len(sends)) == (2, 1)
    assert desk.outbox.next_deadline(START) == at(2 * HEARTBEAT_S).mono_ns


def test_a_closed_line_has_none() -> None:
    desk = Desk().connect()
    desk.flush()
    desk.ledger.peers[B].disconnect(START)
    desk.tick(HEARTBEAT_S)
    assert desk.flush(HEARTBEAT_S) == (None, [])
    assert desk.outbox.next_deadline(START) is None


@pytest.mark.threat("delay", defence="HB", measure="silences of an open line noticed")
def test_silence_on_an_open_line_is_noticed_once() -> None:
    desk = Desk().connect()
    desk.tick(SILENT_S - 0.001)
    assert desk.ledger.tell == []
    desk.tick(SILENT_S)
    desk.tick(SILENT_S + 1)
    assert [(told.code, told.post) for told in desk.ledger.tell if isinstance(told, Alert)] == [("PEER_SILENT", B)]
    assert desk.ledger.peers[B].silent


def test_the_next_deadline_is_the_earliest() -> None:
    desk = Desk(ONE).connect()
    desk.flush()
    assert desk.outbox.next_deadline(START) == at(RETRY_S).mono_ns
    desk.ledger.peers[B].settle((1, 1))
    desk.tick(RETRY_S)
    assert desk.outbox.next_deadline(START) == at(HEARTBEAT_S).mono_ns
    for second in (HEARTBEAT_S, 2 * HEARTBEAT_S):
        desk.tick(second)
        desk.flush(second)
    assert desk.outbox.next_deadline(START) == at(SILENT_S).mono_ns


def test_an_echo_is_carried_until_it_was_seen() -> None:
    desk = Desk().connect()
    peer = desk.ledger.peers[B]
    assert peer.asked(HELLO, seen=0)
    for beat in (1, 2):
        desk.outbox.head_due = True
        fresh, _ = desk.flush()
        assert fresh is not None and fresh.beat == beat
        assert list(fresh.echoes) == [v1.HelloEcho(post=B, hello=HELLO)]
    assert peer.echo_beat == 1
    assert not peer.asked(HELLO, seen=1)
    desk.outbox.head_due = True
    fresh, _ = desk.flush()
    assert fresh is not None and len(fresh.echoes) == 0


# -- serving -----------------------------------------------------------------------------------------------------------


def served(desk: Desk, post: str, first: int, last: int) -> list[v1.Frame]:
    return [v1.Frame.FromString(frame) for frame in desk.outbox.serve(post, first, last)]


def test_our_own_log_is_served_under_our_newest_head() -> None:
    desk = Desk(ONE, TWO)
    fresh, _ = desk.flush()
    (frame,) = served(desk, A, 2, 2)
    assert v1.Head.FromString(frame.head.payload) == fresh
    assert list(frame.links) == [log_of(ONE, TWO).run(2, 2)]
    assert bodies(frame) == [TWO.envelope.payload]


def test_another_log_is_served_under_the_head_that_covers_it() -> None:
    desk = Desk()
    theirs = entry(notice("theirs"), post=B)
    log = log_of(theirs, known("missing"), post=B)
    covering = open_head(sealed_head(head(B, log=log.position()), post=B), trust(), A, None)
    desk.ledger.head_held(covering)
    desk.ledger.links(B, log.links, START_NS, START)
    desk.ledger.statement(Judged(theirs.said, None, theirs.statement), theirs.envelope, B, 1, START_NS, START)
    (frame,) = served(desk, B, 1, 2)
    assert frame.head == covering.envelope
    assert list(frame.links) == [log.run(1, 2)]
    assert bodies(frame) == [theirs.envelope.payload]


@pytest.mark.parametrize(
    ("post", "first", "last"), [(A, 0, 1), (A, 2, 1), (A, 1, 2), (B, 1, 1), ("KOR:fleet-watch", 1, 1)]
)
def test_what_is_not_held_is_not_served(post: str, first: int, last: int) -> None:
    desk = Desk(ONE)
    desk.flush()
    with pytest.raises(UsageError) as caught:
        served(desk, post, first, last)
    assert caught.value.code == "NOT_HELD"


def test_a_long_answer_is_made_frame_by_frame_and_ends_at_its_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """REQ-NET-8: whatever is asked for, and however the log grows meanwhile."""
    monkeypatch.setattr(outbox, "_FRAME_BODIES", 2)
    monkeypatch.setattr(outbox, "FETCHED_MAX", 3)
    said = [known(f"number {n}") for n in range(1, 6)]
    desk = Desk(*said)
    fresh, _ = desk.flush()
    frames = desk.outbox.serve(A, 2, 5)
    made = [v1.Frame.FromString(next(frames))]
    desk.seal(TWO)
    desk.flush()
    made += map(v1.Frame.FromString, frames)
    assert {frame.head.payload for frame in made} == {fresh.SerializeToString(deterministic=True) if fresh else b""}
    assert [list(frame.links) for frame in made] == [[log_of(*said).run(2, 5)], []]
    assert [bodies(frame) for frame in made] == [[e.envelope.payload for e in said[1:3]], [said[3].envelope.payload]]


def test_what_is_served_is_made_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, packed = Desk(ONE), list[int]()
    desk.flush()
    run = PostLog.run

    def counted(log: PostLog, first: int, last: int) -> v1.LinkRun:
        packed.append(first)
        return run(log, first, last)

    monkeypatch.setattr(PostLog, "run", counted)
    frames = desk.outbox.serve(A, 1, 1)
    assert packed == []
    assert (len(list(frames)), packed) == (1, [1])


def test_nothing_is_served_before_the_first_head() -> None:
    with pytest.raises(UsageError, match="NOT_HELD"):
        served(Desk(ONE), A, 1, 1)


# -- papers ------------------------------------------------------------------------------------------------------------


def papers(desk: Desk) -> tuple[int, int]:
    """How many revisions and directories go to B now."""
    desk.outbox.head_due = True
    _, ((_, frame),) = desk.flush()
    return len(frame.agreements), len(frame.directories)


def test_a_peer_is_brought_what_its_newest_head_does_not_list() -> None:
    """REQ-DIR-3."""
    desk = Desk().connect()
    peer = desk.ledger.peers[B]
    assert papers(desk) == (1, 3)
    peer.revision, peer.directories = 1, {"AUS": 1, "CHN": 1}
    assert papers(desk) == (0, 1)
    peer.directories["JPN"] = 1
    assert papers(desk) == (0, 0)


def test_papers_leave_room_in_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "_FRAME_PAPERS_BYTES", 1)
    assert papers(Desk().connect()) == (1, 1)
