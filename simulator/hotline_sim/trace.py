"""The trace of a run: one line per event, for anybody who can read a log book. Golden ones are kept by the scenarios.

    T+00:01:27  6.61 nmi  CHN:fleet-watch  READ       m1 ActivityNotice IMMEDIATE  (deadline T+00:31:00, in time)

A line says when it happened, the range of the two units then, who did it, what, and about which message.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterator

from hotline.conduct.indicator import Indicator
from hotline_sim.chronicle import Event, alarms_together, chronicle
from hotline_sim.ending import endings
from hotline_sim.expectations import Checked, failures_shown
from hotline_sim.outcome import MessageOutcome, Picture, stage_name
from hotline_sim.plot import Plot
from hotline_sim.scenario import Scenario
from hotline_sim.words import iso, nmi, plain_span, since_start

_WIDTH = 118
_RULE = "-" * _WIDTH


def write_trace(picture: Picture, expectations: tuple[Checked, ...]) -> str:
    """The whole trace, ending with a newline."""
    lines = [
        *_header(picture),
        _RULE,
        *_events(picture),
        _RULE,
        *_footer(picture, expectations),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def digest(trace: str) -> str:
    """SHA-256 of a trace, hex."""
    return hashlib.sha256(trace.encode()).hexdigest()


def _header(picture: Picture) -> Iterator[str]:
    run, meta = picture.run, picture.run.scenario.meta
    yield "HOTLINE TRACE, EXERCISE"
    yield from _row("Scenario", f"{meta.title} ({meta.id})")
    yield from _row("", meta.title_zh)
    yield from _row("Event", f"{meta.incident_date}: {meta.summary}" if meta.incident_date else meta.summary)
    if meta.variant:
        yield from _row("Variant", f"{meta.variant}: {run.scenario.variants[meta.variant].label}")
    if meta.synthetic:
        yield from _row("Synthetic", "made up: there was no such event, and nothing here is about one")
    yield from _row("Run", f"{run.clock}, seed {run.seed}; T+00:00:00 is {iso(meta.start_utc_ns)}")
    if not meta.synthetic:
        yield from _row("Counterfactual", counterfactual(run.scenario))
    for source in run.scenario.sources:
        yield from _row("Source", f"{source.tag}: {source.where} ({source.trust})")
    yield from _row("Assumed", "what is not on record was chosen; the scenario file says why, value by value")
    for dispute in run.scenario.disputed:
        accounts = "; ".join(f"{account.by}: {account.says}" for account in dispute.accounts)
        yield from _row("Disputed", f"{dispute.point}. {accounts}")


def counterfactual(scenario: Scenario) -> str:
    """Which messages were never sent in the real event, in words."""
    never = [name for name, message in scenario.messages.items() if message.counterfactual]
    if len(never) == len(scenario.messages):
        return f"every message ({', '.join(never)}); no such line existed"
    return ", ".join(never) if never else "none of the messages"


def _events(picture: Picture) -> Iterator[str]:
    events = alarms_together(chronicle(picture))
    who = who_width(picture.run.scenario)
    for event in events:
        yield from write_event(picture.plot, event, who)


def who_width(scenario: Scenario) -> int:
    """Width of the column that says who."""
    return max(map(len, [*scenario.posts, *(unit.name for unit in scenario.units.values())]))


_NAMED_IN_WORDS = ("RANGE", "CLOSEST")  # of two units at once


def write_event(plot: Plot, event: Event, who_width: int) -> Iterator[str]:
    """One event as a line, and as many more as its words need."""
    who = "" if event.what in _NAMED_IN_WORDS else event.who
    range_m = plot.range_m(event.time_ms)
    start = f"{since_start(event.time_ms)}  {nmi(range_m):>9}  {who:<{who_width}}  {event.what:<12}  "
    yield from _wrap(start, event.words)


def _footer(picture: Picture, expectations: tuple[Checked, ...]) -> Iterator[str]:
    closest = picture.plot.closest
    if closest is not None:
        yield from _row("Closest", f"{since_start(closest.time_ms)}, {closest.range_m} m ({nmi(closest.range_m)})")
        for message in picture.messages:
            yield from _row(message.id, "; ".join(_sides(message)) or "not sent, or not known to have arrived")
    for message in picture.messages:
        yield from _row(f"{message.id} at the end", "; ".join(_at_the_end(message)) or "not sent")
    for found in picture.indicators:
        yield from _row(
            f"Indicator {found.rule}",
            f"{found.title}: from {since_start(found.from_ms)}{_least(found)}; "
            + "; ".join(f"{i.what}: {i.value} (data of {i.whose})" for i in found.inputs),
        )
    for checked in expectations:
        yield from _row("Expected", f"{checked.words}: " + ("yes" if checked.ok else f"NO, {checked.found}"))
    shown = failures_shown(expectations)
    for failure, words in picture.run.scenario.meta.failures.items():
        yield from _row(f"{failure} {'shown' if failure in shown else 'NOT SHOWN'}", words)


def _least(found: Indicator) -> str:
    return "" if found.least_range_m is None else f", least range {nmi(found.least_range_m)}"


def _at_the_end(message: MessageOutcome) -> Iterator[str]:
    """Each addressee: how far it came, why nothing more comes, what was tried, what was said by other means."""
    for one in endings(message):
        silent = [f"silent: {one.why}"] if one.why else []
        yield "; ".join([", ".join([f"{one.post} {one.state}", *silent]), *one.tried, *one.claims])


def _sides(message: MessageOutcome) -> Iterator[str]:
    """Stages before and after closest approach, each with how long."""
    for side, sign in (("before", 1), ("after", -1)):
        stages = [
            f"{stage_name(message, stage)} {plain_span(abs(stage.before_closest_s))}"
            for stage in message.stages
            if stage.before_closest_s is not None and sign * stage.before_closest_s > 0
        ]
        if stages:
            yield f"{side} closest approach: {', '.join(stages)}"


def _row(label: str, words: str) -> Iterator[str]:
    yield from _wrap(f"{label:<16}", words)


def _wrap(start: str, words: str) -> Iterator[str]:
    """What begins a line, and words wrapped under each other beside it."""
    wrapped = textwrap.wrap(words, _WIDTH - len(start), break_on_hyphens=False) or [""]
    yield start + wrapped[0]
    for more in wrapped[1:]:
        yield " " * len(start) + more
