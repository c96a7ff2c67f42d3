"""The verdict a run ends with on the terminal: what was known, decided and done in time, and what the track said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.box import HEAVY
from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hotline_sim.outcome import MessageOutcome, StageOutcome
from hotline_sim.result import RunResult
from hotline_sim.trace import counterfactual
from hotline_sim.words import nmi, plain_span, since_start

SIGNATURES = "each: every one made, and verified wherever it arrives"
_IN_WORDS = {"DELIVERED": "Delivered", "READ": "Read", "DECIDED": "Decided", "DONE": "Done"}
Row = tuple[str, str, str]  # sign, label, words


def verdict(result: RunResult, files: Sequence[Path] = ()) -> RenderableType:
    """The panel."""
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(width=14, no_wrap=True)
    table.add_column(ratio=1)
    for sign, label, words in _rows(result, files):
        style = {"✓": "green", "✗": "bold red", "!": "bold yellow"}.get(sign, "")
        table.add_row(Text(sign, style=style), Text(label, style="bold"), Text(words))
    head = "everything expected came true" if result.ok else "not everything expected came true"
    style = "green" if result.ok else "red"
    return Panel(table, box=HEAVY, title=f"[bold]{'✓' if result.ok else '✗'} {head}", border_style=style, expand=True)


def _rows(result: RunResult, files: Sequence[Path]) -> Iterator[Row]:
    for stage, label in _IN_WORDS.items():
        yield from _stage_row(result, stage, label)
    yield from _contradicted(result)
    yield from _tracks(result)
    for checked in result.expectations:
        if not checked.ok:
            yield "✗", "Expected", f"{checked.words}; found {checked.found}"
    yield _evidence(result)
    yield "·", "Signatures", SIGNATURES
    yield "·", "Counterfactual", counterfactual(result.picture.run.scenario)
    if files:
        yield "·", "Files", f"{files[0].parent}: {', '.join(path.name for path in files)}"


def _stage_row(result: RunResult, stage: str, label: str) -> Iterator[Row]:
    """How many of those asked for a stage gave it in time, and how long before closest approach."""
    asked = [(m, s) for m in result.picture.messages for s in m.stages if s.stage == stage and s.verdict]
    if not asked:
        return
    verdicts = [said.verdict for _, said in asked]
    counts = [f"{verdicts.count('IN_TIME')} of {len(asked)} in time"]
    for verdict_word, words in (("LATE", "late"), ("EXPIRED", "expired in silence"), ("WAITING", "still waited for")):
        if verdict_word in verdicts:
            counts.append(f"{verdicts.count(verdict_word)} {words}")
    leads = [_lead(message, said) for message, said in asked if said.before_closest_s is not None]
    closest = f". Closest approach: {'; '.join(leads)}" if leads else ""
    failed = "LATE" in verdicts or "EXPIRED" in verdicts
    yield "✗" if failed else "✓", label, ", ".join(counts) + closest


def _lead(message: MessageOutcome, said: StageOutcome) -> str:
    """``m3 accepted in part 5 min 51 s before``."""
    seconds = said.before_closest_s or 0.0
    value = "" if said.value in (said.stage, "RECEIVED") else f" {said.value.replace('_', ' ').lower()}"
    to = "" if len(message.action + message.info) == 1 else f" at {said.addressee.rpartition(':')[0]}"
    return f"{message.id}{to}{value} {plain_span(abs(seconds))} {'before' if seconds > 0 else 'after'}"


def _contradicted(result: RunResult) -> Iterator[Row]:
    for message in result.picture.messages:
        for said in message.stages:
            if "CONTRADICTED" not in said.marks:
                continue
            seen = result.picture.observations_of(said)
            when = "".join(f"; {by.id} at {since_start(by.said_ms or 0)}, {nmi(by.range_m)}" for by in seen)
            words = f"{message.id} was acknowledged ({said.stage}: {said.remark or said.value}), then contradicted"
            yield "!", ", ".join(result.failures_shown) or "Contradicted", f"{words} by the track{when}"


def _tracks(result: RunResult) -> Iterator[Row]:
    closest = result.closest_approach
    if closest is not None:
        record = "" if not closest.on_record else f"; on record {nmi(closest.expected_m)}"
        yield "·", "Closest", f"{nmi(closest.range_m)} ({closest.range_m} m) at {since_start(closest.time_ms)}{record}"
    for found in result.picture.indicators:
        until = since_start(found.until_ms) if found.until_ms is not None else "the end"
        yield "!", f"Indicator {found.rule}", f"{found.title}, {since_start(found.from_ms)} to {until}"


def _evidence(result: RunResult) -> Row:
    evidence = result.evidence
    verified = sum(proof.ok for proof in evidence.proofs)
    pinned = "PINNED" if all(proof.pinned for proof in evidence.proofs) else "UNPINNED"
    agree = f"they diverge: {evidence.first_divergence}" if evidence.first_divergence else "they agree"
    words = f"{verified} of {len(evidence.proofs)} transcripts verify offline"
    return "✓" if evidence.ok else "✗", "Evidence", f"{words}, {pinned} {evidence.agreement_digest[:12]}; {agree}"
