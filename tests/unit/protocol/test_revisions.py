"""Revisions of the agreement on a live line (spec 06, section 2)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kit import A, B, C, Net, notice
from tests.unit.protocol.lives import alerts, comes_back, draft, from_now, head

from hotline import v1
from hotline.protocol.effects import Alert
from hotline.protocol.errors import HotlineError, UsageError
from hotline.protocol.log import START as LOG_START


def test_a_revision_travels_and_comes_into_force_at_its_instant() -> None:
    """REQ-AGR-3."""
    net = Net(A, B)
    first = net.trust.agreement.digest
    adopted = net.adopt(A, net.revise(from_now(net, 30)))
    assert (adopted.state, adopted.version) == ("ADOPTED", 2)
    assert [len(net[post].trust.revisions.held) for post in (A, B)] == [2, 2]
    assert [alerts(net, post) for post in (A, B)] == [["AGREEMENT_CHANGED"]] * 2
    assert (head(net, A).agreement_digest, head(net, A).agreement_revision) == (first, 2)
    before = net.say(A, notice("before"))
    net.go(31)
    assert head(net, A).agreement_digest == net.trust.revisions.newest.digest
    after = net.say(A, notice("after"))
    digests = [net.entry(B, each.digest).said for each in (before, after)]
    assert [said.header.agreement_digest if said else b"" for said in digests] == [first, adopted.digest]
    assert net.errors == []
    comes_back(net)


def test_a_statement_under_another_revision_that_is_held_has_expired() -> None:
    net = Net(A, B)
    draft_of_old = net.sign(A, draft())
    net.adopt(A, net.revise(from_now(net)))
    with pytest.raises(UsageError, match="AGREEMENT_EXPIRED"):
        net[A].submit(draft_of_old, net.now)


def test_timers_keep_the_limits_with_which_they_were_armed() -> None:
    net = Net(A, B)
    old = net.say(A, notice("old"), asks="READ")

    def shorter(words: v1.Agreement) -> None:
        from_now(net)(words)
        for timer in words.timers:
            if timer.stage == v1.STAGE_READ:
                timer.limit.FromSeconds(7)

    net.adopt(A, net.revise(shorter))
    net.now = net.now.later(1_000_000)
    new = net.say(A, notice("new"), asks="READ")
    waits = net[A].ledger.waits
    limits = [waits.limits(sent.digest, B)[v1.STAGE_READ] // 1_000_000_000 for sent in (old, new)]
    assert limits[0] > limits[1] == 7


def test_of_two_revisions_with_one_number_the_first_stays_and_the_watch_is_told() -> None:
    """REQ-AGR-4."""
    net, other = Net(A, B), Net(A, B)
    net.adopt(A, net.revise(from_now(net, 5)))
    twin = other.revise(from_now(other, 6))
    with pytest.raises(HotlineError, match="AGREEMENT_FORK"):
        net.adopt(B, twin)
    net.settle()
    assert alerts(net, B) == ["AGREEMENT_CHANGED", "AGREEMENT_FORK"]


def parted(after_s: float) -> Net:
    """Two posts that hold two revisions with one number, in force after a while, and are then connected."""
    net, other = Net(A, B, connected=False), Net(A, B, connected=False)
    net.adopt(A, net.revise(from_now(net, after_s)))
    net.adopt(B, other.revise(from_now(other, after_s + 1)))
    net.go(5)
    net.desks[A].told.clear()
    net.desks[B].told.clear()
    net.connect()
    return net


def test_a_peer_that_holds_another_revision_is_noticed_before_that_is_in_force() -> None:
    """REQ-AGR-4."""
    net = parted(60)
    assert head(net, A).agreement_held_digest == net.trust.revisions.newest.digest
    assert head(net, A).agreement_held_digest != head(net, B).agreement_held_digest
    sent = net.say(A, notice())
    assert net.stages(A, sent.digest, B)["DELIVERED"] == "RECEIVED"
    net.go(30)
    assert [alerts(net, post) for post in (A, B)] == [["AGREEMENT_FORK"]] * 2
    assert net.errors == []
    comes_back(net)


def test_a_peer_under_another_revision_is_noticed_and_not_heard() -> None:
    """REQ-AGR-4."""
    net = parted(1)
    net.go(200)
    for post in (A, B):
        assert alerts(net, post).count("AGREEMENT_FORK") == 1
        assert net[post].counters["AGREEMENT_FORK"] > 1
    assert {error.code for _, error in net.errors} == {"AGREEMENT_FORK"}
    comes_back(net)


@pytest.mark.parametrize("in_force", [False, True])
def test_a_head_alone_shows_that_revisions_part(in_force: bool) -> None:
    """REQ-AGR-4."""
    net = Net(A, B)
    net.adopt(A, net.revise(from_now(net)))
    net.desks[B].told.clear()
    for beat, other in enumerate((bytes([1]) * 32, bytes([1]) * 32, bytes([2]) * 32), 90):
        names: dict[str, Any] = {"agreement_revision": 2, "agreement_held_digest": other}
        names |= {"agreement_digest": other} if in_force else {}
        net.deliver(B, net.frame(A, net[A].logs[A], beat, **names))
        net.settle()
    told = [each for each in net.desks[B].told if isinstance(each, Alert)]
    assert [(each.code, each.post) for each in told] == [("AGREEMENT_FORK", A)] * 2
    assert [(bytes([number]) * 32).hex() in each.detail for number, each in enumerate(told, 1)] == [True, True]
    assert [error.code for _, error in net.errors] == ["AGREEMENT_FORK"] * (3 if in_force else 0)


def test_a_head_that_names_a_revision_to_come_is_no_fork() -> None:
    net = Net(A, B)
    frame = net.frame(A, net[A].logs[A], 90, agreement_revision=2, agreement_held_digest=bytes(32))
    net.deliver(B, frame)
    assert (alerts(net, B), net.errors) == ([], [])


def test_a_party_that_leaves_is_sent_nothing_from_that_instant_on() -> None:
    net = Net(A, B, C)
    asked = net.say(A, notice(), B, C, asks="READ")

    def leave(words: v1.Agreement) -> None:
        from_now(net, 10)(words)
        words.parties.pop()

    net.adopt(A, net.revise(leave))
    assert not net[A].peers[C].withdrawn
    net.go(11)
    assert [net[post].peers[C].withdrawn for post in (A, B)] == [True, True]
    assert net.entry(A, asked.digest).verdicts[C, v1.STAGE_READ][-1].outcome == v1.Verdict.OUTCOME_MOOT
    comes_back(net)


def test_the_chain_starts_with_zeroes() -> None:
    net = Net(A, B)
    assert net[B].logs[A].digests == [LOG_START]
