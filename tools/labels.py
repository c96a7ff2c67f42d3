"""Write the catalogues of labels: every entry that the code's tables ask for, with the labels that stand there already.

python -m tools.labels            write the catalogues; entries without a label are listed
python -m tools.labels --check    write nothing; exit 1 when a catalogue is stale or incomplete
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from google.protobuf.descriptor import Descriptor, EnumDescriptor

from hotline import v1
from hotline.messages import labels as catalogue
from hotline.messages.checks import ADVICE
from hotline.messages.labels import (
    ADVISED,
    CODE,
    FIELD,
    FRAME,
    HEADING,
    LANGUAGES,
    REFUSAL,
    RULE,
    SIGNAL,
    TYPE,
    WORD,
    spaced,
)
from hotline.messages.names import descriptor_of, label_of, short_names, title_of
from hotline.messages.po import Key, read_po
from hotline.messages.rules import ENGLISH, reachable, rules_of
from hotline.messages.signals import tables
from hotline.protocol.codes import CODES, Where
from hotline.protocol.statements import BODIES

FOLDER = Path(catalogue.__file__).parent


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the catalogues of labels.")
    parser.add_argument("--check", action="store_true", help="only compare with what is committed")
    check = parser.parse_args(arguments).check
    faults = []
    for tag in LANGUAGES.values():
        path = FOLDER / f"{tag.replace('-', '_')}.po"
        found = read_po(path.read_text(encoding="utf-8")) if path.exists() else {}
        fresh = written(tag, found)
        if check and fresh != path.read_bytes():
            faults.append(f"{path.name} is not what tools/labels.py writes")
        elif not check:
            path.write_bytes(fresh)
        faults += [f"{path.name} has no label for {context}: {english}" for context, english in missing(tag, found)]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def wanted() -> list[Key]:
    """Every entry, by context and English text."""
    entries: set[Key] = set()
    for message in messages():
        entries |= {(FIELD, label_of(field)) for field in message.fields}
        entries |= {(RULE, rule.english) for rule in rules_of(message) if rule.own}
        for enum in (field.enum_type for field in message.fields if field.enum_type):
            entries |= {(CODE, spaced(name)) for name in short_names(enum)}
    entries |= {(TYPE, title_of(descriptor_of(body))) for body in BODIES}
    entries |= {(RULE, english) for english in ENGLISH}
    words = yaml.safe_load((FOLDER / "words.yaml").read_text(encoding="utf-8"))
    entries |= {(FRAME, word) for word in words["frame"]} | {(WORD, spaced(word)) for word in words["word"]}
    entries |= {(HEADING, word) for word in words["heading"]}
    entries |= {(SIGNAL, signal.meaning) for table in tables().values() for signal in table.signals}
    entries |= {(REFUSAL, row.meaning) for row in CODES if {Where.REFUSED, Where.NOT_NOW} & set(row.where)}
    return sorted(entries | {(ADVISED, advice) for advice in ADVICE.values()})


def messages() -> tuple[Descriptor, ...]:
    """Every message that a statement can hold."""
    return reachable(descriptor_of(v1.StatementHeader), *map(descriptor_of, BODIES))


def enums() -> Iterator[EnumDescriptor]:
    """Every list of codes that a statement can hold."""
    yield from {field.enum_type for message in messages() for field in message.fields if field.enum_type}


def elements() -> dict[str, str]:
    """English label by the full name of every field, code and type: an entry of its own may say it otherwise."""
    found = {field.full_name: label_of(field) for message in messages() for field in message.fields}
    for enum in enums():
        found |= {f"{enum.full_name}.{name}": spaced(name) for name in short_names(enum)}
    return found | {descriptor_of(body).full_name: title_of(descriptor_of(body)) for body in BODIES}


def missing(tag: str, found: Any) -> list[Key]:
    """Entries without a label; English stands for itself."""
    return [] if tag == "en" else [key for key in wanted() if not found.get(key)]


def written(tag: str, found: Any) -> bytes:
    """A catalogue as a file, in a fixed order and without dates."""
    known = elements()
    own = sorted(key for key in found if known.get(key[0]) == key[1])
    fresh = Catalog(locale=tag.replace("-", "_"), fuzzy=False)
    for context, english in (*wanted(), *own):
        fresh.add(english, found.get((context, english)) or (english if tag == "en" else ""), context=context)
    out = BytesIO()
    write_po(out, fresh, width=0, omit_header=True)
    return header(tag) + out.getvalue()


def header(tag: str) -> bytes:
    """The entry that tells tools what the file is."""
    lines = ("Project-Id-Version: Hotline", f"Language: {tag.replace('-', '_')}", "MIME-Version: 1.0")
    more = ("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")
    told = "".join(f'"{line}\\n"\n' for line in (*lines, *more))
    words = "# Labels of the message catalogue. Written by tools/labels.py, which keeps the msgstr that stand here.\n"
    return f'{words}msgid ""\nmsgstr ""\n{told}\n'.encode()


if __name__ == "__main__":
    sys.exit(main())
