"""Presence: when somebody is at a post's watch position, when its node runs, when a line is whole. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from hotline_sim.scenario import Scenario
from hotline_sim.scenario.line import LineOutage, NodeOutage


class Presence:
    """Who is there and what works at a moment of a scenario. Times are milliseconds after its start."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._nodes = [outage for outage in scenario.outages if isinstance(outage, NodeOutage)]
        self._lines = [outage for outage in scenario.outages if isinstance(outage, LineOutage)]

    def is_up(self, post: str, time_ms: int) -> bool:
        """Whether a post's node runs."""
        return not any(outage.node == post and outage.holds(time_ms) for outage in self._nodes)

    def is_joined(self, post: str, peer: str, time_ms: int) -> bool:
        """Whether there is a line at all, two posts' nodes run and the line between them is whole."""
        is_cut = any({*outage.line} == {post, peer} and outage.holds(time_ms) for outage in self._lines)
        return self._scenario.hotline and not is_cut and self.is_up(post, time_ms) and self.is_up(peer, time_ms)

    def is_there(self, post: str, time_ms: int) -> bool:
        """Whether somebody sits at a post whose node runs."""
        return self._scenario.posts[post].is_manned(time_ms) and self.is_up(post, time_ms)

    def next_there_ms(self, post: str, time_ms: int) -> int | None:
        """The first moment, this one or later, at which somebody is there; None if nobody will be."""
        later = sorted(at_ms for at_ms in {*self._arrivals(post)} if at_ms > time_ms)
        return next((at_ms for at_ms in (time_ms, *later) if self.is_there(post, at_ms)), None)

    def staffing_changes_ms(self, post: str) -> list[int]:
        """When the watch of a post comes or goes."""
        spans = self._scenario.posts[post].manned or ()
        return sorted({at_ms for span in spans for at_ms in (span.from_ms, span.until_ms)} - {0})

    def line_changes_ms(self) -> list[int]:
        """When an outage begins or ends."""
        outages = self._scenario.outages
        return sorted({at_ms for outage in outages for at_ms in (outage.from_ms, outage.until_ms)} - {0})

    def _arrivals(self, post: str) -> Iterator[int]:
        yield from self.staffing_changes_ms(post)
        yield from (outage.until_ms for outage in self._nodes if outage.node == post)
