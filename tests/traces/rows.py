"""Every row of every table of behaviour, from the tables of the code, with the signs by which a trace shows it.

A row's id is what traces write after `shows:`. A new row in a table of the code is a row here, and a test then asks for
a trace that shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.traces.names import stage_name
from tests.traces.script import Script

from hotline import v1
from hotline.protocol.acknowledgements import CASES
from hotline.protocol.ladder import VALUES
from hotline.protocol.line import STATES
from hotline.protocol.matters import ACTIVITY, INCIDENT
from hotline.protocol.silence import ENDS, STEPS, WORDS
from hotline.protocol.talks import Table
from hotline.protocol.timers import TIMERS

# Kinds of failure seen in real crises (domain 0.3), each with what the line makes of it.
FAILURES = {
    "F1": "not answered",
    "F2": "answered by a refusal",
    "F3": "delivered to the state, not to the operators who needed it",
    "F4": "acknowledged, not complied with",
    "F5": "too late, or after the start",
    "F6": "cannot tell if genuine",
    "F7": "two translations, two meanings",
    "F8": "two clocks, two units, two accounts",
    "F9": "the whole channel switched off as a signal",
    "F10": "the two sides in contact have no line with each other",
    "F11": "wrong level",
    "F12": "a warning used as coercion",
    "F13": "an actor not covered",
    "F14": "a notification sized to stay under the threshold",
}

MARKS = {
    "LATE_NOTICE": "a notice with less lead time than agreed",
    "EXPIRED": "what was said no longer holds",
    "CONTRADICTED": "an observation says otherwise",
    "SUPERSEDED": "another notice took its place",
    "CANCELLED": "the notice was ended without a successor",
    "PREDECESSOR_MISSING": "what it replaces or ends is not held yet",
    "NOT_LIVE": "what it replaces or ends was replaced or ended before",
    "NO_EFFECT": "the life cycle has no such step, or the post may not take back what it names",
    "RETRACTED": "its post has taken it back",
    "WITHDRAWN": "an acknowledgement that its post has taken back",
    "LEVEL_LACKING": "its post lacks the level that its type asks for",
    "DISAVOWED": "its party no longer stands by it",
    "FORKED": "its post signed two logs, and it stands where they differ",
    "CROSSED": "said without sight of what ended its subject, which was said without sight of it",
    "CONTRADICTORY": "two posts speak for one side in opposite senses",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        id: as traces write it.
        table: which table it stands in.
        says: the row, in a few words.
        signs: patterns that occur in every trace that shows it.
    """

    id: str
    table: str
    says: str
    signs: tuple[str, ...] = ()

    def seen_in(self, script: Script) -> bool:
        """Whether a trace bears every sign of the row."""
        text = "\n".join(script.lines)
        return all(re.search(sign, text, re.MULTILINE) for sign in self.signs)


def rows() -> dict[str, Row]:
    """Every row by its id, in the order of the tables."""
    tables = (
        _failures(),
        _values(),
        _timers(),
        _outcomes(),
        _silence(),
        _states(),
        _cases(),
        _cycles(),
        _marks(),
        _closures(),
    )
    return {row.id: row for table in tables for row in table}


def _failures() -> Iterator[Row]:
    yield from (Row(code, "Failures seen", words) for code, words in FAILURES.items())


def _values() -> Iterator[Row]:
    for value in VALUES:
        words = f"{stage_name(value.stage)} `{value.value}`: {value.meaning}"
        yield Row(
            f"VALUE-{value.value}", "The ladder", words, (rf"\| \S+ \S+: ({stage_name(value.stage)} )?{value.value}\b",)
        )


_TIMER_SIGNS = {
    "TIMER-HEARTBEAT": (r"^> beats at",),
    "TIMER-SILENCE": ("ALARM PEER_SILENT",),
    "TIMER-HELLO": (r"^> lose ", r"^> connect"),
    "TIMER-RETRY": (r"^> lose ", r"DELIVERED RECEIVED \[.* after [1-9]"),
    "TIMER-FETCH": ("statements missing",),
    "TIMER-LINE-TEST": (r"tests the line: ",),
    "TIMER-WATCH-TEST": (r"tests the line, to be read by people: ",),
    "TIMER-TEST-ANSWER": ("ALARM TEST_FAILED",),
    "TIMER-QUERY": (r"asks \S+ again",),
    "TIMER-STEP": (r"turns .*\(",),
    "TIMER-RADIO-SILENCE": ("says radio silence for", "no longer: the line to .* is RADIO_SILENCE"),
}


def _timers() -> Iterator[Row]:
    for timer in TIMERS:
        words = f"{timer.starts}; until {timer.stops}" if timer.stops else timer.starts
        yield Row(timer.id, "Timers", words, _TIMER_SIGNS.get(timer.id) or _waited_for(stage_name(timer.stage)))


def _waited_for(stage: str) -> tuple[str, ...]:
    outcome = "(IN_TIME|EXPIRED|LATE|MOOT) after"
    return (rf"\| \S+ \S+: {stage} {outcome}|\| \S+ \S+: {stage}\b.*\[[^]]*: {outcome}",)


def _silence() -> Iterator[Row]:
    signs = {"QUERY": r"asks \S+ again", "NOT_ANSWERED": "ALARM NOT_ANSWERED"}
    for step in STEPS:
        sign = signs.get(step.step, rf"turns .*\({step.step}\)")
        yield Row(f"STEP-{step.step}", "Steps when a post is silent", f"{step.sealed}, to {step.to}", (sign,))
    for end, words in ENDS.items():
        yield Row(f"END-{end}", "What ends the steps", words)
    for word in WORDS:
        yield Row(f"WORD-{word.word}", "Words of silence", word.meaning, (rf"^ +\S+ for .*SILENT, {word.word}\b",))


def _states() -> Iterator[Row]:
    for state in STATES:
        yield Row(f"LINE-{state.name}", "States of the line", state.meaning, (rf"^  \S+ {state.name}\b.*staffed",))


def _outcomes() -> Iterator[Row]:
    for name in v1.Verdict.Outcome.keys()[1:]:
        outcome = name.removeprefix("OUTCOME_")
        yield Row(f"OUTCOME-{outcome}", "Verdicts", f"a timer that ends {outcome}", (rf" {outcome} after",))


_CASE_SIGNS = {
    "ACK-LATE": (" LATE after",),
    "ACK-OPPOSED": ("is CONTRADICTORY",),
    "ACK-CONTRADICTED": ("is CONTRADICTED",),
    "ACK-CROSSED": ("is CROSSED",),
    "ACK-WITHDRAWN": ("is WITHDRAWN",),
    "ACK-DISAVOWED": ("is DISAVOWED",),
    "ACK-FORKED": ("is FORKED",),
    "ACK-FORGED": ("counted (KEY_UNKNOWN|SIGNATURE_INVALID)",),
    "ACK-REFUSED": (": DELIVERED REFUSED:",),
    "ACK-ANSWERED-FOR": (r": .* by \S+ of \S+",),
    "ACK-LEVEL-LACKING": ("is LEVEL_LACKING",),
}


def _cases() -> Iterator[Row]:
    for case in CASES:
        yield Row(case.id, "Acknowledgements that are not the plain one", case.when, _CASE_SIGNS.get(case.id, ()))


_VERBS = {
    "ActivityNotice": "notice of",
    "ActivityUpdate": "update of",
    "ActivityCancel": "cancel of",
    "ActivityStart": "start of",
    "ActivityEnd": "end of",
    "IncidentFlash": "flash",
    "BreakGlassFlash": "break-glass flash",
    "IncidentUpdate": "account of",
    "IncidentClose": "close of",
}


def _cycles() -> Iterator[Row]:
    yield from _cycle("ACTIVITY", "Life cycle of an activity", ACTIVITY)
    yield from _cycle("INCIDENT", "Life cycle of an incident", INCIDENT)


def _cycle(prefix: str, table: str, steps: Table) -> Iterator[Row]:
    for (before, statement), after in steps.items():
        signs = (rf"^> \S+ says {_VERBS[statement]}", rf" stands at {after}$")
        yield Row(f"{prefix}-{before}-{statement}", table, f"{before}, {statement}: {after}", signs)


def _marks() -> Iterator[Row]:
    yield from (Row(f"MARK-{mark}", "Marks", words, (rf"\b(is|,) {mark}\b",)) for mark, words in MARKS.items())


_CLOSURES = {
    "ROTATION": "a new key in time, nothing wrong",
    "RESTORED": "the node was set up again from a backup or a standby",
    "KEY_LOST": "the key is lost",
    "COMPROMISE": "the key is or may be in other hands",
    "WITHDRAWN": "the post leaves the channel",
}


def _closures() -> Iterator[Row]:
    for name in v1.Closure.Reason.keys()[1:]:
        reason = name.removeprefix("REASON_")
        sign = "leaves" if reason == "WITHDRAWN" else rf"goes on with a new key.*\({reason}\)"
        yield Row(f"CLOSURE-{reason}", "Reasons to close an epoch", _CLOSURES[reason], (sign,))
