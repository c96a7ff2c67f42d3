"""Messages as JSON: header, type and body in protobuf's JSON form, with the specification's names (REQ-MSG-7).

{"header": {...}, "body_type": "hotline.v1.ActivityNotice", "body": {...}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from hotline import v1
from hotline.messages.draft import Written
from hotline.messages.problems import FieldError, Reason

KEYS = ("header", "body_type", "body")


def to_json(written: Written) -> dict[str, Any]:
    """A message as JSON holds it; `from_json` gives it again."""
    header, body = (
        json_format.MessageToDict(part, preserving_proto_field_name=True) for part in (written.header, written.body)
    )
    return {"header": header, "body_type": written.body.DESCRIPTOR.full_name, "body": body}


def is_json_form(words: object) -> bool:
    """Whether plain data is a message in this form; a draft has other keys."""
    return isinstance(words, Mapping) and set(words) == set(KEYS)


def from_json(words: Mapping[str, Any], kinds: Mapping[str, type[Message]]) -> Written:
    """A message from this form.

    Args:
        words: the three keys.
        kinds: message types that may be sent, by full name.

    Raises:
        FieldError: BAD_VALUE.
    """
    kind = kinds.get(words["body_type"])
    if kind is None:
        raise FieldError(Reason.BAD_VALUE, f"body_type: not one of {', '.join(kinds)}")
    header, body = v1.StatementHeader(), kind()
    try:
        json_format.ParseDict(words["header"], header)
        json_format.ParseDict(words["body"], body)
    except json_format.ParseError as error:
        raise FieldError(Reason.BAD_VALUE, str(error)) from error
    return Written(header, body)
