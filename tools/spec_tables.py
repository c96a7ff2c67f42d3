"""Write the generated regions of specs/*.md: tables and diagrams from the code's own tables, examples from the vectors.

    python -m tools.spec_tables            write the regions
    python -m tools.spec_tables --check    write nothing; exit 1 when a region differs

A region stands between `<!-- generated: NAME -->` and `<!-- end -->`; the text around it is written by hand.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tools import spec_catalogue, spec_conformance, spec_examples, spec_scenario
from tools.field_bounds import bounds_of

from hotline import v1
from hotline.agreements.profile import LINE_SPANS, PRECEDENCES, Profile, load_profile
from hotline.protocol import matters, talks
from hotline.protocol.acknowledgements import CASES, SENSES, Sense
from hotline.protocol.codes import CODES, Code, Where
from hotline.protocol.ladder import VALUES
from hotline.protocol.line import STATES
from hotline.protocol.silence import ENDS, STEPS, WORDS
from hotline.protocol.timers import TIMERS, Timer

SPECS = Path(__file__).resolve().parents[1] / "specs"
REGION = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

# What other local codes an implementation has is its own affair.
OFFLINE = ("AGREEMENT_", "DIRECTORY_", "KEY_SHARED", "KEY_PUBLISHED", "POST_FOREIGN", "UNKNOWN_POST", "TRANSCRIPT_")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the generated regions of specs/*.md.")
    parser.add_argument("--check", action="store_true", help="only compare with what is committed")
    check = parser.parse_args(arguments).check
    stale = []
    for path in sorted(SPECS.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if (fresh := filled(text)) == text:
            continue
        stale.append(path.name)
        if not check:
            path.write_text(fresh, encoding="utf-8", newline="\n")
    return report(stale) if check else 0


def report(names: Iterable[str]) -> int:
    for name in names:
        print(f"specs/{name} is not what tools/spec_tables.py writes", file=sys.stderr)
    return 1 if names else 0


def filled(text: str) -> str:
    """A document with every region written anew; KeyError for a region that nothing here makes."""
    return REGION.sub(lambda region: f"{region[1]}\n{REGIONS[region[2]]().strip()}\n\n{region[3]}", text)


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    titles = list(titles)
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def codes() -> str:
    """Every code that travels, but those of the scan."""
    return _codes(row for row in CODES if not row.code.startswith("SCAN_") and row.where != (Where.LOCAL,))


def offline_codes() -> str:
    """Codes with which a verifier of agreements, directories and transcripts answers."""
    rows = (row for row in CODES if row.where == (Where.LOCAL,) and row.code.startswith(OFFLINE))
    return table(("Code", "Meaning"), ((f"`{row.code}`", row.meaning) for row in rows))


def scan_codes() -> str:
    """Codes of the scan."""
    return _codes(row for row in CODES if row.code.startswith("SCAN_"))


def _codes(rows: Iterable[Code]) -> str:
    return table(
        ("Code", "Where", "Meaning"),
        ((f"`{row.code}`", ", ".join(where.value for where in row.where), row.meaning) for row in rows),
    )


def stages() -> str:
    """Values of the ladder."""
    return table(
        ("Stage", "Value", "Said by", "Meaning"),
        ((stage(row.stage), f"`{row.value}`", row.speaker.value, row.meaning) for row in VALUES),
    )


def senses() -> str:
    """Values that oppose each other."""
    rows = (
        (stage(which), *(", ".join(_of_sense(which, sense)) for sense in Sense))
        for which in dict.fromkeys(which for which, _ in SENSES)
    )
    return table(("Stage", *(f"Sense: {sense.value}" for sense in Sense)), rows)


def _of_sense(which: v1.Stage.ValueType, sense: Sense) -> Iterable[str]:
    return (f"`{value}`" for (of, value), found in SENSES.items() if (of, found) == (which, sense))


def acknowledgement_cases() -> str:
    """What becomes of an acknowledgement that is not the plain one."""
    rows = ((row.id, row.when, row.kept, row.counts, row.shown, row.timer) for row in CASES)
    return table(("Row", "When", "Kept", "Counts", "Shown", "To a timer that waits for it"), rows)


def line_states() -> str:
    """States of a peer."""
    return table(("State", "Means"), ((f"`{row.name}`", row.meaning) for row in STATES))


def timers() -> str:
    """The timer table."""
    titles = ("Timer", "Starts when", "Stopped by", "Clock", "Length", "Bounds", "On expiry")
    rows = (
        (
            f"`{row.id}`",
            row.starts,
            row.stops or _stopped_by(row),
            row.clock.value,
            row.length,
            _bounds(row),
            row.expiry,
        )
        for row in TIMERS
    )
    return table(titles, rows)


def _stopped_by(row: Timer) -> str:
    pairs = sorted(row.stopped_by, key=lambda pair: (pair[0] != row.stage, pair))
    return ", ".join(f"{stage(which)}: {'any value' if value == '*' else f'`{value}`'}" for which, value in pairs)


def _bounds(row: Timer) -> str:
    """What the rules on the agreement's fields allow."""
    found = dict.fromkeys(bounds_of(path) for path in row.bounds)
    return ", ".join(f"{span(least)} to {span(most)}" for least, most in found) or "stated beside"


def silence_steps() -> str:
    """The procedure that follows a silence."""
    titles = ("Step", "Sealed", "To", "How often", "Wait after it")
    return table(titles, ((f"`{row.step}`", row.sealed, row.to, row.how_often, row.wait_after) for row in STEPS))


def silence_ends() -> str:
    """What ends or holds it."""
    return table(("Reason", "Nothing is done"), ((f"`{reason}`", words) for reason, words in ENDS.items()))


def silence_words() -> str:
    """Why nothing comes."""
    return table(("Word", "Means"), ((f"`{row.word}`", row.meaning) for row in WORDS))


def silence_rules() -> str:
    """Silence rules of the default profile."""
    rows = (
        (
            row.precedence,
            span(row.query_wait),
            str(row.queries),
            span(row.step_wait),
            _basis(row.source, row.assumed),
        )
        for row in profile().silence
    )
    return table(("Precedence", "`query_wait`", "`queries`", "`step_wait`", "Where the figures come from"), rows)


def limits() -> str:
    """Time allowed by the default profile, with where each figure comes from."""
    rows = (
        (row.stage, *(span(getattr(row, name)) for name in PRECEDENCES), _basis(row.source, row.assumed))
        for row in profile().timers
    )
    return table(("Stage", *PRECEDENCES, "Where the figures come from"), rows)


def notice_periods() -> str:
    """Lead times of the default profile."""
    rows = ((f"`{row.kind}`", span(row.period), _basis(row.source, row.assumed)) for row in profile().notice_periods)
    return table(("Kind of activity", "Lead time", "Where the figure comes from"), rows)


def line() -> str:
    """Line rules of the default profile."""
    rules = profile().line
    rows = [("`statement_bytes_max`", f"{rules.statement_bytes_max.value} bytes", rules.statement_bytes_max)]
    found = [(f"`{name}`", span(getattr(rules, name).value), getattr(rules, name)) for name in LINE_SPANS]
    times = ", ".join(map(span, rules.watch_tests.values))
    found.append(("`watch_tests`", f"{times} after 00:00Z", rules.watch_tests))
    return table(
        ("Field", "Default", "Where the figure comes from"),
        ((name, value, _basis(row.source, row.assumed)) for name, value, row in (*rows, *found)),
    )


def types() -> str:
    """Types of the default profile: who signs them."""
    rows = (
        (f"`{row.type}`", row.layer, ", ".join(row.roles), str(row.persons), _basis(row.source, row.assumed))
        for row in profile().types
    )
    return table(("Type", "Layer", "Roles", "Persons", "Where this comes from"), rows)


def profile() -> Profile:
    """The default profile."""
    return load_profile()


def _basis(source: str, assumed: str) -> str:
    return f"source: {source.strip()}" if source else f"assumed: {assumed.strip()}"


def life_cycle(cycle: Mapping[tuple[str, str], str]) -> Callable[[], str]:
    """A life cycle as a state diagram and as a table."""

    def text() -> str:
        ends = sorted(set(cycle.values()) - {state for state, _ in cycle})
        edges = [f"    {_state(state)} --> {after}: {event}" for (state, event), after in cycle.items()]
        edges += [f"    {end} --> [*]" for end in ends]
        diagram = "\n".join(("```mermaid", "stateDiagram-v2", *edges, "```"))
        rows = ((f"`{state}`", f"`{event}`", f"`{after}`") for (state, event), after in cycle.items())
        return f"{diagram}\n\n{table(('In state', 'this statement', 'leads to'), rows)}"

    return text


def _state(name: str) -> str:
    return "[*]" if name == "NONE" else name


def stage(value: v1.Stage.ValueType) -> str:
    """Name of a stage."""
    return v1.Stage.Name(value).removeprefix("STAGE_")


def span(milliseconds: int) -> str:
    """A duration in the largest unit that gives a whole number."""
    for unit, size in (("h", 3_600_000), ("min", 60_000), ("s", 1000)):
        if milliseconds and milliseconds % size == 0 and (milliseconds >= 2 * size or unit == "s"):
            return f"{milliseconds // size} {unit}"
    return f"{milliseconds} ms" if milliseconds else "0 s"


REGIONS: dict[str, Callable[[], str]] = {
    "codes": codes,
    "scenario-keys": spec_scenario.keys,
    "scan-codes": scan_codes,
    "offline-codes": offline_codes,
    "types": types,
    "line": line,
    "stages": stages,
    "timers": timers,
    "limits": limits,
    "silence-steps": silence_steps,
    "silence-ends": silence_ends,
    "silence-words": silence_words,
    "silence-rules": silence_rules,
    "notice-periods": notice_periods,
    "senses": senses,
    "acknowledgement-cases": acknowledgement_cases,
    "line-states": line_states,
    "activity": life_cycle(matters.ACTIVITY),
    "incident": life_cycle(matters.INCIDENT),
    "schedule": life_cycle(matters.SCHEDULE),
    "call": life_cycle(talks.CALL),
    "clarification": life_cycle(talks.CLARIFICATION),
    **spec_examples.REGIONS,
    **spec_catalogue.REGIONS,
    **spec_conformance.REGIONS,
}

if __name__ == "__main__":
    sys.exit(main())
