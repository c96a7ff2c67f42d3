"""The glossary of contested terms: what one side says and another rejects, and what is offered instead.

It is data (`contested.yaml`); its digest can be fixed by an agreement (spec 09, REQ-LANG-8).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources

import yaml


@dataclass(frozen=True, slots=True)
class Term:
    """One subject on which words part.

    Attributes:
        id: of the subject.
        terms: contested words by language.
        instead: what is offered, by language.
        code: element of the standard that says it without the quarrel; empty where there is none.
        trust: how far it is known that the words are contested.
    """

    id: str
    terms: Mapping[str, tuple[str, ...]]
    instead: Mapping[str, str]
    trust: str
    code: str = ""


@cache
def terms() -> tuple[Term, ...]:
    """Every subject, in the order of the file."""
    text = resources.files(__name__).joinpath("contested.yaml").read_text(encoding="utf-8")
    rows = yaml.safe_load(text)
    return tuple(Term(**{**row, "terms": {key: tuple(words) for key, words in row["terms"].items()}}) for row in rows)


def contested_in(text: str) -> Iterator[tuple[Term, str]]:
    """The contested terms that a text uses, each with its subject; a longer term outranks one inside it."""
    for term in terms():
        found = [word for word, pattern in _patterns(term) if pattern.search(text)]
        longest = [word for word in found if not any(word != other and word in other for other in found)]
        yield from ((term, word) for word in longest)


def glossary_digest() -> bytes:
    """SHA-256 of the glossary: lines of subject, language, use and text, separated by tabs, sorted by their bytes."""
    rows = [(term.id, "", "code", term.code) for term in terms()]
    for term in terms():
        rows += [(term.id, language, "term", word) for language, words in term.terms.items() for word in words]
        rows += [(term.id, language, "instead", words) for language, words in term.instead.items()]
    lines = sorted(("\t".join(row) + "\n").encode() for row in rows)
    return sha256(b"".join(lines)).digest()


def _patterns(term: Term) -> Iterator[tuple[str, re.Pattern[str]]]:
    """English by whole words, whatever their case and hyphens; Chinese, which has no spaces, as it stands."""
    for language, words in term.terms.items():
        for word in words:
            yield word, _pattern(word) if language == "en" else re.compile(re.escape(word))


@cache
def _pattern(word: str) -> re.Pattern[str]:
    parts = re.split(r"[\s-]+", word)
    joined = r"[\s-]+".join(map(re.escape, parts))
    return re.compile(rf"\b{joined}\b", re.IGNORECASE)
