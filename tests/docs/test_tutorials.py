"""Tutorials are run: each block of commands in one shell, its output held against what the tutorial shows."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted((ROOT / "docs/tutorials").glob("*.md"))

_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "== end of block =="
_PORT = re.compile(r"127\.0\.0\.1:(\d+)|s/PORT/(\d+)/")

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
def shell() -> Iterator[subprocess.Popen[str]]:
    """A shell in an empty folder with a short path, `hotline` on its path, and its own process group."""
    with tempfile.TemporaryDirectory(prefix="hl-") as name:
        tools = Path(name) / "tools"
        tools.mkdir()
        command = tools / "hotline"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hotline.cli "$@"\n', encoding="utf-8")
        command.chmod(0o755)
        work = Path(name) / "work"
        work.mkdir()
        env = {
            **os.environ,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'simulator'}",
            "COLUMNS": "120",
        }
        with subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=work,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as running:
            try:
                yield running
            finally:
                os.killpg(running.pid, signal.SIGKILL)


def run(shell: subprocess.Popen[str], commands: str) -> str:
    """What a block prints. Any command that fails ends the shell."""
    assert shell.stdin is not None
    assert shell.stdout is not None
    shell.stdin.write(f"set -e\n{commands}\necho\necho '{_END}'\n")
    shell.stdin.flush()
    lines: list[str] = []
    for line in shell.stdout:
        if line.strip() == _END:
            return "".join(lines)
        lines.append(line)
    raise AssertionError(f"the shell ended in\n{commands}\n{''.join(lines)}")


def with_free_ports(text: str) -> str:
    """The tutorial with ports that are free here in the place of its own."""
    used = sorted({one or other for one, other in _PORT.findall(text)})
    held = [socket.socket() for _ in used]
    for each in held:
        each.bind(("127.0.0.1", 0))
    free = {port: str(each.getsockname()[1]) for port, each in zip(used, held, strict=True)}
    for each in held:
        each.close()
    return _PORT.sub(lambda found: found[0].replace(found[1] or found[2], free[found[1] or found[2]]), text)


def test_there_are_tutorials() -> None:
    assert TUTORIALS
    assert all(steps(path.read_text(encoding="utf-8")) for path in TUTORIALS)


@pytest.mark.timeout(480)
@pytest.mark.parametrize("path", TUTORIALS, ids=[path.stem for path in TUTORIALS])
def test_what_a_tutorial_shows_is_what_happens(shell: subprocess.Popen[str], path: Path) -> None:
    for step in steps(with_free_ports(path.read_text(encoding="utf-8"))):
        printed = run(shell, step.commands)
        if step.printed is not None:
            assert levelled(printed) == levelled(step.printed), step.commands
