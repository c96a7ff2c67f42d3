"""What a transcript proves, and what it shows to be missing, whoever exported it and with whatever intent."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kit import START_NS, A, B, C, Net, flash, key, notice
from tests.unit.protocol.tamper import changed, closed, code_of, of, own_log, pick, proved, records, spoken

from hotline import v1
from hotline.agreements.rehearsal import rehearse
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import HotlineError
from hotline.protocol.evidence import verify_transcript
from hotline.protocol.statements import Draft
from hotline.protocol.transcript import close, framed, split

ACCEPT = v1.Decision(value=v1.Decision.VALUE_ACCEPTED)
Change = Callable[[list[v1.Record]], object]


@pytest.fixture(scope="module")
def net() -> Net:
    return spoken()


def test_pinned_and_unpinned(net: Net) -> None:
    data, digest = net.transcript(A), net.trust.agreement.digest
    assert verify_transcript(data, digest).pinned
    unpinned = verify_transcript(data)
    assert not unpinned.pinned
    assert unpinned == replace(verify_transcript(data, digest), pinned=False)
    assert (unpinned.agreement_digest, unpinned.exporter, unpinned.kind) == (digest, A, v1.KIND_EXERCISE)
    assert code_of(data, bytes(32)) == "AGREEMENT_DIGEST"


def test_another_channels_agreement_is_not_this_one(net: Net) -> None:
    other = Net(rehearsal=rehearse([A, B], key, START_NS, channel="another"))
    content = records(net.transcript(A))
    content[1].agreement.CopyFrom(other.trust.agreement.signed)
    assert code_of(closed(content, net.desks[A].signer)) == "DIRECTORY_FOREIGN"


def flip_statement_signature(content: list[v1.Record]) -> None:
    signature = pick(content, "statement").statement.envelope.signatures[0]
    signature.sig = bytes([signature.sig[0] ^ 1]) + signature.sig[1:]


def flip_statement_payload(content: list[v1.Record]) -> None:
    envelope = pick(content, "statement").statement.envelope
    envelope.payload = envelope.payload[:-1] + bytes([envelope.payload[-1] ^ 1])


def flip_head(content: list[v1.Record]) -> None:
    envelope = pick(content, "head_held").head_held
    envelope.payload = envelope.payload[:-1] + bytes([envelope.payload[-1] ^ 1])


def flip_directory(content: list[v1.Record]) -> None:
    signature = content[2].directory.signatures[0]
    signature.sig = bytes([signature.sig[0] ^ 1]) + signature.sig[1:]


def flip_agreement(content: list[v1.Record]) -> None:
    signature = content[1].agreement.envelopes[0].signatures[0]
    signature.sig = bytes([signature.sig[0] ^ 1]) + signature.sig[1:]


def seal_earlier(content: list[v1.Record]) -> None:
    pick(content, "links").links.links[0].sealed_at_ms -= 1000


def move_statement(content: list[v1.Record]) -> None:
    held = [record.statement for record in content if record.HasField("statement")]
    next(statement for statement in held if statement.post == B).sequence = 2


def put_in_another_log(content: list[v1.Record]) -> None:
    pick(content, "statement").statement.post = B


def put_in_no_log(content: list[v1.Record]) -> None:
    pick(content, "statement").statement.post = "AUS:nowhere"


def links_of_nobody(content: list[v1.Record]) -> None:
    pick(content, "links").links.post = "AUS:nowhere"


def links_of_another_epoch(content: list[v1.Record]) -> None:
    pick(content, "links").links.epoch = 2


def repeat(kind: str) -> Change:
    def change(content: list[v1.Record]) -> None:
        content.append(pick(content, kind))

    return change


def statement_first(content: list[v1.Record]) -> None:
    number = next(n for n, record in enumerate(content) if record.HasField("statement"))
    content.insert(4, content.pop(number))


def own_head_as_held(content: list[v1.Record]) -> None:
    record = pick(content, "head_made", -1)
    record.head_held.CopyFrom(record.head_made)


def held_head_as_own(content: list[v1.Record]) -> None:
    record = pick(content, "head_held", -1)
    record.head_made.CopyFrom(record.head_held)


def heads_backwards(content: list[v1.Record]) -> None:
    made = [number for number, record in enumerate(content) if record.HasField("head_made")]
    content[made[0]], content[made[1]] = content[made[1]], content[made[0]]


@pytest.mark.threat("insider operator", defence="EXP", measure="changes that the exporter signed, refused")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (flip_statement_signature, "SIGNATURE_INVALID"),
        (flip_statement_payload, "SIGNATURE_INVALID"),
        (flip_head, "SIGNATURE_INVALID"),
        (flip_directory, "SIGNATURE_INVALID"),
        (flip_agreement, "SIGNATURE_INVALID"),
        (seal_earlier, "LINKS_NOT_COVERED"),
        (move_statement, "TRANSCRIPT_CONTENT"),
        (put_in_no_log, "UNKNOWN_POST"),
        (links_of_nobody, "UNKNOWN_POST"),
        (links_of_another_epoch, "EPOCH_UNKNOWN"),
        (repeat("links"), "TRANSCRIPT_CONTENT"),
        (repeat("statement"), "TRANSCRIPT_CONTENT"),
        (repeat("head_made"), "TRANSCRIPT_CONTENT"),
        (statement_first, "TRANSCRIPT_CONTENT"),
        (own_head_as_held, "TRANSCRIPT_CONTENT"),
        (held_head_as_own, "TRANSCRIPT_CONTENT"),
        (heads_backwards, "TRANSCRIPT_CONTENT"),
    ],
)
def test_a_change_is_refused_though_the_exporter_signs_it(net: Net, change: Change, code: str) -> None:
    assert code_of(changed(net, A, change)) == code


def test_a_statement_put_in_another_log_has_no_place(net: Net) -> None:
    digest = digest_of(pick(records(net.transcript(A)), "statement").statement.envelope)
    assert verify_transcript(changed(net, A, put_in_another_log)).unplaced == (digest,)


def test_the_refusal_names_the_record(net: Net) -> None:
    number = next(n for n, record in enumerate(records(net.transcript(A))) if record.HasField("statement"))
    with pytest.raises(HotlineError, match=rf"record {number} \(statement\)"):
        verify_transcript(changed(net, A, flip_statement_signature))


@pytest.mark.threat("wrong audit", defence="EXP", measure="invented claims that stay claims")
def test_a_claim_can_be_invented_and_stays_a_claim(net: Net) -> None:
    def invent(content: list[v1.Record]) -> None:
        shown = v1.ShownHere(statement_digest=bytes(32), position="bridge")
        content.append(v1.Record(at=content[0].at, shown=shown))

    evidence = verify_transcript(changed(net, A, invent))
    assert evidence.messages == of(net, A).messages
    assert [(claim.what, claim.digest) for claim in evidence.claims] == [("SHOWN", bytes(32))]


def unreleased(net: Net) -> bytes:
    """A FLASH of B's that one person signed, sealed all the same by a node that does not check; its digest."""
    draft = Draft(body=flash(contact=B), action=[A], precedence=v1.PRECEDENCE_FLASH)
    envelope = net.sign(B, draft, persons=1)
    log = own_log(net, B, envelope)
    net.deliver(A, net.frame(B, log, 100, links=[log.run(1, 1)], statements=[envelope]))
    net.settle()
    return digest_of(envelope)


@pytest.mark.threat("repudiation", defence="FB", measure="refusals proved")
def test_a_refused_statement_is_evidence_of_its_refusal() -> None:
    net = Net(A, B)
    digest = unreleased(net)
    evidence = of(net, A)
    message = evidence.message(digest)
    assert message is not None
    assert message.refused == "SIGNATURE_COUNT"
    assert proved(evidence, digest, A) == [("DELIVERED", "REFUSED:SIGNATURE_COUNT")]
    assert [(claim.what, claim.detail) for claim in message.claims] == [("REFUSED", "SIGNATURE_COUNT")]
    assert evidence.complete


@pytest.mark.parametrize("change", [{"size": 1}, {"precedence": v1.PRECEDENCE_ROUTINE}])
def test_a_statement_is_what_its_link_says(change: dict[str, int]) -> None:
    net = Net(A, B)
    envelope = net.sign(B, Draft(body=notice(contact=B), action=[A], precedence=v1.PRECEDENCE_FLASH))
    (link,) = own_log(net, B, envelope).links
    for name, value in change.items():
        setattr(link, name, value)
    log = own_log(net, B)
    log.append(link)
    net.deliver(A, net.frame(B, log, 100, links=[log.run(1, 1)], statements=[envelope]))
    net.settle()
    (message,) = of(net, A).messages
    assert message.refused == "SIZE_MISMATCH"


def test_taking_what_must_be_refused_refuses_the_transcript() -> None:
    net = Net(A, B)
    unreleased(net)

    def take(content: list[v1.Record]) -> None:
        pick(content, "statement").statement.refused = ""

    assert code_of(changed(net, A, take)) == "SIGNATURE_COUNT"


def test_refusing_what_stands_is_only_a_claim(net: Net) -> None:
    def refuse(content: list[v1.Record]) -> None:
        pick(content, "statement").statement.refused = "UNKNOWN_TYPE"

    message = verify_transcript(changed(net, A, refuse)).messages[0]
    assert message.refused == ""
    assert "REFUSED" in {claim.what for claim in message.claims}


def test_evidence_goes_on_after_a_restart() -> None:
    net = Net(A, B)
    first = net.say(A, notice())
    net.restart(A)
    net.connect()
    net.say(A, notice())
    net.restart(B)
    net.connect()
    net.ack(B, first.digest, v1.Read())
    for post in (A, B):
        assert of(net, post).complete
        assert len(of(net, post).messages) == 3
        assert proved(of(net, post), first.digest, B) == [("DELIVERED", "RECEIVED"), ("READ", "READ")]


@pytest.mark.threat("wrong audit", defence="EXP", measure="drawn transcripts that an exporter signed, read or refused")
@given(data=st.data())
def test_whatever_an_exporter_signs_is_read_or_refused(net: Net, data: st.DataObject) -> None:
    *pieces, _ = split(net.transcript(A))
    number = data.draw(st.integers(0, len(pieces) - 1))
    record = pieces[number]
    first = data.draw(st.integers(0, len(record)))
    last = data.draw(st.integers(first, min(first + 4, len(record))))
    pieces[number] = record[:first] + data.draw(st.binary(max_size=4)) + record[last:]
    body = b"".join(map(framed, pieces))
    with suppress(HotlineError):
        verify_transcript(close(body, net.desks[A].signer, net.now.utc_ns))


STAGES: list[Message] = [v1.Read(), ACCEPT, v1.Compliance(value=v1.Compliance.VALUE_UNABLE)]
ACTS = st.lists(st.tuples(st.sampled_from([A, B, C]), st.integers(0, 3), st.floats(0, 20)), max_size=12)


@settings(max_examples=25, deadline=None)
@given(acts=ACTS, seed=st.integers(0, 2**16), loss=st.sampled_from([0.0, 0.3]))
def test_the_verifier_and_the_endpoint_read_a_journal_alike(
    acts: list[tuple[str, int, float]], seed: int, loss: float
) -> None:
    """Whatever was said on whatever line, the stages an Endpoint holds are those its transcript proves."""
    net = Net(A, B, C, seed=seed, delay_s=0.5, loss=loss)
    net.go(30)
    for post, what, pause_s in acts:
        others = [entry.digest for entry in net[post].book.entries.values() if entry.post != post and entry.said]
        if what == 3 or not others:
            net.say(post, notice(contact=post))
        elif what == 0:
            net.present(post, others[-1])
        else:
            net.ack(post, others[-1], STAGES[what])
        net.go(pause_s)
    for post in (A, B, C):
        evidence = of(net, post)
        held = {entry.digest for entry in net[post].book.entries.values() if entry.sequence}
        assert {message.digest for message in evidence.messages} == held
        for digest in held:
            for ladder in net.view(post, digest).addressees:
                said = {(fact.stage, fact.value) for fact in net.entry(post, digest).facts_of(ladder.post)}
                message = evidence.message(digest)
                assert message is not None
                found = {(p.stage, p.value) for a in message.addressees if a.post == ladder.post for p in a.proofs}
                assert found == said
        for other, log in evidence.logs.items():
            assert len(log.epochs[1].links) == net[post].logs[other].sequence
