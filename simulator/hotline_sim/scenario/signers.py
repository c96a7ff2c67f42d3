"""Whether the officers a scenario lets sign are on their post's roster, and may sign what they sign and as they do.

Runs are held under the default agreement profile; a statement that breaks it would be refused in the middle of a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from hotline.agreements.profile import TypeRow, load_profile
from hotline.messages.problems import Finding, Path
from hotline_sim.scenario.model import Scenario
from hotline_sim.scenario.problems import Code
from hotline_sim.scenario.story import Message

_ACKNOWLEDGEMENT = "hotline.v1.Acknowledgement"
_RETRACTION = "hotline.v1.Retraction"
_HANDOVER = "hotline.v1.WatchHandover"
NODE_TYPES = frozenset({"hotline.v1.ChannelTest", "hotline.v1.QueryAck", "hotline.v1.Escalated"})


def check_signers(scenario: Scenario) -> Iterator[Finding]:
    """Every signer who is not an officer of the post, or may not sign; every message with too many or too few."""
    for name, message in scenario.messages.items():
        if message.type in NODE_TYPES:
            words = f"{message.type} is said by nodes, by themselves"
            yield Finding(("messages", name, "type"), Code.BAD_STORY, words)
            continue
        yield from _check(scenario, ("messages", name, "by"), message.from_post, message.by, message.type)
        yield from _as_it_is_said(message, ("messages", name))
    for number, answer in enumerate(scenario.answers):
        for place, step in enumerate(answer.steps):
            path: Path = ("answers", number, "steps", place, "by")
            kind = _RETRACTION if step.withdraws else _ACKNOWLEDGEMENT
            yield from _check(scenario, path, answer.post, (step.by,), kind)


def _as_it_is_said(message: Message, path: Path) -> Iterator[Finding]:
    """What the standard would refuse beyond signers: a slow retraction, a hand-over by others than it names."""
    if message.type == _RETRACTION and message.precedence != "FLASH":
        yield Finding((*path, "precedence"), Code.BAD_STORY, "a retraction is FLASH")
    who = {message.body.get("outgoing"), message.body.get("incoming")}
    if message.type == _HANDOVER and set(message.by) != who:
        yield Finding((*path, "by"), Code.BAD_STORY, "a hand-over is signed by who leaves and who takes over")


def _check(scenario: Scenario, path: Path, post: str, signers: tuple[str, ...], type_name: str) -> Iterator[Finding]:
    roles = {officer.name: officer.role for officer in scenario.posts[post].officers}
    unknown = [name for name in signers if name not in roles]
    for name in unknown:
        yield Finding(path, Code.UNKNOWN_REFERENCE, f"not an officer of {post}: {name}")
    rule = _rules().get(type_name)
    if rule is None:
        yield Finding((*path[:-1], "type"), Code.BAD_STORY, f"not a type of the default agreement: {type_name}")
    if unknown or rule is None:
        return
    if len(set(signers)) != rule.persons:
        yield Finding(path, Code.BAD_STORY, f"{type_name} is signed by {rule.persons} persons, not {len(set(signers))}")
    for name in signers:
        if roles[name] not in rule.roles:
            yield Finding(path, Code.BAD_STORY, f"{name}, {roles[name]}, may not sign {type_name}")


@cache
def _rules() -> dict[str, TypeRow]:
    return {row.type: row for row in load_profile().types}
