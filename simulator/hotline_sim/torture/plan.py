"""What a seed stands for: who is there, what people say, when they look, and every fault, drawn before all else.

Times are true time in nanoseconds since the world began, which no post knows.
"""

from __future__ import annotations

from dataclasses import dataclass

from hotline.protocol.instant import NS_PER_S
from hotline_sim.torture.chance import Chance
from hotline_sim.torture.channel import POSTS

MINUTE_NS = 60 * NS_PER_S
HOUR_NS = 60 * MINUTE_NS
FAULTS_FROM_NS, FAULTS_END_NS = 20 * MINUTE_NS, 21 * HOUR_NS
SETTLED_NS = 23 * HOUR_NS
END_NS = 24 * HOUR_NS
"""Faults end at `FAULTS_END_NS`; by `SETTLED_NS` everything has settled; until `END_NS` it stays so."""
MESSAGES_MIN, FAULTS_MIN, KINDS_MIN = 20, 5, 3


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault.

    Attributes:
        name: as it is counted.
        minutes: how long one lasts, from and to; (0, 0) for what happens at once.
        amount: how much, from and to, in units of `words`.
        words: what it does, for people; `{post}`, `{peer}` and `{amount}` are filled in.
        hostile: whether a hostile peer does it.
        paired: whether it befalls the way from `post` to `peer`, and not `post` itself.
    """

    name: str
    minutes: tuple[int, int]
    amount: tuple[int, int]
    words: str
    hostile: bool = False
    paired: bool = False


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("loss", (30, 240), (10, 60), "{amount} % of the Frames from {post} to {peer} are lost", paired=True),
        Kind("delay", (30, 180), (5, 1_200), "Frames from {post} to {peer} take up to {amount} s", paired=True),
        Kind(
            "duplication", (60, 240), (20, 90), "{amount} % of the Frames from {post} to {peer} come again", paired=True
        ),
        Kind(
            "reordering",
            (60, 240),
            (2, 60),
            "Frames from {post} to {peer} overtake each other by {amount} s",
            paired=True,
        ),
        Kind("one-way", (5, 120), (0, 0), "nothing comes from {post} to {peer}, and neither is told", paired=True),
        Kind("cut", (5, 180), (0, 0), "the line between {post} and {peer} is down", paired=True),
        Kind("crash", (0, 90), (0, 15), "{post} falls over at effect {amount} of its next batch"),
        Kind("slow-disk", (10, 120), (1, 40), "each commit of {post} takes up to {amount} s"),
        Kind("drift", (60, 600), (-5_000, 5_000), "the clocks of {post} are off by {amount} millionths"),
        Kind("wall-jump", (0, 0), (-43_200, 43_200), "the wall clock of {post} jumps by {amount} s"),
        Kind("monotonic-jump", (0, 0), (1, 7_200), "the monotonic clock of {post} jumps forward by {amount} s"),
        Kind("forge", (0, 0), (3, 12), "{post} forges {amount} Frames for {peer}", hostile=True, paired=True),
        Kind(
            "replay", (0, 0), (5, 40), "{amount} old Frames of others come to {peer} again", hostile=True, paired=True
        ),
        Kind(
            "fork",
            (0, 0),
            (1, 3),
            "{post} signs a second log, {amount} links apart, for {peer}",
            hostile=True,
            paired=True,
        ),
        Kind("flood", (0, 0), (30, 120), "{post} sends {peer} {amount} Frames at once", hostile=True, paired=True),
        Kind(
            "stall", (10, 180), (0, 0), "{post} stays connected to {peer} and says nothing", hostile=True, paired=True
        ),
        Kind(
            "lie",
            (10, 180),
            (1, 5),
            "{post} connects to {peer} anew and says that it holds {amount} links more of every log than it does",
            hostile=True,
            paired=True,
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: what, when and for how long, whom, and how much."""

    kind: str
    at_ns: int
    span_ns: int
    post: str
    peer: str
    amount: int

    @property
    def words(self) -> str:
        """What it does, for people."""
        told = KINDS[self.kind].words.format(post=self.post, peer=self.peer, amount=self.amount)
        return told + (f", for {self.span_ns // MINUTE_NS} min" if self.span_ns else "")


@dataclass(frozen=True, slots=True)
class Talk:
    """What an officer says at one time: so many messages in a row."""

    at_ns: int
    post: str
    messages: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole world, before it begins.

    Attributes:
        seed: where it comes from.
        posts: who is there.
        figures: name of the set of intervals of the line.
        hostile: the post whose node is hostile; empty where none is.
        faults, talks: in order of time.
        visits: when the watch of a post looks at what is there, in order.
    """

    seed: int
    posts: tuple[str, ...]
    figures: str
    hostile: str
    faults: tuple[Fault, ...]
    talks: tuple[Talk, ...]
    visits: tuple[tuple[int, str], ...]


def plan_of(seed: int) -> Plan:
    """The plan of a seed. Every third seed has three posts or more."""
    draw = Chance(seed, "plan")
    posts = POSTS[: 2 if seed % 3 else draw.pick((3,) * 38 + (4, 5))]
    figures = "default" if seed % 400 == 399 else "medium" if draw.happens(0.1) else "slow"
    hostile = draw.pick(posts) if draw.happens(0.5) else ""
    return Plan(
        seed=seed,
        posts=posts,
        figures=figures,
        hostile=hostile,
        faults=tuple(sorted(_faults(draw, posts, hostile), key=lambda fault: fault.at_ns)),
        talks=tuple(sorted(_talks(draw, posts), key=lambda talk: talk.at_ns)),
        visits=tuple(sorted(_visits(draw, posts))),
    )


def _faults(draw: Chance, posts: tuple[str, ...], hostile: str) -> list[Fault]:
    """Five to nine, of three kinds at least; a post that is hostile does two things or more."""
    open_kinds = [kind for kind in KINDS.values() if not kind.hostile]
    hostile_kinds = [kind for kind in KINDS.values() if kind.hostile]
    kinds = draw.some(open_kinds, KINDS_MIN)
    kinds += [draw.pick(open_kinds) for _ in range(draw.between(FAULTS_MIN - KINDS_MIN, 4))]
    kinds += draw.some(hostile_kinds, draw.between(2, 3)) if hostile else []
    return [_fault(draw, kind, posts, hostile) for kind in kinds]


def _fault(draw: Chance, kind: Kind, posts: tuple[str, ...], hostile: str) -> Fault:
    span_ns = draw.between(kind.minutes[0] * 60, kind.minutes[1] * 60) * NS_PER_S
    at_ns = draw.between(FAULTS_FROM_NS // NS_PER_S, FAULTS_END_NS // NS_PER_S - 120) * NS_PER_S
    if span_ns and draw.happens(0.5):  # so that there is something to heal when all faults end
        at_ns = FAULTS_END_NS - span_ns
    span_ns = min(span_ns, FAULTS_END_NS - at_ns)
    post = hostile if kind.hostile else draw.pick(posts)
    peer = draw.pick([other for other in posts if other != post]) if kind.paired else ""
    return Fault(kind.name, at_ns, span_ns, post, peer, draw.between(*kind.amount))


def _talks(draw: Chance, posts: tuple[str, ...]) -> list[Talk]:
    """At least twenty messages, a few at a time, the last ones shortly before the faults end."""
    talks = [Talk(FAULTS_END_NS - draw.between(30, 3_600) * NS_PER_S, draw.pick(posts), 2)]
    while sum(talk.messages for talk in talks) < MESSAGES_MIN:
        at_ns = draw.between(60, FAULTS_END_NS // NS_PER_S - 600) * NS_PER_S
        talks.append(Talk(at_ns, draw.pick(posts), draw.between(1, 4)))
    return talks


def _visits(draw: Chance, posts: tuple[str, ...]) -> list[tuple[int, str]]:
    """Two in the time of faults, besides those that a new message brings about, and two after it."""
    times = [draw.between(300, FAULTS_END_NS // NS_PER_S) for _ in range(2 * len(posts))]
    visits = [(at * NS_PER_S, posts[number % len(posts)]) for number, at in enumerate(times)]
    after = [(FAULTS_END_NS + minutes * MINUTE_NS, post) for post in posts for minutes in (2, 20)]
    return [*visits, *after]
