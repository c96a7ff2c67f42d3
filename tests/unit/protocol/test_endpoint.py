"""The step machine through its front door: what goes in, what comes out, in which order."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message
from tests.kit import START, START_NS, A, B, C, Identifiers, Net, flash, key, notice

from hotline import v1
from hotline.agreements.rehearsal import rehearse
from hotline.protocol.effects import Alert, Fetch, Journal, Send
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.errors import PeerDataError, UsageError
from hotline.protocol.instant import NS_PER_S
from hotline.protocol.statements import Draft

ACCEPT = v1.Decision(value=v1.Decision.VALUE_ACCEPTED)


def alerts(net: Net, post: str) -> list[str]:
    return [effect.code for effect in net.desks[post].told if isinstance(effect, Alert)]


def test_a_statement_climbs_the_ladder() -> None:
    net = Net(A, B)
    sent = net.say(A, notice(), asks="DONE")
    net.go(2)
    net.present(B, sent.digest)
    net.ack(B, sent.digest, v1.Read())
    net.ack(B, sent.digest, ACCEPT)
    net.ack(B, sent.digest, v1.Compliance(value=v1.Compliance.VALUE_DONE))
    said = {"DELIVERED": "RECEIVED", "PRESENTED": "PRESENTED", "READ": "READ", "DECIDED": "ACCEPTED", "DONE": "DONE"}
    assert net.stages(A, sent.digest, B) == said == net.stages(B, sent.digest, B)
    verdicts = {stage.name: stage.verdict for stage in net.view(A, sent.digest).addressees[0].stages}
    assert verdicts == dict.fromkeys(said, "IN_TIME")


def test_effects_come_journal_first_then_send_then_tell() -> None:
    net = Net(A, B)
    net[A].submit(net.sign(A, _draft(notice())), net.now)
    effects = net[A].take_effects()
    order = [0 if isinstance(e, Journal) else 1 if isinstance(e, Send) else 2 for e in effects]
    assert order == sorted(order)
    assert order.count(1) == 1


def test_one_head_covers_a_batch() -> None:
    net = Net(A, B)
    for _ in range(20):
        net[A].submit(net.sign(A, _draft(notice())), net.now)
    effects = net[A].take_effects()
    made = [e for e in effects if isinstance(e, Journal) and v1.Record.FromString(e.record).HasField("head_made")]
    sends = [e for e in effects if isinstance(e, Send)]
    assert len(made) == len(sends) == 1
    frame = v1.Frame.FromString(sends[0].frame)
    assert len(frame.statements) == 20
    assert v1.Head.FromString(frame.head.payload).log.sequence == 20


def test_flash_goes_first() -> None:
    net = Net(A, B)
    net[A].submit(net.sign(A, _draft(notice(), v1.PRECEDENCE_ROUTINE)), net.now)
    net[A].submit(net.sign(A, _draft(flash(), v1.PRECEDENCE_FLASH)), net.now)
    frame = next(v1.Frame.FromString(e.frame) for e in net[A].take_effects() if isinstance(e, Send))
    first = v1.Statement.FromString(frame.statements[0].payload)
    assert first.body_type == "hotline.v1.IncidentFlash"


def test_nothing_is_sealed_before_a_hello() -> None:
    net = Net(A, B, connected=False)
    sent = net.say(A, notice())
    assert (sent.state, sent.sequence) == ("WAITING", 0)
    assert net[A].logs[A].sequence == 0
    net.connect()
    assert net.entry(A, sent.digest).sequence == 1
    assert net.stages(A, sent.digest, B) == {"DELIVERED": "RECEIVED"}


def test_what_waits_for_the_hello_survives_a_restart() -> None:
    net = Net(A, B, connected=False)
    sent = net.say(A, notice())
    net.restart(A)
    net.connect()
    assert net.entry(B, sent.digest).sequence == 1


@pytest.mark.threat("repetition / replay", defence="UUID", measure="statements handed over twice, said once")
def test_a_statement_handed_over_twice_is_said_once() -> None:
    net = Net(A, B)
    envelope = net.sign(A, _draft(notice()))
    assert net[A].submit(envelope, net.now).state == "SEALED"
    again = net[A].submit(envelope, net.now)
    assert (again.state, again.sequence) == ("KNOWN", 1)


@pytest.mark.threat("deletion / loss", defence="FB TMO", measure="lines that lost frames, healed")
def test_lost_frames_are_sent_again_and_take_effect_once() -> None:
    net = Net(A, B, loss=0.4, seed=7)
    sent = [net.say(A, notice(designation=f"n{n}")) for n in range(10)]
    net.go(600)
    assert all(net.stages(A, s.digest, B) == {"DELIVERED": "RECEIVED"} for s in sent)
    assert net[B].logs[A].sequence == 10
    assert len(net[B].book.entries) == 10


def test_the_moment_of_receipt_never_moves() -> None:
    net = Net(A, B)
    net.tap = lambda sender, receiver, frame: None if sender == B else frame
    sent = net.say(A, notice())
    received_at = net.entry(B, sent.digest).held_at_ns
    net.go(60)
    net.tap = None
    net.go(60)
    fact = net.view(A, sent.digest).addressees[0].stages[0].fact
    assert fact is not None
    assert fact.said_at_ns == received_at


@pytest.mark.threat("delay", defence="TMO", measure="late answers that stay late")
def test_silence_is_recorded_and_a_late_answer_stays_late() -> None:
    net = Net(A, B)
    sent = net.say(A, flash(), asks="READ", precedence="FLASH")
    net.go(700)
    assert "DEADLINE_EXPIRED" in alerts(net, A)
    net.ack(B, sent.digest, v1.Read())
    verdicts = {stage.name: stage.verdict for stage in net.view(A, sent.digest).addressees[0].stages}
    assert verdicts == {"DELIVERED": "IN_TIME", "PRESENTED": "EXPIRED", "READ": "LATE"}


@pytest.mark.threat("delay", defence="TMO", measure="answers around a deadline, right verdict")
@pytest.mark.parametrize(("after_s", "verdict"), [(599.999, "IN_TIME"), (600.0, "LATE")])
def test_a_deadline_is_met_strictly_before_it(after_s: float, verdict: str) -> None:
    net = Net(A, B)
    sent = net.say(A, flash(), asks="READ", precedence="FLASH")
    net.go(after_s)
    net.ack(B, sent.digest, v1.Read())
    read = next(stage for stage in net.view(A, sent.digest).addressees[0].stages if stage.name == "READ")
    assert read.verdict == verdict


def test_a_met_deadline_never_reverts() -> None:
    """Nothing follows IN_TIME (REQ-TIMER-3)."""
    net = Net(A, B)
    sent = net.say(A, notice(), asks="READ")
    net.ack(B, sent.digest, v1.Read())
    net.go(86_000)
    read = next(stage for stage in net.view(A, sent.digest).addressees[0].stages if stage.name == "READ")
    assert read.verdict == "IN_TIME"


def test_reply_by_replaces_the_limit_of_the_stage_asked_for() -> None:
    net = Net(A, B)
    sent = net.say(A, notice(), asks="READ", reply_by_ns=START_NS + 90 * NS_PER_S)
    net.go(91)
    read = next(stage for stage in net.view(A, sent.digest).addressees[0].stages if stage.name == "READ")
    assert (read.verdict, read.after_ms) == ("EXPIRED", 90_000)


def test_a_decision_to_decline_ends_the_wait_for_compliance() -> None:
    net = Net(A, B)
    sent = net.say(A, notice(), asks="DONE")
    net.ack(B, sent.digest, v1.Decision(value=v1.Decision.VALUE_DECLINED, reason="no proper atmosphere"))
    net.go(86_000)
    done = next(stage for stage in net.view(A, sent.digest).addressees[0].stages if stage.name == "DONE")
    assert (done.fact, done.verdict) == (None, "IN_TIME")


def test_an_observation_contradicts_a_claim_and_edits_nothing() -> None:
    net = Net(A, B)
    sent = net.say(A, notice(), asks="DONE")
    claim = net.ack(B, sent.digest, v1.Compliance(value=v1.Compliance.VALUE_DONE))
    seen = v1.Observation(
        subject=claim.digest,
        finding=v1.Observation.FINDING_CONTRADICTS,
        observed=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP),
        sensor=v1.Observation.SENSOR_RADAR,
    )
    seen.observed_at.FromNanoseconds(START_NS)
    net.say(A, seen, thread=sent.digest)
    for post in (A, B):
        view = net.view(post, sent.digest)
        done = next(stage for stage in view.addressees[0].stages if stage.name == "DONE")
        assert (done.value, done.marks) == ("DONE", ("CONTRADICTED",))
        assert "CONTRADICTED" in view.marks
    assert "CONTRADICTED" in alerts(net, B)


def test_a_readback_is_answered_by_the_sender() -> None:
    net = Net(A, B)
    sent = net.say(A, notice(), asks="UNDERSTOOD")
    readback = v1.Readback(
        fields=[v1.ReadbackField(path="exclusion_radius_m", value="5556")],
        words=v1.Text(language="zh", text="三海里以外", role=v1.Text.ROLE_AUTHENTIC),
    )
    said = net.ack(B, sent.digest, readback)
    assert net.stages(A, sent.digest, B)["UNDERSTOOD"] == "READBACK"
    answer = v1.ReadbackAnswer(readback=said.digest, verdict=v1.ReadbackAnswer.VERDICT_CONFIRMED)
    net.ack(A, sent.digest, answer)
    assert net.stages(B, sent.digest, B)["UNDERSTOOD"] == "CONFIRMED"


def test_an_acknowledgement_that_comes_first_takes_effect_when_its_subject_comes() -> None:
    net = Net(A, B, C)
    net.disconnect(A, C)
    sent = net.say(A, notice(), B, info=(C,))
    net.ack(B, sent.digest, v1.Read())
    assert sent.digest not in net[C].book.entries
    net.connect(A, C)
    assert net.stages(C, sent.digest, B)["READ"] == "READ"


def test_a_post_that_was_not_addressed_has_no_say() -> None:
    net = Net(A, B, C)
    sent = net.say(A, notice(), B)
    net.ack(C, sent.digest, v1.Read())
    assert net.stages(A, sent.digest, B) == {"DELIVERED": "RECEIVED"}
    assert [ladder.post for ladder in net.view(A, sent.digest).addressees] == [B]


@pytest.mark.threat("deletion / loss", defence="SEQ", measure="missing bodies fetched")
def test_a_missing_body_is_fetched() -> None:
    net = Net(A, B)

    def without_bodies(sender: str, receiver: str, frame: bytes) -> bytes:
        parsed = v1.Frame.FromString(frame)
        del parsed.statements[:]
        return parsed.SerializeToString()

    net.tap = without_bodies
    sent = net.say(A, notice())
    assert net[B].ledger.gaps.count(A) == 1
    net.now = net.now.later(16 * NS_PER_S)
    net[B].on_deadline(net.now)
    asked = [effect for effect in net[B].take_effects() if isinstance(effect, Fetch)]
    assert asked == [Fetch(A, A, 1, 1, 1)]
    for frame in net[A].serve(A, 1, 1):
        net.deliver(B, frame)
    assert sent.digest in net[B].book.entries
    assert net[B].ledger.gaps.count(A) == 0


def test_serving_what_is_not_held_is_refused() -> None:
    net = Net(A, B)
    with pytest.raises(UsageError, match="NOT_HELD"):
        net[A].serve(A, 1, 1)


@pytest.mark.threat("repetition / replay", defence="DUR", measure="restarts without a repetition")
def test_a_restart_loses_and_repeats_nothing() -> None:
    net = Net(A, B)
    sent = net.say(A, notice(), asks="DONE")
    net.ack(B, sent.digest, v1.Read())
    before = net.view(A, sent.digest)
    net.restart(A)
    assert net.view(A, sent.digest) == before
    net.connect()
    net.ack(B, sent.digest, ACCEPT)
    assert net.stages(A, sent.digest, B)["DECIDED"] == "ACCEPTED"
    assert net[A].logs[A].sequence == 1


def test_deadlines_survive_a_restart() -> None:
    """REQ-TIMER-4."""
    net = Net(A, B)
    sent = net.say(A, flash(), asks="READ", precedence="FLASH")
    net.go(300)
    net.restart(A)
    net.go(299)
    assert _verdict(net, sent.digest, "READ") == "WAITING"
    net.go(2)
    assert _verdict(net, sent.digest, "READ") == "EXPIRED"


def test_a_node_that_lost_its_newest_records_may_not_speak() -> None:
    net = Net(A, B)
    net.say(A, notice())
    kept = len(net.journal(A))
    net.say(A, notice(designation="second"))
    net.restart(A, keep=kept)
    net.connect()
    assert "ROLLED_BACK" in alerts(net, A)
    with pytest.raises(UsageError, match="ROLLED_BACK"):
        net.say(A, notice(designation="third"))


def frames_of(net: Net, sender: str) -> list[bytes]:
    """Collects every Frame that a post sends from now on."""
    frames: list[bytes] = []

    def tap(source: str, receiver: str, frame: bytes) -> bytes:
        if source == sender:
            frames.append(frame)
        return frame

    net.tap = tap
    return frames


def test_a_fork_is_proved_and_both_branches_are_shown() -> None:
    net, twin = Net(A, B), Net(A, B)
    forged = frames_of(twin, A)
    sent = net.say(A, notice())
    other = twin.say(A, notice(designation="another story"))
    net.deliver(B, forged[0])
    net.settle()
    assert net.errors == []
    assert [net.entry(B, digest).void for digest in (sent.digest, other.digest)] == ["FORKED", "FORKED"]
    assert net[B].peers[A].forked
    forks = [record for record in map(v1.Record.FromString, net.journal(B)) if record.HasField("fork")]
    assert len(forks) == 1
    assert net.stages(A, sent.digest, B) == {"DELIVERED": "RECEIVED"}


def test_links_that_go_on_from_another_past_are_refused() -> None:
    net, twin = Net(A, B), Net(A, B)
    net.say(A, notice())
    twin.say(A, notice(designation="another story"))
    forged = frames_of(twin, A)
    twin.say(A, notice(designation="and on"))
    net.deliver(B, forged[0])
    assert [error.code for _, error in net.errors] == ["LINKS_NOT_COVERED"]
    assert net[B].logs[A].sequence == 1


@pytest.mark.threat("repetition / replay", defence="SEQ", measure="whole conversations replayed without effect")
def test_a_replayed_frame_changes_nothing() -> None:
    net = Net(A, B)
    frames = frames_of(net, A)
    sent = net.say(A, notice())
    state = (dict(net[B].book.entries), net[B].logs[A].position())
    for frame in list(frames):
        net.deliver(B, frame)
    net.settle()
    assert (dict(net[B].book.entries), net[B].logs[A].position()) == state
    assert net.entry(B, sent.digest).sequence == 1


@pytest.mark.threat("suppression / unanswered call", defence="HB", measure="silent peers noticed")
def test_a_silent_peer_is_noticed_and_its_return_too() -> None:
    net = Net(A, B)
    net.tap = lambda sender, receiver, frame: None
    net.go(200)
    assert alerts(net, A) == ["PEER_SILENT"]
    net.tap = None
    net.go(70)
    assert alerts(net, A) == ["PEER_SILENT", "PEER_BACK"]


def test_a_node_key_that_is_not_the_posts_is_refused() -> None:
    channel = rehearse([A, B], key, START_NS)
    with pytest.raises(UsageError, match="NOT_ITS_POST"):
        Endpoint(A, channel.trust, channel.nodes[B], Identifiers(), START)


def test_presenting_needs_a_staffed_position() -> None:
    net = Net(A, B)
    sent = net.say(A, notice())
    with pytest.raises(UsageError, match="POSITION_UNKNOWN"):
        net[B].present(sent.digest, "bridge", net.now)


def test_staffing_shows_in_the_next_head() -> None:
    net = Net(A, B)
    assert net[A].peers[B].staffed is False
    net[B].staff("bridge", True, net.now)
    net.settle()
    assert net[A].peers[B].staffed is True


@pytest.mark.threat("malformed protobuf", defence="LIM", measure="sizes of no frame, refused and counted")
@pytest.mark.parametrize("size", [0, 5, 4 * 1024 * 1024 + 1])
def test_what_is_no_frame_is_refused_and_counted(size: int) -> None:
    net = Net(A, B)
    with pytest.raises(PeerDataError) as caught:
        net[B].receive(bytes(size), net.now)
    assert net[B].counters[caught.value.code] == 1


def _draft(body: Message, precedence: v1.Precedence.ValueType = v1.PRECEDENCE_IMMEDIATE) -> Draft:
    return Draft(body=body, action=[B], precedence=precedence)


def _verdict(net: Net, digest: bytes, stage: str) -> str:
    return next(line.verdict for line in net.view(A, digest).addressees[0].stages if line.name == stage)
