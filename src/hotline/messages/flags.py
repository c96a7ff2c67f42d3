"""Words from flags: ``area.circle.radius=3 nmi`` for a value inside, ``facts[0].claim=...`` for one in a list.

A flag is all text, so the descriptor says what is a number, a yes or a list: ``requested=OPEN_RANGE,STOP_SONAR``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from hotline.messages.names import descriptor_of, unit_of, word_of
from hotline.messages.problems import FieldError, Reason

_STEP = re.compile(r"([a-z][a-z0-9_]*)(?:\[([0-9]{1,3})\])?")
_TRUTH = {"yes": True, "true": True, "no": False, "false": False}


def words_of(kind: type[Any], flags: Iterable[str]) -> dict[str, Any]:
    """The words that flags of the form ``path=value`` say about a message of this class.

    Raises:
        FieldError: BAD_VALUE for another form or an item left out, UNKNOWN_KEY, DUPLICATE_KEY.
    """
    root: dict[str, Any] = {}
    for flag in flags:
        path, equals, value = flag.partition("=")
        if not equals:
            raise FieldError(Reason.BAD_VALUE, f"needs path=value: {flag}")
        _put(root, descriptor_of(kind), path.strip(), value.strip())
    return root


def _put(block: dict[str, Any], descriptor: Descriptor, path: str, value: str) -> None:
    steps = [_step(step, path) for step in path.split(".")]
    for number, (name, index) in enumerate(steps):
        field = _field(descriptor, name, path)
        if (index is not None) and not field.is_repeated:
            raise FieldError(Reason.BAD_VALUE, f"{path}: {name} is no list")
        if number == len(steps) - 1:
            return _leaf(block, field, index, value, path)
        if field.message_type is None or (field.is_repeated and index is None):
            raise FieldError(Reason.BAD_VALUE, f"{path}: {name} {'has no fields' if index is None else 'is plain'}")
        block = _inner(block, field, index, path)
        descriptor = field.message_type
    return None


def _step(step: str, path: str) -> tuple[str, int | None]:
    match = _STEP.fullmatch(step)
    if match is None:
        raise FieldError(Reason.BAD_VALUE, f"not a path such as area.circle.radius or facts[0].claim: {path}")
    return match[1], None if match[2] is None else int(match[2])


def _field(descriptor: Descriptor, name: str, path: str) -> FieldDescriptor:
    for field in descriptor.fields:
        if name in (field.name, word_of(field)):
            return field
    known = ", ".join(word_of(field) for field in descriptor.fields)
    raise FieldError(Reason.UNKNOWN_KEY, f"{path}: no such field {name}; there are {known}")


def _inner(block: dict[str, Any], field: FieldDescriptor, index: int | None, path: str) -> dict[str, Any]:
    key = word_of(field)
    inner = block.setdefault(key, {} if index is None else [])
    if index is not None:
        if index > len(inner):
            raise FieldError(Reason.BAD_VALUE, f"{path}: {key}[{len(inner)}] comes first")
        if index == len(inner):
            inner.append({})
        inner = inner[index]
    if not isinstance(inner, dict):
        raise FieldError(Reason.DUPLICATE_KEY, f"{path}: {key} was given as a whole before")
    return inner


def _leaf(block: dict[str, Any], field: FieldDescriptor, index: int | None, value: str, path: str) -> None:
    key = word_of(field)
    if index is not None:
        items = block.setdefault(key, [])
        if index != len(items):
            raise FieldError(Reason.BAD_VALUE, f"{path}: {key}[{len(items)}] comes next")
        items.append(_value(field, value))
    elif key in block:
        raise FieldError(Reason.DUPLICATE_KEY, f"{path}: given twice")
    elif field.is_repeated:
        block[key] = [_value(field, item.strip()) for item in value.split(",") if item.strip()]
    else:
        block[key] = _value(field, value)


def _value(field: FieldDescriptor, text: str) -> object:
    """Text stays text, for `fill` reads it by its field; a truth and a plain number become what they are in a file."""
    if field.type == FieldDescriptor.TYPE_BOOL:
        return _TRUTH.get(text, text)
    is_text = field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES)
    if is_text or field.message_type or field.enum_type or unit_of(field):
        return text
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else text
