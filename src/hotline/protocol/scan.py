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
from collections.abc import Callable, Container
from dataclasses import dataclass
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

Content = Callable[[bytes, int], None]
"""Checks what is length-delimited: (content, depth of the message it is in)."""

Read = Callable[[bytes, int], int]
"""Checks what follows a tag: (data, position) -> position after the field."""

Holds = tuple[Container[int], Content | None, Read | None]
"""What a field may hold: a varint the values as they stand on the wire; what has a length, by a check of its content;
anything else, by a check that reads for itself."""

Step = tuple[int, int, Container[int], Content | None, Read | None]
"""What a tag leads to: bits of the fields that bar it when seen before, its own bit, and what it may hold."""


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
    """One message, field by field. Running off its end raises IndexError, which `scan` reports as SCAN_TRUNCATED."""
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
        barred_by, bit, values, content, read = step
        if seen & barred_by:
            raise _second_time(descriptor, tag, bool(seen & bit))
        seen |= bit
        if read is not None:
            position = read(data, position)
            continue
        number = data[position]
        position += 1
        if number >= 0x80:
            number, position = _varint(data, position - 1)
        if content is not None:
            start, position = position, position + number
            if position > end:
                raise IndexError
            content(data[start:position], depth)
        elif number not in values:
            raise _misfit(descriptor.fields_by_number[tag >> 3], number)


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


def _misfit(field: FieldDescriptor, number: int) -> PeerDataError:
    """Why a varint is no value of its field."""
    if number == 0 and not _zero_stands(field):
        return _default_written(field)
    return PeerDataError("SCAN_ENUM" if field.enum_type else "SCAN_WIDTH", f"{field.full_name} cannot be {number}")


def _default_written(field: FieldDescriptor) -> PeerDataError:
    return PeerDataError("SCAN_DEFAULT_ENCODED", f"{field.full_name} writes out the value that it has by default")


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


# Compiling a descriptor


@cache
def _steps(descriptor: Descriptor) -> dict[int, Step]:
    """A message type as a table from tag to step, built once; types inside it are built when first met."""
    fields = [field for field in descriptor.fields if field.type != FieldDescriptor.TYPE_GROUP]
    return {_tag(field): (_barred_by(field), 1 << field.index, *_holds(field)) for field in fields}


def _tag(field: FieldDescriptor) -> int:
    wire_type = _LENGTH if field.is_repeated else _NUMBERS.get(field.type, _LENGTH)
    return field.number << 3 | wire_type


def _barred_by(field: FieldDescriptor) -> int:
    """Bits that must not be set before this field: none if it may repeat, else its own and its oneof's."""
    if field.is_repeated and field.type not in _NUMBERS:
        return 0
    rivals = field.containing_oneof.fields if field.containing_oneof else [field]
    return sum(1 << rival.index for rival in rivals)


def _holds(field: FieldDescriptor) -> Holds:
    if field.message_type:
        return _message(field, field.message_type)
    if field.type == FieldDescriptor.TYPE_STRING:
        return (), _text(field), None
    if field.type not in _NUMBERS:
        return (), _opaque if _zero_stands(field) else _filled(field), None
    size = _SIZES.get(_NUMBERS[field.type], 0)
    if field.is_repeated:
        return (), _run_of(field, size), None
    return ((), None, _fixed(field, size)) if size else (_values(field), None, None)


def _zero_stands(field: FieldDescriptor) -> bool:
    """Whether a zero or an empty text may be written out."""
    return bool(field.has_presence or field.is_repeated)


def _message(field: FieldDescriptor, kind: Descriptor) -> Holds:
    if kind.GetOptions().map_entry:
        return (), None, _refusal("SCAN_MAP", f"{field.full_name} is a map")
    if kind.full_name == "google.protobuf.Any":
        return (), None, _refusal("SCAN_ANY", f"{field.full_name} is a google.protobuf.Any")
    if kind.full_name in _TIMES:
        return (), _time(field.full_name, kind, _TIMES[kind.full_name]), None
    return (), lambda chunk, depth: _walk(kind, chunk, depth + 1), None


def _time(where: str, kind: Descriptor, stands: Callable[[bytes], bool]) -> Content:
    """The check of an instant or a duration, by the range that its type documents: libraries give up on others."""

    def check(chunk: bytes, depth: int) -> None:
        _walk(kind, chunk, depth + 1)
        if not stands(chunk):
            raise PeerDataError("SCAN_WIDTH", f"{where} is no {kind.name} that may stand in what is signed")

    return check


def _refusal(code: str, detail: str) -> Read:
    """The check of a field that must never be sent."""

    def refuse(data: bytes, position: int) -> int:
        raise PeerDataError(code, detail)

    return refuse


def _values(field: FieldDescriptor) -> Container[int]:
    """The varints that are values of a field and may be written out."""
    least = 0 if _zero_stands(field) else 1
    if field.enum_type:
        return _listed(field.enum_type).difference(range(least))
    return _Int32(least) if field.type == FieldDescriptor.TYPE_INT32 else range(least, 2 ** _BITS[field.type])


def _fixed(field: FieldDescriptor, size: int) -> Read:
    zero, zero_stands = bytes(size), _zero_stands(field)

    def read(data: bytes, position: int) -> int:
        stop = position + size
        if stop > len(data):
            raise IndexError
        if not zero_stands and data[position:stop] == zero:
            raise _default_written(field)
        return stop

    return read


def _run_of(field: FieldDescriptor, size: int) -> Content:
    """The check of a packed run of numbers, of so many bytes each or, where that is 0, of varints."""
    values = None if size else _values(field)

    def check(run: bytes, depth: int) -> None:
        if not run:
            raise _default_written(field)
        if values is None:
            if len(run) % size:
                raise IndexError
            return
        position = 0
        while position < len(run):
            number = run[position]
            position += 1
            if number >= 0x80:
                number, position = _varint(run, position - 1)
            if number not in values:
                raise _misfit(field, number)

    return check


def _opaque(chunk: bytes, depth: int) -> None:
    """Bytes are anything."""


def _filled(field: FieldDescriptor) -> Content:
    def check(chunk: bytes, depth: int) -> None:
        if not chunk:
            raise _default_written(field)

    return check


def _text(field: FieldDescriptor) -> Content:
    where, empty_stands = field.full_name, _zero_stands(field)

    def check(chunk: bytes, depth: int) -> None:
        if not (chunk or empty_stands):
            raise _default_written(field)
        # Most texts are plain ASCII; what is left over after that needs the slower looks.
        if chunk.translate(None, _PLAIN_TEXT):
            _check_text(where, chunk)

    return check


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


def _listed(enum: EnumDescriptor) -> frozenset[int]:
    """The closed list, as raw varints: a negative value is written as its 64-bit complement."""
    return frozenset(
        value.number % 2**64 for value in enum.values if value.number != 0 or not value.name.endswith("_UNSPECIFIED")
    )


@dataclass(frozen=True, slots=True)
class _Int32:
    """Raw varints that are a 32-bit number from `least` on, or a negative one, which is sign-extended to 64 bits."""

    least: int

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and (self.least <= value < 2**31 or value >= 2**64 - 2**31)


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

_BITS = {
    FieldDescriptor.TYPE_BOOL: 1,
    FieldDescriptor.TYPE_INT32: 32,
    FieldDescriptor.TYPE_UINT32: 32,
    FieldDescriptor.TYPE_SINT32: 32,
    FieldDescriptor.TYPE_INT64: 64,
    FieldDescriptor.TYPE_UINT64: 64,
    FieldDescriptor.TYPE_SINT64: 64,
}
"""How wide the varint of a type may be, if it is not negative."""

_NUMBERS: dict[int, int] = {
    **dict.fromkeys((*_BITS, FieldDescriptor.TYPE_ENUM), _VARINT),
    FieldDescriptor.TYPE_DOUBLE: _FIXED64,
    FieldDescriptor.TYPE_FIXED64: _FIXED64,
    FieldDescriptor.TYPE_SFIXED64: _FIXED64,
    FieldDescriptor.TYPE_FLOAT: _FIXED32,
    FieldDescriptor.TYPE_FIXED32: _FIXED32,
    FieldDescriptor.TYPE_SFIXED32: _FIXED32,
}
"""Wire type of every numeric type, which are also the types that repeat in packed runs."""

_SIZES = {_FIXED64: 8, _FIXED32: 4}

_PLAIN_TEXT = bytes([*b"\t\n", *range(0x20, 0x7F)])
_NON_CHARACTERS = "\ufdd0-\ufdef" + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_BIDI_CONTROLS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_FORBIDDEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI_CONTROLS}{_NON_CHARACTERS}]")
