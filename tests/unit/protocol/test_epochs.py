"""Epochs in directories: which version may close one and open the next, and what is cut off where."""

from __future__ import annotations

import pytest
from tests.kit import START_NS, A, B, key
from tests.unit.protocol.handmade import DAY_NS, channel, officer
from tests.unit.protocol.test_directories import NOW_NS, held, nothing, refused, version

from hotline import v1
from hotline.agreements.build import key_of, window
from hotline.agreements.following import Change, revoke, rotate, withdraw
from hotline.protocol.epochs import Cut
from hotline.protocol.instant import to_timestamp

NEXT, NEXT_BUT_ONE, OTHER = (key(number) for number in (220, 221, 222))
LAST = v1.LogPosition(post=A, epoch=1, sequence=4, link_digest=b"d" * 32)


def last(epoch: int, sequence: int = 4) -> v1.LogPosition:
    return v1.LogPosition(post=A, epoch=epoch, sequence=sequence, link_digest=b"d" * 32)


ROTATED = rotate(A, LAST, NEXT, NOW_NS)


def test_a_version_closes_an_epoch_and_opens_the_next() -> None:
    to = held(ROTATED)
    cut = Cut(A, 1, 4, b"d" * 32, "ROTATION", NOW_NS)
    assert (to.closure(A, 1), to.closure(A, 2), to.closure("KOR:watch", 1)) == (cut, None, None)
    assert (to.nodes[A].epoch, to.nodes[A].key.fingerprint) == (2, NEXT.fingerprint)
    old, new = (to.node_of(signer.fingerprint) for signer in (channel().nodes[A], NEXT))
    assert (old.epoch, new.epoch, new) == (1, 2, to.nodes[A])
    assert to.node_key(channel().nodes[A].fingerprint) is not None


def test_a_copy_goes_on_by_itself() -> None:
    before = held().epochs[A]
    copied = before.copy()
    rotated = held(ROTATED).epochs[A]
    copied.take(rotated.nodes[2], rotated.closures[1])
    assert (sorted(copied.nodes), sorted(copied.closures)) == ([1, 2], [1])
    assert (sorted(before.nodes), before.closures, before.open) == ([1], {}, True)


def test_a_cut_is_a_position_of_the_log_it_cuts() -> None:
    assert held(ROTATED).epochs[A].closures[1].position() == LAST


def test_epochs_follow_one_another() -> None:
    to = held(ROTATED, nothing, rotate(A, last(2), NEXT_BUT_ONE, NOW_NS))
    assert sorted(to.epochs[A].nodes) == [1, 2, 3]
    assert [to.epochs[A].closures[epoch].sequence for epoch in (1, 2)] == [4, 4]


def relist(**node: object) -> Change:
    """The node's entry says something else, and nothing is closed."""

    def change(words: v1.Directory) -> None:
        words.posts[0].node.MergeFrom(v1.NodeCertificate(**node))  # type: ignore[arg-type]  # any field of it

    return change


def closed(position: v1.LogPosition) -> Change:
    """A closure by itself."""
    return lambda words: words.closures.add(last=position, reason=v1.Closure.REASON_KEY_LOST, at=to_timestamp(NOW_NS))


def both(*changes: Change) -> Change:
    def change(words: v1.Directory) -> None:
        for each in changes:
            each(words)

    return change


def drop(words: v1.Directory) -> None:
    words.ClearField("posts")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (relist(key=key_of(NEXT)), "another key for epoch 1 of POST"),
        (relist(epoch=2), "epoch 2 of POST follows epoch 1"),
        (relist(key=key_of(NEXT), epoch=2), "epoch 2 of POST follows epoch 1"),
        (closed(LAST), "epoch 1 of POST follows epoch 1"),
        (both(closed(LAST), relist(epoch=2)), "epoch 2 of POST needs a new key"),
        (both(closed(LAST), relist(key=key_of(NEXT))), "epoch 1 of POST follows epoch 1"),
        (both(closed(LAST), relist(key=key_of(NEXT), epoch=3)), "epoch 3 of POST follows epoch 1"),
        (both(ROTATED, closed(LAST)), "it closes two epochs of POST"),
        (rotate(A, last(2), NEXT, NOW_NS), "POST has no epoch 2 that could be cut off"),
        (drop, "POST is withdrawn and its epoch is not closed"),
    ],
    ids=[
        "another key",
        "another epoch",
        "both without a closure",
        "closed and nothing opened",
        "next under the same key",
        "another key in the same epoch",
        "one left out",
        "closed twice",
        "one that is not there",
        "withdrawn and not closed",
    ],
)
def test_an_epoch_is_closed_when_the_next_opens_and_not_else(change: Change, words: str) -> None:
    """REQ-EPOCH-1."""
    to = held()
    assert refused("EPOCH_CHAIN", lambda: to.take_directory(version(to, change))) == words.replace("POST", A)
    assert to.nodes[A].epoch == 1


def test_a_closed_epoch_is_not_closed_again() -> None:
    to = held(ROTATED)
    again = refused("EPOCH_CHAIN", lambda: to.take_directory(version(to, closed(LAST))))
    assert again == f"it closes epoch 1 of {A}, which is not open"
    first = rotate(A, last(2), channel().nodes[A], NOW_NS)
    words = refused("EPOCH_CHAIN", lambda: to.take_directory(version(to, first)))
    assert words == f"epoch 3 of {A} needs a new key", "that of the first epoch is not one"


def add_post(epoch: int) -> Change:
    def change(words: v1.Directory) -> None:
        entry = words.posts.add()
        entry.CopyFrom(words.posts[0])
        entry.id = "AUS:another"
        entry.ClearField("officers")
        entry.node.key.CopyFrom(key_of(OTHER))
        entry.node.epoch = epoch

    return change


def test_a_post_begins_with_epoch_1() -> None:
    to = held()
    refused("EPOCH_CHAIN", lambda: to.take_directory(version(to, add_post(2))))
    assert held(add_post(1)).nodes["AUS:another"].epoch == 1


def test_a_withdrawn_post_stays_known_and_may_come_back_in_its_next_epoch() -> None:
    to = held(withdraw(A, LAST, NOW_NS))
    assert (A in to.posts, A in to.pins, to.parties[A], to.nodes[A].epoch) == (False, False, "AUS", 1)
    assert (to.withdrawn(A, START_NS), to.withdrawn(B, START_NS), to.others(B)) == (True, False, ("JPN:fleet-watch",))

    def back(words: v1.Directory) -> None:
        words.posts.add().CopyFrom(held().posts[A])
        words.posts[0].node.CopyFrom(
            v1.NodeCertificate(key=key_of(NEXT), epoch=2, valid=window(NOW_NS, NOW_NS + DAY_NS))
        )

    to.take_directory(version(to, back))
    assert (to.withdrawn(A, START_NS), to.nodes[A].epoch) == (False, 2)


def test_a_partys_positions_are_of_its_own_posts() -> None:
    foreign = v1.LogPosition(post=B, epoch=1, sequence=1, link_digest=bytes(32))
    to = held()
    words = refused("POST_FOREIGN", lambda: to.take_directory(version(to, closed(foreign))))
    assert words == f"a position of {B} in the directory of AUS"
    keyid = officer("ada", B).fingerprint
    refused("POST_FOREIGN", lambda: to.take_directory(version(to, revoke(keyid, foreign, NOW_NS))))


def test_a_key_is_revoked_after_a_place() -> None:
    """REQ-EPOCH-3."""
    ada = officer("ada").fingerprint
    to = held(revoke(ada, last(1, 2), NOW_NS))
    places = (1, 2), (1, 3), (2, 1)
    assert [to.revoked(ada, place) for place in places] == [False, True, True]
    assert [to.revoked(officer("bo").fingerprint, place) for place in places] == [False] * 3
    later = held(revoke(ada, last(1, 2), NOW_NS), revoke(ada, last(1, 9), NOW_NS + DAY_NS))
    assert later.revoked(ada, (1, 3))


def test_only_what_was_listed_is_revoked() -> None:
    to = held()
    refused("KEY_UNKNOWN", lambda: to.take_directory(version(to, revoke(bytes(32), LAST, NOW_NS))))
    refused("EPOCH_CHAIN", lambda: to.take_directory(version(to, revoke(officer().fingerprint, last(2), NOW_NS))))


def test_what_a_version_ended_is_told_once() -> None:
    to = held()
    taken = to.take_directory(version(to, ROTATED, revoke(officer("bo").fingerprint, LAST, NOW_NS)))
    assert taken is not None
    assert (taken.party, taken.version) == ("AUS", 2)
    assert [cut.reason for cut in (*taken.closures, *taken.revocations)] == ["ROTATION", "COMPROMISE"]
