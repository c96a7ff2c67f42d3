"""What was ordered aboard and ashore and what became of it: the closed loop's part of a report."""

from __future__ import annotations

from dataclasses import dataclass

from hotline_sim.encounter.deeds import in_words
from hotline_sim.run import Run
from hotline_sim.words import lower, since_start


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order of the scenario: who gives it to which unit, what it says, and each step it came to with its time."""

    name: str
    by: str
    to: str
    words: str
    steps: tuple[str, ...]


def ordered(run: Run) -> list[Ordered]:
    """Every order of the scenario, in the order of the file; one that nobody gave has no steps."""
    scenario = run.scenario
    steps: dict[str, list[str]] = {name: [] for name in scenario.orders}
    for each in run.happenings:
        if each.kind == "order":
            steps[each.subject].append(f"{lower(each.what)} {since_start(each.at_ms)}")
    return [
        Ordered(name, _named(run, order.by), _named(run, order.to), in_words(scenario, order), tuple(steps[name]))
        for name, order in scenario.orders.items()
    ]


def _named(run: Run, who: str) -> str:
    return run.scenario.units[who].name if who in run.scenario.units else who
