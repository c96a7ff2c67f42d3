"""Posts that come and go while the line is open (REQ-DIR-4)."""

from __future__ import annotations

import pytest
from tests.kit import A, B, C, Net, notice
from tests.unit.protocol.lives import comes_back, draft, head

from hotline import v1
from hotline.agreements.following import withdraw
from hotline.protocol.effects import Rewire
from hotline.protocol.errors import UsageError
from hotline.protocol.instant import NS_PER_S, to_timestamp

D = "AUS:second-watch"


def test_a_withdrawn_post_is_awaited_no_more_and_what_it_said_stays() -> None:
    """REQ-DIR-4."""
    net = Net(A, B, C)
    said = net.say(C, notice("said"))
    asked = net.say(A, notice("asked"), B, C, asks="READ")
    last = net[C].logs[C].position()
    net.adopt(A, net.issue("JPN", withdraw(C, last, net.now.utc_ns)))
    verdicts = net.entry(A, asked.digest).verdicts
    assert verdicts[C, v1.STAGE_READ][-1].outcome == v1.Verdict.OUTCOME_MOOT
    assert (B, v1.STAGE_READ) not in verdicts
    assert (net.entry(A, said.digest).void, net[A].peers[C].withdrawn, C in net[A].trust.posts) == ("", True, False)
    sent: list[str] = []

    def tap(_: str, receiver: str, frame: bytes) -> bytes:
        sent.append(receiver)
        return frame

    net.tap = tap
    net.say(A, notice("not for C"), B)
    assert C not in sent
    assert C not in [held.post for held in head(net, A).held]
    assert any(isinstance(told, Rewire) for told in net.desks[A].told)
    comes_back(net)


def test_a_post_that_was_withdrawn_speaks_no_more() -> None:
    net = Net(A, B, C)
    words = net.sign(C, draft())
    net.adopt(C, net.issue("JPN", withdraw(C, net[C].logs[C].position(), net.now.utc_ns)))
    with pytest.raises(UsageError, match="NOT_ITS_POST"):
        net[C].submit(words, net.now)


def test_a_new_post_is_a_peer_and_is_owed_our_newest_log() -> None:
    net = Net(A, B)
    before = net.say(A, notice("before"), B)
    net.adopt(A, net.join(D))
    assert set(net[B].peers) == {A, D}
    assert net[A].peers[D].outstanding == {(1, 1): v1.PRECEDENCE_IMMEDIATE}
    net.connect()
    after = net.say(D, notice("after"), A, B)
    net.go(1)
    assert [net.entry(D, each.digest).place for each in (before, after)] == [(1, 1), (1, 1)]
    assert net.stages(D, after.digest, B) == {"DELIVERED": "RECEIVED"}
    assert any(isinstance(told, Rewire) for told in net.desks[B].told)
    assert net.errors == []
    net.desks.pop(D)
    comes_back(net)


def test_a_new_post_fetches_the_epochs_before_its_time() -> None:
    net = Net(A, B)
    old = net.say(A, notice("old"), B)
    net.adopt(A, net.rotate(A))
    net.adopt(A, net.join(D))
    net.connect()
    net.go(20)
    assert net.entry(D, old.digest).place == (1, 1)


def test_wiring_is_of_the_posts_that_are_there() -> None:
    """A post leaves it by its directory, and by a revision that does not name its party, when that comes into force."""
    net = Net(A, B, C)
    assert set(net[A].wiring) == {A, B, C}
    assert net[A].wiring[C] == (net.trust.posts[C].endpoint, net.trust.pins[C])
    leaves_ns = net.now.utc_ns + 60 * NS_PER_S

    def without_c(words: v1.Agreement) -> None:
        words.parties.remove(next(party for party in words.parties if party.id == "JPN"))
        getattr(words.in_force, "from").CopyFrom(to_timestamp(leaves_ns))

    net.adopt(A, net.revise(without_c))
    net.desks[A].told.clear()
    net.go(59)
    assert set(net[A].wiring) == {A, B, C}
    assert not any(isinstance(told, Rewire) for told in net.desks[A].told)
    net.go(2)
    assert set(net[A].wiring) == {A, B}
    assert any(isinstance(told, Rewire) for told in net.desks[A].told)
