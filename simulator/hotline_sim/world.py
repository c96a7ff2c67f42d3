"""The virtual world: one Endpoint per post in one process, in virtual time. Nothing here waits or reads a clock.

The same scenario and seed give the same bytes on every machine: keys are the published ones, identifiers are drawn, and
whatever happens at one time happens in one order: arrivals, then timers, then the director.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from hotline.journal import MemoryJournal
from hotline.keys import published_signer
from hotline.protocol.effects import Alert, Changed, Effect, Fetch, Journal, Send
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.errors import HotlineError, PeerDataError, UsageError
from hotline.protocol.identifiers import SeededIdentifiers
from hotline.protocol.instant import NS_PER_MS, Instant
from hotline.protocol.statements import sign_statement
from hotline.protocol.transcript import assemble
from hotline_sim.actions import Action, Look, Man, Present, Reply, Rewire, Say
from hotline_sim.channel import open_channel
from hotline_sim.director import Director
from hotline_sim.network import FetchAt, FrameTo, Network, Parcel
from hotline_sim.notebook import Notebook
from hotline_sim.plot import Plot
from hotline_sim.presence import Presence
from hotline_sim.run import POSITION, Finished, Glance, Run
from hotline_sim.scenario import Scenario
from hotline_sim.script import Script
from hotline_sim.standing import Standing, from_view


@dataclass(slots=True)
class _Seat:
    """A post in the world: its core, its journal, how often its node started, and the peers it is joined to."""

    endpoint: Endpoint
    journal: MemoryJournal
    starts: int = 1
    joined: set[str] = field(default_factory=set)


class World:
    """One run in virtual time; `play` once."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._scenario, self._seed, self._now_ns = scenario, seed, 0
        self._channel = open_channel(scenario, published_signer)
        self._director, self._presence = Director(scenario, seed, Plot(scenario)), Presence(scenario)
        self._script, self._network = Script(scenario, self._director.position), Network(scenario, seed)
        self._notebook = Notebook(self._script)
        self._seats = {post: self._seat(post) for post in scenario.posts}
        self._down: set[str] = set()

    def play(self) -> Finished:
        """The whole scenario, from its first to its last moment."""
        self._open()
        end_ns = self._scenario.meta.duration_ms * NS_PER_MS
        while (next_ns := self._next_ns()) is not None and next_ns <= end_ns:
            self._now_ns = max(next_ns, self._now_ns)
            self._step()
        self._now_ns = end_ns
        views = {post: dict(self._views(post)) for post in self._seats}
        run = Run(
            scenario=self._scenario,
            seed=self._seed,
            speed=None,
            now_ms=self._now_ms,
            lines=dict(self._script.lines),
            views=views,
            notes=tuple(self._notebook.notes),
            glances=dict(self._notebook.glances),
            happenings=tuple(self._director.log),
            ways=self._director.ways,
        )
        return Finished(run, self._channel.trust.agreement, {post: self._transcript(post) for post in self._seats})

    # -- time ----------------------------------------------------------------------------------------

    @property
    def _now(self) -> Instant:
        return Instant(self._now_ns, self._scenario.meta.start_utc_ns + self._now_ns)

    @property
    def _now_ms(self) -> int:
        return self._now_ns // NS_PER_MS

    def _next_ns(self) -> int | None:
        arrives_ms = self._network.next_time_ms()
        times = [] if arrives_ms is None else [arrives_ms * NS_PER_MS]
        times += [due for _, seat in self._running() if (due := seat.endpoint.next_deadline()) is not None]
        end_ms = self._scenario.meta.duration_ms
        self._director.run_up(min([time // NS_PER_MS for time in times], default=end_ms))
        acts_ms = self._director.next_time_ms()
        return min([*times, acts_ms * NS_PER_MS] if acts_ms is not None else times, default=None)

    def _step(self) -> None:
        for sent in self._network.arrived(self._now_ms):
            self._deliver(sent.parcel)
        for post, seat in self._running():
            due = seat.endpoint.next_deadline()
            if due is not None and due <= self._now_ns:
                seat.endpoint.on_deadline(self._now)
                self._settle(post)
        for action in self._director.advance(self._now_ms):
            self._act(action)

    # -- posts ---------------------------------------------------------------------------------------

    def _seat(self, post: str) -> _Seat:
        return _Seat(self._endpoint(post, 1, ()), MemoryJournal())

    def _endpoint(self, post: str, start: int, records: Iterable[bytes]) -> Endpoint:
        """A post's core as its journal left it; no start repeats the identifiers of another."""
        seed = f"{self._seed} {post}" if start == 1 else f"{self._seed} {post} start {start}"
        identifiers, signer = SeededIdentifiers(seed.encode()), self._channel.nodes[post]
        return Endpoint.restore(post, self._channel.trust, signer, identifiers, records, self._now)

    def _running(self) -> list[tuple[str, _Seat]]:
        return [(post, seat) for post, seat in self._seats.items() if post not in self._down]

    def _open(self) -> None:
        """Staff the watch floors and put the lines up."""
        self._down = {post for post in self._seats if not self._presence.is_up(post, 0)}
        for post, seat in self._running():
            if self._presence.is_there(post, 0):
                seat.endpoint.staff(POSITION, True, self._now)
        for post, _ in self._running():
            self._join(post)
            self._settle(post)

    def _join(self, post: str) -> None:
        """Let a post's node notice which peers it is connected to now."""
        seat = self._seats[post]
        whole = {peer for peer in seat.endpoint.peers if self._presence.is_joined(post, peer, self._now_ms)}
        for peer in seat.endpoint.peers:
            if (peer in whole) != (peer in seat.joined):
                seat.endpoint.link(peer, peer in whole, self._now)
        seat.joined = whole

    def _rewire(self) -> None:
        """A line or a node goes down or comes up: what is on its way over it is lost, and both ends notice."""
        for post in self._seats:
            self._power(post)
        for one, other in combinations(self._seats, 2):
            was, is_whole = self._is_joined(one, other), self._presence.is_joined(one, other, self._now_ms)
            if was and not is_whole:
                self._network.cut(one, other)
            if was != is_whole and not self._down & {one, other}:
                self._note(one, "JOINED" if is_whole else "CUT", f"the line to {other}")
        for post, _ in self._running():
            self._join(post)
            self._settle(post)

    def _is_joined(self, one: str, other: str) -> bool:
        return other in self._seats[one].joined or one in self._seats[other].joined

    def _power(self, post: str) -> None:
        """A node goes down where it stands, or starts again from its journal and knows nothing else."""
        is_up, seat = self._presence.is_up(post, self._now_ms), self._seats[post]
        if is_up != (post in self._down):
            return
        if not is_up:
            self._down.add(post)
            self._note(post, "NODE_DOWN", "the node stops")
            return
        self._down.discard(post)
        seat.starts += 1
        seat.endpoint, seat.joined = self._endpoint(post, seat.starts, seat.journal.records()), set()
        if self._presence.is_there(post, self._now_ms):
            seat.endpoint.staff(POSITION, True, self._now)
        self._note(post, "NODE_UP", "the node starts again from its journal")

    def _transcript(self, post: str) -> bytes:
        """What the post's node would export now."""
        records, trust = self._seats[post].journal.records(), self._channel.trust
        return assemble(records, trust, self._channel.nodes[post], post, self._now)

    def _views(self, post: str) -> Iterator[tuple[bytes, Standing]]:
        endpoint = self._seats[post].endpoint
        for digest, entry in endpoint.book.entries.items():
            yield digest, from_view(endpoint.view(entry))

    # -- the network ---------------------------------------------------------------------------------

    def _deliver(self, parcel: Parcel) -> None:
        if (parcel.server if isinstance(parcel, FetchAt) else parcel.receiver) in self._down:
            return
        if isinstance(parcel, FetchAt):
            self._serve(parcel)
            return
        try:
            self._seats[parcel.receiver].endpoint.receive(parcel.frame, self._now, server=parcel.server)
        except PeerDataError as error:
            self._note(parcel.receiver, "REFUSED", str(error))
        self._settle(parcel.receiver)

    def _serve(self, asked: FetchAt) -> None:
        server = self._seats[asked.server].endpoint
        try:
            frames = server.serve(asked.log, asked.first, asked.last, asked.epoch, asked.asker)
        except UsageError:
            return  # not held: the asker asks again
        for frame in frames:
            self._send(asked.server, asked.asker, FrameTo(asked.asker, frame, asked.server))

    def _send(self, sender: str, receiver: str, parcel: Parcel) -> None:
        if not self._network.send(sender, receiver, parcel, self._now_ms):
            names = self._script.names_in(parcel.frame) if isinstance(parcel, FrameTo) else []
            if names:  # a lost Head is sent again with the next, and changes nothing that people notice
                self._note(sender, "LOST", f"{', '.join(names)} to {receiver}: lost on the way, will be sent again")

    def _settle(self, post: str) -> None:
        """Carry out what a core wants, in its order."""
        for effect in self._seats[post].endpoint.take_effects():
            self._carry_out(post, effect)

    def _carry_out(self, post: str, effect: Effect) -> None:
        match effect:
            case Journal(record=record):
                self._seats[post].journal.append([record])
            case Send(peer=peer, frame=frame):
                self._send(post, peer, FrameTo(peer, frame))
            case Fetch(peer=peer, post=log, epoch=epoch, first=first, last=last):
                self._send(post, peer, FetchAt(peer, post, log, epoch, first, last))
            case Changed(digest=digest):
                self._tell_director(post, digest)
            case Alert(code=code, digest=digest, detail=detail):
                self._notebook.alert(self._now_ms, post, code, digest, detail)

    def _tell_director(self, post: str, digest: bytes) -> None:
        """Let the director know what a post has learned of something that people deal with."""
        endpoint = self._seats[post].endpoint
        standing = from_view(endpoint.view(endpoint.book.entries[digest]))
        subject = self._notebook.changed(self._now_ms, post, standing)
        if subject is not None:
            self._director.on_view(post, subject, standing, self._now_ms)

    # -- what happens --------------------------------------------------------------------------------

    def _act(self, action: Action) -> None:
        match action:
            case Present():
                self._present(action)
            case Say() | Reply():
                self._say(action)
            case Man(post=post, is_manned=is_manned):
                self._man(post, is_manned)
            case Rewire():
                self._rewire()
            case Look():
                self._look(action)
        if isinstance(action, Present | Say | Reply | Man) and action.post not in self._down:
            self._settle(action.post)

    def _man(self, post: str, is_manned: bool) -> None:
        self._note(post, "MANNED" if is_manned else "LEFT", "the watch floor")
        if post not in self._down:
            self._seats[post].endpoint.staff(POSITION, is_manned, self._now)

    def _present(self, action: Present) -> None:
        digest = self._script.digest(action.subject)
        self._seats[action.post].endpoint.present(digest, POSITION, self._now)
        self._director.on_presented(action.post, action.subject, action.at_ms)

    def _say(self, action: Say | Reply) -> None:
        endpoint, officers = self._seats[action.post].endpoint, self._channel.officers[action.post]
        if action.post in self._down:
            self._note(action.post, "NOT_SAID", f"{action.message}: the node is down")
            return
        try:
            seen = endpoint.book.newest(self._script.thread_of(action))
            statement = endpoint.compose(self._script.draft(action, seen), self._now)
            envelope = sign_statement(statement, *(officers[name] for name in self._script.signers_of(action)))
            self._script.note(action, endpoint.submit(envelope, self._now).digest)
        except HotlineError as error:
            self._note(action.post, "NOT_SAID", f"{action.message}: {error}")

    def _look(self, action: Look) -> None:
        """Note how every message and line stands now."""
        messages = {}
        for name, message in self._scenario.messages.items():
            endpoint, digest = self._seats[message.from_post].endpoint, self._script.digest_if_said(name)
            if digest in endpoint.book.entries:
                messages[name] = from_view(endpoint.view(endpoint.book.entries[digest]))
        lines = {post: seat.endpoint.line() for post, seat in self._seats.items()}
        self._notebook.glances[action.at_ms] = Glance(
            messages=messages,
            lines={(post, peer.post): peer.state for post, line in lines.items() for peer in line.peers},
            suspended={post: frozenset(each.party for each in line.suspensions) for post, line in lines.items()},
        )

    def _note(self, post: str, what: str, words: str) -> None:
        self._notebook.add(self._now_ms, post, what, words)
