"""Two posts under everything a line and a machine can do to them."""

from __future__ import annotations

from tests.kit import A, B
from tests.properties.machine import Talk


class Two(Talk):
    posts = (A, B)


TestTwoPosts = Two.TestCase
