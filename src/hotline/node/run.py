"""A node from start to stop: the rooms put together, signals, and what is done in which order at the end."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import NoReturn

import structlog
from structlog.typing import FilteringBoundLogger

from hotline import v1
from hotline.journal import Journal, JournalError, JournalStorageError, open_journal
from hotline.keys import KeysError
from hotline.node.adopt import Adopter
from hotline.node.config import NodeConfig, load_config
from hotline.node.dial import Diallers
from hotline.node.driver import Driver
from hotline.node.gate import PaperGate
from hotline.node.guard import Guard
from hotline.node.lines import Lines
from hotline.node.load import Equipment, equip
from hotline.node.logs import configure, ref
from hotline.node.lookout import Lookout, WatchedJournal
from hotline.node.operator import OperatorServer, OperatorService
from hotline.node.refusals import Refusals
from hotline.node.scrub import scrub_journal
from hotline.node.server import Server
from hotline.node.standby import keep_journal, take_journal
from hotline.node.tape import Tape, TapedEndpoint
from hotline.protocol.effects import Alert, Changed, Fetch, Send
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.instant import Instant

GRACE_S = 1.0
_CALL_FOR_KEYS = frozenset({"DIRECTORY_CHANGED", "NO_KEY_FOR_EPOCH"})


class RandomIdentifiers:
    """Identifiers from the operating system's randomness."""

    def fresh(self) -> bytes:
        """See `Identifiers.fresh`."""
        return secrets.token_bytes(16)

    def jitter(self) -> int:
        """See `Identifiers.jitter`."""
        return secrets.randbelow(256)


class Node:
    """A node in this process. It runs inside `async with`; `run_node` is one with signals.

    Attributes:
        driver: takes submissions from code in the same process.
    """

    def __init__(
        self, config: NodeConfig, equipment: Equipment, log: FilteringBoundLogger, journal: Journal | None = None
    ) -> None:
        """Open the journal, unless it is given, and restore the Endpoint; nothing listens yet.

        Raises:
            JournalError: the journal cannot be used.
            HotlineError: what the files and the journal say does not fit together.
        """
        self._config, self._log = config, log
        self._journal = journal or open_journal(config.journal, equipment.channel, config.post, config.lease_s)
        self._tape = None
        try:
            self._tape = Tape(config.tape, self._tape_failed) if config.tape else None
            endpoint = _restore(equipment, self._journal, self._tape)
        except BaseException:
            self._close_files()
            raise
        self._refusals = Refusals(log)
        gate = PaperGate(endpoint, equipment.book, self._refusals)
        self.driver = Driver(endpoint, self._journal, equipment.clock, gate)
        self._lines = Lines(self.report)
        self._guard = Guard(config.limits, self.driver, config.journal)
        self._server = Server(self.driver, self._lines, self._guard, equipment.identity, self._refusals, log)
        self._diallers = Diallers(self.driver, self._lines, self._guard, equipment.identity, log, config.through)
        self._adopter = Adopter(equipment, self.driver, log)
        service = OperatorService(
            self.driver, self._journal, equipment.identity, self._adopter, self._guard, self._lines.counters
        )
        self._operator = OperatorServer(service, config.operator_socket)
        self._running: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._looking_after: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Node:
        """Listen, call every peer, and take inputs.

        Raises:
            UsageError: CONFIG_INVALID if an address cannot be had.
        """
        try:
            await self._operator.start()
            await self._server.start(self._config.listen)
        except BaseException:
            await self._close()
            raise
        self.driver.listen(self._told)
        self._running = asyncio.create_task(self.driver.run(self))
        self._keeping = asyncio.create_task(keep_journal(self._journal))
        self._looking_after = [
            asyncio.create_task(scrub_journal(self._journal, self._config.scrub_every_h, self._log)),
            asyncio.create_task(self._guard.look_after_disk()),
            asyncio.create_task(self._refusals.look_after()),
        ]
        self._diallers.rewire()
        return self

    @property
    def is_idle(self) -> bool:
        """Whether no input waits, no deadline is reached and no Fetch is under way."""
        return self.driver.is_idle and not self._diallers.is_fetching

    async def ended(self) -> None:
        """Wait until anything that should go on for ever has ended.

        Raises:
            JournalError: the journal failed; whatever else stopped the core or a dialler.
        """
        assert self._running is not None and self._keeping is not None
        going_on: set[asyncio.Future[None]] = {self._running, self._keeping, self._diallers.failed}
        going_on.update(self._looking_after)
        ended = False
        while not ended:
            done, going_on = await asyncio.wait(going_on, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            # A journal that needs no keeping may end that task, and only that.
            ended = done != {self._keeping}

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop in order: no new inputs, what waits is committed and sent, calls end, files close."""
        assert self._running is not None
        await self._server.refuse_new_work()
        self.driver.stop()
        await asyncio.gather(self._running, return_exceptions=True)
        await self._lines.close()
        going_on = [task for task in (self._keeping, *self._looking_after) if task is not None]
        for task in going_on:
            task.cancel()
        await asyncio.gather(*going_on, return_exceptions=True)
        await self._diallers.close()
        await self._close()
        self._refusals.sweep(all_of_them=True)

    async def _close(self) -> None:
        await asyncio.gather(self._server.stop(GRACE_S), self._operator.stop(GRACE_S))
        self._close_files()

    def _close_files(self) -> None:
        try:
            self._journal.close()
        except JournalStorageError as error:
            # What was answered is durable; what the disk did now is for the operator to know.
            self._log.error("journal", code=error.code, detail=error.detail)
        if self._tape is not None:
            self._tape.close()

    def _tape_failed(self, error: OSError) -> None:
        """A tape only helps to explain, so that the line goes on without it."""
        advice = "the node goes on without its tape; see to the storage, then start the node again to have one"
        self._log.error("tape_ended", code="FILE_UNWRITABLE", error=str(error), advice=advice)

    def report(self, peer: str, up: bool) -> None:
        """The first connection to a peer stands, or the last is gone."""
        self.driver.link(peer, up)

    # What the core wants done: see `Hands`.

    def send(self, effect: Send) -> None:
        """Put a Frame on its way."""
        self._lines.send(effect)

    def fetch(self, effect: Fetch) -> None:
        """Begin a Fetch."""
        self._diallers.fetch(effect)

    def rewire(self) -> None:
        """Directories have changed: keys first, since what is shown from now on may be new."""
        self._adopter.look_again()
        self._server.rewire()
        self._diallers.rewire()

    def _told(self, effects: Sequence[Changed | Alert], now: Instant) -> None:
        """Log what a watch officer is alarmed about, and every change when debugging."""
        for effect in effects:
            if isinstance(effect, Alert):
                if effect.code in _CALL_FOR_KEYS:
                    self._adopter.look_again()
                said = {"code": effect.code, "post": effect.post, "detail": effect.detail}
                self._log.warning("alert", ref=ref(effect.digest), **said)
            elif self._config.log_level == "debug":
                self._log.debug("changed", ref=ref(effect.digest))


def run_node(path: Path) -> int:
    """Run a node in the foreground until SIGTERM or SIGINT.

    Args:
        path: its configuration file.

    Returns:
        Exit status: 0 after a signal, 1 after a failure of the journal or of the core.

    Raises:
        HotlineError: it could not be started.
    """
    config = load_config(path)
    configure(config.log_level)
    return asyncio.run(_run(config))


async def _run(config: NodeConfig) -> int:
    log: FilteringBoundLogger = structlog.get_logger().bind(node=config.post)
    equipment = equip(config)
    asked_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_stop.set)
    # In a database every wait ends by itself; a file's kernel may keep this process for ever.
    end = partial(_give_up, log) if isinstance(config.journal, Path) else None
    with Lookout(config.lease_s, log, end) as lookout:
        journal = await take_journal(config, equipment.channel, log, asked_to_stop, lookout)
        if journal is None:
            log.info("stopped", failed=False)
            return 0
        node = Node(config, equipment, log, WatchedJournal(journal, lookout))
        failure = await _until_told(node, config, equipment, log, asked_to_stop)
    log.info("stopped", failed=failure is not None)
    return 1 if failure is not None else 0


async def _until_told(
    node: Node, config: NodeConfig, equipment: Equipment, log: FilteringBoundLogger, asked_to_stop: asyncio.Event
) -> BaseException | None:
    """Run a node until it is told to stop or fails; its failure, which has been told."""
    async with node:
        agreement = node.driver.endpoint.trust.terms(equipment.clock.now().utc_ns).agreement
        log.info(
            "started",
            channel=agreement.channel,
            kind=v1.Kind.Name(agreement.kind).removeprefix("KIND_"),
            agreement=agreement.digest.hex(),
            revision=agreement.revision,
            pinned="PINNED" if config.pin else "UNPINNED",
            listen=config.listen,
            messages=len(node.driver.endpoint.book.entries),
        )
        ended, stopped = asyncio.create_task(node.ended()), asyncio.create_task(asked_to_stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        failure = ended.exception() if ended.done() else None
        if failure is not None:
            _tell(log, failure)
        for task in (ended, stopped):
            task.cancel()
        await asyncio.gather(ended, stopped, return_exceptions=True)
    return failure


def _give_up(log: FilteringBoundLogger, failure: BaseException) -> NoReturn:
    """End at once, since the thread that could end in order does not come back from the storage."""
    _tell(log, failure)
    os._exit(1)


def _tell(log: FilteringBoundLogger, failure: BaseException) -> None:
    """Say why the node stops itself. What the storage did is for an operator; anything else is for a developer."""
    if isinstance(failure, JournalError):
        advice = "what was answered is in the journal; see to the storage, then start the node again"
        log.error("failed", code=failure.code, error=str(failure), advice=advice)
    elif isinstance(failure, KeysError):
        advice = "nothing half said was sealed; see to the token, then start the node again"
        log.error("failed", code=failure.code, error=str(failure), advice=advice)
    else:
        log.error("failed", error=str(failure), exc_info=failure)


def _restore(equipment: Equipment, journal: Journal, tape: Tape | None) -> Endpoint:
    """The Endpoint as the journal left it, recorded or not, with what the files have newer."""
    now, records = equipment.clock.now(), list(journal.records())
    if not records:
        records = equipment.first_records(now)
        equipment.trust(records)
        journal.append(records)
    trust, post, signers = equipment.trust(records), equipment.config.post, equipment.identity.signers
    if tape is None:
        endpoint = Endpoint.restore(post, trust, signers, RandomIdentifiers(), records, now)
    else:
        endpoint = TapedEndpoint.begin(tape, post, trust, signers, RandomIdentifiers(), records, now)
    equipment.bring_up_to_date(endpoint, now)
    return endpoint
