"""Every vector of the specification through this implementation; and the folder itself, as its own script writes it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml
from tools import make_vectors
from tools.vector_cases import bodies

from hotline.conformance import default_folder, run_vectors
from hotline.conformance.cases import Case, CaseFolder, case_folders
from hotline.conformance.vectors import run_case
from hotline.messages.names import descriptor_of
from hotline.messages.rules import reachable, rules_of
from hotline.protocol.codes import CODES, Where
from hotline.protocol.errors import UsageError
from hotline.protocol.statements import BODIES

FOLDERS = case_folders(default_folder())
CASES: list[Case] = [folder.case() for folder in FOLDERS]
ROWS = {row.code: row for row in CODES}


@pytest.mark.threat("malformed protobuf", defence="SCAN", measure="vectors of the specification with the right verdict")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.path.name)
def test_vector(folder: CaseFolder) -> None:
    result = run_case(folder)
    assert result.passed, f"{result.verdict} {result.code}: {result.reason}"


def test_most_cases_must_be_refused() -> None:
    expected = Counter(case.expected for case in CASES)
    refused = expected["invalid"] + sum(len(case.given.broken) for case in CASES if case.kind == "rules")
    assert refused >= 0.7 * (refused + expected["valid"] + expected["acceptable"])
    assert expected["valid"] >= 7
    assert expected["acceptable"] >= 1


def test_every_kind_is_accepted_and_refused_somewhere() -> None:
    by_verdict = {(case.kind, case.expected) for case in CASES}
    kinds = {case.kind for case in CASES}
    assert kinds == {"agreement", "directory", "statement", "head", "frame", "link", "pae", "transcript", "rules"}
    assert {kind for kind in kinds if (kind, "valid") not in by_verdict} == set()
    assert {kind for kind in kinds if (kind, "invalid") not in by_verdict} == {"pae", "rules"}


def test_every_rule_that_bytes_can_break_is_broken_by_a_body() -> None:
    """But those of the header, which stand in statements."""
    broken = {(row.message, row.rule.on, row.rule.id) for rows in bodies.broken_bodies().values() for row in rows}
    messages = reachable(*map(descriptor_of, BODIES))
    wanted = {
        (message.full_name, rule.on, rule.id)
        for message in messages
        for rule in rules_of(message)
        if not bodies.is_scanned(message, rule)
    }
    assert wanted - broken == set()


def test_a_broken_body_breaks_the_rule_it_is_there_for() -> None:
    rows = [row for rows in bodies.broken_bodies().values() for row in rows]
    assert [row.change for row in rows if row.rule.id not in row.found] == []
    assert {case.id for case in CASES if case.kind == "rules"} == {bodies.case_of(body) for body in BODIES}


def test_codes_are_rows_of_the_table() -> None:
    assert {case.code for case in CASES if case.code} <= ROWS.keys()


def test_codes_stand_where_the_table_says() -> None:
    """A Head or Frame is refused with a FRAME code, a statement in a Frame with one of REFUSED."""
    allowed = {"head": {Where.FRAME}, "frame": {Where.FRAME, Where.REFUSED}, "statement": {Where.REFUSED, Where.FRAME}}
    astray = [
        case.id for case in CASES if case.code and not allowed.get(case.kind, set(Where)) & set(ROWS[case.code].where)
    ]
    assert astray == []


def test_every_code_a_statement_can_be_refused_with_has_a_case() -> None:
    """Save those that no bytes of this version can earn."""
    out_of_reach = {
        "SCAN_DEPTH",  # no message type of v1 can be nested that deep
        "SCAN_MAP",  # no message of v1 has a map,
        "SCAN_ANY",  # nor an Any
    }
    refusals = {row.code for row in CODES if Where.REFUSED in row.where}
    assert refusals - {case.code for case in CASES} == out_of_reach


def test_reasons_are_one_line() -> None:
    assert [case.id for case in CASES if "\n" in case.reason or "\n" in case.title] == []


def test_the_committed_folder_is_what_the_script_writes() -> None:
    assert make_vectors.differences(make_vectors.vectors(), make_vectors.FOLDER) == []


def test_the_script_finds_what_was_changed_missing_or_added(tmp_path: Path) -> None:
    wanted = make_vectors.vectors()
    make_vectors.install(wanted, tmp_path)
    (tmp_path / "scan-enum" / "input.bin").write_bytes(b"")
    (tmp_path / "wrong-kind" / "case.yaml").unlink()
    (tmp_path / "wrong-kind" / "more.bin").write_bytes(b"")
    found = make_vectors.differences(wanted, tmp_path)
    assert found == ["scan-enum/input.bin", "wrong-kind/case.yaml", "wrong-kind/more.bin"]


# -- the runner ------------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a few cases that may be spoiled."""
    keep = ("_common/", "scan-enum/", "statement-notice/", "statement-newer-unicode/", "frame-replayed/")
    make_vectors.install({n: d for n, d in make_vectors.vectors().items() if n.startswith(keep)}, tmp_path)
    return tmp_path


def respell(path: Path, **changes: object) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8")) | changes
    kept = {name: value for name, value in document.items() if value is not None}
    path.write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")


def failed(folder: Path) -> dict[str, str]:
    return {result.id: result.reason for result in run_vectors(folder) if not result.passed}


def test_another_folder_of_the_same_shape_runs(copy: Path) -> None:
    assert len(run_vectors(copy)) == 4
    assert failed(copy) == {}


def test_a_refusal_for_another_reason_fails(copy: Path) -> None:
    respell(copy / "scan-enum" / "case.yaml", code="WRONG_KIND")
    respell(copy / "frame-replayed" / "case.yaml", code="FORK")
    reasons = failed(copy)
    assert reasons["scan-enum"].startswith("refused with SCAN_ENUM, expected WRONG_KIND")
    assert reasons["frame-replayed"].startswith("refused with REPLAYED, expected FORK")


def test_the_opposite_verdict_fails(copy: Path) -> None:
    respell(copy / "scan-enum" / "case.yaml", expected="valid", code=None)
    respell(copy / "statement-notice" / "case.yaml", expected="invalid", code="SCAN_ENUM")
    reasons = failed(copy)
    assert reasons["scan-enum"].startswith("invalid, expected valid")
    assert reasons["statement-notice"] == "valid, expected invalid"


def test_a_fact_that_differs_fails(copy: Path) -> None:
    respell(copy / "statement-notice" / "case.yaml", facts={"precedence": "FLASH"})
    assert failed(copy) == {"statement-notice": "different: precedence"}


def test_acceptable_allows_either_verdict_but_no_other_code(copy: Path) -> None:
    respell(copy / "scan-enum" / "case.yaml", expected="acceptable")
    respell(copy / "statement-notice" / "case.yaml", expected="acceptable", code="SCAN_ENUM")
    assert failed(copy) == {}
    respell(copy / "scan-enum" / "case.yaml", expected="acceptable", code="SCAN_GROUP")
    assert list(failed(copy)) == ["scan-enum"]


@pytest.mark.parametrize("text", ["id: [unfinished", "id: scan-enum", "- no mapping", ""])
def test_a_case_that_is_wrong_is_named(copy: Path, text: str) -> None:
    (copy / "scan-enum" / "case.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"VECTORS_INVALID: .*scan-enum"):
        run_vectors(copy)


def test_a_case_under_another_name_is_named(copy: Path) -> None:
    (copy / "scan-enum").rename(copy / "scan-group")
    with pytest.raises(UsageError, match=r"VECTORS_INVALID: .*its id is 'scan-enum'"):
        run_vectors(copy)


@pytest.mark.parametrize("file", ["statement-notice/input.bin", "_common/agreement.bin"])
def test_a_missing_file_is_named(copy: Path, file: str) -> None:
    (copy / file).unlink()
    with pytest.raises(UsageError, match=f"VECTORS_INVALID: .*{Path(file).name}"):
        run_vectors(copy)


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"VECTORS_INVALID: .*holds no case"):
        run_vectors(tmp_path)
