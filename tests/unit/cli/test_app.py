"""The application as a whole: help, usage errors, exit status, one JSON object."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.unit.cli.conftest import run

from hotline import SPEC_VERSION
from hotline.cli.commands import app

ROOT = Path(__file__).parents[3]


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its path."""
    for name, found in group.commands.items():
        if hasattr(found, "commands"):
            yield from commands(found, (*path, name))
        else:
            yield (*path, name), found


COMMANDS = dict(commands(typer.main.get_command(app)))
IDS = [" ".join(path) for path in COMMANDS]


def options(command: Any) -> set[str]:
    return {name for param in command.params for name in (*param.opts, *param.secondary_opts)}


def test_the_commands_that_others_rely_on_are_there() -> None:
    wanted = """demo, keys new, keys tls, keys show, agreement new, agreement sign, agreement show, agreement verify,
        directory new, directory show, directory verify, node run, compose, send, inbox, show, ack, observe, status,
        envelope verify, transcript export, transcript verify, transcript compare, vectors run,
        conformance new, conformance run, version, sim list, sim check,
        sim run, sim new, sim msel export, sim msel import, sim mixed"""
    assert {tuple(path.split()) for path in wanted.split(",")} <= COMMANDS.keys()


@pytest.mark.parametrize("path", COMMANDS, ids=IDS)
def test_every_command_explains_itself_with_an_example_and_speaks_json(path: tuple[str, ...]) -> None:
    done = run(*path, "--help")
    assert done.status == 0
    assert "Example:" in done.out
    assert "--json" in options(COMMANDS[path])
    undescribed = [param.name for param in COMMANDS[path].params if not getattr(param, "help", None)]
    assert undescribed == []


@pytest.mark.parametrize("path", COMMANDS, ids=IDS)
def test_examples_use_options_that_there_are(path: tuple[str, ...]) -> None:
    _, _, shown = COMMANDS[path].help.partition("Example:")
    examples = shown.replace("\\\n", " ").strip().splitlines()
    assert examples
    for example in examples:
        words = shlex.split(example.partition(">")[0])
        assert tuple(words[1 : 1 + len(path)]) == path
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used <= options(COMMANDS[path]), example


def test_help_is_shown_where_nothing_is_asked() -> None:
    done = run()
    assert done.status == 0
    assert all(path[0] in done.out for path in COMMANDS)


def test_help_imports_nothing_heavy() -> None:
    heavy = ("grpc", "rich", "protovalidate", "cryptography", "hotline_sim", "apsw", "yaml")
    script = f"import sys; from hotline.cli.commands import app; print([m for m in {heavy!r} if m in sys.modules])"
    env = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'simulator'}"}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_version_is_told() -> None:
    done = run("--version")
    assert done.status == 0
    assert re.match(r"hotline \S", done.out)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["kyes"], "No such command 'kyes'. Did you mean 'keys'?"),
        (["keys", "new"], "Missing argument"),
        (["keys", "new", "anna"], "Missing option '--kind'"),
        (["keys", "new", "anna", "--kind", "drill"], "drill"),
        (["keys", "tls", "AUS:fleet-watch", "--days", "0"], "--days"),
        (["keys", "tls", "AUS:fleet-watch", "--dyas", "3"], "--days"),
        (["inbox"], "--socket"),
        (["sim", "run", "x", "--seed", "many"], "--seed"),
        (["sim", "run", "toowoomba-ningbo-2023", "--speed", "60"], "--speed goes with --live"),
        (["agreement", "new"], "the plan is missing"),
        (["agreement", "new", "plan.yaml"], "--out is missing"),
    ],
)
def test_a_wrong_call_is_told_in_words_and_in_json(words: list[str], said: str) -> None:
    done = run(*words)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("USAGE: ")
    assert said in done.err
    told = run(*words, "--json")
    assert told.status == 2
    assert (told.json["ok"], told.json["code"]) == (False, "USAGE")
    assert said in told.json["detail"]


def test_a_group_alone_is_a_wrong_call() -> None:
    done = run("keys")
    assert (done.status, done.out) == (2, "")
    assert done.err == "USAGE: Missing command.\nTry: hotline keys --help\n"


def test_words_that_are_not_utf8_are_shown_escaped() -> None:
    done = run("compose", "ActivityNotice", "--set", "designation=\udcff", "--json")
    assert done.status == 2
    assert done.json["code"] == "INPUT_BAD_VALUE"
    made = run("directory", "new", "--example", "--endpoint", "\udcff", "--json")
    assert "endpoint: \udcff" in made.json["plan"]
    assert "endpoint: \\udcff" in run("directory", "new", "--example", "--endpoint", "\udcff").out


def test_a_reader_that_goes_is_no_accident() -> None:
    script = "from hotline.cli import main; main()"
    env = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'simulator'}"}
    pipe = subprocess.Popen(
        [sys.executable, "-c", script, "agreement", "new", "--example"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert pipe.stdout is not None
    assert pipe.stderr is not None
    pipe.stdout.close()
    assert pipe.stderr.read() == b""
    pipe.stderr.close()
    assert pipe.wait() == 1


def test_both_versions_are_said() -> None:
    """Of the package and of the specification (REQ-CONF-1)."""
    told = run("version", "--json").json
    assert (told["ok"], told["spec_version"]) == (True, SPEC_VERSION)
    assert f"specification {SPEC_VERSION}" in run("--version").out
