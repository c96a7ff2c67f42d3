"""Handing what the parties have signed to a running node."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hotline import v1
from hotline.cli import files
from hotline.cli.judging import judging
from hotline.cli.line import Line, on_line
from hotline.cli.results import Result
from hotline.protocol.envelope import DIRECTORY, parse
from hotline.protocol.errors import PeerDataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted(Result):
    """The node holds it durably, acts on it, and passes it on. `state`: ADOPTED, or KNOWN from before."""

    digest: str
    what: str
    party: str
    version: int
    state: str


def adopt(socket: Path, file: Path, *, disavow: bool) -> Adopted:
    """Take the next version of a directory, or the next revision of the agreement, into the node.

    Args:
        disavow: go on even if statements that were sealed already would stand no longer.
    """
    signed = _signed(files.read(file), file)

    async def work(line: Line) -> Adopted:
        with judging():
            done = await line.node.adopt(signed, disavow=disavow)
        is_directory = isinstance(signed, v1.Envelope)
        return Adopted(
            digest=done.digest.hex(),
            what="directory" if is_directory else "agreement",
            party=parse(signed.payload, v1.Directory).party if isinstance(signed, v1.Envelope) else "",
            version=done.version,
            state=done.state,
        )

    return on_line(socket, work)


def _signed(data: bytes, file: Path) -> v1.Envelope | v1.SignedAgreement:
    """What a file holds: a directory's envelope, or an agreement with everybody's."""
    try:
        envelope = parse(data, v1.Envelope)
        if envelope.payload_type == DIRECTORY:
            parse(envelope.payload, v1.Directory)
            return envelope
    except PeerDataError:
        pass
    try:
        return parse(data, v1.SignedAgreement)
    except PeerDataError as error:
        raise PeerDataError(error.code, f"{file} is no signed directory and no agreement: {error.detail}") from error
