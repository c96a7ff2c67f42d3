"""The strict wire scan, on a descriptor made for it: hand-made bytes for every code, and two properties.

The properties say what the scan is for: whatever a serialiser writes passes, and whatever passes is written
back in as many bytes, so that no message has two forms apart from the order of its fields.
"""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import assume, example, given
from hypothesis import strategies as st
from tests.unit.protocol.wire import (
    END_GROUP,
    FIXED32,
    FIXED64,
    LENGTH,
    NUMBER_OF,
    START_GROUP,
    VARINT,
    Sample,
    chunk,
    nested,
    number,
    tag,
    text,
    varint,
)

from hotline import v1
from hotline.protocol.errors import PeerDataError
from hotline.protocol.scan import MAX_DEPTH, scan


def code_of(data: bytes) -> str | None:
    try:
        scan(Sample.DESCRIPTOR, data)
    except PeerDataError as error:
        return error.code
    return None


REFUSED = {
    "SCAN_UNKNOWN_FIELD": {
        "no such number": varint(99 << 3 | VARINT) + b"\x01",
        "number zero": b"\x02\x00",
        "beyond every field number": varint(2**40 << 3 | VARINT) + b"\x01",
        "unknown inside a child": chunk("child", varint(99 << 3 | LENGTH) + b"\x00"),
    },
    "SCAN_DUPLICATE_FIELD": {
        "number": number("u32", 1) * 2,
        "text": text("a") + number("u32", 1) + text("b"),
        "message, which parsers merge": chunk("child", text("a")) + chunk("child", number("u32", 1)),
        "member of a oneof": number("number", 1) * 2,
        "explicit presence": number("maybe_number", 0) * 2,
    },
    "SCAN_ONEOF_PAIR": {
        "two numbers and words": number("number", 1) + chunk("word", b"a"),
        "message after word": chunk("word", b"") + chunk("branch", b""),
    },
    "SCAN_OVERLONG_VARINT": {
        "tag": varint(NUMBER_OF["u32"] << 3 | VARINT, 1) + b"\x01",
        "tag of two bytes": varint(NUMBER_OF["colour"] << 3 | VARINT, 1) + b"\x01",
        "length": tag("text", LENGTH) + varint(1, 1) + b"a",
        "length of an empty message": tag("child", LENGTH) + varint(0, 3),
        "value": tag("u32", VARINT) + varint(7, 1),
        "value of ten bytes": tag("u64", VARINT) + varint(1, 9),
        "value of eleven bytes": tag("u64", VARINT) + varint(2**63, 1),
        "value of eleven bytes beyond 64 bits": tag("u64", VARINT) + varint(2**70),
        "without end": tag("u64", VARINT) + b"\xff" * 100_000,
        "in a packed run": chunk("numbers", varint(1) + varint(2, 1)),
    },
    "SCAN_WIDTH": {
        "uint32": number("u32", 2**32),
        "uint32 of explicit presence": number("maybe_number", 2**64 - 1),
        "int32 above": number("i32", 2**31),
        "int32 not sign-extended": number("i32", 2**32 - 1),
        "int32 below": number("i32", 2**64 - 2**31 - 1),
        "sint32": number("s32", 2**32),
        "bool": number("flag", 2),
        "uint64": number("u64", 2**64),
        "tag": varint(2**64 + (NUMBER_OF["u32"] << 3)) + b"\x01",
        "in a packed run": chunk("numbers", varint(1) + varint(2**32)),
    },
    "SCAN_ENUM": {
        "unlisted": number("colour", 2),
        "unlisted negative": number("colour", 2**64 - 1),
        "listed value cut to 32 bits": number("colour", 2**32 - 2),
        "listed value above 32 bits": number("colour", 2**32 + 1),
        "unspecified where presence is explicit": number("maybe_colour", 0),
        "unspecified in a run": chunk("colours", b"\x01\x00"),
    },
    "SCAN_NOT_PACKED": {
        "one by one": number("numbers", 1),
        "doubles one by one": tag("reals", FIXED64) + bytes(8),
        "second run": chunk("numbers", b"\x01") * 2,
        "run, then one": chunk("numbers", b"\x01") + number("numbers", 1),
    },
    "SCAN_GROUP": {
        "unknown field": varint(99 << 3 | START_GROUP) + varint(99 << 3 | END_GROUP),
        "known field": tag("child", START_GROUP) + tag("child", END_GROUP),
        "end without start": tag("child", END_GROUP),
    },
    "SCAN_DEPTH": {
        "one too deep": nested(MAX_DEPTH + 1),
        "one too deep through lists": nested(MAX_DEPTH + 1, "children"),
        "a thousand": nested(1000),
    },
    "SCAN_UTF8": {
        "lone continuation": chunk("text", b"a\x80"),
        "over-long slash": chunk("text", b"\xc0\xaf"),
        "surrogate": chunk("text", b"\xed\xa0\x80"),
        "beyond Unicode": chunk("text", b"\xf4\x90\x80\x80"),
        "cut character": chunk("words", b"\xe6\xbd"),
    },
    "SCAN_TEXT_NFC": {
        "decomposed accent": text("e\u0301"),
        "singleton": text("\u212b"),
        "compatibility ideograph": text("\uf900"),
        "marks out of order": chunk("words", "a\u0301\u0323".encode()),
    },
    "SCAN_TEXT_CONTROL": {
        "null": text("a\x00b"),
        "carriage return": text("a\r\nb"),
        "escape": text("\x1b[2J"),
        "delete": text("\x7f"),
        "C1 next line": text("\x85"),
        "right-to-left override": text("safe \u202e efas"),
        "isolate": text("\u2066a\u2069"),
        "left-to-right mark": text("\u200e"),
        "Arabic letter mark": text("\u061c"),
        "non-character": text("\ufdd0"),
        "non-character at the end of plane 0": text("\uffff"),
        "non-character at the end of plane 16": text("\U0010fffe"),
        "in a list": chunk("words", b"\x07"),
        "in a oneof": chunk("word", b"\x07"),
    },
    "SCAN_TRUNCATED": {
        "after a tag": tag("u32", VARINT),
        "within a tag": b"\x80",
        "within a value": tag("u32", VARINT) + b"\x80",
        "before a length": tag("text", LENGTH),
        "within a text": tag("text", LENGTH) + b"\x05abcd",
        "length of 64 bits": tag("blob", LENGTH) + varint(2**64 - 1) + b"a",
        "within a fixed number": tag("f64", FIXED64) + bytes(7),
        "within a packed run": chunk("numbers", b"\x01\x80"),
        "within a packed double": chunk("reals", bytes(9)),
        "child's field reaches beyond the child": chunk("child", tag("text", LENGTH) + b"\x02a") + b"a",
    },
    "SCAN_WIRE_TYPE": {
        "text as number": number("text", 1),
        "number as text": chunk("u32", b"\x01"),
        "double as float": tag("real", FIXED32) + b"\x01\x00\x00\x00",
        "message as fixed": tag("child", FIXED64) + bytes(8),
        "wire type six": tag("u32", 6),
        "wire type seven": tag("u32", 7),
        "packed numbers as fixed": tag("numbers", FIXED32) + bytes(4),
    },
    "SCAN_MAP": {"entry": chunk("table", b"\x0a\x01a\x12\x01b")},
    "SCAN_ANY": {"empty": chunk("anything", b"")},
    "SCAN_DEFAULT_ENCODED": {
        "text": text(""),
        "bytes": chunk("blob", b""),
        "bool": number("flag", 0),
        "enum": number("colour", 0),
        "double": tag("real", FIXED64) + bytes(8),
        "fixed32": tag("f32", FIXED32) + bytes(4),
        "packed run": chunk("numbers", b""),
        **{name: number(name, 0) for name in ("i32", "u32", "s32", "i64", "u64", "s64", "far")},
    },
}

PASSED = {
    "nothing": b"",
    "zero of explicit presence": number("maybe_number", 0) + chunk("maybe_text", b"") + number("maybe_level", 0),
    "zero double of explicit presence": tag("maybe_real", FIXED64) + bytes(8),
    "zero in a oneof": number("number", 0),
    "empty text in a oneof": chunk("word", b""),
    "empty child": chunk("child", b""),
    "empty words": chunk("words", b"") * 2,
    "zeros in a run": chunk("numbers", bytes(3)),
    "list of messages": chunk("children", text("a")) * 3,
    "fields in descending order": number("far", 1) + number("u32", 1) + text("a"),
    "list with another field in between": chunk("words", b"a") + text("x") + chunk("words", b"b"),
    "as deep as allowed": nested(MAX_DEPTH),
    "widest uint32": number("u32", 2**32 - 1),
    "widest uint64": number("u64", 2**64 - 1),
    "highest int32": number("i32", 2**31 - 1),
    "lowest int32": number("i32", 2**64 - 2**31),
    "true": number("flag", 1),
    "negative enumeration value": number("colour", 2**64 - 2),
    "Chinese": text("请保持距离。"),
    "line feed and tab": text("a\n\tb"),
    "line feed among others": text("é\n\té"),
    "composed accent": text("\u00e9"),
    "opaque bytes": chunk("blob", b"\x00\xff\x80\x0b"),
    "long text": text("x" * 4000),
}


ROWS = [
    pytest.param(data, code, id=f"{code}-{name}".replace(" ", "_"))
    for code, cases in REFUSED.items()
    for name, data in cases.items()
]


@pytest.mark.threat("malformed protobuf", defence="SCAN", measure="malformed encodings refused")
@pytest.mark.parametrize(("data", "code"), ROWS)
def test_refused(data: bytes, code: str) -> None:
    assert code_of(data) == code


@pytest.mark.threat("malformed protobuf", defence="SCAN", measure="malformed encodings refused at depth")
@pytest.mark.parametrize(("data", "code"), ROWS)
def test_refused_inside_a_list_of_messages(data: bytes, code: str) -> None:
    assert code_of(text("before") + chunk("children", b"") + chunk("children", data)) == code


@pytest.mark.parametrize("name", PASSED)
def test_passed(name: str) -> None:
    assert code_of(PASSED[name]) is None
    Sample.FromString(PASSED[name])


def test_the_error_names_the_field_and_not_the_text() -> None:
    with pytest.raises(PeerDataError) as caught:
        scan(Sample.DESCRIPTOR, text("secret\x07"))
    assert "scan_test.Sample.text" in caught.value.detail
    assert "secret" not in caught.value.detail


# Properties

FORBIDDEN_RANGES = (
    *((0x00, 0x08), (0x0B, 0x1F), (0x7F, 0x9F), (0x61C, 0x61C), (0x200E, 0x200F), (0x202A, 0x202E)),
    *((0x2066, 0x2069), (0xFDD0, 0xFDEF)),
    *((plane * 0x10000 + 0xFFFE, plane * 0x10000 + 0xFFFF) for plane in range(17)),
)


def is_allowed(character: str) -> bool:
    return not any(first <= ord(character) <= last for first, last in FORBIDDEN_RANGES)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]).filter(is_allowed), max_size=12).map(
    lambda words: unicodedata.normalize("NFC", words)
)
UINT32 = st.integers(0, 2**32 - 1)
INT32 = st.integers(-(2**31), 2**31 - 1)
UINT64 = st.integers(0, 2**64 - 1)
INT64 = st.integers(-(2**63), 2**63 - 1)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "blob": st.binary(max_size=200),
    "flag": st.booleans(),
    "i32": INT32,
    "u32": UINT32,
    "s32": INT32,
    "i64": INT64,
    "u64": UINT64,
    "s64": INT64,
    "real": st.floats(),
    "short_real": st.floats(width=32),
    "f32": UINT32,
    "f64": UINT64,
    "sf32": INT32,
    "sf64": INT64,
    "colour": st.sampled_from([1, -2]),
    "words": st.lists(TEXTS, max_size=3),
    "numbers": st.lists(UINT32, max_size=4),
    "colours": st.lists(st.sampled_from([1, -2]), max_size=3),
    "reals": st.lists(st.floats(), max_size=3),
    "maybe_number": UINT32,
    "maybe_text": TEXTS,
    "maybe_real": st.floats(),
    "maybe_colour": st.sampled_from([1, -2]),
    "maybe_level": st.sampled_from([0, 1]),
    "far": UINT32,
}
LEAVES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries({}, optional=VALUES)


def branches(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    choice = st.one_of(
        st.fixed_dictionaries({}),
        st.fixed_dictionaries({"word": TEXTS}),
        st.fixed_dictionaries({"number": UINT32}),
        st.fixed_dictionaries({"branch": inner}),
    )
    more = st.fixed_dictionaries({}, optional={"child": inner, "children": st.lists(inner, max_size=2)})
    return st.builds(lambda *parts: {key: part[key] for part in parts for key in part}, LEAVES, choice, more)


SAMPLES = st.recursive(LEAVES, branches, max_leaves=4).map(lambda values: Sample(**values))


def depth(message: Message) -> int:
    inner = [
        value
        for field, content in message.ListFields()
        if field.message_type
        for value in (content if field.is_repeated else [content])
    ]
    return 1 + max(map(depth, inner), default=0)


def assert_no_second_form(data: bytes) -> None:
    """If the bytes pass, a parser takes them, and a serialiser writes as many and as strict ones back."""
    if code_of(data) is None:
        message = Sample.FromString(data)
        again = message.SerializeToString(deterministic=True)
        assert len(again) == len(data)
        assert code_of(again) is None


@given(SAMPLES)
def test_whatever_a_serialiser_writes_passes(message: Message) -> None:
    assume(depth(message) <= MAX_DEPTH)
    data = message.SerializeToString()
    scan(message.DESCRIPTOR, data)
    assert_no_second_form(data)


@pytest.mark.threat("corruption / tampering", defence="SIG", measure="drawn changed bytes, refused or another digest")
@given(SAMPLES, st.data())
def test_a_changed_byte_is_refused_or_gives_another_message(message: Message, draw: st.DataObject) -> None:
    data = message.SerializeToString()
    assume(data)
    at = draw.draw(st.integers(0, len(data) - 1))
    instead = draw.draw(st.one_of(st.binary(max_size=2), st.sampled_from([b"\x80\x00", b"\xff\x01"])))
    assert_no_second_form(data[:at] + instead + data[at + 1 :])


@pytest.mark.threat("malformed protobuf", defence="SCAN", measure="drawn byte strings, refused or a message")
@given(st.binary(max_size=64))
@example(b"\x51" + b"\x00" * 7 + b"\x80")
def test_arbitrary_bytes_are_refused_or_are_a_message(data: bytes) -> None:
    assert_no_second_form(data)


@pytest.mark.parametrize(
    ("seconds", "nanos", "stands"),
    [
        (-62_135_596_800, 0, True),
        (253_402_300_799, 999_000_000, True),
        (253_402_300_799, 999_999_999, False),
        (0, 1, False),
        (0, 1_500_000, False),
        (-62_135_596_801, 0, False),
        (253_402_300_800, 0, False),
        (2**62, 0, False),
        (0, -1, False),
        (0, 10**9, False),
    ],
)
def test_an_instant_is_in_its_range_and_whole_milliseconds(seconds: int, nanos: int, stands: bool) -> None:
    data = v1.Window(until=Timestamp(seconds=seconds, nanos=nanos)).SerializeToString()
    if stands:
        scan(v1.Window.DESCRIPTOR, data)
    else:
        with pytest.raises(PeerDataError, match="SCAN_WIDTH"):
            scan(v1.Window.DESCRIPTOR, data)


@pytest.mark.parametrize(
    ("seconds", "nanos", "stands"),
    [
        (315_576_000_000, 999_999_999, True),
        (-315_576_000_000, -999_999_999, True),
        (0, -1, True),
        (315_576_000_001, 0, False),
        (-315_576_000_001, 0, False),
        (1, 10**9, False),
        (1, -1, False),
        (-1, 1, False),
    ],
)
def test_a_duration_is_in_its_range_and_of_one_sign(seconds: int, nanos: int, stands: bool) -> None:
    data = v1.CallRequest(duration=Duration(seconds=seconds, nanos=nanos)).SerializeToString()
    if stands:
        scan(v1.CallRequest.DESCRIPTOR, data)
    else:
        with pytest.raises(PeerDataError, match="SCAN_WIDTH"):
            scan(v1.CallRequest.DESCRIPTOR, data)
