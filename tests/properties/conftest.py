"""How thorough the property tests are.

    ci     the same examples every time, few enough for every change; where CI or nothing else is said
    dev    fresh examples at each run, kept when they fail
    long   for a night

HYPOTHESIS_PROFILE chooses one.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]

settings.register_profile(
    "ci", max_examples=60, stateful_step_count=40, derandomize=True, deadline=None, suppress_health_check=_SLOW
)
settings.register_profile(
    "dev", max_examples=60, stateful_step_count=50, deadline=None, print_blob=True, suppress_health_check=_SLOW
)
settings.register_profile(
    "long", max_examples=3000, stateful_step_count=80, deadline=None, print_blob=True, suppress_health_check=_SLOW
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
