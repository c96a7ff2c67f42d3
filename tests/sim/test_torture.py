"""Torture: seeded worlds, and what is told of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Figure

from hotline.protocol.errors import UsageError
from hotline.protocol.instant import NS_PER_S
from hotline_sim.torture import campaign as campaigns
from hotline_sim.torture import plan
from hotline_sim.torture.campaign import campaign, run
from hotline_sim.torture.edition import edition
from hotline_sim.torture.notes import Notes
from hotline_sim.torture.plan import KINDS, Fault, plan_of
from hotline_sim.torture.tally import Tally
from hotline_sim.torture.world import World

# -- worlds ----------------------------------------------------------------------------------------------------------


FIXED = (4, 5, 15, 67, 75, 129, 130, 138, 234, 242, 327, 399)
"""Two to five posts, every set of figures, every kind of fault; several with a fork, several with a stall."""
Count = Callable[[Tally], int]


@pytest.fixture(scope="module")
def fixed() -> Tally:
    """The set of worlds that every run of the tests plays, with real transcripts made and compared in each."""
    tally = Tally()
    for seed in FIXED:
        tally.add(run(seed, exported=True))
    return tally


@pytest.mark.timeout(300)
def test_a_fixed_set_of_worlds_is_clean(fixed: Tally) -> None:
    assert fixed.violations == []
    assert fixed.worlds == 12 and set(fixed.posts) == {"2", "3", "4", "5"}
    assert set(fixed.figures) == {"slow", "medium", "default"} and set(fixed.faults) == set(KINDS)
    assert fixed.effects["fork: proved"] >= 5 and fixed.work["transcripts compared"] >= 12
    assert all(fixed.checks[f"I{number}"] for number in range(1, 9))


def effects(*names: str) -> Count:
    """What faults came to, by their whole names."""
    return lambda tally: sum(tally.effects[name] for name in names)


def forged(tally: Tally) -> int:
    return sum(number for name, number in tally.effects.items() if name.startswith("forge: "))


def clocks(tally: Tally) -> int:
    return sum(tally.faults[kind] for kind in ("drift", "wall-jump", "monotonic-jump"))


def threatened(name: str, defence: str, measure: str, count: Count) -> Any:
    """A threat of the matrix, and what its figure counts."""
    return pytest.param(count, id=name, marks=pytest.mark.threat(name, defence=defence, measure=measure))


THREATS = (
    threatened(
        "repetition / replay",
        "SEQ UUID DUR",
        "Frames that came again, no second effect",
        effects("replay", "duplication"),
    ),
    threatened(
        "deletion / loss", "SEQ FB TMO HB DUR", "Frames lost, nothing accepted lost", effects("loss", "one-way")
    ),
    threatened("re-sequence", "SEQ", "Frames that overtook others, every log in order", effects("overtook others")),
    threatened("delay", "FRESH TMO HB", "Frames delayed, every deadline met or alarmed", effects("delay")),
    threatened("insertion / spoof", "SIG ID KEYS", "forged Frames, none taken", forged),
    threatened(
        "equivocation", "SEQ LOG", "second logs that contradicted the first, each proved", effects("fork: proved")
    ),
    threatened(
        "partition / asymmetric",
        "SEQ TMO HB",
        "one-way and whole partitions healed",
        effects("one-way: over", "cut: over"),
    ),
    threatened(
        "suppression / unanswered call",
        "HB TMO FB",
        "silences of a stalling peer told",
        effects("stall: told as silence"),
    ),
    threatened("clock skew / jump", "SEQ FRESH", "clocks that jumped or drifted", clocks),
    threatened(
        "process crash", "DUR SEQ", "crashes between two effects of a batch", effects("crash between two effects")
    ),
)


@pytest.mark.parametrize("count", THREATS)
def test_each_threat_was_there_and_did_no_harm(count: Count, fixed: Tally, figure: Figure) -> None:
    met = count(fixed)
    assert met and not fixed.violations
    figure(met)


def test_every_plan_has_what_a_world_must_have() -> None:
    kinds: set[str] = set()
    for seed in range(600):
        found = plan_of(seed)
        assert sum(talk.messages for talk in found.talks) >= plan.MESSAGES_MIN
        assert len(found.faults) >= plan.FAULTS_MIN
        assert len({fault.kind for fault in found.faults}) >= plan.KINDS_MIN
        assert all(fault.at_ns + fault.span_ns <= plan.FAULTS_END_NS for fault in found.faults)
        assert len(found.posts) >= (2 if seed % 3 else 3)
        kinds |= {fault.kind for fault in found.faults}
    assert kinds == set(KINDS)


def test_what_a_slow_disk_writes_is_of_the_turn_that_did_it() -> None:
    # As seed 18127 of an earlier edition: the clock jumps while the write is under way, and deadlines run from before.
    drawn = plan_of(1)
    talk = drawn.talks[0]
    slow = Fault("slow-disk", talk.at_ns - NS_PER_S, 60 * NS_PER_S, talk.post, "", 30)
    jump = Fault("monotonic-jump", talk.at_ns + NS_PER_S, 0, talk.post, "", 7_000)
    world = World(replace(drawn, hostile="", faults=(slow, jump)))
    world.play()
    assert world.auditor.violations == [] and world.effects["slow-disk"]


def traced(seed: int, play: Callable[[World], None]) -> tuple[list[str], list[list[bytes]]]:
    notes = Notes()
    played = World(plan_of(seed), notes)
    play(played)
    return notes.lines, [seat.journal for seat in played.seats.values()]


def test_a_seed_is_one_world() -> None:
    first, again = traced(2, World.play), traced(2, World.play)
    assert first == again
    assert traced(1, World.play)[0] != first[0]


def test_what_is_remembered_changes_nothing() -> None:
    assert traced(2, World.play) == traced(2, World._play)


# -- tallies and campaigns -------------------------------------------------------------------------------------------


def test_a_campaign_goes_on_where_it_was(tmp_path: Path) -> None:
    into = tmp_path / "campaign.jsonl"
    campaign(1, 1, into=into)
    told: list[int] = []
    whole = campaign(1, 2, into=into, told=lambda tally: told.append(tally.worlds))
    assert told == [2]
    assert (whole.ranges, whole.worlds) == ([[1, 2]], 2)
    once = campaign(1, 2, jobs=2)
    once.milliseconds = whole.milliseconds
    assert once.as_json() == whole.as_json() == Tally.from_json(whole.as_json()).as_json()


def test_a_file_that_is_no_campaign_is_refused(tmp_path: Path) -> None:
    into = tmp_path / "other.txt"
    into.write_text("notes\n")
    with pytest.raises(UsageError) as caught:
        campaign(0, 1, into=into)
    assert caught.value.code == "FILE_UNREADABLE"


def test_a_campaign_of_other_code_is_not_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    into = tmp_path / "campaign.jsonl"
    into.write_text(json.dumps(Tally(ranges=[[1, 1]], worlds=1).as_json()) + "\n")
    assert campaign(1, 1, into=into).worlds == 1
    monkeypatch.setattr(campaigns, "edition", lambda: "0.0.9 0123456789ab")
    with pytest.raises(UsageError, match=f"written by {edition()}, and this is 0.0.9") as caught:
        campaign(1, 1, into=into)
    assert caught.value.code == "CAMPAIGN_OTHER"


def test_a_campaign_without_its_edition_is_of_other_code(tmp_path: Path) -> None:
    into, told = tmp_path / "campaign.jsonl", Tally(ranges=[[1, 1]], worlds=1).as_json()
    del told["edition"]
    into.write_text(json.dumps(told) + "\n")
    with pytest.raises(UsageError, match="an older one") as caught:
        campaign(1, 1, into=into)
    assert caught.value.code == "CAMPAIGN_OTHER"
