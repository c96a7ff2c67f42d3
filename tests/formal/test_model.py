"""The model of Frame, Head, Hello and restore: its promises hold in every state, and each fault put in is found out."""

from __future__ import annotations

import os

import pytest
from tests.conftest import Figure
from tools.model import FAULTY, HEALTH, MODEL, Case, check, has_spin

assert has_spin() or os.environ.get("CI") != "true", "tools/system.sh need spin"
# Without it these are left out, which tools/system.sh says.
HEALTH_HERE, FAULTY_HERE = (HEALTH, FAULTY) if has_spin() else ((), ())


@pytest.mark.timeout(300)
@pytest.mark.threat(
    "restore / rollback", defence="LOG KEYS DUR", measure="states of the model in which every promise holds"
)
@pytest.mark.parametrize("case", HEALTH_HERE, ids=lambda case: case.name)
def test_every_promise_holds_in_every_state(case: Case, figure: Figure) -> None:
    checked = check(case)
    assert checked.broken == ""
    assert checked.states > 10_000
    figure(checked.states)


@pytest.mark.timeout(300)
@pytest.mark.threat("restore / rollback", defence="LOG KEYS DUR", measure="faults put into the model, found out")
@pytest.mark.parametrize("case", FAULTY_HERE, ids=lambda case: case.name)
def test_each_fault_is_found_out(case: Case) -> None:
    assert check(case).broken


def test_each_fault_stands_in_the_model_and_on_its_page() -> None:
    model, page = MODEL.read_text(encoding="utf-8"), MODEL.with_name("README.md").read_text(encoding="utf-8")
    for case in FAULTY:
        assert f"def {case.defines[0]}\n" in model and f"| `{case.defines[0]}` |" in page


def test_what_spin_refuses_is_told() -> None:
    if has_spin():
        with pytest.raises(RuntimeError, match="spin"):
            check(Case("broken", ("STATEMENTS=)",)))
