"""Every requirement of the specification by its id, with its conformance class (spec 10, section 1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

import yaml

CLASSES = ("safety", "core", "full")
"""Each holds those before it."""

_CITATION = re.compile(r"(REQ-[A-Z]+-)([0-9]+)(?: to ([0-9]+))?")


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement. `class_name`: the smallest class that has it."""

    id: str
    class_name: str

    def belongs_to(self, class_name: str) -> bool:
        """Whether an implementation of a class must keep it."""
        return CLASSES.index(self.class_name) <= CLASSES.index(class_name)


def cited_in(text: str) -> list[str]:
    """Ids in a text, in order; "REQ-SIGN-1 to 3" cites three."""
    return [
        f"{prefix}{number}"
        for prefix, first, last in _CITATION.findall(text)
        for number in range(int(first), int(last or first) + 1)
    ]


def _all() -> tuple[Requirement, ...]:
    words = yaml.safe_load(resources.files("hotline.conformance").joinpath("classes.yaml").read_text(encoding="utf-8"))
    return tuple(Requirement(found, name) for name in CLASSES for row in words[name] for found in cited_in(row))


REQUIREMENTS = _all()
"""All of them, by class."""

_BY_ID = {requirement.id: requirement for requirement in REQUIREMENTS}


def of_id(name: str) -> Requirement:
    """The requirement with an id; KeyError if there is none."""
    return _BY_ID[name]
