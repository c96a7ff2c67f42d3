"""Answers: acknowledgements at each stage, and observations. Each is a draft that follows from what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hotline import v1
from hotline.cli.desk import Hand, Sent, said, submit
from hotline.cli.drafting import Flags, Source, from_flags, read
from hotline.cli.line import Line, Refs, on_line, ref_bytes
from hotline.cli.readback import readback_field
from hotline.messages.names import short_name
from hotline.operator import v1 as operator
from hotline.protocol.errors import UsageError


class StageWord(StrEnum):
    """Stages that an officer signs, as typed."""

    READ = "read"
    READBACK = "readback"
    CONFIRM = "confirm"
    CORRECT = "correct"
    PASSED = "passed"
    ACCEPT = "accept"
    ACCEPT_IN_PART = "accept-in-part"
    DECLINE = "decline"
    DEFER = "defer"
    NOT_UNDERSTOOD = "not-understood"
    IN_PROGRESS = "in-progress"
    DONE = "done"
    UNABLE = "unable"
    NOT_AGREED = "not-agreed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an officer says about a message.

    Attributes:
        stage: which stage.
        reason: of a decision, a remark on compliance, or a correction.
        until: instant of a deferred decision.
        passed_to: whom it was passed to.
        fields: a readback's critical fields, "path=value" each, as the reader understood them.
        texts: "language=words" each; a readback's own words come first.
        post: with `confirm` and `correct`, whose readback is meant.
    """

    stage: StageWord
    reason: str = ""
    until: str = ""
    passed_to: str = ""
    fields: Sequence[str] = ()
    texts: Sequence[str] = ()
    post: str = ""


def stage_word(text: str) -> StageWord:
    """A stage as typed.

    Raises:
        UsageError: INPUT_BAD_VALUE.
    """
    try:
        return StageWord(text.lower())
    except ValueError as error:
        known = ", ".join(word.value for word in StageWord)
        raise UsageError("INPUT_BAD_VALUE", f"--stage is one of {known}; not {text!r}") from error


def acknowledge(name: str, answer: Answer, hand: Hand) -> Sent:
    """Sign one stage about a message."""

    async def work(line: Line) -> Sent:
        view = await line.node.show(ref_bytes(name))
        statement, _ = said(view)
        words = {
            "type": "Acknowledgement",
            "to": [_addressee(view, statement, answer)],
            **matter_of(view),
            "body": {"subject": view.digest.hex(), **_BODIES[answer.stage](view, answer)},
        }
        if answer.texts and answer.stage is not StageWord.READBACK:
            words["text"] = from_flags(Flags("Acknowledgement", texts=answer.texts)).words["text"]
        return await submit(line, read(Source(words), Refs().words(line.now_ns)), hand)

    return on_line(hand.socket, work)


def observe(name: str, stage: str, of: str, flags: Flags, hand: Hand) -> Sent:
    """Say what was seen about a message, or about the acknowledgement that said a stage of it.

    Args:
        name: ref of the message.
        stage: stage that the observation is about, such as "DONE"; empty for the message itself.
        of: the post that said the stage.
        flags: the fields of the observation, precedence and texts.
        hand: who signs.
    """

    async def work(line: Line) -> Sent:
        view = await line.node.show(ref_bytes(name))
        statement, _ = said(view)
        spoken = _spoken(view, stage, of) if stage else None
        subject = spoken.statement if spoken else view.digest
        source = from_flags(flags)
        speakers = [of] if of else [statement.header.from_post]
        words = {
            "to": [post for post in speakers if post != line.post] or line.trust.others(line.post),
            **matter_of(view),
            **source.words,
        }
        words["body"] = {"subject": subject.hex(), **source.words["body"]}
        return await submit(line, read(Source(words), Refs().words(line.now_ns)), hand)

    return on_line(hand.socket, work)


def matter_of(view: operator.MessageView) -> dict[str, Any]:
    """What an answer takes over: thread and precedence, and that its author saw the message."""
    header = said(view)[0].header
    return {
        "precedence": short_name(v1.Precedence.DESCRIPTOR, header.precedence),
        "thread": (header.thread or view.digest).hex(),
        "seen": [view.digest.hex()],
    }


def _addressee(view: operator.MessageView, statement: v1.Statement, answer: Answer) -> str:
    if answer.stage not in (StageWord.CONFIRM, StageWord.CORRECT):
        return str(statement.header.from_post)
    return _readback_of(view, answer.post)[0]


def _readback_of(view: operator.MessageView, post: str) -> tuple[str, bytes]:
    """The post that read a message back, and the acknowledgement that did."""
    found = [
        (ladder.post, stage.statement)
        for ladder in view.addressees
        for stage in ladder.stages
        if stage.value == "READBACK" and post in ("", ladder.post)
    ]
    if len(found) != 1:
        readers = ", ".join(reader for reader, _ in found) or "nobody"
        raise UsageError("NO_SUCH_STAGE", f"one readback is needed; it was read back by {readers} (see --of)")
    return found[0]


def _spoken(view: operator.MessageView, stage: str, of: str) -> operator.StageView:
    """The stage that an officer of a post said."""
    number = dict(v1.Stage.items()).get(f"STAGE_{stage.upper()}")
    found = [
        each
        for ladder in view.addressees
        for each in ladder.stages
        if each.stage == number and each.statement and of in ("", ladder.post)
    ]
    if len(found) != 1:
        raise UsageError("NO_SUCH_STAGE", f"{len(found)} posts have signed the stage {stage} (see --of)")
    return found[0]


def _readback(view: operator.MessageView, answer: Answer) -> dict[str, Any]:
    """A readback: the fields as the reader entered them, and the reader's own words."""
    _, body = said(view)
    if body is None:
        raise UsageError("NOT_HELD", "a message that was refused cannot be read back")
    language, _, words = (answer.texts[0] if answer.texts else "").partition("=")
    return {
        "readback": {
            "fields": [readback_field(type(body), flag) for flag in answer.fields],
            "words": {"language": language, "text": words, "role": "AUTHENTIC"},
        }
    }


def _decision(value: str) -> Callable[[operator.MessageView, Answer], dict[str, Any]]:
    def body(_view: operator.MessageView, answer: Answer) -> dict[str, Any]:
        until = {"deferred_until": answer.until} if answer.until else {}
        return {"decision": {"value": value, "reason": answer.reason, **until}}

    return body


def _compliance(value: str) -> Callable[[operator.MessageView, Answer], dict[str, Any]]:
    return lambda _view, answer: {"compliance": {"value": value, "remark": answer.reason}}


def _verdict(value: str) -> Callable[[operator.MessageView, Answer], dict[str, Any]]:
    def body(view: operator.MessageView, answer: Answer) -> dict[str, Any]:
        _, readback = _readback_of(view, answer.post)
        return {"readback_answer": {"readback": readback.hex(), "verdict": value, "correction": answer.reason}}

    return body


_BODIES: Mapping[StageWord, Callable[[operator.MessageView, Answer], dict[str, Any]]] = {
    StageWord.READ: lambda _view, _answer: {"read": {}},
    StageWord.READBACK: _readback,
    StageWord.CONFIRM: _verdict("CONFIRMED"),
    StageWord.CORRECT: _verdict("CORRECTED"),
    StageWord.PASSED: lambda _view, answer: {"passed": {"to": answer.passed_to}},
    StageWord.ACCEPT: _decision("ACCEPTED"),
    StageWord.ACCEPT_IN_PART: _decision("ACCEPTED_IN_PART"),
    StageWord.DECLINE: _decision("DECLINED"),
    StageWord.DEFER: _decision("DEFERRED"),
    StageWord.NOT_UNDERSTOOD: _decision("NOT_UNDERSTOOD"),
    StageWord.IN_PROGRESS: _compliance("IN_PROGRESS"),
    StageWord.DONE: _compliance("DONE"),
    StageWord.UNABLE: _compliance("UNABLE"),
    StageWord.NOT_AGREED: _compliance("NOT_AGREED"),
}
