"""What posts do and what befalls them: the rules that move the machines of the property tests."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from tests.kit import START_NS, flash, notice
from tests.properties.line import Line

from hotline import v1
from hotline.agreements.rehearsal import PostPlan
from hotline.protocol.book import Entry
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.statements import NODE_SIGNED, Draft, sign_statement

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
                deferred_until=to_timestamp(START_NS + 900 * NS_PER_S) if value == v1.Decision.VALUE_DEFERRED else None,
            )
            for value in v1.Decision.Value.values()
            if value
        ),
        *(v1.Compliance(value=value) for value in v1.Compliance.Value.values() if value),
    ]
)
FIELD = {v1.Read: "read", v1.Readback: "readback", v1.Passed: "passed", v1.Decision: "decision"}
STEPS = (
    *("say", "say", "acknowledge", "acknowledge", "acknowledge", "answer_a_readback", "answer_a_readback"),
    *("observe", "present", "leave", "replace", "retract", "retract", "tell_out_of_band", "keep_silent"),
    *("turn", "turn", "deliver", "deliver", "deliver_all", "lose", "chat"),
    *("cut", "mend", "go", "crash"),
)
SETTLING_NS = 1_300 * NS_PER_S


NODE_SIGNED_NAMES = frozenset(name.rpartition(".")[2] for name in NODE_SIGNED)


class Acts(RuleBasedStateMachine):
    """Base of the machines; `posts` is who talks."""

    posts: tuple[str | PostPlan, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.line = Line(*self.posts)
        self.names = tuple(self.line.desks)
        self.count = 0

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
        others = [other for other in self.names if other != post]
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
        return self.answer(post, subject, body, data)

    def answer_a_readback(self, data: st.DataObject) -> None:
        post = self.post(data)
        readbacks = [entry for entry in self.placed(post) if _readback(entry)]
        if not readbacks:
            return self.acknowledge(data)
        readback = data.draw(st.sampled_from(readbacks))
        verdict = data.draw(st.sampled_from(v1.ReadbackAnswer.Verdict.values()[1:]))
        body = v1.Acknowledgement(subject=_subject(readback))
        body.readback_answer.CopyFrom(v1.ReadbackAnswer(readback=readback.digest, verdict=verdict))
        return self.answer(post, readback, body, data)

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
        return self.answer(post, subject, body, data)

    def replace(self, data: st.DataObject) -> None:
        """A post updates or cancels a notice of its own, not always the one in force."""
        post = self.post(data)
        kinds = ("ActivityNotice", "ActivityUpdate")
        notices = [entry for entry in self.placed(post) if entry.post == post and _type(entry) in kinds]
        if not notices:
            return self.say(data)
        old = data.draw(st.sampled_from(notices))
        updates = data.draw(st.booleans())
        body = v1.ActivityUpdate(notice=notice("moved")) if updates else v1.ActivityCancel(reason="weather")
        role = v1.Reference.ROLE_UPDATES if updates else v1.Reference.ROLE_CANCELS
        return self.answer(post, old, body, data, references=[v1.Reference(digest=old.digest, role=role)])

    def retract(self, data: st.DataObject) -> None:
        """A post takes something back, mostly its own."""
        post, subject = self.pick(data, own=data.draw(st.sampled_from([True, True, True, False])))
        if subject is None or _type(subject) in NODE_SIGNED_NAMES:
            return self.say(data)
        body = v1.Retraction(subject=subject.digest, reason="sent in error")
        return self.answer(post, subject, body, data, precedence=v1.PRECEDENCE_FLASH)

    def tell_out_of_band(self, data: st.DataObject) -> None:
        """Something was said by telephone, about an answer that somebody waits for."""
        post, subject = self.pick(data, own=None)
        said = subject.said if subject is not None else None
        if subject is None or said is None:
            return self.say(data)
        body = v1.OutOfBand(
            subject=subject.digest,
            post=data.draw(st.sampled_from(said.addressees)),
            medium=v1.MEDIUM_TELEPHONE,
            said_at=to_timestamp(self.line.now.utc_ns),
            stage=v1.STAGE_READ,
        )
        return self.answer(post, subject, body, data)

    def keep_silent(self, data: st.DataObject) -> None:
        """A post declares radio silence for a while, or ends it."""
        post, now_ns = self.post(data), self.line.now.utc_ns
        body = v1.RadioSilence(**{"from": to_timestamp(now_ns)})
        if data.draw(st.sampled_from([True, True, False])):
            body.until.CopyFrom(to_timestamp(now_ns + data.draw(st.integers(1, 1_500)) * NS_PER_S))
        others = [other for other in self.names if other != post]
        self.submit(post, body, others, v1.PRECEDENCE_ROUTINE)

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
        for post in self.names if data.draw(st.booleans()) else ():
            self.line.turn(post)

    # -- helpers of the steps ----------------------------------------------------------------------------------------

    def post(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.names))

    def placed(self, post: str) -> list[Entry]:
        return [entry for entry in self.line[post].book.entries.values() if entry.sequence]

    def pick(self, data: st.DataObject, *, own: bool | None) -> tuple[str, Entry | None]:
        """A post, and a statement it holds: its own, another's (False) or any (None)."""
        post = self.post(data)
        held = [entry for entry in self.placed(post) if own is None or (entry.post == post) is own]
        return post, data.draw(st.sampled_from(held)) if held else None

    def answer(
        self,
        post: str,
        subject: Entry,
        body: Message,
        data: st.DataObject,
        *,
        precedence: v1.Precedence.ValueType = v1.PRECEDENCE_IMMEDIATE,
        **header: Any,
    ) -> None:
        """Say something in the thread of another statement, having seen what is held of it or not."""
        others = [other for other in self.names if other != post]
        seen = self.line[post].book.newest(subject.thread) if data.draw(st.booleans()) else []
        self.submit(post, body, others, precedence, thread=subject.thread, seen=seen, **header)

    def submit(self, post: str, body: Message, action: list[str], precedence: Any, **header: Any) -> None:
        self.count += 1
        draft = Draft(body=body, action=action, precedence=precedence, handling=f"n{self.count}", **header)
        endpoint = self.line[post]
        officers = list(self.line.rehearsal.officers[post].values())
        needed = endpoint.trust.terms(self.line.now.utc_ns).type_rules[body.DESCRIPTOR.full_name].persons
        envelope = sign_statement(endpoint.compose(draft, self.line.now), *officers[:needed])
        endpoint.submit(envelope, self.line.now)


def _type(entry: Entry) -> str:
    return str(entry.said.body.DESCRIPTOR.name) if entry.said else ""


def _readback(entry: Entry) -> bool:
    body = entry.said.body if entry.said else None
    return isinstance(body, v1.Acknowledgement) and body.HasField("readback")


def _subject(entry: Entry) -> bytes:
    body = entry.said.body if entry.said else None
    assert isinstance(body, v1.Acknowledgement)
    return body.subject
