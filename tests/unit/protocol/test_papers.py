"""Revisions and directories on their way in: each by itself."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.kit import A, B, Net
from tests.unit.protocol.lives import from_now

from hotline import v1
from hotline.protocol.effects import Alert
from hotline.protocol.errors import HotlineError
from hotline.protocol.ledger import Ledger
from hotline.protocol.papers import Papers


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


def test_another_directory_in_a_peers_head_is_alarmed_once() -> None:
    desk = Desk()
    ours = desk.ledger.trust.held()
    other = [v1.DirectoryHeld(party="AUS", version=1, digest=b"x" * 32), v1.DirectoryHeld(party="AUS", version=9)]
    for listed in (ours, other, other):
        desk.papers.compare(v1.Head(log=v1.LogPosition(post=A), directories=listed))
    assert [(told.code, told.post) for told in desk.ledger.tell if isinstance(told, Alert)] == [("DIRECTORY_FORK", A)]
