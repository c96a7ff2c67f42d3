"""The virtual world: one Endpoint per post in one process, in virtual time. Nothing here waits or reads a clock.

The same scenario and seed give the same bytes on every machine: keys are the published ones, identifiers are drawn, and
whatever happens at one time happens in one order: arrivals, then timers, then the director.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hotline.journal import MemoryJournal
from hotline.keys import published_signer
from hotline.protocol.effects import Alert, Changed, Effect, Fetch, Journal, Send
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.errors import HotlineError, PeerDataError, UsageError
from hotline.protocol.identifiers import SeededIdentifiers
from hotline.protocol.instant import NS_PER_MS, Instant
from hotline.protocol.statements import sign_statement
from hotline.protocol.transcript import assemble
from hotline_sim.channel import open_channel
from hotline_sim.director import Action, Director, Present, Reply, Say
from hotline_sim.network import FetchAt, FrameTo, Network, Parcel
from hotline_sim.plot import Plot
from hotline_sim.run import POSITION, SHOWN_BY_STAGES, Finished, Note, Run
from hotline_sim.scenario import Scenario
from hotline_sim.script import Script
from hotline_sim.standing import Standing, from_view


@dataclass(slots=True)
class _Seat:
    """A post in the world: its core and its journal."""

    endpoint: Endpoint
    journal: MemoryJournal


class World:
    """One run in virtual time; `play` once."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._scenario, self._seed, self._now_ns = scenario, seed, 0
        self._channel = open_channel(scenario, published_signer)
        self._director = Director(scenario, seed, Plot(scenario))
        self._script, self._network = Script(scenario), Network(scenario, seed)
        self._notes: list[Note] = []
        self._seats = {post: self._seat(post) for post in scenario.posts}

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
            notes=tuple(self._notes),
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
        whole_ms = [self._network.next_time_ms(), self._director.next_time_ms()]
        times = [time_ms * NS_PER_MS for time_ms in whole_ms if time_ms is not None]
        times += [due for seat in self._seats.values() if (due := seat.endpoint.next_deadline()) is not None]
        return min(times, default=None)

    def _step(self) -> None:
        for parcel in self._network.arrived(self._now_ms):
            self._deliver(parcel)
        for post, seat in self._seats.items():
            due = seat.endpoint.next_deadline()
            if due is not None and due <= self._now_ns:
                seat.endpoint.on_deadline(self._now)
                self._settle(post)
        for action in self._director.advance(self._now_ms):
            self._act(action)

    # -- posts ---------------------------------------------------------------------------------------

    def _seat(self, post: str) -> _Seat:
        identifiers = SeededIdentifiers(f"{self._seed} {post}".encode())
        endpoint = Endpoint(post, self._channel.trust, self._channel.nodes[post], identifiers, self._now)
        return _Seat(endpoint, MemoryJournal())

    def _open(self) -> None:
        """Staff the watch floors and put the lines up."""
        for post, seat in self._seats.items():
            if self._scenario.posts[post].staffed:
                seat.endpoint.staff(POSITION, True, self._now)
            for peer in seat.endpoint.peers:
                seat.endpoint.link(peer, True, self._now)
            self._settle(post)

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
        if isinstance(parcel, FetchAt):
            self._serve(parcel)
            return
        try:
            self._seats[parcel.receiver].endpoint.receive(parcel.frame, self._now)
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
            self._send(asked.server, asked.asker, FrameTo(asked.asker, frame))

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
            case Alert(code=code, detail=detail) if code not in SHOWN_BY_STAGES:
                self._note(post, code, detail)

    def _tell_director(self, post: str, digest: bytes) -> None:
        """Let the director know what a post has learned of a message of the scenario."""
        message = self._script.message_of(digest)
        if message is None:
            return
        endpoint = self._seats[post].endpoint
        standing = from_view(endpoint.view(endpoint.book.entries[digest]))
        self._director.on_view(post, message, standing, self._now_ms)

    # -- officers ------------------------------------------------------------------------------------

    def _act(self, action: Action) -> None:
        if isinstance(action, Present):
            self._present(action)
        else:
            self._say(action)
        self._settle(action.post)

    def _present(self, action: Present) -> None:
        endpoint = self._seats[action.post].endpoint
        digest = self._script.digest(action.message)
        endpoint.present(digest, POSITION, self._now)
        self._director.on_presented(action.post, action.message, action.at_ms)

    def _say(self, action: Say | Reply) -> None:
        endpoint, officers = self._seats[action.post].endpoint, self._channel.officers[action.post]
        try:
            seen = endpoint.book.newest(self._script.thread_of(action))
            statement = endpoint.compose(self._script.draft(action, seen), self._now)
            envelope = sign_statement(statement, *(officers[name] for name in self._script.signers_of(action)))
            self._script.note(action, endpoint.submit(envelope, self._now).digest)
        except HotlineError as error:
            self._note(action.post, "NOT_SAID", f"{action.message}: {error}")

    def _note(self, post: str, what: str, words: str) -> None:
        self._notes.append(Note(self._now_ms, post, what, words))
