"""Vectors: this implementation against what the specification expects of any."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from hotline.cli.results import ONLY_JSON, Result
from hotline.conformance import vectors


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case. `passed`: verdict, code and facts are as expected."""

    id: str
    kind: str
    expected: str
    verdict: str
    code: str
    passed: bool
    title: str = field(metadata=ONLY_JSON)
    expected_code: str = field(metadata=ONLY_JSON)
    reason: str = field(metadata=ONLY_JSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorsRun(Result):
    """Every case of a folder."""

    passed: int
    failed: int
    failures: tuple[str, ...]
    cases: tuple[CaseRow, ...]


def run_vectors(folder: Path | None) -> VectorsRun:
    """Run a folder of vectors; None for the specification's own."""
    results = vectors.run_vectors(folder)
    failed = [result for result in results if not result.passed]
    return VectorsRun(
        ok=not failed,
        passed=len(results) - len(failed),
        failed=len(failed),
        failures=tuple(f"{result.id}: {result.reason}" for result in failed),
        cases=tuple(
            CaseRow(
                id=result.id,
                kind=result.kind,
                expected=result.expected,
                verdict=result.verdict,
                code=result.code,
                passed=result.passed,
                title=result.title,
                expected_code=result.expected_code,
                reason=result.reason,
            )
            for result in results
        ),
    )
