"""What a peer says to hold of our own log: a lie silences nobody, our own key proves the truth (REQ-HELLO-2, 3)."""

from __future__ import annotations

import pytest
from tests.kit import A, B, C, Net, flash, notice
from tests.unit.protocol.lives import alerts

from hotline import v1
from hotline.protocol.envelope import HEAD, sign

FETCH_AFTER_S = 15


def lies(net: Net, sender: str, receiver: str, data: bytes) -> bytes:
    """B says to A, in Heads by its own key, that it holds one link more of A's log than there is."""
    if (sender, receiver) != (B, A):
        return data
    frame = v1.Frame.FromString(data)
    head = v1.Head.FromString(frame.head.payload)
    for held in head.held:
        if held.post == A:
            held.sequence, held.link_digest = net[A].logs[A].sequence + 1, b"x" * 32
    frame.head.CopyFrom(sign(HEAD, head.SerializeToString(deterministic=True), net.desks[B].signer))
    return frame.SerializeToString()


def net_of_a_liar() -> Net:
    net = Net(A, B, C)
    net.tap = lambda sender, receiver, data: lies(net, sender, receiver, data)
    return net


@pytest.mark.threat("insider operator", defence="LOG", measure="lies about a node's own log, FLASH goes to others")
def test_a_lie_about_its_log_does_not_silence_a_node_that_speaks() -> None:
    net = net_of_a_liar()
    net.say(A, notice())
    net.disconnect(A, B)
    net.connect(A, B)
    told = net.say(A, flash(), C, precedence="FLASH")
    assert (told.state, net[A].rolled_back, net.stages(A, told.digest, C)) == (
        "SEALED",
        False,
        {"DELIVERED": "RECEIVED"},
    )
    net.go(3_600)
    assert alerts(net, A).count("SUSPECTED") == 1 and "ROLLED_BACK" not in alerts(net, A)
    assert net.say(A, flash(), C, precedence="FLASH").state == "SEALED"


def test_a_lie_after_a_start_delays_a_node_for_as_long_as_a_proof_may_take() -> None:
    net = net_of_a_liar()
    net.restart(A)
    net.connect(A, B)
    told = net.say(A, flash(), C, precedence="FLASH")
    net.connect(A, C)
    net.go(FETCH_AFTER_S - 1)
    assert (told.state, net[A].confirmed) == ("WAITING", False)
    net.go(1)
    assert (net[A].confirmed, net.stages(A, told.digest, C)) == (True, {"DELIVERED": "RECEIVED"})


def test_who_alone_answers_and_lies_is_told_nothing_new() -> None:
    """There is nobody else to hear it; the statement waits, durably."""
    net = net_of_a_liar()
    net.disconnect(A, C)
    net.restart(A)
    net.connect(A, B)
    assert net.say(A, notice()).state == "WAITING"
    net.go(3_600)
    assert (net[A].confirmed, net[A].rolled_back) == (False, False)


@pytest.mark.threat("restore / rollback", defence="LOG", measure="proofs of a rollback that came late, nothing sealed")
def test_a_true_claim_is_proved_though_its_first_proof_is_lost_and_another_peer_knows_less() -> None:
    net = Net(A, B, C)
    net.say(A, notice("kept"))
    keep = len(net.journal(A))
    net.disconnect(A, C)
    net.say(A, notice("lost"))
    net.restart(A, keep=keep)
    net.tap = lambda sender, receiver, data: None if _is_of(A, data) and sender == B else data
    net.connect(A, B)
    net.connect(A, C)
    assert net.say(A, notice("other")).state == "WAITING"
    net.tap = None
    net.go(FETCH_AFTER_S)
    assert (net[A].rolled_back, net[A].confirmed, net[A].logs[A].sequence) == (True, False, 1)
    assert net.errors == []


def _is_of(post: str, data: bytes) -> bool:
    """Whether a Frame carries a Head of this post."""
    return v1.Head.FromString(v1.Frame.FromString(data).head.payload).log.post == post


def test_a_head_of_our_own_that_shows_no_loss_changes_nothing() -> None:
    net = Net(A, B)
    net.say(A, notice())
    own = net[A].current_frame()
    assert own is not None
    before = len(net.journal(A))
    net.deliver(A, own, server=B)
    assert (net.errors, net[A].rolled_back, len(net.journal(A))) == ([], False, before)
    net.deliver(A, own)
    assert [error.code for _, error in net.errors] == ["OWN_HEAD"]
