"""Where each value of a scenario comes from, block by block, as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hotline_sim.scenario import Scenario
from hotline_sim.scenario.cast import Unit
from hotline_sim.scenario.line import LineOutage, Link, OneWay, Outage
from hotline_sim.scenario.provenance import Sourced


@dataclass(frozen=True, slots=True)
class Origin:
    """A block of the scenario: what is on record about it, and what was assumed."""

    part: str
    source: str
    assumed: str


def origins(scenario: Scenario) -> list[Origin]:
    """Every block that says where its values come from, in the file's order."""
    return [Origin(part, block.source or "", block.assumed or "") for part, block in _blocks(scenario)]


def _blocks(scenario: Scenario) -> Iterator[tuple[str, Sourced]]:
    yield "scenario and clock", scenario.meta
    yield from ((f"party {name}", party) for name, party in scenario.parties.items())
    yield from ((f"post {name}", post) for name, post in scenario.posts.items())
    yield from ((f"{rule.post} answers for {rule.for_post}", rule) for rule in scenario.answers_for)
    for unit in scenario.units.values():
        yield unit.name, unit
        yield from ((f"{unit.name}, {_ordinal(n)} track point", point) for n, point in enumerate(unit.track, 1))
        yield from _of_loop(unit)
    yield from ((f"delay of {name}", delay) for name, delay in scenario.delays.items())
    yield from ((f"bearer {name}", bearer) for name, bearer in scenario.bearers.items())
    yield from ((_link(link), link) for link in scenario.network)
    yield from ((_outage(outage), outage) for outage in scenario.outages)
    yield from ((f"message {name}", message) for name, message in scenario.messages.items())
    yield from ((f"when {event.send} is sent", event) for event in scenario.events)
    yield from ((f"answer to {answer.message}", answer) for answer in scenario.answers)
    yield from ((f"words: {name}", word) for name, word in scenario.words.items())
    yield from ((f"order: {name}", order) for name, order in scenario.orders.items())
    yield from _numbered("expectation", (e for e in scenario.expectations if isinstance(e, Sourced)))


def _of_loop(unit: Unit) -> Iterator[tuple[str, Sourced]]:
    """How a unit of the closed loop moves, starts and sees, who handles it, and what steers it from afar."""
    parts = {"motion": unit.motion, "start": unit.start, "crew": unit.crew, "control": unit.control}
    yield from ((f"{unit.name}, {part}", block) for part, block in parts.items() if block is not None)
    yield from ((f"{unit.name}, {sensor.kind.lower()}", sensor) for sensor in unit.sensors)


def _link(link: Link) -> str:
    if isinstance(link, OneWay):
        return f"link {link.from_post} to {link.to_post}"
    return f"links between {', '.join(link.between)}"


def _outage(outage: Outage) -> str:
    return f"outage of {' to '.join(outage.line) if isinstance(outage, LineOutage) else outage.node}"


def _numbered(word: str, blocks: Iterable[Sourced]) -> Iterator[tuple[str, Sourced]]:
    found = list(blocks)
    return ((word if len(found) == 1 else f"{_ordinal(n)} {word}", block) for n, block in enumerate(found, 1))


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
