"""The black-box suite against our own node, which passes, and against nodes that break a rule, which fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.node.line import PATIENCE_S

from hotline.conformance.suite import NewKit, make_kit

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("src", "simulator", ".")),
    "GRPC_VERBOSITY": "NONE",
}
RESTART = """
import os, signal, subprocess, sys
pid, *words = sys.argv[1:]
os.kill(int(open(pid).read()), signal.SIGKILL)
started = subprocess.Popen(words, stderr=subprocess.DEVNULL)
open(pid, "w").write(str(started.pid))
"""

# Rules broken together in one node, with the checks that must fail because of each; and checks that pass all the same.
SABOTAGED: dict[str, tuple[dict[str, tuple[str, ...]], tuple[str, ...]]] = {
    "signatures": (
        {
            "takes_a_bad_keyid": ("keyid-flipped", "keyid-of-another"),
            "moves_the_moment_of_receipt": ("receipt-again", "throughout"),
            "skips_versions": ("directory-skipped",),
            "trusts_any_certificate": ("frame-pin",),
        },
        ("received", "frame-signature", "directory-forged"),
    ),
    "answers": (
        {
            "refuses_a_bad_signature": ("signature-flipped", "several"),
            "forgets_receipts": ("receipt-repeated",),
            "fetches_nothing": ("gap-fetched", "relayed"),
            "ignores_links": ("refused-size", "link-swapped"),
            "takes_stale_beats": ("stale-beat",),
        },
        ("received", "refused-role", "gap"),
    ),
    "bytes": (
        {
            "speaks_before_it_is_answered": ("hello", "hello-replayed"),
            "scans_nothing": ("refused-oneof-pair", "refused-unknown-field", "refused-bidi"),
            "sends_what_is_urgent_last": ("precedence-order",),
            "sees_no_fork": ("equivocation",),
        },
        ("received", "refused-rule"),
    ),
    "durability": ({"acknowledges_before_it_is_durable": ("killed",)}, ("received",)),
    "claims": ({"believes_a_claim": ("claimed",)}, ("hello", "hello-replayed")),
}


@contextmanager
def node_under_test(folder: Path, *sabotage: str) -> Iterator[tuple[list[str], dict[str, str]]]:
    """A fresh kit and its node, running: the words that run the suite against it, with everything it may use."""
    kit = folder / "kit"
    made = make_kit(kit, NewKit(speed=30))
    config = str(kit / "node" / "node.yaml")
    start = ["tests.node.sabotage", ",".join(sabotage)] if sabotage else ["hotline.node"]
    words = [sys.executable, "-m", *start, config]
    log, pid = (kit / "node" / "log").open("wb"), kit / "pid"
    running = subprocess.Popen(words, stderr=log, env=ENVIRONMENT)
    pid.write_text(str(running.pid))
    (kit / "restart.py").write_text(RESTART)
    restart = [sys.executable, str(kit / "restart.py"), str(pid), *words]
    try:
        yield (
            [
                *("--target", made.addresses["TARGET:watch"], "--config", str(kit)),
                *("--operator", str(kit / "node" / "operator.sock"), "--restart", " ".join(restart)),
            ],
            dict(made.addresses),
        )
    finally:
        log.close()
        last = int(pid.read_text())
        for process in {running.pid, last}:
            try:
                os.kill(process, 9)
            except ProcessLookupError:
                continue
        running.wait()


def suite(folder: Path, words: list[str], *more: str) -> tuple[int, dict[str, Any]]:
    """Run the suite in a process of its own: exit status, and what it says."""
    socket = Path(words[words.index("--operator") + 1])
    end = time.monotonic() + PATIENCE_S
    while not socket.exists():
        assert time.monotonic() < end, (folder / "kit" / "node" / "log").read_text()
        time.sleep(0.1)
    command = [sys.executable, "-m", "hotline.cli", "conformance", "run", *words, *more, "--json"]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_our_own_node_passes_everything(folder: Path) -> None:
    home = folder / "own"
    home.mkdir()
    with node_under_test(home) as (words, _):
        status, told = suite(home, words, "--junit", str(home / "report.xml"))
    failed = {row["id"]: row["reason"] for row in told["checks"] if row["verdict"] != "pass"}
    assert (failed, status, told["ok"]) == ({}, 0, True)
    verdicts = {row["id"]: row["verdict"] for row in told["requirements"]}
    assert set(verdicts.values()) == {"pass", "not tried"}
    assert verdicts["REQ-HEAD-6"] == "pass"
    suites = {each.get("name"): each for each in ET.parse(home / "report.xml").getroot()}
    assert suites["requirements"].get("tests") == str(len(verdicts))
    assert suites["checks"].get("failures") == "0"


@pytest.mark.parametrize("name", sorted(SABOTAGED))
def test_a_node_that_breaks_a_rule_fails_the_check_that_shows_it(folder: Path, name: str) -> None:
    home = folder / name
    home.mkdir()
    broken, sound = SABOTAGED[name]
    wanted = {check for checks in broken.values() for check in checks}
    chosen = [word for check in (*wanted, *sound) for word in ("--only", check)]
    with node_under_test(home, *broken) as (words, _):
        status, told = suite(home, words, *chosen)
    found = {row["id"]: row for row in told["checks"]}
    assert {check for check, row in found.items() if row["verdict"] == "fail"} == wanted, found
    assert {found[check]["verdict"] for check in sound} == {"pass"}
    assert (status, told["ok"]) == (1, False)
    failed = {row["id"] for row in told["requirements"] if row["verdict"] == "fail"}
    assert failed >= {requirement for check in wanted for requirement in found[check]["requirements"]}


def test_a_node_that_has_talked_before_is_not_fresh(folder: Path) -> None:
    home = folder / "twice"
    home.mkdir()
    with node_under_test(home) as (words, _):
        first, _told = suite(home, words, "--only", "received", "--class", "safety")
        again, told = suite(home, words, "--only", "received")
    assert (first, again, told["code"]) == (0, 2, "NODE_NOT_FRESH")


def test_a_kit_can_list_keys_that_the_node_has_already(folder: Path) -> None:
    home = folder / "keys"
    home.mkdir()
    own = home / "own"
    make_kit(own, NewKit())
    public, certificate = own / "node" / "node.json.pub", own / "node" / "tls.pem"
    made = make_kit(home / "kit", NewKit(node_key=public, certificate=certificate, address="192.0.2.1:7443"))
    listed = made.trust.nodes["TARGET:watch"].key.public_key.hex()
    assert listed == json.loads(public.read_text())["public_key"]
    assert not (home / "kit" / "node" / "tls.key").exists()
    assert yaml.safe_load((home / "kit" / "node" / "node.yaml").read_text())["listen"] == "192.0.2.1:7443"
