"""Values of a scenario set from outside: a path into its document, and what stands there instead.

A path is dotted: ``posts.CHN:fleet-watch.reaction.READ``, ``network.0.loss``. The document is the plain data of a
scenario file; what is set is checked like everything else in it, by the reader of scenarios. A scenario may give
planners names for paths under ``parameters``. ``variant`` leads to no place: its value is one of the scenario's
variants, or ``as-written``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from hotline.messages.yamltree import Tree, read_tree
from hotline.protocol.errors import UsageError
from hotline_sim.scenario.load import of_tree
from hotline_sim.scenario.model import Scenario
from hotline_sim.scenario.variants import become

Document = Mapping[str, Any]
VARIANT, AS_WRITTEN = "variant", "as-written"
# A new name under a section ("delays.reeding") would be a part that nothing uses: it must be there already.
_LEAST_STEPS_TO_A_NEW_KEY = 3


def with_values(document: Document, values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a document with values set by path; text is read as the file's own would be ("yes", "3", "45 s").

    Raises:
        UsageError: PARAMETER_UNKNOWN, nothing stands at a path, or there is no such variant.
    """
    found = _become(document, str(values.get(VARIANT, AS_WRITTEN)))
    for path, value in values.items():
        if path != VARIANT:
            found = _set(found, path_of(document, path), (), value)
    return found


def _become(document: Document, variant: str) -> dict[str, Any]:
    """A copy of a document as one of its variants."""
    if variant == AS_WRITTEN:
        return dict(document)
    found: dict[str, Any] = deepcopy(dict(document))
    wrong = list(become(found, variant))
    if wrong:
        raise UsageError("PARAMETER_UNKNOWN", "; ".join(finding.message for finding in wrong))
    return found


def path_of(document: Document, name: str) -> tuple[str, ...]:
    """The steps of a path, or of the one that a scenario's `parameters` gives this name."""
    named = document.get("parameters")
    entry = named.get(name) if isinstance(named, Mapping) else None
    path = entry.get("path") if isinstance(entry, Mapping) else None
    return tuple((path if isinstance(path, str) else name).split("."))


def held(document: Document, name: str) -> Any:
    """What stands at a path now; None where nothing does. Raises UsageError PARAMETER_UNKNOWN."""
    if name == VARIANT:
        return AS_WRITTEN
    steps = path_of(document, name)
    place: Any = document
    for number, step in enumerate(steps):
        place = _child(place, step, steps, is_last=number == len(steps) - 1)
    return place


def scenario_of(document: Document, name: str) -> Scenario:
    """The scenario that a document describes. Raises `hotline_sim.scenario.ScenarioError`, without lines."""
    return of_tree(Tree(data=document), name)


def digest_of(document: Document) -> str:
    """SHA-256, hex, of a document in its canonical form: JSON with sorted keys and no spaces."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _set(place: Any, steps: tuple[str, ...], done: tuple[str, ...], value: Any) -> Any:
    """A copy of a part with the value at the end of the steps."""
    step, *rest = steps
    child = _child(place, step, (*done, *steps), is_last=not rest)
    new = _set(child, tuple(rest), (*done, step), value) if rest else _read(value)
    if isinstance(place, list):
        return [new if number == int(step) else item for number, item in enumerate(place)]
    return {**place, step: new}


def _child(place: Any, step: str, path: tuple[str, ...], *, is_last: bool) -> Any:
    if isinstance(place, list) and step.isdecimal() and int(step) < len(place):
        return place[int(step)]
    if isinstance(place, Mapping) and (step in place or (is_last and len(path) >= _LEAST_STEPS_TO_A_NEW_KEY)):
        return place.get(step)
    raise UsageError("PARAMETER_UNKNOWN", f"{'.'.join(path)}: there is no {step!r}; there is {_known(place)}")


def _known(place: Any) -> str:
    if isinstance(place, Mapping):
        return ", ".join(map(str, place)) or "nothing"
    return f"a list of {len(place)}, from 0 on" if isinstance(place, list) else f"only {place!r}"


def _read(value: Any) -> Any:
    """Text as a scenario file's plain values are read; other values as they are."""
    if not isinstance(value, str):
        return value
    tree = read_tree(value.encode())
    plain = not tree.findings and isinstance(tree.data, bool | int | float)
    return tree.data if plain else value
