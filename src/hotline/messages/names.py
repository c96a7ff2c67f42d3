"""How people write the names of the standard: enum values without their prefix, fields without their unit."""

from __future__ import annotations

from typing import cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.message import Message

# The unit at the end of a field's name says what the field holds.
UNITS = frozenset({"m", "mps", "deg", "ms", "s"})


def short_names(enum: EnumDescriptor) -> dict[str, int]:
    """Values of a protobuf enum without their common prefix: ``{"FLASH": 4, ...}``; zero is no value."""
    prefix = _prefix(enum)
    return {value.name.removeprefix(prefix): value.number for value in enum.values if value.number}


def short_name(enum: EnumDescriptor, number: int) -> str:
    """``FLASH`` for 4; the number itself where the enum has no such value."""
    value = enum.values_by_number.get(number)
    return value.name.removeprefix(_prefix(enum)) if value else str(number)


def unit_of(field: FieldDescriptor) -> str | None:
    """The unit at the end of a number's name; None for what is no number or has none."""
    if field.message_type or field.enum_type or field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
        return None
    _, _, end = field.name.rpartition("_")
    return end if end in UNITS else None


def word_of(field: FieldDescriptor) -> str:
    """How people write a field's name: without the unit, for that stands with the number."""
    unit = unit_of(field)
    return field.name.removesuffix(f"_{unit}") if unit else field.name


def label_of(field: FieldDescriptor) -> str:
    """``exclusion_radius_m`` as ``Exclusion radius``; see `hotline.messages.labels` for other languages."""
    return word_of(field).replace("_", " ").capitalize()


def owner_of(field: FieldDescriptor) -> Descriptor:
    """The message that a field stands in; none of ours stands outside one."""
    return cast(Descriptor, field.containing_type)


def title_of(message: Descriptor) -> str:
    """``ActivityNotice`` as ``ACTIVITY NOTICE``."""
    return "".join(f" {letter}" if letter.isupper() else letter for letter in message.name).strip().upper()


def choice_of(field: FieldDescriptor) -> OneofDescriptor | None:
    """The oneof that a field shares with others; None for a field of its own, explicit presence included."""
    oneof: OneofDescriptor | None = field.containing_oneof
    return oneof if oneof is not None and len(oneof.fields) > 1 else None


def descriptor_of(message: Message | type[Message]) -> Descriptor:
    """A message's descriptor. The stubs name those of both protobuf implementations; they answer alike."""
    return cast(Descriptor, message.DESCRIPTOR)


def _prefix(enum: EnumDescriptor) -> str:
    return enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
