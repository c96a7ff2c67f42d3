"""Each way a scenario file can be wrong: the bundled one with one line spoilt, and the report it must get."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from hotline_sim.scenario import Code, ScenarioError, loads


@dataclass(frozen=True)
class Spoilt:
    """`old` (its first place in the file) becomes `new`; the problem points at `at` within `new`."""

    old: str
    new: str
    code: str
    path: str
    words: str
    at: str = ""


TABLE = Path(__file__).with_name("scenario_refusals.yaml")
CASES = {name: Spoilt(**case) for name, case in yaml.safe_load(TABLE.read_text(encoding="utf-8")).items()}


def report(text: str) -> ScenarioError:
    with pytest.raises(ScenarioError) as refused:
        loads(text.encode(), "toowoomba.yaml")
    return refused.value


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_report_names_the_code_the_path_and_the_place(toowoomba_text: str, case: Spoilt) -> None:
    assert case.old in toowoomba_text
    before, _, after = toowoomba_text.partition(case.old)
    problems = [p for p in report(before + case.new + after).problems if (p.code, p.path) == (case.code, case.path)]
    found = [p for p in problems if case.words in p.message]
    assert len(found) == 1, problems
    if case.at:
        lead = before + case.new[: case.new.index(case.at)]
        assert (found[0].line, found[0].column) == (lead.count("\n") + 1, len(lead) - lead.rfind("\n"))


def test_every_code_is_shown_by_a_case() -> None:
    shown = {Code(case.code) for case in CASES.values()} | {Code.TOO_LARGE}
    assert shown == set(Code)


def test_the_report_reads_as_a_compiler_would_write_it(toowoomba_text: str) -> None:
    text = toowoomba_text.replace("speed: 16 kn", "speed: 12", 1)
    line = 1 + text[: text.index("speed: 12")].count("\n")
    words = "units.ningbo.track[1].speed: needs a unit (kn, m/s, km/h): 12  [SCENARIO_BARE_NUMBER]"
    assert str(report(text)) == f"toowoomba.yaml:{line}:16: {words}"


def test_all_problems_are_reported_together_in_file_order(toowoomba_text: str) -> None:
    text = toowoomba_text
    for name in ("unlisted source", "bare number", "unknown post", "unknown key", "duplicate key"):
        text = text.replace(CASES[name].old, CASES[name].new, 1)
    problems = report(text).problems
    assert [p.code for p in problems] == [
        Code.DUPLICATE_KEY,
        Code.UNKNOWN_SOURCE,
        Code.BARE_NUMBER,
        Code.UNKNOWN_REFERENCE,
        Code.UNKNOWN_KEY,
    ]


def test_a_wrong_item_does_not_also_make_its_list_too_short(toowoomba_text: str) -> None:
    text = toowoomba_text.replace("to: [CHN:fleet-watch]", "to: [CHN:navy]", 1)
    assert [(p.path, p.code) for p in report(text).problems] == [("messages.m1.to[0]", Code.UNKNOWN_REFERENCE)]


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", Code.BAD_VALUE, "needs keys and values"),
        (b"just words", Code.BAD_VALUE, "needs keys and values"),
        (b"posts: 5\nunits: [1]\nsources: 3", Code.BAD_VALUE, "needs keys and values"),
        (b"\xff\xfe", Code.YAML, "not a text file in UTF-8"),
        (b"a: \x00", Code.YAML, "not a text file in UTF-8"),
        (b"a: 1\n---\nb: 2\n", Code.YAML, "single document"),
        (b"? [a]\n: 1", Code.YAML, "a key must be a word"),
        (b"[" * 5_000, Code.YAML, "nested too deeply"),
        (b"#" * 1_000_001, Code.TOO_LARGE, "1000000 bytes"),
    ],
)
def test_files_that_are_no_scenario_at_all(content: bytes, code: Code, words: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        loads(content)
    assert any(p.code is code and words in p.message for p in refused.value.problems)
