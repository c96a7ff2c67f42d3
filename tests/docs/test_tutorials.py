"""Tutorials are run: each block of commands in one shell, its output held against what the tutorial shows."""

from __future__ import annotations

import re
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.docs.shell import ROOT, Shell, shell_in

TUTORIALS = sorted((ROOT / "docs/tutorials").glob("*.md"))
WITH_NODES = [path for path in TUTORIALS if "hotline node run" in path.read_text(encoding="utf-8")]

_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_UNBOUNDED = re.compile(r"^\s*(until|while) |\bsleep [0-9]", re.MULTILINE)
# Every port of a tutorial is one of these, wherever it stands; and nothing else that stands among commands is.
_PORT = re.compile(r"\b74[0-9]{2}\b(?![0-9a-f])")
_BLOCK_LIMIT_S = 120.0

# The one way in which a tutorial waits.
_WITHIN = """\
within() {
  end=$((SECONDS + 60))
  until eval "$1"; do
    if [ $SECONDS -ge $end ]; then echo "not after a minute: $1"; cat *.log | tail -n 5; return 1; fi
    sleep 0.2
  done
}
"""

# What differs from run to run, and what stands in for it.
_VARYING = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "DIGEST"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "REF"),
    (re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"), "TIME"),
    (re.compile(r"\b[0-9]{6}Z [A-Z]{3} [0-9]{2}\b"), "DTG"),
    (re.compile(r"\b[0-9]{6}Z"), "DTG"),
    (re.compile(r"(IN_TIME +)[0-9]+"), r"\1MS"),
    (re.compile(r"127\.0\.0\.1:[0-9]+"), "ADDRESS"),
    (re.compile(r"[ ─]+"), " "),
)


@dataclass(frozen=True, slots=True)
class Step:
    """Commands, and what they print; None where the tutorial does not show it."""

    commands: str
    printed: str | None


def steps(text: str) -> list[Step]:
    """The steps of a tutorial, in order."""
    blocks = [(kind, content) for kind, content in _BLOCK.findall(text)]
    found = []
    for (kind, content), (following, printed) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind == "sh":
            found.append(Step(content, printed if following == "text" else None))
    return found


def levelled(text: str) -> list[str]:
    """Lines without what differs from run to run."""
    for pattern, stand_in in _VARYING:
        text = pattern.sub(stand_in, text)
    return [line.strip() for line in text.strip().splitlines()]


@pytest.fixture
def shell() -> Iterator[Shell]:
    """A shell in a folder with a short path: that of a Unix socket has room for a hundred characters only."""
    with tempfile.TemporaryDirectory(prefix="hl-") as name, shell_in(Path(name)) as running:
        yield running


def with_free_ports(text: str) -> str:
    """The tutorial with ports that are free here in the place of its own, so that a node left over disturbs nobody."""
    used = sorted(set(_PORT.findall(text)))
    held = [socket.socket() for _ in used]
    for each in held:
        each.bind(("127.0.0.1", 0))
    free = {port: str(each.getsockname()[1]) for port, each in zip(used, held, strict=True)}
    for each in held:
        each.close()
    return _PORT.sub(lambda found: free[found[0]], text)


def test_there_are_tutorials() -> None:
    assert TUTORIALS
    assert all(steps(path.read_text(encoding="utf-8")) for path in TUTORIALS)


@pytest.mark.parametrize("path", WITH_NODES, ids=[path.stem for path in WITH_NODES])
def test_a_tutorial_waits_with_a_limit_only(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(_WITHIN) == 1
    assert _UNBOUNDED.findall(text.replace(_WITHIN, "")) == []


@pytest.mark.parametrize("path", WITH_NODES, ids=[path.stem for path in WITH_NODES])
def test_no_port_of_a_tutorial_is_used_as_it_stands(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(set(_PORT.findall(text))) == 2
    assert set(_PORT.findall(text)).isdisjoint(_PORT.findall(with_free_ports(text)))
    assert re.findall(r"127\.0\.0\.1:[0-9]+", _PORT.sub("", text)) == []


def test_a_block_that_hangs_is_ended_and_its_line_named(shell: Shell) -> None:
    with pytest.raises(AssertionError, match=r"not over after 1 s, in: sleep 60\n"):
        shell.run("echo before\nsleep 60\necho after\n", limit_s=1)


def test_a_wait_of_a_tutorial_ends_and_says_what_the_nodes_said(shell: Shell) -> None:
    waiting = _WITHIN.replace("+ 60", "+ 1") + "echo CONFIG_INVALID > aus.log\nwithin 'true | false'\necho after\n"
    with pytest.raises(AssertionError, match=r"failed in: within 'true [|] false'\n") as told:
        shell.run(waiting, limit_s=30)
    assert "not after a minute: true | false\nCONFIG_INVALID" in str(told.value)


@pytest.mark.timeout(480)
@pytest.mark.parametrize("path", TUTORIALS, ids=[path.stem for path in TUTORIALS])
def test_what_a_tutorial_shows_is_what_happens(shell: Shell, path: Path) -> None:
    for step in steps(with_free_ports(path.read_text(encoding="utf-8"))):
        printed = shell.run(step.commands, _BLOCK_LIMIT_S)
        if step.printed is not None:
            assert levelled(printed) == levelled(step.printed), step.commands
