"""Drafts: what a sender decides about a message, as a file of words.

    type: ActivityNotice              # or hotline.v1.ActivityNotice
    to: [CHN:fleet-watch]             # action addressees
    info: []
    precedence: IMMEDIATE
    stage_requested: DONE
    text: {authentic: en, en: Divers down., zh: 潜水作业。}
    body:
      designation: Divers down
      kind: DIVING

The other keys are those of the header under their names: reply_by, release_before, validity, thread, seen, references,
basis, handling. What follows from the line (channel, agreement, own post, nonce, time) is in no draft.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from hotline import v1
from hotline.geo.units import parse_duration_ms
from hotline.messages.fill import PLAIN, Special, fill
from hotline.messages.problems import FieldError, Finding, Path, Reason
from hotline.messages.texts import add_texts, words_of_texts
from hotline.messages.words import to_words

# Words of a draft and the fields of the header that they fill.
HEADER_WORDS: Mapping[str, str] = {
    "to": "action",
    **{
        name: name
        for name in (
            "info",
            "precedence",
            "stage_requested",
            "reply_by",
            "release_before",
            "validity",
            "thread",
            "seen",
            "references",
            "basis",
            "handling",
        )
    },
}
WORDS = ("type", *HEADER_WORDS, "text", "body")

_NOW = re.compile(r"now(?: ([+-]) (.+))?")
_REF = re.compile(r"[0-9a-f]{8,63}")
_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Written:
    """A draft as read.

    Attributes:
        header: only what its writer decides is set.
        body: the message to send.
    """

    header: v1.StatementHeader
    body: Message


def line_words(now_ns: int, find: Callable[[str], bytes] | None = None) -> Special:
    """Forms that need a line: ``now + 30 min`` for an instant, and the first digits of a digest.

    Args:
        now_ns: UTC of now on the line's clock.
        find: gives the whole digest of a message from at least eight of its first digits; None where no node is asked.
    """

    def instant(target: Any, raw: object) -> bool:
        match = _NOW.fullmatch(raw) if isinstance(raw, str) else None
        if match is None:
            return False
        span_ms = parse_duration_ms(match[2]) if match[2] else 0
        now_ms = now_ns // _NS_PER_MS
        target.FromMilliseconds(now_ms + (span_ms if match[1] == "+" else -span_ms))
        return True

    def digest(field: FieldDescriptor, raw: object) -> bytes | None:
        if field.type != FieldDescriptor.TYPE_BYTES or not isinstance(raw, str) or not _REF.fullmatch(raw):
            return None
        if find is None:
            raise FieldError(Reason.BAD_VALUE, f"needs all 64 digits of the digest where no node is asked: {raw}")
        return find(raw)

    return Special({"google.protobuf.Timestamp": instant}, digest)


def read_draft(
    words: object, kinds: Mapping[str, type[Message]], special: Special = PLAIN
) -> tuple[Written | None, list[Finding]]:
    """A draft from its words, or what is wrong with them.

    Args:
        words: as a file or flags gave them.
        kinds: message types that may be sent, by full name.
        special: forms beyond the usual ones.
    """
    if not isinstance(words, Mapping):
        return None, [Finding((), Reason.BAD_VALUE, f"needs keys and values: {', '.join(WORDS)}")]
    findings = [Finding((key,), Reason.UNKNOWN_KEY, "unknown key") for key in words if key not in WORDS]
    findings += [Finding((key,), Reason.MISSING_KEY, "is missing") for key in ("type", "body") if key not in words]
    header = v1.StatementHeader()
    for word, name in HEADER_WORDS.items():
        if word in words:
            findings += [_under(word, found) for found in fill(header, {name: words[word]}, (), special)]
    findings += _fill_texts(header, words["text"]) if "text" in words else []
    kind = kind_of(words.get("type"), kinds)
    if kind is None:
        known = ", ".join(name.rpartition(".")[2] for name in kinds)
        return None, [*findings, Finding(("type",), Reason.BAD_VALUE, f"not one of {known}: {words.get('type')}")]
    body = kind()
    findings += fill(body, words.get("body", {}), ("body",), special)
    return (None if findings else Written(header, body)), findings


def kind_of(name: object, kinds: Mapping[str, type[Message]]) -> type[Message] | None:
    """A message type by its full name or by its last part."""
    return next((kind for full, kind in kinds.items() if name in (full, full.rpartition(".")[2])), None)


def draft_words(written: Written) -> dict[str, Any]:
    """The words of a draft: `read_draft` gives the draft again."""
    said = to_words(written.header)
    words: dict[str, Any] = {"type": written.body.DESCRIPTOR.name}
    words |= {word: said[name] for word, name in HEADER_WORDS.items() if name in said}
    if written.header.texts:
        words["text"] = words_of_texts(written.header.texts) or [to_words(text) for text in written.header.texts]
    return {**words, "body": to_words(written.body)}


def _under(word: str, found: Finding) -> Finding:
    path: Path = (word, *found.path[1:])
    return Finding(path, found.code, found.message)


def _fill_texts(header: v1.StatementHeader, words: object) -> list[Finding]:
    """``{authentic: en, en: ..., zh: ...}``; or a list of texts, each with everything it says."""
    if isinstance(words, list):
        return [_under("text", found) for found in fill(header, {"texts": words})]
    try:
        add_texts(header.texts, words)
    except FieldError as error:
        return [Finding(("text",), error.code, error.message)]
    return []
