"""One scene: a node of its own process, under some fault, talks with a healthy one; then it is started again in health.

What is held against the promise is taken from outside: what the faulty node's operator was told is durable, what the
other node has receipts for, and the faulty node's journal as it lies on the disk afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from tests.kit import A, B, notice
from tests.node.line import SOURCES, Process, TestLine

from hotline import v1
from hotline.journal import DatabaseUrl, JournalError, open_journal
from hotline.node.client import OperatorClient
from hotline.node.config import load_config
from hotline.node.load import equip
from hotline.node.run import Node
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import HotlineError

PROMISE = """\
Promised: what a node has answered for or receipted is in its journal whatever happens (0 lost, 0 unsound receipts); a
node whose storage fails says so and stops; started again, it goes on in the same place, and the line settles."""

MESSAGES = 20
LEASE_S = 2.0
_QUIET = structlog.make_filtering_bound_logger(logging.CRITICAL)
_SETTLED_S, _LOOK_S = 60.0, 0.05
# Less than its client waits, so that a node that hangs is told from one that refuses.
_ANSWER_S = 25.0

Again = Callable[[Process], Awaitable[None]] | None


@dataclass
class Outcome:
    """How a scene went.

    Attributes:
        status: of the faulty node's process: 0 stopped in order, 1 failed, 2 not started, negative or 137 killed.
        said: what it told its operator about the storage, in one line.
        log: everything it told its operator.
        answered: statements of A that it said it has.
        receipted: statements of B that B had a receipt for.
        violations: each broken promise.
    """

    status: int = 0
    said: str = ""
    log: str = ""
    answered: set[bytes] = field(default_factory=set)
    receipted: set[bytes] = field(default_factory=set)
    violations: list[str] = field(default_factory=list)


@dataclass
class Scene:
    """A line of two posts in a folder. Each take has journals of its own.

    Attributes:
        line: the site.
        home: where the journals of A lie.
        patience_s: how long receipts are waited for while the fault lasts.
        lease_s: of A's journal.
    """

    line: TestLine
    home: Path
    takes: int = 0
    patience_s: float = 60.0
    lease_s: float = LEASE_S

    async def take(
        self,
        prefix: Sequence[str] = (),
        env: dict[str, str] | None = None,
        messages: int = MESSAGES,
        heal: Callable[[], object] | None = None,
        again: Again = None,
    ) -> Outcome:
        """Play once.

        Args:
            prefix: what runs A's node.
            env: more of its environment.
            messages: so many statements, half of each post; they stop early when A's node ends.
            heal: called before A is started again.
            again: called with the faulty node's process when half has been said.
        """
        self.takes += 1
        outcome = Outcome()
        self.fresh()
        config = self.line.site.config(B, journal=f"b{self.takes}.db")
        async with self._here(config) as other:
            process = self._start(prefix, env or {})
            try:
                await self._talk(process, other, messages, outcome, again)
                outcome.status = await asyncio.to_thread(_end, process)
            finally:
                _kill(process)
            outcome.receipted = receipts(other)
            outcome.log = process.log.read_text(encoding="utf-8", errors="replace")
            if outcome.status == -signal.SIGTERM and '"event": "stopped"' in outcome.log:
                # It had stopped by itself; the signal met the end of its process.
                outcome.status = int('"failed": true' in outcome.log)
            outcome.said = next((line for line in outcome.log.splitlines() if "JOURNAL_" in line), "")
            if heal is not None:
                heal()
            self._check_journal(outcome)
            await self._check_settles(other, outcome)
        return outcome

    @property
    def journal(self) -> Path:
        """The journal of A in this take."""
        return self.home / f"a{self.takes}.db"

    @property
    def place(self) -> Path | DatabaseUrl:
        """Where the journal of A is."""
        return self.journal

    def fresh(self) -> None:
        """See that there is no journal of A yet."""
        self.journal.unlink(missing_ok=True)

    def _config(self) -> Path:
        # On a disk of a few megabytes a floor would keep everything out before the fault comes.
        return self.line.site.config(A, journal=str(self.place), lease_s=self.lease_s, limits={"disk_free_min_mb": 0})

    @contextlib.asynccontextmanager
    async def _here(self, config: Path) -> AsyncIterator[Node]:
        """A node in this process."""
        made = load_config(config)
        async with Node(
            made, equip(made), structlog.wrap_logger(structlog.ReturnLogger(), wrapper_class=_QUIET)
        ) as node:
            yield node

    def _start(self, prefix: Sequence[str], env: dict[str, str]) -> Process:
        log = self.line.folder / f"a{self.takes}.log"
        with log.open("wb") as output:
            running = subprocess.Popen(
                [*prefix, sys.executable, "-m", "hotline.node", str(self._config())],
                stderr=output,
                env={**os.environ, "PYTHONPATH": str(SOURCES), "PYTHONFAULTHANDLER": "1", **env},
                start_new_session=True,
            )
        return Process(running, log)

    async def _talk(self, process: Process, other: Node, messages: int, outcome: Outcome, again: Again) -> None:
        """Statements of both posts, by turns, until A's node has ended or has answered for all of its own."""
        node = await self._reach(process)
        for number in range(messages // 2):
            if again is not None and number == messages // 4:
                await again(process)
            await other.driver.submit(self.line.say(B, notice(f"b {self.takes}/{number}", contact=B)))
            if node is None or process.running.poll() is not None:
                return
            envelope = self.line.say(A, notice(f"a {self.takes}/{number}"))
            try:
                with contextlib.suppress(HotlineError):
                    await asyncio.wait_for(node.submit(envelope), _ANSWER_S)
                    outcome.answered.add(digest_of(envelope))
            except TimeoutError:
                words = await asyncio.to_thread(_stacks, process)
                outcome.violations.append(f"no answer for {_ANSWER_S:.0f} s:\n{words}")
                return

        def enough() -> bool:
            return process.running.poll() is not None or len(receipts(other)) >= messages // 2

        await _eventually(enough, self.patience_s)
        if node is not None:
            await node.close()

    async def _reach(self, process: Process) -> OperatorClient | None:
        """A client of the faulty node; None if it ended before it answered."""
        while process.running.poll() is None:
            try:
                return await OperatorClient.connect(self.line.site.operator_socket(A))
            except HotlineError:
                await asyncio.sleep(0.05)
        return None

    def _check_journal(self, outcome: Outcome) -> None:
        """Everything that was answered for or receipted is in the journal as it lies there."""
        held: set[bytes] = set()
        channel = self.line.trust.agreement.channel
        try:
            if not isinstance(self.place, Path) or self.place.exists():
                journal = open_journal(self.place, channel, A, self.lease_s)
                records = [v1.Record.FromString(record) for record in journal.records()]
                journal.close()
                # With its place, or while it waits for one because no peer has answered since the start.
                held = {digest_of(r.statement.envelope) for r in records if r.HasField("statement")}
                held |= {digest_of(r.waiting) for r in records if r.HasField("waiting")}
        except JournalError as error:
            outcome.violations.append(f"the journal does not open again: {error}")
        if lost := len(outcome.answered - held):
            outcome.violations.append(f"{lost} statements were answered for and are lost")
        if unsound := len(outcome.receipted - held):
            outcome.violations.append(f"{unsound} receipts are unsound")

    async def _check_settles(self, other: Node, outcome: Outcome) -> None:
        """A, started again in health, and B come to hold the same, each statement once, in gap-free places."""
        try:
            async with self._here(self._config()) as healthy:
                if not await _eventually(lambda: settled(healthy, other)):
                    outcome.violations.append("the two ends did not settle")
                if not outcome.answered <= {digest for _, _, digest in places(healthy)}:
                    outcome.violations.append("an answered statement is missing after the restart")
        except HotlineError as error:
            outcome.violations.append(f"A does not start again: {error}")


async def _eventually(holds: Callable[[], bool], seconds: float = _SETTLED_S) -> bool:
    """Whether something comes to hold in time."""
    for _ in range(int(seconds / _LOOK_S)):
        if holds():
            return True
        await asyncio.sleep(_LOOK_S)
    return holds()


def receipts(node: Node) -> set[bytes]:
    """Statements of B that B's node holds a receipt of A for."""
    entries = node.driver.endpoint.book.entries.items()
    return {digest for digest, entry in entries if any(f.value == "RECEIVED" for f in entry.facts_of(A))}


def places(node: Node) -> set[tuple[str, int, bytes]]:
    """Post, sequence and digest of every statement held."""
    return {(e.post, e.sequence, digest) for digest, e in node.driver.endpoint.book.entries.items()}


def settled(one: Node, other: Node) -> bool:
    """Both hold the same, each author has every receipt, and no sequence has a gap."""
    if places(one) != places(other):
        return False
    for node, far in ((one, B), (other, A)):
        endpoint = node.driver.endpoint
        own = [entry for entry in endpoint.book.entries.values() if entry.post == endpoint.post]
        if not all(entry.facts_of(far) for entry in own):
            return False
        if sorted(entry.sequence for entry in own) != list(range(1, len(own) + 1)):
            return False
    return True


def _end(process: Process) -> int:
    """Give a failing node a moment to end by itself, then tell it to."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.running.wait(0.3)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.running.pid, signal.SIGTERM)
    try:
        return process.running.wait(30)
    except subprocess.TimeoutExpired:
        _kill(process)
        return -signal.SIGKILL


def _stacks(process: Process) -> str:
    """What every thread of a node that hangs is doing, at the end of what it has said. It is ended by this."""
    with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.running.pid, signal.SIGABRT)
        process.running.wait(5)
    return process.log.read_text(encoding="utf-8", errors="replace")[-5000:]


def _kill(process: Process) -> None:
    if process.running.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.running.pid, signal.SIGKILL)
        process.running.wait()
