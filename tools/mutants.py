"""Small changes put into the modules that matter most: how many of them the tests notice.

    python -m tools.mutants                  every module in the table, an hour or more
    python -m tools.mutants ladder waits     these
    python -m tools.mutants ladder --show    with the difference of each survivor

mutmut changes a copy of the tree, one change at a time, inside functions; the tables at module level are held by the
tests of the specification's tables. Each module is held against the tests named for it, which take seconds: a survivor
may still be killed by others. Exit status: 0 if every module reaches the target.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = 0.85
_COPIED = ("src", "simulator", "tests", "tools", "specs", "proto", "examples", "pyproject.toml", "README.md")
_PROTOCOL, _UNIT = "src/hotline/protocol", "tests/unit/protocol"
_KEYS = "src/hotline/keys"
_KILLED, _SURVIVED, _UNTESTED = (1, 3), 0, (5, 33)


def _core(*names: str) -> list[str]:
    return [f"{_UNIT}/test_{name}.py" for name in names]


def _keys(*names: str) -> list[str]:
    return [f"tests/unit/keys/test_{name}.py" for name in names]


# Module by its path, and the tests that are to notice.
MODULES: dict[str, tuple[str, list[str]]] = {
    "ladder": (f"{_PROTOCOL}/ladder.py", _core("ladder", "acknowledgement_cases", "book")),
    "log": (f"{_PROTOCOL}/log.py", _core("log", "history", "outbox")),
    "waits": (f"{_PROTOCOL}/waits.py", _core("waits", "verdicts", "further")),
    "verdicts": (f"{_PROTOCOL}/verdicts.py", _core("verdicts", "waits", "endpoint")),
    "timers": (f"{_PROTOCOL}/timers.py", _core("timers", "waits", "endpoint")),
    "acknowledgements": (f"{_PROTOCOL}/acknowledgements.py", _core("acknowledgements", "acknowledgement_cases")),
    "line": (f"{_PROTOCOL}/line.py", _core("line", "endpoint_words")),
    "trust": (f"{_PROTOCOL}/trust.py", _core("trust", "directories", "epochs", "agreements")),
    "signing": (f"{_PROTOCOL}/signing.py", _core("signing", "hybrid", "envelope", "verified_once")),
    "envelope": (f"{_PROTOCOL}/envelope.py", _core("envelope", "verified_once")),
    "pae": (f"{_PROTOCOL}/pae.py", _core("pae", "envelope")),
    "signers": (f"{_PROTOCOL}/signers.py", _core("signers")),
    "epochs": (f"{_PROTOCOL}/epochs.py", _core("epochs", "directories", "disavowal", "rotation")),
    "history": (f"{_PROTOCOL}/history.py", _core("history", "log", "intake_forks", "equivocation")),
    "greeting": (f"{_PROTOCOL}/greeting.py", _core("greeting", "endpoint", "endpoint_strain", "disavowal")),
    "sealing": (f"{_PROTOCOL}/sealing.py", _core("sealing", "rotation", "endpoint_strain")),
    "silence": (f"{_PROTOCOL}/silence.py", _core("silence", "asking", "endpoint_silence")),
    "key files": (f"{_KEYS}/files.py", _keys("files", "label")),
    "key disk": (f"{_KEYS}/disk.py", _keys("disk", "files")),
    "key label": (f"{_KEYS}/label.py", _keys("label")),
    "key place": (f"{_KEYS}/place.py", _keys("place")),
    "known keys": (f"{_KEYS}/known.py", _keys("known")),
    "passphrase": (f"{_KEYS}/passphrase.py", _keys("passphrase")),
    "pkcs8": (f"{_KEYS}/pkcs8.py", _keys("pkcs8")),
    "published": (f"{_KEYS}/published.py", _keys("published")),
    "signer": (f"{_KEYS}/signer.py", _keys("signer")),
    "tls": (f"{_KEYS}/tls.py", _keys("tls")),
    "token": (f"{_KEYS}/token.py", _keys("token")),
    "batches": ("src/hotline/journal/batches.py", ["tests/unit/journal/test_batches.py"]),
}


@dataclass(frozen=True, slots=True)
class Score:
    """What became of the changes of one module."""

    module: str
    ends: Counter[str]
    survivors: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of all changes, those that were noticed; one that hangs is noticed."""
        noticed = self.ends["killed"] + self.ends["timeout"]
        return noticed / max(1, self.ends.total())


def mutate(module: str, folder: Path, show: bool) -> Score:
    """Change one module in a copy of the tree, in every way, one after the other.

    Raises:
        RuntimeError: the tests named for it do not pass unchanged.
    """
    path, tests = MODULES[module]
    for source in (ROOT / name for name in _COPIED):
        if source.is_dir():
            shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(
            "\n[tool.mutmut]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in _settings(path, tests))
        )
    done = _mutmut(folder, "run", "--max-children", "1")
    found = {name: code for meta in folder.glob("mutants/**/*.meta") for name, code in _ends(meta).items()}
    if not found or None in found.values():
        raise RuntimeError(f"{module}: {done[-3000:]}")
    survivors = [name for name, code in found.items() if _word(code) in ("survived", "untested")]
    if show:
        survivors = [_mutmut(folder, "show", name) for name in survivors]
    return Score(module, Counter(map(_word, found.values())), survivors)


def _settings(path: str, tests: list[str]) -> list[tuple[str, object]]:
    return [
        ("source_paths", ["src"]),
        ("only_mutate", [path]),
        ("also_copy", [name for name in _COPIED if name not in ("src", "tests", "pyproject.toml")]),
        ("pytest_add_cli_args_test_selection", tests),
        ("pytest_add_cli_args", ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]),
        ("use_git_change_detection", False),
    ]


def _ends(meta: Path) -> dict[str, int | None]:
    codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    assert isinstance(codes, dict)
    return codes


def _word(code: int | None) -> str:
    if code in _KILLED:
        return "killed"
    if code == _SURVIVED:
        return "survived"
    return "untested" if code in _UNTESTED else "timeout"


def _mutmut(folder: Path, *words: str) -> str:
    # Where the copy's modules are is the copy's pyproject.toml's affair.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        env=env,
    )
    return done.stdout + done.stderr


def main(arguments: list[str]) -> int:
    """Exit status: 0 if every module asked for reaches the target."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.mutants", description="How many small changes the tests notice."
    )
    parser.add_argument("modules", nargs="*", metavar="module", help=f"of {', '.join(MODULES)}")
    parser.add_argument("--show", action="store_true", help="the difference of each survivor")
    asked = parser.parse_args(arguments)
    below = 0
    for module in asked.modules or MODULES:
        with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
            score = mutate(module, Path(folder), asked.show)
        below += score.share < TARGET
        ends = ", ".join(f"{word} {number}" for word, number in sorted(score.ends.items()))
        print(f"{module:<18} {score.share:6.1%} of {score.ends.total()}: {ends}", flush=True)
        for survivor in score.survivors:
            print(f"  {survivor}", flush=True)
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
