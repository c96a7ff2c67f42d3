"""Posts that talk while everything goes wrong around them: the rules that move them, and what holds after each step."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.kit import START_NS, flash, notice
from tests.properties.line import Line
from tests.properties.model import Model, Sealed, ends, expected, sealed_in, waited_for

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.envelope import digest_of
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.statements import Draft, sign_statement

PRECEDENCES = st.sampled_from([v1.PRECEDENCE_FLASH, v1.PRECEDENCE_IMMEDIATE, v1.PRECEDENCE_ROUTINE])
ASKED = st.sampled_from([v1.STAGE_UNSPECIFIED, v1.STAGE_READ, v1.STAGE_UNDERSTOOD, v1.STAGE_PASSED, v1.STAGE_DONE])
POSITIONS = st.sampled_from(["bridge", "ops"])
# From a moment to most of an hour, most of it not a whole number of milliseconds.
SPANS_NS = st.one_of(
    st.integers(1, NS_PER_S),
    st.sampled_from([5 * NS_PER_S, 16 * NS_PER_S, 60 * NS_PER_S, 600 * NS_PER_S]),
    st.integers(1, 2_000 * NS_PER_S),
)
WORDS = v1.Text(language="en", text="three miles", role=v1.Text.ROLE_AUTHENTIC)
STAGES: st.SearchStrategy[Message] = st.sampled_from(
    [
        v1.Read(),
        v1.Readback(fields=[v1.ReadbackField(path="exclusion_radius_m", value="5556")], words=WORDS),
        v1.Passed(to="fleet"),
        *(
            v1.Decision(
                value=value,
                reason="as said",
                deferred_until=to_timestamp(START_NS) if value == v1.Decision.VALUE_DEFERRED else None,
            )
            for value in v1.Decision.Value.values()
            if value
        ),
        *(v1.Compliance(value=value) for value in v1.Compliance.Value.values() if value),
    ]
)
FIELD = {v1.Read: "read", v1.Readback: "readback", v1.Passed: "passed", v1.Decision: "decision"}
STEPS = (
    *("say", "acknowledge", "acknowledge", "answer_a_readback", "observe", "present", "leave"),
    *("turn", "turn", "deliver", "deliver", "deliver_all", "lose", "chat"),
    *("cut", "mend", "go", "crash"),
)
SETTLING_NS = 1_300 * NS_PER_S


class Talk(RuleBasedStateMachine):
    """Base of the machines; `posts` is who talks."""

    posts: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.line = Line(*self.posts)
        self.count = 0
        self.places: dict[tuple[str, int], bytes] = {}
        self.beats: dict[tuple[str, int], bytes] = {}
        self.received: dict[tuple[bytes, str], int] = {}
        self.committed: dict[str, dict[bytes, Any]] = {post: {} for post in self.posts}
        self.read: dict[str, int] = dict.fromkeys(self.posts, 0)

    # -- what happens ------------------------------------------------------------------------------------------------

    @initialize(connected=st.sampled_from([True, True, True, False]))
    def begin(self, connected: bool) -> None:
        """Connected, or with every line down."""
        for pair in self.line.pairs if connected else ():
            self.line.mend(pair)
        self.line.calm()

    @rule(data=st.data(), step=st.sampled_from(STEPS))
    def step(self, data: st.DataObject, step: str) -> None:
        """One thing happens. One rule for all: of many, Hypothesis would leave some out of most runs."""
        note(step)
        getattr(self, step)(data)

    def say(self, data: st.DataObject) -> None:
        post = self.post(data)
        others = [other for other in self.posts if other != post]
        action = data.draw(st.lists(st.sampled_from(others), min_size=1, unique=True))
        info = [other for other in others if other not in action and data.draw(st.booleans())]
        body = flash() if data.draw(st.booleans()) else notice()
        self.submit(post, body, action, data.draw(PRECEDENCES), info=info, stage_requested=data.draw(ASKED))

    def acknowledge(self, data: st.DataObject) -> None:
        post, subject = self.pick(data, own=False)
        if subject is None:
            return self.say(data)
        stage = data.draw(STAGES)
        body = v1.Acknowledgement(subject=subject.digest)
        field = FIELD.get(type(stage), "compliance")
        getattr(body, field).SetInParent()
        getattr(body, field).CopyFrom(stage)
        return self.answer(post, subject, body)

    def answer_a_readback(self, data: st.DataObject) -> None:
        post = self.post(data)
        readbacks = [entry for entry in self.placed(post) if _readback(entry)]
        if not readbacks:
            return self.acknowledge(data)
        readback = data.draw(st.sampled_from(readbacks))
        verdict = data.draw(st.sampled_from(v1.ReadbackAnswer.Verdict.values()[1:]))
        body = v1.Acknowledgement(subject=_subject(readback))
        body.readback_answer.CopyFrom(v1.ReadbackAnswer(readback=readback.digest, verdict=verdict))
        return self.answer(post, readback, body)

    def observe(self, data: st.DataObject) -> None:
        post, subject = self.pick(data, own=None)
        if subject is None:
            return self.say(data)
        body = v1.Observation(
            subject=subject.digest,
            finding=data.draw(st.sampled_from(v1.Observation.Finding.values()[1:])),
            observed_at=to_timestamp(START_NS),
            observed=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP),
            sensor=v1.Observation.SENSOR_RADAR,
        )
        return self.answer(post, subject, body)

    def present(self, data: st.DataObject) -> None:
        post, subject = self.pick(data, own=False)
        if subject is not None:
            position = data.draw(POSITIONS)
            self.line[post].staff(position, True, self.line.now)
            self.line[post].present(subject.digest, position, self.line.now)

    def leave(self, data: st.DataObject) -> None:
        self.line[self.post(data)].staff(data.draw(POSITIONS), False, self.line.now)

    def turn(self, data: st.DataObject) -> None:
        self.line.turn(self.post(data))

    def deliver(self, data: st.DataObject) -> None:
        """One Frame arrives; it may come again."""
        if self.line.flights:
            flight = data.draw(st.sampled_from(self.line.flights))
            if data.draw(st.booleans()):
                self.line.flights.remove(flight)
            self.line.deliver(flight)

    def deliver_all(self, data: st.DataObject) -> None:
        """Everything in flight arrives, in any order."""
        flights, self.line.flights = data.draw(st.permutations(self.line.flights)), []
        turns = data.draw(st.booleans())
        for flight in flights:
            self.line.deliver(flight)
            if turns:
                self.line.turn(flight.receiver)

    def lose(self, data: st.DataObject) -> None:
        if self.line.flights:
            self.line.flights.remove(data.draw(st.sampled_from(self.line.flights)))

    def chat(self, data: st.DataObject) -> None:
        """For a moment all is well, among all or between two."""
        self.line.calm(data.draw(st.sampled_from([None, *map(sorted, self.line.pairs)])))

    def cut(self, data: st.DataObject) -> None:
        self.line.cut(data.draw(st.sampled_from(self.line.pairs)))

    def mend(self, data: st.DataObject) -> None:
        self.line.mend(data.draw(st.sampled_from(self.line.pairs)))

    def go(self, data: st.DataObject) -> None:
        self.line.go(data.draw(SPANS_NS))
        for post in self.posts if data.draw(st.booleans()) else ():
            self.line.turn(post)

    def crash(self, data: st.DataObject) -> None:
        post, commits = self.post(data), data.draw(st.booleans())
        before = snapshot(self.line[post]) if commits else self.committed[post]
        self.line.crash(post, commits=commits)
        assert snapshot(self.line[post]) == before, "a restored Endpoint knows what was committed, and no more"

    # -- helpers of the steps ----------------------------------------------------------------------------------------

    def post(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.posts))

    def placed(self, post: str) -> list[Entry]:
        return [entry for entry in self.line[post].book.entries.values() if entry.sequence]

    def pick(self, data: st.DataObject, *, own: bool | None) -> tuple[str, Entry | None]:
        """A post, and a statement it holds: its own, another's (False) or any (None)."""
        post = self.post(data)
        held = [entry for entry in self.placed(post) if own is None or (entry.post == post) is own]
        return post, data.draw(st.sampled_from(held)) if held else None

    def answer(self, post: str, subject: Entry, body: Message) -> None:
        others = [other for other in self.posts if other != post]
        self.submit(post, body, others, v1.PRECEDENCE_IMMEDIATE, thread=subject.thread)

    def submit(self, post: str, body: Message, action: list[str], precedence: Any, **header: Any) -> None:
        self.count += 1
        draft = Draft(body=body, action=action, precedence=precedence, handling=f"n{self.count}", **header)
        endpoint = self.line[post]
        officers = list(self.line.rehearsal.officers[post].values())
        needed = endpoint.trust.terms(self.line.now.utc_ns).type_rules[body.DESCRIPTOR.full_name].persons
        envelope = sign_statement(endpoint.compose(draft, self.line.now), *officers[:needed])
        endpoint.submit(envelope, self.line.now)

    # -- what holds after every step ---------------------------------------------------------------------------------

    @invariant()
    def places_and_beats_are_given_once(self) -> None:
        """No sequence and no beat ever stands for two things, in any journal or any Frame."""
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
        for post in self.posts:
            for entry in self.placed(post):
                assert self.line[post].logs[entry.post].place_of[entry.digest] == entry.sequence

    @invariant()
    def a_receipt_means_durable_and_never_moves(self) -> None:
        durable = {post: dict(self.durable(post)) for post in self.posts}
        for post in self.posts:
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
        for post in self.posts:
            now = snapshot(self.line[post])
            for digest, old in self.committed[post].items():
                assert digest in now
                assert old["facts"] <= now[digest]["facts"]
                assert old["contradicted"] <= now[digest]["contradicted"]
                for wait, verdicts in old["verdicts"].items():
                    assert now[digest]["verdicts"][wait][: len(verdicts)] == verdicts
            if not self.wants(post):
                self.committed[post] = now

    def wants(self, post: str) -> bool:
        """Whether something of a post is not durable yet."""
        return bool(self.line[post]._journal)

    @invariant()
    def verdicts_are_those_of_the_table(self) -> None:
        for post in self.posts:
            for found in () if self.line.late(post) else self.sealed(post):
                self.check_verdicts(post, found)

    def check_verdicts(self, post: str, found: Sealed) -> None:
        entry = self.line[post].book.entries[found.digest]
        words = {wait: tuple(outcomes) for wait, outcomes in snapshot_verdicts(entry).items()}
        for addressee, stage in waited_for(found):
            limit_ns = self.line.rehearsal.trust.terms(found.sealed_at_ns).limits[
                v1.Stage.ValueType(stage), found.header.precedence
            ]
            ended = min(
                (f.learned_at_ns for f in entry.facts_of(addressee) if ends(stage, f.stage, f.value)), default=None
            )
            want = expected(found.sealed_at_ns, limit_ns, ended, self.line.now.utc_ns)
            assert tuple(want) == words.pop((addressee, stage), ())
        assert words == {}, "no verdict falls on what was not waited for"

    @invariant()
    def honest_posts_do_not_suspect_each_other(self) -> None:
        for post, desk in self.line.desks.items():
            assert not desk.endpoint.rolled_back
            assert not any(peer.forked for peer in desk.endpoint.peers.values())
            assert not desk.endpoint.counters
            assert set(desk.alerts) <= {"DEADLINE_EXPIRED", "CONTRADICTED", "PEER_SILENT", "PEER_BACK"}, post

    def sealed(self, post: str) -> list[Sealed]:
        return list(sealed_in(post, self.line.desks[post].journal))

    # -- in the end --------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Everything heals, time passes, and everybody holds and knows the same."""
        self.line.settle(SETTLING_NS)
        model = Model(found for post in self.posts for found in self.sealed(post))
        for post in self.posts:
            endpoint = self.line[post]
            assert {entry.digest for entry in self.placed(post)} == set(model.sealed) == set(endpoint.book.entries)
            for entry in endpoint.book.entries.values():
                self.check_settled(post, entry, model)
            for peer in endpoint.peers.values():
                assert (peer.outstanding, peer.unsent, len(peer.receipts)) == ({}, set(), 0)
                assert endpoint.ledger.gaps.count(peer.post) == 0
        states = [self.states(post) for post in self.posts]
        assert all(state == states[0] for state in states)
        self.verdicts_are_those_of_the_table()
        self.honest_posts_do_not_suspect_each_other()

    def check_settled(self, post: str, entry: Entry, model: Model) -> None:
        facts = list(entry.facts.values())
        signed = {(fact.post, fact.stage, fact.value, fact.statement) for fact in facts if fact.statement}
        assert signed == model.officer_facts(entry.digest)
        for fact in facts:
            if fact.statement:
                said = model.sealed[fact.statement]
                assert (fact.said_at_ns, fact.place) == (said.sealed_at_ns, (1, said.sequence))
        assert entry.contradicted_by == model.contradictions(entry.digest)
        received = {fact.post for fact in facts if fact.value == "RECEIVED"}
        if entry.post == post:
            assert received == set(self.posts) - {post}
        else:
            assert post in received

    def states(self, post: str) -> dict[bytes, tuple[str, tuple[str, ...]]]:
        """How every message stands as any post must see it."""
        endpoint = self.line[post]
        views = (endpoint.view(entry) for entry in endpoint.book.entries.values())
        return {view.entry.digest: (view.matter_state, view.marks) for view in views}


def _readback(entry: Entry) -> bool:
    body = entry.said.body if entry.said else None
    return isinstance(body, v1.Acknowledgement) and body.HasField("readback")


def _subject(entry: Entry) -> bytes:
    body = entry.said.body if entry.said else None
    assert isinstance(body, v1.Acknowledgement)
    return body.subject


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
        "view": (view.marks, view.addressees, view.signers, view.matter_state),
    }


def snapshot_verdicts(entry: Entry) -> dict[tuple[str, int], list[str]]:
    """Outcomes by addressee and stage, in the order they fell."""
    names = v1.Verdict.Outcome.Name
    return {
        (wait[0], wait[1]): [names(verdict.outcome).removeprefix("OUTCOME_") for verdict in verdicts]
        for wait, verdicts in entry.verdicts.items()
    }
