"""The auditor sees each broken promise when the core is sabotaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hotline import v1
from hotline.protocol import heads, ledger, receipting, statements
from hotline.protocol.effects import Alert, Send
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.fetching import Fetching
from hotline.protocol.gaps import Gaps
from hotline.protocol.greeting import Greeting
from hotline.protocol.instant import NS_PER_S
from hotline.protocol.intake import Intake
from hotline.protocol.ladder import Fact
from hotline.protocol.ledger import Ledger
from hotline.protocol.outbox import Outbox
from hotline.protocol.peer import Peer
from hotline.protocol.signing import PublicKey
from hotline.protocol.waits import Waits
from hotline_sim.torture.campaign import run
from hotline_sim.torture.world import World

Patch = pytest.MonkeyPatch


def send_first(patch: Patch) -> None:
    """Acknowledge before it is durable: what is sent comes before what is journalled."""
    take = Endpoint.take_effects
    patch.setattr(Endpoint, "take_effects", lambda self: sorted(take(self), key=lambda e: not isinstance(e, Send)))


def write_later(patch: Patch) -> None:
    """Acknowledge before it is durable: each batch is written only with the next."""
    commit, held = World.commit, dict[str, list[bytes]]()

    def late(self: World, seat: Any, records: list[bytes]) -> None:
        commit(self, seat, held.get(seat.post, []))
        held[seat.post] = records

    patch.setattr(World, "commit", late)


def receipt_early(patch: Patch) -> None:
    """Receipt what is only announced: a link without its statement."""
    links = Ledger.links

    def eager(self: Ledger, post: str, *args: Any) -> None:
        links(self, post, *args)
        for spot in self.gaps._open if post != self.post else ():
            self.peers[post].receipts.add(receipting.receipt_at(spot, "", args[1]))

    patch.setattr(Ledger, "links", eager)


def lose_a_record(patch: Patch) -> None:
    """A statement is gone from the journal when the node starts again."""
    start = World.start

    def forgetful(self: World, seat: Any) -> None:
        kept = [number for number, data in enumerate(seat.journal) if v1.Record.FromString(data).HasField("statement")]
        if kept:
            del seat.journal[kept[-1]]
        start(self, seat)

    patch.setattr(World, "start", forgetful)


def forget_a_message(patch: Patch) -> None:
    """A statement is gone from the book of a node that runs on."""
    take = Endpoint.take_effects

    def forgetful(self: Endpoint) -> Any:
        effects = take(self)
        if len(self.book.entries) == 9:
            del self.book.entries[next(iter(self.book.entries))]
        return effects

    patch.setattr(Endpoint, "take_effects", forgetful)


def take_again(patch: Patch) -> None:
    """What is held already is taken once more."""
    patch.setattr(Gaps, "holds", lambda self, spot: True)


def move_the_receipt(patch: Patch) -> None:
    """Each repetition has a moment of receipt of its own."""
    receipt_at, given = receipting.receipt_at, iter(range(1, 10**9))
    moving = lambda spot, refused, at_ns: receipt_at(spot, refused, at_ns + next(given) * 10**6)  # noqa: E731
    patch.setattr(receipting, "receipt_at", moving)
    patch.setattr(ledger, "receipt_at", moving)


def reuse_a_sequence(patch: Patch) -> None:
    """A node that starts again forgets the last place it gave, and believes no peer that knows better."""
    start = World.start

    def forgetful(self: World, seat: Any) -> None:
        start(self, seat)
        own = seat.endpoint.ledger.own
        if seat.starts > 1 and own.links:
            del own.place_of[own.links.pop().statement_digest]
            own.digests.pop()

    patch.setattr(World, "start", forgetful)
    patch.setattr(Greeting, "_lacks", lambda self, held: False)


def reuse_a_beat(patch: Patch) -> None:
    """Two Heads get one number."""
    make = heads.make
    patch.setattr(heads, "make", lambda own, *args: make(replace(own, beat=max(1, own.beat - own.beat // 9)), *args))


def invent_a_stage(patch: Patch) -> None:
    """What has been delivered is shown as read."""
    foreign = Ledger._own

    def eager(self: Ledger, entry: Any, now: Any) -> None:
        foreign(self, entry, now)
        post = next(iter(self.peers))
        entry.add(Fact(post, v1.STAGE_READ, "READ", now.utc_ns, now.utc_ns, "officer-1", statement=bytes(32)))

    patch.setattr(Ledger, "_own", eager)


def believe_a_stage(patch: Patch) -> None:
    """A receipt for a statement is taken for one that it was shown."""
    fact_of = heads.fact_of

    def generous(receipt: v1.Receipt, *args: Any) -> Fact:
        if receipt.HasField("received_at"):
            receipt = v1.Receipt(presented=v1.Presented(position="bridge", at=receipt.received_at))
        return fact_of(receipt, *args)

    patch.setattr(heads, "fact_of", generous)


def believe_any_officer(patch: Patch) -> None:
    """Who signed, and how many, is not looked at."""
    patch.setattr(statements, "check_officers", lambda *args: None)


def call_it_moot(patch: Patch) -> None:
    """What has expired is recorded as waited for no more."""
    expire = Waits.expire

    def mooted(self: Waits, now: Any) -> Any:
        verdicts = expire(self, now)
        for verdict in verdicts:
            verdict.outcome = v1.Verdict.OUTCOME_MOOT
        return verdicts

    patch.setattr(Waits, "expire", mooted)


def wait_for_what_was_taken_back(patch: Patch) -> None:
    """A retraction ends no wait."""
    patch.setattr(Waits, "moot", lambda self, *args, **named: [])


def miss_too_soon(patch: Patch) -> None:
    """A peer is told as silent after less than half the time."""
    line = Outbox._line

    def soon(self: Outbox, now: Any) -> Any:
        intervals = line(self, now)
        return replace(intervals, silent_ns=intervals.silent_ns * 4 // 10)

    patch.setattr(Outbox, "_line", soon)


def never_expire(patch: Patch) -> None:
    """Deadlines pass and nothing is recorded."""
    patch.setattr(Waits, "expire", lambda self, now: [])
    patch.setattr(Waits, "next_deadline", lambda self: None)


def never_alarm(patch: Patch) -> None:
    """What has expired is recorded, and nobody is told."""
    patch.setattr(ledger, "expiry_alarm", lambda entry, verdict: iter(()))


def never_miss_anybody(patch: Patch) -> None:
    """A peer of which nothing comes is not told as silent."""
    patch.setattr(Peer, "silent", property(lambda self: True, lambda self, value: None))


def keep_no_proof(patch: Patch) -> None:
    """What contradicts the log that is held is passed over in silence."""
    take = Intake._take_links
    patch.setattr(Intake, "_take_links", lambda self, fit, *args: [] if fit.parts else take(self, fit, *args))
    patch.setattr(Intake, "_contradicts", lambda self, head, fits: False)


def prove_and_keep_quiet(patch: Patch) -> None:
    """A fork is proved, and nobody is told."""
    take = Endpoint.take_effects
    told = lambda effect: not (isinstance(effect, Alert) and effect.code == "FORK")  # noqa: E731
    patch.setattr(Endpoint, "take_effects", lambda self: list(filter(told, take(self))))


def believe_any_signature(patch: Patch) -> None:
    """Whatever is signed with a known key's name is taken for signed by it."""
    patch.setattr(PublicKey, "verify", lambda self, signature, message: True)


def never_try_again(patch: Patch) -> None:
    """What was lost stays lost."""
    patch.setattr(Peer, "retry", lambda self, *args: setattr(self, "retry_mono_ns", None))
    patch.setattr(Fetching, "on_deadline", lambda self, now: [])
    patch.setattr(Fetching, "next_deadline", lambda self, now: None)
    patch.setattr(Peer, "connect", _connect_only)


_connected = Peer.connect


def _connect_only(self: Peer, *args: Any) -> None:
    _connected(self, *args)
    self.unsent = set()


def refuse_at_second_hand(patch: Patch) -> None:
    """A statement that another post passes on with other signatures is refused for good (against REQ-HEAD-7)."""
    opened = Intake._open
    patch.setattr(Intake, "_open", lambda self, *args: replace(opened(self, *args), first_hand=True))


def try_again_rarely(patch: Patch) -> None:
    """What was lost is sent again, an hour and a half later than agreed."""
    retry = Peer.retry

    def rarely(self: Peer, *args: Any) -> None:
        retry(self, *args)
        if self.retry_mono_ns is not None:
            self.retry_mono_ns += 5_400 * NS_PER_S

    patch.setattr(Peer, "retry", rarely)


# Each with a seed whose world it breaks; without it those worlds are clean.
SABOTAGES = (
    ("I1", send_first, 0),
    ("I1", write_later, 0),
    ("I1", receipt_early, 3),
    ("I2", lose_a_record, 3),
    ("I2", forget_a_message, 0),
    ("I3", take_again, 0),
    ("I3", move_the_receipt, 0),
    ("I4", reuse_a_sequence, 3),
    ("I4", reuse_a_beat, 0),
    ("I5", invent_a_stage, 0),
    ("I5", believe_a_stage, 0),
    ("I5", believe_any_officer, 5),
    ("I6", never_expire, 0),
    ("I6", call_it_moot, 0),
    ("I6", wait_for_what_was_taken_back, 0),
    ("I6", miss_too_soon, 1),
    ("I6", never_alarm, 0),
    ("I6", never_miss_anybody, 0),
    ("I7", keep_no_proof, 67),
    ("I7", keep_no_proof, 75),
    ("I7", prove_and_keep_quiet, 67),
    ("I7", believe_any_signature, 379),
    ("I8", never_try_again, 1),
    ("I8", try_again_rarely, 50),
    ("I8", refuse_at_second_hand, 96),
)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("invariant", "sabotage", "seed"), SABOTAGES, ids=lambda case: getattr(case, "__name__", case))
def test_sabotage_is_seen(invariant: str, sabotage: Callable[[Patch], None], seed: int, monkeypatch: Patch) -> None:
    sabotage(monkeypatch)
    assert run(seed).violations[0].invariant == invariant
