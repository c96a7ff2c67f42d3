"""The report of a run: one HTML file that a planner can open, print and pass on. No script, no font, no network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hotline import SPEC_VERSION
from hotline.installed import package_version
from hotline_sim.chronicle import Event, alarms_together, chronicle
from hotline_sim.ending import endings
from hotline_sim.outcome import AnswerOutcome, MessageOutcome, StageOutcome
from hotline_sim.report.accounts import accounts
from hotline_sim.report.beside import beside
from hotline_sim.report.chart_map import draw_map
from hotline_sim.report.chart_time import draw_time
from hotline_sim.report.findings import findings
from hotline_sim.report.orders import ordered
from hotline_sim.report.origins import origins
from hotline_sim.report.pdf import style
from hotline_sim.report.too_late import too_late
from hotline_sim.result import RunResult
from hotline_sim.run import DRIVERS_NOTES
from hotline_sim.trace import counterfactual
from hotline_sim.words import iso, lower, nmi, plain_span, since_start

_VERDICTS = {
    "IN_TIME": "in time",
    "LATE": "late",
    "EXPIRED": "expired",
    "MOOT": "no longer waited for",
    "WAITING": "waited for",
    "": "no deadline",
}

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def render_report(result: RunResult, others: Sequence[RunResult] = ()) -> str:
    """The report as one HTML document; `others` are runs of the same scenario to set beside it."""
    run, meta = result.picture.run, result.picture.run.scenario.meta
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            result=result,
            run=run,
            meta=meta,
            scenario=run.scenario,
            messages=result.picture.messages,
            indicators=result.picture.indicators,
            findings=findings(result),
            map=draw_map(result.picture),
            time=draw_time(result.picture),
            origins=origins(run.scenario),
            on_the_line=_on_the_line(result),
            counterfactual=counterfactual(run.scenario),
            any_counterfactual=any(message.counterfactual for message in result.picture.messages),
            all_counterfactual=all(message.counterfactual for message in result.picture.messages),
            day=_day(meta.incident_date) if meta.incident_date else "none: made up",
            start=iso(meta.start_utc_ns),
            beside=beside(result, others),
            accounts=accounts(result.picture),
            ordered=ordered(run),
            beside_the_line=[each for each in run.happenings if each.kind != "order"],
            too_late=too_late(result.picture),
            spec_version=SPEC_VERSION,
            package_version=package_version(),
            css=style(),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("hotline_sim.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        since=since_start,
        nmi=nmi,
        verdict=_VERDICTS.__getitem__,
        stage_class=_stage_class,
        before=_before,
        value=_value,
        spoken=_spoken,
        lower_words=lower,
        endings=endings,
        told_besides=_told_besides,
        tongue=_tongue,
    )
    return environment


def _day(text: str) -> str:
    """``14 November 2023``, whatever the machine's language."""
    day = date.fromisoformat(text)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _stage_class(stage: StageOutcome) -> str:
    """Style of a verdict; a contradiction outranks it."""
    return "contradicted" if "CONTRADICTED" in stage.marks else stage.verdict.lower().replace("_", "-") or "none"


def _on_the_line(result: RunResult) -> list[Event]:
    """What happened beside the statements: watches, nodes, lines, alarms, and why nothing came."""
    told = {*DRIVERS_NOTES, "ALARM"}
    return [event for event in alarms_together(chronicle(result.picture)) if event.what in told]


def _told_besides(message: MessageOutcome) -> list[AnswerOutcome]:
    """What officers said about a message that no stage stands at: replaced, taken back, by who was turned to."""
    standing = {stage.statement for stage in message.stages}
    return [answer for answer in message.answers if answer.statement not in standing]


def _tongue(text: str) -> Markup:
    """The attribute that says that words are Chinese; nothing for others."""
    return Markup(' lang="zh"') if any("\u4e00" <= sign <= "\u9fff" for sign in text) else Markup()


def _before(seconds: float) -> str:
    return f"{plain_span(abs(seconds))} {'before' if seconds > 0 else 'after'}"


def _value(stage: StageOutcome) -> str:
    """What was said, where it says more than the stage itself."""
    return "" if stage.value in (stage.stage, "RECEIVED") else stage.value.replace("_", " ").lower()


def _spoken(message: MessageOutcome) -> str:
    """``Activity notice`` for ``ActivityNotice``."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in message.type).strip()
    return words[:1].upper() + words[1:]
