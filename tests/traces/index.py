"""specs/traces/README.md: which trace shows which row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tests.traces.rows import rows
from tests.traces.script import FOLDER, Script, load, scripts

README = FOLDER / "README.md"
_HEAD = """# Traces

What the protocol does, as it happens. Each file is a short story: commands, and below each what every post learns
from it. The posts are the real core with real keys and signatures, talking in memory; time goes on only where the
story says so, and is shown from the start of the story, which is midnight UTC. A test plays every file and compares it
to the letter.

In a line, the time comes first, then the posts that learn something, then what they learn. `m1 CHN: READ [AUS: IN_TIME
after 3 min]` says that CHN has read m1, and that AUS, who waited for that, has it in time; `m1 CHN: READ EXPIRED after
10 min`, that AUS waited in vain, and is alarmed. `ALARM` is anything else that a watch officer must notice.

This page is written by `python -m tools.traces --write`.
"""


def readme() -> str:
    """The whole page."""
    found = [load(path) for path in scripts()]
    return "\n".join((_HEAD, *_traces(found), "", "## What each shows", *_tables(found), ""))


def _traces(found: Iterable[Script]) -> Iterator[str]:
    yield "## The traces"
    yield ""
    yield "| Trace | What it is for |"
    yield "| --- | --- |"
    yield from (f"| {_link(script)} | {script.purpose} |" for script in found)


def _tables(found: Iterable[Script]) -> Iterator[str]:
    shown = defaultdict(list)
    for script in found:
        for name in script.shows:
            shown[name].append(script)
    table = ""
    for row in rows().values():
        if row.table != table:
            table = row.table
            yield from ("", f"### {table}", "", "| Row | Says | Shown by |", "| --- | --- | --- |")
        links = ", ".join(map(_link, shown[row.id]))
        yield f"| {row.id} | {row.says} | {links} |"


def _link(script: Script) -> str:
    return f"[{script.title}]({script.name}.txt)"
