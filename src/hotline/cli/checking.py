"""Checks before release: the rules of the standard, told in either language, and what to think about before signing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import Message

from hotline.cli.drafting import Flags, Source, check, from_file, from_flags, read, stand_in
from hotline.cli.results import NotHeldError, Result
from hotline.messages.checks import advise
from hotline.messages.draft import Written, line_words
from hotline.messages.labels import labels
from hotline.messages.names import descriptor_of
from hotline.messages.rules import explain
from hotline.protocol.rules import broken_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Result):
    """A draft that may be signed. `warnings` block nothing: whoever signs decides."""

    type: str
    rules: str
    warnings: tuple[str, ...]


def check_file(path: Path, language: str) -> Checked:
    """Check a draft in a file."""
    return _checked(from_file(path), language)


def check_flags(flags: Flags, language: str) -> Checked:
    """Check a draft given by flags."""
    return _checked(from_flags(flags), language)


def warnings(written: Written, language: str = "en") -> tuple[str, ...]:
    """What to think about before this is released, in words."""
    found = labels(language)
    return tuple(advice.sentence(found, language) for advice in advise(written.header, written.body))


def _checked(source: Source, language: str) -> Checked:
    """Raises NotHeldError, RULE_BROKEN told in the language asked for."""
    written = read(source, line_words(time.time_ns()))
    try:
        check(written)
    except NotHeldError as error:
        if language != "en" and error.problem.code == "RULE_BROKEN":
            raise NotHeldError("RULE_BROKEN", _told(written, language)) from error
        raise
    told = warnings(written, language)
    return Checked(type=descriptor_of(written.body).name, rules="HOLD", warnings=told)


def _told(written: Written, language: str) -> str:
    """Every rule that does not hold, in words."""
    found = labels(language)
    parts: list[tuple[Message, str]] = [(written.body, "body"), (stand_in(written), "")]
    lines = []
    for part, name in parts:
        for path, rule, words in broken_rules(part):
            said = explain(descriptor_of(part), path, rule, found) or words
            lines.append(f"{path or name}{': ' if path or name else ''}{said} [{rule}]")
    return "\n".join(lines)
