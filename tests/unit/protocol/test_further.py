"""What a stage makes its author or its reader wait for in turn (REQ-TIMER-5), through whole posts."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kit import START_NS, A, B, C, Net, key, notice
from tests.unit.protocol.handmade import answer, readback

from hotline import v1
from hotline.agreements.profile import load_profile
from hotline.agreements.rehearsal import rehearse
from hotline.protocol.effects import Alert
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.views import FurtherView

# IMMEDIATE: UNDERSTOOD is due after 45 minutes, DECIDED after 2 hours.
MINUTE, HOUR = 60, 3600
UNDERSTOOD_S = 45 * MINUTE


def deferred(until_s: int) -> v1.Decision:
    """A decision put off until so many seconds after the start."""
    until = to_timestamp(START_NS + until_s * NS_PER_S)
    return v1.Decision(value=v1.Decision.VALUE_DEFERRED, reason="the fleet is asked", deferred_until=until)


def corrected(digest: bytes) -> v1.ReadbackAnswer:
    verdict = v1.ReadbackAnswer.VERDICT_CORRECTED
    return v1.ReadbackAnswer(readback=digest, verdict=verdict, correction="four miles")


ACCEPTED = v1.Decision(value=v1.Decision.VALUE_ACCEPTED)
NOT_UNDERSTOOD = v1.Decision(value=v1.Decision.VALUE_NOT_UNDERSTOOD)


def waits(net: Net, digest: bytes, at: str = A, of: str = B) -> list[tuple[str, str, int, str]]:
    """Waits that stages armed: row, of whom, deadline in seconds after the start, verdict."""
    ladder = next(each for each in net.view(at, digest).addressees if each.post == of)
    return [_short(each) for each in ladder.further]


def _short(wait: FurtherView) -> tuple[str, str, int, str]:
    return wait.timer, wait.post, (wait.deadline_ns - START_NS) // NS_PER_S, wait.verdict


def verdicts(net: Net, digest: bytes) -> dict[str, str]:
    return {stage.name: stage.verdict for stage in net.view(A, digest).addressees[0].stages}


def asked(stage: str = "DECIDED", **net: Any) -> tuple[Net, bytes]:
    line = Net(A, B, **net)
    return line, line.say(A, notice(), asks=stage).digest


# -- a decision put off ------------------------------------------------------------------------------------------------


def test_a_decision_put_off_was_answered_in_time_and_is_waited_for_until_then() -> None:
    net, digest = asked()
    net.go(MINUTE)
    net.ack(B, digest, deferred(3 * HOUR))
    assert verdicts(net, digest)["DECIDED"] == "IN_TIME"
    assert waits(net, digest) == [("TIMER-DEFERRED", B, 3 * HOUR, "WAITING")]
    net.go(2 * HOUR)
    net.ack(B, digest, ACCEPTED)
    assert waits(net, digest) == [("TIMER-DEFERRED", B, 3 * HOUR, "IN_TIME")]
    assert verdicts(net, digest)["DECIDED"] == "IN_TIME"


def test_a_decision_that_does_not_come_by_then_is_overdue_and_asked_about() -> None:
    net, digest = asked()
    deferral = net.ack(B, digest, deferred(HOUR))
    net.present(B, digest)
    net.ack(B, digest, v1.Read())
    net.go(HOUR)
    assert waits(net, digest) == [("TIMER-DEFERRED", B, HOUR, "EXPIRED")]
    ladder = net.view(A, digest).addressees[0]
    assert (ladder.state, ladder.silence, ladder.next) == ("SILENT", "NO_ANSWER", "ask again (2 of 3)")
    assert [step.step for step in ladder.steps] == ["QUERY"]
    (verdict,) = net.entry(A, deferral.digest).verdicts[B, v1.STAGE_DECIDED]
    assert (verdict.outcome, verdict.after_ms) == (v1.Verdict.OUTCOME_EXPIRED, HOUR * 1000)
    assert [told.code for told in net.desks[A].told if isinstance(told, Alert)] == ["DEADLINE_EXPIRED"]
    net.ack(B, digest, ACCEPTED)
    assert waits(net, digest) == [("TIMER-DEFERRED", B, HOUR, "LATE")]
    assert verdicts(net, digest)["DECIDED"] == "IN_TIME"


def test_put_off_once_more_it_is_waited_for_until_the_later_time() -> None:
    net, digest = asked()
    net.ack(B, digest, deferred(HOUR))
    net.go(MINUTE)
    net.ack(B, digest, deferred(2 * HOUR))
    assert waits(net, digest) == [
        ("TIMER-DEFERRED", B, HOUR, "IN_TIME"),
        ("TIMER-DEFERRED", B, 2 * HOUR, "WAITING"),
    ]


def test_only_a_later_word_of_the_same_log_answers() -> None:
    net, digest = asked()
    net.disconnect()
    words = [net.ack(B, digest, each) for each in (ACCEPTED, deferred(HOUR), NOT_UNDERSTOOD)]
    log = net[B].logs[B]

    def brings(*places: int) -> list[str]:
        for place in places:
            body = net.entry(B, words[place].digest).envelope
            net.deliver(A, net.frame(B, log, 100 + len(net.journal(A)), links=[log.run(1, 3)], statements=[body]))
            net.settle()
        return [verdict for _, _, _, verdict in waits(net, digest)]

    assert brings(1) == ["WAITING"]
    assert brings(0) == ["WAITING"]
    assert brings(2) == ["IN_TIME"]
    net.restart(A)
    assert [verdict for *_, verdict in waits(net, digest)] == ["IN_TIME"]
    assert net.errors == []


def test_a_word_that_was_overtaken_arms_nothing() -> None:
    net, digest = asked()
    net.disconnect()
    words = [net.ack(B, digest, each) for each in (deferred(HOUR), ACCEPTED)]
    log = net[B].logs[B]
    for beat, word in enumerate(reversed(words), 100):
        body = net.entry(B, word.digest).envelope
        net.deliver(A, net.frame(B, log, beat, links=[log.run(1, 2)], statements=[body]))
    assert waits(net, digest) == []
    assert net.stages(A, digest, B)["DECIDED"] == "ACCEPTED"


def test_a_deferral_that_is_taken_back_is_waited_for_no_more() -> None:
    net, digest = asked()
    word = net.ack(B, digest, deferred(HOUR))
    retraction = v1.Retraction(subject=word.digest, reason="for another message")
    net.say(B, retraction, precedence="FLASH", thread=digest)
    assert waits(net, digest) == [("TIMER-DEFERRED", B, HOUR, "MOOT")]


# -- a readback corrected ----------------------------------------------------------------------------------------------


def test_after_a_correction_a_new_readback_is_waited_for() -> None:
    net, digest = asked("UNDERSTOOD")
    first = net.ack(B, digest, readback())
    net.go(MINUTE)
    net.ack(A, digest, corrected(first.digest))
    assert net.stages(A, digest, B)["UNDERSTOOD"] == "CORRECTED"
    assert waits(net, digest) == [("TIMER-CORRECTED", B, MINUTE + UNDERSTOOD_S, "WAITING")]
    net.go(MINUTE)
    net.ack(B, digest, readback())
    assert net.stages(A, digest, B)["UNDERSTOOD"] == "READBACK"
    assert waits(net, digest) == [("TIMER-CORRECTED", B, MINUTE + UNDERSTOOD_S, "IN_TIME")]


def test_a_new_readback_that_does_not_come_is_asked_for() -> None:
    net, digest = asked("UNDERSTOOD")
    net.present(B, digest)
    net.ack(B, digest, v1.Read())
    first = net.ack(B, digest, readback())
    net.ack(A, digest, corrected(first.digest))
    net.go(UNDERSTOOD_S)
    assert [each[3] for each in waits(net, digest)] == ["EXPIRED"]
    (step,) = net.view(A, digest).addressees[0].steps
    body = net.entry(A, step.statement).said
    assert body is not None and isinstance(body.body, v1.QueryAck)
    assert (body.body.subject, body.body.stage) == (digest, v1.STAGE_UNDERSTOOD)


def test_a_readback_made_meanwhile_leaves_nothing_to_wait_for() -> None:
    net, digest = asked("UNDERSTOOD")
    first = net.ack(B, digest, readback())
    net.ack(B, digest, readback())
    net.ack(A, digest, corrected(first.digest))
    assert waits(net, digest) == []


# -- the answer to a readback ------------------------------------------------------------------------------------------


def test_its_reader_waits_for_the_answer_to_a_readback() -> None:
    net, digest = asked("UNDERSTOOD")
    net.go(MINUTE)
    first = net.ack(B, digest, readback())
    assert waits(net, digest, at=B) == [("TIMER-READBACK", A, MINUTE + UNDERSTOOD_S, "WAITING")]
    assert waits(net, digest) == []
    net.ack(A, digest, answer(first.digest))
    assert waits(net, digest, at=B) == [("TIMER-READBACK", A, MINUTE + UNDERSTOOD_S, "IN_TIME")]


def test_the_answer_to_another_readback_is_none_to_this_one() -> None:
    net, digest = asked("UNDERSTOOD")
    first = net.ack(B, digest, readback())
    net.ack(B, digest, readback())
    net.ack(A, digest, answer(first.digest))
    assert [each[3] for each in waits(net, digest, at=B)] == ["IN_TIME", "WAITING"]


def test_a_readback_that_nobody_answers_is_asked_about_by_its_reader() -> None:
    net, digest = asked("UNDERSTOOD")
    first = net.ack(B, digest, readback())
    net.go(UNDERSTOOD_S)
    assert [each[3] for each in waits(net, digest, at=B)] == ["EXPIRED"]
    (ladder,) = net.view(B, first.digest).addressees
    assert (ladder.post, ladder.state) == (A, "SILENT")
    assert [(step.step, step.target) for step in ladder.steps] == [("QUERY", A)]


def test_a_statement_taken_back_leaves_its_reader_nothing_to_wait_for() -> None:
    net, digest = asked("UNDERSTOOD")
    net.ack(B, digest, readback())
    net.say(A, v1.Retraction(subject=digest, reason="a drill"), precedence="FLASH", thread=digest)
    assert [each[3] for each in waits(net, digest, at=B)] == ["MOOT"]


# -- in general --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("post", [A, B])
def test_waits_and_verdicts_survive_a_restart(post: str) -> None:
    net, digest = asked("UNDERSTOOD")
    first = net.ack(B, digest, readback())
    net.go(MINUTE)
    net.ack(A, digest, corrected(first.digest))
    net.ack(B, digest, readback())
    net.ack(B, digest, deferred(HOUR))
    before = net.view(post, digest)
    net.restart(post)
    after = net.view(post, digest)
    assert after == before
    net.connect()
    net.go(HOUR)
    assert {each[3] for each in waits(net, digest, at=post)} <= {"IN_TIME", "EXPIRED"}
    assert "EXPIRED" in {each[3] for each in waits(net, digest, at=post)}


def test_other_posts_wait_for_nothing() -> None:
    net = Net(A, B, C)
    digest = net.say(A, notice(), B, asks="DECIDED").digest
    net.ack(B, digest, deferred(HOUR))
    net.ack(B, digest, readback())
    assert waits(net, digest, at=C) == []


def test_a_stage_without_a_limit_is_not_waited_for() -> None:
    profile = load_profile()
    rows = tuple(row for row in profile.timers if row.stage != "UNDERSTOOD")
    agreed = rehearse([A, B], key, START_NS, profile=profile.model_copy(update={"timers": rows}))
    net, digest = asked("DECIDED", rehearsal=agreed)
    first = net.ack(B, digest, readback())
    net.ack(A, digest, corrected(first.digest))
    assert waits(net, digest) == waits(net, digest, at=B) == []
