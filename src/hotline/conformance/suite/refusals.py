"""Statements that every party must refuse, as a table: a name, the code, the requirements, and what is sealed.

The signatures of all of them verify.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hotline import v1
from hotline.conformance.suite import bodies
from hotline.conformance.suite.hostile import (
    beyond_time,
    body_bytes,
    declined,
    designation,
    dressed_test,
    handover,
    headed,
    header_bytes,
    long_silence,
    not_packed,
    release_passed,
    saying,
    too_large,
    too_wide,
    unknown_type,
    update,
)
from hotline.conformance.suite.peer import Peer
from hotline.conformance.suite.raw import chunk, number, varint
from hotline.conformance.suite.taking import notice

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


READ_AND_PASSED = chunk(1, bytes(32)) + chunk(2, b"") + chunk(5, chunk(1, b"bridge"))
NEW_FIELD, ENUM_9 = chunk(200, b"?"), number(14, 9)

REFUSALS = (
    # What it says of itself
    Refusal(
        "wrong-channel",
        "said on another channel",
        "WRONG_CHANNEL",
        ("REQ-STMT-5",),
        headed(lambda header, _: setattr(header, "channel", "elsewhere")),
    ),
    Refusal(
        "wrong-kind",
        "said as ACTUAL",
        "WRONG_KIND",
        ("REQ-KIND-1",),
        headed(lambda header, _: setattr(header, "kind", v1.KIND_ACTUAL)),
    ),
    Refusal(
        "unknown-agreement",
        "said under an agreement that is not held",
        "UNKNOWN_AGREEMENT",
        ("REQ-STMT-5",),
        headed(lambda header, _: setattr(header, "agreement_digest", bytes(31) + b"\x01")),
    ),
    Refusal(
        "not-its-post",
        "said for another post",
        "NOT_ITS_POST",
        ("REQ-ROLE-1",),
        headed(lambda header, peer: setattr(header, "from_post", "SOUTH:watch")),
    ),
    Refusal(
        "unknown-addressee",
        "addressed to a post that is not listed",
        "UNKNOWN_ADDRESSEE",
        ("REQ-STMT-5",),
        headed(lambda header, _: header.action.append("SOUTH:harbour")),
    ),
    Refusal(
        "addressee-twice",
        "addressed twice to one post",
        "RULE_BROKEN",
        ("REQ-SCAN-3",),
        headed(lambda header, peer: header.info.append(peer.kit.target)),
    ),
    Refusal(
        "release-passed",
        "sealed after it had to be released",
        "RELEASE_PASSED",
        ("REQ-STMT-5",),
        headed(release_passed),
    ),
    # Who signed it
    Refusal(
        "role",
        "signed in a role that may not",
        "ROLE_NOT_ALLOWED",
        ("REQ-STMT-4",),
        saying(lambda _: v1.IncidentClose(), "officer-1"),
    ),
    Refusal(
        "too-few-persons",
        "a FLASH signed by one person",
        "SIGNATURE_COUNT",
        ("REQ-STMT-4",),
        saying(lambda peer: bodies.flash(peer.kit.clock.now(), peer.post), "officer-1", precedence=v1.PRECEDENCE_FLASH),
    ),
    Refusal(
        "officer-for-node",
        "a test of the line signed by an officer",
        "ROLE_NOT_ALLOWED",
        ("REQ-ROLE-6",),
        saying(
            lambda _: v1.ChannelTest(serial=1),
            "officer-2",
            precedence=v1.PRECEDENCE_ROUTINE,
            stage_requested=v1.STAGE_DELIVERED,
        ),
    ),
    Refusal(
        "node-for-officer",
        "a notice signed by the node",
        "ROLE_NOT_ALLOWED",
        ("REQ-ROLE-6",),
        lambda peer: notice(peer, peer.signer),
    ),
    Refusal(
        "handover-signers",
        "a hand-over signed by others than the two",
        "HANDOVER_SIGNERS",
        ("REQ-ROLE-5",),
        saying(handover, "officer-1", "officer-3"),
    ),
    # What it says
    Refusal(
        "unknown-type",
        "a FLASH of a type that nobody knows",
        "UNKNOWN_TYPE",
        ("REQ-STMT-2", "REQ-STMT-3", "REQ-MSG-14", "REQ-CONF-2", "REQ-CONF-4"),
        unknown_type,
    ),
    Refusal(
        "rule",
        "a refusal without its reason",
        "RULE_BROKEN",
        ("REQ-SCAN-3", "REQ-MSG-1", "REQ-MSG-2"),
        saying(declined),
    ),
    Refusal(
        "body-of-another-type",
        "a body of another type",
        "SCAN_*",
        ("REQ-STMT-3",),
        body_bytes(
            "Acknowledgement",
            lambda peer: bodies.notice(peer.kit.clock.now(), peer.post).SerializeToString(deterministic=True),
        ),
    ),
    Refusal("no-predecessor", "an update of nothing", "REFERENCE_COUNT", ("REQ-STMT-7",), update(0)),
    Refusal("two-predecessors", "an update of two", "REFERENCE_COUNT", ("REQ-STMT-7",), update(2)),
    Refusal(
        "test-not-plain",
        "a test with a field that an alert could have",
        "TEST_NOT_PLAIN",
        ("REQ-LINE-1",),
        dressed_test,
    ),
    Refusal(
        "radio-silence",
        "a radio silence longer than agreed",
        "RADIO_SILENCE_TOO_LONG",
        ("REQ-LINE-4",),
        saying(long_silence),
    ),
    Refusal(
        "retraction",
        "a retraction that is not FLASH",
        "RETRACTION_NOT_FLASH",
        ("REQ-RETRACT-1",),
        saying(lambda _: v1.Retraction(subject=bytes(32), reason="sent in error")),
    ),
    Refusal(
        "signal",
        "a signal that its table does not have",
        "RULE_BROKEN",
        ("REQ-MSG-8",),
        saying(lambda _: v1.EncounterSignal(table="INCSEA-YV1", code="QQ9")),
    ),
    Refusal("too-large", "larger than the agreement allows", "TOO_LARGE", ("REQ-STMT-8", "REQ-NET-4"), too_large),
    # Its place
    Refusal("size", "its link gives another size", "SIZE_MISMATCH", ("REQ-LOG-5",), notice, (("size", 7),)),
    Refusal(
        "precedence",
        "its link gives another precedence",
        "SIZE_MISMATCH",
        ("REQ-LOG-5",),
        notice,
        (("precedence", v1.PRECEDENCE_FLASH),),
    ),
    # Its bytes
    Refusal(
        "unknown-field",
        "a field that nobody knows",
        "SCAN_UNKNOWN_FIELD",
        (*SCAN, "REQ-MSG-14"),
        header_bytes(NEW_FIELD),
    ),
    Refusal(
        "unknown-field-of-body",
        "a field of its body that nobody knows",
        "SCAN_UNKNOWN_FIELD",
        (*SCAN, "REQ-MSG-14"),
        body_bytes(
            "ActivityNotice",
            lambda peer: (
                bodies.notice(peer.kit.clock.now(), peer.post).SerializeToString(deterministic=True) + NEW_FIELD
            ),
        ),
    ),
    Refusal("duplicate-field", "a field twice", "SCAN_DUPLICATE_FIELD", SCAN, header_bytes(chunk(4, b"SOUTH:watch"))),
    Refusal(
        "oneof-pair",
        "two stages in one acknowledgement",
        "SCAN_ONEOF_PAIR",
        SCAN,
        body_bytes("Acknowledgement", lambda _: READ_AND_PASSED),
    ),
    Refusal("group", "a group", "SCAN_GROUP", SCAN, header_bytes(varint(200 << 3 | 3) + varint(200 << 3 | 4))),
    Refusal(
        "wire-type", "a text written as a number", "SCAN_WIRE_TYPE", SCAN, header_bytes(number(4, 7), a="from_post")
    ),
    Refusal(
        "overlong",
        "a number with a byte too many",
        "SCAN_OVERLONG_VARINT",
        SCAN,
        header_bytes(varint(14 << 3) + b"\x83\x00", a="precedence"),
    ),
    Refusal(
        "enum",
        "a code that is not on the list",
        "SCAN_ENUM",
        (*SCAN, "REQ-MSG-14"),
        header_bytes(ENUM_9, a="precedence"),
    ),
    Refusal(
        "default", "a zero written out", "SCAN_DEFAULT_ENCODED", SCAN, header_bytes(number(17, 0), a="stage_requested")
    ),
    Refusal("width", "a number wider than its field", "SCAN_WIDTH", SCAN, body_bytes("ActivityNotice", too_wide)),
    Refusal("time", "an instant after the year 9999", "SCAN_WIDTH", SCAN, body_bytes("ActivityNotice", beyond_time)),
    Refusal(
        "not-packed",
        "numbers one by one",
        "SCAN_NOT_PACKED",
        SCAN,
        body_bytes("IncidentFlash", not_packed, "officer-1", "officer-2"),
    ),
    Refusal(
        "utf8",
        "text that is not UTF-8",
        "SCAN_UTF8",
        ("REQ-SCAN-2",),
        body_bytes("ActivityNotice", designation(b"divers \xff")),
    ),
    Refusal(
        "nfc",
        "text that is not composed",
        "SCAN_TEXT_NFC",
        ("REQ-SCAN-2",),
        body_bytes("ActivityNotice", designation("plonge\u0301e".encode())),
    ),
    Refusal(
        "bidi",
        "text with an override of its direction",
        "SCAN_TEXT_CONTROL",
        ("REQ-SCAN-2",),
        body_bytes("ActivityNotice", designation("3 nmi \u202eimn 0".encode())),
    ),
    Refusal(
        "control",
        "text with a backspace",
        "SCAN_TEXT_CONTROL",
        ("REQ-SCAN-2",),
        body_bytes("ActivityNotice", designation(b"keep 30\b nmi")),
    ),
)
