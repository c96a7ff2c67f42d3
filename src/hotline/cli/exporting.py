"""A node's transcript, into a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hotline.cli import files
from hotline.cli.line import Line, on_line
from hotline.cli.results import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported(Result):
    """A transcript was written."""

    file: Path
    post: str
    size: int
    agreement_digest: str


def transcript_of(socket: Path) -> bytes:
    """The transcript of the node behind a socket."""

    async def work(line: Line) -> bytes:
        return await line.node.export()

    return on_line(socket, work)


def export_transcript(socket: Path, out: Path) -> Exported:
    """Write the transcript of the node behind a socket."""

    async def work(line: Line) -> Exported:
        data = await line.node.export()
        files.write_new(out, data)
        return Exported(file=out, post=line.post, size=len(data), agreement_digest=line.agreement.digest.hex())

    return on_line(socket, work)
