"""Requirements that no single bytes can show, held by endpoints that talk. Each test names the ones it holds."""

from __future__ import annotations

from itertools import permutations

import pytest
from tests.conftest import Figure
from tests.kit import START_NS, A, B, C, Net, flash, notice

from hotline import v1
from hotline.protocol.effects import Alert
from hotline.protocol.instant import NS_PER_S, to_timestamp

READ = v1.Read()
DONE = v1.Compliance(value=v1.Compliance.VALUE_DONE)
ACCEPTED = v1.Decision(value=v1.Decision.VALUE_ACCEPTED)
UPDATES, CANCELS = v1.Reference.ROLE_UPDATES, v1.Reference.ROLE_CANCELS
DEFERRED = v1.Decision(value=v1.Decision.VALUE_DEFERRED, deferred_until=to_timestamp(START_NS + 3600 * NS_PER_S))


def alerts(net: Net, post: str) -> list[str]:
    return [effect.code for effect in net.desks[post].told if isinstance(effect, Alert)]


def naming(digest: bytes, role: v1.Reference.Role.ValueType) -> v1.Reference:
    return v1.Reference(digest=digest, role=role)


# -- the ladder ------------------------------------------------------------------------------------


@pytest.mark.threat("re-sequence", defence="SEQ", measure="orders of three stages, one view")
def test_stages_come_in_any_order_and_give_one_view(figure: Figure) -> None:
    """REQ-ACK-1, REQ-ACK-2: no stage implies another, and the view is that of the set."""
    views = [view_after(order) for order in permutations(range(3))]
    assert len(set(views)) == 1
    figure(len(views))


def view_after(order: tuple[int, ...]) -> str:
    """What A sees when READ, ACCEPTED and DONE, said by B in this order, come in another."""
    net = Net()
    asked = net.say(A, notice(), asks="DONE")
    net.disconnect()
    said = [net.ack(B, asked.digest, stage) for stage in (READ, ACCEPTED, DONE)]
    log = net[B].logs[B]
    for count, place in enumerate(order, 1):
        body = net.entry(B, said[place].digest).envelope
        net.deliver(A, net.frame(B, log, 100 + count, links=[log.run(1, 3)], statements=[body]))
        assert len(net.stages(A, asked.digest, B)) == 2 + count
    assert net.errors == []
    assert net.stages(A, asked.digest, B) == {
        "DELIVERED": "RECEIVED",
        "PRESENTED": "UNSTAFFED",
        "READ": "READ",
        "DECIDED": "ACCEPTED",
        "DONE": "DONE",
    }
    return repr(net.view(A, asked.digest).addressees)


def test_a_later_word_stands_above_an_earlier_one() -> None:
    """REQ-ACK-4."""
    net = Net()
    asked = net.say(A, notice(), asks="DECIDED")
    net.ack(B, asked.digest, DEFERRED)
    assert net.stages(A, asked.digest, B)["DECIDED"] == "DEFERRED"
    net.ack(B, asked.digest, ACCEPTED)
    assert net.stages(A, asked.digest, B)["DECIDED"] == "ACCEPTED"


def test_each_kind_of_silence_is_seen_apart() -> None:
    """REQ-ACK-7: no connection; connected and silent; heard and unstaffed; staffed and nothing said."""
    net = Net()
    net.go(1)
    peer = net[A].peers[B]
    assert (peer.up, peer.silent, peer.staffed) == (True, False, False)
    net[B].staff("bridge", True, net.now)
    net.settle()
    assert (peer.up, peer.silent, peer.staffed) == (True, False, True)
    net.tap = lambda *_: None
    net.go(181)
    assert (peer.up, peer.silent) == (True, True)
    net.disconnect()
    assert not peer.up


# -- the line --------------------------------------------------------------------------------------


def test_a_new_connection_carries_no_statement_before_the_hello_is_answered() -> None:
    """REQ-HELLO-1."""
    net = Net()
    net.disconnect()
    net.say(A, notice())
    sent: list[v1.Frame] = []
    net.tap = lambda sender, _, frame: sent.append(v1.Frame.FromString(frame)) if sender == A else None
    net.connect()
    net.go(30)
    assert sent
    assert not [frame for frame in sent if frame.statements or frame.links]
    net.tap = None
    net.go(10)
    assert net[B].logs[A].sequence == 1


@pytest.mark.threat("deletion / loss", defence="TMO", measure="precedences repeated until receipted")
@pytest.mark.parametrize(("precedence", "fewest", "most"), [("FLASH", 20, 25), ("ROUTINE", 5, 5)])
def test_what_is_not_receipted_goes_again(precedence: str, fewest: int, most: int) -> None:
    """REQ-NET-5: in two minutes, about every 5 s for a FLASH, after 5, 10, 20 and 40 s for ROUTINE."""
    net = Net()
    sent: list[v1.Frame] = []

    def lose(sender: str, _: str, frame: bytes) -> bytes | None:
        if sender == A and v1.Frame.FromString(frame).statements:
            sent.append(v1.Frame.FromString(frame))
        return None if sender == A else frame

    net.tap = lose
    net.say(A, flash() if precedence == "FLASH" else notice(), precedence=precedence)
    net.go(119)
    assert fewest <= len(sent) <= most


@pytest.mark.threat("partition / asymmetric", defence="HB", measure="open lines that carry a heartbeat")
def test_an_open_line_carries_a_head_every_heartbeat() -> None:
    """REQ-NET-5."""
    net = Net()
    before = net[B].peers[A].beat
    net.go(301)
    assert net[B].peers[A].beat - before >= 5


# -- life cycles -----------------------------------------------------------------------------------


def test_only_the_post_that_announced_an_activity_moves_it() -> None:
    """REQ-MATTER-1."""
    net = Net()
    announced = net.say(A, notice())
    started = v1.ActivityStart(started_at=to_timestamp(START_NS))
    net.say(B, started, thread=announced.digest)
    assert net.view(B, announced.digest).matter_state == "ANNOUNCED"
    net.say(A, started, thread=announced.digest)
    assert net.view(B, announced.digest).matter_state == "UNDER_WAY"


def test_each_side_closes_an_incident_for_itself() -> None:
    """REQ-MATTER-2."""
    net = Net(A, B, C)
    opened = net.say(A, flash(), B, precedence="FLASH", info=[C])
    states = [net.view(C, opened.digest).matter_state]
    for post in (C, A, B):
        net.say(post, v1.IncidentClose(), thread=opened.digest)
        states.append(net.view(C, opened.digest).matter_state)
    assert states == ["OPEN", "OPEN", "CLOSED_BY_ONE", "CLOSED"]


def test_an_update_waits_for_its_predecessor_and_takes_its_place_once() -> None:
    """REQ-MATTER-3, REQ-STMT-9: kept and marked, never refused, whatever is missing."""
    net = Net()
    announced = net.say(A, notice()).digest
    reworded = v1.ActivityUpdate(notice=notice(radius_m=9260))
    lost = net.say(A, reworded, thread=announced, references=[naming(bytes(32), UPDATES)])
    assert net.view(B, lost.digest).marks == ("PREDECESSOR_MISSING",)
    first = net.say(A, reworded, thread=announced, references=[naming(announced, UPDATES)])
    cancel = v1.ActivityCancel(reason="weather")
    second = net.say(A, cancel, thread=announced, references=[naming(announced, CANCELS)])
    assert net.view(B, announced).marks == ("SUPERSEDED",)
    assert net.view(B, first.digest).marks == ()
    assert net.view(B, second.digest).marks == ("NOT_LIVE",)


def test_a_late_notice_is_taken_and_marked() -> None:
    """REQ-MATTER-4: 72 hours for live fire in the default profile, and this one begins at once."""
    net = Net()
    body = notice("live fire")
    body.kind = v1.ACTIVITY_KIND_LIVE_FIRE
    late = net.say(A, body)
    assert net.view(B, late.digest).marks == ("LATE_NOTICE",)
    assert net.stages(A, late.digest, B) == {"DELIVERED": "RECEIVED"}
    assert net.view(B, net.say(A, notice()).digest).marks == ()
    assert alerts(net, B) == []
