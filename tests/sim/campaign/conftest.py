from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.sim.conftest import hasty_text

from hotline.messages.yamltree import read_tree
from hotline_sim.campaign import Plan, make_plan
from hotline_sim.scenario import bundled

MakePlan = Callable[..., Plan]


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """A minute of three posts without ships: runs in an instant."""
    found: dict[str, Any] = read_tree(hasty_text().encode()).data
    return found


@pytest.fixture(scope="session")
def toowoomba_document() -> dict[str, Any]:
    found: dict[str, Any] = read_tree(bundled()["toowoomba-ningbo-2023"].read_bytes()).data
    return found


@pytest.fixture
def plan_of(document: dict[str, Any]) -> MakePlan:
    def make(**asked: Any) -> Plan:
        return make_plan(document, "hasty.yaml", **{"runs": 3, "seed": 7, **asked})

    return make
