"""One run as a row of a campaign: what it was a run of, and what came of it, as plain values under column names.

A column's name says what and, at its end, in which unit: ``closest.toowoomba.ningbo.m``,
``stage.m1.CHN:fleet-watch.READ.s``. A value that does not exist in this run (a stage that nobody said) is None.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hotline import SPEC_VERSION, v1
from hotline.installed import package_version
from hotline_sim.campaign.plan import Case, Plan
from hotline_sim.campaign.quantities import read_quantity
from hotline_sim.outcome import MessageOutcome
from hotline_sim.result import RunResult
from hotline_sim.run import Finished
from hotline_sim.scenario import Scenario

Value = str | int | float | bool | None
Row = Mapping[str, Value]
# Kinds of column: text, whole numbers, numbers, yes or no.
Kind = type[str] | type[int] | type[float] | type[bool]

_MET, _MISSED = ("IN_TIME",), ("LATE", "EXPIRED")
_CARRIED_OUT = ("OBEYED", "USED")
_FIRST: Mapping[str, Kind] = {
    "setting": int,
    "run": int,
    "seed": int,
    "scenario": str,
    "scenario_digest": str,
    "spec_version": str,
    "package_version": str,
    "signatures": str,
}
_LAST: Mapping[str, Kind] = {
    "ok": bool,
    "verified": bool,
    "expectations_met": int,
    "expectations_missed": int,
    "deadlines_met": int,
    "deadlines_missed": int,
    "failures_shown": str,
    "used": str,
    "touched": str,
    "trace_digest": str,
    "code": str,
    "detail": str,
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that an addressee of a message is asked for, or passes on the way."""

    message: str
    addressee: str
    stage: str

    @property
    def name(self) -> str:
        """As in column names."""
        return f"{self.message}.{self.addressee}.{self.stage}"


def columns(plan: Plan, scenario: Scenario) -> dict[str, Kind]:
    """Every column of a campaign's rows in their order, with its kind. `scenario`: the unchanged one."""
    found = dict(_FIRST)
    for path in plan.paths:
        found |= {f"parameter.{path}": str, f"value.{path}": float}
    for one, other in scenario.pairs:
        found |= {f"closest.{one}.{other}.m": float, f"closest.{one}.{other}.at_s": float}
    for order in scenario.orders:
        found[f"order.{order}.at_s"] = float
    for message in scenario.messages:
        found[f"said.{message}.s"] = float
    for stage in stages(scenario):
        found |= {f"stage.{stage.name}.s": float, f"verdict.{stage.name}": str}
    return {**found, **_LAST}


def stages(scenario: Scenario) -> Iterator[Stage]:
    """Every stage up to the one asked for, or the last that its answer says, of every addressee of every message."""
    said = {(answer.message, answer.post, step.stage) for answer in scenario.answers for step in answer.steps}
    names = [name.removeprefix("STAGE_") for name, number in v1.Stage.items() if number]
    for message, entry in scenario.messages.items():
        for addressee in entry.action + entry.info:
            asked = names[: names.index(entry.stage_requested) + 1]
            yield from (
                Stage(message, addressee, name) for name in names if name in asked or (message, addressee, name) in said
            )


def asked_of(plan: Plan, case: Case, scenario_digest: str) -> dict[str, Value]:
    """The part of a row that is known before its run."""
    found: dict[str, Value] = {
        "setting": case.key.setting,
        "run": case.key.run,
        "seed": case.seed,
        "scenario": str(plan.document["meta"]["id"]),
        "scenario_digest": scenario_digest,
        "spec_version": SPEC_VERSION,
        "package_version": package_version(),
        "signatures": plan.signatures,
    }
    for path, text in case.values.items():
        number = read_quantity(text)
        found |= {f"parameter.{path}": text, f"value.{path}": None if number is None else number.base}
    return found


def row(finished: Finished, result: RunResult) -> dict[str, Value]:
    """What came of a run: closest approaches, stages, deadlines, expectations, failures shown."""
    scenario = finished.run.scenario
    found: dict[str, Value] = {}
    for one, other in scenario.pairs:
        closest = result.picture.plot.closest_of((one, other))
        found[f"closest.{one}.{other}.m"] = float(closest.range_m)
        found[f"closest.{one}.{other}.at_s"] = closest.time_ms / 1000
    for each in finished.run.orders:
        if each.kind == "order" and each.what in _CARRIED_OUT:
            found.setdefault(f"order.{each.subject}.at_s", each.at_ms / 1000)
    for message in result.picture.messages:
        found |= _said(message)
    verdicts = [stage.verdict for message in result.picture.messages for stage in message.stages]
    return found | {
        "ok": result.ok,
        "verified": result.evidence.ok,
        "expectations_met": sum(checked.ok for checked in result.expectations),
        "expectations_missed": sum(not checked.ok for checked in result.expectations),
        "deadlines_met": sum(verdict in _MET for verdict in verdicts),
        "deadlines_missed": sum(verdict in _MISSED for verdict in verdicts),
        "failures_shown": " ".join(result.failures_shown),
        "used": " ".join(f"{unit}:{what}" for unit, what in finished.run.used),
        "touched": " ".join("+".join(pair) for pair in result.picture.plot.touching()),
        "trace_digest": result.trace_digest,
        "code": "",
        "detail": "",
    }


def _said(message: MessageOutcome) -> Iterator[tuple[str, Value]]:
    """When a message was said, and how long after it each stage was."""
    yield f"said.{message.id}.s", None if message.said_ms is None else message.said_ms / 1000
    for stage in message.stages:
        name = Stage(message.id, stage.addressee, stage.stage).name
        if stage.said_ms is None or message.said_ms is None:
            yield f"stage.{name}.s", None
        else:
            yield f"stage.{name}.s", (stage.said_ms - message.said_ms) / 1000
        yield f"verdict.{name}", stage.verdict
