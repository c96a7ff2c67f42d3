"""What a campaign showed: each setting with its estimates, what differs from the first, and what matters most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hotline_sim.campaign import statistics
from hotline_sim.campaign.axes import setting_parts
from hotline_sim.campaign.goals import Goal
from hotline_sim.campaign.plan import Plan
from hotline_sim.campaign.quantities import read_quantity
from hotline_sim.campaign.rows import Row
from hotline_sim.campaign.statistics import Estimate

_MOST_NAMED = 4  # settings that an answer names


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of numbers over the runs of a setting; `missing`: in how many runs it says nothing (never read, say)."""

    column: str
    missing: int
    mean: Estimate
    p10: Estimate
    median: Estimate
    p90: Estimate


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: what it sets, in words and by path, how many runs, errors by code, and what came of them."""

    number: int
    label: str
    values: Mapping[str, str]
    runs: int
    errors: Mapping[str, int]
    goals: Mapping[str, Estimate]
    measures: tuple[Measure, ...]

    def measure(self, column: str) -> Measure | None:
        """A column's figures; None where no run says anything."""
        return next((each for each in self.measures if each.column == column), None)


@dataclass(frozen=True, slots=True)
class Difference:
    """How a setting differs from setting 0, run by run; of a goal, in shares of runs."""

    setting: int
    what: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Influence:
    """How closely an outcome follows a parameter over all rows. Several parameters of one outcome are ranked by it."""

    parameter: str
    outcome: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Answer:
    """For one goal: in which settings it is shown to hold in the share of runs asked for."""

    goal: str
    at_least: float
    shown: tuple[int, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything of a campaign but its rows."""

    plan: Plan
    rows: int
    settings: tuple[Setting, ...]
    differences: tuple[Difference, ...]
    influences: tuple[Influence, ...]
    answers: tuple[Answer, ...]

    @property
    def errors(self) -> int:
        """How many runs ended with an error."""
        return sum(sum(setting.errors.values()) for setting in self.settings)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            **self.plan.as_json(),
            "campaign_digest": self.plan.digest,
            "runs": self.plan.runs,
            "rows": self.rows,
            "errors": self.errors,
            "confidence": statistics.CONFIDENCE,
            "settings": [asdict(setting) for setting in self.settings],
            "differences": [asdict(difference) for difference in self.differences],
            "influences": [asdict(influence) for influence in self.influences],
            "answers": [asdict(answer) for answer in self.answers],
        }


def summarise(plan: Plan, rows: Sequence[Row], goals: Sequence[Goal], at_least: float) -> Summary:
    """The summary of all rows; `at_least`: share of runs in which a goal is to hold."""
    by_setting = [[row for row in rows if row["setting"] == number] for number in range(len(plan.settings))]
    settings = tuple(_setting(plan, number, held, goals) for number, held in enumerate(by_setting))
    return Summary(
        plan=plan,
        rows=len(rows),
        settings=settings,
        differences=tuple(_differences(by_setting, goals)),
        influences=tuple(_influences(plan, rows, goals)),
        answers=tuple(_answer(goal.words, settings, at_least) for goal in goals),
    )


def measured(rows: Sequence[Row]) -> tuple[str, ...]:
    """Columns that hold figures of outcomes."""
    first = rows[0] if rows else {}
    return tuple(name for name in first if name.startswith(("closest.", "stage.")) or name == "deadlines_missed")


def _setting(plan: Plan, number: int, rows: Sequence[Row], goals: Sequence[Goal]) -> Setting:
    errors: dict[str, int] = {}
    for row in rows:
        if row["code"]:
            errors[str(row["code"])] = errors.get(str(row["code"]), 0) + 1
    shares = {goal.words: statistics.share(sum(map(goal.holds, rows)), len(rows)) for goal in goals if rows}
    measures = tuple(found for name in measured(rows) if (found := _measure(name, rows)) is not None)
    label = ", ".join(setting_parts(plan, plan.settings[number]))
    return Setting(number, label, plan.settings[number], len(rows), errors, shares, measures)


def _measure(column: str, rows: Sequence[Row]) -> Measure | None:
    values = _numbers(rows, column)
    if not values:
        return None
    quantiles = [statistics.quantile(values, p) for p in (0.1, 0.5, 0.9)]
    return Measure(column, len(rows) - len(values), statistics.mean(values), *quantiles)


def _numbers(rows: Sequence[Row], column: str) -> list[float]:
    return [float(value) for row in rows if isinstance(value := row[column], int | float)]


def _differences(by_setting: Sequence[Sequence[Row]], goals: Sequence[Goal]) -> Iterator[Difference]:
    first = {row["run"]: row for row in by_setting[0]}
    for number, rows in enumerate(by_setting[1:], start=1):
        pairs = [(first[row["run"]], row) for row in rows if row["run"] in first]
        for goal in goals if pairs else ():
            yield Difference(
                number, goal.words, statistics.mean([float(goal.holds(b)) - float(goal.holds(a)) for a, b in pairs])
            )
        for column in measured(rows):
            both = [
                float(b[column]) - float(a[column])  # type: ignore[arg-type]  # both are numbers, by the condition
                for a, b in pairs
                if a[column] is not None and b[column] is not None
            ]
            if both and any(both):
                yield Difference(number, column, statistics.mean(both))


def _influences(plan: Plan, rows: Sequence[Row], goals: Sequence[Goal]) -> Iterator[Influence]:
    """Every outcome with the parameters it follows, the closest first."""
    sound = [row for row in rows if not row["code"]]
    outcomes = {goal.words: [float(goal.holds(row)) for row in sound] for goal in goals}
    for name in measured(sound):
        if name == "deadlines_missed" or (name.startswith("closest.") and name.endswith(".m")):
            outcomes[name] = [float(value) if isinstance(value := row[name], int | float) else 0.0 for row in sound]
    for outcome, ys in outcomes.items():
        found = [
            Influence(path, outcome, estimate)
            for path in plan.paths
            if (xs := _levels(plan, path, sound)) is not None
            and (estimate := statistics.rank_correlation(xs, ys, plan.seed)) is not None
        ]
        yield from sorted(found, key=lambda each: -abs(each.estimate.value))


def _levels(plan: Plan, path: str, rows: Sequence[Row]) -> list[float] | None:
    """A parameter of each row as a number: its quantity, a number, which of two words; None where it has no order."""
    texts = [str(row[f"parameter.{path}"]) for row in rows]
    found = [number(text) for text in texts]
    if all(value is not None for value in found):
        return [value for value in found if value is not None]
    words = sorted(set(texts))
    return [float(words.index(text)) for text in texts] if len(words) == 2 else None


def number(text: str) -> float | None:
    """A value on an axis: a quantity in base units, or a plain number; None for words."""
    found = read_quantity(text)
    if found is not None:
        return found.base
    try:
        return float(text)
    except ValueError:
        return None


def _answer(goal: str, settings: Sequence[Setting], at_least: float) -> Answer:
    shown = [s for s in settings if s.goals and (s.goals[goal].low or 0.0) >= at_least]
    refuted = [s for s in settings if s.goals and (high := s.goals[goal].high) is not None and high < at_least]
    open_ = [s for s in settings if s not in shown and s not in refuted]
    told = [
        f"{words} {_some(found)}"
        for words, found in (("shown for", shown), ("refuted for", refuted), ("left open for", open_))
        if found
    ]
    words = f"{goal} in at least {at_least:.0%} of runs (95 % interval wholly on one side) is " + ". ".join(told)
    return Answer(goal, at_least, tuple(s.number for s in shown), words)


def goal_words(setting: Setting) -> Iterator[str]:
    """``closest >= 500 yd: 92 % (88 to 95)`` for each goal."""
    for goal, estimate in setting.goals.items():
        low, high = (estimate.low or 0.0) * 100, 100 * (1.0 if estimate.high is None else estimate.high)
        yield f"{goal}: {estimate.value * 100:.0f} % ({low:.0f} to {high:.0f})"


def closest_words(setting: Setting) -> Iterator[str]:
    """``412 (90 to 803)`` for each pair of units, in metres: median, and from the 10th to the 90th percentile."""
    for each in setting.measures:
        if each.column.startswith("closest.") and each.column.endswith(".m"):
            yield f"{each.median.value:.0f} ({each.p10.value:.0f} to {each.p90.value:.0f})"


def _some(settings: Sequence[Setting]) -> str:
    """The settings by their labels, the first few of many."""
    labels = [setting.label for setting in settings[:_MOST_NAMED]]
    more = len(settings) - len(labels)
    return "; ".join(labels) + (f"; and {more} more" if more else "")
