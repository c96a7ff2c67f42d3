"""Bytes for the cases about silence: what nodes and people say of it, and the bounds of timers (spec 04 and 07)."""

from __future__ import annotations

from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from tools.vector_cases.case import Input
from tools.vector_cases.frames import BODIES, LINKS, NOW_MS, frame
from tools.vector_cases.material import AUS, CHN, SEALED_MS, agreement, line, plain, signed_agreement, stamp
from tools.vector_cases.speaking import SUBJECT, spoken

from hotline import v1

PHONED = v1.OutOfBand(
    subject=SUBJECT,
    post=CHN,
    medium=v1.MEDIUM_TELEPHONE,
    said_at=stamp(SEALED_MS),
    stage=v1.STAGE_READ,
    spoken_with="the watch officer",
    read_back=True,
)


def asked(number: int) -> v1.QueryAck:
    """CHN is asked again to have read the notice."""
    return v1.QueryAck(subject=SUBJECT, post=CHN, stage=v1.STAGE_READ, number=number)


def turned(target: str) -> v1.Escalated:
    """A step to another channel, with or without a post."""
    step = v1.Escalated.STEP_OTHER_CHANNEL
    return v1.Escalated(original=SUBJECT, silent_post=CHN, step=step, target=target, stage=v1.STAGE_READ)


def by_node(case: str, body: Message, **changes: Any) -> Input:
    """A statement of the node of AUS in the notice's thread."""
    return spoken(case, body, "AUS node", thread=SUBJECT, **changes)


def timed(**changes: Any) -> Input:
    """An agreement with changes to its line rules."""
    rules = line()
    for name, seconds in changes.items():
        getattr(rules, name).CopyFrom(Duration(seconds=seconds))
    return Input(plain(signed_agreement(plain(agreement(line=rules)))))


def limit_twice() -> Input:
    """An agreement with two limits for one stage at one precedence."""
    timers = list(agreement().timers)
    return Input(plain(signed_agreement(plain(agreement(timers=[*timers, timers[0]])))))


def unstaffed() -> Input:
    """A Frame for a watch where nobody is."""
    given = {"receiver": CHN, "now_ms": NOW_MS, "staffed": False}
    receipts = [f"{AUS} {sequence} {fact} {NOW_MS}" for sequence in (1, 2) for fact in ("RECEIVED", "UNSTAFFED")]
    return Input(frame(LINKS, BODIES), given, {"receipts": receipts})


INPUTS = {
    "query-for-the-ninth-time": by_node("query-for-the-ninth-time", asked(9)),
    "query-by-an-officer": spoken("query-by-an-officer", asked(1), "AUS officer-1", thread=SUBJECT),
    "escalated-to-another-channel": by_node("escalated-to-another-channel", turned(""), stage_requested=v1.STAGE_READ),
    "escalated-to-a-channel-and-a-post": by_node("escalated-to-a-channel-and-a-post", turned(CHN)),
    "out-of-band": spoken("out-of-band", PHONED, thread=SUBJECT),
    "out-of-band-by-a-node": by_node("out-of-band-by-a-node", PHONED),
    "frame-unstaffed": unstaffed(),
    "agreement-heartbeat-too-fast": timed(heartbeat=0),
    "agreement-silent-before-two-beats": timed(silent_after=119),
    "agreement-retry-shrinks": timed(retry_max=4),
    "agreement-limit-twice": limit_twice(),
}
