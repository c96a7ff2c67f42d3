"""Indicators of conduct of a run: its units and statements, handed to `hotline.conduct`."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.message import Message

from hotline import v1
from hotline.conduct.facts import Answer, Facts, Said, Unit
from hotline.conduct.indicator import Indicator
from hotline.conduct.indicators import indicators as indicators_of
from hotline.conduct.rules import Settings
from hotline.conduct.samples import Samples
from hotline.protocol.statements import BODY_OF
from hotline_sim.run import Finished, Run
from hotline_sim.scenario.handling import BallisticMotion
from hotline_sim.script import Line
from hotline_sim.standing import Rung, Standing

# Stages that an officer signs.
ACKNOWLEDGING = ("READ", "UNDERSTOOD", "PASSED", "DECIDED", "DONE")


def indicators(finished: Finished) -> tuple[Indicator, ...]:
    """Every indicator of a run that is over, in order of time; parameters are those of its agreement, and those that
    the scenario says were agreed.
    """
    settings = Settings.from_agreement(finished.agreement.message)
    for agreed in finished.run.scenario.conduct:
        settings = settings.with_values(agreed.by_name(), "agreed, says the scenario")
    return indicators_of(facts(finished.run, settings))


def facts(run: Run, settings: Settings) -> Facts:
    """A run as the rules of conduct see it: what its units really did, and statements of their posts."""
    tracks = run.tracks
    return Facts(
        units={name: _unit(run, name, samples) for name, samples in tracks.items()},
        now_ms=run.now_ms,
        said=tuple(_said(run, line, view) for line, view in run.said() if line.is_message),
        settings=settings,
        epoch_utc_ns=run.scenario.meta.start_utc_ns,
    )


def _unit(run: Run, name: str, samples: Samples) -> Unit:
    unit = run.scenario.units[name]
    is_thrown = isinstance(unit.motion, BallisticMotion)  # the standard has no kind for it; no link to it can be lost
    kind = v1.CraftKind.Value("CRAFT_KIND_UNSPECIFIED" if is_thrown else f"CRAFT_KIND_{unit.kind}")
    return Unit(name, unit.name, unit.party, kind, samples, "the scenario" if unit.track else "the simulation")


def _said(run: Run, line: Line, view: Standing) -> Said:
    header = view.statement.header
    answers = [*_answers(run, view), *_claims(run, view)]
    return Said(
        message=line.message,
        body=_body(view.statement),
        from_post=view.from_post,
        to=view.addressees,
        thread=_thread(run, header.thread) or line.message,
        words=next((text.text for text in header.texts if text.role == v1.Text.ROLE_AUTHENTIC), ""),
        at_ms=run.time_ms(view.sealed_at_ns or view.held_at_ns),
        answers=tuple(sorted(answers, key=lambda answer: answer.at_ms)),
    )


def _body(statement: v1.Statement) -> Message:
    return BODY_OF[statement.body_type].FromString(statement.body)


def _thread(run: Run, digest: bytes) -> str:
    """The message that a matter began with."""
    line = run.lines.get(digest)
    return line.message if line else ""


def _answers(run: Run, view: Standing) -> Iterator[Answer]:
    for rung in view.rungs:
        if rung.stage in ACKNOWLEDGING and rung.said_at_ns is not None:
            yield Answer(rung.post, _word(rung), run.time_ms(rung.said_at_ns))


def _claims(run: Run, view: Standing) -> Iterator[Answer]:
    """What was said by other means, as its signer claims it."""
    for ladder in view.ladders:
        for claim in ladder.claims:
            yield Answer(
                ladder.post, f"{claim.stage} by {claim.medium}, says {claim.by}", run.time_ms(claim.said_at_ns)
            )


def _word(rung: Rung) -> str:
    return rung.stage if rung.value == rung.stage else f"{rung.stage} {rung.value}"
