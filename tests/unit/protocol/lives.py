"""What is seen of a net whose posts change epochs, directories and revisions, for several tests."""

from __future__ import annotations

from collections.abc import Callable

from tests.kit import B, Net, notice

from hotline import v1
from hotline.protocol.effects import Alert
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.statements import Draft


def alerts(net: Net, post: str) -> list[str]:
    return [told.code for told in net.desks[post].told if isinstance(told, Alert)]


def head(net: Net, post: str) -> v1.Head:
    envelope = net[post].ledger.head
    assert envelope is not None
    return v1.Head.FromString(envelope.payload)


def kinds(net: Net, post: str) -> list[str | None]:
    return [v1.Record.FromString(record).WhichOneof("fact") for record in net.journal(post)]


def state(endpoint: Endpoint) -> object:
    """Everything durable that a restart must give back."""
    ledger = endpoint.ledger
    return (
        {
            post: [log.position().SerializeToString() for log in history.logs()]
            for post, history in ledger.histories.items()
        },
        {
            digest: (entry.place, entry.void, entry.refused, frozenset(entry.facts.values()), str(entry.verdicts))
            for digest, entry in ledger.book.entries.items()
        },
        {
            post: (peer.epoch, peer.confirmed, dict(peer.outstanding), peer.forked)
            for post, peer in ledger.peers.items()
        },
        (ledger.beat, endpoint.trust.versions, len(endpoint.trust.revisions.held), sorted(endpoint.trust.posts)),
    )


def comes_back(net: Net) -> None:
    """Every journal gives back what its Endpoint is (the fold rule)."""
    for post, desk in net.desks.items():
        before = state(desk.endpoint)
        again = Endpoint.restore(post, net.rehearsal.trust, desk.signers, Nothing(), desk.journal, net.now)
        assert state(again) == before


class Nothing:
    """Identifiers for an Endpoint that is only looked at."""

    def fresh(self) -> bytes:
        return bytes(16)

    def jitter(self) -> int:
        return 0


def cut_after(net: Net, post: str, sequence: int) -> v1.LogPosition:
    log = net[post].logs[post]
    return v1.LogPosition(post=post, epoch=log.epoch, sequence=sequence, link_digest=log.digests[sequence])


def from_now(net: Net, after_s: float = 0.0) -> Callable[[v1.Agreement], object]:
    at = to_timestamp(net.now.utc_ns + round(after_s * NS_PER_S))
    return lambda words: getattr(words.in_force, "from").CopyFrom(at)


def draft() -> Draft:
    return Draft(body=notice(), action=(B,), precedence=v1.PRECEDENCE_IMMEDIATE)
