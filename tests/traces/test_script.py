"""The form of a trace: what is no trace is refused with its place, what a command does not know is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.traces import registry  # noqa: F401  it fills the table of commands
from tests.traces.commands import perform
from tests.traces.rows import rows
from tests.traces.script import load
from tests.traces.world import World

HEADING = "title: A story\npurpose: To see.\nshows: F1,\n  F2\n\n"


def script(folder: Path, text: str) -> Path:
    file = folder / "story.txt"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_story_is_read_and_told_again(tmp_path: Path) -> None:
    found = load(script(tmp_path, f"{HEADING}# Words.\n> go 1 s\n  old\n> go 2 s\n"))
    assert (found.name, found.title, found.purpose, found.shows) == ("story", "A story", "To see.", ("F1", "F2"))
    assert found.played(lambda command: [f"did {command}"]) == (
        f"{HEADING}# Words.\n> go 1 s\n  did go 1 s\n> go 2 s\n  did go 2 s\n"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: A story\n\n> go 1 s\n", "its heading has title"),
        (f"{HEADING}go 1 s\n", "line 6: 'go 1 s' is no command"),
    ],
)
def test_what_is_no_story_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load(script(tmp_path, text))


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("dance", "no such command"),
        ("AUS says something rude", "nobody knows how to say"),
        ("AUS says flash, loudly", "no such option here: loudly"),
        ("CHN says flash", "no post is called CHN"),
        ("AUS says READ of m9", "nothing is called m9"),
    ],
)
def test_a_command_that_means_nothing_is_named(command: str, words: str) -> None:
    world = World()
    perform(world, "post AUS:fleet-watch")
    perform(world, "post JPN:fleet-watch")
    with pytest.raises(ValueError, match=words):
        perform(world, command)


def test_each_row_has_one_id_and_says_something() -> None:
    found = rows()
    assert len(found) > 100
    assert all(row.id == key and row.says and row.table for key, row in found.items())
