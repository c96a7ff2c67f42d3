"""Posts that sign two logs, and logs that come from another than their own post (spec 06, section 5)."""

from __future__ import annotations

import pytest
from tests.kit import A, B, C, Net, notice
from tests.unit.protocol.lives import alerts, comes_back, kinds

from hotline import v1
from hotline.protocol.effects import Fetch
from hotline.protocol.instant import NS_PER_S


def asked_for(net: Net, post: str) -> list[Fetch]:
    """What a post's Endpoint wants fetched now."""
    net[post].on_deadline(net.now)
    return [effect for effect in net[post].take_effects() if isinstance(effect, Fetch)]


def two_faced() -> tuple[Net, bytes, bytes]:
    """A has told B one thing and C another, and B and C do not know it yet."""
    net, twin = Net(A, B, C), Net(A, B, C)
    for each, other in ((net, C), (twin, B)):
        each.say(A, notice("the same to all"), B, C)
        each.disconnect(A, other)
        each.disconnect(B, C)
    frames: list[bytes] = []

    def tap(sender: str, receiver: str, frame: bytes) -> bytes:
        frames.extend([frame] if (sender, receiver) == (A, C) else [])
        return frame

    twin.tap = tap
    one, another = net.say(A, notice("to B"), B, C), twin.say(A, notice("to C"), B, C)
    for frame in frames:
        net.deliver(C, frame)
    net.settle()
    return net, one.digest, another.digest


@pytest.mark.threat("equivocation", defence="SEQ LOG", measure="two-faced posts found and proved")
def test_two_parties_find_and_prove_that_a_third_told_them_different_things() -> None:
    """REQ-FORK-2."""
    net, to_b, to_c = two_faced()
    assert not net[B].peers[A].forked and not net[C].peers[A].forked
    net.connect(B, C)
    assert alerts(net, B).count("SUSPECTED") == alerts(net, C).count("SUSPECTED") == 1
    net.go(1)
    for post in (B, C):
        assert net[post].peers[A].forked
        assert alerts(net, post).count("FORK") == kinds(net, post).count("fork") == 1
        assert [net.entry(post, digest).void for digest in (to_b, to_c)] == ["FORKED"] * 2
        same = next(entry for entry in net[post].book.entries.values() if entry.place == (1, 1) and entry.post == A)
        assert same.void == ""
        assert net[post].ledger.gaps.count(A) == 0
    assert net.errors == []
    comes_back(net)


@pytest.mark.threat("equivocation", defence="LOG", measure="proofs that verify")
def test_the_proof_is_two_heads_of_the_accused_with_the_links_that_show_it() -> None:
    net, _, _ = two_faced()
    net.connect(B, C)
    net.go(1)
    (proof,) = (record.fork for record in map(v1.Record.FromString, net.journal(C)) if record.HasField("fork"))
    first, second = (v1.Head.FromString(head.payload) for head in (proof.first, proof.second))
    assert first.log.post == second.log.post == A
    assert (proof.links.first, len(proof.links.links)) == (2, 1)
    assert proof.links.links[0].statement_digest != net[C].logs[A].links[1].statement_digest


def test_what_a_forked_post_says_clears_no_timer_until_its_next_epoch() -> None:
    """REQ-FORK-1."""
    net, _, _ = two_faced()
    net.connect(B, C)
    net.go(1)
    asked = net.say(B, notice("asked"), A, asks="READ")
    net.ack(A, asked.digest, v1.Read())
    assert "READ" not in net.stages(B, asked.digest, A)
    assert "DELIVERED" not in net.stages(B, asked.digest, A)
    assert net.entry(B, asked.digest).verdicts.get((A, v1.STAGE_READ)) is None
    comes_back(net)
    net.adopt(A, net.rotate(A, reason=v1.Closure.REASON_COMPROMISE))
    assert not net[B].peers[A].forked
    net.ack(A, asked.digest, v1.Read())
    net.go(6)
    assert net.stages(B, asked.digest, A)["READ"] == "READ"
    assert net.stages(B, asked.digest, A)["DELIVERED"] == "RECEIVED"
    outcomes = [verdict.outcome for verdict in net.entry(B, asked.digest).verdicts[A, v1.STAGE_READ]]
    assert outcomes == [v1.Verdict.OUTCOME_IN_TIME]
    comes_back(net)


def test_what_was_said_on_a_forked_log_stays_forked() -> None:
    net, to_b, to_c = two_faced()
    net.connect(B, C)
    net.go(1)
    closing = next(log for log in net[B].ledger.histories[A].branches(1) if to_b in log.place_of)
    net.adopt(B, net.rotate(A, closing.position(), v1.Closure.REASON_COMPROMISE, equip=False))
    assert [net.entry(B, digest).void for digest in (to_b, to_c)] == ["FORKED", "DISAVOWED"]
    comes_back(net)


@pytest.mark.threat("equivocation", defence="LOG", measure="accusations without proof, suspected only")
def test_a_third_partys_word_alone_proves_nothing() -> None:
    net = Net(A, B, C)
    net.say(A, notice("one"))
    false = v1.LogPosition(post=A, epoch=1, sequence=1, link_digest=b"x" * 32)
    net.deliver(C, net.frame(B, net[B].logs[B], beat=99, held=[false]))
    net.deliver(C, net.frame(B, net[B].logs[B], beat=100, held=[false]))
    assert [(fetch.peer, fetch.post, fetch.first, fetch.last) for fetch in asked_for(net, C)] == [(B, A, 1, 1)]
    net.settle()
    assert (net[C].peers[A].forked, alerts(net, C)) == (False, [])


# -- from another than its own post ------------------------------------------------------------------------------------


def test_a_log_comes_from_a_peer_that_holds_it_when_its_post_does_not_bring_it() -> None:
    """REQ-FORK-4."""
    net = Net(A, B, C)
    net.disconnect(A, C)
    sent = net.say(A, notice("round about"))
    assert sent.digest in net[B].book.entries and sent.digest not in net[C].book.entries
    net.go(14)
    assert sent.digest not in net[C].book.entries
    net.go(2)
    assert net.entry(C, sent.digest).place == (1, 1)
    net.go(1)
    assert net.stages(B, sent.digest, C)["DELIVERED"] == "RECEIVED"
    net.connect(A, C)
    assert net.stages(A, sent.digest, C)["DELIVERED"] == "RECEIVED"
    assert (net[A].peers[C].outstanding, net.errors) == ({}, [])
    comes_back(net)


def test_papers_come_with_what_is_fetched() -> None:
    net = Net(A, B, C)
    net.disconnect(A, C)
    net.adopt(A, net.rotate(A))
    sent = net.say(A, notice("round about"))
    net.go(20)
    assert (net.entry(C, sent.digest).place, net[C].trust.versions["AUS"]) == ((2, 1), 2)


def test_a_fetch_brings_the_asker_what_it_lacks_of_papers() -> None:
    net = Net(A, B, C)
    net.disconnect(B, C)
    net.say(A, notice())
    net.adopt(B, net.issue("CHN", lambda words: words.posts[0].officers.pop()))
    for asker, count in ((C, 0), ("", 4)):
        frame = v1.Frame.FromString(next(net[A].serve(A, 1, 1, asker=asker)))
        assert len(frame.directories) == count


@pytest.mark.threat("DoS by an authenticated peer", defence="SEQ", measure="dead members that delay nobody")
def test_a_dead_member_delays_nobody() -> None:
    net = Net(A, B, C)
    net.tap = lambda sender, receiver, frame: None if C in (sender, receiver) else frame
    for n in range(3):
        sent = net.say(A, notice(f"n{n}"), B, C)
        assert net.stages(A, sent.digest, B)["DELIVERED"] == "RECEIVED"
    assert len(net[A].peers[C].outstanding) == 3


def test_who_does_not_hold_it_is_asked_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(A, B)
    net.say(A, notice())
    far = v1.LogPosition(post=A, epoch=1, sequence=9, link_digest=b"x" * 32)
    net.disconnect()
    net.adopt(B, net.rotate(A, far, v1.Closure.REASON_KEY_LOST, equip=False))
    net.connect()
    asked: list[int] = []
    start_ns = net.now.mono_ns
    monkeypatch.setattr(net, "_serve", lambda *_: asked.append((net.now.mono_ns - start_ns) // NS_PER_S))
    net.go(250)
    assert sorted(set(asked)) == [15, 30, 60, 120, 240]
