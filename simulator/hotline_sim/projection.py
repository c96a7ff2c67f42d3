"""The projection of a run: what a live and a virtual run of one scenario must have in common.

Per message and addressee the facts, verdicts and escalation steps, and the causal order of everything said; no times,
identifiers, Heads or retries, which a real network and real clocks make different every time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.ladder import spoken, subject_of
from hotline.protocol.statements import BODY_OF
from hotline_sim.run import Run
from hotline_sim.script import Line
from hotline_sim.standing import Standing

_SAID_BY_NODES = frozenset({"DELIVERED", "PRESENTED"})


@dataclass(frozen=True, slots=True)
class Addressee:
    """One addressee of one message.

    Attributes:
        post: who.
        facts: (stage, value) pairs that hold, in ladder order of first mention by name.
        verdicts: (stage, verdict) of every timer the sender armed.
        escalations: steps taken against its silence, in order, each with the post turned to.
    """

    post: str
    facts: tuple[tuple[str, str], ...]
    verdicts: tuple[tuple[str, str], ...]
    escalations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Projected:
    """One statement: who signed it, its marks, its addressees, and the statements it came after."""

    name: str
    sender: str
    signers: tuple[str, ...]
    marks: tuple[str, ...]
    addressees: tuple[Addressee, ...]
    after: tuple[str, ...]


def project(run: Run) -> tuple[Projected, ...]:
    """Every statement of the run, by name."""
    said = list(run.said())
    facts = list(_officer_facts(run, said))
    before = _log_order(said)
    return tuple(sorted((_project(run, line, view, facts, before) for line, view in said), key=lambda one: one.name))


def _officer_facts(run: Run, said: list[tuple[Line, Standing]]) -> Iterator[tuple[bytes, str, str, str]]:
    """(subject, post, stage, value) of every acknowledgement."""
    for line, view in said:
        if view.statement.body_type == "hotline.v1.Acknowledgement":
            acknowledgement = v1.Acknowledgement.FromString(view.statement.body)
            stage, value, _ = spoken(acknowledgement)
            yield acknowledgement.subject, line.post, v1.Stage.Name(stage).removeprefix("STAGE_"), value


def _log_order(said: list[tuple[Line, Standing]]) -> Mapping[str, str]:
    """The statement before each in its post's log, by name."""
    before: dict[str, str] = {}
    logs: dict[str, list[tuple[int, str]]] = {}
    for line, view in said:
        logs.setdefault(line.post, []).append((view.sequence, line.name))
    for log in logs.values():
        names = [name for _, name in sorted(log)]
        before.update(zip(names[1:], names, strict=False))
    return before


def _project(
    run: Run,
    line: Line,
    view: Standing,
    facts: list[tuple[bytes, str, str, str]],
    before: Mapping[str, str],
) -> Projected:
    return Projected(
        name=line.name,
        sender=line.post,
        signers=tuple(sorted(view.signers)),
        marks=tuple(sorted(view.marks)),
        addressees=tuple(_addressee(view, post, facts) for post in view.addressees),
        after=tuple(sorted({*_named(run, view), *filter(None, [before.get(line.name)])})),
    )


def _addressee(view: Standing, post: str, facts: list[tuple[bytes, str, str, str]]) -> Addressee:
    rungs = [rung for rung in view.rungs if rung.post == post]
    ladder = view.ladder(post)
    by_nodes = {(rung.stage, rung.value) for rung in rungs if rung.value and rung.stage in _SAID_BY_NODES}
    by_officers = {(stage, value) for subject, who, stage, value in facts if (subject, who) == (view.digest, post)}
    return Addressee(
        post=post,
        facts=tuple(sorted(by_nodes | by_officers)),
        verdicts=tuple(sorted((rung.stage, rung.verdict) for rung in rungs if rung.verdict)),
        escalations=tuple(f"{turn.step} {turn.target}".rstrip() for turn in ladder.turns) if ladder else (),
    )


def _named(run: Run, view: Standing) -> Iterator[str]:
    """Names of the statements that a statement names: its thread, references, subject, and what its signer saw."""
    header = view.statement.header
    body = BODY_OF[view.statement.body_type].FromString(view.statement.body)
    named = {header.thread, subject_of(body), *header.seen, *(reference.digest for reference in header.references)}
    return (run.lines[digest].name for digest in named if digest in run.lines)


def deeds(run: Run) -> frozenset[tuple[str, str, str, str]]:
    """What people and craft did beside the line: who, kind, what about, what; without times and readings."""
    return frozenset((each.who, each.kind, each.subject, each.what) for each in run.happenings)


def times(run: Run) -> frozenset[tuple[str, str, str, str, int | None]]:
    """When the sender of each statement learned what of whom: no part of the projection, since real time passes
    otherwise; but where the clock jumps, it passes as in virtual time."""
    return frozenset(
        (line.name, rung.post, rung.stage, rung.value, rung.learned_at_ns)
        for line, view in run.said()
        for rung in view.rungs
    )
