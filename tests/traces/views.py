"""What a post shows when it is asked: a message with its ladder, its words, the logs it holds."""

from __future__ import annotations

from collections.abc import Iterator

from tests.traces.names import stage_name
from tests.traces.office import START
from tests.traces.words import clock
from tests.traces.world import World

from hotline.messages.show import Place, message_lines
from hotline.protocol.views import AddresseeView, StageView


def message(world: World, digest: bytes, post: str) -> list[str]:
    """The ladder of every addressee, with what is waited for and until when."""
    view = world.net.view(post, digest)
    marks = f" {' '.join(view.marks)}" if view.marks else ""
    state = f", stands at {view.matter_state}" if view.matter_state else ""
    return [
        f"{world.names.ref(digest)} of {world.names.post(view.entry.post)}{marks}{state}",
        *(line for ladder in view.addressees for line in _addressee(world, ladder)),
    ]


def _addressee(world: World, ladder: AddresseeView) -> Iterator[str]:
    name = world.names.post(ladder.post)
    silence = f", {ladder.silence}" if ladder.silence else ""
    at = f" at {_clock(ladder.next_ns)}" if ladder.next_ns is not None else ""
    ahead = f"; next: {world.names.readable(ladder.next)}{at}" if ladder.next else ""
    yield f"  {name} for {'action' if ladder.action else 'information'}: {ladder.state}{silence}{ahead}"
    for stage in ladder.stages:
        yield f"    {_stage(stage)}"
    for further in ladder.further:
        waited = f"{stage_name(further.stage)} of {world.names.post(further.post)}"
        why = world.names.ref(further.statement)
        yield f"    because of {why}, {waited}: {further.verdict} until {_clock(further.deadline_ns)}"
    for claim in ladder.claims:
        said = f"{stage_name(claim.stage)} by {claim.medium} at {_clock(claim.said_at_ns)}"
        yield f"    {world.names.post(claim.by)} claims: {said}: {world.names.readable(claim.detail)}"


def _clock(utc_ns: int) -> str:
    return clock(utc_ns - START.utc_ns)


def _stage(stage: StageView) -> str:
    until = f" until {_clock(stage.deadline_ns)}" if stage.deadline_ns and stage.verdict else ""
    marks = f" {' '.join(stage.marks)}" if stage.marks else ""
    return f"{stage.name:<10} {stage.value or '-':<18} {stage.verdict}{until}{marks}".rstrip()


def words(world: World, digest: bytes, post: str, wanted: str) -> list[str]:
    """Lines of a message as a person reads it, those that hold one of the words wanted."""
    entry = world.net.entry(post, digest)
    if entry.said is None:
        return [f"refused here: {entry.refused}"]
    shown = message_lines(entry.said.header, entry.said.body, Place(digest, entry.sequence, entry.sealed_at_ns))
    found = [line.strip() for line in shown if any(word.lower() in line.lower() for word in wanted.split("|"))]
    return [world.names.readable(line) for line in found]


def logs(world: World, post: str) -> list[str]:
    """How far each log is held."""
    return [f"{world.names.post(name)} to {log.epoch}.{log.sequence}" for name, log in world.net[post].logs.items()]


def line(world: World, post: str) -> list[str]:
    """How a post sees the line to every other, who does not answer dialogue, and how far its own log goes."""
    view = world.net[post].line(world.net.at(post))
    told = [f"own log at {view.epoch}.{view.sequence}{', rolled back' if view.rolled_back else ''}"]
    for peer in view.peers:
        staffed = {True: "staffed", False: "unstaffed", None: "not heard yet"}[peer.staffed]
        why = f" ({world.names.readable(peer.detail)})" if peer.detail else ""
        watch = f", {', '.join(peer.on_watch)}" if peer.on_watch else ""
        told.append(f"{world.names.post(peer.post)} {peer.state}{why}, {staffed}{watch}")
    told += [f"{found.party} does not answer dialogue: {found.reason}" for found in view.suspensions]
    return told


def beats(world: World, post: str) -> list[str]:
    """The newest Head of every other post."""
    return [f"{world.names.post(peer.post)} beat {peer.beat}" for peer in world.net[post].peers.values()]
