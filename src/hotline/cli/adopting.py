"""Handing what the parties have signed to a running node."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hotline import v1
from hotline.cli import files
from hotline.cli.judging import judging
from hotline.cli.line import Line, on_line
from hotline.cli.results import Result
from hotline.messages.times import both
from hotline.protocol.envelope import DIRECTORY, digest_of, parse
from hotline.protocol.errors import PeerDataError, UsageError


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
        if not disavow:
            await _hold_back(line, signed)
        with judging():
            done = await line.node.adopt(signed)
        is_directory = isinstance(signed, v1.Envelope)
        return Adopted(
            digest=done.digest.hex(),
            what="directory" if is_directory else "agreement",
            party=parse(signed.payload, v1.Directory).party if isinstance(signed, v1.Envelope) else "",
            version=done.version,
            state=done.state,
        )

    return on_line(socket, work)


async def _hold_back(line: Line, signed: v1.Envelope | v1.SignedAgreement) -> None:
    """Refuse what would undo what has been said already.

    Raises:
        UsageError: WOULD_DISAVOW.
    """
    if isinstance(signed, v1.Envelope):
        await _hold_closures(line, parse(signed.payload, v1.Directory))
    elif line.trust.revisions.by_digest(digest_of(signed.envelopes[0])) is None:
        await _hold_beginning(line, parse(signed.envelopes[0].payload, v1.Agreement))


async def _hold_beginning(line: Line, revision: v1.Agreement) -> None:
    """A revision that began in the past: what was sealed since, under the one before, would stand no longer."""
    from_ns = getattr(revision.in_force, "from").ToNanoseconds()
    since = [view for view in await line.node.list() if view.sealed_at.ToNanoseconds() >= from_ns]
    if since:
        begins = both(getattr(revision.in_force, "from"))
        raise UsageError(
            "WOULD_DISAVOW",
            f"{len(since)} statements were sealed since {begins}, when this revision begins, and would stand no "
            "longer: let it begin later, or say --disavow",
        )


async def _hold_closures(line: Line, directory: v1.Directory) -> None:
    """A closure behind the node's own log: what was sealed since the directory was made would be disavowed."""
    told = await line.node.describe()
    for closure in directory.closures:
        behind = told.sequence - closure.last.sequence
        if (closure.last.post, closure.last.epoch) == (line.post, told.epoch) and behind > 0:
            raise UsageError(
                "WOULD_DISAVOW",
                f"{behind} statements that this node sealed after {closure.last.sequence} would be disavowed; "
                "make the directory again, or say --disavow",
            )


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
