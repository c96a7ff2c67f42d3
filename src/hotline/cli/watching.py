"""A watch position in the foreground: what arrives, what changes and what alarms, as it comes."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from hotline import v1
from hotline.cli.desk import said
from hotline.cli.line import Line, on_line
from hotline.cli.results import Result, Utc
from hotline.cli.standing import standing
from hotline.messages.names import short_name
from hotline.messages.show import Place, message_lines, ref
from hotline.operator import v1 as operator

_ANSWERS = frozenset({"hotline.v1.Acknowledgement"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched(Result):
    """A position was staffed, from and until; `presented` counts messages that were shown there."""

    post: str
    position: str
    since: Utc
    until: Utc
    presented: int
    alerts: int


def staff(socket: Path, position: str, *, present: bool, as_json: bool) -> Watched:
    """Staff a position until a signal.

    Args:
        present: say of each message of another post that it was shown here.
        as_json: keep standard output for the result.
    """

    async def work(line: Line) -> Watched:
        watch = Watch(line, position, present=present, out=sys.stderr if as_json else sys.stdout)
        with _asked_to_leave() as leave:
            await watch.run(leave)
        until = Utc.of((await line.node.describe()).now)
        return Watched(
            post=line.post,
            position=position,
            since=watch.since,
            until=until,
            presented=watch.presented,
            alerts=watch.alerts,
        )

    return on_line(socket, work)


@contextmanager
def _asked_to_leave() -> Iterator[asyncio.Event]:
    """Set by SIGINT and SIGTERM."""
    leave, loop = asyncio.Event(), asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, leave.set)
    try:
        yield leave
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


@dataclass(slots=True)
class Watch:
    """One position and what was shown at it.

    Attributes:
        since: when it was staffed.
        presented: messages shown here.
        alerts: alarms told here.
    """

    line: Line
    position: str
    present: bool
    out: TextIO
    since: Utc = field(default_factory=Utc)
    presented: int = 0
    alerts: int = 0
    _known: dict[bytes, tuple[str, ...]] = field(default_factory=dict)

    async def run(self, leave: asyncio.Event) -> None:
        """Show what comes until `leave` is set.

        Raises:
            HotlineError: the node refuses the position, or ends.
        """
        async with aclosing(self.line.node.watch(self.position)) as changes:
            async for change in _until(changes, leave):
                await self._take(change)

    async def _take(self, change: operator.WatchResponse) -> None:
        at = Utc.of(change.at)
        if change.HasField("alert"):
            self._alert(at, change.alert)
        elif change.HasField("message"):
            await self._message(at, change.message)
        else:
            self.since = at
            self._say(f"{at.short} {self.line.post} {self.position} is staffed; {len(self._known)} messages are held")

    def _alert(self, at: Utc, alert: operator.AlertView) -> None:
        self.alerts += 1
        about = f" [{ref(alert.digest)}]" if alert.digest else ""
        self._say(f"{at.short} !! {alert.code}{about} {alert.post}: {alert.detail}")

    async def _message(self, at: Utc, view: operator.MessageView) -> None:
        """Show a message that is new here in full, and of one that was shown what has changed."""
        told = _told(view)
        before = self._known.get(view.digest)
        self._known[view.digest] = told
        if before is None and self._is_news(view):
            self._arrived(at, view)
            if self.present:
                await self.line.node.present(view.digest, self.position)
                self.presented += 1
        elif before is not None and self.since:
            for line in (each for each in told if each not in before):
                self._say(f"{at.short} [{ref(view.digest)}] {line}")

    def _is_news(self, view: operator.MessageView) -> bool:
        """Whether to show it: another post's, no mere answer or test of the nodes, and not yet shown at this post."""
        statement, body = said(view)
        if statement.header.from_post == self.line.post or statement.body_type in _ANSWERS or view.refused:
            return False
        if isinstance(body, v1.ChannelTest) and not body.by_people:
            return False
        own = next((ladder for ladder in view.addressees if ladder.post == self.line.post), None)
        return own is None or not any(stage.value == "PRESENTED" for stage in own.stages)

    def _arrived(self, at: Utc, view: operator.MessageView) -> None:
        statement, body = said(view)
        precedence = short_name(v1.Precedence.DESCRIPTOR, statement.header.precedence)
        self._say(f"\n{at.short} -- {precedence} from {statement.header.from_post} [{ref(view.digest)}]")
        sealed_at_ns = view.sealed_at.ToNanoseconds() if view.HasField("sealed_at") else None
        place = Place(view.digest, view.sequence, sealed_at_ns)
        for line in message_lines(statement.header, body, place) if body is not None else ():
            self._say(line)
        self._say("")

    def _say(self, line: str) -> None:
        self.out.write(f"{line}\n")
        self.out.flush()


def _told(view: operator.MessageView) -> tuple[str, ...]:
    """What can change of a message, a line each."""
    state = (f"state {view.matter_state}",) if view.matter_state else ()
    return (*state, *(f"marked {mark}" for mark in view.marks), *standing(view))


async def _until(
    changes: AsyncIterator[operator.WatchResponse], leave: asyncio.Event
) -> AsyncIterator[operator.WatchResponse]:
    """Changes as they come, until `leave` is set."""
    left = asyncio.create_task(leave.wait())
    try:
        while True:
            coming = asyncio.ensure_future(anext(changes, None))
            await asyncio.wait({coming, left}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                coming.cancel()
                await asyncio.gather(coming, return_exceptions=True)
                return
            change = coming.result()
            if change is None:
                return
            yield change
    finally:
        left.cancel()
