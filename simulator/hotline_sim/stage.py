"""The stage of a live run: the director's actions done at the desks of real nodes, whatever clock these run on.

It plays the officers: it holds their keys, sees what their operator's service shows, signs and hands over. `live` lets
the clock run at a speed, `jump` moves it on as soon as nothing is left to do.
"""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import combinations
from typing import Protocol

from hotline.node.clock import Clock
from hotline.operator import v1 as operator
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import HotlineError, TransportError
from hotline.protocol.instant import NS_PER_MS
from hotline.protocol.statements import compose, sign_statement
from hotline_sim.actions import Action, Look, Man, Present, Reply, Rewire, Say
from hotline_sim.desks import Desk
from hotline_sim.director import Director
from hotline_sim.guests import NO_GUESTS, Guests
from hotline_sim.notebook import Notebook
from hotline_sim.plot import Plot
from hotline_sim.presence import Presence
from hotline_sim.progress import Progress
from hotline_sim.relay import Relays
from hotline_sim.rig import Rig
from hotline_sim.run import POSITION, Finished, Glance, Run, newest
from hotline_sim.scenario import Scenario
from hotline_sim.script import Script
from hotline_sim.standing import Standing, from_operator

POLL_S = 0.05


class Nodes(Protocol):
    """The nodes of a run, however they are run."""

    def check(self) -> None:
        """Raises TransportError NODE_UNREACHABLE if a node has ended by itself."""

    async def start(self, post: str) -> None:
        """Start a node where its journal left it."""

    async def end(self, post: str) -> None:
        """Stop a node."""


class Stage(ABC):
    """One live run on real nodes. Subclasses say how its time passes."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        speed: int,
        rig: Rig,
        nodes: Nodes,
        relays: Relays,
        clock: Clock,
        show: Callable[[Progress], None],
        guests: Guests = NO_GUESTS,
    ) -> None:
        """`speed`: see `Run.speed`."""
        self._guests, self._scenario, self._seed, self._speed = guests, scenario, seed, speed
        self._rig, self._nodes, self._relays, self._clock, self._show = rig, nodes, relays, clock, show
        self._director = Director(scenario, seed, Plot(scenario))
        self._script = Script(scenario, self._director.position)
        self._presence, self._notebook = Presence(scenario), Notebook(self._script)
        self._desks = {post: Desk(post, path, self._learn) for post, path in rig.sockets.items()}
        self._views: dict[str, dict[bytes, Standing]] = {post: {} for post in scenario.posts}
        self._wake = asyncio.Event()

    async def play(self) -> Finished:
        """Connect, watch, play the officers to the end, and take the transcripts."""
        try:
            await self._begin()
            await self._perform()
            return await self._finish()
        finally:
            await asyncio.gather(*(desk.close() for desk in self._desks.values()), return_exceptions=True)

    # -- time -------------------------------------------------------------------------------------------

    @abstractmethod
    async def _begin(self) -> None:
        """Have every desk open and every line heard, and be at T+00:00:00."""

    @abstractmethod
    async def _perform(self) -> None:
        """Let the director's actions happen when they are due, until the scenario ends."""

    @abstractmethod
    async def _settle(self) -> None:
        """Let everything that follows from what was done happen, where time waits for that."""

    @property
    def _now_ms(self) -> int:
        return (self._clock.now().utc_ns - self._scenario.meta.start_utc_ns) // NS_PER_MS

    def _check(self) -> None:
        """Raises what ended a node or a watch."""
        self._nodes.check()
        for desk in self._desks.values():
            desk.check()

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
        """Cut the lines and end the nodes that are to be down now; start and join those that are to be up again."""
        at_ms = max(self._now_ms, 0)
        pairs = list(combinations(self._desks, 2))
        whole = [pair for pair in pairs if self._presence.is_joined(*pair, at_ms)]
        self._join([pair for pair in pairs if pair not in whole], False)
        await self._settle()
        for post, desk in self._desks.items():
            is_up = self._presence.is_up(post, at_ms)
            if desk.is_open and not is_up:
                await desk.close()
                await self._nodes.end(post)
                self._note(post, "NODE_DOWN", "the node stops")
            elif is_up and not desk.is_open:
                await self._start(post)
                self._note(post, "NODE_UP", "the node starts again from its journal")
        await self._settle()
        self._join(whole, True)
        await self._settle()

    def _join(self, pairs: list[tuple[str, str]], is_whole: bool) -> None:
        """Join or cut the lines that relays of ours carry."""
        for one, other in pairs:
            if self._relays.join(one, other, is_whole) and self._are_up(one, other):
                self._note(one, "JOINED" if is_whole else "CUT", f"the line to {other}")

    def _are_up(self, *posts: str) -> bool:
        return all(self._presence.is_up(post, max(self._now_ms, 0)) for post in posts)

    async def _start(self, post: str) -> None:
        """Start a node that is down, and sit down there if somebody is there."""
        desk = self._desks[post]
        if desk.is_open:
            return
        await self._nodes.start(post)
        while not await desk.open():
            self._nodes.check()
            await asyncio.sleep(POLL_S)
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
