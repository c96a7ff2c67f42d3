"""Epochs on a live line: one party closes and opens, and everybody goes on (spec 06, sections 3 and 4)."""

from __future__ import annotations

import pytest
from tests.kit import A, B, C, Net, key, notice
from tests.unit.protocol.lives import Nothing, alerts, comes_back, head, kinds

from hotline import v1
from hotline.protocol.effects import Rewire
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.errors import HotlineError, UsageError

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
            Endpoint(A, net.trust, signer, Nothing(), net.now)
    Endpoint(A, net.trust, [net.desks[A].signer, net.draw()], Nothing(), net.now)
