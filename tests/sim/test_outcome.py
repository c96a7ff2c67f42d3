from __future__ import annotations

import json

import pytest
from tests.sim.conftest import CHN_UNSTAFFED, Change

from hotline_sim.conclude import conclude
from hotline_sim.result import RunResult
from hotline_sim.scenario import Scenario
from hotline_sim.world import World

B = "CHN:fleet-watch"
F4 = "F4: m1 DONE by CHN:fleet-watch is contradicted by m2"


def run(scenario: Scenario) -> RunResult:
    return conclude(World(scenario, scenario.meta.seed).play())


def missed(result: RunResult) -> list[tuple[str, str]]:
    return [(checked.words, checked.found) for checked in result.expectations if not checked.ok]


def test_everything_expected_came_true(result: RunResult) -> None:
    assert result.ok and missed(result) == []
    assert result.failures_shown == ("F4",)
    assert result.evidence.ok and all(proof.pinned for proof in result.evidence.proofs)


def test_a_stage_has_its_deadline_its_range_and_its_lead(result: RunResult) -> None:
    m1 = result.picture.message("m1")
    assert m1.said_ms == 60_000 and m1.range_m == result.picture.plot.range_m(60_000)
    read = m1.stage("READ")
    assert read is not None and read.said_ms is not None and read.verdict == "IN_TIME"
    assert read.deadline_ms == 31 * 60_000 and read.by.startswith("chn-watch-1")
    closest = result.closest_approach
    assert closest is not None and read.before_closest_s == (closest.time_ms - read.said_ms) / 1000
    done = m1.stage("DONE", B)
    assert done is not None and done.marks == ("CONTRADICTED",) and done.remark.startswith("Ningbo has been told")
    assert m1.stage("READ", "AUS:fleet-watch") is None


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("stage: READ, verdict: IN_TIME, before_closest_approach: no}", "stage: READ, verdict: LATE}", "IN_TIME"),
        (
            "{message: m2, addressee: CHN:fleet-watch, stage: READ, verdict: IN_TIME, before_closest_approach: yes}",
            "{message: m2, addressee: CHN:fleet-watch, stage: READ, verdict: IN_TIME, before_closest_approach: no}",
            "IN_TIME, before closest approach",
        ),
        ("range: 2400 m", "range: 2600 m", "2415 m (1.30 nmi)"),
        ("tolerance: 100 m", "tolerance: 1 m", "2415 m (1.30 nmi)"),
    ],
)
def test_what_does_not_come_true_is_said_with_what_was_found(changed: Change, old: str, new: str, found: str) -> None:
    result = run(changed(old, new))
    assert not result.ok and result.evidence.ok
    assert found in {one for _, one in missed(result)}


def test_without_an_observation_nothing_is_contradicted(changed: Change) -> None:
    result = run(changed("DONE: reporting", "DONE: 20 min"))
    assert not result.ok and result.failures_shown == ()
    assert dict(missed(result))[F4] == "m2 is not about it, or was not said"


def test_an_answer_that_never_came_cannot_be_contradicted(changed: Change) -> None:
    result = run(changed(*CHN_UNSTAFFED))
    found = dict(missed(result))
    assert found[F4] == "nothing was said that could be contradicted"
    assert "EXPIRED" in found["m1 READ at CHN:fleet-watch: IN_TIME, before closest approach"]


def test_late_expired_and_none_are_expectations_too(unanswered: Scenario) -> None:
    result = run(unanswered)
    assert result.ok and result.closest_approach is None and result.picture.indicators == ()
    flash = result.picture.message("flash")
    assert {(stage.addressee[:3], stage.stage): stage.verdict for stage in flash.stages} == {
        ("CHN", "DELIVERED"): "IN_TIME",
        ("CHN", "PRESENTED"): "LATE",
        ("CHN", "READ"): "IN_TIME",
        ("NAT", "DELIVERED"): "IN_TIME",
        ("NAT", "PRESENTED"): "EXPIRED",
        ("NAT", "READ"): "WAITING",
    }


def test_the_json_form_holds_what_scripts_rely_on(result: RunResult) -> None:
    found = json.loads(json.dumps(result.as_json()))
    assert found["ok"] is found["transcripts_verified"] is True and found["scenario"] == "toowoomba-ningbo-2023"
    assert found["trace_digest"] == result.trace_digest and found["mode"] == "virtual"
    assert found["closest_approach"]["range_m"] == 2415 and found["closest_approach"]["time"] == "T+00:28:35"
    assert [message["id"] for message in found["messages"]] == ["m1", "m2", "m3", "m4", "m5"]
    first = found["messages"][0]["stages"][0]
    assert (first["stage"], first["verdict"], first["deadline_ms"]) == ("DELIVERED", "IN_TIME", 120_000)
    assert found["failures_shown"] == ["F4"] and found["first_divergence"] is None
    assert len(found["agreement_digest"]) == 64
