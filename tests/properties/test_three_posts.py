"""Three posts: what two say to each other reaches the third too, in whatever order."""

from __future__ import annotations

from tests.kit import A, B, C
from tests.properties.machine import Talk


class Three(Talk):
    posts = (A, B, C)


TestThreePosts = Three.TestCase
