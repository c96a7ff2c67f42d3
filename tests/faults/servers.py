"""A PostgreSQL server of our own: an unprivileged process on a folder that goes away, reached through a Unix socket."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from hotline.journal import DatabaseUrl

_USER = "nobody"
_SETTINGS = """
listen_addresses = '{host}'
port = {port}
unix_socket_directories = '{folder}'
shared_buffers = 16MB
max_connections = 40
log_min_messages = fatal
autovacuum_naptime = 10s
"""


def programs() -> Path | None:
    """The folder of the server's programs, of the newest version there is; None without a server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    there = shutil.which("initdb")
    return Path(there).resolve().parent if there else None


def lapse(url: str) -> None:
    """Every lease of a journal in this database is over, as after its time."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE hotline.journal SET until = '-infinity'")


@dataclass
class Server:
    """One cluster. It is started and stopped at will; what is on its disk stays."""

    folder: Path
    programs: Path
    port: int = 5432
    host: str = ""

    @property
    def data(self) -> Path:
        """The cluster's files."""
        return self.folder / "data"

    def url(self, database: str = "postgres", **options: str) -> DatabaseUrl:
        """Where a database is, with settings for the session."""
        said = "%20".join(f"-c%20{name}%3D{value}" for name, value in options.items())
        return DatabaseUrl(
            f"postgresql://hotline@/{database}?host={self.folder}&port={self.port}{'&options=' + said if said else ''}"
        )

    def make(self) -> None:
        """An empty cluster."""
        self._run("initdb", "-D", self.data, "-U", "hotline", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        with (self.data / "postgresql.conf").open("a", encoding="ascii") as file:
            file.write(_SETTINGS.format(folder=self.folder, host=self.host, port=self.port))

    def start(self, *before: str) -> None:
        """Back when it takes connections. With a command before it, the server runs under that one."""
        under: list[str | Path] = []
        if before:
            program = self.folder / "under"
            program.write_text(f'#!/bin/sh\nexec {shlex.join([*before, str(self.programs / "postgres")])} "$@"\n')
            program.chmod(0o755)
            under = ["-p", program]
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-l", self.folder / "log", *under, "start")

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends sessions in order; `immediate` is a crash, after which the next start recovers."""
        self._run("pg_ctl", "-D", self.data, "-w", "-t", "60", "-m", mode, "stop")

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Every process of the server stands still: it breaks nothing off and answers nothing."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(first, signal.SIGSTOP)
        # It makes no more of them now.
        others = list(map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split()))
        try:
            _signal(others, signal.SIGSTOP)
            yield
        finally:
            _signal([*others, first], signal.SIGCONT)

    def dump(self, name: str) -> None:
        """Back a database's journals up, whatever else goes on in it, into a file of the server's folder."""
        self._run("pg_dump", *self._at, "--schema=hotline", "--format=custom", f"--file={name}", "postgres")

    def restore(self, name: str) -> None:
        """Put the journals back as they were then, in place of what is there."""
        clean = ("--clean", "--if-exists", "--single-transaction")
        self._run("pg_restore", *self._at, *clean, "--dbname=postgres", name)

    @property
    def _at(self) -> tuple[str, ...]:
        return f"--host={self.folder}", f"--port={self.port}", "--username=hotline"

    def _run(self, program: str, *words: str | Path) -> None:
        unprivileged = ["setpriv", f"--reuid={_USER}", "--regid=nogroup", "--clear-groups"] if _is_root() else []
        command = [*unprivileged, str(self.programs / program), *map(str, words)]
        # A file, not a pipe: the server keeps its output open as long as it runs.
        with (self.folder / "commands").open("a+", encoding="utf-8") as output:
            done = subprocess.run(command, stdout=output, stderr=output, cwd=self.folder, env=_environment())
            output.seek(0)
            assert done.returncode == 0, output.read()[-2000:]


def _signal(processes: Sequence[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def _is_root() -> bool:
    return os.geteuid() == 0


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": "/nonexistent"}


@contextmanager
def server(port: int = 5432, host: str = "") -> Iterator[Server]:
    """A running server. With `host`, it listens there too."""
    found = programs()
    assert found is not None, "there is no PostgreSQL server here"
    with tempfile.TemporaryDirectory(prefix="hlp-") as name:
        folder = Path(name)
        if _is_root():
            os.chown(folder, pwd.getpwnam(_USER).pw_uid, -1)
        made = Server(folder, found, port, host)
        made.make()
        made.start()
        try:
            yield made
        finally:
            if (made.data / "postmaster.pid").exists():
                made.stop("immediate")
