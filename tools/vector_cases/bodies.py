"""Cases about the rules of every body type, derived from descriptors: a body that holds, and one broken by rule."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from tools.vector_cases.case import Input
from tools.vector_cases.material import SEALED_MS, plain

from hotline import v1
from hotline.geo.units import parse_duration_ms
from hotline.messages.draft import Written, draft_words, line_words, read_draft
from hotline.messages.examples import example
from hotline.messages.names import descriptor_of
from hotline.messages.rules import Rule, rules_of
from hotline.messages.yamltree import read_tree
from hotline.protocol.rules import broken_rules
from hotline.protocol.statements import BODIES, BODY_OF

WORDS = Path(__file__).with_name("bodies.yaml")
DIGEST = "5a" * 32


@dataclass(frozen=True, slots=True)
class Broken:
    """One body that breaks a rule.

    Attributes:
        message: full name of the message whose rule it is.
        rule: that rule.
        change: what was done to a body that holds, for people.
        body: it.
    """

    message: str
    rule: Rule
    change: str
    body: Message

    @property
    def found(self) -> str:
        """Every rule that it breaks."""
        return ", ".join(sorted(f"{path or '-'} {rule}" for path, rule, _ in broken_rules(self.body)))


def inputs() -> dict[str, Input]:
    """A case for each type."""
    return {case_of(body): _input(body) for body in BODIES}


def words() -> dict[str, dict[str, Any]]:
    """What is said of each case."""
    return {
        case_of(body): {
            "kind": "rules",
            "title": f"What must hold of {body.DESCRIPTOR.name}",
            "reason": "the body in input.bin holds; each of those given breaks the rules at its place in the facts",
            "requirements": ["REQ-MSG-1", "REQ-MSG-2"],
            "expected": "valid",
        }
        for body in BODIES
    }


def case_of(body: type[Message]) -> str:
    """``ActivityNotice`` as ``rules-activity-notice``."""
    return "rules" + re.sub(r"([A-Z])", r"-\1", descriptor_of(body).name).lower()


@cache
def broken_bodies() -> Mapping[str, tuple[Broken, ...]]:
    """Bodies that break a rule, by the name of their type; every rule that bytes can break is broken at least once."""
    seen: set[tuple[str, str, str]] = set()
    found: dict[str, tuple[Broken, ...]] = {}
    for body in BODIES:
        name = descriptor_of(body).name
        rows = [row for base in bodies(name) for row in _derived(base)] + list(_written(name))
        kept = []
        for row in rows:
            key = (row.message, row.rule.on, row.rule.id)
            if key not in seen:
                seen.add(key)
                kept.append(row)
        found[name] = tuple(kept)
    return found


@cache
def bodies(name: str) -> tuple[Message, ...]:
    """Bodies of a type that hold: its example and those of the file."""
    given = [read_tree(example(name).encode()).data["body"], *_file()["more"].get(name, [])]
    found = tuple(_body(name, each) for each in given)
    assert not any(broken_rules(body) for body in found), f"a body of {name} does not hold"
    return found


def is_scanned(message: Descriptor, rule: Rule) -> bool:
    """Whether the scan refuses what breaks a rule before any rule is asked: a number of no code, a zero written out."""
    field = message.fields_by_name.get(rule.on)
    is_written = rule.items or (field is not None and field.has_presence)
    return rule.id == "enum.defined_only" or (rule.id == "enum.not_in" and is_written)


def _input(body: type[Message]) -> Input:
    name = descriptor_of(body).name
    rows = broken_bodies()[name]
    given = {
        "type": descriptor_of(body).full_name,
        "broken": [{"change": row.change, "body": plain(row.body).hex()} for row in rows],
    }
    return Input(plain(bodies(name)[0]), given, {"broken": [row.found for row in rows]})


def _file() -> dict[str, Any]:
    tree = read_tree(WORDS.read_text(encoding="utf-8").replace("DIGEST", DIGEST).encode())
    assert not tree.findings, tree.findings
    found: dict[str, Any] = tree.data
    return found


def _body(name: str, given: Any) -> Message:
    text = yaml.safe_dump({"type": name, "body": given}, allow_unicode=True)
    draft, findings = read_draft(read_tree(text.encode()).data, BODY_OF, line_words(SEALED_MS * 1_000_000))
    assert draft is not None, f"{name}: {findings}"
    return draft.body


def _written(name: str) -> Iterator[Broken]:
    """Bodies that break a rule by the file."""
    for rule_id, how in _file()["broken"].items():
        if how["type"] != name:
            continue
        given = _plain_words(name) | how.get("change", {})
        for path in how.get("drop", []):
            *outer, last = path.split(".")
            inner = given
            for step in outer:
                inner = inner[step]
            del inner[last]
        body = _body(name, given)
        message, rule = _rule_of(body, rule_id)
        done = [*map(str, how.get("change", {})), *(f"{path} left out" for path in how.get("drop", []))]
        yield Broken(message, rule, f"{rule.english}: {', '.join(done)}", body)


def _plain_words(name: str) -> dict[str, Any]:
    said: dict[str, Any] = draft_words(Written(v1.StatementHeader(), bodies(name)[0]))["body"]
    return said


def _rule_of(body: Message, rule_id: str) -> tuple[str, Rule]:
    for part in _parts(body):
        for rule in rules_of(descriptor_of(part)):
            if rule.id == rule_id and rule_id in {found for _, found, _ in broken_rules(body)}:
                return descriptor_of(part).full_name, rule
    raise ValueError(f"{rule_id} is not broken")


def _parts(message: Message) -> Iterator[Any]:
    """A message and every message of ours inside it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None and field.message_type.full_name.startswith("hotline."):
            for item in value if field.is_repeated else [value]:
                yield from _parts(item)


def _derived(base: Message) -> Iterator[Broken]:
    """For each rule on a field of each message in a body: the body with that field changed so that it does not hold."""
    for index, part in enumerate(_parts(base)):
        name = descriptor_of(part).full_name
        for rule in rules_of(descriptor_of(part)):
            if rule.own or is_scanned(descriptor_of(part), rule):
                continue
            body = copy.deepcopy(base)
            target = list(_parts(body))[index]
            change = _break(target, rule)
            if change and (rule.id in {found for _, found, _ in broken_rules(body)}):
                yield Broken(name, rule, change, body)


def _break(target: Any, rule: Rule) -> str:
    """Change a message so that a rule does not hold; what was done, empty where bytes cannot do it."""
    field = descriptor_of(target).fields_by_name.get(rule.on)
    if field is None:
        target.ClearField(target.WhichOneof(rule.on))
        return f"{rule.on}: none of the choice"
    end = rule.id if rule.id == "required" else rule.id.partition(".")[2]
    breaker = _BREAKERS.get(end, _bound)
    return breaker(target, field, rule)


def _leave_out(target: Any, field: FieldDescriptor, rule: Rule) -> str:
    target.ClearField(field.name)
    return f"{field.name} left out"


def _put(value: Callable[[Rule], Any]) -> Callable[[Any, FieldDescriptor, Rule], str]:
    def put(target: Any, field: FieldDescriptor, rule: Rule) -> str:
        _set(target, field, rule, value(rule))
        return f"{field.name} that breaks {rule.id}"

    return put


def _set(target: Any, field: FieldDescriptor, rule: Rule, value: Any) -> None:
    if rule.items:
        del getattr(target, field.name)[:]
        getattr(target, field.name).append(value)
    elif isinstance(value, Duration):
        getattr(target, field.name).CopyFrom(value)
    else:
        setattr(target, field.name, value)


def _repeat(count: Callable[[Rule], int]) -> Callable[[Any, FieldDescriptor, Rule], str]:
    def repeat(target: Any, field: FieldDescriptor, rule: Rule) -> str:
        items, wanted = list(getattr(target, field.name)), count(rule)
        target.ClearField(field.name)
        getattr(target, field.name).extend((items * wanted)[:wanted])
        return f"{field.name} with {wanted} items" if items else ""

    return repeat


def _twice(target: Any, field: FieldDescriptor, rule: Rule) -> str:
    items = list(getattr(target, field.name))
    getattr(target, field.name).extend(items[:1])
    return f"{field.name} with one item twice" if items else ""


def _bound(target: Any, field: FieldDescriptor, rule: Rule) -> str:
    """Just outside the upper bound, or the lower one where there is no upper."""
    end, limit = list(rule.parameters.items())[-1]
    if field.message_type is not None:
        milliseconds = parse_duration_ms(str(limit)) + (1000 if end == "lte" else 0)
        value: Any = Duration(seconds=milliseconds // 1000)
    elif field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        value = float(limit) + {"lte": 1.0, "gte": -1.0}.get(end, 0.0)
    else:
        value = int(limit) + {"lte": 1, "gte": -1}.get(end, 0)
    _set(target, field, rule, value)
    return f"{field.name} of {limit}" if end in ("lt", "gt") else f"{field.name} beyond {limit}"


_BREAKERS: Mapping[str, Callable[[Any, FieldDescriptor, Rule], str]] = {
    "required": _leave_out,
    "not_in": _leave_out,
    "min_len": _put(lambda rule: ""),
    "max_len": _put(lambda rule: "x" * (rule.parameters["max_len"] + 1)),
    "pattern": _put(lambda rule: "!"),
    "in": _put(lambda rule: "!"),
    "len": _put(lambda rule: bytes([1]) * (rule.parameters["len"] - 1)),
    "min_items": _repeat(lambda rule: rule.parameters["min_items"] - 1),
    "max_items": _repeat(lambda rule: rule.parameters["max_items"] + 1),
    "unique": _twice,
}
