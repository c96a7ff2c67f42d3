"""Indicators of conduct: what the tracks show beside what was said.

An indicator names the rule, its inputs, whose data they are and the parameters; it judges nobody. One rule so far:

    N09  keep outside a declared exclusion radius after acknowledging it
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hotline import v1
from hotline.geo.cpa import Sense
from hotline.protocol.instant import from_timestamp
from hotline_sim.plot import Plot
from hotline_sim.run import Run
from hotline_sim.standing import Rung, Standing

ACKNOWLEDGING = ("READ", "UNDERSTOOD", "PASSED", "DECIDED", "DONE")


@dataclass(frozen=True, slots=True)
class Input:
    """A value an indicator rests on, and whose data it is."""

    what: str
    value: str
    whose: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """What a rule shows about one unit.

    Attributes:
        rule: id of the rule.
        title: what is indicated, in words.
        unit: whose track it is about.
        message: message of the scenario that it rests on.
        from_ms, until_ms: scenario time over which it held; `until_ms` is None if it held to the end.
        least_range_m: smallest range in that time, whole metres.
        inputs: values and whose they are.
        parameters: values that an agreement may set otherwise.
    """

    rule: str
    title: str
    unit: str
    message: str
    from_ms: int
    until_ms: int | None
    least_range_m: int
    inputs: tuple[Input, ...]
    parameters: Mapping[str, str]


def indicators(run: Run, plot: Plot) -> tuple[Indicator, ...]:
    """Every indicator of a run, in order of time."""
    return tuple(sorted(_entries(run, plot), key=lambda found: (found.from_ms, found.unit)))


def _entries(run: Run, plot: Plot) -> Iterator[Indicator]:
    """N09 for every notice that names a unit and a radius, and every unit of the parties that acknowledged it."""
    for line, view in run.said():
        if view.statement.body_type != "hotline.v1.ActivityNotice":
            continue
        notice = v1.ActivityNotice.FromString(view.statement.body)
        own = str(run.scenario.messages[line.message].body.get("unit"))
        if not notice.HasField("exclusion_radius_m") or own not in run.scenario.units:
            continue
        for post in view.addressees:
            for other in _units_of(run, post):
                yield from _entry(run, plot, line.message, view, notice, post, (own, other))


def _units_of(run: Run, post: str) -> Iterator[str]:
    party = post.rpartition(":")[0]
    return (name for name, unit in run.scenario.units.items() if unit.party == party)


def _entry(
    run: Run, plot: Plot, message: str, view: Standing, notice: v1.ActivityNotice, post: str, pair: tuple[str, str]
) -> Iterator[Indicator]:
    window = notice.schedule.overall
    begins_ms = run.time_ms(from_timestamp(getattr(window, "from")))
    ends_ms = run.time_ms(from_timestamp(window.until))
    radius_m = notice.exclusion_radius_m
    for entered_ms in plot.passes(pair, radius_m, Sense.CLOSING):
        said = _acknowledged(run, view, post, entered_ms)
        if said is None or not begins_ms <= entered_ms < ends_ms or entered_ms > run.now_ms:
            continue
        left_ms = next((t for t in plot.passes(pair, radius_m, Sense.OPENING) if t > entered_ms), None)
        closest = plot.closest_of(pair)
        inside = closest.time_ms >= entered_ms and (left_ms is None or closest.time_ms <= left_ms)
        yield Indicator(
            rule="N09",
            title=f"{run.scenario.units[pair[1]].name} inside the radius asked for, after {post} said {_word(said)}",
            unit=pair[1],
            message=message,
            from_ms=entered_ms,
            until_ms=left_ms,
            least_range_m=closest.range_m if inside else radius_m,
            inputs=(
                Input("radius and time window", f"{radius_m} m, notice {message}", view.from_post),
                Input("acknowledgement", f"{_word(said)}, answer to {message}", post),
                Input("tracks", f"{pair[0]} and {pair[1]}", "the scenario"),
            ),
            parameters={"radius": f"{radius_m} m", "acknowledged by": "any stage that an officer signs"},
        )


def _acknowledged(run: Run, view: Standing, post: str, by_ms: int) -> Rung | None:
    """The last stage an officer of the post signed before a moment."""
    said = [
        rung
        for rung in view.rungs
        if rung.post == post
        and rung.stage in ACKNOWLEDGING
        and rung.said_at_ns is not None
        and run.time_ms(rung.said_at_ns) < by_ms
    ]
    return max(said, key=lambda rung: rung.said_at_ns or 0, default=None)


def _word(rung: Rung) -> str:
    return rung.stage if rung.value == rung.stage else f"{rung.stage} {rung.value}"
