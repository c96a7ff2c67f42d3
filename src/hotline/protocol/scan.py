"""The strict wire scan: refuses bytes that protobuf parsers let pass, so that one message has one reading.

A parser keeps unknown fields, takes the last of two, accepts numbers written long, cuts values to their
width: two implementations, or a screen and a log, could then read one signed statement differently (spec 02,
REQ-SCAN-1). The scan walks the wire form along the descriptor and refuses what no plain serialiser emits:

- field numbers that the descriptor lacks, a singular field twice, two members of one oneof;
- tags, lengths and values written with more bytes than they need, or values outside the declared width;
- a google.protobuf.Timestamp outside the years 1 to 9999 or not cut to whole milliseconds; a google.protobuf.Duration
  outside what its type documents;
- enumeration values outside the list. A zero whose name ends in ``_UNSPECIFIED`` is not on the list;
- repeated numbers other than in one packed run;
- a zero, an empty text or an empty run written out where the field has no explicit presence: serialisers
  leave these out, so writing them would give one message a second form;
- groups, maps and ``google.protobuf.Any``; more than ten messages inside one another, the outermost counted;
- text that is not UTF-8 in normalisation form C, or holds control characters (line feed and tab aside),
  bidirectional controls or non-characters. Form C is judged by Python's Unicode tables: a character newer
  than they are counts as composed.

Fields may stand in any order: serialisers differ in the order they write, parsers read every order alike, and
the identity of what was signed is the digest of its bytes as received. ``bytes`` fields are opaque here; what
they hold is scanned when it is opened.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import NS_PER_MS, NS_PER_S

if TYPE_CHECKING:
    from google._upb._message import Descriptor as CompiledDescriptor

MAX_DEPTH = 10
"""Messages inside one another, the outermost counted."""

_VARINT, _FIXED64, _LENGTH, _START_GROUP, _END_GROUP, _FIXED32 = range(6)

Check = Callable[[bytes, int, int], int]
"""Checks what follows a tag: (data, position, depth of the message it is in) -> position after the field.

Running off the end raises IndexError, which `scan` reports as SCAN_TRUNCATED.
"""

Step = tuple[int, int, Check]
"""What a tag leads to: bits of the fields that bar it when seen before, its own bit, and its check."""

Fits = Callable[[int], bool]
"""Whether a raw varint is a value of the field's type."""


def scan(descriptor: Descriptor | CompiledDescriptor, data: bytes) -> None:
    """Hold bytes against the strict wire form of a message type; silent if they pass.

    Args:
        descriptor: a message class's DESCRIPTOR, whichever implementation of protobuf made it.
        data: the serialised message, as received.

    Raises:
        PeerDataError: SCAN_* (see the table of codes). Of several faults, the first one met gives the code.
    """
    try:
        _walk(cast("Descriptor", descriptor), data, 1)
    except IndexError:
        raise PeerDataError("SCAN_TRUNCATED", f"{descriptor.full_name} ends within a field") from None


def _walk(descriptor: Descriptor, data: bytes, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise PeerDataError("SCAN_DEPTH", f"{descriptor.full_name} stands deeper than {MAX_DEPTH} messages")
    steps = _steps(descriptor)
    seen = position = 0
    end = len(data)
    while position < end:
        tag = data[position]
        position += 1
        if tag >= 0x80:
            tag, position = _varint(data, position - 1)
        step = steps.get(tag)
        if step is None:
            raise _foreign_tag(descriptor, tag)
        barred_by, bit, check = step
        if seen & barred_by:
            raise _second_time(descriptor, tag, bool(seen & bit))
        seen |= bit
        position = check(data, position, depth)


def _foreign_tag(descriptor: Descriptor, tag: int) -> PeerDataError:
    """Why a tag leads nowhere."""
    number, wire_type = tag >> 3, tag & 7
    where = f"field {number} of {descriptor.full_name}"
    if wire_type in (_START_GROUP, _END_GROUP):
        return PeerDataError("SCAN_GROUP", f"{where} is a group")
    field = descriptor.fields_by_number.get(number)
    if field is None:
        return PeerDataError("SCAN_UNKNOWN_FIELD", f"{where} is not known")
    if field.is_repeated and wire_type == _NUMBERS.get(field.type):
        return PeerDataError("SCAN_NOT_PACKED", f"{where} is a repeated number outside a packed run")
    return PeerDataError("SCAN_WIRE_TYPE", f"{where} is written with wire type {wire_type}")


def _second_time(descriptor: Descriptor, tag: int, same_field: bool) -> PeerDataError:
    """Why a field must not stand here, given what came before it."""
    field = descriptor.fields_by_number[tag >> 3]
    if not same_field:
        return PeerDataError("SCAN_ONEOF_PAIR", f"{field.full_name} is the second member of its oneof")
    if field.is_repeated:
        return PeerDataError("SCAN_NOT_PACKED", f"{field.full_name} has a second packed run")
    return PeerDataError("SCAN_DUPLICATE_FIELD", f"{field.full_name} is given twice")


# Reading the wire


def _varint(data: bytes, start: int) -> tuple[int, int]:
    """A varint of two bytes or more, at most 64 bits, in its shortest form, and the position after it."""
    value = data[start] & 0x7F
    shift, position = 7, start + 1
    while (byte := data[position]) >= 0x80 and shift < 63:
        value |= (byte & 0x7F) << shift
        shift += 7
        position += 1
    if byte == 0 or byte >= 0x80:
        raise PeerDataError("SCAN_OVERLONG_VARINT", f"a number at byte {start} is written too long")
    if shift == 63 and byte > 1:
        raise PeerDataError("SCAN_WIDTH", f"a number at byte {start} needs more than 64 bits")
    return value | byte << shift, position + 1


def _chunk(data: bytes, position: int) -> tuple[bytes, int]:
    """Length-delimited content, and the position after it."""
    length = data[position]
    position += 1
    if length >= 0x80:
        length, position = _varint(data, position - 1)
    stop = position + length
    if stop > len(data):
        raise IndexError
    return data[position:stop], stop


# Compiling a descriptor


@cache
def _steps(descriptor: Descriptor) -> dict[int, Step]:
    """A message type as a table from tag to step, built once; types inside it are built when first met."""
    fields = [field for field in descriptor.fields if field.type != FieldDescriptor.TYPE_GROUP]
    return {_tag(field): (_barred_by(field), 1 << field.index, _check(field)) for field in fields}


def _tag(field: FieldDescriptor) -> int:
    wire_type = _LENGTH if field.is_repeated else _NUMBERS.get(field.type, _LENGTH)
    return field.number << 3 | wire_type


def _barred_by(field: FieldDescriptor) -> int:
    """Bits that must not be set before this field: none if it may repeat, else its own and its oneof's."""
    if field.is_repeated and field.type not in _NUMBERS:
        return 0
    rivals = field.containing_oneof.fields if field.containing_oneof else [field]
    return sum(1 << rival.index for rival in rivals)


def _check(field: FieldDescriptor) -> Check:
    if field.message_type:
        return _message_check(field, field.message_type)
    zero_stands = field.has_presence or field.is_repeated
    if field.type in _NUMBERS:
        number = _number_check(field, zero_stands)
        return _run_check(field.full_name, number) if field.is_repeated else number
    if field.type == FieldDescriptor.TYPE_STRING:
        return _text_check(field.full_name, zero_stands)
    return _bytes_check(field.full_name, zero_stands)


def _message_check(field: FieldDescriptor, kind: Descriptor) -> Check:
    if kind.GetOptions().map_entry:
        return _refusal("SCAN_MAP", f"{field.full_name} is a map")
    if kind.full_name == "google.protobuf.Any":
        return _refusal("SCAN_ANY", f"{field.full_name} is a google.protobuf.Any")
    if kind.full_name in _TIMES:
        return _time_check(field.full_name, kind, _TIMES[kind.full_name])

    def check(data: bytes, position: int, depth: int) -> int:
        chunk, position = _chunk(data, position)
        _walk(kind, chunk, depth + 1)
        return position

    return check


def _time_check(where: str, kind: Descriptor, stands: Callable[[bytes], bool]) -> Check:
    """The check of an instant or a duration, by the range that its type documents: libraries give up on others."""

    def check(data: bytes, position: int, depth: int) -> int:
        chunk, position = _chunk(data, position)
        _walk(kind, chunk, depth + 1)
        if not stands(chunk):
            raise PeerDataError("SCAN_WIDTH", f"{where} is no {kind.name} that may stand in what is signed")
        return position

    return check


def _refusal(code: str, detail: str) -> Check:
    """The check of a field that must never be sent."""

    def check(data: bytes, position: int, depth: int) -> int:
        raise PeerDataError(code, detail)

    return check


def _number_check(field: FieldDescriptor, zero_stands: bool) -> Check:
    wire_type = _NUMBERS[field.type]
    if wire_type != _VARINT:
        return _fixed_check(field.full_name, 8 if wire_type == _FIXED64 else 4, zero_stands)
    if field.enum_type:
        return _varint_check(field.full_name, "SCAN_ENUM", _listed(field.enum_type), zero_stands)
    return _varint_check(field.full_name, "SCAN_WIDTH", _FITS[field.type], zero_stands)


def _varint_check(where: str, code: str, fits: Fits, zero_stands: bool) -> Check:
    def check(data: bytes, position: int, depth: int) -> int:
        value = data[position]
        position += 1
        if value >= 0x80:
            value, position = _varint(data, position - 1)
        if not (value or zero_stands):
            raise _default_written(where)
        if not fits(value):
            raise PeerDataError(code, f"{where} cannot be {value}")
        return position

    return check


def _fixed_check(where: str, size: int, zero_stands: bool) -> Check:
    zero = bytes(size)

    def check(data: bytes, position: int, depth: int) -> int:
        stop = position + size
        if stop > len(data):
            raise IndexError
        if not zero_stands and data[position:stop] == zero:
            raise _default_written(where)
        return stop

    return check


def _run_check(where: str, number: Check) -> Check:
    """The check of a packed run, given the check of one number in it."""

    def check(data: bytes, position: int, depth: int) -> int:
        run, position = _chunk(data, position)
        if not run:
            raise _default_written(where)
        at = 0
        while at < len(run):
            at = number(run, at, depth)
        return position

    return check


def _bytes_check(where: str, empty_stands: bool) -> Check:
    def check(data: bytes, position: int, depth: int) -> int:
        chunk, position = _chunk(data, position)
        if not (chunk or empty_stands):
            raise _default_written(where)
        return position

    return check


def _text_check(where: str, empty_stands: bool) -> Check:
    def check(data: bytes, position: int, depth: int) -> int:
        chunk, position = _chunk(data, position)
        if not (chunk or empty_stands):
            raise _default_written(where)
        # Most texts are plain ASCII; what is left over after that needs the slower looks.
        if chunk.translate(None, _PLAIN_TEXT):
            _check_text(where, chunk)
        return position

    return check


def _default_written(where: str) -> PeerDataError:
    return PeerDataError("SCAN_DEFAULT_ENCODED", f"{where} writes out the value that it has by default")


def _check_text(where: str, encoded: bytes) -> None:
    try:
        text = encoded.decode()
    except UnicodeDecodeError as error:
        raise PeerDataError("SCAN_UTF8", f"{where} is not UTF-8 at its byte {error.start}") from None
    if found := _FORBIDDEN.search(text):
        code_point = f"U+{ord(found[0]):04X}"
        raise PeerDataError("SCAN_TEXT_CONTROL", f"{where} holds {code_point} at character {found.start()}")
    if not unicodedata.is_normalized("NFC", text):
        raise PeerDataError("SCAN_TEXT_NFC", f"{where} is not in Unicode normalisation form C")


def _listed(enum: EnumDescriptor) -> Fits:
    """Membership in the closed list, on raw varints: a negative value is written as its 64-bit complement."""
    return frozenset(
        value.number % 2**64 for value in enum.values if value.number != 0 or not value.name.endswith("_UNSPECIFIED")
    ).__contains__


def _fits_int32(value: int) -> bool:
    """Whether a raw varint is a 32-bit number, sign-extended to 64 bits when negative."""
    return value < 2**31 or value >= 2**64 - 2**31


def _fits_64_bits(value: int) -> bool:
    """Always: `_varint` reads no more than 64 bits."""
    return True


_SECONDS = range(-62_135_596_800, 253_402_300_800)
"""Seconds of the years 1 to 9999, as google.protobuf.Timestamp documents them."""

_SPAN_SECONDS = range(-315_576_000_000, 315_576_000_001)
"""About ten thousand years, as google.protobuf.Duration documents them."""


def _is_instant(data: bytes) -> bool:
    """Whether an instant lies in the years 1 to 9999 and is cut to whole milliseconds (REQ-TIME-1)."""
    stamp = Timestamp.FromString(data)
    return stamp.seconds in _SECONDS and stamp.nanos in range(0, NS_PER_S, NS_PER_MS)


def _is_duration(data: bytes) -> bool:
    """Whether a duration lies in its range, with seconds and nanoseconds of one sign."""
    span = Duration.FromString(data)
    return span.seconds in _SPAN_SECONDS and abs(span.nanos) < NS_PER_S and span.seconds * span.nanos >= 0


_TIMES: dict[str, Callable[[bytes], bool]] = {
    "google.protobuf.Timestamp": _is_instant,
    "google.protobuf.Duration": _is_duration,
}

_FITS: dict[int, Fits] = {
    FieldDescriptor.TYPE_BOOL: range(2).__contains__,
    FieldDescriptor.TYPE_INT32: _fits_int32,
    FieldDescriptor.TYPE_UINT32: range(2**32).__contains__,
    FieldDescriptor.TYPE_SINT32: range(2**32).__contains__,
    FieldDescriptor.TYPE_INT64: _fits_64_bits,
    FieldDescriptor.TYPE_UINT64: _fits_64_bits,
    FieldDescriptor.TYPE_SINT64: _fits_64_bits,
}

_NUMBERS: dict[int, int] = {
    **dict.fromkeys((*_FITS, FieldDescriptor.TYPE_ENUM), _VARINT),
    FieldDescriptor.TYPE_DOUBLE: _FIXED64,
    FieldDescriptor.TYPE_FIXED64: _FIXED64,
    FieldDescriptor.TYPE_SFIXED64: _FIXED64,
    FieldDescriptor.TYPE_FLOAT: _FIXED32,
    FieldDescriptor.TYPE_FIXED32: _FIXED32,
    FieldDescriptor.TYPE_SFIXED32: _FIXED32,
}
"""Wire type of every numeric type, which are also the types that repeat in packed runs."""

_PLAIN_TEXT = bytes([*b"\t\n", *range(0x20, 0x7F)])
_NON_CHARACTERS = "\ufdd0-\ufdef" + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_BIDI_CONTROLS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_FORBIDDEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI_CONTROLS}{_NON_CHARACTERS}]")
