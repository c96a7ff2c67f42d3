"""What holds after every step of the machines, and in the end: the tables of specs 04 and 07, held against a second
reading of the journals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant
from tests.properties.acts import Acts
from tests.properties.asked import Asked
from tests.properties.desk_book import DeskBook
from tests.properties.model import Channel, Sealed, sealed_in
from tests.properties.table import Table

from hotline import v1
from hotline.protocol.agreements import Terms
from hotline.protocol.book import Entry
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.envelope import digest_of
from hotline.protocol.ladder import Fact
from hotline.protocol.views import AddresseeView

ALARMS = frozenset(
    {
        *("DEADLINE_EXPIRED", "CONTRADICTED", "PEER_SILENT", "PEER_BACK", "RETRACTED", "RADIO_SILENCE"),
        *("QUERIED", "ESCALATED", "NOT_ANSWERED", "TEST_FAILED", "TEST_PASSED", "BREAK_GLASS"),
    }
)
SETTLING_NS = 1_300 * 1_000_000_000
QUIET_NS = 130 * 1_000_000_000


class Talk(Acts):
    """Base of the machines; `posts` is who talks, `steps` how many states were checked."""

    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[tuple[str, int], bytes] = {}
        self.beats: dict[tuple[str, int], bytes] = {}
        self.received: dict[tuple[bytes, str], int] = {}
        self.committed: dict[str, dict[bytes, Any]] = {post: {} for post in self.names}
        self.read: dict[str, int] = dict.fromkeys(self.names, 0)

    # -- what holds after every step ---------------------------------------------------------------------------------

    # -- what befalls them, and what a restored post must know --------------------------------------------------------

    def crash(self, data: st.DataObject) -> None:
        post, commits = self.post(data), data.draw(st.booleans())
        before = snapshot(self.line[post]) if commits else self.committed[post]
        self.line.crash(post, commits=commits)
        assert snapshot(self.line[post]) == before, "a restored Endpoint knows what was committed, and no more"

    # -- after every step --------------------------------------------------------------------------------------------

    @invariant()
    def places_and_beats_are_given_once(self) -> None:
        """No sequence and no beat ever stands for two things, in any journal or any Frame."""
        type(self).steps += 1
        for post, desk in self.line.desks.items():
            for record in desk.journal[self.read[post] :]:
                which = record.WhichOneof("fact")
                if which == "links":
                    self.note_links(record.links)
                elif which == "statement":
                    held = record.statement
                    self.note_place(held.post, held.sequence, digest_of(held.envelope))
                    assert held.refused == "", "nothing that an honest post seals is refused"
                elif which in ("head_made", "head_held"):
                    self.note_head(getattr(record, which))
            self.read[post] = len(desk.journal)
        for flight in self.line.flights[-3:]:
            frame = v1.Frame.FromString(flight.frame)
            self.note_head(frame.head)
            for run in frame.links:
                self.note_links(run)

    def note_links(self, run: v1.LinkRun) -> None:
        for sequence, link in enumerate(run.links, run.first):
            self.note_place(run.post, sequence, link.statement_digest)

    def note_place(self, post: str, sequence: int, digest: bytes) -> None:
        assert self.places.setdefault((post, sequence), digest) == digest

    def note_head(self, envelope: v1.Envelope) -> None:
        head = v1.Head.FromString(envelope.payload)
        assert self.beats.setdefault((head.log.post, head.beat), envelope.payload) == envelope.payload

    @invariant()
    def a_digest_takes_effect_once(self) -> None:
        assert len(set(self.places.values())) == len(self.places)
        for post in self.names:
            for entry in self.placed(post):
                assert self.line[post].logs[entry.post].place_of[entry.digest] == entry.sequence

    @invariant()
    def a_receipt_means_durable_and_never_moves(self) -> None:
        durable = {post: dict(self.durable(post)) for post in self.names}
        for post in self.names:
            for entry in self.line[post].book.entries.values():
                for fact in entry.facts.values():
                    if fact.value == "RECEIVED" and fact.post != post:
                        assert fact.said_at_ns == durable[fact.post][entry.digest]
                        known = self.received.setdefault((entry.digest, fact.post), fact.said_at_ns)
                        assert known == fact.said_at_ns

    def durable(self, post: str) -> list[tuple[bytes, int]]:
        """Digests of others' statements in a journal, each with the moment it became durable."""
        return [
            (digest_of(record.statement.envelope), record.at.ToNanoseconds())
            for record in self.line.desks[post].journal
            if record.HasField("statement") and record.statement.post != post
        ]

    @invariant()
    def what_is_known_only_grows(self) -> None:
        for post in self.names:
            now = snapshot(self.line[post])
            for digest, old in self.committed[post].items():
                assert digest in now
                assert _said(old["facts"]) <= _said(now[digest]["facts"])
                taken_back = {pair for pair in old["contradicted"] if self.is_retracted(post, pair[1])}
                assert old["contradicted"] - taken_back <= now[digest]["contradicted"]
                for wait, verdicts in old["verdicts"].items():
                    assert now[digest]["verdicts"][wait][: len(verdicts)] == verdicts
            if not self.wants(post):
                self.committed[post] = now

    def is_retracted(self, post: str, digest: bytes) -> bool:
        """Whether a post shows a statement as taken back."""
        endpoint = self.line[post]
        return "RETRACTED" in endpoint.view(endpoint.book.entries[digest]).marks

    def wants(self, post: str) -> bool:
        """Whether something of a post is not durable yet."""
        return bool(self.line[post]._journal)

    @invariant()
    def verdicts_and_steps_are_those_of_the_tables(self) -> None:
        for post in self.names:
            if not self.line.late(post) and not self.wants(post):
                self.check_tables(post)

    def check_tables(self, post: str) -> None:
        book, terms = DeskBook.read(post, self.line.desks[post].journal), self.terms
        awaited = list(Table(book, terms.limits).awaited())
        now_ns = self.line.now.utc_ns
        fallen = {key: [word for _, _, word in words] for key, words in book.verdicts.items()}
        wanted = {wait.key: words for wait in awaited if (words := wait.verdicts(now_ns))}
        differing = {
            (book.held[key[0]][0].type, *key[1:], *map(str, (fallen.get(key), wanted.get(key))))
            for key in fallen.keys() | wanted.keys()
            if fallen.get(key) != wanted.get(key)
        }
        assert not differing, f"type, post, stage, what fell, what had to fall: {differing}"
        rules = {rule.precedence: rule for rule in terms.message.silence}
        superior = {name: listed.superior for name, listed in self.line.rehearsal.trust.posts.items()}
        Asked(book, awaited, rules, superior).check(now_ns, may_seal=self.line[post].confirmed)

    @property
    def terms(self) -> Terms:
        """The agreement in force."""
        return self.line.rehearsal.trust.terms(self.line.now.utc_ns)

    @invariant()
    def honest_posts_do_not_suspect_each_other(self) -> None:
        for post, desk in self.line.desks.items():
            assert not desk.endpoint.rolled_back
            assert not any(peer.forked for peer in desk.endpoint.peers.values())
            assert not desk.endpoint.counters
            assert set(desk.alerts) <= ALARMS, post

    def sealed(self, post: str) -> list[Sealed]:
        return list(sealed_in(post, self.line.desks[post].journal))

    # -- in the end --------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Everything heals, time passes, and everybody holds and knows the same."""
        self.line.settle(SETTLING_NS)
        while any(self.owes(post) for post in self.names):
            self.line.settle(QUIET_NS)
        whole = Channel(found for post in self.names for found in self.sealed(post))
        for post in self.names:
            endpoint = self.line[post]
            assert {entry.digest for entry in self.placed(post)} == set(whole.sealed) == set(endpoint.book.entries)
            for entry in endpoint.book.entries.values():
                self.check_settled(post, entry, whole)
                self.check_standing(endpoint, entry, whole)
            for peer in endpoint.peers.values():
                assert (peer.outstanding, peer.unsent, len(peer.receipts)) == ({}, set(), 0)
                assert endpoint.ledger.gaps.count(peer.post) == 0
        states = [self.states(post) for post in self.names]
        assert all(state == states[0] for state in states)
        self.verdicts_and_steps_are_those_of_the_tables()
        self.honest_posts_do_not_suspect_each_other()

    def owes(self, post: str) -> bool:
        """Whether a post still has something to hand over: a step about a silence may just have been taken."""
        return any(peer.outstanding or len(peer.receipts) for peer in self.line[post].peers.values())

    def check_settled(self, post: str, entry: Entry, whole: Channel) -> None:
        facts, subject = list(entry.facts.values()), whole.sealed[entry.digest]
        signed = {(fact.post, fact.stage, fact.value, fact.statement) for fact in facts if fact.statement}
        assert signed == {(word.ladder, word.stage, word.value, word.by.digest) for word in whole.words(subject)}
        for fact in facts:
            if fact.statement:
                said = whole.sealed[fact.statement]
                assert (fact.said_at_ns, fact.place) == (said.sealed_at_ns, (1, said.sequence))
        assert entry.contradicted_by == whole.contradictions(entry.digest)
        received = {fact.post for fact in facts if fact.value == "RECEIVED"}
        if entry.post == post:
            assert received == set(self.names) - {post}
        else:
            assert post in received

    def check_standing(self, endpoint: Endpoint, entry: Entry, whole: Channel) -> None:
        """What stands, and the marks on it, are those of the model."""
        subject, view = whole.sealed[entry.digest], endpoint.view(entry)
        back = entry.digest in whole.retracted
        assert ("WITHDRAWN" in view.marks) is (back and subject.type == "Acknowledgement")
        assert ("RETRACTED" in view.marks) is (back and subject.type != "Acknowledgement")
        for ladder in view.addressees:
            for stage in ladder.stages:
                if stage.stage <= v1.STAGE_PRESENTED:
                    continue
                word = whole.standing(subject, ladder.post, stage.stage)
                assert (stage.fact.statement if stage.fact else None) == (word.by.digest if word else None)
                if word is not None:
                    assert ("CROSSED" in stage.marks) is whole.crossed(word, subject)
                    opposed = whole.contradictory(subject, ladder.post, stage.stage)
                    assert ("CONTRADICTORY" in stage.marks) is opposed

    def states(self, post: str) -> dict[bytes, tuple[str, tuple[str, ...]]]:
        """How every message stands as any post must see it."""
        endpoint = self.line[post]
        views = (endpoint.view(entry) for entry in endpoint.book.entries.values())
        return {view.entry.digest: (view.matter_state, view.marks) for view in views}


def _said(facts: Iterable[Fact]) -> set[Fact]:
    """Facts as they were said: what is taken back stays, and no longer counts."""
    return {replace(fact, void="") for fact in facts}


def snapshot(endpoint: Endpoint) -> dict[bytes, dict[str, Any]]:
    """Everything an Endpoint shows about every message, as plain values."""
    return {digest: _snapshot(endpoint, entry) for digest, entry in endpoint.book.entries.items()}


def _snapshot(endpoint: Endpoint, entry: Entry) -> dict[str, Any]:
    view = endpoint.view(entry)
    return {
        "place": (entry.post, entry.sequence, entry.sealed_at_ns, entry.held_at_ns, entry.refused),
        "facts": frozenset(entry.facts.values()),
        "contradicted": frozenset(entry.contradicted_by),
        "verdicts": snapshot_verdicts(entry),
        "view": (view.marks, [_lasting(ladder) for ladder in view.addressees], view.signers, view.matter_state),
    }


def _lasting(ladder: AddresseeView) -> AddresseeView:
    """Without what a connection makes anew: why nothing comes, and what that means for what comes next."""
    return replace(ladder, silence="", next="", next_ns=None)


def snapshot_verdicts(entry: Entry) -> dict[tuple[str, int], list[str]]:
    """Outcomes by addressee and stage, in the order they fell."""
    names = v1.Verdict.Outcome.Name
    return {
        (wait[0], wait[1]): [names(verdict.outcome).removeprefix("OUTCOME_") for verdict in verdicts]
        for wait, verdicts in entry.verdicts.items()
    }
