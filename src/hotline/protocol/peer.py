"""What this node knows of one peer, and what it still owes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hotline import v1
from hotline.protocol.instant import Instant
from hotline.protocol.ladder import Place
from hotline.protocol.receipts import Receipts

URGENT = frozenset({v1.PRECEDENCE_FLASH, v1.PRECEDENCE_IMMEDIATE})


@dataclass(slots=True)
class Peer:
    """One other post of the channel.

    Attributes:
        post: its id.
        up: whether the driver has a connection to it.
        since_ns: UTC since when that has been so.
        heard_mono_ns: when a new Head of its last came.
        silent: whether it has been silent for longer than agreed while up.
        forked: whether it signed two logs of its newest epoch.
        withdrawn: whether it has left the channel; it is sent nothing and nothing is awaited of it.
        skew_ns: by how much its clock was ahead of ours when its newest Head came, as far as that shows.
        epoch, beat: of its newest Head; zeroes before the first.
        staffed: what its newest Head says; None before the first.
        head: its newest Head, as signed.
        revision, directories: highest revision of the agreement and newest directories that its newest Head lists.
        hello: bytes we asked it to echo, while no fresh Head has come since the connection; empty when done.
        greeted: whether a fresh Head of its has come on this connection.
        echo: bytes that it asked us to echo, in every Head of ours until it has seen one that does.
        echo_beat: beat of the first Head of ours that echoes them; 0 before there is one.
        echoed: the last bytes whose echo it has seen; it need not be answered again.
        confirmed: sequence of our newest log up to which it holds every link.
        outstanding: our statements it has not receipted: precedence by place, of any epoch of ours.
        unsent: those of them to send at the next occasion.
        sent_mono_ns: when each of the others last went.
        receipts: what we have to say about its statements.
        retry_mono_ns: when what it has not confirmed is sent again; None when nothing is owed.
        retry_wait_ns: the wait before that.
        due: a Frame is owed even if nothing else is new.
    """

    post: str
    up: bool = False
    since_ns: int = 0
    heard_mono_ns: int = 0
    silent: bool = False
    forked: bool = False
    withdrawn: bool = False
    skew_ns: int = 0
    epoch: int = 0
    beat: int = 0
    staffed: bool | None = None
    head: v1.Envelope | None = None
    revision: int = 0
    directories: dict[str, int] = field(default_factory=dict)
    hello: bytes = b""
    greeted: bool = False
    echo: bytes = b""
    echo_beat: int = 0
    echoed: bytes = b""
    confirmed: int = 0
    outstanding: dict[Place, v1.Precedence.ValueType] = field(default_factory=dict)
    unsent: set[Place] = field(default_factory=set)
    receipts: Receipts = field(default_factory=Receipts)
    sent_mono_ns: dict[Place, int] = field(default_factory=dict)
    retry_mono_ns: int | None = None
    retry_wait_ns: int = 0
    due: bool = False

    def hear(self, envelope: v1.Envelope, head: v1.Head) -> None:
        """A newer Head of its than any before."""
        self.epoch, self.beat, self.staffed, self.head = head.log.epoch, head.beat, head.staffed, envelope
        self.lists(head)

    def lists(self, head: v1.Head) -> None:
        """What it holds of revisions and directories, by a Head that is newer than any before or known to be fresh."""
        self.revision = head.agreement_revision
        self.directories = {held.party: held.version for held in head.directories}

    def owe(self, place: Place, precedence: v1.Precedence.ValueType) -> None:
        """A statement of ours now stands in the log and must reach this peer."""
        self.outstanding[place] = precedence
        self.unsent.add(place)

    def settle(self, place: Place) -> None:
        """The peer has receipted a statement of ours, or is owed it no more."""
        self.outstanding.pop(place, None)
        self.sent_mono_ns.pop(place, None)
        self.unsent.discard(place)

    def renew(self) -> None:
        """Our own log goes on in another epoch, in which this peer holds nothing yet and has seen no beat."""
        self.confirmed, self.echo_beat, self.due = 0, 0, True

    def connect(self, hello: bytes, now: Instant) -> None:
        """A connection stands: ask for a fresh Head; everything unreceipted goes again after it."""
        self.up, self.since_ns, self.heard_mono_ns, self.silent = True, now.utc_ns, now.mono_ns, False
        self.hello, self.greeted, self.retry_wait_ns = hello, False, 0
        self.unsent, self.due = set(self.outstanding), True

    def asked(self, hello: bytes, seen: int) -> bool:
        """A Head of its asks for an echo, or for nothing, and has seen our Heads up to the beat `seen`.

        Returns:
            Whether a Head of ours is owed. Two nodes that both still ask a third one put a hello into every Head: each
            answers the other until its answer was seen, and no longer.
        """
        if 0 < self.echo_beat <= seen:
            self.echo, self.echo_beat, self.echoed = b"", 0, self.echo
        if not hello or hello == self.echoed:
            return False
        if hello != self.echo:
            self.echo, self.echo_beat = hello, 0
        return True

    def greet(self) -> None:
        """A fresh Head came: this connection may carry statements."""
        self.hello, self.greeted, self.due = b"", True, True
        if not self.outstanding:
            self.retry_mono_ns = None

    def disconnect(self, now: Instant) -> None:
        """The connection is gone."""
        self.up, self.since_ns, self.greeted, self.hello = False, now.utc_ns, False, b""
        self.retry_mono_ns = None

    def by_precedence(self) -> list[Place]:
        """Unsent places, highest precedence first, then in order."""
        return sorted(self.unsent, key=lambda place: (-self.outstanding[place], place))

    def sent(self, places: Iterable[Place], now: Instant, first_ns: int) -> None:
        """Statements went out now; look again after the wait whether they were receipted."""
        self.due = False
        for place in places:
            self.unsent.discard(place)
            self.sent_mono_ns[place] = now.mono_ns
        if self.retry_mono_ns is None and (self.outstanding or self.hello):
            self.retry_wait_ns = self.retry_wait_ns or first_ns
            self.retry_mono_ns = now.mono_ns + self.retry_wait_ns

    def retry(self, now: Instant, first_ns: int, max_ns: int, jitter: int) -> None:
        """Send again what has gone unreceipted for the whole wait, and double the wait up to the agreed maximum.

        What is FLASH or IMMEDIATE is tried at the first interval throughout. `jitter` (0..255) lengthens the wait by up
        to a quarter, so that two nodes do not fall into step.
        """
        late = {at for at in self.outstanding if self.sent_mono_ns.get(at, 0) + self.retry_wait_ns <= now.mono_ns}
        self.unsent |= late
        self.due = self.due or bool(late) or bool(self.hello)
        urgent = not URGENT.isdisjoint(self.outstanding.values())
        if urgent or not self.due:
            self.retry_wait_ns = first_ns
        else:
            self.retry_wait_ns = min(2 * self.retry_wait_ns, max_ns)
        waiting = bool(self.outstanding or self.hello)
        self.retry_mono_ns = now.mono_ns + self.retry_wait_ns + self.retry_wait_ns * jitter // 1024 if waiting else None


def earliest(times: Iterable[int | None]) -> int | None:
    """The smallest time that is set."""
    return min((time for time in times if time is not None), default=None)
