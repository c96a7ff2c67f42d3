"""Statements that every party must refuse, as a table: a name, the code, the requirements, and what is sealed.

The signatures of all of them verify.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import Message

from hotline import v1
from hotline.conformance.suite import bodies
from hotline.conformance.suite.peer import Peer
from hotline.conformance.suite.raw import chunk, number, varint
from hotline.conformance.suite.taking import notice
from hotline.protocol.instant import NS_PER_S, to_timestamp

_HOUR_NS = 3600 * NS_PER_S
SCAN = ("REQ-SCAN-1", "REQ-SCAN-4")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A statement that must be refused.

    Attributes:
        name: of the check, without `refused-`.
        words: what is wrong with it.
        code: of the refusal.
        requirements: what it shows.
        made: signs it.
        link: fields of its link that are wrong.
    """

    name: str
    words: str
    code: str
    requirements: tuple[str, ...]
    made: Callable[[Peer], v1.Envelope]
    link: tuple[tuple[str, int], ...] = ()


def plain(peer: Peer) -> v1.Statement:
    """A notice that nothing is wrong with yet."""
    return peer.statement(bodies.notice(peer.kit.clock.now(), peer.post))


def _headed(change: Callable[[v1.StatementHeader, Peer], object]) -> Callable[[Peer], v1.Envelope]:
    """A notice with something changed in its header."""

    def made(peer: Peer) -> v1.Envelope:
        said = plain(peer)
        change(said.header, peer)
        return peer.signed(said)

    return made


def _header_bytes(extra: bytes, **cleared: str) -> Callable[[Peer], v1.Envelope]:
    """A notice with bytes added to its header, and fields taken out of it before."""

    def made(peer: Peer) -> v1.Envelope:
        said = plain(peer)
        for field in cleared.values():
            said.header.ClearField(field)  # type: ignore[arg-type]  # any field
        header = said.header.SerializeToString(deterministic=True) + extra
        return peer.signed(chunk(1, header) + chunk(2, said.body_type.encode()) + chunk(3, said.body))

    return made


def _body_bytes(name: str, data: Callable[[Peer], bytes]) -> Callable[[Peer], v1.Envelope]:
    """A statement with any bytes for its body."""

    def made(peer: Peer) -> v1.Envelope:
        said = plain(peer)
        said.body_type, said.body = f"hotline.v1.{name}", data(peer)
        return peer.signed(said)

    return made


def _saying(make: Callable[[Peer], Message], *signers: str, **header: object) -> Callable[[Peer], v1.Envelope]:
    """A statement of another type, its rules unchecked."""

    def made(peer: Peer) -> v1.Envelope:
        said, body = plain(peer), make(peer)
        said.body_type, said.body = body.DESCRIPTOR.full_name, body.SerializeToString(deterministic=True)
        for field, value in header.items():
            setattr(said.header, field, value)
        return peer.signed(said, *signers)

    return made


def _designation(words: bytes) -> Callable[[Peer], bytes]:
    """A notice's bytes with raw bytes for its designation."""

    def data(peer: Peer) -> bytes:
        body = bodies.notice(peer.kit.clock.now(), peer.post)
        body.ClearField("designation")
        return chunk(1, words) + body.SerializeToString(deterministic=True)

    return data


def _radio_silence(peer: Peer) -> v1.RadioSilence:
    window = bodies.window(peer.kit.clock.now(), 0, 400)
    body = v1.RadioSilence(until=window.until)
    getattr(body, "from").CopyFrom(getattr(window, "from"))
    return body


def _handover(peer: Peer) -> v1.WatchHandover:
    at = to_timestamp(peer.kit.clock.now().utc_ns)
    return v1.WatchHandover(position="bridge", outgoing="officer-1", incoming="officer-2", at=at)


def _declined(_: Peer) -> v1.Acknowledgement:
    return v1.Acknowledgement(subject=bytes(32), decision=v1.Decision(value=v1.Decision.VALUE_DECLINED))


def _by_node(peer: Peer) -> v1.Envelope:
    """A test of the line that could be taken for something else."""
    said = peer.statement(v1.ChannelTest(serial=1), precedence="ROUTINE", asks="DELIVERED")
    said.header.handling = "urgent"
    return peer.signed(said, peer.signer)


def _too_large(peer: Peer) -> v1.Envelope:
    """More words than the agreement allows."""
    words = "x" * 4000
    said = plain(peer)
    said.header.texts.extend(
        v1.Text(language=language, text=words, role=v1.Text.ROLE_AUTHENTIC) for language in ("en", "de", "fr", "es")
    )
    limit = peer.kit.line.statement_bytes_max
    said.body_type, said.body = "hotline.v1.FreeText", chunk(1, b"x" * (limit - 1000))
    said.header.basis.extend(["y" * 120] * 8)
    return peer.signed(said)


def _unknown_type(peer: Peer) -> v1.Envelope:
    said = peer.statement(bodies.flash(peer.kit.clock.now(), peer.post), precedence="FLASH")
    said.body_type = "hotline.v2.IncidentFlash"
    return peer.signed(said, "officer-1", "officer-2")


def _passed(header: v1.StatementHeader, peer: Peer) -> None:
    header.release_before.CopyFrom(to_timestamp(peer.kit.clock.now().utc_ns - _HOUR_NS))


def _times_out_of_range(peer: Peer) -> bytes:
    body = bodies.notice(peer.kit.clock.now(), peer.post)
    body.ClearField("schedule")
    beyond = chunk(1, number(1, 253_402_300_800))
    return body.SerializeToString(deterministic=True) + chunk(4, chunk(1, beyond))


def _wide(peer: Peer) -> bytes:
    body = bodies.notice(peer.kit.clock.now(), peer.post)
    body.ClearField("exclusion_radius_m")
    return body.SerializeToString(deterministic=True) + number(7, 2**32 + 5556)


def _not_packed(peer: Peer) -> bytes:
    body = bodies.flash(peer.kit.clock.now(), peer.post)
    return body.SerializeToString(deterministic=True) + number(10, 3) + number(10, 2)


def _update(predecessors: int) -> Callable[[Peer], v1.Envelope]:
    def made(peer: Peer) -> v1.Envelope:
        said, update = plain(peer), v1.ActivityUpdate(notice=bodies.notice(peer.kit.clock.now(), peer.post))
        said.body_type, said.body = "hotline.v1.ActivityUpdate", update.SerializeToString(deterministic=True)
        for one in range(predecessors):
            said.header.references.add(digest=bytes([one + 1]) * 32, role=v1.Reference.ROLE_UPDATES)
        return peer.signed(said)

    return made


READ_AND_PASSED = chunk(1, bytes(32)) + chunk(2, b"") + chunk(5, chunk(1, b"bridge"))
NEW_FIELD, ENUM_9 = chunk(200, b"?"), number(14, 9)

REFUSALS = (
    # What it says of itself
    Refusal("wrong-channel", "said on another channel", "WRONG_CHANNEL", ("REQ-STMT-5",), _headed(
        lambda header, _: setattr(header, "channel", "elsewhere"))),
    Refusal("wrong-kind", "said as ACTUAL", "WRONG_KIND", ("REQ-KIND-1",), _headed(
        lambda header, _: setattr(header, "kind", v1.KIND_ACTUAL))),
    Refusal("unknown-agreement", "said under an agreement that is not held", "UNKNOWN_AGREEMENT", ("REQ-STMT-5",), _headed(
        lambda header, _: setattr(header, "agreement_digest", bytes(31) + b"\x01"))),
    Refusal("not-its-post", "said for another post", "NOT_ITS_POST", ("REQ-ROLE-1",), _headed(
        lambda header, peer: setattr(header, "from_post", "SOUTH:watch"))),
    Refusal("unknown-addressee", "addressed to a post that is not listed", "UNKNOWN_ADDRESSEE", ("REQ-STMT-5",), _headed(
        lambda header, _: header.action.append("SOUTH:harbour"))),
    Refusal("addressee-twice", "addressed twice to one post", "RULE_BROKEN", ("REQ-SCAN-3",), _headed(
        lambda header, peer: header.info.append(peer.kit.target))),
    Refusal("release-passed", "sealed after it had to be released", "RELEASE_PASSED", ("REQ-STMT-5",), _headed(_passed)),
    # Who signed it
    Refusal("role", "signed in a role that may not", "ROLE_NOT_ALLOWED", ("REQ-STMT-4",),
        _saying(lambda _: v1.IncidentClose(), "officer-1")),
    Refusal("too-few-persons", "a FLASH signed by one person", "SIGNATURE_COUNT", ("REQ-STMT-4",),
        _saying(lambda peer: bodies.flash(peer.kit.clock.now(), peer.post), "officer-1",
                precedence=v1.PRECEDENCE_FLASH)),
    Refusal("officer-for-node", "a test of the line signed by an officer", "ROLE_NOT_ALLOWED", ("REQ-ROLE-6",),
        _saying(lambda _: v1.ChannelTest(serial=1), "officer-2", precedence=v1.PRECEDENCE_ROUTINE,
                stage_requested=v1.STAGE_DELIVERED)),
    Refusal("node-for-officer", "a notice signed by the node", "ROLE_NOT_ALLOWED", ("REQ-ROLE-6",),
        lambda peer: notice(peer, peer.signer)),
    Refusal("handover-signers", "a hand-over signed by others than the two", "HANDOVER_SIGNERS", ("REQ-ROLE-5",),
        _saying(_handover, "officer-1", "officer-3")),
    # What it says
    Refusal("unknown-type", "a FLASH of a type that nobody knows", "UNKNOWN_TYPE", ("REQ-STMT-2", "REQ-STMT-3", "REQ-MSG-14"),
        _unknown_type),
    Refusal("rule", "a refusal without its reason", "RULE_BROKEN", ("REQ-SCAN-3", "REQ-MSG-1", "REQ-MSG-2"), _saying(_declined)),
    Refusal("body-of-another-type", "a body of another type", "SCAN_*", ("REQ-STMT-3",),
        _body_bytes("Acknowledgement", lambda peer: bodies.notice(
            peer.kit.clock.now(), peer.post).SerializeToString(deterministic=True))),
    Refusal("no-predecessor", "an update of nothing", "REFERENCE_COUNT", ("REQ-STMT-7",), _update(0)),
    Refusal("two-predecessors", "an update of two", "REFERENCE_COUNT", ("REQ-STMT-7",), _update(2)),
    Refusal("test-not-plain", "a test with a field that an alert could have", "TEST_NOT_PLAIN", ("REQ-LINE-1",), _by_node),
    Refusal("radio-silence", "a radio silence longer than agreed", "RADIO_SILENCE_TOO_LONG", ("REQ-LINE-4",),
        _saying(_radio_silence)),
    Refusal("retraction", "a retraction that is not FLASH", "RETRACTION_NOT_FLASH", ("REQ-RETRACT-1",),
        _saying(lambda _: v1.Retraction(subject=bytes(32), reason="sent in error"))),
    Refusal("signal", "a signal that its table does not have", "RULE_BROKEN", ("REQ-MSG-8",),
        _saying(lambda _: v1.EncounterSignal(table="INCSEA-YV1", code="QQ9"))),
    Refusal("too-large", "larger than the agreement allows", "TOO_LARGE", ("REQ-STMT-8", "REQ-NET-4"), _too_large),
    # Its place
    Refusal("size", "its link gives another size", "SIZE_MISMATCH", ("REQ-LOG-5",), notice, (("size", 7),)),
    Refusal("precedence", "its link gives another precedence", "SIZE_MISMATCH", ("REQ-LOG-5",), notice,
        (("precedence", v1.PRECEDENCE_FLASH),)),
    # Its bytes
    Refusal("unknown-field", "a field that nobody knows", "SCAN_UNKNOWN_FIELD", (*SCAN, "REQ-MSG-14"), _header_bytes(NEW_FIELD)),
    Refusal("unknown-field-of-body", "a field of its body that nobody knows", "SCAN_UNKNOWN_FIELD", (*SCAN, "REQ-MSG-14"),
        _body_bytes("ActivityNotice", lambda peer: bodies.notice(
            peer.kit.clock.now(), peer.post).SerializeToString(deterministic=True) + NEW_FIELD)),
    Refusal("duplicate-field", "a field twice", "SCAN_DUPLICATE_FIELD", SCAN, _header_bytes(chunk(4, b"SOUTH:watch"))),
    Refusal("oneof-pair", "two stages in one acknowledgement", "SCAN_ONEOF_PAIR", SCAN,
        _body_bytes("Acknowledgement", lambda _: READ_AND_PASSED)),
    Refusal("group", "a group", "SCAN_GROUP", SCAN, _header_bytes(varint(200 << 3 | 3) + varint(200 << 3 | 4))),
    Refusal("wire-type", "a text written as a number", "SCAN_WIRE_TYPE", SCAN, _header_bytes(number(4, 7), a="from_post")),
    Refusal("overlong", "a number with a byte too many", "SCAN_OVERLONG_VARINT", SCAN,
        _header_bytes(varint(14 << 3) + b"\x83\x00", a="precedence")),
    Refusal("enum", "a code that is not on the list", "SCAN_ENUM", (*SCAN, "REQ-MSG-14"), _header_bytes(ENUM_9, a="precedence")),
    Refusal("default", "a zero written out", "SCAN_DEFAULT_ENCODED", SCAN, _header_bytes(number(17, 0), a="stage_requested")),
    Refusal("width", "a number wider than its field", "SCAN_WIDTH", SCAN, _body_bytes("ActivityNotice", _wide)),
    Refusal("time", "an instant after the year 9999", "SCAN_WIDTH", SCAN, _body_bytes("ActivityNotice", _times_out_of_range)),
    Refusal("not-packed", "numbers one by one", "SCAN_NOT_PACKED", SCAN, _body_bytes("IncidentFlash", _not_packed)),
    Refusal("utf8", "text that is not UTF-8", "SCAN_UTF8", ("REQ-SCAN-2",),
        _body_bytes("ActivityNotice", _designation(b"divers \xff"))),
    Refusal("nfc", "text that is not composed", "SCAN_TEXT_NFC", ("REQ-SCAN-2",),
        _body_bytes("ActivityNotice", _designation("plonge\u0301e".encode()))),
    Refusal("bidi", "text with an override of its direction", "SCAN_TEXT_CONTROL", ("REQ-SCAN-2",),
        _body_bytes("ActivityNotice", _designation("3 nmi \u202eimn 0".encode()))),
    Refusal("control", "text with a backspace", "SCAN_TEXT_CONTROL", ("REQ-SCAN-2",),
        _body_bytes("ActivityNotice", _designation(b"keep 30\b nmi"))),
)
