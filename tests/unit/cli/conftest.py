"""Runs commands in this process, as `hotline` would."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hotline.cli.commands import app

ENVIRONMENT = ("HOTLINE_SOCKET", "HOTLINE_KEY", "HOTLINE_PASSPHRASE", "HOTLINE_PASSPHRASE_FILE")
PEOPLE = {"AUS": ("anna", "ben"), "CHN": ("chen", "dai")}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left: exit status and both streams."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on standard output."""
        (line,) = self.out.splitlines()
        told = json.loads(line)
        assert isinstance(told, dict)
        return told


def run(*words: str | Path, env: dict[str, str | None] | None = None) -> Ran:
    """Run one command. Anything but a plain exit is a failure of the test."""
    clean: dict[str, str | None] = {**dict.fromkeys(ENVIRONMENT), "COLUMNS": "120"}
    done = CliRunner(env={**clean, **(env or {})}).invoke(app, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    return Ran(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def hotline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """`run` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return run


def make_keys(party: str, kind: str = "exercise", *more: str) -> None:
    """Every key of a party, in a folder with its name, as the example plans name them."""
    home, post = party.lower(), f"{party}:fleet-watch"
    common = ("--kind", kind, "--party", party, "--out", home, *more)
    for role in ("root", "registrar"):
        assert run("keys", "new", role, "--plain", "--role", role, *common).status == 0
    assert run("keys", "new", "node", "--plain", "--role", "node", "--post", post, *common).status == 0
    for person in PEOPLE[party]:
        assert run("keys", "new", person, "--plain", "--role", "officer", "--post", post, *common).status == 0
    assert run("keys", "tls", post, "--plain", "--out", home).status == 0


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an agreement that both parties signed, and both directories. Tests only read it."""
    folder = tmp_path_factory.mktemp("channel")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for party in PEOPLE:
            make_keys(party)
        Path("plan.yaml").write_text(run("agreement", "new", "--example").out, encoding="utf-8")
        run("agreement", "new", "plan.yaml", "--out", "agreement.unsigned")
        signed = "agreement.unsigned"
        for party, out in (("AUS", "agreement.aus"), ("CHN", "agreement")):
            run("agreement", "sign", signed, "--party", party, "--key", f"{party.lower()}/root.key", "--out", out)
            signed = out
        for party in PEOPLE:
            home = party.lower()
            plan = run("directory", "new", "--example", "--party", party).out
            Path(f"{home}.yaml").write_text(plan, encoding="utf-8")
            where = ("--agreement", "agreement", "--key", f"{home}/registrar.key", "--out", f"{home}.directory")
            assert run("directory", "new", f"{home}.yaml", *where).status == 0
    return folder
