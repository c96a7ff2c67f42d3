"""Every row of the table of acknowledgement cases (REQ-ACK-10): what is kept, counts, is shown, becomes of the timer.

The name of each test is the id of its row."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.message import Message
from tests.kit import START_NS, A, B, C, Net, key, notice
from tests.unit.protocol.handmade import ack, link, remade, statement, with_bits_flipped

from hotline import v1
from hotline.agreements.rehearsal import PostPlan, Rehearsal, rehearse
from hotline.protocol.acknowledgements import CASES
from hotline.protocol.effects import Alert
from hotline.protocol.instant import to_timestamp
from hotline.protocol.statements import sign_statement, verify_statement
from hotline.protocol.views import StageView

NATIONAL = "CHN:general-staff"
ACCEPTED, DECLINED = v1.Decision.VALUE_ACCEPTED, v1.Decision.VALUE_DECLINED
DONE = v1.Compliance.VALUE_DONE


def decision(value: v1.Decision.Value.ValueType = ACCEPTED) -> v1.Decision:
    return v1.Decision(value=value, reason="by order" if value == DECLINED else "")


def deferred() -> v1.Decision:
    return v1.Decision(value=v1.Decision.VALUE_DEFERRED, deferred_until=to_timestamp(START_NS + 3600 * 10**9))


class Case:
    """A notice of A to B, to be decided, and what is known of it."""

    def __init__(self, *posts: str, rehearsal: Rehearsal | None = None, to: tuple[str, ...] = (B,)) -> None:
        self.net = Net(*(posts or (A, B, C)), rehearsal=rehearsal)
        self.digest = self.net.say(A, notice(), *to, asks="DECIDED", info=[] if to != (B,) or posts else [C]).digest
        for post in to:
            self.net.present(post, self.digest)

    def says(self, stage: Message, post: str = B, **header: Any) -> bytes:
        return self.net.ack(post, self.digest, stage, **header).digest

    def retracts(self, digest: bytes, post: str = B) -> bytes:
        body = v1.Retraction(subject=digest, reason="sent in error")
        thread = self.net.entry(post, digest).thread
        return self.net.say(post, body, A, precedence="FLASH", thread=thread).digest

    def stage(self, name: str, addressee: str = B, at: str = A) -> StageView:
        ladders = {ladder.post: ladder for ladder in self.net.view(at, self.digest).addressees}
        return next(stage for stage in ladders[addressee].stages if stage.name == name)

    def shows(self, name: str = "DECIDED", addressee: str = B) -> tuple[str, tuple[str, ...], str]:
        """Value, marks and verdict of a stage, the same for every post but for the verdict, which is the sender's."""
        views = [self.stage(name, addressee, post) for post in self.net.desks]
        assert len({(view.value, view.marks) for view in views}) == 1
        return views[0].value, views[0].marks, self.stage(name, addressee).verdict

    def alerts(self, code: str, post: str = A) -> list[Alert]:
        return [effect for effect in self.net.desks[post].told if isinstance(effect, Alert) and effect.code == code]

    def kept(self, digest: bytes) -> bool:
        return all(self.net[post].book.entries[digest].sequence for post in self.net.desks)


def test_ack_earlier_stage_missing() -> None:
    case = Case()
    assert case.kept(case.says(decision()))
    assert case.shows() == ("ACCEPTED", (), "IN_TIME")
    assert case.stage("READ").value == ""
    assert case.stage("READ").verdict == "WAITING"


def test_ack_late() -> None:
    case = Case()
    case.net.go(2 * 3600)
    assert case.stage("DECIDED").verdict == "EXPIRED"
    assert case.kept(case.says(decision()))
    assert case.shows() == ("ACCEPTED", (), "LATE")
    words = [verdict.outcome for verdict in case.net.entry(A, case.digest).verdicts[B, v1.STAGE_DECIDED]]
    assert words == [v1.Verdict.OUTCOME_EXPIRED, v1.Verdict.OUTCOME_LATE]


def test_ack_duplicate() -> None:
    case = Case()
    case.net.tap = twice_over(case.net)
    case.says(decision())
    assert case.shows() == ("ACCEPTED", (), "IN_TIME")
    entry = case.net.entry(A, case.digest)
    assert [fact.value for fact in entry.facts_of(B) if fact.stage == v1.STAGE_DECIDED] == ["ACCEPTED"]
    assert len(entry.verdicts[B, v1.STAGE_DECIDED]) == 1


def twice_over(net: Net) -> Callable[[str, str, bytes], bytes]:
    """Every Frame of B comes to A twice."""

    def tap(sender: str, receiver: str, frame: bytes) -> bytes:
        if (sender, receiver) == (B, A):
            net.deliver(A, frame)
        return frame

    return tap


def test_ack_repeated() -> None:
    case = Case()
    first, again = case.says(decision()), case.says(decision())
    assert case.kept(first) and case.kept(again)
    assert case.shows() == ("ACCEPTED", (), "IN_TIME")
    found = case.stage("DECIDED").fact
    assert found is not None and found.statement == again


def test_ack_changed() -> None:
    case = Case()
    first = case.says(decision())
    case.says(decision(DECLINED))
    assert case.kept(first)
    assert case.shows() == ("DECLINED", (), "IN_TIME")
    assert len(case.net.entry(A, case.digest).verdicts[B, v1.STAGE_DECIDED]) == 1


def test_ack_opposed() -> None:
    case = Case(A, B, NATIONAL, to=(B, NATIONAL))
    case.says(decision())
    case.says(decision(DECLINED), NATIONAL)
    assert case.shows() == ("ACCEPTED", ("CONTRADICTORY",), "IN_TIME")
    assert case.shows(addressee=NATIONAL) == ("DECLINED", ("CONTRADICTORY",), "IN_TIME")
    assert [fact.value for fact in case.stage("DECIDED").beside] == ["DECLINED"]
    assert [fact.value for fact in case.stage("DECIDED", NATIONAL).beside] == ["ACCEPTED"]


def test_ack_contradicted() -> None:
    case = Case()
    said = case.says(v1.Compliance(value=DONE))
    seen = v1.Observation(
        subject=said,
        finding=v1.Observation.FINDING_CONTRADICTS,
        observed_at=to_timestamp(START_NS),
        observed=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP),
        sensor=v1.Observation.SENSOR_RADAR,
    )
    case.net.say(A, seen, B, C, thread=case.digest)
    assert case.shows("DONE") == ("DONE", ("CONTRADICTED",), "")
    assert [alert.code for alert in case.alerts("CONTRADICTED", B)]


def crossing(ender: Callable[[Case], object]) -> Case:
    """B decides, A ends the notice, and neither has the other's word yet."""
    case = Case()
    case.net.disconnect(A, B)
    case.net.disconnect(B, C)
    case.says(decision(), seen=[case.digest])
    ender(case)
    case.net.connect()
    case.net.go(20)
    return case


def cancel(case: Case) -> None:
    named = [v1.Reference(digest=case.digest, role=v1.Reference.ROLE_CANCELS)]
    body = v1.ActivityCancel(reason="called off")
    case.net.say(A, body, B, C, thread=case.digest, references=named, seen=[case.digest])


def replace_it(case: Case) -> None:
    named = [v1.Reference(digest=case.digest, role=v1.Reference.ROLE_UPDATES)]
    body = v1.ActivityUpdate(notice=notice(radius_m=9000))
    case.net.say(A, body, B, C, thread=case.digest, references=named, seen=[case.digest])


@pytest.mark.parametrize("ender", [cancel, replace_it, lambda case: case.retracts(case.digest, A)])
def test_ack_crossed(ender: Callable[[Case], object]) -> None:
    """REQ-ACK-8."""
    case = crossing(ender)
    assert case.shows() == ("ACCEPTED", ("CROSSED",), "MOOT")
    said = case.stage("DECIDED").fact
    assert said is not None
    assert "CROSSED" in case.net.view(A, said.statement).marks


def test_ack_withdrawn() -> None:
    """REQ-RETRACT-1."""
    case = Case()
    case.says(deferred())
    said = case.says(decision())
    case.retracts(said)
    assert case.kept(said)
    assert case.shows() == ("DEFERRED", (), "IN_TIME")
    assert case.net.view(A, said).marks == ("WITHDRAWN",)
    assert [alert.digest for alert in case.alerts("RETRACTED")] == [said]
    other = case.says(v1.Read())
    case.retracts(other)
    assert case.shows("READ") == ("", ("WITHDRAWN",), "IN_TIME")


@pytest.mark.parametrize("mark", ["DISAVOWED", "FORKED"])
def test_ack_disavowed(mark: str) -> None:
    case = Case()
    said = case.says(decision())
    for post in case.net.desks:
        case.net[post].book.void(said, mark)
    assert case.kept(said)
    assert case.shows() == ("", (mark,), "IN_TIME")
    assert case.net.view(A, said).marks == (mark,)


def test_ack_forked() -> None:
    """A word that comes when its log is known to be forked clears nothing; in the next epoch it would."""
    case = Case()
    case.net.tap = lambda sender, receiver, frame: None if receiver == A else frame
    said = case.says(decision())
    case.net.tap = None
    held = case.net.entry(B, said)
    forked = type(held)(
        said, held.envelope, B, held.sequence, held.sealed_at_ns, START_NS, held.said, held.statement, void="FORKED"
    )
    changes = case.net[A].book.add(forked)
    assert [fact for _, fact in changes if fact is not None] == []
    assert case.stage("DECIDED").marks == ("FORKED",)
    assert case.stage("DECIDED").verdict == "WAITING"


def test_ack_forged() -> None:
    case = Case()
    case.net.tap = spoil
    said = case.says(decision())
    assert said not in case.net[A].book.entries
    assert case.net[A].counters["SIGNATURE_INVALID"] > 0
    assert case.stage("DECIDED").verdict == "WAITING"
    case.net.tap = None
    case.net.go(20)
    assert case.shows() == ("ACCEPTED", (), "IN_TIME")


def spoil(sender: str, receiver: str, frame: bytes) -> bytes:
    """Statements of B arrive with a bit turned over in a signature."""
    parsed = v1.Frame.FromString(frame)
    if sender == B:
        for envelope in parsed.statements:
            envelope.CopyFrom(with_bits_flipped(envelope, "sig"))
    return parsed.SerializeToString()


def test_ack_refused() -> None:
    """No honest node seals one, so it comes in a log that is made by hand."""
    case = Case()
    log = case.net[B].logs[B]
    wrong = statement(
        ack(case.digest, v1.Decision(value=DECLINED)),
        channel=case.net.trust.agreement.channel,
        agreement_digest=case.net.trust.agreement.digest,
        from_post=B,
        action=[A],
    )
    envelope = sign_statement(wrong, case.net.rehearsal.officers[B]["officer-1"])
    digest = verify_statement(envelope, case.net.trust).digest
    log.append(link(digest, size=len(envelope.payload)))
    run = log.run(log.sequence, log.sequence)
    case.net.deliver(A, case.net.frame(B, log, 100, links=[run], statements=[envelope]))
    assert case.net.entry(A, digest).refused == "RULE_BROKEN"
    assert (case.stage("DECIDED").value, case.stage("DECIDED").verdict) == ("", "WAITING")


def test_ack_by_stranger() -> None:
    case = Case(A, B, C, NATIONAL)
    said = case.says(decision(), NATIONAL)
    answer = case.says(v1.ReadbackAnswer(readback=said, verdict=v1.ReadbackAnswer.VERDICT_CONFIRMED), NATIONAL)
    assert case.kept(said) and case.kept(answer)
    assert case.stage("DECIDED").value == ""
    assert case.stage("DECIDED").verdict == "WAITING"
    assert said in {entry.digest for entry in case.net[A].book.thread(case.digest)}


def answering(*types: str) -> Rehearsal:
    """C may answer for B."""
    base = rehearse([A, B, C], key, START_NS)
    return remade(base=base, agreement=lambda words: words.answers_for.add(post=C, for_post=B, types=types))


@pytest.mark.parametrize("types", [(), ("hotline.v1.ActivityNotice",)])
def test_ack_answered_for(types: tuple[str, ...]) -> None:
    """REQ-ROLE-4."""
    case = Case(rehearsal=answering(*types))
    case.says(decision(), C)
    assert case.shows() == ("ACCEPTED", (), "IN_TIME")
    found = case.stage("DECIDED").fact
    assert found is not None
    assert (found.voice, found.by) == (C, f"officer-1 (watch-officer) of {C}")
    case.says(deferred())
    assert case.shows() == ("DEFERRED", (), "IN_TIME")
    case.says(decision(DECLINED))
    assert case.shows() == ("DECLINED", ("CONTRADICTORY",), "IN_TIME")
    assert [fact.voice for fact in case.stage("DECIDED").beside] == [C]


def test_who_answers_for_another_does_so_for_the_types_agreed() -> None:
    case = Case(rehearsal=answering("hotline.v1.IncidentFlash"))
    case.says(decision(), C)
    assert case.stage("DECIDED").value == ""


def test_who_answers_for_another_may_read_back_for_it() -> None:
    case = Case(rehearsal=answering())
    words = v1.Text(language="en", text="three miles", role=v1.Text.ROLE_AUTHENTIC)
    fields = [v1.ReadbackField(path="exclusion_radius_m", value="5556")]
    said = case.says(v1.Readback(fields=fields, words=words), C)
    case.says(v1.ReadbackAnswer(readback=said, verdict=v1.ReadbackAnswer.VERDICT_CONFIRMED), A)
    assert case.shows("UNDERSTOOD")[:2] == ("CONFIRMED", ())


def test_ack_level_lacking() -> None:
    """REQ-ROLE-2."""
    base = rehearse([A, PostPlan(B, level=v1.LEVEL_UNIT), C], key, START_NS)

    def theatre(words: v1.Agreement) -> None:
        rule = next(rule for rule in words.types if rule.type == "hotline.v1.Acknowledgement")
        rule.level = v1.LEVEL_OPERATING

    case = Case(rehearsal=remade(base=base, agreement=theatre))
    said = case.says(decision())
    assert case.kept(said)
    assert case.shows() == ("", ("LEVEL_LACKING",), "WAITING")
    assert case.net.view(A, said).marks == ("LEVEL_LACKING",)
    assert [alert.digest for alert in case.alerts("LEVEL_LACKING")] == [said]


def test_ack_before_subject() -> None:
    case = Case()
    case.net.disconnect(A, C)
    late = case.net.say(A, notice("another"), B, info=[C], asks="DECIDED")
    case.net.ack(B, late.digest, decision(), thread=late.digest)
    assert late.digest not in case.net[C].book.entries
    case.net.connect()
    case.net.go(20)
    assert case.net.stages(C, late.digest, B)["DECIDED"] == "ACCEPTED"


def test_ack_of_unknown() -> None:
    case = Case()
    unknown = bytes(range(32))
    said = case.net.say(B, ack(unknown, decision()), A, C, thread=unknown).digest
    assert case.kept(said)
    assert [entry.digest for entry in case.net[A].book.thread(unknown)] == [said]


def test_ack_of_refused() -> None:
    case = Case()
    entry = case.net.entry(C, case.digest)
    entry.said, entry.refused = None, "RULE_BROKEN"
    case.says(decision())
    assert [fact.value for fact in entry.facts_of(B) if fact.stage == v1.STAGE_DECIDED] == []


def test_every_row_has_its_test() -> None:
    names = {name for name in vars(sys.modules[__name__]) if name.startswith("test_ack_")}
    assert names == {f"test_{row.id.lower().replace('-', '_')}" for row in CASES}
    assert len({row.id for row in CASES}) == len(CASES)
