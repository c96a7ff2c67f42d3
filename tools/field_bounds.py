"""Bounds of an agreement's durations, read from the rules on its fields."""

from __future__ import annotations

from google.protobuf.descriptor import FieldDescriptor

from hotline import v1
from hotline.v1._validate import validate_pb2


def bounds_of(path: str) -> tuple[int, int]:
    """Least and most milliseconds that the rules allow a duration, e.g. of "line.heartbeat"; bounds included, but for
    times of a day, which end before 24 h.
    """
    rules = _rules(path)
    return rules.gte.ToMilliseconds(), (rules.lte if rules.HasField("lte") else rules.lt).ToMilliseconds()


def _rules(path: str) -> validate_pb2.DurationRules:
    above, _, last = path.partition(".")
    part = v1.Agreement.DESCRIPTOR.fields_by_name[above].message_type
    if part is None:
        raise KeyError(path)
    field: FieldDescriptor = part.fields_by_name[last]
    rules: validate_pb2.FieldRules = field.GetOptions().Extensions[validate_pb2.field]
    return rules.repeated.items.duration if rules.HasField("repeated") else rules.duration
