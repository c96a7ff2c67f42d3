"""iCalendar (RFC 5545) of activities and calls: every statement at hand as one calendar of what stands now.

Activities come from ActivityNotice, with a daily rule where they have daily hours; calls from CallRequest, its answer,
and a refusal of it. What was cancelled, taken back or declined stays, with STATUS:CANCELLED, so that calendars which
took an earlier copy strike it out. UIDs follow from the first statement of the matter and SEQUENCE counts its changes.

- No METHOD: the calendar is a copy for information and starts no scheduling exchange. Accepting is a signed
  acknowledgement, not a click.
- CLASS is CONFIDENTIAL and TRANSP is TRANSPARENT: it blocks nobody's time.
- SUMMARY can stand once, so it holds both languages; DESCRIPTION holds a block for each.
- A day that the overall window cuts short is an event of its own, as no rule can say it.
- A call has a beginning and no length: none is agreed.
- Times are whole seconds. Heights, forces and corridors are in words alone; GEO is the middle of a circle only.
- ActivityStart and ActivityEnd change nothing: a calendar holds what was planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from icalendar import Calendar, Event

from hotline import v1
from hotline.bridges.labels import LANGUAGES, both, label, phrase, titled
from hotline.bridges.moments import NS_PER_S, DailyRun, Span, daily_runs, utc
from hotline.bridges.told import BridgeError, Held, Told, notice_in
from hotline.bridges.wording import area_words, asked, headline, lines

PRODUCT = "-//Hotline//hotline-protocol bridges//EN"
CONFIRMED, TENTATIVE, CANCELLED = "CONFIRMED", "TENTATIVE", "CANCELLED"


_KIND = {v1.KIND_EXERCISE: "EXERCISE", v1.KIND_ACTUAL: "ACTUAL"}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One event as it stands now.

    Attributes:
        uid: the same for every change of it.
        run: when.
        status: of RFC 5545.
        changes: how often its matter has changed.
        by: the statement that says so last.
    """

    uid: str
    run: DailyRun
    status: str
    changes: int
    by: Told
    summary: str = ""
    description: str = ""
    location: str = ""
    geo: tuple[float, float] | None = None


def calendar(held: Held, thread: bytes | None = None) -> str:
    """The calendar of everything at hand, or of one thread, with the line ends of RFC 5545.

    Raises:
        BridgeError: BRIDGE_NO_FORM where nothing has a time to enter.
    """
    entries = [entry for first in _firsts(held, thread) for entry in _ENTRIES[type(first.body)](first, held)]
    if not entries:
        raise BridgeError("BRIDGE_NO_FORM", "nothing here has a place in a calendar: it holds activities and calls")
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    for entry in entries:
        made.add_component(_event(entry))
    written: bytes = made.to_ical()
    return written.decode()


def _firsts(held: Held, thread: bytes | None) -> Iterator[Told]:
    """What opens a matter with a time, in the order of sealing."""
    told = sorted(held.by_digest.values(), key=lambda each: (each.at_ns, each.digest))
    for each in told:
        if type(each.body) in _ENTRIES and thread in (None, each.thread):
            yield each


# -- activities --------------------------------------------------------------------------------------------------------


def _activity(first: Told, held: Held) -> Iterator[_Entry]:
    """The events of an activity as its last word leaves them, and those that only earlier words had, cancelled."""
    versions = _versions(first, held)
    last = versions[-1]
    cancel = _successor(last, held, v1.ActivityCancel)
    retraction = _retraction(cancel or last, held)
    by = retraction or cancel or last
    status = _status(first, cancel, retraction)
    changes = len(versions) - 1 + sum(each is not None for each in (cancel, retraction))
    now = dict(_runs(first, last))
    gone = {uid: run for each in versions[:-1] for uid, run in _runs(first, each) if uid not in now}
    for runs, stands in ((now, status), (gone, CANCELLED)):
        for uid, run in runs.items():
            yield _activity_entry(_Entry(uid, run, stands, changes, by), last, held)


def _status(first: Told, cancel: Told | None, retraction: Told | None) -> str:
    """A notice taken back never was; where a later word is taken back, what stands instead is for people to say."""
    if retraction is None and cancel is None:
        return TENTATIVE if first.is_draft else CONFIRMED
    if retraction is None:
        return CANCELLED
    assert isinstance(retraction.body, v1.Retraction)
    return CANCELLED if retraction.body.subject == first.digest else TENTATIVE


def _versions(first: Told, held: Held) -> list[Told]:
    """The notice and every update of it, each the successor of the one before."""
    found = [first]
    while (successor := _successor(found[-1], held, v1.ActivityUpdate)) is not None:
        found.append(successor)
    return found


def _successor(told: Told, held: Held, kind: type) -> Told | None:
    """The first statement of a type, by the same post, that names another one as its predecessor."""
    roles = (v1.Reference.ROLE_UPDATES, v1.Reference.ROLE_CANCELS)
    for each in held.thread(told.thread):
        named = any(found.digest == told.digest and found.role in roles for found in each.header.references)
        if named and isinstance(each.body, kind) and each.header.from_post == told.header.from_post:
            return each
    return None


def _retraction(told: Told, held: Held) -> Told | None:
    found = [each for each in held.by_digest.values() if _takes_back(each, told)]
    return min(found, key=lambda each: each.at_ns, default=None)


def _takes_back(told: Told, subject: Told) -> bool:
    own = told.header.from_post == subject.header.from_post
    return own and isinstance(told.body, v1.Retraction) and told.body.subject == subject.digest


def _runs(first: Told, told: Told) -> Iterator[tuple[str, DailyRun]]:
    notice = notice_in(told)
    assert notice is not None, "a version of an activity carries its notice"
    for number, run in enumerate(daily_runs(notice.schedule), start=1):
        yield f"{first.digest.hex()}-{number}@{first.header.channel or 'draft'}", run


def _activity_entry(entry: _Entry, version: Told, held: Held) -> _Entry:
    notice = notice_in(version)
    assert notice is not None, "a version of an activity carries its notice"
    circle = notice.area.WhichOneof("geometry") == "circle"
    centre = notice.area.circle.centre
    return replace(
        entry,
        summary=" / ".join(headline(entry.by, held, language) for language in LANGUAGES),
        description=_description(lambda language: [*lines(entry.by, held, language), *asked(entry.by, held, language)]),
        location=area_words(notice.area),
        geo=(round(centre.latitude_deg, 6), round(centre.longitude_deg, 6)) if circle else None,
    )


# -- calls -------------------------------------------------------------------------------------------------------------


def _call(first: Told, held: Held) -> Iterator[_Entry]:
    """Every instant proposed, and the one agreed to; tentative until somebody says yes."""
    request = first.body
    assert isinstance(request, v1.CallRequest)
    answers = [each for each in held.thread(first.thread) if _answers(each, first)]
    answer = next((each for each in reversed(answers) if isinstance(each.body, v1.CallResponse)), None)
    off = _retraction(first, held) or _refusal(first, answers)
    instants = [stamp.ToNanoseconds() for stamp in request.proposed_at]
    if answer is not None and _at_ns(answer) not in instants:
        instants.append(_at_ns(answer))
    for at_ns in instants:
        status = CANCELLED if off is not None else _call_status(at_ns, answer)
        uid = f"{first.digest.hex()}-{at_ns // NS_PER_S}@{first.header.channel or 'draft'}"
        entry = _Entry(uid, DailyRun(Span(at_ns, at_ns), 1), status, len(answers), off or answer or first)
        yield _call_entry(entry, first, request)


def _answers(told: Told, request: Told) -> bool:
    if isinstance(told.body, v1.CallResponse):
        return told.body.request == request.digest
    return isinstance(told.body, v1.Acknowledgement) and told.body.subject == request.digest and _declines(told)


def _declines(told: Told) -> bool:
    return isinstance(told.body, v1.Acknowledgement) and told.body.decision.value == v1.Decision.VALUE_DECLINED


def _refusal(request: Told, answers: list[Told]) -> Told | None:
    """The last refusal, where every action addressee has refused."""
    refusals = [each for each in answers if _declines(each)]
    refused = {each.header.from_post for each in refusals}
    return refusals[-1] if refusals and refused >= set(request.header.action) else None


def _at_ns(answer: Told) -> int:
    assert isinstance(answer.body, v1.CallResponse)
    return answer.body.at.ToNanoseconds()


def _call_status(at_ns: int, answer: Told | None) -> str:
    if answer is None or not isinstance(answer.body, v1.CallResponse):
        return TENTATIVE
    if _at_ns(answer) != at_ns:
        return CANCELLED
    return TENTATIVE if answer.body.counter else CONFIRMED


def _call_entry(entry: _Entry, first: Told, request: v1.CallRequest) -> _Entry:
    posts = ", ".join([first.header.from_post, *first.header.action])

    def words(language: str) -> list[str]:
        level = label(v1.Level.DESCRIPTOR, request.level, language)
        medium = label(v1.Medium.DESCRIPTOR, request.medium, language)
        topic = titled(phrase("call", language), request.topic, language)
        return [topic, f"{level}; {medium}; {request.language}", posts]

    counter = isinstance(entry.by.body, v1.CallResponse) and entry.by.body.counter
    standing = {CANCELLED: "cancelled", TENTATIVE: "counter" if counter else "proposed"}.get(entry.status)
    marks = ["exercise"] if first.header.kind == v1.KIND_EXERCISE else []
    return replace(
        entry,
        summary=" - ".join(
            [*map(both, marks), f"{both('call')}: {request.topic}", *([both(standing)] if standing else [])]
        ),
        description=_description(words),
        location=entry.by.body.address if isinstance(entry.by.body, v1.CallResponse) else "",
    )


# -- writing -----------------------------------------------------------------------------------------------------------


def _description(words: Callable[[str], Iterable[str]]) -> str:
    return "\n\n".join("\n".join([*words(language), phrase("meaning", language)]) for language in LANGUAGES)


def _event(entry: _Entry) -> Event:
    event, first = Event(), entry.run.first
    event.add("uid", entry.uid)
    event.add("dtstamp", utc(entry.by.at_ns))
    event.add("dtstart", utc(first.start_ns))
    if first.end_ns > first.start_ns:
        event.add("dtend", _end(first.end_ns))
    if entry.run.days > 1:
        event.add("rrule", {"freq": "daily", "count": entry.run.days})
    event.add("summary", entry.summary)
    event.add("description", entry.description)
    if entry.location:
        event.add("location", entry.location)
    if entry.geo is not None:
        event.add("geo", entry.geo)
    event.add("status", entry.status)
    event.add("sequence", entry.changes)
    event.add("class", "CONFIDENTIAL")
    event.add("transp", "TRANSPARENT")
    event.add("x-hotline-statement", entry.by.digest.hex())
    event.add("x-hotline-kind", _KIND.get(entry.by.header.kind, "DRAFT"))
    return event


def _end(utc_ns: int) -> datetime:
    """The next whole second: no time is lost."""
    return utc(-(-utc_ns // NS_PER_S) * NS_PER_S)


_ENTRIES: dict[type, Callable[[Told, Held], Iterator[_Entry]]] = {
    v1.ActivityNotice: _activity,
    v1.CallRequest: _call,
}
