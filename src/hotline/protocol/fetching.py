"""Fetching: what is known to exist and is not held here, and whom to ask for it.

Bodies whose links are held (gaps); links that a peer's Head shows it to hold of any log, or that a closure names; and
links of another past, by which a fork is found and proved (REQ-FORK-2 to 4).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from hotline import v1
from hotline.protocol import heads
from hotline.protocol.effects import Alert, Fetch
from hotline.protocol.instant import Instant
from hotline.protocol.intervals import Intervals
from hotline.protocol.ledger import Ledger
from hotline.protocol.peer import earliest


@dataclass(slots=True)
class _Want:
    """A position that is not held, where one that is differs, or further on.

    Attributes:
        by: the post that shows it; empty for what a directory shows, which anybody may hold.
        apart: whether its links part from those held, so that they are asked for from the first on.
    """

    position: v1.LogPosition
    by: str
    apart: bool
    due_mono_ns: int
    wait_ns: int
    turn: int = 0


class Fetching:
    """What one post wants of others."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._wants: dict[tuple[str, int, str, bool], _Want] = {}
        self._suspected: set[tuple[str, bytes]] = set()
        self._asked: Counter[tuple[str, int, int]] = Counter()

    def compare(self, opened: heads.Opened, now: Instant) -> None:
        """Hold what a peer's Head shows of other logs against what is held here.

        Another digest is no proof: the log is SUSPECTED, and the peer is asked for its links at once (REQ-FORK-2). More
        than is held comes from its own post, or from the peer after `fetch_after` (REQ-FORK-4).
        """
        for position in opened.message.held:
            log = self._ledger.logs.get(position.post)
            if log is None or log.holds(position.sequence, position.link_digest):
                self._taken_back(position, opened.post)
                continue
            history = self._ledger.histories[position.post]
            if not history.branches(position.epoch) or history.holds(position):
                continue
            apart = history.contradicts(position)
            if apart:
                self._suspect(position, opened.post)
            if position.sequence and position.post != self._ledger.post:
                self.want(position, opened.post, now, apart=apart)

    def claimed(self, position: v1.LogPosition, by: str, now: Instant) -> list[Fetch]:
        """A peer says that it holds of our own log what we do not: what to ask it at once for the Head of ours that
        shows it; it is asked again after `retry_first`, then twice as long (REQ-HELLO-3).

        What is of an epoch that we do not know of is shown by a directory, and that comes by itself.
        """
        self._suspect(position, by)
        if not position.sequence or not self._ledger.histories[position.post].branches(position.epoch):
            return []
        wait_ns = self._intervals(now).retry_first_ns
        self._wants[position.post, position.epoch, by, False] = _Want(position, by, False, now.mono_ns, wait_ns)
        return self.on_deadline(now)

    def _taken_back(self, position: v1.LogPosition, by: str) -> None:
        """Who says of our own log what we hold too is asked no more for what it claimed before."""
        if position.post == self._ledger.post:
            self._wants.pop((position.post, position.epoch, by, False), None)

    def forget(self, post: str) -> None:
        """Nothing is wanted any more of a post's log."""
        self._wants = {key: want for key, want in self._wants.items() if key[0] != post}

    def want(self, position: v1.LogPosition, by: str, now: Instant, *, apart: bool = False) -> None:
        """Have the links up to a position, unless they come by themselves; of another past they are wanted at once."""
        key = position.post, position.epoch, by, apart
        known = self._wants.get(key)
        if known is not None and not self._ledger.histories[position.post].holds(known.position):
            known.position = position
            return
        wait_ns = self._intervals(now).fetch_after_ns
        self._wants[key] = _Want(position, by, apart, now.mono_ns + (0 if apart else wait_ns), wait_ns)

    def want_closed(self, now: Instant) -> None:
        """Have every closed epoch's log up to its closure, our own among them (REQ-EPOCH-5)."""
        for post, epochs in self._ledger.trust.epochs.items():
            for closure in epochs.closures.values():
                if closure.sequence and self._ledger.histories[post].leads_to(closure) is None:
                    self.want(closure.position(), "", now)

    def on_deadline(self, now: Instant) -> list[Fetch]:
        """What to ask for now; nothing while nobody is there to ask."""
        if not any(peer.up for peer in self._ledger.peers.values()):
            return []
        line = self._intervals(now)
        overdue = self._ledger.gaps.overdue(now, line.fetch_after_ns, line.retry_max_ns)
        bodies = (self._ask_bodies(*run) for run in overdue)
        asked = [fetch for fetch in bodies if fetch is not None]
        for want in list(self._live()):
            fetch = self._ask_links(want) if now.mono_ns >= want.due_mono_ns else None
            if fetch is not None:
                asked.append(fetch)
                want.due_mono_ns, want.turn = now.mono_ns + want.wait_ns, want.turn + 1
                want.wait_ns = min(2 * want.wait_ns, line.retry_max_ns)
        return asked

    def next_deadline(self, now: Instant) -> int | None:
        """Monotonic nanoseconds at which something is next to be asked for; None while nobody is there to ask."""
        if not any(peer.up for peer in self._ledger.peers.values()):
            return None
        line = self._intervals(now)
        gaps_ns = self._ledger.gaps.next_deadline(line.fetch_after_ns, line.retry_max_ns)
        return earliest([gaps_ns, *(want.due_mono_ns for want in self._live())])

    def _intervals(self, now: Instant) -> Intervals:
        return self._ledger.trust.terms(now.utc_ns).intervals

    def _live(self) -> Iterator[_Want]:
        """Wants that are still open; those that are met are forgotten."""
        for key, want in list(self._wants.items()):
            if self._ledger.histories[want.position.post].holds(want.position):
                del self._wants[key]
            else:
                yield want

    def _suspect(self, position: v1.LogPosition, by: str) -> None:
        if (by, position.link_digest) in self._suspected:
            return
        self._suspected.add((by, position.link_digest))
        post, place = position.post, f"{position.epoch}/{position.sequence}"
        another = self._ledger.histories[post].contradicts(position)
        more = f"{by} says that it holds {post} to {place}, which is more than we do"
        detail = f"{by} holds another link of {post} at {place} than we do" if another else more
        self._ledger.tell.append(Alert("SUSPECTED", b"", position.post, detail))

    def _ask_links(self, want: _Want) -> Fetch | None:
        position, log = want.position, self._ledger.histories[want.position.post].main(want.position.epoch)
        server = self._server(position.post, want.by, want.turn)
        if server is None or log is None:
            return None
        first = 1 if want.apart or position.sequence <= log.sequence else log.sequence + 1
        return Fetch(server, position.post, position.epoch, first, position.sequence)

    def _ask_bodies(self, post: str, epoch: int, first: int, last: int) -> Fetch | None:
        """Ask the post itself first, then every other in turn."""
        key = post, epoch, first
        server = self._server(post, "", self._asked[key])
        self._asked[key] += 1
        return None if server is None else Fetch(server, post, epoch, first, last)

    def _server(self, post: str, by: str, turn: int) -> str | None:
        """Whom to ask: who shows that it holds it, and where that is nobody in particular, the next in turn."""
        up = [name for name in dict.fromkeys((by, post, *self._ledger.peers)) if self._is_up(name)]
        if by in up:
            return by
        return up[turn % len(up)] if up else None

    def _is_up(self, post: str) -> bool:
        peer = self._ledger.peers.get(post)
        return peer is not None and peer.up
