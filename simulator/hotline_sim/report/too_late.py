"""What came too late: after its deadline, never, or after the units had already been closest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hotline_sim.outcome import MessageOutcome, Picture, StageOutcome
from hotline_sim.words import lower, plain_span, since_start

_PEOPLE = frozenset({"READ", "UNDERSTOOD", "PASSED", "DECIDED"})


@dataclass(frozen=True, slots=True)
class TooLate:
    """One thing that came too late. `when` is its time or ``never``; `why` what it was too late for."""

    what: str
    who: str
    when: str
    why: str


def too_late(picture: Picture) -> list[TooLate]:
    """Stages against their deadlines and against closest approach, then orders that came after it."""
    found = [late for message in picture.messages for stage in message.stages for late in _stage(message, stage)]
    return [*found, *_happenings(picture)]


def _stage(message: MessageOutcome, stage: StageOutcome) -> Iterator[TooLate]:
    what, deadline = f"{message.id} {lower(stage.stage)}", since_start(stage.deadline_ms or 0)
    silent = stage.said_ms is None or stage.value == "UNSTAFFED"  # that nobody is on watch is no answer
    said = "never" if silent else since_start(stage.said_ms or 0)
    if stage.verdict == "EXPIRED":
        yield TooLate(what, stage.addressee, said, f"its deadline {deadline} passed in silence")
    elif stage.verdict == "LATE" and stage.deadline_ms is not None:
        known_ms = stage.said_ms if stage.learned_ms is None else stage.learned_ms
        after = plain_span(((known_ms or 0) - stage.deadline_ms) / 1000)
        yield TooLate(what, stage.addressee, said, f"known to the sender {after} after its deadline {deadline}")
    elif stage.stage in _PEOPLE and (stage.before_closest_s or 0) < 0 and _sent_before(message, stage):
        after = plain_span(-(stage.before_closest_s or 0))
        yield TooLate(what, stage.addressee, said, f"in time by its deadline, yet {after} after closest approach")


def _sent_before(message: MessageOutcome, stage: StageOutcome) -> bool:
    """Whether a message was sent before closest approach, so that an answer could still have changed it."""
    closest_ms = (stage.said_ms or 0) / 1000 + (stage.before_closest_s or 0)
    return message.said_ms is not None and message.said_ms / 1000 < closest_ms


def _happenings(picture: Picture) -> Iterator[TooLate]:
    """Words and orders that were given before closest approach and heard after it, or not at all."""
    closest, units = picture.plot.closest, picture.run.scenario.units
    given: dict[tuple[str, str], int] = {}
    for each in picture.run.happenings:
        who = units[each.who].name if each.who in units else each.who
        key, what = (each.kind, each.subject), f"{each.kind} {each.subject}"
        if each.what in ("SAID", "GIVEN"):
            given[key] = each.at_ms
        if each.what == "UNHEARD":
            yield TooLate(what, who, "never", f"not heard: {each.words}")
        if closest is not None and each.what == "HEARD" and given.get(key, each.at_ms) < closest.time_ms < each.at_ms:
            after = plain_span((each.at_ms - closest.time_ms) / 1000)
            yield TooLate(what, who, since_start(each.at_ms), f"heard {after} after closest approach")
