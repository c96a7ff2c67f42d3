"""The line: how each peer stands, who does not answer dialogue, who keeps radio silence, who has the watch (spec 07).

`Line` folds the statements that say so, its own tests among them; what it answers is a function of which of them are
held and count, in whatever order they came. `STATES` is the table of the peers' states; the specification's is
generated from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from google.protobuf.message import Message

from hotline import v1
from hotline.protocol import line_tests
from hotline.protocol.book import Book, Entry
from hotline.protocol.gaps import Gaps
from hotline.protocol.instant import Instant, from_timestamp
from hotline.protocol.log import PostLog
from hotline.protocol.peer import Peer
from hotline.protocol.trust import Trust, party_of

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Suspension:
    """A party that does not answer dialogue.

    Attributes:
        party: which.
        since_ns: UTC from which it does not.
        by: the post that said so.
        reason: in its words.
        statement: digest of the ChannelStatus.
    """

    party: str
    since_ns: int
    by: str
    reason: str
    statement: bytes


@dataclass(frozen=True, slots=True)
class PeerLine:
    """One peer as the line to it stands.

    Attributes:
        post: which.
        state: one of `STATES`.
        since_ns: UTC since when.
        detail: why, for people; empty when it is OPEN.
        staffed: whether its node says that a position is; None if it never said.
        radio_silence_until_ns: UTC until which it has declared that it will not transmit; None when it has not.
        epoch: of its log.
        tested_at_ns: UTC at which a test of ours was last receipted by it; None before the first.
        on_watch: "position: person" of each position whose watch was handed over.
        outstanding: statements of ours that it has not receipted.
        gaps: links of its log held without their statement.
        directory_version: of its party, as held here.
    """

    post: str
    state: str
    since_ns: int
    detail: str
    staffed: bool | None
    radio_silence_until_ns: int | None
    epoch: int
    tested_at_ns: int | None
    on_watch: tuple[str, ...]
    outstanding: int
    gaps: int
    directory_version: int


@dataclass(frozen=True, slots=True)
class LineView:
    """The line as this post sees it.

    Attributes:
        peers: every other post.
        suspensions: parties that do not answer dialogue now.
        epoch, sequence: the own log's newest place.
        rolled_back: whether this node lost its newest records and may speak again in a new epoch only.
    """

    peers: tuple[PeerLine, ...]
    suspensions: tuple[Suspension, ...]
    epoch: int
    sequence: int
    rolled_back: bool


@dataclass(frozen=True, slots=True)
class PeerTest:
    """How a peer stands to one test of ours, and whether it fails the newest of either kind."""

    result: str
    failing: bool


@dataclass(frozen=True, slots=True)
class Signs:
    """What the state of a peer is read from. Times are UTC nanoseconds.

    Attributes:
        peer: the peer.
        heard_ns: when it was last heard.
        radio_silence: from and until of a radio silence that holds.
        failing: since when it fails tests, earliest first.
        gaps: statements of its log that are missing.
        skew_shown_ns: disagreement of clocks that is shown.
    """

    peer: Peer
    heard_ns: int
    radio_silence: tuple[int, int] | None
    failing: tuple[int, ...]
    gaps: int
    skew_shown_ns: int

    @property
    def skewed(self) -> bool:
        """Whether its clock differs by more than what is shown."""
        return abs(self.peer.skew_ns) > self.skew_shown_ns


@dataclass(frozen=True, slots=True)
class State:
    """One row: a state, what it means, when it fits, since when, and why in words for people."""

    name: str
    meaning: str
    fits: Callable[[Signs], bool]
    since: Callable[[Signs], int]
    detail: Callable[[Signs], str]


STATES: tuple[State, ...] = (
    State(
        "FORKED",
        "it signed two logs",
        lambda signs: signs.peer.forked,
        lambda signs: signs.peer.since_ns,
        lambda signs: "it signed two logs",
    ),
    State(
        "RADIO_SILENCE",
        "it has declared that it will not transmit, until a time stated",
        lambda signs: signs.radio_silence is not None,
        lambda signs: signs.radio_silence[0] if signs.radio_silence else 0,
        lambda signs: "it declared radio silence",
    ),
    State(
        "DOWN",
        "there is no connection",
        lambda signs: not signs.peer.up,
        lambda signs: signs.peer.since_ns,
        lambda signs: "no connection",
    ),
    State(
        "SILENT",
        "it is connected, and no Head came for `silent_after`",
        lambda signs: signs.peer.silent,
        lambda signs: signs.heard_ns,
        lambda signs: "connected, and nothing is heard",
    ),
    State(
        "DEGRADED",
        "it is heard, and a test was not answered in time, or statements of its log are missing, or its clock differs "
        "by more than `skew_shown`",
        lambda signs: bool(signs.failing or signs.gaps or signs.skewed),
        lambda signs: signs.failing[0] if signs.failing else signs.peer.since_ns,
        lambda signs: ", ".join(_troubles(signs)),
    ),
    State("OPEN", "none of these", lambda signs: True, lambda signs: signs.peer.since_ns, lambda signs: ""),
)
"""States of a peer; the first that fits holds (REQ-LINE-5)."""


def _troubles(signs: Signs) -> Iterator[str]:
    if signs.failing:
        yield "a test was not answered in time"
    if signs.gaps:
        yield f"{signs.gaps} of its statements missing"
    if signs.skewed:
        yield f"its clock differs by {signs.peer.skew_ns / 1e9:+.1f} s"


class Line:
    """What statements say about the line itself, at one post.

    Attributes:
        tests: own tests, in the order of the log.
    """

    def __init__(self, post: str, book: Book) -> None:
        self.tests: list[Entry] = []
        self._post, self._book = post, book
        self._said: list[Entry] = []

    def take(self, entry: Entry) -> bool:
        """A statement has its place; whether that may change what a post is expected to answer."""
        body = entry.said.body if entry.said else None
        if isinstance(body, (v1.ChannelStatus, v1.RadioSilence, v1.WatchHandover)):
            self._said.append(entry)
        elif isinstance(body, v1.ChannelTest) and entry.post == self._post:
            self.tests.append(entry)
        return isinstance(body, (v1.ChannelStatus, v1.RadioSilence))

    def suspensions(self, utc_ns: int) -> tuple[Suspension, ...]:
        """Parties that do not answer dialogue at an instant, by name."""
        newest: dict[str, tuple[Entry, v1.ChannelStatus]] = {}
        for entry, body in self._counting(v1.ChannelStatus):
            if _from_ns(body) <= utc_ns:
                party = party_of(entry.post)
                known = newest.setdefault(party, (entry, body))
                newest[party] = max(known, (entry, body), key=lambda pair: _order(pair[0]))
        return tuple(
            Suspension(party, _from_ns(body), entry.post, body.reason, entry.digest)
            for party, (entry, body) in sorted(newest.items())
            if body.status == v1.ChannelStatus.STATUS_SUSPENDED
        )

    def suspended(self, post: str, layer: v1.Layer.ValueType, utc_ns: int) -> bool:
        """Whether the party of a post does not answer statements of a layer at an instant (REQ-LINE-3)."""
        party = party_of(post)
        return layer == v1.LAYER_DIALOGUE and any(found.party == party for found in self.suspensions(utc_ns))

    def radio_silence(self, post: str, utc_ns: int) -> int | None:
        """UTC until which a post has declared, as of an instant, that it will not transmit; None when it has not
        (REQ-LINE-4)."""
        found = self._radio_silence(post, utc_ns)
        return found[1] if found else None

    def _radio_silence(self, post: str, utc_ns: int) -> tuple[int, int] | None:
        """From and until. The newest in the post's log that has begun holds, until a later one begins."""
        said = sorted(
            ((entry.place, body) for entry, body in self._of(post, v1.RadioSilence)), key=lambda pair: pair[0]
        )
        begun = [(place, body) for place, body in said if _from_ns(body) <= utc_ns]
        if not begun or not begun[-1][1].HasField("until"):
            return None
        place, body = begun[-1]
        ends = [from_timestamp(body.until), *(_from_ns(later) for at, later in said if at > place)]
        return (_from_ns(body), min(ends)) if utc_ns < min(ends) else None

    def on_watch(self, post: str) -> tuple[str, ...]:
        """Who has the watch at each position of a post, as "position: person" (REQ-ROLE-5)."""
        newest: dict[str, tuple[Entry, v1.WatchHandover]] = {}
        for entry, body in self._of(post, v1.WatchHandover):
            known = newest.setdefault(body.position, (entry, body))
            newest[body.position] = max(known, (entry, body), key=lambda pair: pair[0].place)
        return tuple(f"{position}: {body.incoming}" for position, (_, body) in sorted(newest.items()))

    def view(
        self,
        peers: Mapping[str, Peer],
        logs: Mapping[str, PostLog],
        gaps: Gaps,
        trust: Trust,
        now: Instant,
    ) -> tuple[PeerLine, ...]:
        """How every peer stands now, by name."""
        skew_ns = trust.terms(now.utc_ns).message.line.skew_shown.ToNanoseconds()
        return tuple(
            self._peer(
                self._signs(peer, gaps.count(post), skew_ns, now), logs[post].epoch, trust.versions[party_of(post)]
            )
            for post, peer in sorted(peers.items())
            if post in trust.posts
        )

    def _signs(self, peer: Peer, gaps: int, skew_shown_ns: int, now: Instant) -> Signs:
        post = peer.post
        failing = sorted(line_tests.failed_since_ns(test, post) for test in line_tests.failing(self.tests, post))
        heard_ns = now.utc_ns - (now.mono_ns - peer.heard_mono_ns)
        return Signs(peer, heard_ns, self._radio_silence(post, now.utc_ns), tuple(failing), gaps, skew_shown_ns)

    def _peer(self, signs: Signs, epoch: int, directory_version: int) -> PeerLine:
        peer = signs.peer
        state = next(row for row in STATES if row.fits(signs))
        return PeerLine(
            peer.post,
            state.name,
            state.since(signs),
            state.detail(signs),
            peer.staffed,
            signs.radio_silence[1] if signs.radio_silence else None,
            epoch,
            line_tests.tested_at_ns(self.tests, peer.post),
            self.on_watch(peer.post),
            len(peer.outstanding),
            signs.gaps,
            directory_version,
        )

    def tested(self, entry: Entry, post: str) -> PeerTest | None:
        """How a post stands to a test of ours; None for what is no test."""
        if entry.said is None or not isinstance(entry.said.body, v1.ChannelTest):
            return None
        return PeerTest(line_tests.result(entry, post), bool(line_tests.failing(self.tests, post)))

    def _of(self, post: str, kind: type[M]) -> Iterator[tuple[Entry, M]]:
        return ((entry, body) for entry, body in self._counting(kind) if entry.post == post)

    def _counting(self, kind: type[M]) -> Iterator[tuple[Entry, M]]:
        """Statements of a type that count: not retracted, not void, of a post of the level needed (REQ-ROLE-2)."""
        for entry in self._said:
            if entry.said and isinstance(entry.said.body, kind) and not self._book.mark(entry):
                yield entry, entry.said.body


def _from_ns(body: v1.ChannelStatus | v1.RadioSilence) -> int:
    return from_timestamp(getattr(body, "from"))


def _order(entry: Entry) -> tuple[int, str, tuple[int, int]]:
    """Which of two statements of one party is the newer: by the time of sealing, and in one log by place."""
    return entry.sealed_at_ns, entry.post, entry.place
