"""The channel that worlds share: keys and agreement are made once for each number of posts and each set of figures.

Figures of the line are those of the default profile but for the intervals below: with Heads every minute a world of 24
hours would be Heads and little else. One world in 400 runs with every figure of the default profile.
"""

from __future__ import annotations

from functools import cache

from hotline.agreements.profile import Profile, load_profile
from hotline.agreements.rehearsal import PostPlan, Rehearsal, rehearse
from hotline.keys import published_signer
from hotline.protocol.instant import NS_PER_S

POSTS = ("AUS:fleet-watch", "CHN:fleet-watch", "JPN:fleet-watch", "PHL:fleet-watch", "AUS:joint-staff")
START_NS = 1_770_000_000 * NS_PER_S
DAYS = 4
INTERVALS_MS = {
    "slow": {
        "heartbeat": 3_600_000,
        "silent_after": 7_200_000,
        "retry_first": 60_000,
        "retry_max": 600_000,
        "fetch_after": 60_000,
    },
    "medium": {
        "heartbeat": 1_200_000,
        "silent_after": 2_700_000,
        "retry_first": 30_000,
        "retry_max": 300_000,
        "fetch_after": 30_000,
    },
    "default": {},
}
WATCH_TESTS_MS = {"slow": ()}
"""What differs from the default profile, by the name of a set of figures."""


@cache
def channel(posts: int, figures: str) -> Rehearsal:
    """A channel of so many posts under a set of figures. Certificates hold from a day before the start."""
    plans = [PostPlan(post, tls_certificate=post.encode().ljust(64, b"\x00")) for post in POSTS[:posts]]
    return rehearse(plans, published_signer, START_NS, channel="torture", profile=_profile(figures), days=DAYS)


def _profile(figures: str) -> Profile:
    profile = load_profile()
    rows = {
        name: getattr(profile.line, name).model_copy(update={"value": value})
        for name, value in INTERVALS_MS[figures].items()
    }
    tests = profile.line.watch_tests
    rows["watch_tests"] = tests.model_copy(update={"values": WATCH_TESTS_MS.get(figures, tests.values)})
    return profile.model_copy(update={"line": profile.line.model_copy(update=rows)})
