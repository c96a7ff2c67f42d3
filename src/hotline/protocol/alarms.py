"""What a statement alarms the watch with when it gets its place, at the post that says it and at every other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from google.protobuf.message import Message

from hotline import v1
from hotline.protocol.book import Book, Entry, retracts
from hotline.protocol.effects import Alert
from hotline.protocol.line import PeerTest
from hotline.protocol.line_tests import FAILED
from hotline.protocol.statements import Judged


def alarms(entry: Entry, book: Book) -> Iterator[Alert]:
    """Alerts for a statement that has just got its place; none for one that was refused.

    What a post below the level says has no effect on the line, so that it is alarmed as such and not as what it says
    (REQ-ROLE-2).
    """
    if entry.said is None:
        return
    if entry.said.lacks_level:
        name = entry.said.body.DESCRIPTOR.name
        yield Alert("LEVEL_LACKING", entry.digest, entry.post, f"{entry.post} lacks the level for a {name}")
        return
    alarm = _ALARMS.get(type(entry.said.body))
    found = alarm(entry, entry.said.body, book) if alarm else None
    if found is not None:
        yield found


def answer_alarms(test: Entry, post: str, before: PeerTest, after: PeerTest | None) -> Iterator[Alert]:
    """Alerts for a verdict about a test of the line: that a post failed it, or has answered after it had failed one.

    A test is never told as an alert of another kind, nor an alert as a test.
    """
    if after is not None and after.result == FAILED != before.result:
        yield Alert("TEST_FAILED", test.digest, post, f"{post} has not answered a test of the line in time")
    if after is not None and before.failing and not after.failing:
        yield Alert("TEST_PASSED", test.digest, post, f"{post} answers tests of the line again")


def refusal_alarm(entry: Entry, judged: Judged) -> Alert:
    """A refused statement is alarmed with what its header still says: a FLASH that cannot be read is not hidden."""
    if judged.statement is None:
        return Alert("REFUSED_HERE", entry.digest, entry.post, f"message from {entry.post}, refused: {judged.refusal}")
    precedence = v1.Precedence.Name(judged.statement.header.precedence).removeprefix("PRECEDENCE_")
    code = "UNREADABLE" if precedence == "FLASH" else "REFUSED_HERE"
    return Alert(code, entry.digest, entry.post, f"{precedence} from {entry.post}, refused: {judged.refusal}")


def expiry_alarm(entry: Entry, verdict: v1.Verdict) -> Iterator[Alert]:
    """An expiry is alarmed, but that of a QueryAck, whose original was."""
    query = entry.said is not None and isinstance(entry.said.body, v1.QueryAck)
    if verdict.outcome == v1.Verdict.OUTCOME_EXPIRED and not query:
        stage = v1.Stage.Name(verdict.stage).removeprefix("STAGE_")
        yield Alert("DEADLINE_EXPIRED", entry.digest, verdict.post, f"{verdict.post} has not said {stage} in time")


def _break_glass(entry: Entry, body: Message, book: Book) -> Alert:
    """One person alone released it (REQ-RETRACT-2)."""
    assert isinstance(body, v1.BreakGlassFlash) and entry.said is not None
    detail = f"released by {entry.said.by} alone: {body.reason}"
    return Alert("BREAK_GLASS", entry.digest, entry.post, detail)


def _retracted(entry: Entry, body: Message, book: Book) -> Alert | None:
    """About a statement that has not come yet it is alarmed all the same; about another's it has no effect."""
    assert isinstance(body, v1.Retraction)
    subject = book.entries.get(body.subject)
    if subject is not None and not retracts(entry, subject):
        return None
    return Alert(
        "RETRACTED", body.subject, entry.post, f"{entry.post} takes back {body.subject.hex()[:12]}: {body.reason}"
    )


def _status(entry: Entry, body: Message, book: Book) -> Alert:
    assert isinstance(body, v1.ChannelStatus)
    at = getattr(body, "from").ToJsonString()
    if body.status == v1.ChannelStatus.STATUS_SUSPENDED:
        detail = f"{entry.post} does not answer dialogue from {at} on: {body.reason}; the safety layer is open"
        return Alert("SUSPENDED", entry.digest, entry.post, detail)
    return Alert("RESTORED", entry.digest, entry.post, f"{entry.post} answers dialogue from {at} on")


def _radio_silence(entry: Entry, body: Message, book: Book) -> Alert:
    assert isinstance(body, v1.RadioSilence)
    begins = getattr(body, "from").ToJsonString()
    ends = body.until.ToJsonString()
    detail = f"from {begins} until {ends}" if body.HasField("until") else f"ends at {begins}"
    return Alert("RADIO_SILENCE", entry.digest, entry.post, f"radio silence of {entry.post} {detail}")


_ALARMS: Mapping[type[Message], Callable[[Entry, Message, Book], Alert | None]] = {
    v1.BreakGlassFlash: _break_glass,
    v1.Retraction: _retracted,
    v1.ChannelStatus: _status,
    v1.RadioSilence: _radio_silence,
}
