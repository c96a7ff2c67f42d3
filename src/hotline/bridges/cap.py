"""CAP 1.2 alerts (OASIS Common Alerting Protocol) of incidents, activities and retractions.

`msgType` is Update for an ActivityUpdate, which replaces the whole notice; Cancel for an ActivityCancel, for an
ActivityEnd whose area is clear and for a Retraction; and Alert for everything else: CAP's Update supersedes, which an
IncidentUpdate does not. `incidents` names the thread. `status` follows the kind of the channel; a draft is Draft. Each
language has its `info`. What the form has no place for, or forces on us:

- Ack and Error are never written: CAP's Ack means received *and accepted*, which this protocol keeps apart (F2, F4).
- A ChannelTest has no CAP form: a test that looks like an alert was the fault of 1980.
- `severity` is always Unknown: no message of ours grades what happened. `urgency` is reckoned from the times in the
  statement and from sealing, never from now.
- `scope` is always Private, with every addressee: making it public is a decision of people, not of a converter.
- Times are whole seconds, heights whole feet (rounded outwards, so that no height is lost).
- CAP has no corridor: a polygon that holds it stands in. A body of water by name is in `areaDesc` alone.
- Signatures stay behind. `identifier` is the statement's digest, by which the signed original is found.

Every field of the body is also there as it was signed, one `parameter` each: path, and value in protobuf JSON form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

from google.protobuf import json_format
from google.protobuf.message import Message

from hotline import v1
from hotline.bridges.caparea import area_of
from hotline.bridges.labels import LANGUAGES, phrase
from hotline.bridges.moments import NS_PER_S, ns_of, overall, utc
from hotline.bridges.s124 import TYPE_DETAILS
from hotline.bridges.told import Held, Told, no_form, notice_meant, subject
from hotline.bridges.wording import asked, code, event, flash_in, headline, lines

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
PARAMETER_PREFIX = "hotline.v1:"
_HEADLINE_MAX = 160
_HOUR_NS = 3600 * NS_PER_S

_MSG_TYPE: Mapping[str, str] = {
    "IncidentFlash": "Alert",
    "BreakGlassFlash": "Alert",
    "IncidentUpdate": "Alert",
    "IncidentClose": "Alert",
    "ActivityNotice": "Alert",
    "ActivityUpdate": "Update",
    "ActivityCancel": "Cancel",
    "ActivityStart": "Alert",
    "ActivityEnd": "Alert",
    "Retraction": "Cancel",
}
_WHY_NOT: Mapping[str, str] = {
    "Acknowledgement": "CAP's Ack means received and accepted at once, which this protocol never says in one word",
    "ChannelTest": "a test must not look like an alert",
}
_CATEGORY: Mapping[str, str] = {"DISTRESS": "Rescue", "SEARCH_AND_RESCUE": "Rescue", "INFRASTRUCTURE": "Infra"}
_CERTAINTY: Mapping[v1.Fact.Confidence.ValueType, str] = {
    v1.Fact.CONFIDENCE_CONFIRMED: "Observed",
    v1.Fact.CONFIDENCE_PROBABLE: "Likely",
    v1.Fact.CONFIDENCE_REPORTED: "Possible",
}


def cap(told: Told, held: Held) -> str:
    """A CAP 1.2 alert, as an XML document.

    Raises:
        BridgeError: BRIDGE_NO_FORM, BRIDGE_EARLIER_MISSING, BRIDGE_AREA.
    """
    if told.type not in _MSG_TYPE:
        raise no_form(told, "CAP", _WHY_NOT.get(told.type, "it neither warns of anything nor ends a warning"))
    alert = ElementTree.Element("alert", {"xmlns": NAMESPACE})
    for name, value in _heading(told, held):
        _add(alert, name, value)
    for language in LANGUAGES:
        _info(alert, told, held, language)
    ElementTree.indent(alert)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(alert, encoding="unicode")}\n'


def _heading(told: Told, held: Held) -> Iterator[tuple[str, str]]:
    yield "identifier", told.digest.hex()
    yield "sender", _sender(told)
    yield "sent", _time(told.at_ns)
    yield "status", "Draft" if told.is_draft else "Actual" if told.header.kind == v1.KIND_ACTUAL else "Exercise"
    yield "msgType", _msg_type(told)
    yield "source", f"hotline.v1.{told.type}"
    yield "scope", "Private"
    yield "addresses", " ".join([*told.header.action, *told.header.info]) or "none"
    note = told.header.handling or told.header.kind == v1.KIND_EXERCISE
    if note:
        marks = [phrase("exercise", language) for language in LANGUAGES if told.header.kind == v1.KIND_EXERCISE]
        yield "note", " / ".join([*marks, *([told.header.handling] if told.header.handling else [])])
    earlier = _earlier(told, held)
    if earlier is not None:
        yield "references", f"{_sender(earlier)},{earlier.digest.hex()},{_time(earlier.at_ns)}"
    yield "incidents", told.thread.hex()


def _msg_type(told: Told) -> str:
    if isinstance(told.body, v1.ActivityEnd) and told.body.area_clear:
        return "Cancel"
    return _MSG_TYPE[told.type]


def _sender(told: Told) -> str:
    """Post and channel, which together are one place in the world; CAP allows neither space nor comma."""
    return f"{told.header.from_post}@{told.header.channel}" if told.header.from_post else "draft"


def _earlier(told: Told, held: Held) -> Told | None:
    """The alert that an Update or a Cancel refers to."""
    if _msg_type(told) == "Alert":
        return None
    about = subject(told, held)
    if about is None or about.type not in _MSG_TYPE:
        raise no_form(told, "CAP", f"it is about {about.type if about else 'nothing'}, which has none")
    return about


def _info(alert: ElementTree.Element, told: Told, held: Held, language: str) -> None:
    info = ElementTree.SubElement(alert, "info")
    for name, value in _told_in(told, held, language):
        _add(info, name, value)
    for name, value in _codes(told, held):
        _named(info, "eventCode", name, value)
    for name, value in _times(told, held):
        _add(info, name, value)
    for name, value in _words(told, held, language):
        _add(info, name, value)
    for path, value in leaves(told.body):
        _named(info, "parameter", f"{PARAMETER_PREFIX}{path}", value)
    for part in area_of(told, held):
        area = ElementTree.SubElement(info, "area")
        for name, value in part:
            _add(area, name, value)


def _told_in(told: Told, held: Held, language: str) -> Iterator[tuple[str, str]]:
    yield "language", language
    yield "category", _category(told, held)
    yield "event", event(told, held, language)
    yield "responseType", _response(told, held)
    yield "urgency", _urgency(told, held)
    yield "severity", "Unknown"
    yield "certainty", _certainty(told)


def _kind(told: Told, held: Held) -> str:
    """The code of what it is about; empty where its type has none."""
    notice, flash = notice_meant(told, held), flash_in(told)
    if notice is not None:
        return code(v1.ActivityKind.DESCRIPTOR, notice.kind)
    return code(v1.IncidentKind.DESCRIPTOR, flash.kind) if flash is not None else ""


def _category(told: Told, held: Held) -> str:
    return _CATEGORY.get(_kind(told, held), "Security" if notice_meant(told, held) is None else "Safety")


def _response(told: Told, held: Held) -> str:
    if isinstance(told.body, v1.Retraction):
        return "Assess"
    if _msg_type(told) == "Cancel":
        return "AllClear"
    flash = flash_in(told)
    away = (v1.REQUESTED_ACTION_KEEP_OUTSIDE_RADIUS, v1.REQUESTED_ACTION_OPEN_RANGE)
    if flash is not None and any(each in flash.requested for each in away):
        return "Avoid"
    return "Avoid" if flash is None and asked(told, held, "en") else "Monitor"


def _urgency(told: Told, held: Held) -> str:
    """Immediate, Expected (within the hour), Future or Past, as it was at sealing; Unknown where nothing says so."""
    if _msg_type(told) == "Cancel" or isinstance(told.body, v1.ActivityEnd | v1.IncidentClose):
        return "Past"
    notice = notice_meant(told, held)
    if notice is None:
        return "Immediate" if flash_in(told) is not None else "Unknown"
    if isinstance(told.body, v1.ActivityStart) or overall(notice.schedule).start_ns <= told.at_ns:
        return "Immediate"
    return "Expected" if overall(notice.schedule).start_ns - told.at_ns <= _HOUR_NS else "Future"


def _certainty(told: Told) -> str:
    if flash_in(told) is not None or isinstance(told.body, v1.ActivityStart | v1.ActivityEnd):
        return "Observed"
    if isinstance(told.body, v1.IncidentUpdate):
        said = {fact.confidence for fact in told.body.facts}
        return _CERTAINTY[said.pop()] if len(said) == 1 else "Unknown"
    return "Likely" if isinstance(told.body, v1.ActivityNotice | v1.ActivityUpdate) else "Unknown"


def _codes(told: Told, held: Held) -> Iterator[tuple[str, str]]:
    notice, kind = notice_meant(told, held), _kind(told, held)
    if notice is not None:
        yield "hotline.v1.ActivityKind", kind
        if notice.kind in TYPE_DETAILS:
            yield "S-124:navwarnTypeDetails", str(TYPE_DETAILS[notice.kind].code)
    elif kind:
        yield "hotline.v1.IncidentKind", kind


def _times(told: Told, held: Held) -> Iterator[tuple[str, str]]:
    """Effective, onset and expiry, in CAP's order."""
    validity = told.header.validity if told.header.HasField("validity") else None
    yield "effective", _time(ns_of(getattr(validity, "from"))) if validity else _time(told.at_ns)
    notice, flash = notice_meant(told, held), flash_in(told)
    if notice is not None:
        yield "onset", _time(overall(notice.schedule).start_ns)
    elif flash is not None:
        yield "onset", _time(ns_of(flash.observed_at))
    if validity is not None:
        yield "expires", _time(ns_of(validity.until))
    elif notice is not None:
        yield "expires", _time(overall(notice.schedule).end_ns)


def _words(told: Told, held: Held, language: str) -> Iterator[tuple[str, str]]:
    yield "senderName", told.header.from_post or phrase("draft", language)
    title = headline(told, held, language)
    yield "headline", title if len(title) <= _HEADLINE_MAX else f"{title[: _HEADLINE_MAX - 1]}…"
    yield "description", "\n".join([*lines(told, held, language), phrase("meaning", language)])
    wanted = asked(told, held, language)
    if wanted:
        yield "instruction", "\n".join(wanted)
    notice, flash = notice_meant(told, held), flash_in(told)
    contact = notice.contact_post if notice is not None else flash.contact_post if flash is not None else ""
    if contact:
        yield "contact", contact


def leaves(message: Message, path: str = "") -> Iterator[tuple[str, str]]:
    """Every scalar that is set, by its path: ``area.circle.radius_m``, ``5556``; values in protobuf JSON form."""
    yield from _leaves(json_format.MessageToDict(message, preserving_proto_field_name=True), path)


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    else:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)


def _time(utc_ns: int) -> str:
    """CAP forbids the letter Z and fractions: UTC is -00:00."""
    return f"{utc(utc_ns):%Y-%m-%dT%H:%M:%S}-00:00"


def _add(parent: ElementTree.Element, name: str, value: str) -> None:
    ElementTree.SubElement(parent, name).text = value


def _named(parent: ElementTree.Element, name: str, value_name: str, value: str) -> None:
    element = ElementTree.SubElement(parent, name)
    _add(element, "valueName", value_name)
    _add(element, "value", value)
