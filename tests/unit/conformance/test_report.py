"""What a run found, per requirement, and as JUnit XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from hotline.conformance.suite import CheckResult, Outcome, Report


def result(name: str, outcome: Outcome, *requirements: str) -> CheckResult:
    reason = "" if outcome is Outcome.PASS else f"{name} says why"
    return CheckResult(name, outcome, "it does", reason, requirements, 0.5)


MIXED = Report(
    "127.0.0.1:1",
    "safety",
    (
        result("good", Outcome.PASS, "REQ-SIGN-1", "REQ-SIGN-2"),
        result("bad", Outcome.FAIL, "REQ-SIGN-2"),
        result("absent", Outcome.NOT_TRIED, "REQ-SIGN-1", "REQ-SIGN-3"),
    ),
)


def test_a_requirement_fails_with_one_check_and_passes_with_one() -> None:
    found = {each.id: each.outcome for each in MIXED.requirements}
    assert [found[f"REQ-SIGN-{n}"] for n in (1, 2, 3, 4)] == ["pass", "fail", "not tried", "not tried"]
    assert "REQ-LANG-1" not in found
    assert not MIXED.ok


def test_nothing_tried_is_not_ok() -> None:
    assert not Report("127.0.0.1:1", "core", MIXED.checks[2:]).ok
    assert Report("127.0.0.1:1", "core", MIXED.checks[:1]).ok


def test_junit_says_the_same() -> None:
    requirements, checks = ET.fromstring(MIXED.junit())
    cases = {case.get("name"): case for case in requirements}
    assert [child.tag for child in cases["REQ-SIGN-1"]] == []
    (failure,) = cases["REQ-SIGN-2"]
    assert (failure.tag, failure.get("message")) == ("failure", "bad: bad says why")
    (skipped,) = cases["REQ-SIGN-4"]
    assert (skipped.tag, skipped.get("message")) == ("skipped", "no check of this run shows it")
    assert (checks.get("tests"), checks.get("failures"), checks.get("skipped")) == ("3", "1", "1")
    assert requirements.get("tests") == str(len(MIXED.requirements))
