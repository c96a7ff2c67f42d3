"""The keys of scenario files as tables, from the JSON Schema that the simulator exports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hotline_sim.scenario import json_schema

_QUANTITY = re.compile(r"\(\\\.\[0-9\]\+\)\? \?\(?((?:[a-z%]+(?:/[a-z]+)?\|?)+)\)?\$$")
_TIME = "`T+00:05:00`, or a duration"
_Schema = Mapping[str, Any]


def keys() -> str:
    """One section for the file and for each kind of block, with a table of its keys."""
    schema = json_schema()
    blocks = {
        "Scenario": schema,
        **{name: each for name, each in schema["$defs"].items() if each.get("type") == "object"},
    }
    return "\n\n".join(_section(name, block) for name, block in blocks.items())


def _section(name: str, block: _Schema) -> str:
    words = " ".join(str(block.get("description", "")).split("\n\n")[0].split())
    required = block.get("required", ())
    rows = [
        f"| `{key}` | {_value(each)} | {'yes' if key in required else ''} | {_words(each)} |"
        for key, each in _keys(block)
    ]
    head = ["| Key | Value | Required | Meaning |", "| --- | --- | --- | --- |"]
    either = ["", "With `source`, `assumed` or both."] if block.get("anyOf") else []
    shown = [*head, *rows] if rows else ["It has no keys: `{}`."]
    return "\n".join([f"### {name}", "", words, "", *shown, *either])


def _keys(block: _Schema) -> Iterator[tuple[str, _Schema]]:
    """Keys but the provenance that nearly every block has."""
    for key, each in block.get("properties", {}).items():
        if not (block.get("anyOf") and key in ("source", "assumed")):
            yield key, each


def _words(each: _Schema) -> str:
    default = each.get("default")
    words = str(each.get("description", "")).replace("|", "\\|")
    shown = "" if default in (None, "", [], {}, ()) else f"{'; ' if words else ''}default `{_plain(default)}`"
    return words + shown


def _plain(default: object) -> str:
    return {True: "yes", False: "no"}.get(default, str(default)) if isinstance(default, bool) else str(default)


def _value(each: _Schema) -> str:
    """What a value looks like."""
    if "$ref" in each:
        name = each["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in each:
            found = [_value(one) for one in each[several] if one.get("type") != "null"]
            return ", or ".join(dict.fromkeys(found))
    if "enum" in each:
        return ", ".join(f"`{word}`" for word in each["enum"])
    if "const" in each:
        return f"`{each['const']}`"
    return _of_type(each)


def _of_type(each: _Schema) -> str:
    match each.get("type"):
        case "array" if "prefixItems" in each:
            return "list of " + " and ".join(dict.fromkeys(_value(one) for one in each["prefixItems"]))
        case "array":
            return f"list of {_value(each['items'])}" if each.get("items") else "list"
        case "object":
            inner = each.get("additionalProperties") or next(iter(each.get("patternProperties", {}).values()), None)
            return f"map of names to {_value(inner)}" if isinstance(inner, dict) and inner else "map"
        case "boolean":
            return "`yes` or `no`"
        case "integer":
            return "whole number"
        case "string":
            return _text(each)
    return "any"


def _text(each: _Schema) -> str:
    pattern = each.get("pattern", "")
    if pattern.startswith("^(T\\+"):
        return _TIME
    quantity = _QUANTITY.search(pattern)
    if quantity is not None:
        return f"number with {', '.join(f'`{unit}`' for unit in quantity[1].split('|'))}"
    if each.get("format") == "date-time":
        return "UTC time"
    return "position, `31.200 N, 128.300 E`" if "[NS]" in pattern else "text"
