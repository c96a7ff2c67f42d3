"""What a key is for, as its file says beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from hotline import v1
from hotline.keys.errors import KeysError

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PARTY = re.compile(r"[A-Z][A-Z0-9]{1,15}(/[A-Z][A-Z0-9]{1,15})?")
_POST = re.compile(rf"({_PARTY.pattern}):[a-z][a-z0-9-]{{0,39}}")


class Kind(StrEnum):
    """Whether a key speaks for real or in exercises; never both (REQ-KIND-1)."""

    ACTUAL = "ACTUAL"
    EXERCISE = "EXERCISE"

    @classmethod
    def of(cls, kind: v1.Kind.ValueType) -> Kind:
        """From its number in signed objects; ValueError for one that is none."""
        return cls(v1.Kind.Name(kind).removeprefix("KIND_"))


class Role(StrEnum):
    """Who holds the key: a party's root or registrar, the node of a post, or an officer at a post."""

    ROOT = "root"
    REGISTRAR = "registrar"
    NODE = "node"
    OFFICER = "officer"


@dataclass(frozen=True, slots=True)
class KeyLabel:
    """What a key is for.

    Attributes:
        name: of the key within its party or post; an officer's is the roster pseudonym.
        kind: real or exercise.
        role: who holds it.
        party: party id, e.g. "AUS".
        post: post id, e.g. "AUS:fleet-watch", for a node or an officer; empty for a root or a registrar.

    Raises:
        KeysError: KEY_LABEL.
    """

    name: str
    kind: Kind
    role: Role
    party: str
    post: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise KeysError(
                "KEY_LABEL", f"{self.name!r} is no name: lower-case letters, digits and hyphens, at most 40"
            )
        if not _PARTY.fullmatch(self.party):
            raise KeysError("KEY_LABEL", f"{self.party!r} is no party id, such as AUS or NATO/DEU")
        if self.role in (Role.ROOT, Role.REGISTRAR):
            if self.post:
                raise KeysError("KEY_LABEL", f"a {self.role} key belongs to its party, not to the post {self.post}")
        elif party_of(self.post) != self.party:
            raise KeysError("KEY_LABEL", f"{self.post} is no post of {self.party}")


def party_of(post: str) -> str:
    """Party of a post id; KeysError KEY_LABEL if it is none."""
    match = _POST.fullmatch(post)
    if match is None:
        raise KeysError("KEY_LABEL", f"{post!r} is no post id, such as AUS:fleet-watch")
    return match[1]
