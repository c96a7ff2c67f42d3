"""Three posts, two of one party: what two say to each other reaches the third too, and a silent post is gone round."""

from __future__ import annotations

import pytest
from tests.kit import A, B
from tests.properties.machine import Talk

from hotline import v1
from hotline.agreements.rehearsal import PostPlan

# Many small examples in one test: a loaded machine may take its time.
pytestmark = pytest.mark.timeout(600)
STAFF = "CHN:general-staff"


class Three(Talk):
    posts = (A, PostPlan(B, superior=STAFF), PostPlan(STAFF, level=v1.LEVEL_NATIONAL))


TestThreePosts = Three.TestCase
