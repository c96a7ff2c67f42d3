"""What is held back from a post's own side because it would undo what was said (REQ-AGR-5)."""

from __future__ import annotations

import pytest
from tests.kit import A, B, Net, notice
from tests.unit.protocol.lives import from_now

from hotline import v1
from hotline.protocol.errors import UsageError


def held_back(net: Net, paper: v1.SignedAgreement | v1.Envelope, post: str = A) -> str:
    with pytest.raises(UsageError, match="WOULD_DISAVOW") as told:
        net[post].adopt(paper, net.now)
    return told.value.detail


def test_a_revision_that_began_before_something_was_said_is_held_back_by_every_post_that_holds_it() -> None:
    net = Net(A, B)
    revision = net.revise(from_now(net))
    net.go(1)
    for _ in range(2):
        net.say(A, notice())
    for post in (A, B):
        assert held_back(net, revision, post).startswith("2 statements")
        assert net[post].trust.revisions.newest.revision == 1
    assert net[A].adopt(revision, net.now, disavow=True).state == "ADOPTED"
    net.settle()
    assert net[B].trust.revisions.newest.revision == 2


def test_a_revision_that_begins_after_what_was_said_is_taken() -> None:
    net = Net(A, B)
    net.say(A, notice())
    net.go(1)
    assert net[A].adopt(net.revise(from_now(net)), net.now).state == "ADOPTED"


def test_what_waits_for_its_place_is_not_undone() -> None:
    net = Net(A, B, connected=False)
    net.say(A, notice())
    assert net[A].adopt(net.revise(from_now(net)), net.now).state == "ADOPTED"


def test_a_revision_that_is_held_is_known() -> None:
    net = Net(A, B)
    revision = net.revise(from_now(net))
    net[A].adopt(revision, net.now)
    net.go(1)
    net.settle()
    net.say(A, notice())
    assert net[A].adopt(revision, net.now).state == "KNOWN"


def test_a_closure_before_the_end_of_the_own_log_is_held_back() -> None:
    net = Net(A, B)
    net.say(A, notice())
    rotation = net.rotate(A)
    net.say(A, notice("another"))
    assert held_back(net, rotation).startswith("1 statements that this node sealed after 1")
    assert net[B].adopt(rotation, net.now).state == "ADOPTED"


def test_a_closure_at_the_end_is_taken() -> None:
    net = Net(A, B)
    net.say(A, notice())
    assert net[A].adopt(net.rotate(A), net.now).state == "ADOPTED"
