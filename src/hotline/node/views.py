"""The core's views in the operator service's words."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from hotline import v1
from hotline.operator import v1 as operator
from hotline.protocol.attempts import ClaimView, StepView
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.instant import Instant, to_timestamp
from hotline.protocol.ladder import Fact
from hotline.protocol.line import PeerLine, Suspension
from hotline.protocol.views import AddresseeView, FurtherView, MessageView, StageView

_SAID_ABOUT_OTHERS = frozenset(
    f"hotline.v1.{name}" for name in ("Acknowledgement", "Observation", "QueryAck", "Escalated", "OutOfBand")
)


def is_subject(entry: Entry) -> bool:
    """Whether a message stands for itself, instead of showing as a stage, a step or a claim of another.

    A test that asks nobody to read it shows in how the line stands.
    """
    if entry.said is not None and isinstance(entry.said.body, v1.ChannelTest):
        return entry.said.body.by_people
    return entry.statement is None or entry.statement.body_type not in _SAID_ABOUT_OTHERS


def message(endpoint: Endpoint, entry: Entry, now: Instant) -> operator.MessageView:
    """One message as it stands at this moment."""
    return _message(endpoint.view(entry, now))


def peer(line: PeerLine) -> operator.PeerView:
    """A peer and how it stands."""
    return operator.PeerView(
        post=line.post,
        state=line.state,
        since=_time(line.since_ns),
        detail=line.detail,
        staffed=line.staffed,
        outstanding=line.outstanding,
        gaps=line.gaps,
        radio_silence_until=_time(line.radio_silence_until_ns),
        epoch=line.epoch,
        tested_at=_time(line.tested_at_ns),
        on_watch=line.on_watch,
        directory_version=line.directory_version,
    )


def suspension(each: Suspension) -> operator.SuspensionView:
    """A party that does not answer dialogue."""
    return operator.SuspensionView(
        party=each.party, since=_time(each.since_ns), by=each.by, reason=each.reason, statement=each.statement
    )


def alert(said: Alert) -> operator.AlertView:
    """An alert."""
    return operator.AlertView(code=said.code, digest=said.digest, post=said.post, detail=said.detail)


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
    return operator.AddresseeView(
        post=view.post,
        action=view.action,
        stages=map(_stage, view.stages),
        state=view.state,
        since=_time(view.since_ns),
        silence=view.silence,
        next=view.next,
        next_at=_time(view.next_ns),
        steps=map(_step, view.steps),
        claims=map(_claim, view.claims),
        further=map(_further, view.further),
    )


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
        beside=map(_said, view.beside),
        void=map(_said, view.void),
    )


def _said(fact: Fact) -> operator.SaidView:
    return operator.SaidView(value=fact.value, by=fact.by, said_at=_time(fact.said_at_ns), statement=fact.statement)


def _further(view: FurtherView) -> operator.FurtherView:
    return operator.FurtherView(
        timer=view.timer,
        post=view.post,
        stage=view.stage,
        deadline=_time(view.deadline_ns),
        verdict=view.verdict,
        after_ms=view.after_ms,
        statement=view.statement,
    )


def _step(view: StepView) -> operator.StepView:
    return operator.StepView(step=view.step, target=view.target, at=_time(view.at_ns), statement=view.statement)


def _claim(view: ClaimView) -> operator.ClaimView:
    return operator.ClaimView(
        by=view.by,
        stage=view.stage,
        medium=view.medium,
        said_at=_time(view.said_at_ns),
        detail=view.detail,
        statement=view.statement,
    )


def _time(utc_ns: int | None) -> Timestamp | None:
    """Absent where nothing has happened yet."""
    return to_timestamp(utc_ns) if utc_ns else None
