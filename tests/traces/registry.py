"""What parties issue while a line is open: further directories and revisions, in the words of traces."""

from __future__ import annotations

import re

from tests.traces.commands import command
from tests.traces.words import Options, span_ns
from tests.traces.world import World

from hotline import v1
from hotline.protocol.errors import HotlineError
from hotline.protocol.instant import to_timestamp


def _position(world: World, post: str, words: re.Match[str], options: Options) -> v1.LogPosition:
    """A place in a post's log, at its end unless one is named, as the post holds it itself or another does."""
    holder = options.take("as").removeprefix("held by ")
    log = world.net[world.post(holder) if holder else post].logs[post]
    sequence = int(words["at"]) if words["at"] else log.sequence
    return v1.LogPosition(post=post, epoch=log.epoch, sequence=sequence, link_digest=log.digests[sequence])


@command(
    r"(?P<party>\S+) lists as (?P<name>\S+): (?P<post>\S+) goes on with a new key"
    r"(?: after (?P<at>[0-9]+))? \((?P<reason>[A-Z_]+)\)"
)
def _close(world: World, words: re.Match[str], options: Options) -> None:
    post, at_ns = world.post(words["post"]), world.net.now.utc_ns
    reason = v1.Closure.Reason.Value(f"REASON_{words['reason']}")
    closure = v1.Closure(last=_position(world, post, words, options), reason=reason, at=to_timestamp(at_ns))
    world.office.renew(post, at_ns)
    world.papers[words["name"]] = world.office.issue(words["party"], at_ns, closures=[closure])


@command(r"(?P<party>\S+) lists as (?P<name>\S+): (?P<post>\S+) leaves(?: after (?P<at>[0-9]+))?")
def _withdraw(world: World, words: re.Match[str], options: Options) -> None:
    post, at_ns = world.post(words["post"]), world.net.now.utc_ns
    last, reason = _position(world, post, words, options), v1.Closure.REASON_WITHDRAWN
    del world.office.posts[post]
    closure = v1.Closure(last=last, reason=reason, at=to_timestamp(at_ns))
    world.papers[words["name"]] = world.office.issue(words["party"], at_ns, closures=[closure])


@command(
    r"(?P<party>\S+) lists as (?P<name>\S+): the key of (?P<person>\S+) at (?P<post>\S+) is revoked"
    r"(?: after (?P<at>[0-9]+))? \((?P<reason>[A-Z_]+)\)"
)
def _revoke(world: World, words: re.Match[str], options: Options) -> None:
    post, at_ns = world.post(words["post"]), world.net.now.utc_ns
    revocation = v1.Revocation(
        keyid=world.office.officers[post][words["person"]].fingerprint,
        last=_position(world, post, words, options),
        reason=v1.Closure.Reason.Value(f"REASON_{words['reason']}"),
        at=to_timestamp(at_ns),
    )
    world.papers[words["name"]] = world.office.issue(words["party"], at_ns, revocations=[revocation])


@command(r"(?P<party>\S+) lists (?P<again>again|in its place) as (?P<name>\S+)")
def _list(world: World, words: re.Match[str], options: Options) -> None:
    at_ns, instead = world.net.now.utc_ns, words["again"] != "again"
    world.papers[words["name"]] = world.office.issue(words["party"], at_ns, instead=instead)


@command(
    r"(?P<who>the parties|\S+ alone) revises? as (?P<name>\S+): (?P<stage>[A-Z]+) at (?P<precedence>[A-Z]+) within "
    r"(?P<limit>[0-9]+ [a-z]+)"
)
def _revise(world: World, words: re.Match[str], options: Options) -> None:
    message = world.office.agreement
    waited = v1.Stage.Value(f"STAGE_{words['stage']}"), v1.Precedence.Value(f"PRECEDENCE_{words['precedence']}")
    timer = next(row for row in message.timers if (row.stage, row.precedence) == waited)
    timer.limit.FromNanoseconds(span_ns(words["limit"]))
    _issue_revision(world, message, words, options)


@command(r"(?P<who>the parties|\S+ alone) revises? as (?P<name>\S+): new roots for (?P<party>\S+)")
def _renew_roots(world: World, words: re.Match[str], options: Options) -> None:
    _issue_revision(world, world.office.with_new_roots(words["party"]), words, options)


def _issue_revision(world: World, message: v1.Agreement, words: re.Match[str], options: Options) -> None:
    """With options `in force in SPAN` and `in the place of the newest`; one party alone signs what nobody takes."""
    alone = words["who"].removesuffix(" alone") if words["who"] != "the parties" else ""
    from_ns, instead = world.net.now.utc_ns, False
    for option in options.all("in"):
        instead = instead or option == "the place of the newest"
        if option.startswith("force in "):
            from_ns += span_ns(option.removeprefix("force in "))
    world.papers[words["name"]] = world.office.revise(message, from_ns, alone=alone, instead=instead)


@command(r"(?P<post>\S+) adopts (?P<name>\S+)")
def _adopt(world: World, words: re.Match[str], options: Options) -> list[str]:
    post = world.post(words["post"])
    try:
        world.net[post].adopt(world.papers[words["name"]], world.net.at(post), disavow=True)
    except HotlineError as error:
        return [f"refused: {error.code}: {world.names.readable(error.detail)}"]
    return []


@command(r"the node of (?P<post>\S+) has its new key")
def _equip(world: World, words: re.Match[str], options: Options) -> None:
    post = world.post(words["post"])
    signer = world.office.nodes[post]
    world.net.desks[post].signers.append(signer)
    world.net[post].equip(signer, world.net.at(post))
