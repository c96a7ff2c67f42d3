"""What posts have learned since the last look, as lines: facts, verdicts, marks, states and alarms.

Each post's knowledge is a set of sentences by key. A sentence that is new or has changed is told once, with every post
that learned it at that moment. A verdict that a fact brings stands in brackets behind it, with the post whose it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from google.protobuf.message import Message
from tests.kit import Net
from tests.traces.names import Names, stage_name
from tests.traces.words import clock, span

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.ladder import Fact
from hotline.protocol.timers import DELIVERED

Key = tuple[object, ...]
Sentences = dict[Key, str]

# Their delivery is told only where something is wrong with it: they ask for no more, and what they bring is told. So it
# is with posts that a statement does not address.
_BY_NODES = frozenset({"QueryAck", "Escalated", "ChannelTest"})
_PLAIN = _BY_NODES | {"Acknowledgement", "Observation"}
# Others are what comes of `connect` and `cut`.
_STATES_TOLD = frozenset({"FORKED", "RADIO_SILENCE", "SILENT", "DEGRADED"})
# Told where they fall, as verdicts or as refusals.
_TOLD_AS_FACTS = frozenset({"DEADLINE_EXPIRED"})
_MARGIN = 7


class Telling:
    """Looks at every post of a net after each moment and says what is new."""

    def __init__(self, net: Net, names: Names, start_ns: int) -> None:
        self._net, self._names, self._start_ns = net, names, start_ns
        self._known: dict[str, Sentences] = {post: {} for post in net.desks}
        self._counted: dict[str, Mapping[str, int]] = {}
        self._errors = 0

    def look(self) -> list[str]:
        """Lines about everything learned since the last look."""
        told: dict[str, list[str]] = {}
        behind: dict[str, list[str]] = {}
        for post in self._net.desks:
            news = dict(self._news(post))
            for key, sentence in news.items():
                fact = self._brought(key, news)
                if fact is not None:
                    behind.setdefault(news[fact], []).append(f"{self._names.post(post)}: {_verdict_words(key)}")
                else:
                    told.setdefault(sentence, []).append(post)
            for sentence in (*self._alarms(post), *self._dropped(post)):
                told.setdefault(sentence, []).append(post)
        for post, error in self._net.errors[self._errors :]:
            told.setdefault(f"frame refused: {error.code}", []).append(post)
        self._errors = len(self._net.errors)
        return [self._line(posts, sentence, behind.get(sentence, [])) for sentence, posts in told.items()]

    def forget(self, post: str) -> None:
        """A post begins anew from its journal: what it then knows is no news."""
        self._known[post] = dict(self._sentences(self._net[post]))
        self._counted.pop(post, None)

    def _line(self, posts: list[str], sentence: str, behind: list[str]) -> str:
        names = list(dict.fromkeys(self._names.post(post) for post in posts))
        who = "all" if 2 < len(names) == len(self._net.desks) else " ".join(names)
        verdicts = f" [{', '.join(behind)}]" if behind else ""
        time = clock(self._net.now.utc_ns - self._start_ns)
        return f"{time}  {who:<{_MARGIN}} | {self._names.readable(sentence)}{verdicts}"

    def _news(self, post: str) -> Iterator[tuple[Key, str]]:
        before, now = self._known.get(post, {}), dict(self._sentences(self._net[post]))
        self._known[post] = now
        yield from ((key, sentence) for key, sentence in now.items() if before.get(key) != sentence)
        gone = {key: sentence for key, sentence in before.items() if key not in now and key[0] != "waits"}
        for key, sentence in sorted(gone.items(), key=lambda item: item[1]):
            yield ("gone", *key), f"no longer: {sentence.partition(': ')[0] if key[0] == 'peer' else sentence}"

    @staticmethod
    def _brought(key: Key, news: Sentences) -> Key | None:
        """The fact, learned just now, that a verdict is about."""
        if key[0] != "verdict":
            return None
        return next((other for other in reversed(news) if other[0] == "fact" and other[1:4] == key[1:4]), None)

    def _alarms(self, post: str) -> Iterator[str]:
        desk = self._net.desks[post]
        for effect in desk.told:
            if isinstance(effect, Alert) and effect.code not in _TOLD_AS_FACTS:
                about = f" {self._names.ref(effect.digest)}" if self._names.has(effect.digest) else ""
                yield f"ALARM {effect.code}{about}: {effect.detail}"
        desk.told.clear()

    def _dropped(self, post: str) -> Iterator[str]:
        counters, before = dict(self._net[post].counters), self._counted.get(post, {})
        self._counted[post] = counters
        for code, count in counters.items():
            if count > before.get(code, 0):
                yield f"counted {code}: {count}"

    # -- what a post knows -------------------------------------------------------------------------------------------

    def _sentences(self, endpoint: Endpoint) -> Iterator[tuple[Key, str]]:
        for peer in endpoint.line(self._net.at(endpoint.post)).peers:
            if peer.state in _STATES_TOLD:
                yield ("peer", peer.post), f"the line to {peer.post} is {peer.state}: {peer.detail}"
        for entry in list(endpoint.book.entries.values()):
            if entry.sequence or entry.post == endpoint.post:
                yield from self._of_entry(endpoint, entry)

    def _of_entry(self, endpoint: Endpoint, entry: Entry) -> Iterator[tuple[Key, str]]:
        view, ref = endpoint.view(entry), self._ref(entry)
        yield from self._own(endpoint, entry, ref)
        asked = entry.said.addressees if entry.said and _kind(entry) not in _PLAIN else ()
        for fact in entry.facts.values():
            if fact.value != "RECEIVED" or fact.post in asked:
                about = (entry.digest, fact.post, fact.stage, fact.value, fact.by, fact.statement)
                yield ("fact", *about), f"{ref} {fact.post}: {_words(fact)}"
        if _kind(entry) != "QueryAck":
            yield from self._verdicts(entry, ref)
        for ladder in view.addressees:
            for row in ladder.stages:
                for mark in row.marks:
                    yield (
                        ("stage", entry.digest, ladder.post, row.stage, mark),
                        f"{ref} {ladder.post}: {row.name} is {mark}",
                    )
        for mark in view.marks:
            yield ("mark", entry.digest, mark), f"{ref} is {mark}"
        if view.matter_state and entry.thread == entry.digest:
            yield ("matter", entry.digest), f"{ref} stands at {view.matter_state}"

    def _own(self, endpoint: Endpoint, entry: Entry, ref: str) -> Iterator[tuple[Key, str]]:
        """What a post knows of its own statements and no fact says: one that waits, one that its node made."""
        if entry.post != endpoint.post:
            return
        if not entry.sequence:
            yield ("waits", entry.digest), f"{ref} waits for its place"
        elif entry.said and (words := self._by_node(entry.said.body)):
            yield ("made", entry.digest), f"{words}: {ref}"

    def _by_node(self, body: Message) -> str:
        """What a node says by itself."""
        if isinstance(body, v1.QueryAck):
            return f"asks {body.post} again for {stage_name(body.stage)} of {self._names.ref(body.subject)}"
        if isinstance(body, v1.Escalated):
            how = v1.Escalated.Step.Name(body.step).removeprefix("STEP_")
            to = f" to {body.target}" if body.target else ""
            about = f"{stage_name(body.stage)} of {self._names.ref(body.original)}"
            return f"turns{to} ({how}), as {body.silent_post} has not said {about}"
        if isinstance(body, v1.ChannelTest):
            return "tests the line, to be read by people" if body.by_people else "tests the line"
        return ""

    def _verdicts(self, entry: Entry, ref: str) -> Iterator[tuple[Key, str]]:
        for (post, stage), verdicts in entry.verdicts.items():
            for verdict in verdicts:
                key = ("verdict", entry.digest, post, stage, verdict.outcome, verdict.after_ms)
                in_time = stage == DELIVERED and verdict.outcome == v1.Verdict.OUTCOME_IN_TIME
                if not (_kind(entry) in _PLAIN and in_time):
                    yield key, f"{ref} {post}: {stage_name(stage)} {_verdict_words(key)}"

    def _ref(self, entry: Entry) -> str:
        if not self._names.has(entry.digest):
            self._names.number(entry.digest, _kind(entry))
        return self._names.ref(entry.digest)


def _kind(entry: Entry) -> str:
    """The type of a statement, as far as it could be read."""
    return entry.statement.body_type.rpartition(".")[2] if entry.statement else "unreadable"


def _words(fact: Fact) -> str:
    """A fact in words: the stage where its value does not say it, who said it, and what else it says."""
    name, value = stage_name(fact.stage), fact.value
    said = value if value == name else f"{name} {value}"
    people = ", ".join(person.partition(" ")[0] for person in fact.by.split(", "))
    other = f" of {fact.speaker}" if fact.speaker and not fact.answers else ""
    by = f" at {fact.by}" if value == "PRESENTED" else "" if fact.by == "node" else f" by {people}{other}"
    return f"{said}{by}{f': {fact.detail}' if fact.detail else ''}{f', {fact.void}' if fact.void else ''}"


def _verdict_words(key: Key) -> str:
    """ "IN_TIME after 3 min" of a verdict's key."""
    *_, outcome, after_ms = key
    assert isinstance(outcome, int) and isinstance(after_ms, int)
    name = v1.Verdict.Outcome.Name(v1.Verdict.Outcome.ValueType(outcome))
    return f"{name.removeprefix('OUTCOME_')} after {span(after_ms)}"
