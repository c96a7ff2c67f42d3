"""Plays a trace."""

from __future__ import annotations

from tests.traces import registry  # noqa: F401  it fills the table of commands
from tests.traces.commands import perform
from tests.traces.script import FOLDER, Script, load
from tests.traces.world import World


def played(script: Script) -> str:
    """The text of a trace's file with what really comes of its commands."""
    world = World()
    return script.played(lambda command: _perform(world, script.name, command))


def story(name: str) -> World:
    """The world at the end of a trace."""
    world, script = World(), load(FOLDER / f"{name}.txt")
    script.played(lambda command: _perform(world, name, command))
    return world


def _perform(world: World, name: str, command: str) -> list[str]:
    try:
        return perform(world, command)
    except ValueError as error:
        raise ValueError(f"{name}: {command!r}: {error}") from error
