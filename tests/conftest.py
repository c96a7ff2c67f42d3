"""How thorough the property tests are, and where figures about threats go.

HYPOTHESIS_PROFILE chooses how thorough:

ci     the same examples at every run, few enough for every change; the default
dev    fresh examples at every run, kept when they fail
long   for a night
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No deadline: how long one example takes says more about the machine than about the code.
_ANY_SPEED = settings(
    deadline=None,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
settings.register_profile("ci", _ANY_SPEED, max_examples=100, derandomize=True)
settings.register_profile("dev", _ANY_SPEED, max_examples=100, print_blob=True)
settings.register_profile("long", _ANY_SPEED, max_examples=3_000, stateful_step_count=80, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


Figure = Callable[[int | float | str], None]


@pytest.fixture
def figure(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Figure:
    """Takes what a test marked `threat` measured. With HOTLINE_FIGURES naming a file, each is a JSON line there."""
    threat = request.node.get_closest_marker("threat")

    def note(value: int | float | str) -> None:
        row = {"threat": threat.args[0], **threat.kwargs, "figure": value, "test": request.node.nodeid}
        record_property("figure", row)
        if path := os.environ.get("HOTLINE_FIGURES"):
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    return note
