"""Each side's account of a run, side by side: what its own people and craft said, heard, saw and did, by time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hotline_sim.chronicle import Event, chronicle
from hotline_sim.outcome import Picture
from hotline_sim.scenario import Scenario

_OF_NOBODY = frozenset({"COURSE", "RANGE", "CLOSEST"})  # what a plot shows; no side's account


@dataclass(frozen=True, slots=True)
class Entry:
    """What one side did at a moment. `texts`: the words of a message that it sent, by language."""

    column: int
    event: Event
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Accounts:
    """The sides as columns, each a party's id and what its posts are called in two languages, and what they did."""

    sides: tuple[tuple[str, str, str], ...]
    entries: tuple[Entry, ...]


def accounts(picture: Picture) -> Accounts:
    """Every side's account up to the moment of the picture."""
    scenario = picture.run.scenario
    party_of = _parties(scenario)
    parties = list(dict.fromkeys(post.partition(":")[0] for post in scenario.posts))
    parties += [unit.party for unit in scenario.units.values() if unit.party not in parties]
    columns = {party: number for number, party in enumerate(dict.fromkeys(parties))}
    texts = {message.id: message.texts for message in picture.messages}
    entries = tuple(
        Entry(columns[party_of[event.who]], event, texts[event.message] if event.what == "SENT" else {})
        for event in chronicle(picture)
        if event.what not in _OF_NOBODY and event.who in party_of
    )
    return Accounts(tuple((party, *_labels(scenario, party)) for party in columns), entries)


def _parties(scenario: Scenario) -> dict[str, str]:
    """The party of each post and, by its name, of each unit."""
    posts = {post: post.partition(":")[0] for post in scenario.posts}
    return posts | {unit.name: unit.party for unit in scenario.units.values()}


def _labels(scenario: Scenario, party: str) -> tuple[str, str]:
    """What a party's posts are called, in English and Chinese."""
    labels = [post.label for name, post in scenario.posts.items() if name.partition(":")[0] == party]
    return ", ".join(each.en for each in labels), "、".join(each.zh for each in labels)
