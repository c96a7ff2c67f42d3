"""The steps of spec 07, read a second time: how a silent post must have been asked again and gone round."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.properties.desk_book import DeskBook
from tests.properties.model import D, Sealed
from tests.properties.table import Awaited, ends

from hotline import v1

BY_NODES = {"QueryAck", "Escalated", "ChannelTest"}


@dataclass(slots=True)
class _Spell:
    """One unbroken time in which something was overdue of a post about a statement of ours."""

    begun_ns: int
    began: int
    ended: int | None
    stages: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Round:
    """A silence rule and the ways round a post: how long to wait, how often to ask, whom to turn to."""

    query_wait_ns: int
    queries: int
    step_wait_ns: int
    superior: str


class Asked:
    """What one post did about silence, held against what it must do."""

    def __init__(
        self,
        book: DeskBook,
        awaited: list[Awaited],
        rules: Mapping[v1.Precedence.ValueType, v1.SilenceRule],
        superior: Mapping[str, str],
    ) -> None:
        self._book, self._awaited, self._rules, self._superior = book, awaited, rules, superior

    def check(self, now_ns: int, *, may_seal: bool) -> None:
        """Every step was due, none is missing, none was taken without need."""
        explained = 0
        for found in self._book.own():
            if found.type in BY_NODES:
                continue
            for post in found.header.action:
                for spell in self._spells(found, post):
                    explained += self._check(found, post, spell, now_ns, may_seal=may_seal)
        steps = sum(found.type in ("QueryAck", "Escalated") for found in self._book.own())
        assert steps == explained, "nobody is asked without need"

    def _spells(self, found: Sealed, post: str) -> Iterator[_Spell]:
        """From the verdicts that fell, in the order of the journal."""
        waits = {wait.key: wait for wait in self._awaited if (wait.unanswered, wait.post) == (found.digest, post)}
        if found.type == "Acknowledgement":
            waits = {key: wait for key, wait in waits.items() if wait.stage != D}
        events = sorted((number, word, key) for key in waits for number, _, word in self._book.verdicts.get(key, ()))
        open_now: set[tuple[bytes, str, int]] = set()
        spell: _Spell | None = None
        for number, word, key in events:
            if word == "EXPIRED":
                if spell is None:
                    spell = _Spell(waits[key].start_ns + waits[key].limit_ns, number, None, [])
                open_now.add(key)
                spell.stages.append((number, max(stage for _, _, stage in open_now)))
            elif key in open_now:
                assert spell is not None
                open_now.discard(key)
                if not open_now:
                    spell.ended = number
                    yield spell
                    spell = None
                else:
                    spell.stages.append((number, max(stage for _, _, stage in open_now)))
        if spell is not None:
            yield spell

    def _check(self, found: Sealed, post: str, spell: _Spell, now_ns: int, *, may_seal: bool) -> int:
        """Hold the steps of one spell against the procedure; returns how many there were."""
        rule = self._rules[found.header.precedence]
        way = Round(
            rule.query_wait.ToNanoseconds(),
            rule.queries,
            rule.step_wait.ToNanoseconds(),
            self._superior.get(post, ""),
        )
        taken: list[tuple[str, int]] = []
        for step in self._steps(found, post, spell):
            number = self._book.number(step.digest)
            due = self._next(found, post, spell, way, taken, number, step.sealed_at_ns)
            assert due is not None, "a step is taken while the procedure goes on"
            kind, at_ns = due
            assert step.sealed_at_ns >= at_ns // 1_000_000 * 1_000_000, "no step is taken early"
            assert _kind(step) == kind
            self._check_step(found, post, spell, step, len(taken) + 1)
            taken.append((kind, step.sealed_at_ns))
        if spell.ended is None and may_seal:
            due = self._next(found, post, spell, way, taken, None, now_ns)
            assert due is None or due[1] > now_ns, f"{due[0]} is overdue since {(now_ns - due[1]) / 1e9} s"
        return len(taken)

    def _check_step(self, found: Sealed, post: str, spell: _Spell, step: Sealed, count: int) -> None:
        stage = [stage for at, stage in spell.stages if at < self._book.number(step.digest)][-1]
        assert step.header.precedence == found.header.precedence
        assert step.thread == found.thread
        if isinstance(step.body, v1.QueryAck):
            assert (step.body.number, step.body.stage, step.header.stage_requested) == (count, stage, 0)
            assert list(step.header.action) == [post]
        else:
            assert isinstance(step.body, v1.Escalated)
            assert (step.body.stage, step.header.stage_requested) == (stage, stage)
            assert list(step.header.action) == [step.body.target]

    def _steps(self, found: Sealed, post: str, spell: _Spell) -> Iterator[Sealed]:
        for step in self._book.own():
            body = step.body
            about = isinstance(body, v1.QueryAck) and (body.subject, body.post) == (found.digest, post)
            about = about or (
                isinstance(body, v1.Escalated) and (body.original, body.silent_post) == (found.digest, post)
            )
            at = self._book.number(step.digest)
            if about and spell.began < at and (spell.ended is None or at < spell.ended):
                yield step

    def _next(
        self,
        found: Sealed,
        post: str,
        spell: _Spell,
        way: Round,
        taken: list[tuple[str, int]],
        number: int | None,
        at_ns: int,
    ) -> tuple[str, int] | None:
        """What is to be done next and when, as a record shows it (the last one without a number)."""
        if self._has_said(found, post, spell, number) or self._is_settled(found, post, number):
            return None
        if self._is_mute(self._book.post, number, at_ns):
            return None
        asked = sum(kind == "QUERY" for kind, _ in taken)
        round_taken = len(taken) > asked
        quiet = self._is_mute(post, number, at_ns)
        if not round_taken and asked < way.queries and not quiet:
            return "QUERY", self._after_query(spell, way, taken, asked)
        if round_taken or not way.superior or way.superior == self._book.post:
            return None
        if quiet:
            return "NEXT_LEVEL", taken[-1][1] if taken else spell.begun_ns
        return "NEXT_LEVEL", self._after_query(spell, way, taken, asked)

    def _after_query(self, spell: _Spell, way: Round, taken: list[tuple[str, int]], asked: int) -> int:
        return taken[-1][1] + way.query_wait_ns * 2 ** (asked - 1) if asked else spell.begun_ns

    def _has_said(self, found: Sealed, post: str, spell: _Spell, number: int | None) -> bool:
        """Whether the stage asked for was said, and what is overdue stands below it."""
        asked = found.header.stage_requested
        overdue = [stage for at, stage in spell.stages if number is None or at < number][-1]
        if overdue >= asked:
            return False
        facts = [fact for fact in self._book.learned(found) if number is None or fact.number <= number]
        counting = {word.by.digest for word in self._book.channel(number).counting(found)}
        return any(
            ends(asked, fact.stage, fact.value)
            for fact in facts
            if fact.ladder == post and (fact.by is None or fact.by.digest in counting)
        )

    def _is_settled(self, found: Sealed, post: str, number: int | None) -> bool:
        """Whether one of the two posts has said how it was answered by other means."""
        channel = self._book.channel(number)
        return any(
            (said.body.subject, said.body.post) == (found.digest, post)
            and said.post in (self._book.post, post)
            and said.digest not in channel.retracted
            for said in channel.of(v1.OutOfBand)
        )

    def _is_mute(self, post: str, number: int | None, at_ns: int) -> bool:
        """Whether a post keeps radio silence, as its own log says."""
        channel = self._book.channel(number)
        said = sorted(
            (
                said
                for said in channel.of(v1.RadioSilence)
                if said.post == post and said.digest not in channel.retracted
            ),
            key=lambda said: said.sequence,
        )
        begun = [said for said in said if getattr(said.body, "from").ToNanoseconds() <= at_ns]
        newest = begun[-1].body if begun else None
        return newest is not None and newest.HasField("until") and at_ns < newest.until.ToNanoseconds()


def _kind(step: Sealed) -> str:
    if isinstance(step.body, v1.QueryAck):
        return "QUERY"
    assert isinstance(step.body, v1.Escalated)
    return v1.Escalated.Step.Name(step.body.step).removeprefix("STEP_")
