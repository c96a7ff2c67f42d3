"""Variants: the same scenario with some values set otherwise, such as with a line or without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hotline.messages.problems import Finding
from hotline_sim.scenario.problems import Code


def become(document: Any, variant: str) -> Iterator[Finding]:
    """Turn the data of a scenario file into one of its variants, in place.

    `meta.variant` says which it is; `expectations`, where the variant has some, take the place of the file's.
    """
    block = (document.get("variants") or {}).get(variant) if isinstance(document, dict) else None
    if not isinstance(block, dict):
        known = ", ".join(document.get("variants") or {}) if isinstance(document, dict) else ""
        yield Finding(
            ("variants",), Code.UNKNOWN_REFERENCE, f"not a variant of this file ({known or 'none'}): {variant}"
        )
        return
    for path, value in (block.get("set") or {}).items():
        yield from _put(document, path, value, variant)
    if block.get("expectations") is not None:
        document["expectations"] = block["expectations"]
    if isinstance(document.get("meta"), dict):
        document["meta"]["variant"] = variant


def _put(document: Any, path: str, value: Any, variant: str) -> Iterator[Finding]:
    """Set the value at a dotted path; a list is indexed by number, and what is not there is refused."""
    *steps, last = path.split(".")
    held = document
    for step in steps:
        held = _held(held, step)
    if isinstance(held, list) and last.isdigit() and int(last) < len(held):
        held[int(last)] = value
    elif isinstance(held, dict):
        held[last] = value
    else:
        yield Finding(("variants", variant, "set", path), Code.UNKNOWN_REFERENCE, f"there is nothing at {path}")


def _held(held: Any, step: str) -> Any:
    if isinstance(held, list):
        return held[int(step)] if step.isdigit() and int(step) < len(held) else None
    return held.get(step) if isinstance(held, dict) else None
