"""Messages in files, as people read them: drafts, messages in JSON, signed envelopes; and blank forms."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

from hotline import v1
from hotline.agreements.reading import input_error
from hotline.cli import files
from hotline.cli.drafting import Source, kind_named, read
from hotline.cli.results import DOCUMENT, Result
from hotline.messages.draft import Written, line_words
from hotline.messages.form import form_lines
from hotline.messages.jsonform import from_json, is_json_form, to_json
from hotline.messages.labels import label_digest
from hotline.messages.names import descriptor_of
from hotline.messages.problems import FieldError
from hotline.messages.show import Place, message_lines
from hotline.messages.terms import glossary_digest
from hotline.messages.yamlmodel import placed
from hotline.messages.yamltree import read_tree
from hotline.protocol.check import envelope_of
from hotline.protocol.envelope import STATEMENT, digest_of, parse
from hotline.protocol.errors import UsageError
from hotline.protocol.statements import BODY_OF

JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered(Result):
    """A message or a form as text. The digests say by which labels and which glossary it is to be read."""

    type: str
    language: str
    label_digest: str
    glossary_digest: str
    text: str = field(metadata=DOCUMENT)


def render(file: Path, language: str) -> Rendered:
    """A message in a file, in a language or in JSON. Nothing is verified."""
    written, place = _said(file)
    if language == JSON:
        text = json.dumps(to_json(written), ensure_ascii=False, indent=2)
    else:
        text = "\n".join(message_lines(written.header, written.body, place, language))
    return _rendered(descriptor_of(written.body).name, language, text)


def form(type_name: str, language: str) -> Rendered:
    """The blank form of a type."""
    kind = descriptor_of(kind_named(type_name))
    return _rendered(kind.name, language, "\n".join(form_lines(kind, language)))


def _rendered(name: str, language: str, text: str) -> Rendered:
    return Rendered(
        type=name,
        language=language,
        label_digest=label_digest().hex(),
        glossary_digest=glossary_digest().hex(),
        text=text,
    )


def _said(path: Path) -> tuple[Written, Place]:
    """What a file says: a draft, a message in JSON, or an envelope in either of its forms."""
    data = files.read(path)
    tree = read_tree(data)
    if is_json_form(tree.data):
        try:
            return from_json(tree.data, BODY_OF), Place(b"")
        except FieldError as error:
            raise UsageError(f"INPUT_{error.code}", f"{path}: {error.message}") from error
    if isinstance(tree.data, dict) and "type" in tree.data:
        if tree.findings:
            raise input_error(str(path), placed(tree, tree.findings))
        return read(Source(tree.data, str(path), tree), line_words(time.time_ns())), Place(b"")
    envelope = envelope_of(data)
    if envelope.payload_type != STATEMENT:
        raise UsageError("PAYLOAD_TYPE", f"{path} holds no message: {envelope.payload_type}")
    statement = parse(envelope.payload, v1.Statement)
    kind = BODY_OF.get(statement.body_type)
    if kind is None:
        raise UsageError("UNKNOWN_TYPE", f"{path} holds a {statement.body_type}, which is not known here")
    return Written(statement.header, parse(statement.body, kind)), Place(digest_of(envelope))
