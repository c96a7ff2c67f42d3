"""Nodes of one post that share a journal in PostgreSQL: one runs, the others take over without loss or fork.

A lease is long enough here for a busy machine, on which a node may be late to keep it; where one is to be over, the
test ends it.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import pytest
from tests.conftest import Figure
from tests.faults.servers import Server, lapse, server
from tests.kit import A, B, notice
from tests.node.line import Process, TestLine, delivered, make_line, until

from hotline.agreements.site import berths
from hotline.node.client import OperatorClient
from hotline.protocol.errors import TransportError

ALARMS = {"FORK", "SUSPECTED", "ROLLED_BACK", "EQUIVOCATION"}


@dataclass
class Team:
    """The nodes of post A, each with its own socket and address, on one journal."""

    line: TestLine
    url: str
    said: list[bytes] = field(default_factory=list)
    members: int = 0
    lease_s: float = 10.0

    def join(self) -> tuple[Process, Path]:
        """One more node, and its operator's socket."""
        self.members += 1
        socket = self.line.folder / f"a{self.members}.sock"
        # The first listens where the directory says; the others call B, and B's calls reach nobody.
        elsewhere: dict[str, object] = {} if self.members == 1 else {"listen": berths([A])[A].address}
        changes: dict[str, object] = {
            "journal": self.url,
            "lease_s": self.lease_s,
            "operator_socket": socket.name,
            **elsewhere,
        }
        return self.line.start(A, code="", **changes), socket

    def __enter__(self) -> Team:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.line.started:
            process.__exit__(kind, error, trace)

    async def connect(self, socket: Path) -> OperatorClient:
        """A client, once that node runs."""
        end = time.monotonic() + 60
        while True:
            try:
                return await OperatorClient.connect(socket)
            except TransportError:
                assert time.monotonic() < end, [process.log.read_text()[-1500:] for process in self.line.started]
                await asyncio.sleep(0.05)

    async def talk(self, socket: Path, count: int) -> None:
        """Say so much more, and see all of it receipted, with no gap and nothing twice."""
        async with await self.connect(socket) as node:
            for number in range(count):
                body = notice(f"notice {len(self.said)}/{number}")
                self.said.append((await node.submit(self.line.say(A, body))).digest)
            held = await until(node.list, lambda messages: delivered(messages, B) == len(self.said), 60)
        assert sorted((message.sequence, message.digest) for message in held) == list(enumerate(self.said, 1))


async def standing_by(process: Process) -> None:
    async def events() -> list[str]:
        return [str(event["event"]) for event in process.events()]

    await until(events, lambda names: "standing by" in names)


def alarms(process: Process) -> set[str]:
    return {event["code"] for event in process.events() if event["event"] == "alert"} & ALARMS


@pytest.fixture
def team(running: Server, database: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Team]:
    own = folder / request.node.name[5:15]
    own.mkdir()
    with Team(make_line(own, A, B, speed=20), str(running.url(database))) as made:
        yield made


@pytest.mark.threat("process crash", defence="DUR", measure="take-overs without loss or fork")
async def test_a_standby_takes_over_from_a_killed_and_from_a_paused_node(team: Team, figure: Figure) -> None:
    with team.line.start(B) as b:
        first, socket = team.join()
        await team.talk(socket, 4)
        # One after the other: they read the same configuration file, written anew for each.
        second, second_socket = team.join()
        await standing_by(second)
        third, third_socket = team.join()
        await standing_by(third)
        first.kill()
        lapse(team.url)
        second, second_socket, third, third_socket = await order(team, second, second_socket, third, third_socket)
        await team.talk(second_socket, 4)
        second.running.send_signal(signal.SIGSTOP)
        lapse(team.url)
        await team.talk(third_socket, 4)
        second.running.send_signal(signal.SIGCONT)
        assert second.running.wait(60) == 1
        assert "JOURNAL_FENCED" in second.log.read_text()
        await team.talk(third_socket, 4)
        assert (third.stop(), b.stop()) == (0, 0)
        assert not alarms(b)
    figure(2)


async def order(
    team: Team, one: Process, its_socket: Path, other: Process, others_socket: Path
) -> tuple[Process, Path, Process, Path]:
    """Whoever of two took over comes first."""

    async def running() -> list[bool]:
        return [socket.exists() for socket in (its_socket, others_socket)]

    first, _ = await until(running, any)
    return (one, its_socket, other, others_socket) if first else (other, others_socket, one, its_socket)


async def test_a_node_that_stops_in_order_hands_over_at_once(team: Team) -> None:
    with team.line.start(B) as b:
        first, socket = team.join()
        await team.talk(socket, 2)
        second, second_socket = team.join()
        await standing_by(second)
        assert first.stop() == 0
        await team.talk(second_socket, 2)
        third, _ = team.join()
        await standing_by(third)
        assert third.stop() == 0
        assert (second.stop(), b.stop()) == (0, 0)


@pytest.mark.threat("process crash", defence="DUR", measure="crashes of the server under a running node")
async def test_a_running_node_lives_through_a_crash_of_the_server(folder: Path, figure: Figure) -> None:
    own_folder = folder / "crash"
    own_folder.mkdir()
    with server() as own, Team(make_line(own_folder, A, B, speed=20), str(own.url())) as team:
        b = team.line.start(B)
        team.lease_s = 30.0  # the server may well be away for some seconds
        node, socket = team.join()
        await team.talk(socket, 2)
        for _ in range(2):
            own.stop("immediate")
            own.start()
            await team.talk(socket, 2)
        assert (node.stop(), b.stop()) == (0, 0)
    figure(2)


async def test_a_server_that_turns_weaker_stops_the_node_and_says_why(folder: Path) -> None:
    own_folder = folder / "weaker"
    own_folder.mkdir()
    with server() as own, Team(make_line(own_folder, A, B, speed=20), str(own.url())) as team:
        team.lease_s = 30.0
        node, socket = team.join()
        await (await team.connect(socket)).close()
        own.stop("immediate")
        with (own.data / "postgresql.conf").open("a") as file:
            file.write("fsync = off\n")
        own.start()
        assert node.running.wait(60) == 1
        failed = next(event for event in node.events() if event["event"] == "failed")
        assert "JOURNAL_IO" in failed["error"] and "fsync is off, not on" in failed["error"]
