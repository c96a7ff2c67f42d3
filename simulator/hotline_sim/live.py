"""A live run: real nodes, each a process with its own keys and mutual TLS, under the same director as in virtual time.

This module plays the officers: it holds their keys, sees what their operator's service shows, signs and hands over.
With `hotline_sim.desks` it is all of the simulator that knows the node's code.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hotline.node.clock import Clock, clock_of
from hotline.operator import v1 as operator
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import HotlineError, TransportError, UsageError
from hotline.protocol.instant import NS_PER_MS, NS_PER_S
from hotline.protocol.statements import compose, sign_statement
from hotline_sim.actions import Action, Look, Man, Present, Reply, Rewire, Say
from hotline_sim.desks import Desk
from hotline_sim.director import Director
from hotline_sim.guests import NO_GUESTS, Guests
from hotline_sim.nodes import NodeProcesses
from hotline_sim.notebook import Notebook
from hotline_sim.plot import Plot
from hotline_sim.presence import Presence
from hotline_sim.progress import Progress
from hotline_sim.rig import Rig, build_rig
from hotline_sim.run import POSITION, Finished, Glance, Run, newest
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.line import LineOutage
from hotline_sim.script import Script
from hotline_sim.standing import Standing, from_operator

SPEED_MAX = 600
_LEADS_S = (5, 15, 45)  # real seconds from the first key to T+00:00:00: more, if the machine was too slow
_FRAME_S = 0.1
_POLL_S = 0.05


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

    Nodes that go down are ended and started again. A cut line between two of them is not for live runs: each node
    listens at one address for all its peers, so one line cannot be cut from outside without the others.

    Raises:
        UsageError: SPEED_INVALID; VIRTUAL_ONLY for a scenario with a line outage, or one of a guest's node.
        TransportError: NODE_UNREACHABLE.
    """
    if any(isinstance(outage, LineOutage) for outage in scenario.outages):
        raise UsageError("VIRTUAL_ONLY", f"{scenario.meta.id} cuts a line between two posts; only virtual time can")
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
        show(Progress(f"starting {len(rig.configs)} nodes"))
        async with NodeProcesses(rig.configs, rig.logs) as nodes:
            return await _Stage(scenario, seed, speed, rig, nodes, show).play()


async def _mixed(
    scenario: Scenario, seed: int, speed: int, guests: Guests, show: Callable[[Progress], None]
) -> Finished:
    """Lay the site out where the guests find it, and give them until T+00:00:00 to be there."""
    rig = build_rig(scenario, guests.site, speed, time.time_ns() + guests.lead_s * NS_PER_S)
    guests.invite(rig)
    show(Progress(f"waiting for the nodes of {', '.join(sorted(guests.posts))}: {guests.how(rig)}"))
    own = {post: config for post, config in rig.configs.items() if post not in guests.posts}
    try:
        async with NodeProcesses(own, rig.logs) as nodes:
            return await _Stage(scenario, seed, speed, rig, nodes, show, guests).play()
    except _TooSlowError as error:
        raise TransportError("NODE_UNREACHABLE", f"no node of a guest within {guests.lead_s} s") from error


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
        guests: Guests = NO_GUESTS,
    ) -> None:
        self._guests = guests
        self._scenario, self._seed, self._speed = scenario, seed, speed
        self._rig, self._nodes, self._show = rig, nodes, show
        self._clock: Clock = clock_of(rig.channel.trust.agreement.message)
        self._director = Director(scenario, seed, Plot(scenario))
        self._script = Script(scenario, self._director.position)
        self._presence, self._notebook = Presence(scenario), Notebook(self._script)
        self._desks = {post: Desk(post, path, self._learn) for post, path in rig.sockets.items()}
        self._views: dict[str, dict[bytes, Standing]] = {post: {} for post in scenario.posts}
        self._wake = asyncio.Event()
        self._shown_s = 0.0

    async def play(self) -> Finished:
        """Connect, watch, play the officers to the end, and take the transcripts."""
        try:
            for desk in self._desks.values():
                while not await desk.open():
                    await self._wait_for_start()
            await self._ready()
            await self._perform()
            return await self._finish()
        finally:
            await asyncio.gather(*(desk.close() for desk in self._desks.values()), return_exceptions=True)

    # -- time -------------------------------------------------------------------------------------------

    @property
    def _now_ms(self) -> int:
        return (self._clock.now().utc_ns - self._scenario.meta.start_utc_ns) // NS_PER_MS

    def _check(self) -> None:
        """Raises what ended a node or a watch."""
        self._nodes.check()
        for desk in self._desks.values():
            desk.check()

    async def _wait_for_start(self) -> None:
        """A moment for the nodes to get ready. Raises _TooSlowError when there is none left."""
        if self._now_ms >= 0:
            raise _TooSlowError
        self._check()
        await asyncio.sleep(_POLL_S)

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
        """Let the director's actions happen when they are due, until the scenario ends."""
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

    async def _finish(self) -> Finished:
        """A node that is still down is started once more, for its transcript."""
        self._show(Progress("exporting the transcripts", self._run()))
        for post in self._desks:
            await self._start(post)
        for post, desk in self._desks.items():
            self._views[post] = {view.digest: from_operator(view) for view in await desk.client.list()}
        transcripts = {post: await desk.client.export() for post, desk in self._desks.items()}
        return Finished(self._run(), self._rig.channel.trust.agreement, transcripts)

    def _run(self) -> Run:
        return Run(
            scenario=self._scenario,
            seed=self._seed,
            speed=self._speed,
            now_ms=min(self._now_ms, self._scenario.meta.duration_ms),
            lines=dict(self._script.lines),
            views={post: dict(views) for post, views in self._views.items()},
            notes=tuple(self._notebook.notes),
            glances=dict(self._notebook.glances),
            happenings=tuple(self._director.log),
            ways=self._director.ways,
        )

    # -- what the posts learn -----------------------------------------------------------------------------

    def _learn(self, post: str, change: operator.WatchResponse) -> None:
        at_ms = (change.at.ToNanoseconds() - self._scenario.meta.start_utc_ns) // NS_PER_MS
        if change.HasField("alert"):
            self._notebook.alert(at_ms, post, change.alert.code, change.alert.digest, change.alert.detail)
        elif change.HasField("message"):
            standing = from_operator(change.message)
            self._views[post][standing.digest] = standing
            subject = self._notebook.changed(at_ms, post, standing)
            if subject is not None:
                self._director.on_view(post, subject, standing, at_ms)
        self._wake.set()

    # -- what happens -------------------------------------------------------------------------------------

    async def _act(self, action: Action) -> None:
        if self._guests.plays_themselves(action):
            return
        match action:
            case Present():
                await self._desks[action.post].client.present(self._script.digest(action.subject), POSITION)
                self._director.on_presented(action.post, action.subject, action.at_ms)
            case Say() | Reply():
                await self._try_to_say(action)
            case Man():
                await self._man(action.post, action.is_manned)
            case Rewire():
                await self._rewire()
            case Look():
                await self._look(action)

    async def _man(self, post: str, is_manned: bool) -> None:
        desk = self._desks[post]
        self._note(post, "MANNED" if is_manned else "LEFT", "the watch floor")
        if desk.is_open:
            await (desk.sit() if is_manned else desk.leave())

    async def _rewire(self) -> None:
        """End the nodes that are to be down now, and start those that are to be up again."""
        for post, desk in self._desks.items():
            is_up = self._presence.is_up(post, max(self._now_ms, 0))
            if desk.is_open and not is_up:
                await desk.close()
                await self._nodes.end(post)
                self._note(post, "NODE_DOWN", "the node stops")
            elif is_up and not desk.is_open:
                await self._start(post)
                self._note(post, "NODE_UP", "the node starts again from its journal")

    async def _start(self, post: str) -> None:
        """Start a node that is down, and sit down there if somebody is there."""
        desk = self._desks[post]
        if desk.is_open:
            return
        await self._nodes.start(post)
        while not await desk.open():
            self._nodes.check()
            await asyncio.sleep(_POLL_S)
        if self._presence.is_there(post, self._now_ms):
            await desk.sit()

    async def _try_to_say(self, action: Say | Reply) -> None:
        try:
            await self._say(action)
        except HotlineError as error:
            if isinstance(error, TransportError) and self._desks[action.post].is_open:
                raise
            self._note(action.post, "NOT_SAID", f"{action.message}: {error}")

    async def _say(self, action: Say | Reply) -> None:
        """Compose, sign and hand over. The digest is noted first: news of the statement may come before the answer."""
        channel, officers = self._rig.channel, self._rig.channel.officers[action.post]
        seen = newest(self._views[action.post].values(), self._script.thread_of(action))
        draft = self._script.draft(action, seen)
        statement = compose(draft, channel.trust, action.post, secrets.token_bytes(16), self._clock.now())
        envelope = sign_statement(statement, *(officers[name] for name in self._script.signers_of(action)))
        self._script.note(action, digest_of(envelope))
        try:
            await self._desks[action.post].client.submit(envelope)
        except HotlineError:
            self._script.forget(action)
            raise

    async def _look(self, action: Look) -> None:
        """Note how every message and line stands now."""
        messages: dict[str, Standing] = {}
        lines: dict[tuple[str, str], str] = {}
        suspended: dict[str, frozenset[str]] = {}
        for post, desk in self._desks.items():
            if not desk.is_open:
                continue
            told = await desk.client.describe()
            lines.update({(post, peer.post): peer.state for peer in told.peers})
            suspended[post] = frozenset(each.party for each in told.suspensions)
            for view in await desk.client.list():
                name = self._script.message_of(view.digest)
                if name is not None and self._scenario.messages[name].from_post == post:
                    messages[name] = from_operator(view)
        self._notebook.glances[action.at_ms] = Glance(messages, lines, suspended)

    def _note(self, post: str, what: str, words: str) -> None:
        self._notebook.add(self._now_ms, post, what, words)
