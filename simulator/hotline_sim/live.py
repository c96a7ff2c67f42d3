"""A live run: real nodes, each a process with its own keys and mutual TLS, under the same director as in virtual time.

Its clock runs at the speed that the agreement names, so it takes its duration divided by that. See `jump` for a run
that does not wait.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hotline.node.clock import clock_of
from hotline.protocol.errors import TransportError, UsageError
from hotline.protocol.instant import NS_PER_S
from hotline_sim.guests import NO_GUESTS, Guests
from hotline_sim.nodes import NodeProcesses
from hotline_sim.progress import Progress
from hotline_sim.relay import Relays
from hotline_sim.rig import Rig, build_rig, relayed
from hotline_sim.run import Finished
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.line import LineOutage
from hotline_sim.stage import POLL_S, Stage

SPEED_MAX = 600
_LEADS_S = (5, 15, 45)  # real seconds from the first key to T+00:00:00: more, if the machine was too slow
_FRAME_S = 0.1


class _TooSlowError(Exception):
    """The nodes were not ready when the scenario began."""


async def play_live(
    scenario: Scenario, seed: int, speed: int, show: Callable[[Progress], None], guests: Guests = NO_GUESTS
) -> Finished:
    """Run a scenario on real nodes; takes its duration divided by `speed`, and a few seconds.

    Args:
        scenario: what to run.
        seed: of the officers' delays; the network is the real loopback, without the scenario's delay and loss.
        speed: exercise seconds per real second, 1 to `SPEED_MAX`.
        show: hears how it goes, about ten times a second; must not take long.
        guests: posts whose nodes somebody else starts, in a mixed run.

    Nodes that go down are ended and started again; a line that is cut at times goes over relays.

    Raises:
        UsageError: SPEED_INVALID; VIRTUAL_ONLY for a scenario with an outage of a guest's node or line.
        TransportError: NODE_UNREACHABLE.
    """
    if not 1 <= speed <= SPEED_MAX:
        raise UsageError("SPEED_INVALID", f"a live run has a speed from 1 to {SPEED_MAX}, not {speed}")
    if guests.posts:
        guests.check(scenario)
        return await _mixed(scenario, seed, speed, guests, show)
    for lead_s in _LEADS_S:
        try:
            return await _attempt(scenario, seed, speed, lead_s, show)
        except _TooSlowError:
            show(Progress(f"the nodes needed more than {lead_s} s to start; once more, with more time"))
    raise TransportError("NODE_UNREACHABLE", f"the nodes were not ready within {_LEADS_S[-1]} s")


async def _attempt(
    scenario: Scenario, seed: int, speed: int, lead_s: int, show: Callable[[Progress], None]
) -> Finished:
    with TemporaryDirectory(prefix="hotline-") as folder:
        show(Progress("making keys and certificates, signing the agreement"))
        rig = build_rig(scenario, Path(folder), speed, time.time_ns() + lead_s * NS_PER_S)
        return await _play(scenario, seed, speed, rig, show)


async def _mixed(
    scenario: Scenario, seed: int, speed: int, guests: Guests, show: Callable[[Progress], None]
) -> Finished:
    """Lay the site out where the guests find it, and give them until T+00:00:00 to be there."""
    rig = build_rig(scenario, guests.site, speed, time.time_ns() + guests.lead_s * NS_PER_S)
    guests.invite(rig)
    show(Progress(f"waiting for the nodes of {', '.join(sorted(guests.posts))}: {guests.how(rig)}"))
    try:
        return await _play(scenario, seed, speed, rig, show, guests)
    except _TooSlowError as error:
        raise TransportError("NODE_UNREACHABLE", f"no node of a guest within {guests.lead_s} s") from error


async def _play(
    scenario: Scenario,
    seed: int,
    speed: int,
    rig: Rig,
    show: Callable[[Progress], None],
    guests: Guests = NO_GUESTS,
) -> Finished:
    """Start the nodes that are ours, and the relays that they need."""
    lines = sorted({outage.line for outage in scenario.outages if isinstance(outage, LineOutage)})
    async with Relays(rig.addresses, lines) as relays:
        configs = {post: path for post, path in relayed(rig, relays).items() if post not in guests.posts}
        show(Progress(f"starting {len(configs)} nodes"))
        async with NodeProcesses(configs, rig.logs) as nodes:
            clock = clock_of(rig.channel.trust.agreement.message)
            return await _PacedStage(scenario, seed, speed, rig, nodes, relays, clock, show, guests).play()


class _PacedStage(Stage):
    """A stage whose time passes by itself."""

    _shown_s = 0.0

    async def _begin(self) -> None:
        for desk in self._desks.values():
            while not await desk.open():
                await self._wait_for_start()
        await self._ready()

    async def _settle(self) -> None:
        """Nothing waits: time passes by itself."""

    async def _wait_for_start(self) -> None:
        """A moment for the nodes to get ready. Raises _TooSlowError when there is none left."""
        if self._now_ms >= 0:
            raise _TooSlowError
        self._check()
        await asyncio.sleep(POLL_S)

    async def _ready(self) -> None:
        """Wait until every node has heard every other, and then for the scenario's start."""
        while not await self._all_heard():
            await self._wait_for_start()
        for post, desk in self._desks.items():
            if self._presence.is_there(post, 0) and not self._guests.has_people(post):
                await desk.sit()
        while self._now_ms < 0:
            self._check()
            self._show(Progress("every node has heard every other; waiting for T+00:00:00", self._run()))
            await asyncio.sleep(_FRAME_S)
        await self._rewire()

    async def _all_heard(self) -> bool:
        peers = [peer for desk in self._desks.values() for peer in (await desk.client.describe()).peers]
        return all(peer.state in ("OPEN", "DEGRADED") and peer.HasField("staffed") for peer in peers)

    async def _perform(self) -> None:
        end_ms = self._scenario.meta.duration_ms
        while (now_ms := self._now_ms) < end_ms:
            self._check()
            for action in self._director.advance(now_ms):
                await self._act(action)
            self._show_sometimes()
            await self._pause(end_ms)
        self._director.sail_to(end_ms)

    def _show_sometimes(self) -> None:
        """Drawing takes longer than answering: a picture a frame is enough."""
        if time.monotonic() - self._shown_s >= _FRAME_S:
            self._show(Progress("", self._run()))
            self._shown_s = time.monotonic()

    async def _pause(self, end_ms: int) -> None:
        """Until something is due, a node has told something, or the next picture is to be shown."""
        due_ms = min(self._director.next_time_ms() or end_ms, end_ms)
        seconds = min(max(due_ms - self._now_ms, 0) / 1000 / self._speed, _FRAME_S)
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
