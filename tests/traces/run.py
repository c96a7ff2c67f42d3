"""Plays a trace."""

from __future__ import annotations

from tests.traces.commands import perform
from tests.traces.script import Script
from tests.traces.world import World


def played(script: Script) -> str:
    """The text of a trace's file with what really comes of its commands."""
    world = World()

    def play(command: str) -> list[str]:
        try:
            return perform(world, command)
        except ValueError as error:
            raise ValueError(f"{script.name}: {command!r}: {error}") from error

    return script.played(play)
