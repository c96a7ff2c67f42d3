"""Life cycles: what a thread comes to, whatever order its statements are looked at."""

from __future__ import annotations

from itertools import permutations

import pytest
from google.protobuf.message import Message
from tests.kit import START_NS, A, B, C, Net, flash, notice, position
from tests.unit.protocol.handmade import ack, officer, said

from hotline import v1
from hotline.protocol.instant import to_timestamp
from hotline.protocol.matters import ACTIVITY, INCIDENT, Event, Matter, matter
from hotline.protocol.statements import BODIES

UPDATES, CANCELS = v1.Reference.ROLE_UPDATES, v1.Reference.ROLE_CANCELS
NOTICE = Event(said(notice()), (1, 1))
UNKNOWN = bytes(32)


def event(body: Message, sequence: int, post: str = A, names: tuple[int, bytes] | None = None) -> Event:
    references = [v1.Reference(role=v1.Reference.Role.ValueType(names[0]), digest=names[1])] if names else []
    words = said(body, officer("cy", post), post=post, thread=NOTICE.said.digest, references=references)
    return Event(words, (1, sequence))


def update(sequence: int, of: bytes) -> Event:
    return event(v1.ActivityUpdate(notice=notice(designation=f"as of {sequence}")), sequence, names=(UPDATES, of))


def cancel(sequence: int, of: bytes) -> Event:
    return event(v1.ActivityCancel(reason="called off"), sequence, names=(CANCELS, of))


def start(sequence: int, post: str = A) -> Event:
    return event(v1.ActivityStart(started_at=to_timestamp(START_NS)), sequence, post)


def end(sequence: int) -> Event:
    return event(v1.ActivityEnd(ended_at=to_timestamp(START_NS)), sequence)


def fold(*later: Event, first: Event = NOTICE) -> Matter:
    """What the thread comes to; the same for every order."""
    found = [matter(first, order) for order in permutations(later)]
    assert all(other == found[0] for other in found)
    return found[0]


def marks(found: Matter) -> dict[bytes, str]:
    return {digest: ", ".join(words) for digest, words in found.marks.items()}


def test_a_notice_is_announced() -> None:
    assert fold() == Matter("ANNOUNCED", {}, NOTICE.said.digest)


def test_an_activity_runs_from_start_to_end() -> None:
    assert fold(start(2)).state == "UNDER_WAY"
    found = fold(start(2), end(3))
    assert (found.state, marks(found), found.live) == ("ENDED", {}, NOTICE.said.digest)


def test_an_announced_activity_may_end_without_a_start() -> None:
    assert fold(end(2)).state == "ENDED"


def test_an_update_takes_the_place_of_the_notice() -> None:
    newer = update(2, NOTICE.said.digest)
    found = fold(newer)
    assert (found.state, found.live) == ("ANNOUNCED", newer.said.digest)
    assert marks(found) == {NOTICE.said.digest: "SUPERSEDED"}


def test_updates_follow_each_other() -> None:
    one = update(2, NOTICE.said.digest)
    two = update(4, one.said.digest)
    found = fold(one, start(3), two)
    assert (found.state, found.live) == ("UNDER_WAY", two.said.digest)
    assert marks(found) == {NOTICE.said.digest: "SUPERSEDED", one.said.digest: "SUPERSEDED"}


def test_an_update_of_what_is_not_live_has_no_effect() -> None:
    one, two = update(2, NOTICE.said.digest), update(3, NOTICE.said.digest)
    found = fold(one, two)
    assert found.live == one.said.digest
    assert marks(found)[two.said.digest] == "NOT_LIVE"


def test_an_update_of_what_is_not_held_waits() -> None:
    missing = update(2, NOTICE.said.digest)
    later = update(3, missing.said.digest)
    assert marks(fold(later)) == {later.said.digest: "PREDECESSOR_MISSING"}
    found = fold(later, missing)
    assert found.live == later.said.digest
    assert "PREDECESSOR_MISSING" not in marks(found).values()


def test_a_cancelled_activity_is_over() -> None:
    called_off = cancel(2, NOTICE.said.digest)
    late, again = start(3), update(4, NOTICE.said.digest)
    found = fold(called_off, late, again)
    assert (found.state, found.live) == ("CANCELLED", b"")
    assert marks(found) == {
        NOTICE.said.digest: "CANCELLED",
        late.said.digest: "NO_EFFECT",
        again.said.digest: "NO_EFFECT",
    }


def test_what_its_table_does_not_allow_has_no_effect() -> None:
    called_off = cancel(3, NOTICE.said.digest)
    found = fold(start(2), called_off)
    assert found.state == "UNDER_WAY"
    assert marks(found) == {called_off.said.digest: "NO_EFFECT"}


def test_an_activity_is_its_own_posts() -> None:
    other, word = start(1, post=B), event(ack(NOTICE.said.digest), 2)
    found = fold(other, word)
    assert (found.state, marks(found)) == ("ANNOUNCED", {})


def close(sequence: int, post: str) -> Event:
    return event(v1.IncidentClose(), sequence, post)


def incident(*action: str) -> Event:
    return Event(said(flash(), officer("ada"), officer("bo"), action=list(action)), (1, 1))


@pytest.mark.parametrize(
    ("closers", "state"),
    [
        ((), "OPEN"),
        ((C,), "OPEN"),
        ((A,), "CLOSED_BY_ONE"),
        ((B,), "CLOSED_BY_ONE"),
        ((A, C), "CLOSED_BY_ONE"),
        ((B, A), "CLOSED"),
        ((A, B, C), "CLOSED"),
    ],
)
def test_an_incident_is_closed_by_all_who_had_to_act(closers: tuple[str, ...], state: str) -> None:
    assert fold(*(close(9, post) for post in closers), first=incident(B)) == Matter(state, {})


def test_an_update_leaves_an_incident_as_it_is() -> None:
    account = event(
        v1.IncidentUpdate(facts=[v1.Fact(claim="clear", confidence=v1.Fact.CONFIDENCE_CONFIRMED, source="own radar")]),
        2,
    )
    assert fold(account, first=incident(B)).state == "OPEN"
    assert fold(account, close(3, A), first=incident(B)).state == "CLOSED_BY_ONE"


def test_other_threads_have_no_state() -> None:
    assert fold(close(2, B), first=Event(said(ack(UNKNOWN)), (1, 1))) == Matter("", {})


def test_the_tables_know_the_types_there_are() -> None:
    names = {body.DESCRIPTOR.name for body in BODIES}
    assert {name for _, name in (*ACTIVITY, *INCIDENT)} == {
        name for name in names if name.startswith(("Activity", "Incident", "BreakGlass"))
    }
    for table in (ACTIVITY, INCIDENT):
        assert {state for state, _ in table} - {"NONE"} <= set(table.values())


# -- schedules ---------------------------------------------------------------------------------------------------------


def schedule(sequence: int = 1, updates: bytes | None = None, post: str = A) -> Event:
    window = v1.Window(**{"from": to_timestamp(START_NS), "until": to_timestamp(START_NS + 10**15)})
    body = v1.EscortSchedule(
        reference_party="CHN",
        period=window,
        points=[v1.CorridorPoint(name=name, position=position()) for name in ("A", "B")],
        convoys=[v1.Convoy(designation=f"convoy {sequence}", from_point=1, to_point=2, window=window)],
    )
    return event(body, sequence, post, (UPDATES, updates) if updates is not None else None)


def test_a_later_schedule_takes_the_place_of_the_one_it_names() -> None:
    """REQ-MSG-15."""
    first = schedule()
    second = schedule(2, first.said.digest)
    third = schedule(3, second.said.digest)
    found = fold(third, second, first=first)
    assert (found.state, found.live) == ("IN_FORCE", third.said.digest)
    assert found.marks == {first.said.digest: ("SUPERSEDED",), second.said.digest: ("SUPERSEDED",)}
    assert found.ended_by == {first.said.digest: second.said.digest, second.said.digest: third.said.digest}


def test_a_schedule_that_names_another_or_none_replaces_nothing() -> None:
    first = schedule()
    second = schedule(2, first.said.digest)
    late, missing, bare = schedule(3, first.said.digest), schedule(4, UNKNOWN), schedule(5)
    found = fold(second, late, missing, bare, first=first)
    assert {digest: marks for digest, marks in found.marks.items() if digest != first.said.digest} == {
        late.said.digest: ("NOT_LIVE",),
        missing.said.digest: ("PREDECESSOR_MISSING",),
        bare.said.digest: ("NO_EFFECT",),
    }


def test_another_post_does_not_replace_a_schedule() -> None:
    first = schedule()
    assert fold(schedule(2, first.said.digest, post=B), first=first).marks == {}


def test_what_was_awaited_for_a_schedule_that_was_replaced_is_moot() -> None:
    net = Net(A, B)
    first = net.say(A, schedule().said.body, B, asks="READ").digest
    names = [v1.Reference(digest=first, role=UPDATES)]
    net.say(A, schedule(2).said.body, B, thread=first, references=names)
    view = net.view(A, first)
    assert (view.marks, view.matter_state) == (("SUPERSEDED",), "IN_FORCE")
    assert {stage.name: stage.verdict for stage in view.addressees[0].stages}["READ"] == "MOOT"
