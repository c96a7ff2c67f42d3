"""What worlds came to: of one seed, and summed over many. Sums of sums are sums, in whatever pieces a campaign ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hotline_sim.torture.edition import edition
from hotline_sim.torture.plan import END_NS, HOUR_NS, MINUTE_NS
from hotline_sim.torture.world import World


@dataclass(frozen=True, slots=True)
class Found:
    """A violation, with the seed that replays it."""

    seed: int
    invariant: str
    step: int
    post: str
    words: str


@dataclass(slots=True)
class Tally:
    """What some worlds came to.

    Attributes:
        ranges: seeds that were run, as [first, last] in order.
        worlds: how many ran to their end or to a violation.
        violations: what did not hold.
        faults: faults that began, by kind.
        effects: what they came to: Frames lost, places of a crash, forgeries refused by code, and so on.
        posts: worlds by the number of their posts.
        figures: worlds by their set of intervals.
        said: messages by type, and stages by value.
        checks: how often each invariant was held against something.
        work: steps, Frames; checks of the core that were computed, and that were answered from memory.
        settled_min: worlds by the minutes after the last fault in which everybody first had everything.
        milliseconds: processor time spent.
        edition: which code ran them.
    """

    ranges: list[list[int]] = field(default_factory=list)
    worlds: int = 0
    violations: list[Found] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)
    posts: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    work: Counter[str] = field(default_factory=Counter)
    settled_min: Counter[str] = field(default_factory=Counter)
    milliseconds: int = 0
    edition: str = field(default_factory=edition)

    COUNTERS = ("faults", "effects", "posts", "figures", "said", "checks", "work", "settled_min")

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return not self.violations

    @property
    def virtual_hours(self) -> int:
        """Hours that the worlds lived."""
        return self.worlds * (END_NS // HOUR_NS)

    def add(self, other: Tally) -> None:
        """Take another tally into this one."""
        self.worlds += other.worlds
        self.violations += other.violations
        self.milliseconds += other.milliseconds
        for name in self.COUNTERS:
            getattr(self, name).update(getattr(other, name))
        for first, last in other.ranges:
            if self.ranges and self.ranges[-1][1] + 1 == first:
                self.ranges[-1][1] = last
            else:
                self.ranges.append([first, last])
        self.ranges.sort()

    def as_json(self) -> dict[str, Any]:
        """As one object of plain values."""
        counters = {name: dict(sorted(getattr(self, name).items())) for name in self.COUNTERS}
        return {
            "ok": self.ok,
            "edition": self.edition,
            "seeds": self.ranges,
            "worlds": self.worlds,
            "virtual_hours": self.virtual_hours,
            "violations": [
                {
                    "seed": each.seed,
                    "invariant": each.invariant,
                    "step": each.step,
                    "post": each.post,
                    "words": each.words,
                }
                for each in self.violations
            ],
            **counters,
            "milliseconds": self.milliseconds,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Tally:
        """Back from `as_json`."""
        tally = cls(
            ranges=[list(each) for each in told["seeds"]],
            worlds=told["worlds"],
            violations=[Found(**each) for each in told["violations"]],
            edition=told["edition"],
            milliseconds=told["milliseconds"],
        )
        for name in cls.COUNTERS:
            getattr(tally, name).update(told[name])
        return tally


def tally_of(world: World, milliseconds: int) -> Tally:
    """What one world came to."""
    seed, auditor, settling = world.plan.seed, world.auditor, world.auditor.settling
    after = settling.after_ns
    return Tally(
        ranges=[[seed, seed]],
        worlds=1,
        violations=[Found(seed, each.invariant, each.step, each.post, each.words) for each in auditor.violations],
        faults=Counter(world.begun),
        effects=Counter(world.effects),
        posts=Counter({str(len(world.plan.posts)): 1}),
        figures=Counter({world.plan.figures: 1}),
        said=Counter(world.people.counts),
        checks=Counter(auditor.checks),
        work=Counter(
            {
                "steps": world.steps,
                "Frames": world.frames,
                "records": sum(book.records for book in auditor.books.values()),
                "transcripts compared": settling.exports,
                "checks computed": world.memo.computed,
                "checks remembered": world.memo.remembered,
            }
        ),
        settled_min=Counter({str(after // MINUTE_NS) if after is not None else "not seen": 1}),
        milliseconds=milliseconds,
    )
