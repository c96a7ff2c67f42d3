"""Which stages are proved, by whom and in which signed object; what only looks like proof proves nothing."""

from __future__ import annotations

import pytest
from tests.kit import START_NS, A, B, C, Net, flash, notice
from tests.unit.protocol.tamper import changed, code_of, of, own_log, pick, proved, spoken

from hotline import v1
from hotline.protocol.envelope import digest_of
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.statements import Draft


@pytest.fixture(scope="module")
def net() -> Net:
    return spoken()


@pytest.mark.threat("repudiation", defence="SIG FB EXP", measure="ladders proved alike from either side")
def test_both_sides_prove_the_same_ladder(net: Net) -> None:
    (digest,) = [entry.digest for entry in net[A].book.entries.values() if entry.post == A]
    ladder = [
        ("DELIVERED", "RECEIVED"),
        ("PRESENTED", "UNSTAFFED"),
        ("PRESENTED", "PRESENTED"),
        ("READ", "READ"),
        ("DECIDED", "ACCEPTED"),
    ]
    for post in (A, B):
        evidence = of(net, post)
        assert proved(evidence, digest, B) == ladder
        assert evidence.complete
        assert evidence.unplaced == ()
        assert evidence.forks == ()


def test_a_message_carries_what_its_log_and_signers_say(net: Net) -> None:
    first = of(net, B).messages[0]
    assert (first.type, first.sender, first.epoch, first.sequence) == ("hotline.v1.ActivityNotice", A, 1, 1)
    assert (first.sealed_at_ns, first.precedence) == (START_NS, v1.PRECEDENCE_IMMEDIATE)
    assert (first.signers, first.refused, first.thread) == (("officer-1 (watch-officer)",), "", first.digest)


def test_each_stage_names_who_said_it_when_and_where(net: Net) -> None:
    evidence = of(net, A)
    (ladder,) = evidence.messages[0].addressees
    assert ladder.action
    received, _, shown, read, decided = ladder.proofs
    assert (received.by, received.said_at_ns) == ("node", START_NS)
    assert (shown.by, shown.said_at_ns) == ("bridge", START_NS + 2 * NS_PER_S)
    assert (read.by, decided.by) == ("officer-1 (watch-officer)",) * 2
    assert decided.said_at_ns == START_NS + 5 * NS_PER_S
    assert [message.digest for message in evidence.messages[1:]] == [read.evidence, decided.evidence]
    assert {received.evidence, shown.evidence} <= set(evidence.heads.values())
    assert ladder.highest == decided


def test_claims_of_the_exporter_stand_apart(net: Net) -> None:
    by_sender, by_reader = (of(net, post).messages[0] for post in (A, B))
    assert {(claim.what, claim.detail, claim.post) for claim in by_sender.claims} == {
        ("IN_TIME", stage, B) for stage in ("DELIVERED", "PRESENTED", "READ", "DECIDED")
    }
    assert [(claim.what, claim.detail, claim.post) for claim in by_reader.claims] == [("SHOWN", "bridge", B)]
    assert by_sender.addressees == by_reader.addressees


@pytest.mark.parametrize("field", ["statement_digest", "sequence", "epoch", "post"])
def test_a_receipt_for_anything_else_proves_nothing(field: str) -> None:
    net = Net(A, B)
    net.tap = lambda sender, receiver, frame: frame if sender == A else None
    sent = net.say(A, notice())
    receipt = v1.Receipt(post=A, epoch=1, sequence=1, statement_digest=sent.digest, received_at=to_timestamp(START_NS))
    astray = v1.Receipt()
    astray.CopyFrom(receipt)
    setattr(astray, field, {"statement_digest": bytes(32), "sequence": 2, "epoch": 2, "post": B}[field])
    for beat, item, stage in ((100, astray, []), (101, receipt, [("DELIVERED", "RECEIVED")])):
        net.deliver(A, net.frame(B, own_log(net, B), beat, receipts=[item]))
        net.settle()
        assert proved(of(net, A), sent.digest, B) == stage


@pytest.mark.threat("masquerade / key misuse", defence="ID", measure="receipts for another, proving nothing")
def test_nobody_receipts_for_another_post() -> None:
    net = Net(A, B, C, connected=False)
    net.connect(A, C)
    net.connect(A, B)
    net.disconnect(A, B)
    sent = net.say(A, notice(), B)
    assert proved(of(net, A), sent.digest, B) == []
    receipts = [head for head in net.journal(A) if v1.Record.FromString(head).HasField("head_held")]
    assert any(v1.Head.FromString(v1.Record.FromString(head).head_held.payload).receipts for head in receipts)


def test_a_second_place_takes_nothing_from_the_first() -> None:
    net = Net(A, B)
    sent = net.say(A, notice())
    net.go(5)
    envelope = net.entry(A, sent.digest).envelope
    log = own_log(net, A)
    log.extend([*net[A].logs[A].links, *own_log(net, A, envelope).links])
    net.deliver(B, net.frame(A, log, 100, links=[log.run(1, 2)]))
    net.settle()
    evidence = of(net, B)
    assert [(m.sequence, m.sealed_at_ns) for m in evidence.messages] == [(1, START_NS)]
    assert proved(evidence, sent.digest, B) == [("DELIVERED", "RECEIVED")]
    assert (evidence.logs[A].epochs[1].complete_to, evidence.logs[A].epochs[1].named_to) == (2, 2)

    def hold_it_there(content: list[v1.Record]) -> None:
        record = pick(content, "statement")
        content.remove(record)
        record.statement.sequence = 2
        content.append(record)

    assert code_of(changed(net, B, hold_it_there)) == "TRANSCRIPT_CONTENT"


def test_a_statement_in_a_foreign_log_takes_nothing_from_its_own() -> None:
    net = Net(A, B, C, connected=False)
    net.connect(A, B)
    net.connect(B, C)
    sent = net.say(A, notice())
    envelope = net.entry(A, sent.digest).envelope
    log = own_log(net, B, envelope)
    net.deliver(C, net.frame(B, log, 100, links=[log.run(1, 1)], statements=[envelope]))
    net.connect(A, C)
    evidence = of(net, C)
    assert {(m.sender, m.refused) for m in evidence.messages} == {(A, ""), (B, "NOT_ITS_POST")}
    stages = {m.sender: [(p.name, p.value) for a in m.addressees for p in a.proofs] for m in evidence.messages}
    assert ("DELIVERED", "RECEIVED") in stages[A]
    assert stages[B] == [("DELIVERED", "REFUSED:NOT_ITS_POST")]
    assert evidence.complete


def test_a_readback_is_answered_by_its_sender() -> None:
    net = Net(A, B)
    sent = net.say(A, notice(), asks="UNDERSTOOD")
    readback = read_back(net, B, sent.digest)
    answer = v1.ReadbackAnswer(readback=readback, verdict=v1.ReadbackAnswer.VERDICT_CONFIRMED)
    net.ack(A, sent.digest, answer)
    for post in (A, B):
        evidence = of(net, post)
        assert proved(evidence, sent.digest, B)[-2:] == [("UNDERSTOOD", "READBACK"), ("UNDERSTOOD", "CONFIRMED")]
        message = evidence.message(sent.digest)
        assert message is not None
        highest = message.addressees[0].highest
        assert highest is not None and highest.value == "CONFIRMED"


def test_who_has_no_standing_proves_no_stage() -> None:
    net = Net(A, B, C)
    sent = net.say(A, notice(), B)
    net.ack(C, sent.digest, v1.Read())
    read = net.ack(B, sent.digest, v1.Read())
    answer = v1.ReadbackAnswer(readback=read.digest, verdict=v1.ReadbackAnswer.VERDICT_CONFIRMED)
    net.ack(A, sent.digest, answer)
    for post in (A, B, C):
        evidence = of(net, post)
        assert proved(evidence, sent.digest, B) == [("DELIVERED", "RECEIVED"), ("READ", "READ")]
        assert len(evidence.messages) == 4


def read_back(net: Net, post: str, digest: bytes) -> bytes:
    """A readback of a statement; its digest."""
    words = v1.Text(language="en", text="keep 5556 m away", role=v1.Text.ROLE_AUTHENTIC)
    field = v1.ReadbackField(path="exclusion_radius_m", value="5556")
    return net.ack(post, digest, v1.Readback(fields=[field], words=words)).digest


def test_only_the_sender_answers_a_readback() -> None:
    net = Net(A, B, C)
    sent = net.say(A, notice(), asks="UNDERSTOOD")
    readback = read_back(net, B, sent.digest)
    verdict = v1.ReadbackAnswer.VERDICT_CONFIRMED
    net.ack(C, sent.digest, v1.ReadbackAnswer(readback=readback, verdict=verdict))
    assert proved(of(net, A), sent.digest, B) == [
        ("DELIVERED", "RECEIVED"),
        ("PRESENTED", "UNSTAFFED"),
        ("UNDERSTOOD", "READBACK"),
    ]


def test_nobody_receipts_a_statement_of_its_own() -> None:
    net = Net(A, B)
    net.tap = lambda sender, receiver, frame: None
    envelope = net.sign(A, Draft(body=notice(), action=[A, B], precedence=v1.PRECEDENCE_IMMEDIATE))
    log = own_log(net, A, envelope)
    receipt = v1.Receipt(post=A, epoch=1, sequence=1, statement_digest=digest_of(envelope))
    receipt.received_at.CopyFrom(to_timestamp(START_NS))
    net.deliver(B, net.frame(A, log, 100, links=[log.run(1, 1)], statements=[envelope], receipts=[receipt]))
    net.settle()
    assert proved(of(net, B), digest_of(envelope), A) == []
    assert proved(of(net, B), digest_of(envelope), B) == [("DELIVERED", "RECEIVED")]


def test_contradicting_who_has_no_standing_contradicts_nothing() -> None:
    net = Net(A, B, C)
    sent = net.say(A, notice(), B)
    claim = net.ack(C, sent.digest, v1.Compliance(value=v1.Compliance.VALUE_DONE))
    net.say(B, otherwise(net, claim.digest), thread=sent.digest)
    message, answer = (of(net, B).message(digest) for digest in (sent.digest, claim.digest))
    assert message is not None and message.contradicted_by == ()
    assert answer is not None and len(answer.contradicted_by) == 1


def otherwise(net: Net, subject: bytes) -> v1.Observation:
    """What was seen is not what was said."""
    return v1.Observation(
        subject=subject,
        finding=v1.Observation.FINDING_CONTRADICTS,
        observed_at=to_timestamp(net.now.utc_ns),
        observed=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP),
        sensor=v1.Observation.SENSOR_RADAR,
    )


def test_an_observation_contradicts_and_edits_nothing() -> None:
    net = Net(A, B)
    sent = net.say(A, notice(), asks="DONE")
    done = net.ack(B, sent.digest, v1.Compliance(value=v1.Compliance.VALUE_DONE))
    observation = net.say(A, otherwise(net, done.digest), thread=sent.digest)
    message = of(net, B).message(sent.digest)
    assert message is not None
    highest = message.addressees[0].highest
    assert highest is not None
    assert (highest.value, highest.contradicted_by) == ("DONE", (observation.digest,))
    assert message.contradicted_by == (observation.digest,)


def test_an_acknowledgement_of_what_is_not_there_or_refused_proves_no_stage() -> None:
    net = Net(A, B)
    astray = net.say(B, v1.Acknowledgement(subject=bytes(32), read=v1.Read()))
    envelope = net.sign(A, Draft(body=flash(), action=[B], precedence=v1.PRECEDENCE_FLASH), persons=1)
    log = own_log(net, A, envelope)
    net.deliver(B, net.frame(A, log, 100, links=[log.run(1, 1)], statements=[envelope]))
    net.settle()
    refused = net.say(B, v1.Acknowledgement(subject=digest_of(envelope), read=v1.Read()))
    evidence = of(net, B)
    assert {astray.digest, refused.digest} < {message.digest for message in evidence.messages}
    assert proved(evidence, digest_of(envelope), B) == [("DELIVERED", "REFUSED:SIGNATURE_COUNT")]


def test_an_answer_to_what_is_no_readback_proves_no_stage() -> None:
    net = Net(A, B)
    sent = net.say(A, notice())
    for readback in (bytes(32), sent.digest):
        verdict = v1.ReadbackAnswer.VERDICT_CONFIRMED
        net.ack(A, sent.digest, v1.ReadbackAnswer(readback=readback, verdict=verdict))
    assert proved(of(net, B), sent.digest, B) == [("DELIVERED", "RECEIVED")]
