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
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, cast

import yaml
from google.protobuf.message import Message

from hotline import v1
from hotline.agreements.rehearsal import PostPlan, Rehearsal, rehearse
from hotline.keys import KeyLabel, Kind, Role, SoftSigner, TlsIdentity, issue_tls, save_pair
from hotline.node.client import OperatorClient
from hotline.node.clock import ExerciseClock
from hotline.operator import v1 as operator
from hotline.protocol.errors import TransportError
from hotline.protocol.statements import Draft, compose, sign_statement
from hotline.protocol.trust import Trust

SOURCES = Path(__file__).parents[2] / "src"
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
        return self.running.wait(timeout=20)

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
    """Everything that the nodes of one exercise need, in a folder."""

    __test__ = False

    folder: Path
    rehearsal: Rehearsal
    tls: dict[str, TlsIdentity]
    addresses: dict[str, str]
    started: list[Process] = field(default_factory=list)

    @property
    def trust(self) -> Trust:
        """Agreement and directories."""
        return self.rehearsal.trust

    @property
    def clock(self) -> ExerciseClock:
        """The exercise's clock."""
        return ExerciseClock(self.trust.agreement.message.exercise_clock)

    def config(self, post: str, /, **changes: object) -> Path:
        """Write a post's configuration; `changes` replace fields, None takes them out."""
        name = file_name(post)
        fields: dict[str, object] = {
            "post": post,
            "agreement": "agreement.binpb",
            "pin": self.trust.agreement.digest.hex(),
            "directories": [f"{file_name(party)}.binpb" for party in self.trust.directories],
            "node_key": f"{name}.json",
            "tls_key": f"{name}.key",
            "tls_certificate": f"{name}.pem",
            "journal": f"{name}.db",
            "operator_socket": f"{name}.sock",
            "listen": self.addresses[post],
            "known_keys": "known-keys.txt",
            **changes,
        }
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump({key: value for key, value in fields.items() if value is not None}))
        return path

    def start(self, post: str, /, *, code: str = "", **changes: object) -> Process:
        """Start a post's node, or a Python program with its configuration; does not wait until it answers."""
        config = self.config(post, **changes)
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
        until = time.monotonic() + 20
        while True:
            try:
                return await OperatorClient.connect(self.folder / f"{file_name(post)}.sock")
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
    ) -> v1.Envelope:
        """A statement of a post, signed by its first watch officer."""
        draft = Draft(
            body=body,
            action=to or self.trust.others(post),
            precedence=v1.Precedence.Value(f"PRECEDENCE_{precedence}"),
            stage_requested=v1.Stage.Value(f"STAGE_{asks}") if asks else v1.STAGE_UNSPECIFIED,
            thread=thread,
        )
        statement = compose(draft, self.trust, post, os.urandom(16), self.clock.now())
        return sign_statement(statement, self.rehearsal.officers[post]["officer-1"])


def make_line(folder: Path, *posts: str, speed: int = 1) -> TestLine:
    """Fresh keys and certificates for these posts, everything written to the folder."""
    now = datetime.now(UTC)
    tls = {post: issue_tls(post, now - timedelta(hours=1)) for post in posts}
    addresses = {post: f"127.0.0.1:{port}" for post, port in zip(posts, free_ports(len(posts)), strict=True)}
    plans = [PostPlan(post, addresses[post], tls[post].certificate_der) for post in posts]
    rehearsal = rehearse(plans, lambda _: SoftSigner.generate(), time.time_ns(), channel="test-line", speed=speed)
    for post in posts:
        party = post.rpartition(":")[0]
        label = KeyLabel("node", Kind.EXERCISE, Role.NODE, party, post)
        save_pair(folder / f"{file_name(post)}.json", label, cast(SoftSigner, rehearsal.nodes[post]))
        tls[post].save(folder / f"{file_name(post)}.key", folder / f"{file_name(post)}.pem")
    for party, directory in rehearsal.trust.directories.items():
        (folder / f"{file_name(party)}.binpb").write_bytes(directory.SerializeToString())
    (folder / "agreement.binpb").write_bytes(rehearsal.trust.agreement.signed.SerializeToString())
    return TestLine(folder, rehearsal, tls, addresses)


def file_name(post: str) -> str:
    """A post or party in a file name."""
    return post.lower().replace("/", "-").replace(":", "-")


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that are free at this moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


async def until(look: Callable[[], Awaitable[T]], holds: Callable[[T], bool], seconds: float = 20.0) -> T:
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
