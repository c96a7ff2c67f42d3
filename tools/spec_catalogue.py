"""Generated regions of the specification about messages and languages: the catalogue, rules, labels, signals, terms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from tools.labels import messages

from hotline import v1
from hotline.messages.catalogue import families
from hotline.messages.draft import Written, line_words, read_draft
from hotline.messages.examples import example
from hotline.messages.form import form_lines
from hotline.messages.jsonform import to_json
from hotline.messages.labels import label_digest, labels
from hotline.messages.names import descriptor_of, short_names
from hotline.messages.rules import TEMPLATES, Rule, is_needed, rules_of
from hotline.messages.show import Place, letters, message_lines
from hotline.messages.signals import tables
from hotline.messages.terms import glossary_digest, terms
from hotline.messages.yamltree import read_tree
from hotline.protocol.statements import BODIES, BODY_OF

EXAMPLE = "EncounterSignal"
AT_NS = 1_795_269_480_000_000_000  # 2026-11-21T13:58:00Z
_KINDS = {
    FieldDescriptor.TYPE_STRING: "text",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_BOOL: "yes or no",
}
ENGLISH, CHINESE = labels("en"), labels("zh")


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a stroke in a cell is escaped."""
    titles = list(titles)
    lines = [titles, ["---"] * len(titles), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def block(lines: Iterable[str]) -> str:
    """A block of text as it is."""
    return "\n".join(("```text", *lines, "```"))


def catalogue() -> str:
    """Families and types."""
    rows = (
        (family.family, f"`{entry.type}`", _chinese_type(entry.type), f"A post says {entry.says}.", entry.thread)
        for family in families()
        for entry in family.types
    )
    return table(("Family", "Type", "In Chinese", "What it is for", "Thread"), rows)


def reasons() -> str:
    """Why each family is there."""
    return table(("Family", "File", "Why it is there"), ((f.family, f"`{f.file}`", f.why) for f in families()))


def own_rules() -> str:
    """Rules that a message writes out for itself."""
    rows = (
        (f"`{rule.id}`", f"`{message.name}`", rule.english, CHINESE.rule(rule.english))
        for message in messages()
        for rule in rules_of(message)
        if rule.own
    )
    return table(("Rule", "Message", "English", "Chinese"), rows)


def standard_rules() -> str:
    """Rules that every message may have, by the end of their id."""
    rows = ((f"`{end}`", words, CHINESE.rule(words)) for end, words in TEMPLATES.items())
    return table(("End of the id", "English", "Chinese"), rows)


def signals() -> str:
    """The public table of signals."""
    rows = (
        (f"`{row.code}`", row.meaning, CHINESE.signal(row.meaning), f"`{row.value}`" if row.value else "-", row.trust)
        for row in tables()["INCSEA-YV1"].signals
    )
    return table(("Code", "Meaning", "In Chinese", "Value in", "Trust"), rows)


def contested() -> str:
    """The glossary of contested terms."""
    rows = (
        (
            f"`{term.id}`",
            ", ".join(term.terms["en"]),
            "、".join(term.terms["zh"]),
            f"{term.instead['en']}; {term.instead['zh']}",
            f"`{term.code.rpartition('.')[2]}`" if term.code else "-",
            term.trust,
        )
        for term in terms()
    )
    return table(("Subject", "Terms in English", "Terms in Chinese", "Offered instead", "Code", "Trust"), rows)


def digests() -> str:
    """Digests of the labels and of the glossary of this version."""
    return block((f"label_digest     {label_digest().hex()}", f"glossary_digest  {glossary_digest().hex()}"))


def words() -> str:
    """Code words and what they are called."""
    enums = ("Kind", "Precedence", "Stage")
    pairs = [
        (name, ENGLISH.code(enum, number), CHINESE.code(enum, number))
        for enum in (field.enum_type for message in messages() for field in message.fields if field.enum_type)
        if enum.name in enums
        for name, number in short_names(enum).items()
    ]
    told = dict.fromkeys(pairs)
    states = ("IN_TIME", "EXPIRED", "LATE", "SUPERSEDED", "CONTRADICTED", "CROSSED", "RETRACTED", "DISAVOWED")
    rows = [*told, *((word, ENGLISH.word(word), CHINESE.word(word)) for word in states)]
    return table(("Word", "English", "Chinese"), ((f"`{word}`", first, second) for word, first, second in rows))


def example_english() -> str:
    """An example as a watch officer reads it aloud."""
    return block(_example("en"))


def example_chinese() -> str:
    """The same, in Chinese."""
    return block(_example("zh"))


def example_json() -> str:
    """The body of the same, in JSON."""
    body = to_json(_written(EXAMPLE))["body"]
    return "\n".join(("```json", json.dumps(body, ensure_ascii=False, indent=2), "```"))


def example_form() -> str:
    """A blank form."""
    return block(form_lines(descriptor_of(BODY_OF["hotline.v1.AreaAnswer"])))


def fields() -> str:
    """Every field of every type, then of the messages inside them."""
    bodies = [descriptor_of(body) for body in BODIES]
    inside = sorted((m for m in messages() if m not in bodies), key=lambda message: message.name)
    return "\n\n".join([*map(_fields_of, bodies), *map(_fields_of, inside)])


def _fields_of(message: Descriptor) -> str:
    rows = [
        (letter, f"`{field.name}`", ENGLISH.field(field), CHINESE.field(field), _takes(field), _must(field))
        for letter, field in zip(letters(), message.fields, strict=False)
    ]
    title = f"### {message.full_name.removeprefix('hotline.v1.')}"
    own = "".join(f"\n\nRule `{rule.id}`: {rule.english}." for rule in rules_of(message) if not rule.on)
    if not rows:
        return f"{title}\n\nNo fields.{own}"
    return f"{title}\n\n{table(('', 'Field', 'English', 'Chinese', 'Takes', 'Rules'), rows)}{own}"


def _takes(field: FieldDescriptor) -> str:
    if field.enum_type is not None:
        names = short_names(field.enum_type)
        return ", ".join(f"{name} {CHINESE.code(field.enum_type, number)}" for name, number in names.items())
    if field.message_type is not None:
        return f"`{field.message_type.full_name.removeprefix('hotline.v1.')}`{', several' if field.is_repeated else ''}"
    kinds = {
        FieldDescriptor.TYPE_STRING: "text",
        FieldDescriptor.TYPE_BYTES: "bytes",
        FieldDescriptor.TYPE_BOOL: "yes or no",
    }
    return kinds.get(field.type, "number") + (", several" if field.is_repeated else "")


def _must(field: FieldDescriptor) -> str:
    owner = field.containing_type
    assert owner is not None
    shown = [_short(rule) for rule in rules_of(owner) if rule.on == field.name and not rule.id.startswith("enum.")]
    return "; ".join([*(["MUST be given"] if is_needed(field) else []), *filter(None, shown)]) or "-"


def _short(rule: Rule) -> str:
    if rule.id == "required" or rule.parameters.get("min_len") == 1 or rule.parameters.get("min_items") == 1:
        return ""
    if rule.id.endswith("pattern"):
        return f"form `{rule.parameters['pattern']}`"
    return f"`{rule.id}`" if rule.own else rule.english.removeprefix("must ").format(**rule.parameters)


def _example(language: str) -> Iterator[str]:
    written = _written(EXAMPLE)
    written.header.from_post, written.header.kind = "AUS:fleet-watch", v1.KIND_EXERCISE
    yield from message_lines(written.header, written.body, Place(bytes(range(32)), 7, AT_NS), language)


def _written(name: str) -> Written:
    draft, _ = read_draft(read_tree(example(name).encode()).data, BODY_OF, line_words(AT_NS))
    assert draft is not None
    return draft


def _chinese_type(name: str) -> str:
    kind: type[Message] = BODY_OF[f"hotline.v1.{name}"]
    return CHINESE.type(descriptor_of(kind))


REGIONS: dict[str, Callable[[], str]] = {
    "catalogue": catalogue,
    "reasons": reasons,
    "own-rules": own_rules,
    "standard-rules": standard_rules,
    "signals": signals,
    "contested": contested,
    "digests": digests,
    "words": words,
    "example-english": example_english,
    "example-chinese": example_chinese,
    "example-json": example_json,
    "example-form": example_form,
    "fields": fields,
}
