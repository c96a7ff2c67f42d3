"""What a run found, per check and per requirement, and the same as JUnit XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hotline.conformance.requirements import REQUIREMENTS, Requirement


class Outcome(StrEnum):
    """Of a check or of a requirement."""

    PASS = "pass"
    FAIL = "fail"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one check.

    Attributes:
        id: of the check.
        outcome: pass, fail or not tried.
        words: what the node must do.
        reason: why it failed or was not tried.
        requirements: what it shows.
        seconds: how long it took.
    """

    id: str
    outcome: Outcome
    words: str
    reason: str
    requirements: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """What the checks that show a requirement came to: fail if one failed, pass if one passed and none failed."""

    id: str
    class_name: str
    outcome: Outcome
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run."""

    target: str
    class_name: str
    checks: tuple[CheckResult, ...]

    @property
    def ok(self) -> bool:
        """Whether something passed and nothing failed."""
        outcomes = {result.outcome for result in self.checks}
        return Outcome.PASS in outcomes and Outcome.FAIL not in outcomes

    @property
    def requirements(self) -> tuple[RequirementResult, ...]:
        """Every requirement of the class, in the order of the specification."""
        return tuple(self._of(each) for each in REQUIREMENTS if each.belongs_to(self.class_name))

    def _of(self, requirement: Requirement) -> RequirementResult:
        shown = [result for result in self.checks if requirement.id in result.requirements]
        outcomes = {result.outcome for result in shown}
        outcome = next((each for each in (Outcome.FAIL, Outcome.PASS) if each in outcomes), Outcome.NOT_TRIED)
        return RequirementResult(requirement.id, requirement.class_name, outcome, tuple(each.id for each in shown))

    def junit(self) -> bytes:
        """Two suites, of requirements and of checks, as JUnit XML."""
        root = ET.Element("testsuites", name="hotline conformance")
        reasons = {each.id: each.reason for each in self.checks}
        wanted = self.requirements
        suite = _suite(root, "requirements", [each.outcome for each in wanted])
        for requirement in wanted:
            told = "; ".join(f"{each}: {reasons[each]}" for each in requirement.checks if reasons[each])
            _case(suite, f"requirements.{requirement.class_name}", requirement.id, requirement.outcome, told, 0)
        suite = _suite(root, "checks", [each.outcome for each in self.checks])
        for check in self.checks:
            _case(suite, "checks", check.id, check.outcome, check.reason, check.seconds)
        ET.indent(root)
        whole: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
        return whole + b"\n"


def _suite(root: ET.Element, name: str, outcomes: Iterable[Outcome]) -> ET.Element:
    found = list(outcomes)
    counts = {
        "tests": len(found),
        "failures": found.count(Outcome.FAIL),
        "skipped": found.count(Outcome.NOT_TRIED),
        "errors": 0,
    }
    return ET.SubElement(root, "testsuite", {"name": name, **{key: str(value) for key, value in counts.items()}})


def _case(suite: ET.Element, home: str, name: str, outcome: Outcome, reason: str, seconds: float) -> None:
    case = ET.SubElement(suite, "testcase", classname=home, name=name, time=f"{seconds:.3f}")
    if outcome is Outcome.FAIL:
        ET.SubElement(case, "failure", message=reason)
    elif outcome is Outcome.NOT_TRIED:
        ET.SubElement(case, "skipped", message=reason or "no check of this run shows it")
