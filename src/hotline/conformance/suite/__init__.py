"""The black-box suite: plays scripted exchanges against any node, good and hostile, as two posts of its own."""

from hotline.conformance.suite.kit import Kit, load_kit
from hotline.conformance.suite.making import Made, NewKit, make_kit
from hotline.conformance.suite.report import CheckResult, Outcome, Report, RequirementResult
from hotline.conformance.suite.running import Settings, run_suite

__all__ = [
    "CheckResult",
    "Kit",
    "Made",
    "NewKit",
    "Outcome",
    "Report",
    "RequirementResult",
    "Settings",
    "load_kit",
    "make_kit",
    "run_suite",
]
