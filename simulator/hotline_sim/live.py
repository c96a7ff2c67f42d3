"""A live run: real nodes, each a process with its own keys and mutual TLS, under the same director as in virtual time.

This module plays the officers: it holds their keys, sees what their operator's service shows, signs and hands over. The
only module of the simulator that knows the node's code.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from tempfile import TemporaryDirectory

from hotline.node.client import OperatorClient
from hotline.node.clock import Clock, clock_of
from hotline.operator import v1 as operator
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import HotlineError, TransportError, UsageError
from hotline.protocol.instant import NS_PER_MS, NS_PER_S
from hotline.protocol.statements import compose, sign_statement
from hotline_sim.director import Action, Director, Present, Reply, Say
from hotline_sim.nodes import NodeProcesses
from hotline_sim.plot import Plot
from hotline_sim.progress import Progress
from hotline_sim.rig import Rig, build_rig
from hotline_sim.run import POSITION, SHOWN_BY_STAGES, Finished, Note, Run, newest
from hotline_sim.scenario import Scenario
from hotline_sim.script import Script
from hotline_sim.standing import Standing, from_operator

SPEED_MAX = 600
_LEADS_S = (5, 15, 45)  # real seconds from the first key to T+00:00:00: more, if the machine was too slow
_FRAME_S = 0.1
_POLL_S = 0.05


class _TooSlowError(Exception):
    """The nodes were not ready when the scenario began."""


async def play_live(scenario: Scenario, seed: int, speed: int, show: Callable[[Progress], None]) -> Finished:
    """Run a scenario on real nodes; takes its duration divided by `speed`, and a few seconds.

    Args:
        scenario: what to run.
        seed: of the officers' delays; the network is the real loopback, without the scenario's delay and loss.
        speed: exercise seconds per real second, 1 to `SPEED_MAX`.
        show: hears how it goes, about ten times a second; must not take long.

    Raises:
        UsageError: SPEED_INVALID.
        TransportError: NODE_UNREACHABLE.
    """
    if not 1 <= speed <= SPEED_MAX:
        raise UsageError("SPEED_INVALID", f"a live run has a speed from 1 to {SPEED_MAX}, not {speed}")
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
        show(Progress(f"starting {len(rig.configs)} nodes"))
        async with NodeProcesses(rig.configs, rig.logs) as nodes:
            return await _Stage(scenario, seed, speed, rig, nodes, show).play()


class _Stage:
    """One live run on nodes that have been started."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        speed: int,
        rig: Rig,
        nodes: NodeProcesses,
        show: Callable[[Progress], None],
    ) -> None:
        self._scenario, self._seed, self._speed = scenario, seed, speed
        self._rig, self._nodes, self._show = rig, nodes, show
        self._clock: Clock = clock_of(rig.channel.trust.agreement.message)
        self._director, self._script = Director(scenario, seed, Plot(scenario)), Script(scenario)
        self._clients: dict[str, OperatorClient] = {}
        self._views: dict[str, dict[bytes, Standing]] = {post: {} for post in scenario.posts}
        self._notes: list[Note] = []
        self._wake = asyncio.Event()
        self._shown_s = 0.0

    async def play(self) -> Finished:
        """Connect, watch, play the officers to the end, and take the transcripts."""
        async with AsyncExitStack() as stack:
            for post, path in self._rig.sockets.items():
                self._clients[post] = await stack.enter_async_context(await self._connect(path))
            watching = [asyncio.create_task(self._watch(post)) for post in self._clients]
            try:
                await self._ready(watching)
                await self._perform(watching)
                return await self._finish()
            finally:
                for task in watching:
                    task.cancel()
                await asyncio.gather(*watching, return_exceptions=True)

    # -- time -------------------------------------------------------------------------------------------

    @property
    def _now_ms(self) -> int:
        return (self._clock.now().utc_ns - self._scenario.meta.start_utc_ns) // NS_PER_MS

    def _check(self, watching: list[asyncio.Task[None]]) -> None:
        """Raises what ended a node or a watch."""
        self._nodes.check()
        for task in watching:
            if task.done():
                task.result()

    async def _connect(self, path: Path) -> OperatorClient:
        while self._now_ms < 0:
            self._nodes.check()
            try:
                return await OperatorClient.connect(path)
            except TransportError:
                await asyncio.sleep(_POLL_S)
        raise _TooSlowError

    async def _ready(self, watching: list[asyncio.Task[None]]) -> None:
        """Wait until every node has heard every other, and then for the scenario's start."""
        while not await self._all_heard():
            if self._now_ms >= 0:
                raise _TooSlowError
            self._check(watching)
            await asyncio.sleep(_POLL_S)
        while self._now_ms < 0:
            self._check(watching)
            self._show(Progress("every node has heard every other; waiting for T+00:00:00", self._run()))
            await asyncio.sleep(_FRAME_S)

    async def _all_heard(self) -> bool:
        peers = [peer for client in self._clients.values() for peer in (await client.describe()).peers]
        return all(peer.state in ("OPEN", "DEGRADED") and peer.HasField("staffed") for peer in peers)

    async def _perform(self, watching: list[asyncio.Task[None]]) -> None:
        """Let the director's actions happen when they are due, until the scenario ends."""
        end_ms = self._scenario.meta.duration_ms
        while (now_ms := self._now_ms) < end_ms:
            self._check(watching)
            for action in self._director.advance(now_ms):
                await self._act(action)
            self._show_sometimes()
            await self._pause(end_ms)

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

    async def _finish(self) -> Finished:
        self._show(Progress("exporting the transcripts", self._run()))
        for post, client in self._clients.items():
            self._views[post] = {view.digest: from_operator(view) for view in await client.list()}
        transcripts = {post: await client.export() for post, client in self._clients.items()}
        return Finished(self._run(), self._rig.channel.trust.agreement, transcripts)

    def _run(self) -> Run:
        return Run(
            scenario=self._scenario,
            seed=self._seed,
            speed=self._speed,
            now_ms=min(self._now_ms, self._scenario.meta.duration_ms),
            lines=dict(self._script.lines),
            views={post: dict(views) for post, views in self._views.items()},
            notes=tuple(self._notes),
        )

    # -- what the posts learn -----------------------------------------------------------------------------

    async def _watch(self, post: str) -> None:
        """Keep a post's watch floor: staffed, if the scenario says so, and seeing whatever changes."""
        position = POSITION if self._scenario.posts[post].staffed else ""
        async with aclosing(self._clients[post].watch(position)) as changes:
            async for change in changes:
                self._learn(post, change)
                self._wake.set()

    def _learn(self, post: str, change: operator.WatchResponse) -> None:
        at_ms = (change.at.ToNanoseconds() - self._scenario.meta.start_utc_ns) // NS_PER_MS
        if change.HasField("alert") and change.alert.code not in SHOWN_BY_STAGES:
            self._notes.append(Note(at_ms, post, change.alert.code, change.alert.detail))
        elif change.HasField("message"):
            standing = from_operator(change.message)
            self._views[post][standing.digest] = standing
            message = self._script.message_of(standing.digest)
            if message is not None:
                self._director.on_view(post, message, standing, at_ms)

    # -- officers -----------------------------------------------------------------------------------------

    async def _act(self, action: Action) -> None:
        if isinstance(action, Present):
            await self._clients[action.post].present(self._script.digest(action.message), POSITION)
            self._director.on_presented(action.post, action.message, action.at_ms)
            return
        try:
            await self._say(action)
        except HotlineError as error:
            if isinstance(error, TransportError):
                raise
            self._notes.append(Note(self._now_ms, action.post, "NOT_SAID", f"{action.message}: {error}"))

    async def _say(self, action: Say | Reply) -> None:
        """Compose, sign and hand over. The digest is noted first: news of the statement may come before the answer."""
        channel, officers = self._rig.channel, self._rig.channel.officers[action.post]
        seen = newest(self._views[action.post].values(), self._script.thread_of(action))
        draft = self._script.draft(action, seen)
        statement = compose(draft, channel.trust, action.post, secrets.token_bytes(16), self._clock.now())
        envelope = sign_statement(statement, *(officers[name] for name in self._script.signers_of(action)))
        self._script.note(action, digest_of(envelope))
        try:
            await self._clients[action.post].submit(envelope)
        except UsageError:
            self._script.forget(action)
            raise
