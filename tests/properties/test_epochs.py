"""Three posts through any interleaving of statements, cut lines, restarts and changes of epoch: when the line heals,
everybody holds everything, nothing was refused, and every journal gives back its Endpoint."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kit import A, B, C, Net, notice
from tests.unit.protocol.lives import comes_back

POSTS = (A, B, C)


class Story:
    """A net, and everything that was ever submitted on it."""

    def __init__(self, seed: int) -> None:
        self.net, self.random, self.said = Net(*POSTS, seed=seed), Random(seed), 0
        self.submitted: list[tuple[str, bytes]] = []
        self.acts: tuple[Callable[[], object], ...] = (
            self.say,
            self.say,
            self.rotate,
            self.cut,
            self.mend,
            self.fall,
            self.go,
        )

    def step(self) -> None:
        self.random.choice(self.acts)()

    def post(self) -> str:
        return self.random.choice(POSTS)

    def pair(self) -> list[str]:
        return self.random.sample(POSTS, 2)

    def say(self) -> None:
        post, self.said = self.post(), self.said + 1
        sent = self.net.say(post, notice(f"statement {self.said}"))
        self.submitted.append((post, sent.digest))

    def rotate(self) -> None:
        post = self.post()
        if self.net[post].trust.versions == self.net.trust.versions or self.newest(post):
            self.net.adopt(post, self.net.rotate(post))

    def newest(self, post: str) -> bool:
        """Whether a post holds the newest directory of its own party, as it does when its registrar sits beside it."""
        party = self.net.trust.parties[post]
        return self.net[post].trust.versions[party] == self.net.trust.versions[party]

    def cut(self) -> None:
        self.net.disconnect(*self.pair())

    def mend(self) -> None:
        self.net.connect(*self.pair())

    def fall(self) -> None:
        self.net.restart(self.post())

    def go(self) -> None:
        self.net.go(self.random.choice((1, 7, 20)))

    def heal(self) -> None:
        self.net.connect()
        self.net.go(400)


@pytest.mark.threat("deletion / loss", defence="DUR SEQ", measure="drawn stories of three posts, nothing lost")
@pytest.mark.threat(
    "partition / asymmetric", defence="SEQ TMO", measure="drawn partitions and restarts, healed and settled"
)
@given(st.integers(0, 2**32))
@settings(max_examples=12, deadline=None)
def test_whatever_happens_everybody_holds_everything_in_the_end(seed: int) -> None:
    story = Story(seed)
    for _ in range(30):
        story.step()
    story.heal()
    net = story.net
    assert net.errors == []
    for holder in POSTS:
        for post, digest in story.submitted:
            entry = net.entry(holder, digest)
            assert (entry.post, entry.void, entry.refused) == (post, "", "")
            assert entry.place == net.entry(post, digest).place != (0, 0)
        assert net[holder].trust.versions == net.trust.versions
        assert all(not peer.outstanding and not peer.forked for peer in net[holder].peers.values())
        assert net[holder].ledger.gaps.count(holder) == 0
    comes_back(net)
