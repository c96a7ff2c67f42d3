"""Worlds in which a hostile post lies about what it holds."""

from __future__ import annotations

import pytest
from tests.conftest import Figure

from hotline.protocol.greeting import Answer, Greeting
from hotline.protocol.heads import Opened
from hotline.protocol.instant import Instant
from hotline_sim.torture.campaign import run

LIARS = (7, 21, 31, 66)


@pytest.mark.threat("insider operator", defence="LOG", measure="Heads with lies about logs, nobody silenced")
def test_lies_about_logs_are_told_as_suspicion_and_silence_nobody(figure: Figure) -> None:
    worlds = [run(seed) for seed in LIARS]
    assert [world.violations for world in worlds] == [[]] * len(LIARS)
    assert all(world.effects["lie"] for world in worlds)
    figure(sum(world.effects["lie"] for world in worlds))


def test_a_node_that_believed_them_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    take = Greeting.take

    def believe(self: Greeting, opened: Opened, now: Instant) -> Answer:
        answer = take(self, opened, now)
        if answer.claimed is not None:
            self.proves(answer.claimed, opened.post)
        return answer

    monkeypatch.setattr(Greeting, "take", believe)
    (violation, *_) = run(7).violations
    assert violation.invariant == "I7" and "rolled back" in violation.words
