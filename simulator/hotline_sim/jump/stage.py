"""A live run whose clock stands still while anything is under way, and then jumps to what is due next.

Nodes, keys, mutual TLS, journals and operator's services are those of any live run. Only the clock is the run's: all
nodes are in this process, have it instead of the one that the agreement's formula gives, and see no time pass between
a cause and what follows from it at once. So a run takes as long as its work, and nothing in it depends on how fast the
machine is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

from hotline.operator import v1 as operator
from hotline.protocol.effects import Send
from hotline.protocol.errors import TransportError
from hotline.protocol.instant import NS_PER_MS
from hotline_sim.jump.clock import MovedClock
from hotline_sim.jump.nodes import NodesHere
from hotline_sim.jump.told import Telling
from hotline_sim.jump.traffic import Traffic
from hotline_sim.progress import Progress
from hotline_sim.relay import Relays
from hotline_sim.rig import Rig, build_rig, relayed
from hotline_sim.run import JUMPS, Finished
from hotline_sim.scenario import Scenario
from hotline_sim.stage import Stage

_FRAME_S = 0.1
_LOOK_S = 0.002
_QUIET_S = 120.0
"""Real seconds after which nodes that do not come to rest are given up: far more than any call of theirs takes."""


async def play_jump(scenario: Scenario, seed: int, show: Callable[[Progress], None]) -> Finished:
    """Run a scenario on real nodes in this process, as fast as they get their work done.

    Args:
        scenario: what to run.
        seed: of the officers' delays, and of the line's delay and loss.
        show: hears how it goes, about ten times a second; must not take long.

    Raises:
        TransportError: NODE_UNREACHABLE if a node ends, or they do not come to rest.
    """
    with TemporaryDirectory(prefix="hotline-") as folder:
        show(Progress("making keys and certificates, signing the agreement"))
        rig = build_rig(scenario, Path(folder), 1, scenario.meta.start_utc_ns)
        async with Relays(rig.addresses, combinations(scenario.posts, 2)) as relays:
            return await _JumpStage(scenario, seed, rig, relays, show).play()


class _JumpStage(Stage):
    """A stage that moves the clock."""

    def __init__(
        self, scenario: Scenario, seed: int, rig: Rig, relays: Relays, show: Callable[[Progress], None]
    ) -> None:
        self._moved = MovedClock(scenario.meta.start_utc_ns)
        self._traffic = Traffic(scenario, seed, self._moved, self._lost)
        self._here = NodesHere(relayed(rig, relays), rig.logs, self._moved, self._traffic.put, self._traffic.lands)
        self._telling: dict[str, Telling] = {}
        self._shown_s = 0.0
        super().__init__(scenario, seed, JUMPS, rig, self._here, relays, self._moved, show)

    async def play(self) -> Finished:
        """See `Stage.play`."""
        async with self._here:
            return await super().play()

    async def _begin(self) -> None:
        """As in virtual time: floors are staffed first, then the nodes hear of their lines."""
        for pair in combinations(self._desks, 2):
            self._relays.join(*pair, self._presence.is_joined(*pair, 0))
        await asyncio.gather(*(self._start(post) for post in self._desks if self._presence.is_up(post, 0)))
        await self._settle()

    async def _perform(self) -> None:
        end_ns = self._scenario.meta.duration_ms * NS_PER_MS
        while (next_ns := self._next_ns()) is not None and next_ns <= end_ns:
            self._moved.move_to(next_ns)
            for node in self._here.running.values():
                node.driver.look_again()
            await self._settle()
            for action in self._director.advance(self._moved.ms):
                await self._act(action)
                await self._settle()
            self._show_sometimes()
        self._moved.move_to(end_ns)
        self._director.sail_to(self._scenario.meta.duration_ms)

    def _next_ns(self) -> int | None:
        """When something is next due: a Frame, a deadline of a node, or what people do."""
        arrives_ms = self._traffic.next_ms
        times = [] if arrives_ms is None else [arrives_ms * NS_PER_MS]
        deadlines = [node.driver.endpoint.next_deadline() for node in self._here.running.values()]
        times += [due_ns for due_ns in deadlines if due_ns is not None]
        end_ms = self._scenario.meta.duration_ms
        self._director.run_up(min([time_ns // NS_PER_MS for time_ns in times], default=end_ms))
        acts_ms = self._director.next_time_ms()
        return min([*times, acts_ms * NS_PER_MS] if acts_ms is not None else times, default=None)

    # -- rest -------------------------------------------------------------------------------------------

    async def _settle(self) -> None:
        """Let everything happen that follows at this moment of the exercise, until nothing is under way any more."""
        until_s = time.monotonic() + _QUIET_S
        while unrest := next(self._unrest(), ""):
            self._check()
            if time.monotonic() > until_s:
                raise TransportError("NODE_UNREACHABLE", f"no rest within {_QUIET_S:.0f} s: {unrest}")
            if not any(self._unsettled_lines()):
                for node in self._here.running.values():
                    node.hear_of_lines()
            self._pass_on()
            await self._stir()

    def _pass_on(self) -> None:
        """Put onto its connection what has waited long enough on the exercise's line.

        One after the other, each when the one before has been dealt with: what comes together goes into one batch of a
        node, and which does would depend on the machine.
        """
        works = self._traffic.is_flying or any(not node.is_idle for node in self._here.running.values())
        if works or not self._traffic.is_due:
            return
        sender, effect = self._traffic.pop()
        node = self._here.running.get(sender)
        if node is not None and node.pass_on(effect) and isinstance(effect, Send):
            self._traffic.takes_off(sender, effect)

    async def _stir(self) -> None:
        """Until something has come, or for a moment."""
        self._traffic.stirred.clear()
        alarm = asyncio.get_running_loop().call_later(_LOOK_S, self._traffic.stirred.set)
        await self._traffic.stirred.wait()
        alarm.cancel()

    def _unrest(self) -> Iterator[str]:
        """What is not at rest yet, in words."""
        if self._traffic.is_due:
            yield "a Frame is due"
        if self._traffic.is_flying:
            yield "a Frame is on a connection"
        for post, node in self._here.running.items():
            telling, endpoint = self._telling.get(post), node.driver.endpoint
            if not node.is_idle:
                yield f"the node of {post} works"
            if telling is None or not telling.is_over:
                yield f"the desk of {post} has not heard everything"
            if bool(endpoint.positions) != self._desks[post].is_staffed:
                yield f"the desk of {post} is being taken or left"
            if node.has_news:
                yield f"the node of {post} has not heard of its lines"
        yield from self._unsettled_lines()

    def _unsettled_lines(self) -> Iterator[str]:
        """Lines that have been joined or cut, and whose connections do not show it yet."""
        for post, node in self._here.running.items():
            for peer in node.driver.endpoint.peers:
                if node.stands(peer) != self._relays.is_whole(post, peer):
                    yield f"the line from {post} to {peer} is being joined or cut"

    # -- what the posts learn ---------------------------------------------------------------------------

    def _learn(self, post: str, change: operator.WatchResponse) -> None:
        if change.ready:
            self._telling[post] = Telling(self._here.running[post])
        elif post in self._telling:
            self._telling[post].heard(change)
        super()._learn(post, change)
        self._traffic.stirred.set()

    def _join(self, pairs: list[tuple[str, str]], is_whole: bool) -> None:
        for pair in pairs if not is_whole else ():
            self._traffic.cut(*pair)
        super()._join(pairs, is_whole)

    async def _start(self, post: str) -> None:
        if not self._desks[post].is_open:
            self._telling.pop(post, None)
        await super()._start(post)

    def _lost(self, sender: str, receiver: str, frame: bytes) -> None:
        names = self._script.names_in(frame) if frame else []
        if names:
            self._note(sender, "LOST", f"{', '.join(names)} to {receiver}: lost on the way, will be sent again")

    def _show_sometimes(self) -> None:
        if time.monotonic() - self._shown_s >= _FRAME_S:
            self._show(Progress("", self._run()))
            self._shown_s = time.monotonic()
