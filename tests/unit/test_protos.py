"""The protocol files: rules that never look at a clock, and the vendored rule language itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FieldOptions,
    FileDescriptorProto,
    MessageOptions,
    OneofDescriptorProto,
)
from google.protobuf.message import Message
from protovalidate._gen.buf.validate import validate_pb

from hotline.v1._validate import validate_pb2

ROOT = Path(__file__).parents[2]
OURS = sorted(ROOT.glob("proto/hotline/**/*.proto"))
VENDORED = ROOT / "proto/buf/validate/validate.proto"
# From the source distribution of protovalidate 2.1.0; a new version brings a new digest.
VENDORED_SHA256 = "2a3e0c64526998fe77d15033a2cc7d86d9f3770d89d960dec09bcc150a2487c1"

CLOCK_RULES = {"lt_now", "gt_now", "within"}
CLOCK_IN_CEL = re.compile(r"\bnow\b")


def clock_rules(options: Message) -> Iterator[str]:
    """Whatever in the options of a field or message reads the clock, at any depth."""
    for field, value in options.ListFields():
        if field.name in CLOCK_RULES:
            yield field.name
            continue
        for item in value if field.is_repeated else [value]:
            if field.message_type:
                yield from clock_rules(item)
            elif field.type == FieldDescriptor.TYPE_STRING and "expression" in field.name:
                yield from ([item] if CLOCK_IN_CEL.search(item) else [])


def clock_rules_of(message: DescriptorProto) -> Iterator[str]:
    parts: list[DescriptorProto | FieldDescriptorProto | OneofDescriptorProto] = [message]
    parts += [*message.field, *message.oneof_decl]
    yield from (f"{part.name}: {rule}" for part in parts for rule in clock_rules(part.options))
    for nested in message.nested_type:
        yield from clock_rules_of(nested)


def described(proto: Path) -> FileDescriptorProto:
    name = proto.relative_to(ROOT / "proto").with_suffix("")
    module = import_module(".".join(name.parts) + "_pb2")
    return FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)


@pytest.mark.parametrize("proto", OURS, ids=lambda path: path.stem)
def test_no_rule_reads_the_clock(proto: Path) -> None:
    assert not [rule for message in described(proto).message_type for rule in clock_rules_of(message)]


def test_a_rule_that_reads_the_clock_is_found_wherever_it_hides() -> None:
    relative, in_cel, in_list = FieldOptions(), MessageOptions(), FieldOptions()
    relative.Extensions[validate_pb2.field].timestamp.lt_now = True
    in_cel.Extensions[validate_pb2.message].cel.add(id="late", expression="this.at < now")
    in_list.Extensions[validate_pb2.field].repeated.items.timestamp.within.seconds = 5
    assert list(clock_rules(relative)) == ["lt_now"]
    assert list(clock_rules(in_cel)) == ["this.at < now"]
    assert list(clock_rules(in_list)) == ["within"]


def test_a_rule_that_only_sounds_like_it_passes() -> None:
    options = MessageOptions()
    options.Extensions[validate_pb2.message].cel.add(id="now", message="now", expression="this.known_at > this.at")
    assert not list(clock_rules(options))


def test_vendored_rules_are_the_file_that_was_taken_over() -> None:
    assert sha256(VENDORED.read_bytes()).hexdigest() == VENDORED_SHA256


def test_vendored_rules_mean_what_the_installed_validator_reads() -> None:
    """Equal descriptors; only the options that name packages of other languages differ."""
    ours = FileDescriptorProto.FromString(validate_pb2.DESCRIPTOR.serialized_pb)
    installed = FileDescriptorProto.FromString(validate_pb.desc().proto.to_binary())
    for file in (ours, installed):
        file.ClearField("options")
        file.ClearField("source_code_info")
    assert ours == installed
