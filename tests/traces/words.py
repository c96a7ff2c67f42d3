"""Small words of commands: options after commas, words in quotation marks, spans of time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hotline.geo.units import parse_duration_ms
from hotline.protocol.instant import NS_PER_MS, NS_PER_S

_COMMA = re.compile(r',\s+(?=(?:[^"]*"[^"]*")*[^"]*$)')
_QUOTED = re.compile(r'"([^"]*)"')


@dataclass(slots=True)
class Options:
    """What stands after the commas of a command: "to CHN", "asks READ", "as m1". Each must be used."""

    given: list[tuple[str, str]] = field(default_factory=list)

    def take(self, name: str, otherwise: str = "") -> str:
        """The words of one option."""
        for index, (key, words) in enumerate(self.given):
            if key == name:
                del self.given[index]
                return words
        return otherwise

    def all(self, name: str) -> list[str]:
        """The words of an option that may be given several times."""
        found = [words for key, words in self.given if key == name]
        self.given = [(key, words) for key, words in self.given if key != name]
        return found

    def done(self) -> None:
        """Nothing may be left."""
        if self.given:
            raise ValueError(f"no such option here: {', '.join(key for key, _ in self.given)}")


def parts(command: str) -> tuple[str, Options]:
    """The command itself, and its options."""
    main, *rest = _COMMA.split(command)
    return main, Options([(key, words) for key, _, words in (option.partition(" ") for option in rest)])


def quoted(words: str, otherwise: str = "") -> str:
    """What stands between quotation marks."""
    found = _QUOTED.search(words)
    return found[1] if found else otherwise


def unquoted(words: str) -> str:
    """What stands outside quotation marks."""
    return _QUOTED.sub("", words).strip()


def span_ns(words: str) -> int:
    """Nanoseconds of "90 s", "2 min", "6 h"."""
    return parse_duration_ms(words) * NS_PER_MS


def clock(since_start_ns: int) -> str:
    """Time since the start: hours go on after 24."""
    seconds, rest = divmod(since_start_ns, NS_PER_S)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{rest // NS_PER_MS:03}" if rest else ""
    return f"{hours:02}:{minutes:02}:{seconds:02}{fraction}"


def span(ms: int) -> str:
    """A span as people say it: "0 s", "90 s", "10 min", "6 h"."""
    for size, unit in ((3_600_000, "h"), (60_000, "min")):
        if ms and ms % size == 0:
            return f"{ms // size} {unit}"
    return f"{ms / 1000:g} s"
