"""The channel of a scenario: agreement, directories and keys for its posts and officers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hotline.agreements.rehearsal import PostPlan, Rehearsal, rehearse
from hotline.protocol.signing import Signer
from hotline_sim.scenario import Scenario


def open_channel(
    scenario: Scenario,
    key: Callable[[int], Signer],
    *,
    endpoints: Mapping[str, tuple[str, bytes]] | None = None,
    speed: int = 1,
    real_start_ns: int | None = None,
) -> Rehearsal:
    """An EXERCISE channel among the scenario's posts, with its officers.

    Args:
        scenario: whose posts they are; its start is where the exercise clock begins.
        key: gives the n-th key pair.
        endpoints: "host:port" and TLS certificate (DER) by post, where there are any.
        speed: exercise seconds per real second.
        real_start_ns: UTC at which the scenario starts; the scenario's own start when None.
    """
    plans = [_plan(scenario, post, (endpoints or {}).get(post)) for post in scenario.posts]
    return rehearse(
        plans,
        key,
        scenario.meta.start_utc_ns,
        channel=scenario.meta.id,
        speed=speed,
        real_start_ns=real_start_ns,
    )


def _plan(scenario: Scenario, post: str, endpoint: tuple[str, bytes] | None) -> PostPlan:
    officers = [(officer.name, officer.role) for officer in scenario.posts[post].officers]
    if endpoint is None:
        return PostPlan(post, officers=officers)
    return PostPlan(post, endpoint=endpoint[0], tls_certificate=endpoint[1], officers=officers)
