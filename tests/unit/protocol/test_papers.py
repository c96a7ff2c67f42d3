"""Revisions and directories on their way in: each by itself."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.kit import START, START_NS, A, B, Net
from tests.unit.protocol.lives import from_now

from hotline import v1
from hotline.protocol.effects import Alert
from hotline.protocol.errors import HotlineError
from hotline.protocol.instant import to_timestamp
from hotline.protocol.ledger import Ledger
from hotline.protocol.papers import Papers
from hotline.protocol.replaying import replay


class Desk:
    """The papers of B, and the records they made."""

    def __init__(self) -> None:
        self.net = Net(A, B, connected=False)
        self.ledger = Ledger(B, self.net.rehearsal.trust.copy())
        self.records: list[v1.Record] = []
        self.counters: Counter[str] = Counter()
        self.papers = Papers(self.ledger, self.records.append, self.counters)

    def issue(self) -> v1.Envelope:
        return self.net.issue("AUS", lambda words: words.posts[0].officers.pop())

    def kinds(self) -> list[str | None]:
        return [record.WhichOneof("fact") for record in self.records]


def test_papers_are_recorded_as_they_are_taken() -> None:
    desk = Desk()
    signed = desk.net.revise(from_now(desk.net))
    frame = v1.Frame(agreements=[signed], directories=[desk.issue(), desk.issue()])
    desk.papers.take(frame)
    assert desk.kinds() == ["agreement", "directory", "directory"]
    assert (desk.papers.fresh, desk.counters) == (True, {})
    assert (desk.ledger.trust.versions["AUS"], desk.ledger.trust.revisions.newest.revision) == (3, 2)


def test_one_that_is_wrong_leaves_the_others_alone() -> None:
    desk = Desk()
    good, wrong = desk.issue(), desk.issue()
    wrong.signatures[0].sig = bytes(64)
    desk.papers.take(v1.Frame(directories=[wrong, good, wrong]))
    assert (desk.kinds(), desk.counters) == (["directory"], {"SIGNATURE_INVALID": 2})


def test_what_is_known_is_no_news() -> None:
    desk = Desk()
    first = desk.ledger.trust.agreement.signed
    desk.papers.take(v1.Frame(agreements=[first], directories=desk.ledger.trust.every_directory()))
    assert (desk.kinds(), desk.papers.fresh, desk.counters) == ([], False, {})
    assert (desk.papers.adopt(first).state, desk.papers.adopt(first).version) == ("KNOWN", 1)


def test_what_is_adopted_says_what_it_is() -> None:
    desk = Desk()
    envelope = desk.issue()
    adopted = desk.papers.adopt(envelope)
    assert (adopted.state, adopted.version) == ("ADOPTED", 2)
    assert desk.papers.adopt(envelope).state == "KNOWN"


def test_no_agreement_at_all_is_refused() -> None:
    desk = Desk()
    with pytest.raises(HotlineError, match="AGREEMENT_CHAIN"):
        desk.papers.adopt(v1.SignedAgreement())


def test_a_second_one_with_the_same_number_is_alarmed_once() -> None:
    desk, other = Desk(), Net(A, B, connected=False)
    desk.papers.adopt(desk.issue())
    twin = other.issue("AUS", lambda words: setattr(words.posts[0], "name", "another"))
    for _ in range(2):
        with pytest.raises(HotlineError, match="DIRECTORY_FORK"):
            desk.papers.adopt(twin)
    told = [alert.code for alert in desk.ledger.tell if isinstance(alert, Alert)]
    assert told == ["DIRECTORY_CHANGED", "DIRECTORY_FORK"]
    assert desk.kinds() == ["directory", "rival"]


def test_what_was_alarmed_before_a_restart_is_not_alarmed_again() -> None:
    desk, other = Desk(), Net(A, B, connected=False)
    desk.papers.adopt(desk.issue())
    twin = other.issue("AUS", lambda words: setattr(words.posts[0], "name", "another"))
    with pytest.raises(HotlineError, match="DIRECTORY_FORK"):
        desk.papers.adopt(twin)
    again = Desk()
    for record in desk.records:
        record.at.CopyFrom(to_timestamp(START_NS))
        replay(again.ledger, record, START)
    again.ledger.tell.clear()
    with pytest.raises(HotlineError, match="DIRECTORY_FORK"):
        again.papers.adopt(twin)
    assert (again.ledger.tell, again.kinds()) == ([], [])


def another_line(desk: Desk) -> v1.SignedAgreement:
    """Revision 3 of the same parties over another revision 2 than the desk takes."""
    desk.papers.adopt(desk.net.revise(from_now(desk.net)))
    other = Net(A, B, connected=False)
    other.revise(from_now(other, after_s=2))
    return other.revise(from_now(other, after_s=4))


def test_a_revision_over_another_one_than_is_held_is_alarmed_once() -> None:
    """The peer that brings it holds no revision that we hold under another digest, and yet there are two lines."""
    desk = Desk()
    third = another_line(desk)
    for _ in range(2):
        with pytest.raises(HotlineError, match="AGREEMENT_CHAIN"):
            desk.papers.adopt(third)
    told = [alert.code for alert in desk.ledger.tell if isinstance(alert, Alert)]
    assert told == ["AGREEMENT_CHANGED", "AGREEMENT_FORK"]


def test_a_revision_that_no_party_of_ours_signed_is_counted_only() -> None:
    desk = Desk()
    third = another_line(desk)
    for envelope in third.envelopes:
        envelope.signatures[0].sig = bytes(64)
    desk.papers.take(v1.Frame(agreements=[third]))
    told = [alert.code for alert in desk.ledger.tell if isinstance(alert, Alert)]
    assert (told, desk.counters) == (["AGREEMENT_CHANGED"], {"AGREEMENT_CHAIN": 1})


def test_a_version_over_another_one_than_is_held_is_alarmed() -> None:
    desk, other = Desk(), Net(A, B, connected=False)
    desk.papers.adopt(desk.issue())
    other.issue("AUS", lambda words: setattr(words.posts[0], "name", "another"))
    third = other.issue("AUS", lambda words: setattr(words.posts[0], "name", "yet another"))
    desk.papers.take(v1.Frame(directories=[third, third]))
    told = [alert.code for alert in desk.ledger.tell if isinstance(alert, Alert)]
    assert (told, desk.counters) == (["DIRECTORY_CHANGED", "DIRECTORY_FORK"], {"DIRECTORY_CHAIN": 2})


def test_another_directory_in_a_peers_head_is_alarmed_once() -> None:
    desk = Desk()
    ours = desk.ledger.trust.held()
    other = [v1.DirectoryHeld(party="AUS", version=1, digest=b"x" * 32), v1.DirectoryHeld(party="AUS", version=9)]
    for listed in (ours, other, other):
        desk.papers.compare(v1.Head(log=v1.LogPosition(post=A), directories=listed))
    assert [(told.code, told.post) for told in desk.ledger.tell if isinstance(told, Alert)] == [("DIRECTORY_FORK", A)]
