"""What must hold between parties, posts, the ways between them and their outages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import permutations

from hotline import v1
from hotline.messages.names import short_names
from hotline.messages.problems import Finding, Path
from hotline_sim.scenario.line import LineOutage
from hotline_sim.scenario.model import Scenario
from hotline_sim.scenario.posts import party_of
from hotline_sim.scenario.problems import Code

_LONGEST_MS = 6 * 86_400_000
_LEVELS = short_names(v1.Level.DESCRIPTOR)


def check_line(scenario: Scenario) -> Iterator[Finding]:
    """Every problem of who is on the line, how they are joined, and for how long."""
    if scenario.meta.duration_ms > _LONGEST_MS:
        words = "a run lasts at most 144 hours, as long as an officer's certificate holds after its start"
        yield Finding(("meta", "duration"), Code.BAD_STORY, words)
    yield from _parties(scenario)
    for name in scenario.posts:
        yield from _kin(scenario, name)
        yield from _manning(scenario, name)
    yield from _answers_for(scenario)
    yield from _links(scenario)
    yield from _outages(scenario)


def _parties(scenario: Scenario) -> Iterator[Finding]:
    """A member and its alliance have posts here, and an alliance is no member itself."""
    present = {party_of(post) for post in scenario.posts}
    for name, party in scenario.parties.items():
        if name not in present:
            yield Finding(("parties", name), Code.UNKNOWN_REFERENCE, f"no post of this file belongs to {name}")
        if party.member_of not in present or party.member_of in scenario.parties:
            words = f"an alliance is a party with posts of its own and no member itself: {party.member_of}"
            yield Finding(("parties", name, "member_of"), Code.BAD_STORY, words)


def _kin(scenario: Scenario, name: str) -> Iterator[Finding]:
    """Alternates are other posts of the same party; the superior is one of a higher level."""
    post = scenario.posts[name]
    path: Path = ("posts", name)
    for number, other in enumerate(post.alternates):
        if other == name or party_of(other) != party_of(name):
            words = f"an alternate is another post of {party_of(name)}: {other}"
            yield Finding((*path, "alternates", number), Code.BAD_STORY, words)
    if post.superior is None:
        return
    higher = _LEVELS[scenario.posts[post.superior].level] > _LEVELS[post.level]
    if party_of(post.superior) != party_of(name) or not higher:
        words = f"the superior is a post of {party_of(name)} of a level above {post.level}: {post.superior}"
        yield Finding((*path, "superior"), Code.BAD_STORY, words)


def _manning(scenario: Scenario, name: str) -> Iterator[Finding]:
    for number, span in enumerate(scenario.posts[name].manned or ()):
        if span.from_ms >= scenario.meta.duration_ms:
            yield Finding(("posts", name, "staffed", number), Code.BAD_STORY, "begins after the scenario's end")


def _answers_for(scenario: Scenario) -> Iterator[Finding]:
    for number, rule in enumerate(scenario.answers_for):
        if rule.post == rule.for_post:
            yield Finding(("answers_for", number), Code.BAD_STORY, "a post answers for another post")


def _links(scenario: Scenario) -> Iterator[Finding]:
    joined = Counter(pair for link in scenario.network for pair in link.pairs())
    for pair in permutations(scenario.posts, 2):
        if joined[pair] != 1:
            words = f"needs one link from {pair[0]} to {pair[1]}, has {joined[pair]}"
            yield Finding(("network",), Code.BAD_STORY, words)


def _outages(scenario: Scenario) -> Iterator[Finding]:
    for number, outage in enumerate(scenario.outages):
        path: Path = ("outages", number)
        if isinstance(outage, LineOutage) and outage.line[0] == outage.line[1]:
            yield Finding((*path, "line"), Code.BAD_STORY, "a line joins two posts")
        if outage.from_ms >= scenario.meta.duration_ms:
            yield Finding((*path, "from"), Code.BAD_STORY, "begins after the scenario's end")
