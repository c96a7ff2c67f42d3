"""Reads the catalogues of labels: gettext PO files, with a context on every entry and nothing obsolete.

Only what `tools/labels.py` writes is read; the tests hold it against Babel, which reads every PO file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

Key = tuple[str, str]
"""Context and English text of an entry."""

_KEYWORD = re.compile(r'(msgctxt|msgid|msgstr) (".*")')


def read_po(text: str) -> Mapping[Key, str]:
    """The entries of a catalogue by context and English text, the header left out."""
    found: dict[Key, str] = {}
    for entry in _entries(text):
        if entry.get("msgid"):
            found[entry.get("msgctxt", ""), entry["msgid"]] = entry.get("msgstr", "")
    return found


def _entries(text: str) -> Iterator[dict[str, str]]:
    for block in text.split("\n\n"):
        entry: dict[str, str] = {}
        keyword = ""
        for line in block.splitlines():
            match = _KEYWORD.fullmatch(line)
            if match is not None:
                keyword = match[1]
                entry[keyword] = ast.literal_eval(match[2])
            elif line.startswith('"'):
                entry[keyword] += ast.literal_eval(line)
        yield entry
