"""Life cycles: what a thread comes to, whatever order its statements are looked at."""

from __future__ import annotations

from itertools import permutations

import pytest
from google.protobuf.message import Message
from tests.kit import START_NS, A, B, C, flash, notice
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
