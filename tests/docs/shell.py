"""One bash for all blocks of a tutorial: its own process group, a limit of time for each block, and what it hung in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
_END = "== end of block =="
# What runs in the background ends with the shell, also where the shell ends because its test did.
_LAST = "over"
_START = f"""\
{_LAST}() {{ kill $(jobs -p); }} 2> /dev/null
trap {_LAST} EXIT
PS4='+${{#FUNCNAME[@]}}|'
set -ex
"""


class Shell:
    """A running bash. It writes what it is about to run into `trace`, so that a command that hangs can be named."""

    def __init__(self, process: subprocess.Popen[str], trace: Path) -> None:
        self._process, self._trace = process, trace
        self._write(_START)

    def run(self, commands: str, limit_s: float) -> str:
        """What a block prints.

        Raises:
            AssertionError: a command failed, or the block took longer than `limit_s`; its process group is dead then.
        """
        hung = threading.Event()

        def end() -> None:
            hung.set()
            self.kill()

        timer = threading.Timer(limit_s, end)
        timer.start()
        try:
            self._write(f"{commands}\necho\necho '{_END}'\n")
            lines, whole = self._read()
        finally:
            timer.cancel()
        told = f"not over after {limit_s:g} s, in: {self.at()}" if hung.is_set() else f"failed in: {self.at()}"
        assert whole, f"{told}\n{''.join(lines)}\n{commands}"
        return "".join(lines)

    def at(self) -> str:
        """The last command of the tutorial itself that was begun; what a function of it runs is left out."""
        lines = self._trace.read_text(encoding="utf-8").splitlines()
        begun = [line.removeprefix("+0|") for line in lines if line.startswith("+0|") and line != f"+0|{_LAST}"]
        return begun[-1] if begun else ""

    def kill(self) -> None:
        """End the shell and everything it started."""
        os.killpg(self._process.pid, signal.SIGKILL)

    def _write(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def _read(self) -> tuple[list[str], bool]:
        """Lines up to the end of the block, and whether that came."""
        assert self._process.stdout is not None
        lines: list[str] = []
        for line in self._process.stdout:
            if line.strip() == _END:
                return lines, True
            lines.append(line)
        return lines, False


@contextmanager
def shell_in(folder: Path) -> Iterator[Shell]:
    """A shell in an empty folder below this one, with `hotline` on its path."""
    tools, work, trace = folder / "tools", folder / "work", folder / "trace"
    tools.mkdir()
    work.mkdir()
    command = tools / "hotline"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hotline.cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    with trace.open("w", encoding="utf-8") as traced:
        env = {
            **os.environ,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'simulator'}",
            "COLUMNS": "120",
            "BASH_XTRACEFD": str(traced.fileno()),
        }
        with subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=work,
            env=env,
            pass_fds=[traced.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            shell = Shell(process, trace)
            try:
                yield shell
            finally:
                shell.kill()
