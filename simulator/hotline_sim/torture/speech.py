"""What officers say: bodies that their types' rules accept, and the stages in which they answer."""

from __future__ import annotations

from google.protobuf.message import Message

from hotline import v1
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline_sim.torture.chance import Chance

PRECEDENCES = (v1.PRECEDENCE_IMMEDIATE, v1.PRECEDENCE_PRIORITY, v1.PRECEDENCE_PRIORITY, v1.PRECEDENCE_ROUTINE)
ASKED = (
    v1.STAGE_READ,
    v1.STAGE_READ,
    v1.STAGE_READ,
    v1.STAGE_UNDERSTOOD,
    v1.STAGE_PASSED,
    v1.STAGE_DECIDED,
    v1.STAGE_DECIDED,
    v1.STAGE_DONE,
)
READ, UNDERSTOOD, PASSED, DECIDED, DONE = map(
    int, (v1.STAGE_READ, v1.STAGE_UNDERSTOOD, v1.STAGE_PASSED, v1.STAGE_DECIDED, v1.STAGE_DONE)
)
_DECISIONS = ("ACCEPTED", "ACCEPTED", "ACCEPTED", "DECLINED", "NOT_UNDERSTOOD", "NO_REPLY_INTENDED")
_COMPLIANCE = ("DONE", "DONE", "UNABLE", "NOT_AGREED")


def notice(post: str, now_ns: int) -> v1.ActivityNotice:
    """A notice of diving inside a circle for an hour; one person signs it."""
    body = v1.ActivityNotice(
        designation="divers down", kind=v1.ACTIVITY_KIND_DIVING, contact_post=post, exclusion_radius_m=5556
    )
    body.area.circle.centre.CopyFrom(v1.Position(latitude_deg=30.0, longitude_deg=125.0))
    body.area.circle.radius_m = 5556
    getattr(body.schedule.overall, "from").CopyFrom(to_timestamp(now_ns))
    body.schedule.overall.until.CopyFrom(to_timestamp(now_ns + 3600 * NS_PER_S))
    return body


def flash(post: str, now_ns: int) -> v1.IncidentFlash:
    """An incident's first report; two persons sign it."""
    return v1.IncidentFlash(
        kind=v1.INCIDENT_KIND_SONAR,
        observed_at=to_timestamp(now_ns),
        position=v1.Position(latitude_deg=30.0, longitude_deg=125.0),
        own_unit=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP, name="own unit"),
        intention=v1.INTENTION_KEEP_COURSE_AND_SPEED,
        next_report_by=to_timestamp(now_ns + 600 * NS_PER_S),
        contact_post=post,
    )


def stages(asked: int, chance: Chance) -> list[Message]:
    """What somebody says who answers up to the stage asked for, in order."""
    ways: list[Message] = [v1.Read()]
    if asked == UNDERSTOOD:
        words = v1.Text(language="en", text="three miles", role=v1.Text.ROLE_AUTHENTIC)
        ways.append(v1.Readback(fields=[v1.ReadbackField(path="exclusion_radius_m", value="5556")], words=words))
    elif asked == PASSED:
        ways.append(v1.Passed(to="fleet"))
    elif asked in (DECIDED, DONE):
        value = chance.pick(_DECISIONS)
        ways.append(v1.Decision(value=v1.Decision.Value.Value(f"VALUE_{value}"), reason="as said"))
        if asked == DONE and value == "ACCEPTED":
            done = chance.pick(_COMPLIANCE)
            ways.append(v1.Compliance(value=v1.Compliance.Value.Value(f"VALUE_{done}")))
    return ways


def readback_answer(readback: bytes, *, right: bool) -> v1.ReadbackAnswer:
    """The sender's answer to a readback."""
    if right:
        return v1.ReadbackAnswer(readback=readback, verdict=v1.ReadbackAnswer.VERDICT_CONFIRMED)
    return v1.ReadbackAnswer(
        readback=readback, verdict=v1.ReadbackAnswer.VERDICT_CORRECTED, correction="six miles, not three"
    )


_FIELDS: dict[type[Message], str] = {
    v1.Read: "read",
    v1.Readback: "readback",
    v1.ReadbackAnswer: "readback_answer",
    v1.Passed: "passed",
    v1.Decision: "decision",
    v1.Compliance: "compliance",
}


def acknowledgement(subject: bytes, stage: Message) -> v1.Acknowledgement:
    """One stage, said of a statement."""
    body = v1.Acknowledgement(subject=subject)
    said = getattr(body, _FIELDS[type(stage)])
    said.SetInParent()
    said.CopyFrom(stage)
    return body


def value_of(body: v1.Acknowledgement) -> tuple[int, str]:
    """Stage and value that an acknowledgement says, read from its fields."""
    which = body.WhichOneof("stage") or ""
    if which == "decision":
        return DECIDED, v1.Decision.Value.Name(body.decision.value).removeprefix("VALUE_")
    if which == "compliance":
        return DONE, v1.Compliance.Value.Name(body.compliance.value).removeprefix("VALUE_")
    if which == "readback_answer":
        return UNDERSTOOD, v1.ReadbackAnswer.Verdict.Name(body.readback_answer.verdict).removeprefix("VERDICT_")
    return {"read": (READ, "READ"), "readback": (UNDERSTOOD, "READBACK"), "passed": (PASSED, "PASSED")}[which]
