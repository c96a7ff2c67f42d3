"""Where logs stand, as a transcript shows it."""

from __future__ import annotations

import pytest
from tests.kit import A, B, Net, notice

from hotline.agreements.positions import Positions
from hotline.protocol.errors import PeerDataError, UsageError


@pytest.fixture(scope="module")
def net() -> Net:
    """A has said three things."""
    net = Net()
    for number in range(3):
        net.say(A, notice(f"divers {number}"))
    return net


@pytest.mark.parametrize("holder", [A, B])
def test_the_newest_position_of_a_log_is_that_of_its_own_head(net: Net, holder: str) -> None:
    named = Positions(net.transcript(holder)).newest(A, 1)
    assert named.position == net[A].ledger.own.position()
    assert named.by == A
    assert Positions(net.transcript(holder)).channel == net.trust.agreement.channel


def test_an_earlier_position_follows_from_the_links(net: Net) -> None:
    positions = Positions(net.transcript(B))
    for sequence in range(4):
        named = positions.at(A, 1, sequence)
        assert named.position.link_digest == net[A].ledger.own.digests[sequence]
        assert (named.position.sequence, named.by) == (sequence, A)


def test_what_is_not_in_a_transcript_cannot_be_named(net: Net) -> None:
    positions = Positions(net.transcript(B))
    with pytest.raises(UsageError, match=r"NOT_HELD: .*epoch 2 of AUS"):
        positions.newest(A, 2)
    with pytest.raises(UsageError, match=r"NOT_HELD: link 4 in epoch 1"):
        positions.at(A, 1, 4)
    with pytest.raises(PeerDataError, match="TRANSCRIPT_"):
        Positions(b"no transcript")


def test_a_node_that_was_rolled_back_learns_from_its_peer_how_far_its_log_went() -> None:
    net = Net()
    net.say(A, notice("kept"))
    kept = len(net.journal(A))
    net.say(A, notice("lost"))
    furthest = net[A].ledger.own.position()
    net.restart(A, keep=kept)
    net.connect()
    assert net[A].ledger.own.sequence == 1
    named = Positions(net.transcript(A)).newest(A, 1)
    assert (named.position, named.by) == (furthest, B)
