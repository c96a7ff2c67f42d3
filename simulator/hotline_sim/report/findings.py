"""The findings a report opens with: a few sentences that a reader in a hurry takes away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hotline_sim.outcome import MessageOutcome, StageOutcome
from hotline_sim.result import RunResult
from hotline_sim.words import near, nmi, plain_span, since_start


@dataclass(frozen=True, slots=True)
class Finding:
    """A figure, what it is, and a sentence about it. `tone`: plain, good or bad; never the only sign of it."""

    figure: str
    what: str
    words: str
    tone: str = "plain"


def findings(result: RunResult) -> list[Finding]:
    """Closest approach, warning time, contradictions, evidence."""
    return [*_approach(result), *_warning(result), *_contradictions(result), *_counts(result), *_evidence(result)]


def _approach(result: RunResult) -> Iterator[Finding]:
    closest, scenario = result.closest_approach, result.picture.run.scenario
    if closest is None:
        return
    one, other = (scenario.units[unit].name for unit in closest.units)
    is_known = closest.on_record and closest.expected_m is not None
    expected = f"; on record: {near(closest.expected_m or 0.0)}" if is_known else ""
    yield Finding(
        near(closest.range_m),
        "closest approach",
        f"{one} and {other} at {since_start(closest.time_ms)}, {closest.range_m} m{expected}",
    )


def _warning(result: RunResult) -> Iterator[Finding]:
    """How long before closest approach the first message was read, and the most urgent one was decided on."""
    said = [message for message in result.picture.messages if message.said_ms is not None]
    first = next(((m, s) for m in said if (s := m.stage("READ")) and s.before_closest_s), None)
    if first is not None:
        yield _ahead(*first, "first message read")
    flash = next(((m, s) for m in said if m.precedence == "FLASH" and (s := m.stage("DECIDED"))), None)
    if flash is not None and flash[1].before_closest_s:
        yield _ahead(*flash, "FLASH decided on")


def _ahead(message: MessageOutcome, stage: StageOutcome, what: str) -> Finding:
    seconds = stage.before_closest_s or 0.0
    side = "before" if seconds > 0 else "after"
    value = "" if stage.value == stage.stage else f" {stage.value.replace('_', ' ').lower()}"
    words = f"{message.id} at {stage.addressee}:{value or ' read'}, {side} closest approach, at {nmi(stage.range_m)}"
    return Finding(plain_span(abs(seconds)), what, words)


def _contradictions(result: RunResult) -> Iterator[Finding]:
    for message in result.picture.messages:
        for stage in message.stages:
            if "CONTRADICTED" in stage.marks:
                remark = f" (“{stage.remark}”)" if stage.remark else ""
                shown = ", ".join(result.failures_shown)
                yield Finding(
                    shown or "contradicted",
                    "acknowledged, then contradicted",
                    f"{stage.addressee} said {stage.value} to {message.id}{remark}; the track showed otherwise",
                    "bad",
                )


def _counts(result: RunResult) -> Iterator[Finding]:
    decided = [s.verdict for m in result.picture.messages for s in m.stages if s.verdict not in ("", "WAITING")]
    if decided:
        in_time = decided.count("IN_TIME")
        tone = "good" if in_time == len(decided) else "bad"
        yield Finding(f"{in_time} of {len(decided)}", "stages in time", "each against its agreed deadline", tone)


def _evidence(result: RunResult) -> Iterator[Finding]:
    evidence = result.evidence
    verified = sum(proof.ok for proof in evidence.proofs)
    pinned = "PINNED to the agreement" if all(proof.pinned for proof in evidence.proofs) else "UNPINNED"
    agree = "they agree" if not evidence.first_divergence else f"they diverge: {evidence.first_divergence}"
    yield Finding(
        f"{verified} of {len(evidence.proofs)}",
        "transcripts verify offline",
        f"{pinned}; {agree}",
        "good" if evidence.ok else "bad",
    )
