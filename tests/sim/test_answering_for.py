"""A post that is turned to acknowledges the escalation; one that answers for the silent post, the message itself."""

from __future__ import annotations

import pytest

from hotline_sim.conclude import conclude
from hotline_sim.result import RunResult
from hotline_sim.scenario import bundled, loads
from hotline_sim.world import World

SILENT, TURNED_TO = "CHN:defence-ministry", "CHN:carrier-group"
RULE = f"answers_for: [{{post: {TURNED_TO}, for: {SILENT}, TYPES assumed: made up for this test}}]\n"


def run(rule: str) -> RunResult:
    text = bundled()["j15-2025"].read_text(encoding="utf-8").replace("\nnetwork:\n", f"\n{rule}network:\n", 1)
    scenario = loads(text.encode())
    return conclude(World(scenario, scenario.meta.seed).play())


@pytest.mark.parametrize(
    ("rule", "counts"),
    [
        ("", False),
        (RULE.replace("TYPES", ""), True),
        (RULE.replace("TYPES", "types: [hotline.v1.IncidentFlash],"), True),
        (RULE.replace("TYPES", "types: [hotline.v1.ActivityNotice],"), False),
    ],
)
def test_what_counts_for_the_silent_post_is_agreed_beforehand(rule: str, counts: bool) -> None:
    result = run(rule)
    read = result.picture.message("m1").stage("READ", SILENT)
    assert read is not None and result.evidence.ok
    assert (read.verdict, read.value) == (("LATE", "READ") if counts else ("EXPIRED", ""))
    answers = result.picture.message("m1").answers
    assert {answer.turned_to_for for answer in answers} == ({""} if counts else {SILENT})
    assert [answer.stage for answer in answers] == ["READ", "PASSED"]
