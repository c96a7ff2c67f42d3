"""The trace of one world, for people: one line for each thing that happened, in true time."""

from __future__ import annotations

from collections.abc import Callable

from google.protobuf.message import DecodeError

from hotline import v1
from hotline.protocol.instant import NS_PER_MS
from hotline_sim.torture.journals import STATEMENT, pae_digest

Name = Callable[[bytes], str]


class Notes:
    """Lines of a trace."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, at_ns: int, post: str, what: str, words: str) -> None:
        """One line."""
        seconds, ms = divmod(at_ns // NS_PER_MS, 1_000)
        time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"
        self.lines.append(f"{time}  {post or '-':16}  {what:9}  {words}".rstrip())

    def inside(self, frame: bytes, name: Name) -> str:
        """What a Frame carries: whose Head, which beat, how far its log goes, links, statements, receipts."""
        try:
            message = v1.Frame.FromString(frame)
            head = v1.Head.FromString(message.head.payload)
        except DecodeError:  # forged bytes may be anything
            return f"{len(frame)} bytes that are no Frame"
        parts = [f"Head {head.log.post} beat {head.beat} log {head.log.epoch}/{head.log.sequence}"]
        parts += [f"links {run.first}-{run.first + len(run.links) - 1} of {run.post}" for run in message.links]
        parts += [name(pae_digest(STATEMENT, statement.payload)) for statement in message.statements]
        parts += [f"{len(head.receipts)} receipts"] if head.receipts else []
        return ", ".join(parts)
