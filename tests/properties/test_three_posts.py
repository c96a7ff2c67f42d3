"""Three posts: what two say to each other reaches the third too, in whatever order."""

from __future__ import annotations

import pytest
from tests.kit import A, B, C
from tests.properties.machine import Talk

# Many small examples in one test: a loaded machine may take its time.
pytestmark = pytest.mark.timeout(600)


class Three(Talk):
    posts = (A, B, C)


TestThreePosts = Three.TestCase
