"""Life cycles of what statements are about, as tables blind to which side we are.

`ACTIVITY`, `INCIDENT` and `SCHEDULE` say which statement moves a matter from which state to which; the tables and
diagrams of specs 04 and 08 are generated from them. Calls and clarifications are in `talks`. A statement that its table
does not allow in the state reached is kept, shown and marked NO_EFFECT.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hotline import v1
from hotline.protocol.ladder import Place
from hotline.protocol.statements import Said
from hotline.protocol.talks import CALL, CLARIFICATION, Table, call, clarification
from hotline.protocol.type_checks import SUCCESSOR_ROLE

ACTIVITY: Table = {
    ("NONE", "ActivityNotice"): "ANNOUNCED",
    ("ANNOUNCED", "ActivityUpdate"): "ANNOUNCED",
    ("ANNOUNCED", "ActivityCancel"): "CANCELLED",
    ("ANNOUNCED", "ActivityStart"): "UNDER_WAY",
    ("UNDER_WAY", "ActivityUpdate"): "UNDER_WAY",
    ("UNDER_WAY", "ActivityEnd"): "ENDED",
    ("ANNOUNCED", "ActivityEnd"): "ENDED",
}

INCIDENT: Table = {
    ("NONE", "IncidentFlash"): "OPEN",
    ("NONE", "BreakGlassFlash"): "OPEN",
    ("OPEN", "IncidentUpdate"): "OPEN",
    ("OPEN", "IncidentClose"): "CLOSED_BY_ONE",
    ("CLOSED_BY_ONE", "IncidentUpdate"): "CLOSED_BY_ONE",
    ("CLOSED_BY_ONE", "IncidentClose"): "CLOSED",
}

SCHEDULE: Table = {
    ("NONE", "EscortSchedule"): "IN_FORCE",
    ("IN_FORCE", "EscortSchedule that updates it"): "IN_FORCE",
}


@dataclass(frozen=True, slots=True)
class Event:
    """A statement of a thread with its place in its post's log."""

    said: Said
    place: Place


@dataclass(frozen=True, slots=True)
class Matter:
    """How a thread stands.

    Attributes:
        state: state of the table that its first statement belongs to; empty for other threads.
        marks: marks by statement digest: SUPERSEDED, CANCELLED, PREDECESSOR_MISSING, NOT_LIVE, NO_EFFECT.
        live: digest of the activity notice or the schedule now in force; empty when there is none.
        ended_by: of what was replaced or cancelled, the digest of what did that.
    """

    state: str
    marks: Mapping[bytes, tuple[str, ...]]
    live: bytes = b""
    ended_by: Mapping[bytes, bytes] = field(default_factory=dict)


def matter(first: Event, later: Iterable[Event]) -> Matter:
    """Fold a thread into its state; the result does not depend on the order of `later`."""
    name = first.said.body.DESCRIPTOR.name
    if ("NONE", name) in ACTIVITY:
        own = (event for event in later if event.said.header.from_post == first.said.header.from_post)
        return _activity(first, sorted(own, key=lambda event: event.place))
    if ("NONE", name) in INCIDENT:
        return _incident(first, later)
    if ("NONE", name) in SCHEDULE:
        return _schedule(first, later)
    placed = [(event.place, event.said) for event in later]
    if ("NONE", name) in CALL:
        return Matter(*call(first.said, placed))
    if ("NONE", name) in CLARIFICATION:
        return Matter(*clarification(first.said, placed))
    return Matter("", {})


def _activity(first: Event, later: list[Event]) -> Matter:
    """An activity is its own post's: its log gives the order."""
    known = {event.said.digest for event in later} | {first.said.digest}
    state, live = ACTIVITY["NONE", "ActivityNotice"], first.said.digest
    marks: dict[bytes, tuple[str, ...]] = {}
    ended_by: dict[bytes, bytes] = {}
    for event in later:
        name = event.said.body.DESCRIPTOR.name
        if not name.startswith("Activity"):
            continue
        after = ACTIVITY.get((state, name))
        role = SUCCESSOR_ROLE.get(event.said.statement.body_type)
        named = next((ref.digest for ref in event.said.header.references if ref.role == role), live) if role else live
        if role and named not in known:
            marks[event.said.digest] = ("PREDECESSOR_MISSING",)
        elif after is None:
            marks[event.said.digest] = ("NO_EFFECT",)
        elif named != live:
            marks[event.said.digest] = ("NOT_LIVE",)
        else:
            state = after
            if role:
                marks[live] = ("SUPERSEDED" if role == v1.Reference.ROLE_UPDATES else "CANCELLED",)
                ended_by[live] = event.said.digest
                live = event.said.digest if role == v1.Reference.ROLE_UPDATES else b""
    return Matter(state, marks, live, ended_by)


def _schedule(first: Event, later: Iterable[Event]) -> Matter:
    """A schedule is its own post's: of its schedules in the thread the one stands that took the place of the last."""
    own = [event for event in later if isinstance(event.said.body, v1.EscortSchedule)]
    own = [event for event in own if event.said.header.from_post == first.said.header.from_post]
    known, live = {event.said.digest for event in own} | {first.said.digest}, first.said.digest
    marks: dict[bytes, tuple[str, ...]] = {}
    ended_by: dict[bytes, bytes] = {}
    for event in sorted(own, key=lambda event: event.place):
        references = event.said.header.references
        named = next((ref.digest for ref in references if ref.role == v1.Reference.ROLE_UPDATES), None)
        if named is None:
            marks[event.said.digest] = ("NO_EFFECT",)
        elif named != live:
            marks[event.said.digest] = ("NOT_LIVE" if named in known else "PREDECESSOR_MISSING",)
        else:
            marks[live], ended_by[live], live = ("SUPERSEDED",), event.said.digest, event.said.digest
    return Matter(SCHEDULE["NONE", "EscortSchedule"], marks, live, ended_by)


def _incident(first: Event, later: Iterable[Event]) -> Matter:
    """Each side closes for itself; the thread is closed when the opener and every action addressee have closed it."""
    needed = {first.said.header.from_post, *first.said.header.action}
    closed: set[str] = set()
    for event in later:
        if isinstance(event.said.body, v1.IncidentClose):
            closed.add(event.said.header.from_post)
    state = INCIDENT["NONE", "IncidentFlash"]
    if closed & needed:
        state = INCIDENT[state, "IncidentClose"]
    if needed <= closed:
        state = INCIDENT[state, "IncidentClose"]
    return Matter(state, {})
