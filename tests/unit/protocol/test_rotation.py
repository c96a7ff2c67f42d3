"""Epochs on a live line: one party closes and opens, and everybody goes on (spec 06, sections 3 and 4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.kit import A, B, C, Net, key, notice

from hotline import v1
from hotline.agreements.following import revoke, withdraw
from hotline.protocol.effects import Alert, Rewire
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.errors import HotlineError, UsageError
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.log import START as LOG_START
from hotline.protocol.statements import Draft

D = "AUS:second-watch"


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
        again = Endpoint.restore(post, net.rehearsal.trust, desk.signers, _Nothing(), desk.journal, net.now)
        assert state(again) == before


class _Nothing:
    """Identifiers for an Endpoint that is only looked at."""

    def fresh(self) -> bytes:
        return bytes(16)

    def jitter(self) -> int:
        return 0


# -- rotation ----------------------------------------------------------------------------------------------------------


def test_the_next_head_is_of_the_next_epoch_and_brings_the_directory() -> None:
    net = Net(A, B, C)
    net.say(A, notice("one"))
    last = net[A].logs[A].position()
    assert net.adopt(A, net.rotate(A)).state == "ADOPTED"
    assert (head(net, A).log.epoch, head(net, A).log.link_digest, head(net, A).beat) == (2, last.link_digest, 1)
    for post in (B, C):
        assert net[post].logs[A].position() == v1.LogPosition(post=A, epoch=2, link_digest=last.link_digest)
        assert (net[post].peers[A].epoch, net[post].trust.versions["AUS"]) == (2, 2)
        assert alerts(net, post) == ["DIRECTORY_CHANGED"]
        assert "directory" in kinds(net, post)
    assert net.errors == []
    comes_back(net)


def test_statements_go_on_in_the_new_epoch() -> None:
    net = Net(A, B)
    old = net.say(A, notice("one"), asks="READ")
    net.adopt(A, net.rotate(A))
    new = net.say(A, notice("two"), asks="READ")
    for sent, place in ((old, (1, 1)), (new, (2, 1))):
        net.ack(B, sent.digest, v1.Read())
        assert (net.entry(B, sent.digest).place, net.entry(B, sent.digest).void) == (place, "")
        assert net.stages(A, sent.digest, B)["READ"] == "READ"
    assert net[A].peers[B].outstanding == {}
    assert len(net[B].peers[A].receipts.oldest(9)) <= 1
    comes_back(net)


def test_both_sides_may_change_at_once() -> None:
    net = Net(A, B)
    net.say(A, notice("one"))
    net.disconnect()
    for post in (A, B):
        net.adopt(post, net.rotate(post))
    waiting = net.say(A, notice("two")), net.say(B, notice("three"))
    net.connect()
    net.go(1)
    assert [net.entry(post, sent.digest).place for post, sent in zip((B, A), waiting, strict=True)] == [(2, 1), (2, 1)]
    assert [net[post].peers[other].outstanding for post, other in ((A, B), (B, A))] == [{}, {}]
    assert net.errors == []
    comes_back(net)


def test_what_was_not_receipted_in_a_closed_epoch_still_arrives_under_the_new_head() -> None:
    net = Net(A, B, C)
    net.disconnect(A, C)
    net.disconnect(B, C)
    sent = net.say(A, notice("while C is away"))
    net.adopt(A, net.rotate(A))
    later = net.say(A, notice("after"))
    net.restart(A)
    net.connect()
    net.go(1)
    assert [net.entry(C, each.digest).place for each in (sent, later)] == [(1, 1), (2, 1)]
    assert net.stages(A, sent.digest, C) == {"DELIVERED": "RECEIVED"}
    assert (net[A].peers[C].outstanding, net.errors) == ({}, [])
    comes_back(net)


def test_a_receipt_about_a_closed_epoch_is_given_in_ours_of_another() -> None:
    net = Net(A, B)
    net.tap = lambda sender, _, frame: None if sender == B else frame
    sent = net.say(A, notice("one"))
    net.adopt(A, net.rotate(A))
    assert net[A].peers[B].outstanding == {(1, 1): v1.PRECEDENCE_IMMEDIATE}
    net.tap = None
    net.adopt(B, net.rotate(B))
    net.go(6)
    assert net.stages(A, sent.digest, B) == {"DELIVERED": "RECEIVED"}
    net.go(61)
    assert net[B].peers[A].receipts.oldest(9) == []
    comes_back(net)


def test_a_directory_that_is_known_is_no_news() -> None:
    net = Net(A, B)
    envelope = net.rotate(A)
    assert [net.adopt(A, envelope).state for _ in range(2)] == ["ADOPTED", "KNOWN"]
    assert net.adopt(B, envelope).state == "KNOWN"
    assert kinds(net, B).count("directory") == 1


def test_a_directory_that_is_wrong_changes_nothing() -> None:
    net = Net(A, B)
    wrong = net.issue("AUS", lambda words: words.posts[0].officers.pop())
    wrong.signatures[0].sig = bytes(64)
    with pytest.raises(HotlineError, match="SIGNATURE_INVALID"):
        net.adopt(B, wrong)
    assert (net[B].trust.versions["AUS"], kinds(net, B).count("directory")) == (1, 0)


def with_papers(net: Net, *papers: v1.Envelope) -> bytes:
    """A's newest Frame with directories in it."""
    frame = v1.Frame.FromString(net[A].current_frame() or b"")
    frame.directories.extend(papers)
    return frame.SerializeToString()


def test_a_directory_in_a_frame_that_does_not_verify_is_counted_and_nothing_else() -> None:
    net = Net(A, B)
    wrong = net.issue("AUS", lambda words: words.posts[0].officers.pop())
    wrong.signatures[0].sig = bytes(64)
    net.deliver(B, with_papers(net, wrong))
    assert (net.errors, net[B].counters["SIGNATURE_INVALID"], net[B].trust.versions["AUS"]) == ([], 1, 1)


def test_of_two_directories_with_one_version_the_watch_is_told_once() -> None:
    net, other = Net(A, B), Net(A, B)
    net.adopt(A, net.issue("AUS", lambda words: words.posts[0].officers.pop()))
    twin = other.issue("AUS", lambda words: setattr(words.posts[0], "name", "another"))
    for _ in range(2):
        net.deliver(B, with_papers(net, twin))
        net.settle()
    assert alerts(net, B) == ["DIRECTORY_CHANGED", "DIRECTORY_FORK"]
    assert net[B].counters["DIRECTORY_FORK"] == 2


def test_a_peer_is_brought_every_version_it_missed_whoever_issued_it() -> None:
    net = Net(A, B, C)
    net.disconnect(A, C)
    net.disconnect(B, C)
    for _ in range(3):
        net.adopt(A, net.rotate(A))
    net.disconnect(A, B)
    net.connect(B, C)
    assert (net[C].trust.versions, net[C].logs[A].epoch) == (net.trust.versions, 4)
    frames: list[v1.Frame] = []

    def tap(sender: str, receiver: str, frame: bytes) -> bytes:
        frames.append(v1.Frame.FromString(frame))
        return frame

    net.tap = tap
    net.say(C, notice("on"))
    assert frames and all(not frame.directories and not frame.agreements for frame in frames)
    comes_back(net)


def test_the_driver_is_told_to_rewire_after_what_was_to_be_sent() -> None:
    net = Net(A, B)

    def move(words: v1.Directory) -> None:
        words.posts[0].endpoint = "elsewhere.invalid:1"
        words.posts[0].tls_certificates[0] = b"x" * 64

    envelope = net.issue("AUS", move)
    net[B].adopt(envelope, net.now)
    names = [type(effect).__name__ for effect in net[B].take_effects()]
    assert names.index("Journal") < names.index("Send") < names.index("Rewire")
    net.adopt(B, net.rotate(B))
    assert not any(isinstance(told, Rewire) for told in net.desks[B].told)


# -- keys --------------------------------------------------------------------------------------------------------------


def test_without_the_key_of_its_epoch_a_node_says_nothing_and_the_watch_knows() -> None:
    net = Net(A, B)
    net.adopt(A, net.rotate(A, equip=False))
    assert alerts(net, A) == ["DIRECTORY_CHANGED", "NO_KEY_FOR_EPOCH"]
    assert net[B].trust.versions["AUS"] == 2
    sent = net.say(A, notice("one"))
    net.go(200)
    assert (sent.state, head(net, A).log.epoch) == ("WAITING", 1)
    signer = net.draw()
    with pytest.raises(UsageError, match="NOT_ITS_POST"):
        net[A].equip(net.desks[B].signer, net.now)
    wanted = net.trust.nodes[A].key.fingerprint
    signer = next(known for known in map(key, range(255, 0, -1)) if known.fingerprint == wanted)
    net[A].equip(signer, net.now)
    net.settle()
    assert (net.entry(B, sent.digest).place, head(net, A).log.epoch) == ((2, 1), 2)


def test_a_key_that_is_listed_for_nothing_of_the_post_is_refused_at_the_start() -> None:
    net = Net(A, B)
    for signer in (net.desks[B].signer, net.draw()):
        with pytest.raises(UsageError, match="NOT_ITS_POST"):
            Endpoint(A, net.trust, signer, _Nothing(), net.now)
    Endpoint(A, net.trust, [net.desks[A].signer, net.draw()], _Nothing(), net.now)


# -- disavowal ---------------------------------------------------------------------------------------------------------


def cut_after(net: Net, post: str, sequence: int) -> v1.LogPosition:
    log = net[post].logs[post]
    return v1.LogPosition(post=post, epoch=log.epoch, sequence=sequence, link_digest=log.digests[sequence])


def test_what_stands_past_a_closure_is_disavowed_and_stays() -> None:
    """REQ-EPOCH-2, REQ-EPOCH-4."""
    net = Net(A, B)
    asked = net.say(B, notice("for A"), asks="DECIDED")
    good = net.ack(A, asked.digest, v1.Read())
    bad = net.ack(A, asked.digest, v1.Decision(value=v1.Decision.VALUE_ACCEPTED))
    net.adopt(A, net.rotate(A, cut_after(net, A, 1), v1.Closure.REASON_COMPROMISE))
    for post in (A, B):
        assert [net.entry(post, each.digest).void for each in (good, bad)] == ["", "DISAVOWED"]
        assert net.entry(post, bad.digest).envelope == net.entry(A, bad.digest).envelope
        stages = net.stages(post, asked.digest, A)
        assert (stages["READ"], stages.get("DECIDED", "")) == ("READ", "")
        assert alerts(net, post).count("DISAVOWED") == 1
    verdicts = net.entry(B, asked.digest).verdicts[A, v1.STAGE_DECIDED]
    assert [verdict.outcome for verdict in verdicts] == [v1.Verdict.OUTCOME_IN_TIME]
    assert net.stages(A, bad.digest, B) == {"DELIVERED": "RECEIVED"}
    comes_back(net)


def test_links_past_a_closure_that_come_late_are_disavowed_when_they_come() -> None:
    net = Net(A, B, C)
    net.disconnect(A, C)
    net.disconnect(B, C)
    bad = net.say(A, notice("bad"))
    net.disconnect(A, B)
    net.adopt(B, net.rotate(A, cut_after(net, A, 0), v1.Closure.REASON_COMPROMISE, equip=False))
    net.connect(B, C)
    assert net[C].trust.versions["AUS"] == 2
    for frame in net[B].serve(A, 1, 1, epoch=1):
        net.deliver(C, frame)
    net.settle()
    assert (net.entry(C, bad.digest).void, net.entry(C, bad.digest).place) == ("DISAVOWED", (1, 1))
    assert "DISAVOWED" in alerts(net, C)
    assert net.stages(B, bad.digest, C)["DELIVERED"] == "RECEIVED"
    comes_back(net)


def test_our_own_disavowed_statements_are_owed_to_nobody() -> None:
    net = Net(A, B, C)
    net.disconnect(A, C)
    bad = net.say(A, notice("bad"), asks="READ")
    net.adopt(A, net.rotate(A, cut_after(net, A, 0)))
    assert net[A].peers[C].outstanding == {}
    outcomes = {verdict.outcome for found in net.entry(A, bad.digest).verdicts.values() for verdict in found}
    assert v1.Verdict.OUTCOME_MOOT in outcomes
    comes_back(net)


def test_a_revoked_key_is_good_up_to_its_place() -> None:
    """REQ-EPOCH-3."""
    net = Net(A, B)
    asked = net.say(B, notice("for A"), asks="DECIDED")
    good = net.ack(A, asked.digest, v1.Read())
    bad = net.ack(A, asked.digest, v1.Decision(value=v1.Decision.VALUE_ACCEPTED))
    signed = net.entry(A, bad.digest).said
    assert signed is not None
    keyid = signed.officers[0].key.fingerprint
    net.adopt(A, net.issue("AUS", revoke(keyid, cut_after(net, A, 1), net.now.utc_ns)))
    assert [net.entry(B, each.digest).void for each in (good, bad)] == ["", "DISAVOWED"]
    assert "DECIDED" not in net.stages(B, asked.digest, A)
    comes_back(net)


# -- rolled back -------------------------------------------------------------------------------------------------------


def test_a_rolled_back_node_goes_on_from_the_closure_and_fetches_what_it_lost() -> None:
    """REQ-EPOCH-5."""
    net = Net(A, B, C)
    kept = net.say(A, notice("kept"))
    keep = len(net.journal(A))
    lost = net.say(A, notice("lost"))
    last = net[A].logs[A].position()
    net.restart(A, keep=keep)
    net.connect()
    assert (net[A].rolled_back, alerts(net, A)) == (True, ["ROLLED_BACK"])
    with pytest.raises(UsageError, match="ROLLED_BACK"):
        net.say(A, notice("no"))
    net.adopt(A, net.rotate(A, last, v1.Closure.REASON_RESTORED))
    assert (net[A].rolled_back, net[A].confirmed) == (False, True)
    new = net.say(A, notice("new"))
    assert net.entry(B, new.digest).place == (2, 1)
    net.go(20)
    assert [net.entry(A, each.digest).place for each in (kept, lost, new)] == [(1, 1), (1, 2), (2, 1)]
    assert net.entry(A, lost.digest).void == ""
    net.go(20)
    assert net.errors == []
    assert net.stages(A, lost.digest, B)["DELIVERED"] == "RECEIVED"
    comes_back(net)


def test_a_node_that_lost_its_directory_too_is_told_it_and_waits_for_the_next() -> None:
    net = Net(A, B)
    keep = len(net.journal(A))
    net.adopt(A, net.rotate(A))
    net.say(A, notice("lost"))
    net.restart(A, keep=keep)
    net.connect()
    assert (net[A].trust.versions["AUS"], net[A].logs[A].epoch, net[A].rolled_back) == (2, 2, True)


def test_our_own_head_of_the_newest_epoch_does_not_come_from_outside() -> None:
    net = Net(A, B)
    net.say(A, notice())
    frame = net[A].current_frame()
    assert frame is not None
    net.deliver(A, frame)
    assert [error.code for _, error in net.errors] == ["OWN_HEAD"]
    net.adopt(A, net.rotate(A))
    net.deliver(A, frame)
    assert len(net.errors) == 1
    comes_back(net)


# -- posts that come and go --------------------------------------------------------------------------------------------


def test_a_withdrawn_post_is_awaited_no_more_and_what_it_said_stays() -> None:
    """REQ-DIR-4."""
    net = Net(A, B, C)
    said = net.say(C, notice("said"))
    asked = net.say(A, notice("asked"), B, C, asks="READ")
    last = net[C].logs[C].position()
    net.adopt(A, net.issue("JPN", withdraw(C, last, net.now.utc_ns)))
    verdicts = net.entry(A, asked.digest).verdicts
    assert verdicts[C, v1.STAGE_READ][-1].outcome == v1.Verdict.OUTCOME_MOOT
    assert (B, v1.STAGE_READ) not in verdicts
    assert (net.entry(A, said.digest).void, net[A].peers[C].withdrawn, C in net[A].trust.posts) == ("", True, False)
    sent: list[str] = []

    def tap(_: str, receiver: str, frame: bytes) -> bytes:
        sent.append(receiver)
        return frame

    net.tap = tap
    net.say(A, notice("not for C"), B)
    assert C not in sent
    assert C not in [held.post for held in head(net, A).held]
    assert any(isinstance(told, Rewire) for told in net.desks[A].told)
    comes_back(net)


def test_a_post_that_was_withdrawn_speaks_no_more() -> None:
    net = Net(A, B, C)
    words = net.sign(C, _draft())
    net.adopt(C, net.issue("JPN", withdraw(C, net[C].logs[C].position(), net.now.utc_ns)))
    with pytest.raises(UsageError, match="NOT_ITS_POST"):
        net[C].submit(words, net.now)


def test_a_new_post_is_a_peer_and_is_owed_our_newest_log() -> None:
    net = Net(A, B)
    before = net.say(A, notice("before"), B)
    net.adopt(A, net.join(D))
    assert set(net[B].peers) == {A, D}
    assert net[A].peers[D].outstanding == {(1, 1): v1.PRECEDENCE_IMMEDIATE}
    net.connect()
    after = net.say(D, notice("after"), A, B)
    net.go(1)
    assert [net.entry(D, each.digest).place for each in (before, after)] == [(1, 1), (1, 1)]
    assert net.stages(D, after.digest, B) == {"DELIVERED": "RECEIVED"}
    assert any(isinstance(told, Rewire) for told in net.desks[B].told)
    assert net.errors == []
    net.desks.pop(D)
    comes_back(net)


def test_a_new_post_fetches_the_epochs_before_its_time() -> None:
    net = Net(A, B)
    old = net.say(A, notice("old"), B)
    net.adopt(A, net.rotate(A))
    net.adopt(A, net.join(D))
    net.connect()
    net.go(20)
    assert net.entry(D, old.digest).place == (1, 1)


# -- revisions ---------------------------------------------------------------------------------------------------------


def from_now(net: Net, after_s: float = 0.0) -> Callable[[v1.Agreement], object]:
    at = to_timestamp(net.now.utc_ns + round(after_s * NS_PER_S))
    return lambda words: getattr(words.in_force, "from").CopyFrom(at)


def test_a_revision_travels_and_comes_into_force_at_its_instant() -> None:
    """REQ-AGR-3."""
    net = Net(A, B)
    first = net.trust.agreement.digest
    adopted = net.adopt(A, net.revise(from_now(net, 30)))
    assert (adopted.state, adopted.version) == ("ADOPTED", 2)
    assert [len(net[post].trust.revisions.held) for post in (A, B)] == [2, 2]
    assert [alerts(net, post) for post in (A, B)] == [["AGREEMENT_CHANGED"]] * 2
    assert (head(net, A).agreement_digest, head(net, A).agreement_revision) == (first, 2)
    before = net.say(A, notice("before"))
    net.go(31)
    assert head(net, A).agreement_digest == net.trust.revisions.newest.digest
    after = net.say(A, notice("after"))
    digests = [net.entry(B, each.digest).said for each in (before, after)]
    assert [said.header.agreement_digest if said else b"" for said in digests] == [first, adopted.digest]
    assert net.errors == []
    comes_back(net)


def test_a_statement_under_another_revision_that_is_held_has_expired() -> None:
    net = Net(A, B)
    draft_of_old = net.sign(A, _draft())
    net.adopt(A, net.revise(from_now(net)))
    with pytest.raises(UsageError, match="AGREEMENT_EXPIRED"):
        net[A].submit(draft_of_old, net.now)


def _draft() -> Draft:
    return Draft(body=notice(), action=(B,), precedence=v1.PRECEDENCE_IMMEDIATE)


def test_timers_keep_the_limits_with_which_they_were_armed() -> None:
    net = Net(A, B)
    old = net.say(A, notice("old"), asks="READ")

    def shorter(words: v1.Agreement) -> None:
        from_now(net)(words)
        for timer in words.timers:
            if timer.stage == v1.STAGE_READ:
                timer.limit.FromSeconds(7)

    net.adopt(A, net.revise(shorter))
    net.now = net.now.later(1_000_000)
    new = net.say(A, notice("new"), asks="READ")
    waits = net[A].ledger.waits
    limits = [waits.limits(sent.digest, B)[v1.STAGE_READ] // 1_000_000_000 for sent in (old, new)]
    assert limits[0] > limits[1] == 7


def test_of_two_revisions_with_one_number_the_first_stays_and_the_watch_is_told() -> None:
    """REQ-AGR-4."""
    net, other = Net(A, B), Net(A, B)
    net.adopt(A, net.revise(from_now(net, 5)))
    twin = other.revise(from_now(other, 6))
    with pytest.raises(HotlineError, match="AGREEMENT_FORK"):
        net.adopt(B, twin)
    net.settle()
    assert alerts(net, B) == ["AGREEMENT_CHANGED", "AGREEMENT_FORK"]


def test_a_party_that_leaves_is_sent_nothing_from_that_instant_on() -> None:
    net = Net(A, B, C)
    asked = net.say(A, notice(), B, C, asks="READ")

    def leave(words: v1.Agreement) -> None:
        from_now(net, 10)(words)
        words.parties.pop()

    net.adopt(A, net.revise(leave))
    assert not net[A].peers[C].withdrawn
    net.go(11)
    assert [net[post].peers[C].withdrawn for post in (A, B)] == [True, True]
    assert net.entry(A, asked.digest).verdicts[C, v1.STAGE_READ][-1].outcome == v1.Verdict.OUTCOME_MOOT
    comes_back(net)


def test_the_chain_starts_with_zeroes() -> None:
    net = Net(A, B)
    assert net[B].logs[A].digests == [LOG_START]
