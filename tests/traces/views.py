"""What a post shows when it is asked: a message with its ladder, its words, the logs it holds."""

from __future__ import annotations

from collections.abc import Iterator

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
    yield f"  {world.names.post(ladder.post)} {'for action' if ladder.action else 'for information'}"
    for stage in ladder.stages:
        yield f"    {_stage(stage)}"


def _stage(stage: StageView) -> str:
    until = f" until {clock(stage.deadline_ns - START.utc_ns)}" if stage.deadline_ns and stage.verdict else ""
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
