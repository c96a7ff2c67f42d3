"""Why nothing comes, through the front door: radio silence, suspension, hours, nobody on watch (REQ-SILENCE-6)."""

from __future__ import annotations

import pytest
from tests.conftest import Figure
from tests.kit import START_NS, A, B, Net, key, notice
from tests.unit.protocol.silent import (
    AIR,
    MINUTE,
    QUERIES,
    STAFF,
    TURNS,
    alerts,
    asking,
    hotline,
    ladder,
    said,
)

from hotline import v1
from hotline.agreements.rehearsal import PostPlan, rehearse
from hotline.protocol.instant import NS_PER_S, to_timestamp

# -- why nothing comes -------------------------------------------------------------------------------------------------


@pytest.mark.threat("suppression / unanswered call", defence="FB", measure="silences told apart by a word")
def test_silences_have_different_words(figure: Figure) -> None:
    """REQ-SILENCE-6: nobody on watch, a post that is down, one that is mute, and one that is there and says nothing."""
    net = hotline()
    digest = asking(net)
    net.go(3 * MINUTE)
    found = [ladder(net, digest).silence]
    net[B].staff("watch", True, net.now)
    net.settle()
    found.append(ladder(net, digest).silence)
    net.tap = lambda sender, receiver, frame: None if sender == B else frame
    net.go(4 * MINUTE)
    found.append(ladder(net, digest).silence)
    net.disconnect(A, B)
    found.append(ladder(net, digest).silence)
    assert found == ["UNSTAFFED", "NO_ANSWER", "PEER_SILENT", "PEER_DOWN"]
    figure(len(set(found)))


def radio_silence(from_s: int, until_s: int) -> v1.RadioSilence:
    """Radio silence from and until so many seconds after the start."""
    spans = {"from": from_s, "until": until_s}
    return v1.RadioSilence(**{name: to_timestamp(START_NS + at_s * NS_PER_S) for name, at_s in spans.items()})


def test_a_post_in_radio_silence_is_not_asked_and_gone_round_at_once() -> None:
    """REQ-SILENCE-5: its deadlines run on."""
    net = hotline()
    net.say(B, radio_silence(0, 60 * MINUTE), A)
    digest = asking(net)
    net.go(20 * MINUTE)
    assert said(net) == [
        ("ALTERNATE_POST", 2 * MINUTE, AIR),
        ("OTHER_CHANNEL", 7 * MINUTE, B),
        (*TURNS[2][:1], 12 * MINUTE, STAFF),
    ]
    view = ladder(net, digest)
    assert (view.state, view.silence) == ("SILENT", "RADIO_SILENCE")
    assert [stage.verdict for stage in view.stages] == ["IN_TIME", "EXPIRED", "EXPIRED"]
    assert len(alerts(net, A, "NOT_ANSWERED")) == 1


def test_a_radio_silence_declared_meanwhile_cuts_the_asking_short() -> None:
    net = hotline()
    asking(net)
    net.go(5 * MINUTE)
    net.say(B, radio_silence(5 * MINUTE, 60 * MINUTE), A)
    net.go(1)
    assert said(net) == [*QUERIES[:2], ("ALTERNATE_POST", 5 * MINUTE, AIR)]


def test_a_post_whose_radio_silence_is_over_is_asked_after_all() -> None:
    net = hotline(alternates=[], other_channels=[], superior="")
    net.say(B, radio_silence(0, 30 * MINUTE), A)
    asking(net)
    net.go(40 * MINUTE)
    assert [when for _, when, _ in said(net)] == [30 * MINUTE, 32 * MINUTE, 36 * MINUTE]
    assert len(alerts(net, A, "NOT_ANSWERED")) == 1
    net.go(10 * MINUTE)
    assert len(alerts(net, A, "NOT_ANSWERED")) == 2


def test_a_post_that_keeps_radio_silence_itself_asks_nobody() -> None:
    net = hotline()
    net.say(A, radio_silence(0, 30 * MINUTE), B)
    asking(net)
    net.go(29 * MINUTE)
    assert said(net) == []
    net.go(2 * MINUTE)
    assert said(net) == [("READ 1", 30 * MINUTE, B)]


def test_dialogue_is_not_asked_for_while_it_is_suspended() -> None:
    """REQ-LINE-3: the safety layer is asked for all the same."""
    plans = [PostPlan(A), PostPlan(B, level=v1.LEVEL_POLITICAL)]
    net = Net(rehearsal=rehearse(plans, key, START_NS))
    call = v1.FreeText(
        subject="a talk", words=[v1.Text(language="en", text="May we talk?", role=v1.Text.ROLE_AUTHENTIC)]
    )
    before = net.say(A, call, B, asks="READ").digest
    status = v1.ChannelStatus(status=v1.ChannelStatus.STATUS_SUSPENDED, reason="by order")
    getattr(status, "from").CopyFrom(to_timestamp(net.now.utc_ns))
    net.say(B, status, A)
    after = net.say(A, call, B, asks="READ").digest
    urgent = asking(net)
    net.go(45 * MINUTE)
    assert (ladder(net, before).state, ladder(net, before).silence) == ("SILENT", "SUSPENDED")
    assert (ladder(net, before).next, ladder(net, before).steps) == ("", ())
    assert {stage.name: stage.verdict for stage in ladder(net, before).stages if stage.verdict} == {
        "DELIVERED": "IN_TIME",
        "PRESENTED": "EXPIRED",
        "READ": "EXPIRED",
    }
    assert [stage.name for stage in ladder(net, after).stages if stage.verdict] == ["DELIVERED"]
    assert [step.step for step in ladder(net, urgent).steps] == ["QUERY"] * 3
    status.status, status.reason = v1.ChannelStatus.STATUS_RESTORED, ""
    getattr(status, "from").CopyFrom(to_timestamp(net.now.utc_ns))
    net.say(B, status, A)
    net.go(1)
    assert [step.step for step in ladder(net, before).steps] == ["QUERY"]


def test_that_no_reply_is_intended_is_an_answer_and_no_silence() -> None:
    net = hotline()
    digest = asking(net, asks="DONE")
    net.present(B, digest)
    net.ack(B, digest, v1.Read())
    net.ack(B, digest, v1.Decision(value=v1.Decision.VALUE_NO_REPLY_INTENDED))
    net.go(120 * MINUTE)
    view = ladder(net, digest)
    assert (view.state, view.silence, view.next) == ("DECIDED", "", "")
    assert [stage.verdict for stage in view.stages] == ["IN_TIME"] * 5
    assert said(net) == []


def test_the_hours_of_a_post_put_off_what_people_must_do_and_say_that_it_is_closed() -> None:
    """REQ-TIMER-6: the start is at 22:13:20Z and the watch opens at 08:00Z; delivery does not wait for it."""
    opens = v1.DailyWindow()
    getattr(opens, "from").seconds, opens.length.seconds = 8 * 3600, 10 * 3600
    net = hotline(hours=[opens])
    digest = net.say(A, notice(), B, asks="READ", precedence="PRIORITY").digest
    hours = {stage.name: (stage.deadline_ns or 0) / NS_PER_S % 86_400 / 3600 for stage in ladder(net, digest).stages}
    assert (hours["PRESENTED"], hours["READ"]) == (8.5, 11)
    urgent = asking(net)
    net.go(3 * MINUTE)
    assert (ladder(net, urgent).silence, ladder(net, digest).silence) == ("CLOSED", "")


# -- nobody on watch ---------------------------------------------------------------------------------------------------


def test_that_nobody_is_on_watch_is_said_in_the_head_and_stops_no_timer() -> None:
    """REQ-ACK-11."""
    net = hotline()
    digest = asking(net)
    assert (
        net.stages(A, digest, B) == {"DELIVERED": "RECEIVED", "PRESENTED": "UNSTAFFED"} == net.stages(STAFF, digest, B)
    )
    assert ladder(net, digest).state == "DELIVERED"
    assert [stage.verdict for stage in ladder(net, digest).stages] == ["IN_TIME", "WAITING", "WAITING"]
    net.present(B, digest)
    assert net.stages(A, digest, B)["PRESENTED"] == "PRESENTED"
    assert ladder(net, digest).stages[1].verdict == "IN_TIME"


def test_it_is_said_of_what_asks_for_people_only() -> None:
    net = hotline()
    for asks, info in (("", ()), ("DELIVERED", ()), ("READ", (B,))):
        digest = asking(net, *((AIR,) if info else (B,)), asks=asks, info=info)
        assert net.stages(A, digest, B) == {"DELIVERED": "RECEIVED"}
    net[B].staff("watch", True, net.now)
    net.settle()
    assert net.stages(A, asking(net), B) == {"DELIVERED": "RECEIVED"}


def test_it_is_said_after_a_restart_too() -> None:
    net = hotline()
    net.tap = lambda sender, receiver, frame: None if sender == B else frame
    digest = asking(net)
    net.restart(B)
    net[B].staff("watch", True, net.now)
    net.tap = None
    net.connect()
    assert net.stages(A, digest, B) == {"DELIVERED": "RECEIVED", "PRESENTED": "UNSTAFFED"}


def test_where_a_statement_waits_for_its_place_it_says_so() -> None:
    net = hotline()
    net.restart(A)
    digest = asking(net)
    view = ladder(net, digest)
    assert (view.state, view.next, view.next_ns) == ("WAITING", "sealed as soon as a peer has answered", None)
    net.connect()
    net.disconnect(A, B)
    assert ladder(net, digest).state == "DELIVERED"
