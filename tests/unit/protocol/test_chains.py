"""What a transcript proves of a log: what is left out shows, what contradicts itself is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.kit import START_NS, A, B, Net, notice
from tests.unit.protocol.tamper import changed, closed, code_of, of, pick, records, spoken

from hotline import v1
from hotline.protocol.evidence import Evidence, verify_transcript
from hotline.protocol.instant import to_timestamp


@pytest.fixture(scope="module")
def net() -> Net:
    return spoken()


def each_left_out(net: Net, post: str) -> Iterator[tuple[v1.Record, Evidence]]:
    """Every record that came from the journal, with what the transcript proves without it."""
    content = records(net.transcript(post))
    for number in range(4, len(content)):
        left = closed(content[:number] + content[number + 1 :], net.desks[post].signer)
        yield content[number], verify_transcript(left)


def stages(evidence: Evidence) -> set[tuple[bytes, str, str, str]]:
    """Every stage proved about every message."""
    return {
        (message.digest, ladder.post, proof.name, proof.value)
        for message in evidence.messages
        for ladder in message.addressees
        for proof in ladder.proofs
    }


@pytest.mark.threat("wrong audit", defence="EXP", measure="omissions that prove no more")
def test_an_omission_is_never_refused_and_proves_no_more(net: Net) -> None:
    for post in (A, B):
        whole = of(net, post)
        for _, left in each_left_out(net, post):
            assert stages(left) <= stages(whole)
            assert {message.digest for message in left.messages} <= {message.digest for message in whole.messages}


def test_a_statement_a_link_or_an_own_head_left_out_shows(net: Net) -> None:
    for post in (A, B):
        last = max(beat for maker, _, beat in of(net, post).heads if maker == post)
        for record, left in each_left_out(net, post):
            made = record.HasField("head_made") and v1.Head.FromString(record.head_made.payload).beat < last
            if made or record.HasField("statement") or record.HasField("links"):
                assert not left.complete
            if record.HasField("verdict") or record.HasField("shown"):
                assert left.complete


def test_the_head_that_covers_the_newest_links_left_out_shows(net: Net) -> None:
    def drop_covering(content: list[v1.Record]) -> None:
        covering = [n for n, record in enumerate(content) if record.HasField("head_held")]
        for number in covering[::-1]:
            if v1.Head.FromString(content[number].head_held.payload).log.sequence == 2:
                del content[number]

    evidence = verify_transcript(changed(net, A, drop_covering))
    assert (evidence.logs[B].epochs[1].complete_to, evidence.logs[B].epochs[1].named_to) == (1, 2)
    assert len(evidence.unplaced) == 1


def test_what_the_exporter_had_and_left_out_is_withheld(net: Net) -> None:
    def drop_statements(content: list[v1.Record]) -> None:
        content[:] = [record for record in content if not record.HasField("statement")]

    evidence = verify_transcript(changed(net, A, drop_statements))
    assert evidence.messages == ()
    assert [evidence.logs[post].epochs[1].missing_bodies for post in (A, B)] == [(1,), (1, 2)]
    assert [evidence.logs[post].epochs[1].withheld for post in (A, B)] == [(1,), (1, 2)]
    assert {claim.what for claim in evidence.claims} == {"IN_TIME"}


def test_without_its_link_a_statement_proves_nothing(net: Net) -> None:
    def drop_links(content: list[v1.Record]) -> None:
        content[:] = [record for record in content if not (record.HasField("links") and record.links.post == A)]

    evidence = verify_transcript(changed(net, A, drop_links))
    (digest,) = evidence.unplaced
    assert evidence.message(digest) is None
    log = evidence.logs[A].epochs[1]
    assert (log.complete_to, log.named_to, log.missing_links) == (0, 1, ((1, 1),))


def test_links_after_a_gap_stay_proved() -> None:
    net = Net(A, B)
    for word in ("one", "two", "three"):
        net.say(A, notice(word))
    assert len(net[B].logs[A].links) == 3
    evidence = verify_transcript(changed(net, B, lambda content: content.remove(pick(content, "links", 1))))
    log = evidence.logs[A].epochs[1]
    assert (log.complete_to, log.missing_links, sorted(log.links)) == (1, ((2, 2),), [1, 3])
    assert [message.sequence for message in evidence.messages] == [1, 3]
    assert len(evidence.unplaced) == 1


def test_links_beyond_the_width_of_a_sequence_are_refused() -> None:
    net = Net(A, B)
    net.say(A, notice())

    def move(content: list[v1.Record]) -> None:
        links = pick(content, "links").links
        links.first = 2**64 - 1
        links.links.append(links.links[0])

    assert code_of(changed(net, A, move)) == "TRANSCRIPT_CONTENT"


def test_heads_left_out_are_counted(net: Net) -> None:
    evidence = verify_transcript(changed(net, A, lambda content: content.remove(pick(content, "head_made", 1))))
    assert evidence.logs[A].epochs[1].missing_beats == ((2, 2),)
    assert evidence.logs[B].epochs[1].missing_beats == ()


def test_a_body_lost_on_the_way_is_a_gap() -> None:
    net = Net(A, B)

    def without_bodies(sender: str, receiver: str, data: bytes) -> bytes:
        frame = v1.Frame.FromString(data)
        frame.ClearField("statements")
        return frame.SerializeToString()

    net.tap = without_bodies
    net.say(A, notice())
    net.say(A, notice())
    log = of(net, B).logs[A].epochs[1]
    assert (log.complete_to, log.named_to, log.missing_bodies, log.withheld) == (0, 2, (1, 2), ())
    assert of(net, A).complete


@pytest.mark.threat("deletion / loss", defence="HB", measure="logs cut off, shown by heads")
def test_the_end_cut_off_shows_in_the_other_sides_heads() -> None:
    net = Net(A, B)
    net.say(A, notice())
    before = len(net.journal(A))
    net.say(A, notice())
    net.say(B, notice())

    def forget(content: list[v1.Record]) -> None:
        content[:] = [r for n, r in enumerate(content) if n < 4 + before or r.HasField("head_held")]

    log = verify_transcript(changed(net, A, forget)).logs[A].epochs[1]
    assert (log.complete_to, log.named_to, log.named_by) == (1, 2, (B,))


def forked(*, links: bool) -> tuple[Net, bytes]:
    """B holds two statements of A's and is then shown another log of A's, with its links or by its Head alone."""
    net, other = Net(A, B), Net(A, B)
    for line, word in ((net, "one"), (other, "two")):
        line.say(A, notice())
        line.say(A, notice(word))
    log = other[A].logs[A]
    net.deliver(B, net.frame(A, log, 100, links=[log.run(1, 2)] if links else []))
    net.settle()
    return net, log.digests[2]


@pytest.mark.threat("equivocation", defence="LOG", measure="forks proved offline")
@pytest.mark.parametrize("links", [True, False])
def test_a_fork_is_proved_by_two_heads(links: bool) -> None:
    net, _ = forked(links=links)
    evidence = of(net, B)
    (fork,) = evidence.forks
    assert (fork.post, fork.epoch, fork.sequence) == (A, 1, 2)
    heads = {digest: beat for (post, _, beat), digest in evidence.heads.items() if post == A}
    assert heads[fork.second] == 100
    assert heads[fork.first] < 100
    assert [message.sequence for message in evidence.messages] == [1, 2]
    assert not of(net, A).forks


def test_a_fork_further_on_is_proved_by_its_links() -> None:
    net, other = Net(A, B), Net(A, B)
    for line, word in ((net, "one"), (other, "two")):
        line.say(A, notice())
        line.say(A, notice(word))
    other.say(A, notice())
    log = other[A].logs[A]
    net.deliver(B, net.frame(A, log, 100, links=[log.run(2, 3)]))
    net.settle()
    (fork,) = of(net, B).forks
    assert fork.sequence == 2

    def without_links(content: list[v1.Record]) -> None:
        pick(content, "fork").fork.ClearField("links")

    left = verify_transcript(changed(net, B, without_links))
    assert left.forks == ()
    assert [(claim.what, claim.post) for claim in left.claims] == [("FORK", A)]
    assert (left.logs[A].epochs[1].complete_to, left.logs[A].epochs[1].named_to) == (2, 3)


def test_a_fork_needs_two_heads_of_one_post(net: Net) -> None:
    def mix(content: list[v1.Record]) -> None:
        made, held = pick(content, "head_made").head_made, pick(content, "head_held").head_held
        content.append(v1.Record(at=content[0].at, fork=v1.Fork(first=made, second=held)))

    def agree(content: list[v1.Record]) -> None:
        held = [record.head_held for record in content if record.HasField("head_held")]
        content.append(v1.Record(at=content[0].at, fork=v1.Fork(first=held[0], second=held[-1])))

    assert code_of(changed(net, A, mix)) == "TRANSCRIPT_CONTENT"
    assert verify_transcript(changed(net, A, agree)).forks == ()


def start_in_the_void(run: v1.LinkRun) -> None:
    run.first = 9


def lead_elsewhere(run: v1.LinkRun) -> None:
    run.links[-1].size += 1


def stop_short(run: v1.LinkRun) -> None:
    del run.links[-1]


@pytest.mark.parametrize("change", [start_in_the_void, lead_elsewhere, stop_short])
def test_links_that_do_not_lead_to_the_other_head_prove_no_fork(change: Callable[[v1.LinkRun], None]) -> None:
    net, other = Net(A, B), Net(A, B)
    net.say(A, notice("one"))
    other.say(A, notice("two"))
    other.say(A, notice())
    log = other[A].logs[A]
    net.deliver(B, net.frame(A, log, 100, links=[log.run(1, 2)]))
    net.settle()
    assert of(net, B).forks
    spoilt = changed(net, B, lambda content: change(pick(content, "fork").fork.links))
    assert verify_transcript(spoilt).forks == ()


def test_another_posts_word_is_a_suspicion() -> None:
    net = Net(A, B)
    net.say(A, notice())
    held = [v1.LogPosition(post=A, epoch=1, sequence=1, link_digest=bytes(32))]
    net.say(B, notice(contact=B))
    log = net[B].logs[B]
    receipt = v1.Receipt(post=A, epoch=1, sequence=9, statement_digest=bytes(32), received_at=to_timestamp(START_NS))
    net.deliver(A, net.frame(B, log, 100, held=held, receipts=[receipt]))
    net.settle()
    evidence = of(net, A)
    (suspicion,) = evidence.logs[A].epochs[1].suspected
    assert (suspicion.by, suspicion.sequence) == (B, 1)
    assert evidence.forks == ()
    assert (evidence.logs[A].epochs[1].named_to, evidence.logs[A].epochs[1].named_by) == (9, (B,))
