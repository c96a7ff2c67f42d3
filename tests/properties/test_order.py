"""Order-freeness: the same statements and Heads, in whatever order they come, give the same facts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kit import START, START_NS, A, B, C, Identifiers, Net, flash, notice

from hotline import v1
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.heads import Opened, open_head
from hotline.protocol.instant import NS_PER_MS, to_timestamp
from hotline.protocol.ledger import Ledger
from hotline.protocol.statements import judge, verify_statement

# Many small examples in one test: a loaded machine may take its time.
pytestmark = pytest.mark.timeout(600)
WORDS = v1.Text(language="en", text="three miles", role=v1.Text.ROLE_AUTHENTIC)
ACCEPT = v1.Decision(value=v1.Decision.VALUE_ACCEPTED)
DONE, UNDER_WAY = (v1.Compliance(value=v) for v in (v1.Compliance.VALUE_DONE, v1.Compliance.VALUE_IN_PROGRESS))


@cache
def story() -> Net:
    """A conversation in which every kind of answer is given, held by all three posts."""
    net = Net(A, B, C)
    told = net.say(A, notice(), B, info=(C,), asks="DONE").digest
    net.present(B, told)
    net.present(C, told, "ops")
    fields = [v1.ReadbackField(path="exclusion_radius_m", value="5556")]
    readback = net.ack(B, told, v1.Readback(fields=fields, words=WORDS)).digest
    verdict = v1.ReadbackAnswer.VERDICT_CONFIRMED
    net.ack(A, told, v1.ReadbackAnswer(readback=readback, verdict=verdict))
    net.ack(C, told, v1.Read())
    net.ack(B, told, ACCEPT)
    net.ack(B, told, UNDER_WAY)
    claim = net.ack(B, told, DONE).digest
    seen = v1.Observation(
        subject=claim,
        finding=v1.Observation.FINDING_CONTRADICTS,
        observed_at=to_timestamp(START_NS),
        observed=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP),
        sensor=v1.Observation.SENSOR_RADAR,
    )
    net.say(C, seen, thread=told)
    update = v1.Reference(digest=told, role=v1.Reference.ROLE_UPDATES)
    net.say(A, v1.ActivityUpdate(notice=notice("moved")), thread=told, references=[update])
    net.say(A, v1.ActivityStart(started_at=to_timestamp(START_NS)), thread=told)
    opened = net.say(C, flash(contact=C), A).digest
    net.ack(A, opened, ACCEPT)
    return net


def facts(ledger: Ledger) -> object:
    """Everything known about every message, without the order in which it came to be known."""
    return {
        digest: (entry.sequence, set(entry.facts.values()), entry.contradicted_by, ledger.book.matter(entry))
        for digest, entry in ledger.book.entries.items()
    }


def stages(endpoint: Endpoint) -> object:
    """How every message stands, as shown: addressees with their stages."""
    shown = (endpoint.view(entry) for entry in endpoint.book.entries.values())
    return {
        view.entry.digest: [
            (ladder.post, [(stage.name, stage.value, stage.marks) for stage in ladder.stages])
            for ladder in view.addressees
        ]
        for view in shown
    }


@cache
def heads_and_bodies() -> tuple[list[Opened], list[v1.HeldStatement]]:
    """What C has of the others in its journal: their Heads, and statements with their places."""
    records = [v1.Record.FromString(record) for record in story().journal(C)]
    heads = [open_head(record.head_held, story().trust, C, None) for record in records if record.HasField("head_held")]
    bodies = [record.statement for record in records if record.HasField("statement") and record.statement.post != C]
    return heads, bodies


def ledger_of(order: Sequence[Opened | v1.HeldStatement]) -> Ledger:
    """A ledger of C with its own log and everybody's links, into which Heads and bodies came in this order."""
    net = story()
    ledger = Ledger(C, net.trust)
    for post, log in net[C].logs.items():
        ledger.links(post, log.links, START_NS, START)
    for sequence, link in enumerate(ledger.own.links, 1):
        _give(ledger, net.entry(C, link.statement_digest).envelope, C, sequence)
    for item in order:
        if isinstance(item, Opened):
            ledger.head_held(item)
            ledger.receipts(item, START_NS)
        else:
            _give(ledger, item.envelope, item.post, item.sequence)
    return ledger


def _give(ledger: Ledger, envelope: v1.Envelope, post: str, sequence: int) -> None:
    sealed_at_ns = ledger.logs[post].links[sequence - 1].sealed_at_ms * NS_PER_MS
    judged = judge(verify_statement(envelope, ledger.trust), ledger.trust, post, ledger.logs[post].epoch, sealed_at_ns)
    ledger.statement(judged, envelope, post, sequence, START_NS, START)


@pytest.mark.threat("re-sequence", defence="SEQ", measure="drawn orders of heads and bodies, same facts")
@given(st.data())
def test_heads_and_bodies_in_any_order_give_the_same_facts(data: st.DataObject) -> None:
    heads, bodies = heads_and_bodies()
    assert len(heads) > 5 and len(bodies) > 8
    items: list[Opened | v1.HeldStatement] = [*heads, *bodies]
    order = data.draw(st.permutations(items))
    assert facts(ledger_of(order)) == facts(ledger_of(items))


@pytest.mark.threat("repetition / replay", defence="SEQ", measure="drawn sets of repeated heads, no change")
@given(st.data())
def test_heads_that_come_twice_change_nothing(data: st.DataObject) -> None:
    heads, bodies = heads_and_bodies()
    again = data.draw(st.lists(st.sampled_from(heads), max_size=10))
    assert facts(ledger_of([*heads, *bodies, *again])) == facts(ledger_of([*heads, *bodies]))


@pytest.mark.threat("re-sequence", defence="SEQ", measure="drawn orders of frames, same stages")
@given(st.data())
def test_whole_frames_in_any_order_give_the_same_stages(data: st.DataObject) -> None:
    """Every Frame of a conversation, to a post that heard nothing before, and the newest once more at the end."""
    assert stages(hearing(data.draw(st.permutations(sent())))) == in_order()


def hearing(frames: Sequence[bytes]) -> Endpoint:
    """C, to whom these Frames came and then the newest."""
    net = story()
    endpoint = Endpoint(C, net.trust, net.desks[C].signer, Identifiers(), START)
    for frame in [*frames, *newest()]:
        endpoint.receive(frame, START)
    return endpoint


@cache
def in_order() -> object:
    """How every message stands where the Frames came as they were sent."""
    return stages(hearing(sent()))


@cache
def sent() -> list[bytes]:
    """A Frame for every state that the logs of A and B went through: one more statement each time."""
    net = story()
    frames = []
    for post in (A, B):
        log = net[post].logs[post]
        bodies = [net.entry(post, link.statement_digest).envelope for link in log.links]
        for count in range(1, len(bodies) + 1):
            prefix = type(log)(net.trust.agreement.channel, post, log.epoch)
            prefix.extend(log.links[:count])
            run = prefix.run(1, count)
            frames.append(net.frame(post, prefix, count, links=[run], statements=[bodies[count - 1]]))
    return frames


@cache
def newest() -> list[bytes]:
    """The whole of each log under one Head."""
    net = story()
    frames = []
    for post in (A, B):
        log = net[post].logs[post]
        bodies = [net.entry(post, link.statement_digest).envelope for link in log.links]
        run = log.run(1, log.sequence)
        frames.append(net.frame(post, log, 1000, links=[run], statements=bodies))
    return frames
