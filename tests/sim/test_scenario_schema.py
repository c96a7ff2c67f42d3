"""The JSON Schema given to editors accepts what the loader accepts, and marks a bare number while one types."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hotline.messages.yamltree import read_tree
from hotline_sim.scenario import bundled, json_schema

SCHEMA = json_schema()


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """The part of JSON Schema that the exported schema uses."""
    if "$ref" in schema:
        return fits(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    held = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list, "null": type(None)}
    kind = schema.get("type")
    return all(
        (
            kind is None or type(value) is held[kind],
            "enum" not in schema or value in schema["enum"],
            "const" not in schema or value == schema["const"],
            "pattern" not in schema or (isinstance(value, str) and re.search(schema["pattern"], value) is not None),
            "anyOf" not in schema or any(fits(value, one) for one in schema["anyOf"]),
            "oneOf" not in schema or sum(fits(value, one) for one in schema["oneOf"]) == 1,
            not isinstance(value, dict) or object_fits(value, schema),
            not isinstance(value, list) or all(fits(item, schema.get("items", {})) for item in value),
        )
    )


def object_fits(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    return all(key in value for key in schema.get("required", ())) and all(
        any(fits(held, one) for one in schemas_of(key, schema)) for key, held in value.items()
    )


def schemas_of(key: str, schema: dict[str, Any]) -> list[dict[str, Any]]:
    if key in schema.get("properties", {}):
        return [schema["properties"][key]]
    named = [one for pattern, one in schema.get("patternProperties", {}).items() if re.search(pattern, key)]
    others = schema.get("additionalProperties", {})
    return named or ([] if others is False else [others if isinstance(others, dict) else {}])


@pytest.fixture
def data() -> Any:
    return read_tree(bundled()["toowoomba-ningbo-2023"].read_bytes()).data


@pytest.mark.parametrize("name", bundled())
def test_every_bundled_scenario_fits(name: str) -> None:
    assert SCHEMA["$schema"].startswith("https://json-schema.org/")
    assert fits(read_tree(bundled()[name].read_bytes()).data, SCHEMA)


@pytest.mark.parametrize(
    ("block", "key", "value"),
    [
        (("units", "ningbo", "track", 1), "speed", 12),
        (("units", "ningbo", "track", 1), "speed", "12"),
        (("meta",), "duration", "42 kn"),
        (("meta",), "titel", "x"),
        (("messages", "m1"), "precedence", "URGENT"),
        (("events", 3), "after", 3),
        (("events", 3), "assumed", 3),
    ],
)
def test_what_the_loader_refuses_does_not_fit(data: Any, block: tuple[str | int, ...], key: str, value: object) -> None:
    held = data
    for step in block:
        held = held[step]
    held[key] = value
    assert not fits(data, SCHEMA)


def test_a_block_without_provenance_does_not_fit(data: Any) -> None:
    del data["events"][3]["assumed"]
    assert not fits(data, SCHEMA)
