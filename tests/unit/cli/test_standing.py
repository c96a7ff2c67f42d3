"""How a message stands for each addressee, from what a node tells."""

from __future__ import annotations

from tests.kit import A, B
from tests.unit.cli.test_desk import AT, LADDERS, LATER, message, stage

from hotline import v1
from hotline.cli.output import plain
from hotline.cli.standing import addressee_rows, stage_rows, standing
from hotline.operator import v1 as operator

SILENT = operator.AddresseeView(
    post=B,
    action=True,
    state="SILENT",
    since=AT,
    silence="PEER_DOWN",
    next="ask again",
    next_at=LATER,
    stages=[stage(v1.STAGE_DELIVERED, "RECEIVED", "LATE"), stage(v1.STAGE_READ, "", "EXPIRED")],
    steps=[
        operator.StepView(step="QUERY", at=AT, statement=bytes(32)),
        operator.StepView(step="ALTERNATE_POST", target="CHN:east-watch", at=LATER, statement=b"\xab" * 32),
    ],
    claims=[
        operator.ClaimView(by=A, stage=v1.STAGE_READ, medium="TELEPHONE", said_at=AT, detail="she has it"),
        operator.ClaimView(by=B, stage=v1.STAGE_DECIDED, medium="VHF", said_at=LATER),
    ],
)


def test_silence_is_one_line_that_says_why_and_what_comes_next() -> None:
    assert standing(message(SILENT)) == (
        f"{B}: SILENT 211358Z, DELIVERED LATE, READ overdue (PEER_DOWN), 2 steps taken, READ by TELEPHONE, "
        "DECIDED by VHF, next: ask again 211408Z",
    )


def test_what_was_decided_stands_beside_the_state() -> None:
    marks = ("CROSSED", "CONTRADICTORY")
    decided = operator.AddresseeView(
        post=B, state="DECIDED", since=AT, stages=[stage(v1.STAGE_DECIDED, "DECLINED", "IN_TIME", *marks)]
    )
    done = operator.AddresseeView(post=A, state="DONE", since=AT, stages=[stage(v1.STAGE_DONE, "DONE", "IN_TIME")])
    assert standing(message(decided, done)) == (
        f"{B}: DECIDED DECLINED 211358Z, CROSSED, CONTRADICTORY",
        f"{A}: DONE 211358Z",
    )


def test_steps_and_claims_are_rows_and_words() -> None:
    (row,) = addressee_rows(message(SILENT))
    assert (row.needed, row.state, row.silence, row.next, row.next_at.short) == (
        "action",
        "SILENT",
        "PEER_DOWN",
        "ask again",
        "211408Z",
    )
    assert [str(step) for step in row.steps] == ["QUERY 211358Z", "ALTERNATE_POST CHN:east-watch 211408Z"]
    assert [str(claim) for claim in row.claims] == [
        f"READ by TELEPHONE 211358Z, as {A} says: she has it",
        f"DECIDED by VHF 211408Z, as {B} says",
    ]
    told = plain(row)
    assert told["steps"][1]["statement"] == "ab" * 6
    assert told["claims"][0]["detail"] == "she has it"


def test_words_that_stand_side_by_side_or_do_not_count_are_shown() -> None:
    contradictory = stage(v1.STAGE_DECIDED, "ACCEPTED", "IN_TIME", "CONTRADICTORY")
    contradictory.beside.add(value="DECLINED", by="dai (releaser)", said_at=AT, statement=bytes(32))
    contradictory.void.add(value="DEFERRED", by="chen (watch-officer)", said_at=LATER)
    ladder = operator.AddresseeView(post=B, stages=[contradictory])
    ladder.further.add(timer="TIMER-DEFERRED", post=B, stage=v1.STAGE_DECIDED, deadline=LATER, verdict="WAITING")
    (row,) = stage_rows(message(ladder))
    assert [str(said) for said in row.beside] == ["DECLINED, dai (releaser) 211358Z"]
    assert [str(said) for said in row.not_counted] == ["DEFERRED, chen (watch-officer) 211408Z"]
    (addressee,) = addressee_rows(message(ladder))
    assert [str(each) for each in addressee.further] == [f"DECIDED of {B} by 211408Z WAITING"]


def test_every_stage_is_a_row() -> None:
    rows = stage_rows(message(*LADDERS))
    assert [(row.stage, row.value, row.verdict) for row in rows if row.post == B] == [
        ("DELIVERED", "RECEIVED", "IN_TIME"),
        ("READ", "READ", "LATE"),
        ("DECIDED", "", "EXPIRED"),
        ("DONE", "", "WAITING"),
    ]
    assert rows[0].said_at == "2026-11-21T13:58:00Z"
    assert rows[2].said_at == ""
