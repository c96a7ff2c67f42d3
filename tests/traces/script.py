"""The text of a trace: what it is called, what it is for, which rows it shows, and commands with what comes of each.

    title: Nobody reads it
    purpose: A FLASH arrives and nobody opens it. The silence is recorded with its clock.
    shows: F1, TIMER-READ

    # Words between commands are for the reader.
    > go 10 min
      00:10:00  AUS  m1 CHN: READ EXPIRED after 10 min

A line that begins with `>` is a command; the indented lines below it are what must come of it, to the letter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "specs" / "traces"
_FIELDS = ("title", "purpose", "shows")


@dataclass(frozen=True, slots=True)
class Script:
    """One trace.

    Attributes:
        name: of its file, without the ending.
        title, purpose: for people.
        shows: ids of what it shows, in the order written.
        lines: everything after the heading; commands, what came of them, and words.
    """

    name: str
    title: str
    purpose: str
    shows: tuple[str, ...]
    heading: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """Everything that came of its commands, as the file has it."""
        return "\n".join(line for line in self.lines if line.startswith("  "))

    def played(self, play: Callable[[str], list[str]]) -> str:
        """The text of the file as it should be: every command with what `play` says comes of it."""
        kept = [line for line in self.lines if not line.startswith("  ")]
        text = [*self.heading, ""]
        for line in kept:
            text.append(line)
            if line.startswith("> "):
                text += [f"  {told}" for told in play(line.removeprefix("> "))]
        return "\n".join(text) + "\n"


def load(path: Path) -> Script:
    """Read a trace.

    Raises:
        ValueError: it has no heading with a title, a purpose and what it shows, or a line that is neither a command nor
            words nor what came of a command.
    """
    heading, _, rest = path.read_text(encoding="utf-8").partition("\n\n")
    fields = _heading(path, heading)
    lines = tuple(rest.rstrip("\n").split("\n"))
    for number, line in enumerate(lines, heading.count("\n") + 3):
        if line and not line.startswith(("> ", "  ", "# ")):
            raise ValueError(f"{path.name}, line {number}: {line!r} is no command, no words and no outcome")
    shows = tuple(row.strip() for row in fields["shows"].split(","))
    return Script(path.stem, fields["title"], fields["purpose"], shows, tuple(heading.split("\n")), lines)


def _heading(path: Path, heading: str) -> dict[str, str]:
    """The fields of a heading; a line that is indented goes on with the field above."""
    fields: dict[str, str] = {}
    name = ""
    for line in heading.split("\n"):
        if line.startswith(" "):
            fields[name] += " " + line.strip()
            continue
        name, _, words = line.partition(": ")
        fields[name] = words.strip()
    if tuple(fields) != _FIELDS or not all(fields.values()):
        raise ValueError(f"{path.name}: its heading has {', '.join(fields)}; it needs {', '.join(_FIELDS)}")
    return fields


def scripts() -> list[Path]:
    """Every trace there is, by name."""
    return sorted(FOLDER.glob("*.txt"))
