"""Two posts under everything a line and a machine can do to them."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from tests.conftest import Figure
from tests.kit import A, B
from tests.properties.machine import Talk

# Many small examples in one test: a loaded machine may take its time.
pytestmark = pytest.mark.timeout(600)


class Two(Talk):
    posts = (A, B)


# Every step is held against a second reading of every journal: half as many examples take as long as others do.
EXAMPLES = settings().max_examples // 2


@pytest.mark.threat("process crash", defence="SEQ DUR", measure="steps of a machine of two posts, all invariants held")
def test_two_posts(figure: Figure) -> None:
    Two.steps = 0
    run_state_machine_as_test(Two, settings=settings(max_examples=EXAMPLES))
    figure(Two.steps)
