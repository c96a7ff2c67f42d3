"""Two posts under everything a line and a machine can do to them."""

from __future__ import annotations

import pytest
from hypothesis import settings
from tests.kit import A, B
from tests.properties.machine import Talk

# Many small examples in one test: a loaded machine may take its time.
pytestmark = pytest.mark.timeout(600)


class Two(Talk):
    posts = (A, B)


TestTwoPosts = Two.TestCase
# Every step is held against a second reading of every journal: half as many examples take as long as others do.
TestTwoPosts.settings = settings(max_examples=settings().max_examples // 2)
