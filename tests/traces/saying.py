"""How words become message bodies: one pattern per thing to say; `matters`, `replies` and `calls` fill the table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from tests.traces.words import Options

from hotline import v1


@dataclass(frozen=True, slots=True)
class Saying:
    """A body, and fields of Draft that follow from its kind; the script may say otherwise.

    Attributes:
        about: digest of the statement it belongs to, whose thread it goes on; empty starts a thread.
    """

    body: Message
    about: bytes = b""
    header: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, when by its own clock, and how it finds the statements and posts that it speaks of."""

    post: str
    utc_ns: int
    find: Callable[[str], bytes]
    call: Callable[[str], str]


Builder = Callable[[Speaker, re.Match[str], Options], Saying]
_BUILDERS: list[tuple[re.Pattern[str], Builder]] = []


def says(pattern: str) -> Callable[[Builder], Builder]:
    """The builder of what these words say."""

    def note(builder: Builder) -> Builder:
        _BUILDERS.append((re.compile(pattern), builder))
        return builder

    return note


def saying(words: str, speaker: Speaker, options: Options) -> Saying:
    """The body that some words mean; ValueError for words that mean none."""
    for pattern, builder in _BUILDERS:
        found = pattern.fullmatch(words)
        if found is not None:
            return builder(speaker, found, options)
    raise ValueError(f"nobody knows how to say {words!r}")


def reference(digest: bytes, role: v1.Reference.Role.ValueType) -> dict[str, Any]:
    """The header of what takes the place of, or answers, an earlier statement."""
    return {"references": [v1.Reference(digest=digest, role=role)]}
