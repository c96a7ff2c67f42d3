"""A whole exercise channel in memory: agreement, directories and every key, for examples, tests and the simulator."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hotline import v1
from hotline.agreements.build import key_of, new_agreement, new_directory, sign_agreement, window
from hotline.agreements.profile import Profile, load_profile
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Agreement, Trust, open_agreement

_DAY_NS = 86_400 * NS_PER_S
ROLES = ("watch-officer", "releaser", "commander")


@dataclass(frozen=True, slots=True)
class PostPlan:
    """What a rehearsal gives a post besides keys.

    Attributes:
        id: "PARTY:post".
        endpoint: "host:port"; a name that resolves nowhere where there is no network.
        tls_certificate: DER; a placeholder where there is no TLS.
        function, level: what the post is for, and its authority.
        officers: person and role of each officer; one person per role when empty.
        hours: hours of the day (UTC) at which it is staffed by arrangement; none means around the clock.
        alternates: posts of the same party to turn to when this one is silent, in order.
        other_channels: other ways to reach it, for people.
        superior: post of the next authority level; empty at the top.
    """

    id: str
    endpoint: str = "memory.invalid:1"
    tls_certificate: bytes = bytes(64)
    function: v1.Post.Function.ValueType = v1.Post.FUNCTION_OPERATING
    level: v1.Level.ValueType = v1.LEVEL_OPERATING
    officers: Sequence[tuple[str, str]] = tuple((f"officer-{n}", role) for n, role in enumerate(ROLES, 1))
    hours: Sequence[v1.DailyWindow] = ()
    alternates: Sequence[str] = ()
    other_channels: Sequence[v1.OtherChannel] = ()
    superior: str = ""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A channel ready to talk.

    Attributes:
        trust: agreement with directories.
        nodes: node signer by post.
        officers: officer signers by post and person.
        roots, registrars: signers by party, for what follows the first agreement and directories (`following.py`).
    """

    trust: Trust
    nodes: Mapping[str, Signer]
    officers: Mapping[str, Mapping[str, Signer]]
    roots: Mapping[str, Signer] = field(default_factory=dict)
    registrars: Mapping[str, Signer] = field(default_factory=dict)


def rehearse(
    posts: Sequence[str | PostPlan],
    key: Callable[[int], Signer],
    start_ns: int,
    *,
    channel: str = "rehearsal",
    profile: Profile | None = None,
    members: Mapping[str, str] | None = None,
    answers_for: Sequence[v1.AnswersFor] = (),
    days: int = 1,
    speed: int = 1,
    real_start_ns: int | None = None,
) -> Rehearsal:
    """Make an EXERCISE channel among posts, all keys taken from a numbered pool; their algorithm is the channel's.

    Args:
        posts: post ids or plans; parties are what stands before the colon.
        key: gives the n-th signer, each call another key.
        start_ns: UTC of the exercise's first instant; certificates hold from a day before it.
        profile: figures of the agreement; the default profile when None.
        members: alliance by the party that is a member of it.
        answers_for: which posts may answer for which.
        days: how long after the start certificates hold, 1 to 6.
        speed: exercise seconds per real second.
        real_start_ns: UTC at which the exercise clock shows `start_ns`; the same instant when None.
    """
    plans = [plan if isinstance(plan, PostPlan) else PostPlan(plan) for plan in posts]
    pool = itertools.count()

    def draw() -> Signer:
        return key(next(pool))

    parties = sorted({plan.id.rpartition(":")[0] for plan in plans})
    roots = {party: draw() for party in parties}
    registrars = {party: draw() for party in parties}
    clock = v1.ExerciseClock(
        real_start=to_timestamp(start_ns if real_start_ns is None else real_start_ns),
        exercise_start=to_timestamp(start_ns),
        speed=speed,
    )
    payload = new_agreement(
        profile or load_profile(),
        channel=channel,
        kind=v1.KIND_EXERCISE,
        in_force=window(start_ns - _DAY_NS, start_ns + 30 * _DAY_NS),
        parties=[_party(party, roots[party], registrars[party], (members or {}).get(party, "")) for party in parties],
        exercise_clock=clock,
        answers_for=answers_for,
        algorithm=roots[parties[0]].algorithm,
    )
    signed = sign_agreement(payload, {party: [root] for party, root in roots.items()})
    agreement = open_agreement(signed.SerializeToString())
    nodes = {plan.id: draw() for plan in plans}
    officers = {plan.id: {person: draw() for person, _ in plan.officers} for plan in plans}
    directories = [
        _directory(agreement, party, plans, nodes, officers, start_ns, days, registrars[party]) for party in parties
    ]
    return Rehearsal(Trust(agreement, directories), nodes, officers, roots, registrars)


def _party(party: str, root: Signer, registrar: Signer, alliance: str) -> v1.Party:
    return v1.Party(
        id=party,
        name=party,
        root_keys=[key_of(root)],
        root_threshold=1,
        registrar_keys=[key_of(registrar)],
        member_of=alliance,
    )


def _directory(
    agreement: Agreement,
    party: str,
    plans: Sequence[PostPlan],
    nodes: Mapping[str, Signer],
    officers: Mapping[str, Mapping[str, Signer]],
    start_ns: int,
    days: int,
    registrar: Signer,
) -> v1.Envelope:
    valid = window(start_ns - _DAY_NS, start_ns + days * _DAY_NS)
    posts = [
        v1.Post(
            id=plan.id,
            name=plan.id,
            function=plan.function,
            level=plan.level,
            endpoint=plan.endpoint,
            tls_certificates=[plan.tls_certificate],
            node=v1.NodeCertificate(key=key_of(nodes[plan.id]), epoch=1, valid=valid),
            officers=[
                v1.OfficerCertificate(person=person, key=key_of(officers[plan.id][person]), role=role, valid=valid)
                for person, role in plan.officers
            ],
            hours=plan.hours,
            alternates=plan.alternates,
            other_channels=plan.other_channels,
            superior=plan.superior,
        )
        for plan in plans
        if plan.id.rpartition(":")[0] == party
    ]
    return new_directory(agreement, party, posts, start_ns, registrar)
