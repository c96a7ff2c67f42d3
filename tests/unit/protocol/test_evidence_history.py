"""Evidence over more than one epoch, version and revision: what counts, what is disavowed, forked or taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.kit import A, B, C, Net, notice
from tests.unit.protocol.tamper import changed, closed, code_of, of, pick, records

from hotline import v1
from hotline.agreements.rehearsal import rehearse
from hotline.keys import published_signer
from hotline.protocol.compare import compare
from hotline.protocol.evidence import Evidence, verify_transcript
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.message_evidence import AddresseeEvidence
from hotline.protocol.transcript_walk import Named

ACCEPT = v1.Decision(value=v1.Decision.VALUE_ACCEPTED)
DECLINE = v1.Decision(value=v1.Decision.VALUE_DECLINED, reason="no")


def ladder(evidence: Evidence, digest: bytes, post: str = B) -> AddresseeEvidence:
    message = evidence.message(digest)
    assert message is not None
    return next(found for found in message.addressees if found.post == post)


def highest(evidence: Evidence, digest: bytes, post: str = B) -> str:
    top = ladder(evidence, digest, post).highest
    return top.value if top else ""


def void(evidence: Evidence) -> dict[bytes, str]:
    return {message.digest: message.void for message in evidence.messages if message.void}


def rotated() -> Net:
    """B goes on in a second epoch between two notices."""
    net = Net(A, B)
    net.say(B, notice(contact=B))
    net.adopt(B, net.rotate(B))
    net.say(B, notice("again", contact=B))
    return net


def test_a_log_goes_on_over_its_epochs() -> None:
    net = rotated()
    for post in (A, B):
        evidence = of(net, post)
        log = evidence.logs[B]
        assert (log.complete_to, log.named_to, log.complete, evidence.complete) == ((2, 1), (2, 1), True, True)
        assert [epoch.closed_at for epoch in log.epochs.values()] == [1, None]
        assert [(m.epoch, m.sequence) for m in evidence.messages if m.sender == B] == [(1, 1), (2, 1)]
        assert void(evidence) == {}
    assert compare(of(net, A), of(net, B)).agree


def test_a_transcript_is_closed_with_the_newest_key() -> None:
    net = rotated()
    content = records(net.transcript(B))
    assert verify_transcript(closed(content, net.desks[B].signer)).complete
    assert code_of(closed(content, net.desks[B].signers[0])) == "TRANSCRIPT_SIGNATURE"


def test_beats_begin_again_with_an_epoch_and_never_go_back() -> None:
    net = rotated()

    def swap(content: list[v1.Record]) -> None:
        made = [number for number, record in enumerate(content) if record.HasField("head_made")]
        content[made[0]], content[made[-1]] = content[made[-1]], content[made[0]]

    assert code_of(changed(net, B, swap)) == "TRANSCRIPT_CONTENT"


def drop_version_two(content: list[v1.Record]) -> None:
    versions = [record for record in content if record.HasField("directory")]
    content.remove(next(each for each in versions if v1.Directory.FromString(each.directory.payload).version == 2))


def swap_versions(content: list[v1.Record]) -> None:
    numbers = [number for number, record in enumerate(content) if record.HasField("directory")]
    content[numbers[1]], content[numbers[2]] = content[numbers[2]], content[numbers[1]]


def drop_first_revision(content: list[v1.Record]) -> None:
    content.remove(pick(content, "agreement"))


@pytest.mark.parametrize(
    ("change", "code"),
    [(drop_version_two, "KEY_UNKNOWN"), (swap_versions, "DIRECTORY_CHAIN"), (drop_first_revision, "TRANSCRIPT_FORMAT")],
)
def test_every_version_stands_in_its_order(change: Callable[[list[v1.Record]], None], code: str) -> None:
    assert code_of(changed(rotated(), A, change)) == code


def test_parties_stand_in_the_order_of_the_agreement() -> None:
    net = rotated()

    def last_first(content: list[v1.Record]) -> None:
        numbers = [number for number, record in enumerate(content) if record.HasField("directory")]
        content[numbers[0] : numbers[-1] + 1] = [*content[numbers[1] : numbers[-1] + 1], content[numbers[0]]]

    assert code_of(changed(net, A, last_first)) == "TRANSCRIPT_FORMAT"


def test_a_version_that_only_a_head_names_is_missing() -> None:
    net = Net(A, B)
    net.say(B, notice(contact=B))
    later = net.issue("CHN")
    net.adopt(B, later)

    def forget(content: list[v1.Record]) -> None:
        for record in list(content):
            if record.HasField("directory") and record.directory == later:
                content.remove(record)

    evidence = verify_transcript(changed(net, A, forget))
    assert evidence.missing == (Named("CHN", 2, A), Named("CHN", 2, B))
    assert not evidence.complete
    assert all(log.complete for log in evidence.logs.values())


@pytest.mark.threat(
    "station key compromise", defence="LOG", measure="transcripts past a closure, disavowed and receipts kept"
)
def test_links_past_a_closure_are_disavowed_and_their_receipts_stay() -> None:
    net = Net(A, B)
    told = net.say(A, notice(), asks="DECIDED")
    read = net.ack(B, told.digest, v1.Read())
    stolen = net.ack(B, told.digest, ACCEPT)
    assert highest(of(net, A), told.digest) == "ACCEPTED"
    last = net[B].logs[B]
    position = v1.LogPosition(post=B, epoch=1, sequence=1, link_digest=last.digests[1])
    net.adopt(B, net.rotate(B, position, v1.Closure.REASON_COMPROMISE))
    evidence = of(net, A)
    assert void(evidence) == {stolen.digest: "DISAVOWED"}
    assert [(p.value, p.void) for p in ladder(evidence, told.digest).proofs if p.place != (0, 0)] == [
        ("READ", ""),
        ("ACCEPTED", "DISAVOWED"),
    ]
    assert highest(evidence, told.digest) == "READ"
    assert highest(evidence, stolen.digest, A) == "RECEIVED"
    assert evidence.message(read.digest) is not None and evidence.complete
    net.ack(B, told.digest, DECLINE)
    assert highest(of(net, A), told.digest) == "DECLINED"


def test_what_a_revoked_key_signed_later_is_disavowed() -> None:
    net = Net(A, B)
    first, second = net.say(B, notice(contact=B)), net.say(B, notice("again", contact=B))
    log, key = net[B].logs[B], net.rehearsal.officers[B]["officer-1"]

    def revoke(words: v1.Directory) -> None:
        last = v1.LogPosition(post=B, epoch=1, sequence=1, link_digest=log.digests[1])
        reason, at = v1.Closure.REASON_KEY_LOST, to_timestamp(net.now.utc_ns)
        words.revocations.add(keyid=key.fingerprint, last=last, reason=reason, at=at)

    net.adopt(B, net.issue("CHN", revoke))
    assert void(of(net, A)) == {second.digest: "DISAVOWED"}
    assert of(net, A).message(first.digest) is not None


def forked(*posts: str) -> tuple[Net, bytes, bytes, bytes]:
    """B accepts A's notice for A, and declines it for C, by a node that was set up again; then A and C meet.

    Returns:
        The net, the notice, and what A and what C heard of B.
    """
    net = Net(*(posts or (A, B, C)))
    told = net.say(A, notice(), B, info=(C,), asks="DECIDED").digest
    net.disconnect(B, C)
    net.disconnect(A, C)
    kept = len(net.journal(B))
    accepted = net.ack(B, told, ACCEPT).digest
    net.disconnect(A, B)
    net.restart(B, keep=kept)
    net.connect(B, C)
    declined = net.ack(B, told, DECLINE).digest
    net.disconnect(B, C)
    net.connect(A, C)
    net.go(5)
    return net, told, accepted, declined


def test_both_branches_of_a_fork_are_shown_and_neither_counts() -> None:
    net, told, accepted, declined = forked()
    for post in (A, C):
        evidence = of(net, post)
        (fork,) = evidence.forks
        assert (fork.post, fork.epoch, fork.sequence) == (B, 1, 1)
        assert fork.first != fork.second
        assert void(evidence) == {accepted: "FORKED", declined: "FORKED"}
        assert evidence.unplaced == ()
        assert highest(evidence, told) == "RECEIVED"
        assert len(evidence.logs[B].epochs[1].branches) == 1


def test_two_heads_prove_a_fork_where_the_branch_is_left_out() -> None:
    net, told, accepted, declined = forked()
    evidence = verify_transcript(changed(net, A, lambda content: content.remove(pick(content, "fork"))))
    assert [fork.sequence for fork in evidence.forks] == [1]
    assert void(evidence) == {accepted: "FORKED"}
    assert (evidence.unplaced, highest(evidence, told)) == ((declined,), "RECEIVED")


def test_two_transcripts_part_where_the_log_forked() -> None:
    net, _, accepted, declined = forked()
    parting = compare(of(net, A), of(net, C)).first_divergence
    assert parting is not None
    assert (parting.post, parting.epoch, parting.sequence) == (B, 1, 1)
    assert parting.statements == (accepted, declined)


def test_a_closure_says_on_which_branch_the_log_ended() -> None:
    net, told, accepted, declined = forked()
    net.connect()
    net.go(1)
    ended = net[A].logs[B].position()
    net.adopt(B, net.rotate(B, ended, v1.Closure.REASON_RESTORED))
    net.go(30)
    net.ack(B, told, v1.Decision(value=v1.Decision.VALUE_ACCEPTED_IN_PART))
    for post in (A, B, C):
        evidence = of(net, post)
        assert void(evidence) == {accepted: "FORKED", declined: "DISAVOWED"}
        assert highest(evidence, told) == "ACCEPTED_IN_PART"


def revised() -> Net:
    """The parties revise their agreement between two notices."""
    net = Net(A, B)
    net.say(A, notice())

    def later(words: v1.Agreement) -> None:
        getattr(words.in_force, "from").FromNanoseconds(net.now.utc_ns + 60 * NS_PER_S)

    net.adopt(A, net.revise(later))
    net.go(60)
    net.say(A, notice("again"))
    return net


def test_any_revision_may_be_the_one_trusted() -> None:
    net = revised()
    data, digests = net.transcript(B), [revision.digest for revision in net.trust.revisions.held]
    for pin in digests:
        evidence = verify_transcript(data, pin)
        assert (evidence.pinned, evidence.agreement_digest) == (True, pin)
        assert evidence.revisions == tuple(digests)
        assert len(evidence.messages) == 2
    assert (verify_transcript(data).pinned, verify_transcript(data).agreement_digest) == (False, digests[1])
    assert code_of(data, bytes(32)) == "AGREEMENT_DIGEST"


def test_a_revision_that_only_a_head_names_is_missing() -> None:
    net = Net(A, B)
    net.say(A, notice())

    def later(words: v1.Agreement) -> None:
        getattr(words.in_force, "from").FromNanoseconds(net.now.utc_ns + 60 * NS_PER_S)

    net.adopt(A, net.revise(later))
    net.go(1)
    evidence = verify_transcript(changed(net, B, lambda content: content.remove(pick(content, "agreement", 1))))
    assert set(evidence.missing) == {Named("", 2, A), Named("", 2, B)}
    assert not evidence.complete


def test_another_revision_that_a_head_names_is_missing() -> None:
    net = Net(A, B)
    net.deliver(B, net.frame(A, net[A].logs[A], 90, agreement_held_digest=bytes([1]) * 32))
    net.settle()
    evidence = verify_transcript(net.transcript(B))
    assert (evidence.missing, evidence.complete) == ((Named("", 1, A),), False)


def test_two_revisions_or_versions_with_one_number_contradict() -> None:
    one, other = Net(A, B), Net(A, B)
    for net, word in ((one, "one"), (other, "two")):

        def rename(words: v1.Directory, word: str = word) -> None:
            words.posts[0].name = word

        def lend(words: v1.Agreement, word: str = word) -> None:
            words.types[0].roles.append(word)

        net.adopt(B, net.issue("CHN", rename))
        net.adopt(A, net.revise(lend))
    found = compare(of(one, A), of(other, A)).contradictions
    papers = {(each.post, each.what) for each in found if each.what != "HEAD"}
    assert papers == {("", "AGREEMENT"), ("CHN", "DIRECTORY")}
    assert not compare(of(one, A), of(other, A)).agree


def test_a_stage_taken_back_does_not_count() -> None:
    net = Net(A, B)
    told = net.say(A, notice(), asks="DECIDED")
    net.ack(B, told.digest, v1.Read())
    wrong = net.ack(B, told.digest, ACCEPT)
    net.say(B, v1.Retraction(subject=wrong.digest, reason="the wrong button"), thread=told.digest, precedence="FLASH")
    net.say(A, v1.Retraction(subject=wrong.digest, reason="not ours to take back"), precedence="FLASH")
    for post in (A, B):
        evidence = of(net, post)
        assert highest(evidence, told.digest) == "READ"
        message = evidence.message(wrong.digest)
        assert message is not None and message.marks == ("RETRACTED",)


def test_a_post_that_answers_for_another_is_heard_and_named() -> None:
    staff = "CHN:staff"
    answers_for = [v1.AnswersFor(post=staff, for_post=B)]
    net = Net(rehearsal=rehearse([A, B, staff], published_signer, Net(A, B).now.utc_ns, answers_for=answers_for))
    told = net.say(A, notice(), B, asks="DECIDED")
    net.ack(staff, told.digest, ACCEPT)
    (proof,) = [proof for proof in ladder(of(net, A), told.digest).proofs if proof.stage == v1.STAGE_DECIDED]
    assert (proof.value, proof.speaker) == ("ACCEPTED", staff)
    assert ladder(of(net, A), told.digest).contradictory == ()
    net.ack(B, told.digest, DECLINE)
    found = ladder(of(net, A), told.digest)
    assert found.contradictory == (v1.STAGE_DECIDED,)
    assert found.highest is not None and found.highest.value == "DECLINED"


def disavowed() -> Net:
    """B's party no longer stands by an answer and by a notice."""
    net = Net(A, B, C)
    told = net.say(A, notice(), asks="DECIDED").digest
    net.ack(B, told, v1.Read())
    net.ack(B, told, ACCEPT)
    net.say(B, notice(contact=B), A)
    last = v1.LogPosition(post=B, epoch=1, sequence=1, link_digest=net[B].logs[B].digests[1])
    net.adopt(B, net.rotate(B, last, v1.Closure.REASON_COMPROMISE))
    net.ack(B, told, DECLINE)
    return net


def ended() -> Net:
    """A forked log whose party chose a branch, and went on."""
    net, told, _, _ = forked()
    net.connect()
    net.go(1)
    net.adopt(B, net.rotate(B, net[A].logs[B].position(), v1.Closure.REASON_RESTORED))
    net.go(30)
    net.ack(B, told, ACCEPT)
    return net


def ended_on_the_longer_branch() -> Net:
    """The branch that C heard goes further than the one that A heard, and is where the party closes the epoch."""
    net, told, _, _ = forked()
    net.disconnect()
    net.connect(B, C)
    net.ack(B, told, v1.Compliance(value=v1.Compliance.VALUE_NOT_AGREED))
    net.adopt(C, net.rotate(B, net[C].logs[B].position(), v1.Closure.REASON_RESTORED))
    net.connect()
    net.go(30)
    net.ack(B, told, v1.Decision(value=v1.Decision.VALUE_ACCEPTED_IN_PART))
    return net


def taken_back() -> Net:
    """A stage is withdrawn, and a notice retracted."""
    net = Net(A, B, C)
    told = net.say(A, notice(), asks="DECIDED").digest
    wrong = net.ack(B, told, ACCEPT).digest
    net.say(B, v1.Retraction(subject=wrong, reason="in error"), thread=told, precedence="FLASH")
    net.say(A, v1.Retraction(subject=told, reason="in error"), thread=told, precedence="FLASH")
    net.ack(C, told, v1.Read())
    return net


STORIES = [rotated, disavowed, lambda: forked()[0], ended, ended_on_the_longer_branch, revised, taken_back]


@pytest.mark.threat("repudiation", defence="LOG EXP", measure="histories that node and verifier read alike")
@pytest.mark.parametrize("story", STORIES)
def test_the_verifier_and_the_endpoint_see_the_same_history(story: Callable[[], Net]) -> None:
    net = story()
    for post in net.desks:
        evidence = of(net, post)
        entries = {digest: entry for digest, entry in net[post].book.entries.items() if entry.sequence}
        assert {message.digest for message in evidence.messages} == entries.keys()
        for message in evidence.messages:
            entry = entries[message.digest]
            assert (message.void, message.epoch, message.sequence) == (entry.void, entry.epoch, entry.sequence)
            for found in message.addressees:
                held = {(fact.stage, fact.value, fact.void) for fact in entry.facts_of(found.post)}
                assert {(proof.stage, proof.value, proof.void) for proof in found.proofs} == held
