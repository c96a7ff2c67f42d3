"""Rules on the fields, as the protos state them; no rule looks at a clock (spec 02, REQ-SCAN-3)."""

from __future__ import annotations

import protovalidate
from google.protobuf.message import Message

from hotline.protocol.errors import PeerDataError

_validator = protovalidate.Validator()


def broken_rules(message: Message) -> list[tuple[str, str, str]]:
    """Rules that do not hold, as (field path, rule id, words); empty when all hold."""
    try:
        violations = _validator.collect_violations(message)
    except protovalidate.EvaluationError as error:
        # Values at the ends of their range overflow in a rule that subtracts; a rule that has no answer does not hold.
        return [("", "not_evaluated", str(error))]
    return [(_path(violation), violation.proto.rule_id, violation.proto.message) for violation in violations]


def check_rules(message: Message) -> None:
    """Raise PeerDataError RULE_BROKEN naming the first rules that do not hold."""
    broken = broken_rules(message)
    if broken:
        words = "; ".join(
            f"{path or message.DESCRIPTOR.name}: {text or rule} [{rule}]" for path, rule, text in broken[:3]
        )
        raise PeerDataError("RULE_BROKEN", words)


def _path(violation: protovalidate.Violation) -> str:
    where = violation.proto.field
    return ".".join(element.field_name for element in where.elements) if where else ""
