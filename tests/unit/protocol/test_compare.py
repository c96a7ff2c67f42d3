"""Two transcripts side by side: agreeing, lacking, parting, contradicting."""

from __future__ import annotations

from dataclasses import replace

import pytest
from google.protobuf.message import Message
from tests.kit import START_NS, A, B, C, Net, key, notice
from tests.unit.protocol.tamper import changed, of, own_log, pick, spoken

from hotline import v1
from hotline.agreements.rehearsal import rehearse
from hotline.protocol.compare import Contradiction, Lack, compare
from hotline.protocol.errors import UsageError
from hotline.protocol.evidence import verify_transcript
from hotline.protocol.instant import NS_PER_S, to_timestamp


def test_both_sides_of_one_talk_agree() -> None:
    net = spoken()
    found = compare(of(net, A), of(net, B))
    assert found.agree
    assert found.first_divergence is None
    assert (found.divergences, found.contradictions, found.only_first, found.only_second) == ((), (), (), ())


def test_all_posts_of_a_channel_agree_pair_by_pair() -> None:
    net = Net(A, B, C)
    sent = net.say(A, notice(), B)
    net.ack(B, sent.digest, v1.Read())
    assert all(compare(of(net, one), of(net, other)).agree for one in (A, B, C) for other in (A, B, C))


def test_lacking_is_not_disagreeing() -> None:
    net = spoken()
    before = of(net, A)
    net.disconnect()
    unheard = net.say(B, notice(contact=B))
    after = of(net, B)
    found = compare(before, after)
    assert found.agree
    assert found.only_first == ()
    assert found.only_second == (Lack(unheard.digest, B, "MESSAGE"),)
    assert compare(after, before).only_first == found.only_second


def test_a_stage_that_only_one_side_proves_is_named() -> None:
    net = Net(A, B)
    sent = net.say(A, notice())
    whole = of(net, A)

    def drop_receipts(content: list[v1.Record]) -> None:
        for record in list(content):
            if record.HasField("head_held") and v1.Head.FromString(record.head_held.payload).receipts:
                content.remove(record)

    found = compare(whole, verify_transcript(changed(net, A, drop_receipts)))
    assert found.agree
    assert found.only_first == (Lack(sent.digest, B, "DELIVERED RECEIVED"),)


def two_faced() -> tuple[Net, Net]:
    """A says the same to both at first, then something else to each, with one key."""
    nets = Net(A, B), Net(A, B)
    for net, word in zip(nets, ("stopped", "under way"), strict=True):
        net.say(A, notice())
        net.go(10)
        net.say(A, notice(word))
        net.say(A, notice())
    return nets


def test_a_forked_log_is_named_where_it_parts() -> None:
    one, other = two_faced()
    found = compare(of(one, B), of(other, B))
    parting = found.first_divergence
    assert not found.agree
    assert parting is not None
    assert (parting.post, parting.epoch, parting.sequence) == (A, 1, 2)
    assert parting.at_ns == START_NS + 10 * NS_PER_S
    assert parting.digests == (one[A].logs[A].digests[2], other[A].logs[A].digests[2])
    assert parting.statements == tuple(net[A].logs[A].links[1].statement_digest for net in (one, other))
    assert found.divergences == (parting,)


def test_the_earliest_parting_comes_first() -> None:
    one, other = two_faced()
    for net, word in ((one, "here"), (other, "there")):
        net.go(5)
        net.say(B, notice(word, contact=B))
    found = compare(of(one, A), of(other, A))
    assert [(parting.post, parting.sequence) for parting in found.divergences] == [(A, 2), (B, 1)]


def test_two_heads_with_one_beat_contradict() -> None:
    one, other = two_faced()
    heads = [word for word in compare(of(one, B), of(other, B)).contradictions if word.what == "HEAD"]
    assert heads
    assert {word.post for word in heads} == {A, B}
    assert all(word.evidence[0] != word.evidence[1] for word in heads)


def answered(**said: Message) -> tuple[Net, bytes]:
    """A net in which B's node receipts A's one notice as told."""
    net = Net(A, B)
    net.tap = lambda sender, receiver, frame: frame if sender == A else None
    sent = net.say(A, notice())
    receipt = v1.Receipt(post=A, epoch=1, sequence=1, statement_digest=sent.digest, **said)  # type: ignore[arg-type]
    net.deliver(A, net.frame(B, own_log(net, B), 100 + len(said), receipts=[receipt]))
    net.settle()
    return net, sent.digest


def test_a_node_that_says_two_things_about_one_message_contradicts_itself() -> None:
    at = to_timestamp(START_NS)
    received, digest = answered(received_at=at)
    refused, _ = answered(refused=v1.Refusal(code="RULE_BROKEN", at=at))
    found = compare(of(received, A), of(refused, A))
    assert not found.agree
    assert found.first_divergence is None
    said = {word.what: word for word in found.contradictions}
    words = f"RECEIVED at {START_NS // 1_000_000} ms", f"REFUSED:RULE_BROKEN at {START_NS // 1_000_000} ms"
    assert said["DELIVERED"] == Contradiction(B, digest, "DELIVERED", words, said["DELIVERED"].evidence)


def test_the_moment_of_receipt_is_said_once() -> None:
    first, _ = answered(received_at=to_timestamp(START_NS))
    later, _ = answered(received_at=to_timestamp(START_NS + NS_PER_S))
    found = compare(of(first, A), of(later, A))
    assert "DELIVERED" in {word.what for word in found.contradictions}
    assert compare(of(first, A), of(first, A)).agree


def test_only_one_agreement_at_a_time() -> None:
    other = Net(rehearsal=rehearse([A, B], key, START_NS, channel="another"))
    with pytest.raises(UsageError, match="UNKNOWN_AGREEMENT"):
        compare(of(spoken(), A), of(other, A))


def test_what_is_left_out_of_one_is_lacking_there() -> None:
    net = spoken()
    left = verify_transcript(changed(net, B, lambda content: content.remove(pick(content, "statement", 0))))
    found = compare(of(net, A), left)
    assert found.agree
    assert Lack(of(net, A).messages[0].digest, A, "MESSAGE") in found.only_first


def test_logs_of_two_epochs_are_two_logs() -> None:
    one, other = (of(net, B) for net in two_faced())
    later = replace(other, logs={A: replace(other.logs[A], epochs={2: other.logs[A].epochs[1]})})
    assert compare(one, other).divergences
    assert compare(one, later).divergences == ()
