"""A running node, as the commands see it: the line it stands on, and messages by their refs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hotline import v1
from hotline.messages.draft import line_words
from hotline.messages.fill import Special
from hotline.node.client import OperatorClient
from hotline.operator import v1 as operator
from hotline.protocol.errors import UsageError
from hotline.protocol.trust import Agreement, Trust, open_revisions

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """A node that answers.

    Attributes:
        node: its operator service.
        post: whose node it is.
        trust: every revision of the agreement and every directory that it holds.
        now_ns: UTC by the line's clock, which an exercise may run apart from real time.
    """

    node: OperatorClient
    post: str
    trust: Trust
    now_ns: int

    @property
    def agreement(self) -> Agreement:
        """The revision in force."""
        return self.trust.terms(self.now_ns).agreement


def on_line(socket: Path, work: Callable[[Line], Awaitable[T]]) -> T:
    """Do something with the node behind a socket.

    Raises:
        HotlineError: what the node refused; NODE_UNREACHABLE.
    """
    # gRPC's C core writes its own lines to standard error otherwise.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")

    async def run() -> T:
        async with await OperatorClient.connect(socket) as node:
            told = await node.describe()
            return await work(Line(node, told.post, _trust(told), told.now.ToNanoseconds()))

    return asyncio.run(run())


def _trust(told: operator.DescribeResponse) -> Trust:
    """Every revision and directory that the node holds, verified here once more."""
    revisions = sorted((told.agreement, *told.revisions), key=_revision)
    return Trust(open_revisions(revisions), map(v1.Envelope.FromString, told.directories))


def _revision(signed: bytes) -> int:
    payload = v1.SignedAgreement.FromString(signed).envelopes[0].payload
    return v1.Agreement.FromString(payload).revision


@dataclass(slots=True)
class Refs:
    """References that words make to messages of the line, as people write them: the first digits of a digest.

    Words are read twice: once to learn which messages they name, and again when the node has told their digests.
    """

    known: dict[str, bytes] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)

    def words(self, now_ns: int) -> Special:
        """Forms for `hotline.messages.draft.read_draft`."""
        return line_words(now_ns, self._find)

    def _find(self, text: str) -> bytes:
        if text not in self.known:
            self.wanted.add(text)
        return self.known.get(text, bytes(32))

    async def look_up(self, line: Line) -> None:
        """Ask the node for what is wanted.

        Raises:
            UsageError: NOT_HELD, REF_AMBIGUOUS, INPUT_BAD_VALUE.
        """
        for text in sorted(self.wanted):
            self.known[text] = (await line.node.show(ref_bytes(text))).digest
        self.wanted.clear()


def ref_bytes(text: str) -> bytes:
    """The bytes of a reference.

    Raises:
        UsageError: INPUT_BAD_VALUE.
    """
    try:
        found = bytes.fromhex(text) if len(text.split()) == 1 else b""
    except ValueError:
        found = b""
    if not 4 <= len(found) <= 32:
        raise UsageError("INPUT_BAD_VALUE", f"a message is named by 8 to 64 hexadecimal digits, in pairs: {text!r}")
    return found
