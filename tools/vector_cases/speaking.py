"""Bytes for the cases about who may say what, and about the types that have checks of their own (spec 06 and 07)."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message
from tools.vector_cases.case import Input
from tools.vector_cases.material import AUS, CHN, DAY_MS, SEALED_MS, directory, plain, signed_directory, stamp, window
from tools.vector_cases.words import digest, flash, notice, said, statement

from hotline import v1

GIVEN = {"post": AUS, "epoch": 1, "sealed_at_ms": SEALED_MS}
HOUR_MS = 3_600_000
SUBJECT = digest(statement("statement-notice"))
TEST = v1.ChannelTest(serial=1)
BREAK_GLASS = v1.BreakGlassFlash(flash=flash(), reason="the second officer is at the scene")
RETRACTION = v1.Retraction(subject=SUBJECT, reason="sent during a drill by mistake")


def spoken(
    case: str,
    body: Message,
    *signers: str,
    precedence: v1.Precedence.ValueType = v1.PRECEDENCE_IMMEDIATE,
    given: dict[str, Any] | None = None,
    marks: tuple[str, ...] = (),
    **changes: Any,
) -> Input:
    """A statement of AUS that asks for delivery, unless its header is changed."""
    message = statement(case, body, **{"stage_requested": 0, "precedence": precedence} | changes)
    facts: dict[str, Any] = {"digest": digest(message).hex(), "body_type": message.body_type}
    facts |= {"marks": list(marks)} if marks else {}
    return Input(plain(said(message, *signers)), GIVEN | (given or {}), facts)


def line_test(case: str, *signers: str, given: dict[str, Any] | None = None, **changes: Any) -> Input:
    """A test of the line by the node of AUS."""
    header = {"precedence": v1.PRECEDENCE_ROUTINE} | changes
    return spoken(case, TEST, *(signers or ("AUS node",)), given=given, **header)


def silence(hours: int) -> v1.RadioSilence:
    """Radio silence from sealing on."""
    return v1.RadioSilence(**{"from": stamp(SEALED_MS), "until": stamp(SEALED_MS + hours * HOUR_MS)})


def suspended() -> v1.ChannelStatus:
    """Dialogue is suspended from sealing on."""
    status, reason = v1.ChannelStatus.STATUS_SUSPENDED, "by order of the government"
    return v1.ChannelStatus(status=status, reason=reason, **{"from": stamp(SEALED_MS)})


def handover() -> v1.WatchHandover:
    """From the first officer to the second."""
    return v1.WatchHandover(position="bridge", outgoing="officer-1", incoming="officer-2", at=stamp(SEALED_MS))


def lent(case: str, giver: str, until_ms: int) -> Input:
    """A notice signed by the interpreter, to whom somebody lent the role of a watch officer."""
    lending = v1.Delegation(
        post=AUS,
        from_person=giver,
        to_person="officer-5",
        role="watch-officer",
        valid=window(SEALED_MS - HOUR_MS, until_ms),
    )
    listed = directory("AUS", delegations=[lending])
    files = {"directory-aus.bin": signed_directory(listed)}
    message = statement(case, notice(), stage_requested=0)
    return Input(plain(said(message, "AUS officer-5")), GIVEN, {"digest": digest(message).hex()}, files)


INPUTS = {
    # Nodes
    "test-of-the-line": line_test("test-of-the-line"),
    "query-by-the-node": spoken(
        "query-by-the-node", v1.QueryAck(subject=SUBJECT, post=CHN, stage=v1.STAGE_READ, number=1), "AUS node"
    ),
    "test-signed-by-an-officer": line_test("test-signed-by-an-officer", "AUS officer-1"),
    "test-signed-by-another-node": line_test("test-signed-by-another-node", "CHN node"),
    "test-signed-by-two": line_test("test-signed-by-two", "AUS node", "CHN node"),
    "test-in-another-epoch": line_test("test-in-another-epoch", given={"epoch": 2}),
    # Tests are plain
    "test-at-flash": line_test("test-at-flash", precedence=v1.PRECEDENCE_FLASH),
    "test-with-words": line_test(
        "test-with-words", texts=[v1.Text(language="en", text="incoming", role=v1.Text.ROLE_AUTHENTIC)]
    ),
    "test-in-a-thread": line_test("test-in-a-thread", thread=SUBJECT),
    # Delegation
    "delegated-role": lent("delegated-role", "officer-1", SEALED_MS + DAY_MS),
    "delegated-role-ended": lent("delegated-role-ended", "officer-1", SEALED_MS),
    "delegated-by-nobody-in-that-role": lent("delegated-by-nobody-in-that-role", "officer-3", SEALED_MS + DAY_MS),
    # Levels
    "level-lacking": spoken("level-lacking", suspended(), "AUS officer-2", "AUS officer-3", marks=("LEVEL_LACKING",)),
    # The watch
    "watch-handed-over": spoken("watch-handed-over", handover(), "AUS officer-1", "AUS officer-2"),
    "watch-handed-over-by-another": spoken(
        "watch-handed-over-by-another", handover(), "AUS officer-1", "AUS officer-3"
    ),
    # Taking back, and one person in an emergency
    "retraction": spoken("retraction", RETRACTION, precedence=v1.PRECEDENCE_FLASH, thread=SUBJECT),
    "retraction-routine": spoken("retraction-routine", RETRACTION, precedence=v1.PRECEDENCE_ROUTINE, thread=SUBJECT),
    "break-glass": spoken("break-glass", BREAK_GLASS, precedence=v1.PRECEDENCE_FLASH, stage_requested=v1.STAGE_DONE),
    "break-glass-by-two": spoken(
        "break-glass-by-two", BREAK_GLASS, "AUS officer-1", "AUS officer-2", precedence=v1.PRECEDENCE_FLASH
    ),
    # Radio silence
    "radio-silence": spoken("radio-silence", silence(24)),
    "radio-silence-too-long": spoken("radio-silence-too-long", silence(25)),
}
