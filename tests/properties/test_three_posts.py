"""Three posts, two of one party: what two say to each other reaches the third too, and a silent post is gone round."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from tests.conftest import Figure
from tests.kit import A, B
from tests.properties.machine import Talk

from hotline import v1
from hotline.agreements.rehearsal import PostPlan

# Many small examples in one test: a loaded machine may take its time.
pytestmark = pytest.mark.timeout(600)
STAFF = "CHN:general-staff"


class Three(Talk):
    posts = (A, PostPlan(B, superior=STAFF), PostPlan(STAFF, level=v1.LEVEL_NATIONAL))


# Every step is held against a second reading of every journal: half as many examples take as long as others do.
EXAMPLES = settings().max_examples // 2


@pytest.mark.threat(
    "process crash", defence="SEQ DUR", measure="steps of a machine of three posts, all invariants held"
)
def test_three_posts(figure: Figure) -> None:
    Three.steps = 0
    run_state_machine_as_test(Three, settings=settings(max_examples=EXAMPLES))
    figure(Three.steps)
