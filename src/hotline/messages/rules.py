"""The rules on fields as data: what each asks, read from the descriptors, in words of either language.

The rules are those of the protocol files (`buf.validate`); their ids are stable, and every implementation reaches the
same verdict from them (spec 08, REQ-MSG-2). Here they are listed: for forms, for the specification's tables, for the
vectors, and to tell a person in words what does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.duration_pb2 import Duration

from hotline.messages.labels import Labels
from hotline.messages.names import owner_of
from hotline.messages.words import span
from hotline.v1._validate import validate_pb2

GIVEN = "must be given"
_ONE_OF = "exactly one of these must be given"

# What the standard rules ask, by the end of their id; the parameters are those of the rule.
TEMPLATES: Mapping[str, str] = {
    "required": GIVEN,
    "defined_only": "must be a code of the list",
    "not_in": GIVEN,
    "in": "must be one of: {in}",
    "min_len": "must have at least {min_len} characters",
    "max_len": "must have at most {max_len} characters",
    "pattern": "must have the form {pattern}",
    "len": "must have exactly {len} bytes",
    "bytes.max_len": "must have at most {max_len} bytes",
    "gt": "must be more than {gt}",
    "gte": "must be at least {gte}",
    "lte": "must be at most {lte}",
    "gte_lte": "must lie between {gte} and {lte}, both included",
    "gte_lt": "must be at least {gte} and less than {lt}",
    "gt_lte": "must be more than {gt} and at most {lte}",
    "min_items": "must have at least {min_items} items",
    "max_items": "must have at most {max_items} items",
    "unique": "must not list anything twice",
}
ENGLISH = (*TEMPLATES.values(), _ONE_OF)
_BOUNDS = ("gt", "gte", "lt", "lte")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: stable; `enum.not_in`, or of a rule of one message such as `decision.reason`.
        english: what it asks; with the names of its parameters in braces.
        on: name of the field, or of the oneof, that it is on; empty for a rule on the message.
        items: whether it is on the items of a repeated field.
        parameters: by the names in braces.
        own: whether the protocol files write it out; else it is one that every message may have.
    """

    id: str
    english: str
    on: str = ""
    items: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    own: bool = False

    def sentence(self, labels: Labels) -> str:
        """What it asks, in a language."""
        return labels.rule(self.english).format(**self.parameters)


def rules_of(message: Descriptor) -> tuple[Rule, ...]:
    """The rules on a message and on its fields, not those on the messages inside it."""
    found = [_own(rule, "") for rule in message.GetOptions().Extensions[validate_pb2.message].cel]
    for oneof in message.oneofs:
        found += _of_oneof(oneof)
    for each in message.fields:
        found += _of_field(each.name, each.GetOptions().Extensions[validate_pb2.field])
    return tuple(found)


def reachable(*messages: Descriptor) -> tuple[Descriptor, ...]:
    """These messages and every one of the standard inside them, each once, outermost first."""
    found: dict[str, Descriptor] = {}
    waiting = list(messages)
    while waiting:
        message = waiting.pop(0)
        if message.full_name not in found and message.full_name.startswith("hotline."):
            found[message.full_name] = message
            waiting += [each.message_type for each in message.fields if each.message_type]
    return tuple(found.values())


def is_needed(field: FieldDescriptor) -> bool:
    """Whether a message is refused without this field, whatever else it says."""
    rules = [rule for rule in rules_of(owner_of(field)) if rule.on == field.name and not rule.items]
    if any(rule.english in (GIVEN, TEMPLATES["min_items"]) for rule in rules):
        return True
    zero_is_left_out = field.GetOptions().Extensions[validate_pb2.field].ignore == validate_pb2.IGNORE_IF_ZERO_VALUE
    return not field.has_presence and not zero_is_left_out and any(map(_zero_breaks, rules))


def _zero_breaks(rule: Rule) -> bool:
    """Whether an empty text or a zero breaks it."""
    end = rule.id.partition(".")[2]
    above_zero = bool({"gt"} & rule.parameters.keys()) or bool(rule.parameters.get("gte"))
    return end in ("pattern", "in", "len", "min_len") or above_zero


def explain(message: Descriptor, path: str, rule_id: str, labels: Labels) -> str | None:
    """What a broken rule asks, in words; None for a rule that is not found.

    Args:
        message: type of the message that broke it.
        path: names of fields, joined by dots, as a verdict gives them.
        rule_id: its id.
        labels: of the language wanted.
    """
    *outer, last = path.split(".")
    for name in outer:
        step = message.fields_by_name.get(name)
        if step is None or step.message_type is None:
            return None
        message = step.message_type
    inner = message.fields_by_name.get(last)
    candidates = [rule for rule in rules_of(message) if rule.on == last]
    if inner is not None and inner.message_type is not None:
        candidates += [rule for rule in rules_of(inner.message_type) if not rule.on]
    if not path:
        candidates = [rule for rule in rules_of(message) if not rule.on]
    return next((rule.sentence(labels) for rule in candidates if rule.id == rule_id), None)


def _own(rule: Any, name: str) -> Rule:
    return Rule(rule.id, rule.message, name, own=True)


def _of_oneof(oneof: OneofDescriptor) -> Iterator[Rule]:
    if oneof.GetOptions().Extensions[validate_pb2.oneof].required:
        yield Rule("required", _ONE_OF, oneof.name)


def _of_field(name: str, rules: Any, items: bool = False) -> Iterator[Rule]:
    yield from (_own(rule, name) for rule in rules.cel)
    if rules.required:
        yield Rule("required", GIVEN, name)
    kind = rules.WhichOneof("type")
    if kind is None:
        return
    parameters = {each.name: value for each, value in getattr(rules, kind).ListFields()}
    inner = parameters.pop("items", None)
    bounds = {bound: _shown(parameters.pop(bound)) for bound in _BOUNDS if bound in parameters}
    if bounds:
        end = "_".join(bounds)
        yield Rule(f"{kind}.{end}", TEMPLATES[end], name, items, bounds)
    for end, value in parameters.items():
        template = TEMPLATES.get(f"{kind}.{end}") or TEMPLATES[end]
        yield Rule(f"{kind}.{end}", template, name, items, {end: _shown(value)})
    if inner is not None:
        yield from _of_field(name, inner, items=True)


def _shown(value: Any) -> Any:
    if isinstance(value, Duration):
        return span(value)
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(str, value)) if hasattr(value, "extend") else value
