"""What people do at the node under test, and a way to kill it: through its operator socket, or through commands."""

from __future__ import annotations

import asyncio
import secrets
import shlex
import stat
from contextlib import aclosing
from pathlib import Path
from typing import Protocol

from google.protobuf.message import Message

from hotline import v1
from hotline.conformance.suite.bodies import notice
from hotline.conformance.suite.kit import NORTH, Kit
from hotline.node.client import OperatorClient
from hotline.protocol.errors import TransportError
from hotline.protocol.statements import Draft, compose, sign_statement

COMMAND_S = 60.0


class Operator(Protocol):
    """People at the node under test. Each act raises TransportError if it could not be done."""

    async def present(self, digest: bytes) -> None:
        """Show a statement at a staffed position."""

    async def read(self, digest: bytes) -> None:
        """An officer signs READ."""

    async def accept(self, digest: bytes) -> None:
        """An officer signs DECIDED, ACCEPTED."""

    async def announce(self, precedence: str, stage: str) -> None:
        """An officer sends a notice to NORTH."""


class SocketOperator:
    """The operator socket of our own node; officers sign with the kit's keys."""

    def __init__(self, path: Path, kit: Kit) -> None:
        self._path, self._kit = path, kit

    async def present(self, digest: bytes) -> None:
        """See `Operator`."""
        async with await OperatorClient.connect(self._path) as node, aclosing(node.watch("bridge")) as changes:
            async for change in changes:
                if change.ready:
                    break
            await node.present(digest, "bridge")

    async def read(self, digest: bytes) -> None:
        """See `Operator`."""
        await self._say(v1.Acknowledgement(subject=digest, read=v1.Read()), thread=digest)

    async def accept(self, digest: bytes) -> None:
        """See `Operator`."""
        decision = v1.Decision(value=v1.Decision.VALUE_ACCEPTED)
        await self._say(v1.Acknowledgement(subject=digest, decision=decision), thread=digest)

    async def announce(self, precedence: str, stage: str) -> None:
        """See `Operator`."""
        body = notice(self._kit.clock.now(), self._kit.target)
        await self._say(body, precedence=precedence, stage=stage)

    async def _say(
        self, body: Message, *, thread: bytes = b"", precedence: str = "IMMEDIATE", stage: str = "DELIVERED"
    ) -> None:
        kit = self._kit
        draft = Draft(
            body=body,
            action=(NORTH,),
            precedence=v1.Precedence.Value(f"PRECEDENCE_{precedence}"),
            stage_requested=v1.Stage.Value(f"STAGE_{stage}"),
            thread=thread,
        )
        statement = compose(draft, kit.trust, kit.target, secrets.token_bytes(16), kit.clock.now())
        async with await OperatorClient.connect(self._path) as node:
            await node.submit(sign_statement(statement, kit.rehearsal.officers[kit.target]["officer-2"]))


class CommandOperator:
    """A command that is called with the act and what it is about."""

    def __init__(self, command: str) -> None:
        self._words = shlex.split(command)

    async def present(self, digest: bytes) -> None:
        """See `Operator`."""
        await run_command(*self._words, "present", digest.hex())

    async def read(self, digest: bytes) -> None:
        """See `Operator`."""
        await run_command(*self._words, "read", digest.hex())

    async def accept(self, digest: bytes) -> None:
        """See `Operator`."""
        await run_command(*self._words, "accept", digest.hex())

    async def announce(self, precedence: str, stage: str) -> None:
        """See `Operator`."""
        await run_command(*self._words, "announce", precedence, stage)


def operator_of(given: str, kit: Kit) -> Operator:
    """The operator that a user names: the path of a socket, or a command."""
    path = Path(given)
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode):
        return SocketOperator(path, kit)
    return CommandOperator(given)


async def run_command(*words: str) -> None:
    """Run a command to its end.

    Raises:
        TransportError: NODE_UNREACHABLE if it cannot be run, leaves with another status than 0, or takes too long.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *words, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
        )
        status = await asyncio.wait_for(process.wait(), COMMAND_S)
    except (OSError, TimeoutError) as error:
        raise TransportError("NODE_UNREACHABLE", f"{shlex.join(words)}: {error}") from error
    if status:
        raise TransportError("NODE_UNREACHABLE", f"{shlex.join(words)} left with status {status}")
