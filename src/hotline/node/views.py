"""The core's views in the operator service's words."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.timestamp_pb2 import Timestamp

from hotline.operator import v1 as operator
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.instant import Instant, to_timestamp
from hotline.protocol.peer import Peer
from hotline.protocol.views import AddresseeView, MessageView, StageView

_SAID_ABOUT_OTHERS = frozenset({"hotline.v1.Acknowledgement", "hotline.v1.Observation"})


def is_subject(entry: Entry) -> bool:
    """Whether a message stands for itself, instead of showing as a stage of another."""
    return entry.statement is None or entry.statement.body_type not in _SAID_ABOUT_OTHERS


def message(endpoint: Endpoint, entry: Entry, now: Instant) -> operator.MessageView:
    """One message as it stands at this moment."""
    return _message(endpoint.view(entry, now))


def peers(endpoint: Endpoint) -> Iterator[operator.PeerView]:
    """Each peer and how it stands."""
    for peer in endpoint.peers.values():
        yield operator.PeerView(
            post=peer.post,
            state=_state(peer),
            since=_time(peer.since_ns),
            staffed=peer.staffed,
            outstanding=len(peer.outstanding),
            gaps=endpoint.ledger.gaps.count(peer.post),
        )


def alert(said: Alert) -> operator.AlertView:
    """An alert."""
    return operator.AlertView(code=said.code, digest=said.digest, post=said.post, detail=said.detail)


def _state(peer: Peer) -> str:
    if peer.forked:
        return "FORKED"
    if not peer.up:
        return "DOWN"
    return "SILENT" if peer.silent else "CONNECTED"


def _message(view: MessageView) -> operator.MessageView:
    entry = view.entry
    return operator.MessageView(
        digest=entry.digest,
        envelope=entry.envelope,
        sequence=entry.sequence,
        sealed_at=_time(entry.sealed_at_ns),
        held_at=_time(entry.held_at_ns),
        refused=entry.refused,
        marks=view.marks,
        addressees=map(_addressee, view.addressees),
        signers=view.signers,
        matter_state=view.matter_state,
    )


def _addressee(view: AddresseeView) -> operator.AddresseeView:
    return operator.AddresseeView(post=view.post, action=view.action, stages=map(_stage, view.stages))


def _stage(view: StageView) -> operator.StageView:
    fact = view.fact
    return operator.StageView(
        stage=view.stage,
        value=view.value,
        said_at=_time(fact.said_at_ns) if fact else None,
        learned_at=_time(fact.learned_at_ns) if fact else None,
        by=fact.by if fact else "",
        deadline=_time(view.deadline_ns),
        verdict=view.verdict,
        statement=fact.statement if fact else b"",
        marks=view.marks,
        after_ms=view.after_ms,
    )


def _time(utc_ns: int | None) -> Timestamp | None:
    """Absent where nothing has happened yet."""
    return to_timestamp(utc_ns) if utc_ns else None
