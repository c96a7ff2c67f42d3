"""Runs a folder of vectors: one case per folder, each with what is expected of any implementation.

A case that must be refused passes only if it is refused for its own reason: the codes are compared, and so are the
facts that could be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hotline.conformance.cases import Case, CaseFolder, Facts, Verdict, case_folders
from hotline.conformance.checks import RefusedError, check
from hotline.protocol.errors import HotlineError, UsageError


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What came of one case.

    Attributes:
        id: the case.
        title: what it is.
        kind: what its input is.
        expected: valid, invalid or acceptable.
        expected_code: code that a refusal must have; empty for a case that must be valid.
        verdict: what this implementation found.
        code: code of its refusal; empty when valid.
        reason: its refusal in words, or why the case failed.
        passed: whether verdict, code and facts are as expected.
    """

    id: str
    title: str
    kind: str
    expected: str
    expected_code: str
    verdict: Verdict
    code: str
    reason: str
    passed: bool


def default_folder() -> Path:
    """The vectors that ship with the package; in a checkout, those of the specification.

    Raises:
        UsageError: VECTORS_INVALID if there are neither.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "vectors", here.parents[2] / "specs" / "vectors"):
        if folder.is_dir():
            return folder
    raise UsageError("VECTORS_INVALID", "this installation has no vectors; name a folder")


def run_vectors(folder: Path | None = None) -> list[CaseResult]:
    """Run every case of a folder, by name.

    Args:
        folder: of the shape that specs/vectors/README.md describes; None for `default_folder()`.

    Raises:
        UsageError: VECTORS_INVALID, naming the file that is wrong.
    """
    return [run_case(case_folder) for case_folder in case_folders(folder or default_folder())]


def run_case(folder: CaseFolder) -> CaseResult:
    """Run one case.

    Raises:
        UsageError: VECTORS_INVALID.
    """
    case = folder.case()
    verdict: Verdict = "invalid"
    code = reason = ""
    facts: Facts = {}
    try:
        facts = check(case, folder)
        verdict = "valid"
    except RefusedError as refused:
        code, reason, facts = refused.error.code, refused.error.detail, refused.facts
    except HotlineError as error:
        if error.code == "VECTORS_INVALID":
            raise
        code, reason = error.code, error.detail
    wrong = _wrong_verdict(case, verdict, code) or _wrong_facts(case, facts)
    return CaseResult(
        case.id,
        case.title,
        case.kind,
        case.expected,
        case.code or "",
        verdict,
        code,
        f"{wrong}; {reason}".removesuffix("; ") if wrong else reason,
        not wrong,
    )


def _wrong_verdict(case: Case, verdict: Verdict, code: str) -> str:
    if case.expected not in (verdict, "acceptable"):
        return f"{verdict}, expected {case.expected}"
    if verdict == "invalid" and code != case.code:
        return f"refused with {code}, expected {case.code}"
    return ""


def _wrong_facts(case: Case, facts: Facts) -> str:
    different = [name for name, value in case.facts.items() if facts.get(name) != value]
    return f"different: {', '.join(different)}" if different else ""
