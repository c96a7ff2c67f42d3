"""The line: how peers stand, who does not answer dialogue, who is silent by declaration, who has the watch."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from tests.kit import START_NS, A, B, C, Net, key, notice
from tests.unit.protocol.books import fresh
from tests.unit.protocol.handmade import entry, officer, remade

from hotline import v1
from hotline.agreements.rehearsal import PostPlan, rehearse
from hotline.protocol.book import Book, Entry
from hotline.protocol.effects import Alert
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.line import STATES, Line, PeerLine, Signs
from hotline.protocol.peer import Peer

HOUR_NS = 3600 * NS_PER_S
SUSPENDED, RESTORED = v1.ChannelStatus.STATUS_SUSPENDED, v1.ChannelStatus.STATUS_RESTORED
DIALOGUE, SAFETY = v1.LAYER_DIALOGUE, v1.LAYER_SAFETY


def line_of(*entries: Entry, post: str = A) -> tuple[Line, Book]:
    """The line as a post sees it that took these in this order."""
    book = Book()
    line = Line(post, book)
    for known in map(fresh, entries):
        book.add(known)
        line.take(known)
    return line, book


# -- the table of states -----------------------------------------------------------------------------------------------


def signs(**changes: Any) -> Signs:
    fields: dict[str, Any] = {"up": True, "since_ns": 5, **{k: v for k, v in changes.items() if k in PEER}}
    rest: dict[str, Any] = {"heard_ns": 7, "radio_silence": None, "failing": (), "gaps": 0, "skew_shown_ns": 10}
    return Signs(Peer(B, **fields), **{**rest, **{k: v for k, v in changes.items() if k not in PEER}})


PEER = frozenset({"up", "since_ns", "silent", "forked", "skew_ns"})


@pytest.mark.parametrize(
    ("found", "state", "since_ns", "detail"),
    [
        (signs(), "OPEN", 5, ""),
        (signs(gaps=2), "DEGRADED", 5, "2 of its statements missing"),
        (signs(skew_ns=-11), "DEGRADED", 5, "its clock differs by -0.0 s"),
        (signs(skew_ns=10), "OPEN", 5, ""),
        (signs(failing=(3, 4), gaps=1), "DEGRADED", 3, "a test was not answered in time, 1 of its statements missing"),
        (signs(silent=True, failing=(3,)), "SILENT", 7, "connected, and nothing is heard"),
        (signs(up=False, silent=True), "DOWN", 5, "no connection"),
        (signs(up=False, radio_silence=(2, 9)), "RADIO_SILENCE", 2, "it declared radio silence"),
        (signs(forked=True, radio_silence=(2, 9)), "FORKED", 5, "it signed two logs"),
    ],
)
def test_the_first_state_that_fits_holds(found: Signs, state: str, since_ns: int, detail: str) -> None:
    """REQ-LINE-5."""
    row = next(row for row in STATES if row.fits(found))
    assert (row.name, row.since(found), row.detail(found)) == (state, since_ns, detail)


def peer_line(net: Net, post: str = A, other: str = B) -> PeerLine:
    return next(peer for peer in net[post].line(net.now).peers if peer.post == other)


def test_a_line_that_has_just_come_up_is_open() -> None:
    net = Net(A, B, C)
    view = net[A].line()
    assert [(peer.post, peer.state, peer.detail) for peer in view.peers] == [(B, "OPEN", ""), (C, "OPEN", "")]
    assert (view.suspensions, view.epoch, view.sequence, view.rolled_back) == ((), 1, 0, False)
    found = view.peers[0]
    assert (found.staffed, found.epoch, found.directory_version, found.tested_at_ns) == (False, 1, 1, None)


def test_a_peer_whose_connection_is_gone_is_down_and_owed() -> None:
    net = Net(A, B)
    net.go(5)
    net.disconnect()
    net.say(A, notice())
    found = peer_line(net)
    assert (found.state, found.since_ns, found.outstanding) == ("DOWN", START_NS + 5 * NS_PER_S, 1)


def test_a_peer_that_says_nothing_is_silent_since_it_was_heard() -> None:
    net = Net(A, B)
    net.tap = lambda sender, receiver, frame: None if receiver == A else frame
    net.go(200)
    found = peer_line(net)
    assert (found.state, found.since_ns) == ("SILENT", START_NS)
    net.tap = None
    net.go(60)
    assert peer_line(net).state == "OPEN"


@pytest.mark.threat("clock skew / jump", defence="FRESH", measure="skewed clocks shown")
def test_a_peer_with_missing_statements_or_another_clock_is_degraded() -> None:
    net = Net(A, B)
    net.tap = lambda sender, receiver, frame: _no_bodies(frame) if receiver == B else frame
    net.say(A, notice())
    assert (peer_line(net, B, A).state, peer_line(net, B, A).gaps) == ("DEGRADED", 1)
    net[A].peers[B].skew_ns = 6 * NS_PER_S
    assert peer_line(net).detail == "its clock differs by +6.0 s"


def _no_bodies(frame: bytes) -> bytes:
    parsed = v1.Frame.FromString(frame)
    del parsed.statements[:]
    return parsed.SerializeToString()


# -- suspension --------------------------------------------------------------------------------------------------------

POLITICAL = "CHN:state-council"
WORDS = v1.Text(language="en", text="good morning", role=v1.Text.ROLE_AUTHENTIC)


def with_a_political_post() -> Net:
    return Net(rehearsal=rehearse([A, B, PostPlan(POLITICAL, level=v1.LEVEL_POLITICAL)], key, START_NS))


def says(
    net: Net, value: v1.ChannelStatus.Status.ValueType, post: str = POLITICAL, from_ns: int | None = None
) -> bytes:
    body = v1.ChannelStatus(status=value, reason="by order of the government")
    getattr(body, "from").CopyFrom(to_timestamp(net.now.utc_ns if from_ns is None else from_ns))
    return net.say(post, body).digest


def alerts(net: Net, post: str, *codes: str) -> list[str]:
    return [told.code for told in net.desks[post].told if isinstance(told, Alert) and told.code in codes]


def test_a_party_suspends_dialogue_and_restores_it() -> None:
    """REQ-LINE-3."""
    net = with_a_political_post()
    said = says(net, SUSPENDED)
    (found,) = net[A].line().suspensions
    assert (found.party, found.since_ns, found.by, found.statement) == ("CHN", START_NS, POLITICAL, said)
    assert found.reason == "by order of the government"
    line, at_ns = net[A].ledger.line, net.now.utc_ns
    suspended = {(post, layer): line.suspended(post, layer, at_ns) for post in (A, B) for layer in (DIALOGUE, SAFETY)}
    assert [key for key, holds in suspended.items() if holds] == [(B, DIALOGUE)]
    net.go(60)
    says(net, RESTORED)
    assert net[A].line().suspensions == ()
    for post in (A, B, POLITICAL):
        assert alerts(net, post, "SUSPENDED", "RESTORED") == ["SUSPENDED", "RESTORED"]


def test_while_dialogue_is_suspended_only_its_delivery_is_awaited() -> None:
    """REQ-LINE-3: everything is still received, receipted and shown, and the safety layer is open."""
    net = with_a_political_post()
    says(net, SUSPENDED)
    body = v1.FreeText(subject="greetings", words=[WORDS])
    dialogue = net.say(A, body, B, asks="DECIDED").digest
    incident = net.say(A, notice(), B, asks="DECIDED").digest
    about = net.say(A, body, B, asks="READ", thread=incident).digest
    waited = {digest: set(net[A].ledger.waits.limits(digest, B)) for digest in (dialogue, incident, about)}
    assert waited[dialogue] == {v1.STAGE_DELIVERED}
    assert v1.STAGE_DECIDED in waited[incident] and v1.STAGE_READ in waited[about]
    net.present(B, dialogue)
    assert net.stages(A, dialogue, B) == {"DELIVERED": "RECEIVED", "PRESENTED": "PRESENTED"}


def test_a_suspension_begins_when_it_says() -> None:
    net = with_a_political_post()
    says(net, SUSPENDED, from_ns=START_NS + HOUR_NS)
    assert net[A].line().suspensions == ()
    net.go(3600)
    assert [found.party for found in net[A].line(net.now).suspensions] == ["CHN"]


def test_a_post_below_the_level_suspends_nothing() -> None:
    """REQ-ROLE-2."""
    net = with_a_political_post()
    said = says(net, SUSPENDED, B)
    assert net[A].line().suspensions == ()
    assert net.view(A, said).marks == ("LEVEL_LACKING",)
    assert alerts(net, A, "SUSPENDED", "LEVEL_LACKING") == ["LEVEL_LACKING"]
    assert net.stages(B, said, A) == {"DELIVERED": "RECEIVED"}


def test_a_suspension_taken_back_does_not_hold() -> None:
    net = with_a_political_post()
    said = says(net, SUSPENDED)
    net.say(POLITICAL, v1.Retraction(subject=said, reason="sent in error"), precedence="FLASH", thread=said)
    assert net[A].line().suspensions == ()


def test_the_newest_word_of_the_party_holds_in_whatever_order_it_came() -> None:
    known = remade(agreement=_anybody).trust

    def says(value: v1.ChannelStatus.Status.ValueType, post: str, sequence: int, at_ns: int) -> Entry:
        body = v1.ChannelStatus(status=value, reason=f"order {sequence}")
        getattr(body, "from").CopyFrom(to_timestamp(START_NS))
        signers = officer("cy", post), officer("ada", post)
        digest = known.agreement.digest
        found = entry(body, *signers, post=post, sequence=sequence, at_ns=at_ns, by=known, agreement_digest=digest)
        assert not found.refused
        return found

    one, two = says(SUSPENDED, B, 1, START_NS), says(RESTORED, B, 2, START_NS + NS_PER_S)
    three, other = says(SUSPENDED, B, 3, START_NS + 2 * NS_PER_S), says(SUSPENDED, C, 1, START_NS)
    for order in permutations([one, two, three, other]):
        line, book = line_of(*order)
        assert [found.party for found in line.suspensions(START_NS)] == ["CHN", "JPN"]
        book.void(three.digest, "DISAVOWED")
        assert [found.party for found in line.suspensions(START_NS)] == ["JPN"]


def _anybody(words: v1.Agreement) -> None:
    rule = next(rule for rule in words.types if rule.type == "hotline.v1.ChannelStatus")
    rule.roles.append("watch-officer")
    rule.level = v1.LEVEL_UNSPECIFIED


# -- radio silence -----------------------------------------------------------------------------------------------------


def silence(from_s: float, until_s: float | None, sequence: int = 1) -> Entry:
    body = v1.RadioSilence()
    getattr(body, "from").CopyFrom(to_timestamp(START_NS + round(from_s * NS_PER_S)))
    if until_s is not None:
        body.until.CopyFrom(to_timestamp(START_NS + round(until_s * NS_PER_S)))
    return entry(body, post=B, sequence=sequence)


def until_s(line: Line, at_s: float, post: str = B) -> float | None:
    found = line.radio_silence(post, START_NS + round(at_s * NS_PER_S))
    return None if found is None else (found - START_NS) / NS_PER_S


def test_a_radio_silence_holds_for_its_time() -> None:
    """REQ-LINE-4."""
    line, _ = line_of(silence(10, 20))
    assert [until_s(line, at) for at in (9, 10, 19.999, 20)] == [None, 20, 20, None]
    assert until_s(line, 15, C) is None


def test_a_later_word_of_that_post_ends_it_or_takes_its_place() -> None:
    for order in permutations([silence(10, 60, 1), silence(30, None, 2), silence(40, 50, 3)]):
        line, _ = line_of(*order)
        assert [until_s(line, at) for at in (10, 29, 30, 39, 40, 49, 50)] == [30, 30, None, None, 50, 50, None]


def test_when_a_radio_silence_begins_or_ends_is_known_beforehand() -> None:
    line, book = line_of(silence(10, 60, 1), later := silence(40, None, 2))
    turns = [line.radio_silence_turns(B, START_NS + at * NS_PER_S) for at in (0, 10, 39, 40, 70)]
    assert turns == [None if at is None else START_NS + at * NS_PER_S for at in (10, 40, 40, None, None)]
    book.void(later.digest, "FORKED")
    assert line.radio_silence_turns(B, START_NS + 10 * NS_PER_S) == START_NS + 60 * NS_PER_S
    assert line.radio_silence_turns(C, START_NS) is None


def test_a_radio_silence_that_does_not_count_does_not_hold() -> None:
    said = silence(10, 20)
    line, book = line_of(said)
    book.void(said.digest, "FORKED")
    assert until_s(line, 15) is None


def test_a_post_that_keeps_radio_silence_is_shown_so() -> None:
    net = Net(A, B)
    body = v1.RadioSilence(until=to_timestamp(START_NS + HOUR_NS))
    getattr(body, "from").CopyFrom(to_timestamp(START_NS))
    net.say(B, body)
    net.disconnect()
    found = peer_line(net)
    assert (found.state, found.since_ns, found.radio_silence_until_ns) == (
        "RADIO_SILENCE",
        START_NS,
        START_NS + HOUR_NS,
    )
    assert alerts(net, A, "RADIO_SILENCE") == ["RADIO_SILENCE"]
    net.go(3600)
    assert (peer_line(net).state, peer_line(net).radio_silence_until_ns) == ("DOWN", None)


# -- the watch ---------------------------------------------------------------------------------------------------------


def handover(outgoing: str, incoming: str, sequence: int, position: str = "bridge") -> Entry:
    body = v1.WatchHandover(position=position, outgoing=outgoing, incoming=incoming, at=to_timestamp(START_NS))
    return entry(body, officer(outgoing, B), officer(incoming, B), post=B, sequence=sequence)


def test_the_watch_is_with_whom_it_was_handed_to_last() -> None:
    """REQ-ROLE-5."""
    said = [handover("ada", "bo", 1), handover("bo", "cy", 2), handover("cy", "ada", 3, "plot")]
    for order in permutations(said):
        line, book = line_of(*order)
        assert line.on_watch(B) == ("bridge: cy", "plot: ada")
        assert line.on_watch(A) == ()
        book.void(said[1].digest, "DISAVOWED")
        assert line.on_watch(B) == ("bridge: bo", "plot: ada")


def test_what_may_change_who_is_asked_is_told() -> None:
    line = Line(A, Book())
    assert line.take(silence(10, 20)) is True
    assert line.take(handover("ada", "bo", 1)) is False
    assert line.take(entry(notice())) is False
