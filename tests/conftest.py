"""How thorough the property tests are: HYPOTHESIS_PROFILE chooses.

ci     the same examples at every run, few enough for every change; the default
dev    fresh examples at every run, kept when they fail
long   for a night
"""

from __future__ import annotations

import os

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
