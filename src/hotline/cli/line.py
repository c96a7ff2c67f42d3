"""A running node, as the commands see it: the line it stands on, and messages with their stages."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from hotline import v1
from hotline.cli.results import ONLY_JSON, Utc
from hotline.messages.draft import line_words
from hotline.messages.fill import Special
from hotline.messages.names import short_name
from hotline.messages.show import ref
from hotline.node.client import OperatorClient
from hotline.operator import v1 as operator
from hotline.protocol.errors import UsageError
from hotline.protocol.trust import Trust, open_agreement

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """A node that answers.

    Attributes:
        node: its operator service.
        post: whose node it is.
        trust: the agreement and directories it works with.
        now_ns: UTC by the line's clock, which an exercise may run apart from real time.
    """

    node: OperatorClient
    post: str
    trust: Trust
    now_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """One stage of one addressee; `value` is empty while nothing was said, `verdict` where no timer ran here."""

    post: str
    stage: str
    value: str
    by: str
    said_at: Utc
    learned_at: Utc = field(metadata=ONLY_JSON)
    deadline: Utc
    verdict: str
    after_ms: int | None
    marks: tuple[str, ...]
    statement: str = field(metadata=ONLY_JSON)


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
            agreement = open_agreement(told.agreement)
            trust = Trust(agreement, [v1.Envelope.FromString(data) for data in told.directories])
            return await work(Line(node, told.post, trust, told.now.ToNanoseconds()))

    return asyncio.run(run())


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


def stage_rows(view: operator.MessageView) -> tuple[StageRow, ...]:
    """Every stage of every addressee."""
    return tuple(_stage_row(ladder.post, stage) for ladder in view.addressees for stage in ladder.stages)


def _stage_row(post: str, stage: operator.StageView) -> StageRow:
    return StageRow(
        post=post,
        stage=short_name(v1.Stage.DESCRIPTOR, stage.stage),
        value=stage.value,
        by=stage.by,
        said_at=Utc.of(stage.said_at),
        learned_at=Utc.of(stage.learned_at),
        deadline=Utc.of(stage.deadline),
        verdict=stage.verdict,
        after_ms=stage.after_ms if stage.HasField("after_ms") else None,
        marks=tuple(stage.marks),
        statement=ref(stage.statement) if stage.statement else "",
    )


def standing(rows: Iterable[StageRow]) -> tuple[str, ...]:
    """Each addressee in one line: what it has said, what is late, and what is waited for next."""
    ladders: dict[str, list[StageRow]] = {}
    for row in rows:
        ladders.setdefault(row.post, []).append(row)
    return tuple(f"{post}: {_standing(ladder)}" for post, ladder in ladders.items())


def _standing(ladder: Sequence[StageRow]) -> str:
    said = [" ".join((row.value, *_notable(row))) for row in ladder if row.value]
    expired = [f"{row.stage} EXPIRED" for row in ladder if not row.value and row.verdict == "EXPIRED"]
    waiting = [row for row in ladder if not row.value and row.verdict == "WAITING"]
    if waiting:
        soonest = min(waiting, key=lambda row: row.deadline)
        expired.append(f"{soonest.stage} wanted by {soonest.deadline.short}")
    return ", ".join([*said, *expired]) or "nothing said"


def _notable(row: StageRow) -> tuple[str, ...]:
    return (*(["LATE"] if row.verdict == "LATE" else []), *row.marks)
