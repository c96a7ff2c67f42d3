"""Testing the line: when a node makes a test, what comes of it, and what a peer's answer does to its state."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.kit import START_NS, A, B, C, Net, notice
from tests.unit.protocol.handmade import channel, entry, remade

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert
from hotline.protocol.instant import NS_PER_S
from hotline.protocol.line_tests import body_of
from hotline.protocol.testing import Schedule, next_test

HOUR = 3600
HOUR_NS = HOUR * NS_PER_S
# The start is 22:13:20Z; the default profile tests every 12 hours, and people at 09:00Z and 17:00Z.
TO_NINE_S = 10 * HOUR + 46 * 60 + 40


def a_test(sequence: int, at_ns: int, *, by_people: bool = False) -> Entry:
    body = v1.ChannelTest(serial=sequence, by_people=by_people)
    return entry(
        body,
        channel().nodes[A],
        sequence=sequence,
        at_ns=at_ns,
        precedence=v1.PRECEDENCE_ROUTINE,
        stage_requested=v1.STAGE_READ if by_people else v1.STAGE_UNSPECIFIED,
    )


# -- when --------------------------------------------------------------------------------------------------------------

EVERY = Schedule(12 * HOUR_NS, (9 * HOUR_NS, 17 * HOUR_NS))
NINE_NS = START_NS + TO_NINE_S * NS_PER_S


def test_the_first_test_comes_one_interval_after_the_line_was_confirmed() -> None:
    """REQ-LINE-2."""
    assert EVERY.next([], START_NS) == [(NINE_NS, True), (START_NS + 12 * HOUR_NS, False)]
    assert Schedule(HOUR_NS, ()).next([], START_NS) == [(START_NS + HOUR_NS, False)]


def test_the_next_test_follows_the_last_in_the_own_log() -> None:
    tests = [a_test(1, START_NS), a_test(2, NINE_NS, by_people=True)]
    later = START_NS + 5 * HOUR_NS
    assert EVERY.next(tests, later) == [(START_NS + 12 * HOUR_NS, False), (NINE_NS + 8 * HOUR_NS, True)]
    assert Schedule(HOUR_NS, ()).next(tests, later) == [(START_NS + HOUR_NS, False)]


def test_a_time_of_day_that_passed_meanwhile_is_not_made_up_for() -> None:
    assert EVERY.next([], NINE_NS)[1] == (NINE_NS + 12 * HOUR_NS, False)
    assert EVERY.next([], NINE_NS)[0] == (NINE_NS + 8 * HOUR_NS, True)
    assert EVERY.next([], NINE_NS + 9 * HOUR_NS)[1] == (NINE_NS + 24 * HOUR_NS, True)


def test_the_serial_rises_by_one() -> None:
    assert next_test([], by_people=False) == v1.ChannelTest(serial=1)
    assert next_test([a_test(1, START_NS), a_test(2, START_NS)], True) == v1.ChannelTest(serial=3, by_people=True)


# -- by endpoints ------------------------------------------------------------------------------------------------------


def often(every_s: int = 600) -> Net:
    """A line tested so often, by people at 09:00Z, with a heartbeat that is slow enough for long tests."""

    def rules(words: v1.Agreement) -> None:
        words.line.test_every.FromSeconds(every_s)
        words.line.heartbeat.FromSeconds(min(3600, max(60, every_s // 10)))
        words.line.silent_after.FromSeconds(min(10_800, max(180, every_s // 3)))
        del words.line.watch_tests[1:]

    return Net(rehearsal=remade(agreement=rules))


def made_by(net: Net, post: str = A) -> list[v1.ChannelTest]:
    return [body_of(test) for test in net[post].ledger.line.tests]


def alerts(net: Net, post: str = A) -> list[tuple[str, str]]:
    told = net.desks[post].told
    return [(alert.code, alert.post) for alert in told if isinstance(alert, Alert)]


def test_every_node_tests_the_line_and_all_answer() -> None:
    net = often()
    net.go(599)
    assert made_by(net) == []
    net.go(1)
    assert {post: made_by(net, post) for post in (A, B, C)} == {post: [v1.ChannelTest(serial=1)] for post in (A, B, C)}
    net.go(600)
    assert [test.serial for test in made_by(net)] == [1, 2]
    for peer in net[A].line(net.now).peers:
        assert (peer.state, peer.tested_at_ns) == ("OPEN", START_NS + 1200 * NS_PER_S)
    assert alerts(net) == []


def test_a_test_shows_as_a_test_and_asks_all_for_nothing_but_receipts() -> None:
    net = often()
    net.go(600)
    (test,) = net[A].ledger.line.tests
    held = net.entry(B, test.digest)
    assert held.said is not None and held.said.signers == ("node",)
    header = held.said.header
    assert (list(header.action), header.precedence, header.stage_requested) == ([B, C], v1.PRECEDENCE_ROUTINE, 0)
    assert net.view(B, test.digest).marks == ()
    assert alerts(net, B) == []


def test_people_are_asked_to_read_at_the_hour() -> None:
    net = often(12 * HOUR)
    net.go(TO_NINE_S)
    (test,) = net[A].ledger.line.tests
    assert body_of(test) == v1.ChannelTest(serial=1, by_people=True)
    for post in (B, C):
        net.present(post, test.digest)
    net.ack(B, test.digest, v1.Read())
    net.go(6 * HOUR)
    states = {peer.post: (peer.state, peer.detail) for peer in net[A].line(net.now).peers}
    assert states == {B: ("OPEN", ""), C: ("DEGRADED", "a test was not answered in time")}
    assert alerts(net) == [("TEST_FAILED", C)]
    net.ack(C, test.digest, v1.Read())
    assert next(peer for peer in net[A].line(net.now).peers if peer.post == C).state == "OPEN"
    assert alerts(net) == [("TEST_FAILED", C), ("TEST_PASSED", C)]


def test_a_peer_that_fails_is_degraded_until_it_answers_one() -> None:
    net = often(3600)
    net.tap = lambda _, receiver, frame: _only_heads(frame) if receiver == B else frame
    net.go(3600 + 900)
    found = next(peer for peer in net[A].line(net.now).peers if peer.post == B)
    assert (found.state, found.since_ns) == ("DEGRADED", START_NS + 4500 * NS_PER_S)
    assert [alert for alert in alerts(net) if alert[0].startswith("TEST")] == [("TEST_FAILED", B)]
    net.go(3600)
    assert [alert for alert in alerts(net) if alert[0].startswith("TEST")] == [("TEST_FAILED", B)] * 2
    net.tap = None
    net.go(3600)
    found = next(peer for peer in net[A].line(net.now).peers if peer.post == B)
    assert found.state == "OPEN"
    assert [alert for alert in alerts(net) if alert[0].startswith("TEST")][2:] == [("TEST_PASSED", B)]


def _only_heads(frame: bytes) -> bytes:
    parsed = v1.Frame.FromString(frame)
    del parsed.links[:], parsed.statements[:]
    return parsed.SerializeToString()


@pytest.mark.threat(
    "suppression / unanswered call", defence="HB", measure="tests that a node passed and people did not"
)
def test_people_who_do_not_read_are_not_excused_by_their_node() -> None:
    net = often(12 * HOUR)
    net.go(TO_NINE_S + 6 * HOUR)
    assert [test.by_people for test in made_by(net)] == [True, False]
    (node_test,) = (test for test in net[A].ledger.line.tests if not body_of(test).by_people)
    assert net.stages(A, node_test.digest, B)["DELIVERED"] == "RECEIVED"
    assert next(peer for peer in net[A].line(net.now).peers if peer.post == B).state == "DEGRADED"


def test_an_expired_test_is_no_deadline_of_a_message() -> None:
    net = often()
    net.disconnect()
    net.go(600 + 900)
    codes = {code for code, _ in alerts(net)}
    assert "TEST_FAILED" in codes and "DEADLINE_EXPIRED" not in codes
    assert "QUERIED" not in codes and "ESCALATED" not in codes


def test_the_schedule_survives_a_restart() -> None:
    net = often()
    net.go(900)
    net.restart(A)
    net.connect()
    net.go(299)
    assert len(made_by(net)) == 1
    net.go(1)
    assert [test.serial for test in made_by(net)] == [1, 2]


def test_a_node_that_was_away_tests_the_line_when_it_comes_back() -> None:
    net = often()
    net.go(700)
    net.restart(A)
    net.go(6000)
    assert len(made_by(net)) == 1
    net.connect()
    net.go(0)
    assert [test.serial for test in made_by(net)] == [1, 2]


def test_nothing_is_tested_before_a_peer_has_answered() -> None:
    net = Net(rehearsal=often().rehearsal, connected=False)
    net.go(6000)
    assert made_by(net) == [] and net[A].next_deadline() is None


def test_nothing_is_tested_where_tests_were_not_agreed() -> None:
    def none(words: v1.Agreement) -> None:
        kept = [rule for rule in words.types if rule.type != "hotline.v1.ChannelTest"]
        del words.types[:]
        words.types.extend(kept)
        words.line.heartbeat.FromSeconds(HOUR)
        words.line.silent_after.FromSeconds(3 * HOUR)

    net = Net(rehearsal=remade(agreement=none))
    net.go(13 * HOUR)
    assert made_by(net) == []


def test_what_cannot_be_said_is_not_tried_for_ever() -> None:
    net = often()
    line = net.trust.agreement.message.line
    line.statement_bytes_max = 10
    net.go(1800)
    assert [code for code, _ in alerts(net) if code == "NOT_SEALED"] == ["NOT_SEALED"]


def test_a_post_in_radio_silence_makes_no_test() -> None:
    net = often()
    body = v1.RadioSilence()
    getattr(body, "from").FromNanoseconds(START_NS)
    body.until.FromNanoseconds(START_NS + 1500 * NS_PER_S)
    net.say(A, body)
    net.go(1499)
    assert (len(made_by(net)), len(made_by(net, B))) == (0, 2)
    net.go(1)
    assert len(made_by(net)) == 1


@pytest.mark.parametrize("body", [notice(), v1.Retraction(subject=bytes(32), reason="x")])
def test_only_tests_are_tests(body: v1.ActivityNotice | v1.Retraction) -> None:
    net = Net(A, B)
    net.say(A, body, B, precedence="FLASH")
    assert net[A].ledger.line.tests == net[B].ledger.line.tests == []
    assert replace(EVERY, times_ns=()).next([], START_NS) == [(START_NS + 12 * HOUR_NS, False)]
