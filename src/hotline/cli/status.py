"""The line at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hotline import v1
from hotline.cli.line import Line, on_line
from hotline.cli.results import ONLY_JSON, Result, Utc
from hotline.messages.names import short_name
from hotline.messages.show import ref
from hotline.operator import v1 as operator


@dataclass(frozen=True, slots=True)
class PeerRow:
    """A peer of the line.

    Attributes:
        state: OPEN, DEGRADED, SILENT, DOWN, RADIO_SILENCE or FORKED (REQ-LINE-5), since when and why.
        staffed: empty while its node has never said.
        tested: when a test of ours was last receipted by it.
        outstanding: statements of ours that it has not receipted.
        gaps: statements of its log that are missing here.
        directory: version of its party's directory that is held here.
    """

    post: str
    state: str
    since: Utc
    detail: str
    staffed: bool | None
    on_watch: tuple[str, ...]
    tested: Utc
    outstanding: int
    gaps: int
    epoch: int
    directory: int
    silent_until: Utc


@dataclass(frozen=True, slots=True)
class SuspensionRow:
    """A party that does not answer dialogue. The safety layer is open all the same (REQ-LINE-3)."""

    party: str
    since: Utc
    by: str
    reason: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Result):
    """The line as this node sees it; `counters` say what was dropped without effect, by code.

    Attributes:
        epoch: of the own log.
        rolled_back: this node lost its newest records, and speaks again in its next epoch only.
        directory: version of the own party's directory.
    """

    post: str
    channel: str
    kind: str
    agreement_digest: str
    revision: int
    directory: int
    now: Utc
    epoch: int
    sequence: int
    rolled_back: bool = field(metadata=ONLY_JSON)
    warning: str
    counters: Mapping[str, int]
    peers: tuple[PeerRow, ...]
    suspensions: tuple[SuspensionRow, ...]


_ROLLED_BACK = (
    "ROLLED_BACK: this node lost its newest records and seals nothing more in this epoch. Its party's registrar closes "
    "the epoch with a new directory (`hotline directory new --log`), and `hotline adopt` lets it go on in the next."
)


def status(socket: Path) -> Status:
    """How the line stands."""

    async def work(line: Line) -> Status:
        told = await line.node.describe()
        agreement = line.agreement
        return Status(
            post=told.post,
            channel=agreement.channel,
            kind=short_name(v1.Kind.DESCRIPTOR, agreement.kind),
            agreement_digest=agreement.digest.hex(),
            revision=agreement.message.revision,
            directory=line.trust.versions[line.trust.parties[told.post]],
            now=Utc.of(told.now),
            epoch=told.epoch,
            sequence=told.sequence,
            rolled_back=told.rolled_back,
            warning=_ROLLED_BACK if told.rolled_back else "",
            counters=dict(sorted(told.counters.items())),
            peers=tuple(map(peer_row, told.peers)),
            suspensions=tuple(map(_suspension_row, told.suspensions)),
        )

    return on_line(socket, work)


def peer_row(peer: operator.PeerView) -> PeerRow:
    """One peer."""
    return PeerRow(
        post=peer.post,
        state=peer.state,
        since=Utc.of(peer.since),
        detail=peer.detail,
        staffed=peer.staffed if peer.HasField("staffed") else None,
        on_watch=tuple(peer.on_watch),
        tested=Utc.of(peer.tested_at),
        outstanding=peer.outstanding,
        gaps=peer.gaps,
        epoch=peer.epoch,
        directory=peer.directory_version,
        silent_until=Utc.of(peer.radio_silence_until),
    )


def _suspension_row(each: operator.SuspensionView) -> SuspensionRow:
    return SuspensionRow(each.party, Utc.of(each.since), each.by, each.reason, ref(each.statement))
