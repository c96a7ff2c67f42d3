"""A readback's critical fields: entered by the reader with units, signed as protobuf JSON (spec 04)."""

from __future__ import annotations

import json
import re
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from hotline.messages.fill import fill, find_field
from hotline.messages.flags import words_of
from hotline.messages.problems import FieldError
from hotline.protocol.errors import UsageError

_INDEX = re.compile(r"\[[0-9]+\]")


def readback_field(kind: type[Message], flag: str) -> dict[str, str]:
    """``exclusion_radius=3 nmi`` as ``{"path": "exclusion_radius_m", "value": "5556"}``.

    Args:
        kind: type of the message that is read back.
        flag: path and value, as for `--set`.

    Raises:
        UsageError: INPUT_*.
    """
    path, equals, value = flag.partition("=")
    # Only the item that is read back is built; it is the first of its list here, whatever its place in the message.
    alone = f"{_INDEX.sub('[0]', path)}{equals}{value}"
    target = kind()
    try:
        findings = fill(target, words_of(kind, [alone]))
    except FieldError as error:
        raise UsageError(f"INPUT_{error.code}", f"--field {error.message}") from error
    if findings:
        raise UsageError(f"INPUT_{findings[0].code}", f"--field {findings[0]}")
    return _found(target, path.strip())


def _found(message: Any, path: str) -> dict[str, str]:
    """Path and value with the names of the specification."""
    value: Any = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    names: list[str] = []
    for step in path.split("."):
        name, bracket, index = step.partition("[")
        field = find_field(message, name)
        assert field is not None, "words_of has found it"
        names.append(field.name + bracket + index)
        value, message = value[field.name], getattr(message, field.name)
        if field.is_repeated and bracket:
            value, message = value[0], message[0]
    return {"path": ".".join(names), "value": value if isinstance(value, str) else json.dumps(value)}
