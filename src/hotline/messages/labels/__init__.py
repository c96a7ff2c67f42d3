"""What fields, codes, types, rules and code words are called in each language.

The English text of every label is in the code's own tables and in the names of the protocol files; `en.po` says it
better where a name alone reads badly, and `zh_CN.po` says it in Chinese. Both are gettext catalogues, read as they are.
Every element has a label in every language (REQ-LANG-1); the digest of all is what an agreement fixes (REQ-LANG-2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from hotline.messages.names import label_of, short_name, title_of
from hotline.messages.po import Key, read_po

LANGUAGES: Mapping[str, str] = {"en": "en", "zh": "zh-CN"}
"""Languages that messages are read in, as people ask for them, with their BCP 47 tags."""

# Contexts of the entries; an entry whose context is the full name of an element outranks them.
FIELD, CODE, TYPE, FRAME, RULE = "field", "code", "type", "frame", "rule"
WORD, SIGNAL, REFUSAL, ADVISED, HEADING = "word", "signal", "refusal", "advice", "heading"


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of one language.

    Attributes:
        tag: BCP 47.
        entries: by context and English text.
    """

    tag: str
    entries: Mapping[Key, str]

    def get(self, context: str, english: str, element: str = "") -> str:
        """A label; the English text where the catalogue has none, for a message must be readable all the same."""
        return self.entries.get((element, english)) or self.entries.get((context, english)) or english

    def field(self, field: FieldDescriptor) -> str:
        """``exclusion_radius_m`` as ``Exclusion radius``."""
        return self.get(FIELD, label_of(field), field.full_name)

    def type(self, message: Descriptor) -> str:
        """``ActivityNotice`` as ``ACTIVITY NOTICE``."""
        return self.get(TYPE, title_of(message), message.full_name)

    def code(self, enum: EnumDescriptor, number: int) -> str:
        """``KEEP_COURSE_AND_SPEED`` as ``KEEP COURSE AND SPEED``."""
        name = short_name(enum, number)
        return self.get(CODE, spaced(name), f"{enum.full_name}.{name}")

    def frame(self, english: str) -> str:
        """A word of the frame, such as ``PRECEDENCE``."""
        return self.get(FRAME, english)

    def heading(self, english: str) -> str:
        """What stands above a column or before a value when a message is shown, such as ``Sealed at``."""
        return self.get(HEADING, english)

    def known_word(self, text: str) -> str:
        """A word of the protocol as `word` says it; any other text as it is."""
        return self.entries.get((WORD, spaced(text))) or self.entries.get((HEADING, text)) or text

    def rule(self, english: str) -> str:
        """What a rule asks, by its English text."""
        return self.get(RULE, english)

    def word(self, word: str) -> str:
        """A state, mark, verdict or stage value, such as ``IN_TIME``."""
        return self.get(WORD, spaced(word))

    def refusal(self, english: str) -> str:
        """What a code of a refusal means, by its English text."""
        return self.get(REFUSAL, english)

    def advice(self, english: str) -> str:
        """A warning before release, by its English text."""
        return self.get(ADVISED, english)

    def signal(self, english: str) -> str:
        """What a signal means, by its English text."""
        return self.get(SIGNAL, english)


def spaced(name: str) -> str:
    """A code as it is read aloud: ``OPEN_RANGE`` as ``OPEN RANGE``."""
    return name.replace("_", " ")


@cache
def labels(language: str = "en") -> Labels:
    """The labels of ``en`` or ``zh``; KeyError for another language."""
    tag = LANGUAGES[language]
    file = resources.files(__name__).joinpath(f"{tag.replace('-', '_')}.po")
    return Labels(tag, read_po(file.read_text(encoding="utf-8")))


@cache
def label_digest() -> bytes:
    """SHA-256 of every label of every language: lines of tag, context, English text and label, separated by tabs."""
    rows = (
        f"{found.tag}\t{context}\t{english}\t{label}\n"
        for found in map(labels, LANGUAGES)
        for (context, english), label in found.entries.items()
    )
    return sha256("".join(sorted(rows, key=str.encode)).encode()).digest()
