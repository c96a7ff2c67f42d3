"""The channel of a scenario: agreement, directories and keys for its posts and officers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from google.protobuf.duration_pb2 import Duration

from hotline import v1
from hotline.agreements.rehearsal import PostPlan, Rehearsal, rehearse
from hotline.protocol.signing import Signer
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.posts import Hours

_DAY_MS = 86_400_000


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
        members={name: party.member_of for name, party in scenario.parties.items()},
        answers_for=[
            v1.AnswersFor(post=rule.post, for_post=rule.for_post, types=rule.types) for rule in scenario.answers_for
        ],
        days=max(1, -(-scenario.meta.duration_ms // _DAY_MS)),
        speed=speed,
        real_start_ns=real_start_ns,
    )


def _plan(scenario: Scenario, name: str, endpoint: tuple[str, bytes] | None) -> PostPlan:
    post = scenario.posts[name]
    plan = PostPlan(
        name,
        function=v1.Post.Function.Value(f"FUNCTION_{post.function}"),
        level=v1.Level.Value(f"LEVEL_{post.level}"),
        officers=[(officer.name, officer.role) for officer in post.officers],
        hours=[_window(hours) for hours in post.hours],
        alternates=post.alternates,
        other_channels=[
            v1.OtherChannel(medium=v1.Medium.Value(f"MEDIUM_{way.medium}"), address=way.address)
            for way in post.other_channels
        ],
        superior=post.superior or "",
    )
    return plan if endpoint is None else replace(plan, endpoint=endpoint[0], tls_certificate=endpoint[1])


def _window(hours: Hours) -> v1.DailyWindow:
    return v1.DailyWindow(**{"from": Duration(seconds=hours.from_s), "length": Duration(seconds=hours.length_s)})
