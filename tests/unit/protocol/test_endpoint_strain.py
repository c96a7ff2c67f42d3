"""The step machine where a peer is hostile, half deaf or gone, and where this node itself fell over."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.kit import START, START_NS, A, B, C, Net, notice

from hotline import v1
from hotline.protocol.effects import Alert, Journal
from hotline.protocol.errors import UsageError
from hotline.protocol.instant import NS_PER_MS, NS_PER_S
from hotline.protocol.log import PostLog
from hotline.protocol.statements import Draft


def alerts(net: Net, post: str) -> list[str]:
    return [told.code for told in net.desks[post].told if isinstance(told, Alert)]


def linked_by(net: Net, thief: str, digest: bytes) -> bytes:
    """A Frame in which a post links a statement of another, with its body."""
    envelope = next(net.entry(post, digest).envelope for post in net.desks if digest in net[post].book.entries)
    log = PostLog(net.trust.agreement.channel, thief, 1)
    log.append(
        v1.Link(
            statement_digest=digest,
            sealed_at_ms=net.now.utc_ms,
            precedence=v1.PRECEDENCE_IMMEDIATE,
            size=len(envelope.payload),
        )
    )
    return net.frame(thief, log, 9_000, links=[log.run(1, 1)], statements=[envelope])


@pytest.mark.threat(
    "DoS by an authenticated peer", defence="SEQ", measure="foreign links that keep nothing from others"
)
def test_nobody_keeps_a_statement_from_others_by_linking_it_first() -> None:
    net = Net(A, B, C)
    net.disconnect(A, C)
    sent = net.say(A, notice())
    net.deliver(C, linked_by(net, B, sent.digest))
    assert sent.digest not in net[C].book.entries
    net.connect(A, C)
    assert net.entry(C, sent.digest).refused == ""
    assert net.stages(A, sent.digest, C) == {"DELIVERED": "RECEIVED"}
    assert (alerts(net, C), net[A].peers[C].outstanding) == (["REFUSED_HERE"], {})


@pytest.mark.threat("DoS by an authenticated peer", defence="SEQ", measure="foreign links that stop nobody")
def test_nobody_stops_a_node_by_linking_its_own_statement() -> None:
    net = Net(A, B)
    sent = net.say(A, notice())
    net.deliver(A, linked_by(net, B, sent.digest))
    net.settle()
    assert net.errors == []
    assert net.entry(A, sent.digest).post == A
    assert net.stages(A, sent.digest, B) == {"DELIVERED": "RECEIVED"}
    assert net[A].ledger.gaps.count(B) == 0


def test_a_misplaced_statement_is_not_recorded_again_and_again() -> None:
    net = Net(A, B)
    sent = net.say(A, notice())
    stolen = linked_by(net, B, sent.digest)
    for _ in range(3):
        net.deliver(A, stolen)
    net.settle()
    records = map(v1.Record.FromString, net.journal(A))
    assert [record.statement.post for record in records if record.HasField("statement")] == [A, B]


def test_two_nodes_that_wait_for_a_third_do_not_keep_each_other_busy() -> None:
    net, sent = Net(A, B, C, connected=False), Counter[str]()

    def deaf(sender: str, receiver: str, frame: bytes) -> bytes | None:
        sent[sender] += 1
        assert sum(sent.values()) < 100, "a storm of Frames"
        return None if C in (sender, receiver) else frame

    net.tap = deaf
    net.connect()
    assert net[A].confirmed and net[B].confirmed
    before = sum(sent.values())
    net.say(A, notice(), B)
    assert sum(sent.values()) - before <= 6


def test_a_hello_is_new_for_every_connection() -> None:
    net = Net(A, B, C, connected=False)
    hellos = []

    def tap(sender: str, receiver: str, frame: bytes) -> bytes | None:
        asked = v1.Head.FromString(v1.Frame.FromString(frame).head.payload).hello
        if sender == A and asked:
            hellos.append((receiver, asked))
        return None if C in (sender, receiver) else frame

    net.tap = tap
    net.connect()
    before = dict(hellos)
    net[A].link(B, True, net.now)
    net.settle()
    after = dict(hellos)
    assert before[B] == before[C] != after[B] == after[C]
    assert net[A].peers[B].greeted
    net.tap = None
    net.go(10)
    assert net[A].peers[C].greeted


@pytest.mark.threat("partition / asymmetric", defence="TMO", measure="lost echoes given again")
def test_a_lost_echo_is_given_again() -> None:
    net, lost = Net(A, B, connected=False), 0

    def tap(sender: str, receiver: str, frame: bytes) -> bytes | None:
        nonlocal lost
        echoes = v1.Head.FromString(v1.Frame.FromString(frame).head.payload).echoes
        if sender == B and echoes and lost < 2:
            lost += 1
            return None
        return frame

    net.tap = tap
    net.connect()
    assert not net[A].confirmed
    net.go(30)
    assert lost == 2
    assert net[A].confirmed and net[A].peers[B].greeted


@pytest.mark.threat("restore / rollback", defence="LOG", measure="numbers of lost records, told")
@pytest.mark.parametrize("lost", [1, 5])
def test_a_node_that_lost_many_records_is_told_so(lost: int) -> None:
    """Its beats have gone back too; it is answered all the same."""
    net = Net(A, B)
    net.say(A, notice())
    kept = len(net.journal(A))
    for n in range(lost):
        net.say(A, notice(str(n)))
    net.restart(A, keep=kept)
    net.connect()
    assert alerts(net, A) == ["SUSPECTED", "ROLLED_BACK"]
    assert (net[A].rolled_back, net[A].confirmed) == (True, False)


@pytest.mark.threat("partition / asymmetric", defence="SEQ", measure="one-way lines without a pile of receipts")
def test_resending_over_half_a_line_does_not_pile_up_receipts() -> None:
    net = Net(A, B)
    net.tap = lambda sender, receiver, frame: None if sender == B else frame
    sent = [net.say(A, notice(str(n))) for n in range(3)]
    net.go(600)
    assert len(net[B].peers[A].receipts) == net[A].logs[A].sequence
    net.tap = None
    net.go(70)
    assert all(net.stages(A, each.digest, B) == {"DELIVERED": "RECEIVED"} for each in sent)


def test_an_old_head_from_somebody_else_does_not_break_a_silence() -> None:
    net = Net(A, B)
    old = net[B].current_frame()
    assert old is not None
    net.tap = lambda sender, receiver, frame: None
    net.go(200)
    net.deliver(A, old)
    assert alerts(net, A) == ["PEER_SILENT"]
    assert net[A].peers[B].silent


def test_a_restored_endpoint_sees_what_it_saw_to_the_nanosecond() -> None:
    net = Net(A, B)
    net.now = net.now.later(NS_PER_S + 123_457)
    sent = net.say(A, notice(), asks="DONE")
    net.present(B, sent.digest)
    net.ack(B, sent.digest, v1.Read())
    for post in (A, B):
        before = {digest: net.view(post, digest) for digest in net[post].book.entries}
        net.restart(post)
        assert {digest: net.view(post, digest) for digest in net[post].book.entries} == before


def test_a_statement_is_judged_at_the_instant_its_link_will_say() -> None:
    net = Net(A, B)
    net.now = START.later(NS_PER_MS // 2)
    sent = net.say(A, notice(), release_before_ns=START_NS + NS_PER_MS)
    assert net.stages(A, sent.digest, B) == {"DELIVERED": "RECEIVED"}
    assert net.entry(B, sent.digest).sealed_at_ns == START_NS


def test_what_waits_for_the_hello_has_no_effect_until_it_is_sealed() -> None:
    net = Net(A, B)
    sent = net.say(A, notice(), asks="DONE")
    net.restart(B)
    compliance = v1.Compliance.Value
    for value in (compliance.VALUE_IN_PROGRESS, compliance.VALUE_DONE):
        assert net.ack(B, sent.digest, v1.Compliance(value=value)).state == "WAITING"
    before = {"DELIVERED": "RECEIVED", "PRESENTED": "UNSTAFFED"}
    assert net.stages(B, sent.digest, B) == before
    net.connect()
    assert net.stages(A, sent.digest, B) == net.stages(B, sent.digest, B) == {**before, "DONE": "DONE"}


def test_what_may_no_longer_be_sealed_is_alarmed_and_says_nothing() -> None:
    net = Net(A, B)
    sent = net.say(A, notice())
    net.restart(B)
    word = net.ack(B, sent.digest, v1.Read(), release_before_ns=START_NS + NS_PER_S)
    net.go(2)
    net.connect()
    assert (alerts(net, B), net.entry(B, word.digest).sequence) == (["NOT_SEALED"], 0)
    assert net.stages(B, sent.digest, B) == {"DELIVERED": "RECEIVED"} == net.stages(A, sent.digest, B)


def test_a_statement_is_shown_once_at_each_position() -> None:
    net = Net(A, B)
    sent = net.say(A, notice())
    for _ in range(2):
        for position in ("bridge", "ops"):
            net.present(B, sent.digest, position)
            net.now = net.now.later(NS_PER_S)
    records = map(v1.Record.FromString, net.journal(B))
    assert [record.shown.position for record in records if record.HasField("shown")] == ["bridge", "ops"]
    assert {fact.by for fact in net.entry(A, sent.digest).facts_of(B)} == {"node", "bridge", "ops"}
    presented = next(s.fact for s in net.view(A, sent.digest).addressees[0].stages if s.name == "PRESENTED")
    assert presented is not None and presented.by == "bridge"


def test_our_own_statement_is_not_presented_to_its_post() -> None:
    net = Net(A, B)
    sent = net.say(A, notice())
    net.present(A, sent.digest)
    assert net.stages(A, sent.digest, B) == {"DELIVERED": "RECEIVED"}
    assert net.entry(A, sent.digest).facts_of(A) == []


def test_a_third_party_learns_an_answer_before_its_readback_and_sees_the_same() -> None:
    net = Net(A, B, C)
    sent = net.say(A, notice(), B, asks="UNDERSTOOD")
    net.disconnect(B, C)
    words = v1.Text(language="en", text="three miles", role=v1.Text.ROLE_AUTHENTIC)
    fields = [v1.ReadbackField(path="exclusion_radius_m", value="5556")]
    readback = net.ack(B, sent.digest, v1.Readback(fields=fields, words=words))
    verdict = v1.ReadbackAnswer.VERDICT_CONFIRMED
    net.ack(A, sent.digest, v1.ReadbackAnswer(readback=readback.digest, verdict=verdict))
    assert readback.digest not in net[C].book.entries
    net.connect(B, C)
    assert net.stages(C, sent.digest, B)["UNDERSTOOD"] == "CONFIRMED"


@pytest.mark.parametrize("post", [A, B])
def test_bad_statements_are_not_sealed(post: str) -> None:
    net = Net(A, B)
    before = len(net.journal(A))
    draft = Draft(body=notice(), action=[B], precedence=v1.PRECEDENCE_FLASH)
    envelope = net.sign(A, draft, persons=2)
    if post == B:
        envelope.signatures[0].sig = bytes(64)
    with pytest.raises(UsageError, match="SIGNATURE_COUNT" if post == A else "SIGNATURE_INVALID"):
        net[A].submit(envelope, net.now)
    assert [effect for effect in net[A].take_effects() if isinstance(effect, Journal)] == []
    assert len(net.journal(A)) == before


@pytest.mark.threat("deletion / loss", defence="SEQ", measure="gaps fetched from another")
def test_a_gap_is_fetched_from_whoever_is_there() -> None:
    net = Net(A, B, C)

    def without_bodies_to_c(sender: str, receiver: str, frame: bytes) -> bytes:
        parsed = v1.Frame.FromString(frame)
        if receiver == C and sender == A:
            del parsed.statements[:]
        return parsed.SerializeToString()

    net.tap = without_bodies_to_c
    sent = net.say(A, notice(), B)
    net.disconnect(A, C)
    assert net[C].ledger.gaps.count(A) == 1
    net.go(20)
    assert net.entry(C, sent.digest).sequence == 1


def test_a_gap_nobody_can_fill_waits() -> None:
    net = Net(A, B)
    net.tap = lambda sender, receiver, frame: _no_bodies(frame)
    net.say(A, notice())
    net.disconnect()
    the_next_test = net[B].next_deadline()
    assert the_next_test is not None and the_next_test > net.now.mono_ns + 3600 * NS_PER_S
    net.now = net.now.later(60 * NS_PER_S)
    net[B].on_deadline(net.now)
    assert net[B].take_effects() == []


def _no_bodies(frame: bytes) -> bytes:
    parsed = v1.Frame.FromString(frame)
    del parsed.statements[:]
    return parsed.SerializeToString()


def test_a_line_that_was_never_up_can_go_down() -> None:
    net = Net(A, B, connected=False)
    net[A].link(B, False, net.now)
    assert net[A].take_effects() == []


def test_before_its_first_head_a_node_has_nothing_to_show() -> None:
    net = Net(A, B, connected=False)
    assert net[A].current_frame() is None
    net.connect()
    assert net[A].current_frame() is not None
