"""The black-box suite: a new kit, a run against a node."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hotline import SPEC_VERSION
from hotline.cli.files import write_new
from hotline.cli.results import ONLY_JSON, Result
from hotline.conformance.requirements import CLASSES
from hotline.conformance.suite import (
    CheckResult,
    NewKit,
    Outcome,
    Report,
    Settings,
    load_kit,
    make_kit,
    run_suite,
)
from hotline.installed import package_version
from hotline.protocol.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class KitMade(Result):
    """A new kit. `addresses`: where each post listens."""

    out: Path
    channel: str
    agreement_digest: str
    addresses: dict[str, str]
    next: str


@dataclass(frozen=True, slots=True)
class RequirementRow:
    """A requirement. `checks` are those of this run that show it."""

    id: str
    class_name: str
    verdict: str
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A check."""

    id: str
    verdict: str
    reason: str
    words: str
    seconds: float = field(metadata=ONLY_JSON)
    requirements: tuple[str, ...] = field(metadata=ONLY_JSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun(Result):
    """What a run found."""

    target: str
    class_name: str
    spec_version: str
    package_version: str
    counts: dict[str, int]
    requirements: tuple[RequirementRow, ...]
    checks: tuple[CheckRow, ...]


def new_kit(out: Path, new: NewKit) -> KitMade:
    """Write a kit."""
    made = make_kit(out, new)
    return KitMade(
        out=out,
        channel=made.trust.agreement.channel,
        agreement_digest=made.trust.agreement.digest.hex(),
        addresses=dict(made.addresses),
        next=f"read {out / 'README.md'}, start the node under test, then: hotline conformance run "
        f"--target {made.addresses[new.target]} --config {out / 'kit.yaml'}",
    )


def run(config: Path, settings: Settings, junit: Path | None) -> SuiteRun:
    """Run the suite. Each check is told on standard error as it ends."""
    if settings.class_name not in CLASSES:
        raise UsageError("USAGE", f"--class is one of {', '.join(CLASSES)}, not {settings.class_name}")
    if junit is not None and junit.exists():
        raise UsageError("FILE_EXISTS", f"{junit} is there already and was left as it is")
    report = run_suite(load_kit(config), settings, _tell)
    if junit is not None:
        write_new(junit, report.junit())
    return _result(report)


def _tell(result: CheckResult) -> None:
    reason = f": {result.reason}" if result.reason else ""
    sys.stderr.write(f"{result.outcome.value:9} {result.id}{reason}\n")
    sys.stderr.flush()


def _result(report: Report) -> SuiteRun:
    requirements = report.requirements
    counts = Counter(each.outcome for each in requirements)
    return SuiteRun(
        ok=report.ok,
        target=report.target,
        class_name=report.class_name,
        spec_version=SPEC_VERSION,
        package_version=package_version(),
        counts={outcome.value: counts[outcome] for outcome in Outcome},
        requirements=tuple(
            RequirementRow(each.id, each.class_name, each.outcome.value, each.checks) for each in requirements
        ),
        checks=tuple(
            CheckRow(each.id, each.outcome.value, each.reason, each.words, each.seconds, each.requirements)
            for each in report.checks
        ),
    )
