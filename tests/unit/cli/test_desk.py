"""Messages as the desk shows them, from what a node tells."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp
from tests.kit import A, B, notice

from hotline import v1
from hotline.cli.desk import message_row, shown
from hotline.operator import v1 as operator

AT = Timestamp(seconds=1_795_269_480)  # 2026-11-21T13:58:00Z
LATER = Timestamp(seconds=AT.seconds + 600)


def stage(number: v1.Stage.ValueType, value: str = "", verdict: str = "", *marks: str) -> operator.StageView:
    view = operator.StageView(stage=number, value=value, verdict=verdict, marks=marks)
    view.deadline.CopyFrom(LATER if number > v1.STAGE_READ else AT)
    if value:
        view.said_at.CopyFrom(AT)
    return view


def message(
    *ladders: operator.AddresseeView, refused: str = "", body: bytes | None = None, sequence: int = 1
) -> operator.MessageView:
    header = v1.StatementHeader(from_post=A, action=[B], precedence=v1.PRECEDENCE_FLASH, composed_at=AT)
    said = notice().SerializeToString() if body is None else body
    statement = v1.Statement(header=header, body_type="hotline.v1.ActivityNotice", body=said)
    envelope = v1.Envelope(payload=statement.SerializeToString())
    return operator.MessageView(
        digest=bytes(32),
        envelope=envelope,
        sequence=sequence,
        sealed_at=AT,
        refused=refused,
        addressees=ladders,
        matter_state="ANNOUNCED",
    )


LADDERS = (
    operator.AddresseeView(
        post=B,
        action=True,
        stages=[
            stage(v1.STAGE_DELIVERED, "RECEIVED", "IN_TIME"),
            stage(v1.STAGE_READ, "READ", "LATE"),
            stage(v1.STAGE_DECIDED, "", "EXPIRED"),
            stage(v1.STAGE_DONE, "", "WAITING"),
        ],
    ),
    operator.AddresseeView(post="JPN:a", stages=[stage(v1.STAGE_DONE, "DONE", "", "CONTRADICTED")]),
    operator.AddresseeView(post="KOR:a"),
)


def test_a_row_of_the_inbox() -> None:
    row = message_row(message(*LADDERS))
    assert (row.ref, row.sealed_at.short, row.from_post, row.precedence) == ("0" * 12, "211358Z", A, "FLASH")
    assert (row.type, row.state) == ("ActivityNotice", "ANNOUNCED")


def test_a_message_that_waits_for_the_line_says_so() -> None:
    assert message_row(message(sequence=0)).state == "WAITING"


def test_a_refused_message_is_shown_by_its_header() -> None:
    view = message(refused="SCAN_ENUM", body=b"\xff\xff")
    assert message_row(view).state == "REFUSED SCAN_ENUM"
    told = shown(view)
    assert (told.refused, told.type, told.from_post) == ("SCAN_ENUM", "hotline.v1.ActivityNotice", A)
    assert (told.text, told.message) == ((), {})


def test_a_whole_message_is_shown() -> None:
    told = shown(message(*LADDERS))
    assert "SUBJECT: ACTIVITY NOTICE" in told.text
    assert told.message["precedence"] == "FLASH"
    assert told.stages[0].deadline == "2026-11-21T13:58:00Z"
