"""A site for the second implementation: keys, papers and configurations, all made by the commands of the tutorial."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.node.commands import Desk
from tests.node.line import PATIENCE_S

ROOT = Path(__file__).parents[2]
SOURCES = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "simulator")]), "GRPC_VERBOSITY": "NONE"}
PARTIES = {"AUS": "anna", "CHN": "chen"}


@dataclass(frozen=True)
class Script:
    """The JavaScript client, installed in a folder."""

    folder: Path

    def start(self, name: str, *words: str | Path, cwd: Path) -> subprocess.Popen[str]:
        """One of its programs."""
        command = ["node", str(self.folder / name), *map(str, words)]
        env = {**os.environ, "HOTLINE_PROTO": str(ROOT / "proto")}
        return subprocess.Popen(command, cwd=cwd, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, name: str, *words: str | Path, cwd: Path = ROOT, status: int = 0) -> str:
        """What a program prints; it must end with this status."""
        return finished(self.start(name, *words, cwd=cwd), status)


def has_node() -> bool:
    """Whether Node.js 20 or newer is here, with its package manager."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.removeprefix("v").partition(".")[0]) >= 20


def finished(running: subprocess.Popen[str], status: int = 0) -> str:
    """What a program printed until it ended with this status."""
    with running:
        out, err = running.communicate(timeout=120)
    assert running.returncode == status, (out, err)
    return out


def told(out: str) -> dict[str, Any]:
    """The last object that the client printed."""
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


@dataclass(frozen=True)
class Ground:
    """A folder with everything, the desk of the officer of AUS, and the client of CHN."""

    folder: Path
    desk: Desk
    script: Script
    pin: str
    ports: dict[str, int]

    def client(self, *words: str, status: int = 0, listens: bool = False) -> dict[str, Any]:
        """One command of the client; the last object it printed."""
        return told(finished(self.begin(*words, listens=listens), status))

    def begin(self, *words: str, listens: bool = False) -> subprocess.Popen[str]:
        """The same, without waiting for it."""
        config = "chn-listens.yaml" if listens else "chn.yaml"
        return self.script.start("client.mjs", "--config", config, *words, cwd=self.folder)

    @contextmanager
    def process(self, *words: str) -> Iterator[None]:
        """A `hotline` command that runs until the block ends."""
        with (self.folder / f"{words[0]}.log").open("wb") as log:
            command = [sys.executable, "-m", "hotline.cli", *words]
            running = subprocess.Popen(command, cwd=self.folder, env={**os.environ, **SOURCES}, stdout=log, stderr=log)
        try:
            yield
        finally:
            running.terminate()
            running.wait(PATIENCE_S)

    def logged(self, command: str, words: str) -> None:
        """Wait until a process that runs has printed these words."""
        end = time.monotonic() + PATIENCE_S
        while words not in (told := (self.folder / f"{command}.log").read_text(encoding="utf-8")):
            assert time.monotonic() < end, told
            time.sleep(0.05)


def lay_out(folder: Path, desk: Desk, script: Script) -> Ground:
    """Two parties make keys, sign an agreement and list a post each."""
    ports = free_ports()
    for party, officer in PARTIES.items():
        make_keys(desk, party, officer)
    pin = make_agreement(folder, desk)
    for party, officer in PARTIES.items():
        make_directory(folder, desk, party, officer, ports[party])
    for party in PARTIES:
        write_config(folder, party, pin, ports[party])
    return Ground(folder, desk, script, pin, ports)


def free_ports() -> dict[str, int]:
    """A port that is free for each party."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return dict(zip(PARTIES, (one.getsockname()[1], other.getsockname()[1]), strict=True))


def do(desk: Desk, *words: str | Path) -> str:
    """A command that must succeed; what it printed."""
    done = desk(*words)
    assert done.status == 0, done
    return str(done.out)


def make_keys(desk: Desk, party: str, officer: str) -> None:
    out, post = party.lower(), f"{party}:fleet-watch"
    common = ("--kind", "exercise", "--party", party, "--out", out)
    for role in ("root", "registrar"):
        do(desk, "keys", "new", role, "--plain", "--role", role, *common)
    do(desk, "keys", "new", "node", "--plain", "--role", "node", "--post", post, *common)
    do(desk, "keys", "new", officer, "--plain", "--role", "officer", "--post", post, *common)
    do(desk, "keys", "tls", post, "--plain", "--out", out)


def make_agreement(folder: Path, desk: Desk) -> str:
    """Signed by both; its digest."""
    (folder / "plan.yaml").write_text(do(desk, "agreement", "new", "--example"), encoding="utf-8")
    do(desk, "agreement", "new", "plan.yaml", "--out", "unsigned")
    do(desk, "agreement", "sign", "unsigned", "--party", "AUS", "--key", "aus/root.key", "--out", "half")
    do(desk, "agreement", "sign", "half", "--party", "CHN", "--key", "chn/root.key", "--out", "agreement")
    return str(json.loads(do(desk, "agreement", "verify", "agreement", "--json"))["digest"])


def make_directory(folder: Path, desk: Desk, party: str, officer: str, port: int) -> None:
    """The example's plan with its one officer who has a key."""
    example = do(desk, "directory", "new", "--example", "--party", party, "--endpoint", f"127.0.0.1:{port}")
    plan = yaml.safe_load(example)
    plan["posts"][0]["officers"] = [one for one in plan["posts"][0]["officers"] if one["person"] == officer]
    name = f"{party.lower()}-directory.yaml"
    (folder / name).write_text(yaml.safe_dump(plan), encoding="utf-8")
    key, out = f"{party.lower()}/registrar.key", f"{party.lower()}.directory"
    do(desk, "directory", "new", name, "--agreement", "agreement", "--key", key, "--out", out)


def write_config(folder: Path, party: str, pin: str, port: int) -> None:
    """The one form of configuration that both implementations read; the client has no operator's socket."""
    own = party.lower()
    config = {
        "post": f"{party}:fleet-watch",
        "agreement": "agreement",
        "pin": pin,
        "directories": ["aus.directory", "chn.directory"],
        "node_key": f"{own}/node.key",
        "tls_key": f"{own}/fleet-watch-tls.key",
        "tls_certificate": f"{own}/fleet-watch-tls.pem",
        "journal": f"{own}/journal",
    }
    listens = {**config, "listen": f"127.0.0.1:{port}"}
    node = {**listens, "operator_socket": f"{own}/operator.sock", "known_keys": f"{own}/known-keys.txt"}
    for name, content in (("", config), ("-listens", listens), ("-node", node)):
        (folder / f"{own}{name}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
