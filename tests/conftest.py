"""How thorough the property tests are, and where figures about threats go.

HYPOTHESIS_PROFILE chooses how thorough:

ci     the same examples at every run, few enough for every change; the default
dev    fresh examples at every run, kept when they fail
long   for a night
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator

import pytest
from hypothesis import HealthCheck, settings
from tests.figures import VALUES, Value, count_examples, note_marks, of_test, run_header

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


Figure = Callable[[Value], None]


@pytest.fixture
def figure(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Figure:
    """Takes what a test marked `threat` measured, if that is more than that it passed. See `tests.figures`."""

    def note(value: Value) -> None:
        request.node.stash.setdefault(VALUES, []).append(value)
        record_property("figure", value)

    return note


def pytest_sessionstart(session: pytest.Session) -> None:
    """The figures of this run begin with what is run. Workers run a part of it."""
    if not hasattr(session.config, "workerinput"):
        run_header("pytest")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Before any is deselected."""
    note_marks(config, items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A marked property counts its examples."""
    count_examples(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Only a test that passed leaves a figure."""
    report = yield
    if report.when == "call" and report.passed:
        of_test(item)
    return report
