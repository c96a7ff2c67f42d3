"""A message type made for the scan's tests, with one field of every kind it tells apart, and its bytes by hand."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.any_pb2 import DESCRIPTOR as ANY_FILE
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field

PLAIN_NUMBERS = {
    "flag": (3, Field.TYPE_BOOL),
    "i32": (4, Field.TYPE_INT32),
    "u32": (5, Field.TYPE_UINT32),
    "s32": (6, Field.TYPE_SINT32),
    "i64": (7, Field.TYPE_INT64),
    "u64": (8, Field.TYPE_UINT64),
    "s64": (9, Field.TYPE_SINT64),
    "real": (10, Field.TYPE_DOUBLE),
    "short_real": (11, Field.TYPE_FLOAT),
    "f32": (12, Field.TYPE_FIXED32),
    "f64": (13, Field.TYPE_FIXED64),
    "sf32": (14, Field.TYPE_SFIXED32),
    "sf64": (15, Field.TYPE_SFIXED64),
}
VARINT, FIXED64, LENGTH, START_GROUP, END_GROUP, FIXED32 = range(6)


def make_file() -> descriptor_pb2.FileDescriptorProto:
    """A file with one field of every kind the scan tells apart."""
    file = descriptor_pb2.FileDescriptorProto(name="scan_test.proto", package="scan_test", syntax="proto3")
    file.dependency.append("google/protobuf/any.proto")
    colour = file.enum_type.add(name="Colour")
    for name, number in (("COLOUR_UNSPECIFIED", 0), ("COLOUR_RED", 1), ("COLOUR_BLUE", -2)):
        colour.value.add(name=name, number=number)
    level = file.enum_type.add(name="Level")
    for name, number in (("LEVEL_SEA", 0), ("LEVEL_AIR", 1)):
        level.value.add(name=name, number=number)
    file.message_type.append(make_message())
    return file


def make_message() -> descriptor_pb2.DescriptorProto:
    kind = descriptor_pb2.DescriptorProto(name="Sample")
    one, many = Field.LABEL_OPTIONAL, Field.LABEL_REPEATED

    def add(name: str, number: int, type_: Any, label: Any = one, type_name: str = "", **more: Any) -> None:
        kind.field.add(name=name, number=number, type=type_, label=label, type_name=type_name or None, **more)

    add("text", 1, Field.TYPE_STRING)
    add("blob", 2, Field.TYPE_BYTES)
    for name, (number, type_) in PLAIN_NUMBERS.items():
        add(name, number, type_)
    add("colour", 16, Field.TYPE_ENUM, type_name=".scan_test.Colour")
    add("child", 17, Field.TYPE_MESSAGE, type_name=".scan_test.Sample")
    add("children", 18, Field.TYPE_MESSAGE, many, ".scan_test.Sample")
    add("words", 19, Field.TYPE_STRING, many)
    add("numbers", 20, Field.TYPE_UINT32, many)
    add("colours", 21, Field.TYPE_ENUM, many, ".scan_test.Colour")
    add("reals", 22, Field.TYPE_DOUBLE, many)
    kind.oneof_decl.add(name="choice")
    add("word", 23, Field.TYPE_STRING, oneof_index=0)
    add("number", 24, Field.TYPE_UINT32, oneof_index=0)
    add("branch", 25, Field.TYPE_MESSAGE, type_name=".scan_test.Sample", oneof_index=0)
    for index, (name, number, type_, type_name) in enumerate(
        (
            ("maybe_number", 26, Field.TYPE_UINT32, ""),
            ("maybe_text", 27, Field.TYPE_STRING, ""),
            ("maybe_colour", 28, Field.TYPE_ENUM, ".scan_test.Colour"),
            ("maybe_level", 29, Field.TYPE_ENUM, ".scan_test.Level"),
            ("maybe_real", 30, Field.TYPE_DOUBLE, ""),
        ),
        start=1,
    ):
        kind.oneof_decl.add(name=f"_{name}")
        add(name, number, type_, type_name=type_name, oneof_index=index, proto3_optional=True)
    entry = kind.nested_type.add(name="TableEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=Field.TYPE_STRING, label=one)
    entry.field.add(name="value", number=2, type=Field.TYPE_STRING, label=one)
    add("table", 31, Field.TYPE_MESSAGE, many, ".scan_test.Sample.TableEntry")
    add("anything", 32, Field.TYPE_MESSAGE, type_name=".google.protobuf.Any")
    add("far", 3000, Field.TYPE_UINT32)
    return kind


def make_class() -> type[Any]:
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(ANY_FILE.serialized_pb)
    pool.AddSerializedFile(make_file().SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("scan_test.Sample"))


Sample = make_class()
NUMBER_OF: dict[str, int] = {field.name: field.number for field in Sample.DESCRIPTOR.fields}


def varint(value: int, padding: int = 0) -> bytes:
    """A varint, followed by so many needless bytes."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    for _ in range(padding):
        out[-1] |= 0x80
        out.append(0)
    return bytes(out)


def tag(name: str, wire_type: int) -> bytes:
    return varint(NUMBER_OF[name] << 3 | wire_type)


def number(name: str, value: int) -> bytes:
    return tag(name, VARINT) + varint(value)


def chunk(name: str, content: bytes) -> bytes:
    return tag(name, LENGTH) + varint(len(content)) + content


def text(words: str) -> bytes:
    return chunk("text", words.encode())


def nested(levels: int, name: str = "child") -> bytes:
    """So many messages inside one another, the outermost counted."""
    data = b""
    for _ in range(levels - 1):
        data = chunk(name, data)
    return data
