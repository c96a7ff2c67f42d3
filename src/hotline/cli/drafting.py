"""Drafts: from flags or a file to what a sender decided, checked against the rules of the standard."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from hotline import v1
from hotline.agreements.reading import input_error
from hotline.cli import files
from hotline.cli.judging import judging
from hotline.cli.results import DOCUMENT, Result
from hotline.messages.draft import Written, draft_words, kind_of, line_words, read_draft
from hotline.messages.examples import example
from hotline.messages.fill import Special
from hotline.messages.flags import words_of
from hotline.messages.problems import FieldError, Finding
from hotline.messages.yamlmodel import placed
from hotline.messages.yamltree import Tree, read_tree
from hotline.protocol.errors import PeerDataError, UsageError
from hotline.protocol.instant import to_timestamp
from hotline.protocol.rules import broken_rules
from hotline.protocol.statements import BODY_OF
from hotline.protocol.type_checks import SUCCESSOR_ROLE

_STAND_IN = "AA:draft"


@dataclass(frozen=True, slots=True)
class Flags:
    """A draft as flags give it; see the help of `hotline compose`."""

    type: str
    sets: Sequence[str] | None = None
    to: Sequence[str] | None = None
    info: Sequence[str] | None = None
    precedence: str | None = None
    stage: str | None = None
    reply_by: str | None = None
    thread: str | None = None
    references: Sequence[str] | None = None
    seen: Sequence[str] | None = None
    basis: Sequence[str] | None = None
    texts: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A draft's words and the file they came from, if any."""

    words: Any
    file: str = ""
    tree: Tree = field(default_factory=Tree)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted(Result):
    """A draft that holds against the rules. `draft` is the file, where none was written."""

    type: str
    file: Path | None = None
    draft: str = field(default="", metadata=DOCUMENT)


def compose(flags: Flags, out: Path | None, special: Special | None = None) -> Drafted:
    """Write a draft from flags; instants such as "now + 2 h" become fixed."""
    written = read(from_flags(flags), special or line_words(time.time_ns()))
    check(written)
    text = yaml.safe_dump(draft_words(written), sort_keys=False, allow_unicode=True, width=110)
    if out is None:
        return Drafted(type=written.body.DESCRIPTOR.name, draft=text)
    files.write_new(out, text.encode())
    return Drafted(type=written.body.DESCRIPTOR.name, file=out)


def show_example(name: str) -> Drafted:
    """A complete draft of a type, with comments."""
    kind = kind_named(name)
    return Drafted(type=kind.DESCRIPTOR.name, draft=example(kind.DESCRIPTOR.name))


def is_type(name: str) -> bool:
    """Whether a word is the name of a message type, in full or in short."""
    return kind_of(name, BODY_OF) is not None


def from_flags(flags: Flags) -> Source:
    """The words of flags.

    Raises:
        UsageError: INPUT_*, UNKNOWN_TYPE.
    """
    given = {
        "to": flags.to,
        "info": flags.info,
        "precedence": flags.precedence and flags.precedence.upper(),
        "stage_requested": flags.stage and flags.stage.upper(),
        "reply_by": flags.reply_by,
        "thread": flags.thread,
        "seen": flags.seen,
        "references": [_reference(each) for each in flags.references or ()],
        "basis": flags.basis,
        "text": _texts(flags.texts or ()),
    }
    try:
        body = words_of(kind_named(flags.type), flags.sets or ())
    except FieldError as error:
        raise UsageError(f"INPUT_{error.code}", f"--set {error.message}") from error
    return Source({"type": flags.type, **{word: value for word, value in given.items() if value}, "body": body})


def from_file(path: Path) -> Source:
    """The words of a draft file.

    Raises:
        UsageError: FILE_UNREADABLE, INPUT_*.
    """
    tree = read_tree(files.read(path))
    if tree.findings:
        raise input_error(str(path), placed(tree, tree.findings))
    return Source(tree.data, str(path), tree)


def read(source: Source, special: Special) -> Written:
    """The draft that words say.

    Raises:
        UsageError: INPUT_*.
    """
    written, findings = read_draft(source.words, BODY_OF, special)
    if written is None or findings:
        raise _refused(source, findings)
    return written


def check(written: Written) -> None:
    """Hold a draft against the rules of the standard, whatever the line.

    Raises:
        NotHeldError: RULE_BROKEN, REFERENCE_COUNT.
    """
    name = written.body.DESCRIPTOR.full_name
    broken = [*broken_rules(written.body), *broken_rules(stand_in(written))]
    with judging():
        if broken:
            raise PeerDataError("RULE_BROKEN", "\n".join(_rule_words(*rule) for rule in broken))
        role = SUCCESSOR_ROLE.get(name)
        if role is not None and sum(reference.role == role for reference in written.header.references) != 1:
            word = v1.Reference.Role.Name(role).removeprefix("ROLE_")
            raise PeerDataError("REFERENCE_COUNT", f"exactly one reference {word} names what it is about")


def stand_in(written: Written) -> v1.Statement:
    """The statement of a draft, with something valid wherever the line would decide."""
    header = v1.StatementHeader()
    header.CopyFrom(written.header)
    header.channel, header.from_post, header.kind = "draft", _STAND_IN, v1.KIND_EXERCISE
    header.agreement_digest, header.nonce = bytes(32), bytes(16)
    header.composed_at.CopyFrom(to_timestamp(0))
    name = written.body.DESCRIPTOR.full_name
    return v1.Statement(header=header, body_type=name, body=written.body.SerializeToString())


def _rule_words(path: str, rule: str, words: str) -> str:
    """A broken rule for the writer of a draft. A code left out is zero, which no list of codes holds."""
    return f"{path or 'body'}: {'is missing' if rule == 'enum.not_in' else words or rule} [{rule}]"


def _refused(source: Source, findings: list[Finding]) -> UsageError:
    if source.file:
        return input_error(source.file, placed(source.tree, findings))
    return UsageError(f"INPUT_{findings[0].code}", "\n".join(map(str, findings)))


def kind_named(name: str) -> type[Any]:
    """A message type by its name, in full or in short.

    Raises:
        UsageError: UNKNOWN_TYPE.
    """
    kind = kind_of(name, BODY_OF)
    if kind is None:
        known = ", ".join(full.rpartition(".")[2] for full in BODY_OF)
        raise UsageError("UNKNOWN_TYPE", f"no such type: {name}; there are {known}")
    return kind


def _reference(flag: str) -> dict[str, str]:
    role, equals, digest = flag.partition("=")
    if not equals:
        raise UsageError("INPUT_BAD_VALUE", f"--reference needs role=ref, such as updates=3f9a01c2b4d5: {flag}")
    return {"digest": digest, "role": role.upper()}


def _texts(flags: Sequence[str]) -> dict[str, str]:
    """``en=Divers down.`` for each language; the first is authentic."""
    texts: dict[str, str] = {}
    for flag in flags:
        language, equals, text = flag.partition("=")
        if not equals or language in texts:
            raise UsageError("INPUT_BAD_VALUE", f"--text needs language=words, each language once: {flag}")
        texts[language] = text
    return {"authentic": next(iter(texts)), **texts} if texts else {}
