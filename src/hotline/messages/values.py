"""Values as people of a language read them: codes by labels, numbers with units, texts with who stands for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from hotline import v1
from hotline.geo.geodesy import Position
from hotline.geo.units import convert
from hotline.messages.labels import Labels, labels
from hotline.messages.names import short_name, unit_of
from hotline.messages.signals import meaning_of
from hotline.messages.texts import original_of
from hotline.messages.times import both
from hotline.messages.words import span

_REF_DIGITS = 12
_SHOW_NMI_FROM_M = 185  # a tenth of a nautical mile


def ref(digest: bytes) -> str:
    """How people are shown a statement's digest: its first twelve hexadecimal digits."""
    return digest.hex()[:_REF_DIGITS]


@dataclass(frozen=True, slots=True)
class Marks:
    """Punctuation of a language."""

    colon: str = ": "
    comma: str = ", "
    semicolon: str = "; "
    brackets: str = " ({})"
    gap: str = " "


_MARKS = {"zh-CN": Marks("：", "，", "；", "（{}）", "")}


@dataclass(frozen=True, slots=True)
class Voice:
    """How values read in one language.

    Attributes:
        labels: of that language.
        marks: its punctuation.
    """

    labels: Labels
    marks: Marks
    short: Mapping[str, Callable[[Any], str]] = field(init=False)

    def __post_init__(self) -> None:
        short: dict[str, Callable[[Any], str]] = {
            "google.protobuf.Timestamp": self.instant,
            "google.protobuf.Duration": self.duration,
            "hotline.v1.Position": self.position,
            "hotline.v1.Craft": self.craft,
            "hotline.v1.Window": self.window,
        }
        object.__setattr__(self, "short", short)

    def say(self, english: str) -> str:
        """A word of the frame."""
        return self.labels.frame(english)

    def pair(self, label: str, value: str = "") -> str:
        """``label: value``."""
        return f"{label}{self.marks.colon}{value}".rstrip()

    def in_brackets(self, words: str) -> str:
        """Words in brackets, to stand after others."""
        return self.marks.brackets.format(words)

    def listed(self, items: Iterable[str]) -> str:
        """Items one after the other."""
        return self.marks.comma.join(items)

    def code(self, enum: EnumDescriptor, number: int) -> str:
        """A code by its label; beside a label in another language than English stands the code itself."""
        label, name = self.labels.code(enum, number), short_name(enum, number)
        return label if self.labels.tag == "en" else f"{label} [{name}]"

    def plain(self, found: FieldDescriptor, value: Any) -> str:
        """The value of a field that holds no message."""
        if found.enum_type is not None:
            return self.code(found.enum_type, value)
        if isinstance(value, bool):
            return self.say("yes" if value else "no")
        if isinstance(value, bytes):
            return ref(value)
        unit = unit_of(found)
        return str(value) if unit is None else self.quantity(value, unit)

    def quantity(self, value: float, unit: str) -> str:
        """A number with its unit, and beside it the unit of the sea."""
        if unit == "m" and value >= _SHOW_NMI_FROM_M:
            return f"{self._with_unit(value, 'm')}{self._sea(value, 'm', 'nmi')}"
        if unit == "mps":
            return f"{self._with_unit(value, 'm/s')}{self._sea(value, 'm/s', 'kn')}"
        return self._with_unit(value, unit)

    def _with_unit(self, value: float | str, unit: str) -> str:
        number = f"{value:.10g}" if isinstance(value, float) else str(value)
        return f"{number}{self.marks.gap}{self.say(unit)}"

    def _sea(self, value: float, unit: str, other: str) -> str:
        return self.in_brackets(self._with_unit(f"{convert(value, unit, other):.2f}", other))

    def instant(self, stamp: Any) -> str:
        """As a date-time group and in ISO 8601."""
        group, _, rest = both(stamp).partition(" (")
        return f"{group}{self.in_brackets(rest.removesuffix(')'))}"

    def duration(self, length: Duration) -> str:
        """``2 h``."""
        number, unit = span(length).split()
        return self._with_unit(number, unit)

    def window(self, window: v1.Window) -> str:
        """From when until when."""
        return f"{self.instant(getattr(window, 'from'))} {self.say('to')} {self.instant(window.until)}"

    def position(self, position: v1.Position) -> str:
        """Degrees north or south, east or west."""
        text = str(Position(position.latitude_deg, position.longitude_deg))
        if self.labels.tag != "en":
            latitude, longitude = (part.split() for part in text.split(", "))
            degrees = [f"{self.say(side)}{number}{self.say('deg')}" for number, side in (latitude, longitude)]
            text = self.listed(degrees)
        if position.HasField("uncertainty_m"):
            within = self.quantity(position.uncertainty_m, "m")
            text = self.listed((text, self.say("within {}").format(within)))
        return text

    def craft(self, craft: v1.Craft) -> str:
        """Class, name, numbers, party, operator."""
        named = " ".join(part for part in (craft.name, craft.number) if part)
        rest = {"call sign": craft.call_sign, "IMO": craft.imo_number, "of": craft.party, "operator": craft.operator}
        parts = [self.code(v1.CraftKind.DESCRIPTOR, craft.kind), named]
        parts += [f"{self.say(word)} {value}" for word, value in rest.items() if value]
        return self.listed(part for part in parts if part)

    def texts(self, texts: Iterable[v1.Text]) -> Iterator[str]:
        """Each text with its language and who stands for it, authentic and informative apart (REQ-LANG-6)."""
        texts = list(texts)
        several = sum(text.role == v1.Text.ROLE_AUTHENTIC for text in texts) > 1
        for text in texts:
            said = self._standing(text, texts, "equally authentic" if several else "authentic")
            yield self.pair(f"{text.language}{self.in_brackets(said)}", text.text)

    def _standing(self, text: v1.Text, texts: Iterable[v1.Text], authentic: str) -> str:
        if text.role == v1.Text.ROLE_AUTHENTIC:
            return self.say(authentic)
        original = original_of(text, texts)
        of = self.say("from {}").format(original.language) if original else self.say("of a text that is not here")
        parts = [self.say("translation for information only"), of]
        if text.translator:
            parts.append(self.code(v1.Text.Translator.DESCRIPTOR, text.translator))
        return self.listed([*parts, *([text.translator_name] if text.translator_name else [])])

    def signal(self, signal: v1.EncounterSignal) -> str:
        """A code of a table with what it means."""
        meaning = meaning_of(signal.table, signal.code)
        return signal.code + (self.in_brackets(self.labels.signal(meaning)) if meaning else "")


# Fields whose value says more with the message around it, by full name (ADR 0032).
IN_CONTEXT: Mapping[str, Callable[[Voice, Any], str]] = {"hotline.v1.EncounterSignal.code": Voice.signal}
# Messages that are texts, with how to get at them.
TEXTS: Mapping[str, Callable[[Any], Iterable[v1.Text]]] = {
    "hotline.v1.Text": lambda text: [text],
    "hotline.v1.Words": lambda words: words.texts,
}


def voice(language: str = "en") -> Voice:
    """How values read in ``en`` or ``zh``."""
    found = labels(language)
    return Voice(found, _MARKS.get(found.tag, Marks()))


def is_said(message: Message, found: FieldDescriptor) -> bool:
    """Whether a field says something (REQ-MSG-3): a number without presence does even at zero, no text does."""
    if found.is_repeated:
        return bool(getattr(message, found.name))
    if found.has_presence:
        return message.HasField(found.name)
    is_number = found.cpp_type != FieldDescriptor.CPPTYPE_STRING and found.enum_type is None
    return bool(getattr(message, found.name)) or is_number
