"""Real nodes for tests: keys, certificates, agreement, directories and configurations in a folder, and the processes.

line = make_line(folder, A, B, speed=10)
with line.start(A), line.start(B):
    async with await line.connect(A) as node:
        await node.submit(line.say(A, notice()))
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from google.protobuf.message import Message

from hotline import v1
from hotline.agreements.rehearsal import PostPlan, Rehearsal, rehearse
from hotline.agreements.site import Site, berths, file_name, lay_out
from hotline.keys import SoftSigner
from hotline.node.client import OperatorClient
from hotline.node.clock import ExerciseClock
from hotline.operator import v1 as operator
from hotline.protocol.errors import TransportError
from hotline.protocol.signing import Signer
from hotline.protocol.statements import Draft, compose, sign_statement
from hotline.protocol.trust import Trust

SOURCES = Path(__file__).parents[2] / "src"
PATIENCE_S = 60.0
"""Real seconds after which what is waited for will not come, however busy the machine is."""

T = TypeVar("T")


@dataclass
class Process:
    """A node in a process of its own. Leaving the `with` block kills it if it still runs."""

    running: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """SIGKILL: no chance to tidy anything."""
        self.running.kill()
        self.running.wait()

    def stop(self) -> int:
        """SIGTERM; its exit status."""
        self.running.send_signal(signal.SIGTERM)
        return self.running.wait(timeout=PATIENCE_S)

    def events(self) -> list[dict[str, Any]]:
        """What it has logged so far; every line must be a JSON object."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.running.poll() is None:
            self.kill()


@dataclass
class TestLine:
    """A site, its running nodes, and officers who sign."""

    __test__ = False

    site: Site
    started: list[Process] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Where everything lies."""
        return self.site.folder

    @property
    def rehearsal(self) -> Rehearsal:
        """Agreement, directories and every signer."""
        return self.site.rehearsal

    @property
    def trust(self) -> Trust:
        """Agreement and directories."""
        return self.rehearsal.trust

    @property
    def clock(self) -> ExerciseClock:
        """The exercise's clock."""
        return ExerciseClock(self.trust.agreement.message.exercise_clock)

    def start(self, post: str, /, *, code: str = "", **changes: object) -> Process:
        """Start a post's node, or a Python program with its configuration; does not wait until it answers."""
        config = self.site.config(post, **changes)
        log = self.folder / f"{file_name(post)}-{len(self.started)}.log"
        with log.open("wb") as output:
            running = subprocess.Popen(
                [sys.executable, *(("-c", code) if code else ("-m", "hotline.node")), str(config)],
                stderr=output,
                env={**os.environ, "PYTHONPATH": str(SOURCES)},
            )
        self.started.append(Process(running, log))
        return self.started[-1]

    async def connect(self, post: str) -> OperatorClient:
        """A client of a post's operator service, once it answers."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                return await OperatorClient.connect(self.site.operator_socket(post))
            except TransportError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.05)

    def say(
        self,
        post: str,
        body: Message,
        *to: str,
        asks: str = "",
        precedence: str = "IMMEDIATE",
        thread: bytes = b"",
        by: Signer | None = None,
    ) -> v1.Envelope:
        """A statement of a post, signed by its first watch officer or by another."""
        draft = Draft(
            body=body,
            action=to or self.trust.others(post),
            precedence=v1.Precedence.Value(f"PRECEDENCE_{precedence}"),
            stage_requested=v1.Stage.Value(f"STAGE_{asks}") if asks else v1.STAGE_UNSPECIFIED,
            thread=thread,
        )
        statement = compose(draft, self.trust, post, os.urandom(16), self.clock.now())
        return sign_statement(statement, by or self.rehearsal.officers[post]["officer-1"])


def make_line(
    folder: Path, *posts: str, speed: int = 1, key: Callable[[int], Signer] = lambda _: SoftSigner.generate()
) -> TestLine:
    """Fresh keys and certificates for these posts, everything written to the folder; `key` gives the n-th signer."""
    places = berths(posts)
    plans = [PostPlan(post, berth.address, berth.tls.certificate_der) for post, berth in places.items()]
    rehearsal = rehearse(plans, key, time.time_ns(), channel="test-line", speed=speed)
    return TestLine(lay_out(folder, rehearsal, places))


async def until(look: Callable[[], Awaitable[T]], holds: Callable[[T], bool], seconds: float = PATIENCE_S) -> T:
    """Look until what is seen holds; what was seen. AssertionError with the last sight when the time is up."""
    end = time.monotonic() + seconds
    while not holds(seen := await look()):
        assert time.monotonic() < end, str(seen)[-1000:]
        await asyncio.sleep(0.05)
    return seen


def stages(message: operator.MessageView, addressee: str) -> dict[str, str]:
    """Values said by an addressee, by name of stage."""
    ladder = next(ladder for ladder in message.addressees if ladder.post == addressee)
    return {v1.Stage.Name(s.stage).removeprefix("STAGE_"): s.value for s in ladder.stages if s.value}


def delivered(messages: Iterable[operator.MessageView], addressee: str) -> int:
    """How many of these the addressee has receipted."""
    return sum(stages(message, addressee).get("DELIVERED") == "RECEIVED" for message in messages)
