"""The watch officer's commands against two running nodes: staffing, taking back, going round, adopting, the line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.kit import A, B
from tests.node.commands import ROOT, Desk, sent, values, wait
from tests.node.line import PATIENCE_S, TestLine

from hotline import v1
from hotline.agreements.build import key_of, sign_agreement, window
from hotline.agreements.following import next_agreement, next_directory
from hotline.keys import SoftSigner
from hotline.protocol.instant import NS_PER_S

DAY_NS = 86_400 * NS_PER_S


@contextmanager
def staffed(folder: Path, socket: Path, log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """`hotline staff bridge` in a process of its own, its output in a file."""
    path = os.pathsep.join(str(ROOT / part) for part in ("src", "simulator"))
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "hotline.cli", "staff", "bridge", "--socket", str(socket), *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def reads(log: Path, *words: str) -> str:
    """What a terminal shows, once it shows these words."""
    end = time.monotonic() + PATIENCE_S
    while not all(word in (text := log.read_text(encoding="utf-8")) for word in words):
        assert time.monotonic() < end, text
        time.sleep(0.1)
    return text


def one_peer(desk: Desk) -> dict[str, Any]:
    """How the other side stands."""
    (peer,) = desk("status", "--json").json["peers"]
    assert isinstance(peer, dict)
    return peer


def test_a_position_shows_what_comes_and_says_so(desks: tuple[Desk, Desk], desk_line: TestLine, folder: Path) -> None:
    one, other = desks
    early = sent(one, other, folder)
    log = folder / "bridge.log"
    with staffed(folder, desk_line.site.operator_socket(B), log) as watch:
        reads(log, f"{B} bridge is staffed", early, "SUBJECT: ACTIVITY NOTICE")
        late = sent(one, other, folder)
        reads(log, late)
        told = wait(lambda: one("show", late, "--json"), lambda told: values(told).get("PRESENTED") == "PRESENTED")
        assert values(told)["DELIVERED"] == "RECEIVED"
        assert one_peer(one)["staffed"] is True
        assert one("retract", late, "--reason", "wrong template", "--json").json["precedence"] == "FLASH"
        reads(log, f"[{late}] marked RETRACTED", "wrong template")
        watch.send_signal(signal.SIGTERM)
        assert watch.wait(PATIENCE_S) == 0
    text = reads(log, "Presented")
    assert "Traceback" not in text
    wait(lambda: one("status", "--json"), lambda told: told["peers"][0]["staffed"] is False)


def test_a_position_that_no_receipt_could_name_is_refused(desks: tuple[Desk, Desk], desk_line: TestLine) -> None:
    _, other = desks
    refused = other("staff", "b" * 41, "--json")
    assert (refused.status, refused.json["code"]) == (1, "RULE_BROKEN")


def test_what_was_sent_in_error_is_taken_back_by_one(desks: tuple[Desk, Desk], folder: Path) -> None:
    one, other = desks
    ref = sent(one, other, folder)
    done = one("retract", ref, "--reason", "An exercise template", "--json")
    assert (done.status, done.json["type"], done.json["precedence"], done.json["to"]) == (0, "Retraction", "FLASH", [B])
    told = wait(lambda: other("show", ref, "--json"), lambda told: "RETRACTED" in told["marks"])
    assert told["from_post"] == A
    foreign = other("retract", ref, "--reason", "not mine", "--json")
    assert (foreign.status, foreign.json["code"]) == (2, "NOT_ITS_POST")


def test_what_was_said_by_telephone_is_a_claim_beside_the_ladder(desks: tuple[Desk, Desk], folder: Path) -> None:
    one, other = desks
    ref = sent(one, other, folder)
    words = ("--medium", "telephone", "--stage", "read", "--spoken-with", "duty officer", "--read-back")
    done = one("oob", ref, *words, "--text", "en=She has it.", "--json")
    assert (done.status, done.json["type"], done.json["to"]) == (0, "OutOfBand", [B])
    told = wait(lambda: one("show", ref, "--json"), lambda told: bool(told["addressees"][0]["claims"]))
    (claim,) = told["addressees"][0]["claims"]
    assert (claim["by"], claim["stage"], claim["medium"]) == (A, "READ", "TELEPHONE")
    assert "READ" not in values(told)
    heard = other("oob", ref, "--medium", "vhf", "--stage", "decided", "--json")
    assert (heard.status, heard.json["to"]) == (0, [A])


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("oob", "REF", "--medium", "pigeon", "--stage", "read"), 2, "INPUT_BAD_VALUE"),
        (("oob", "REF", "--medium", "radio", "--stage", "heard"), 2, "INPUT_BAD_VALUE"),
        (("oob", "REF", "--medium", "radio", "--stage", "read", "--said-at", "lately"), 2, "INPUT_BAD_VALUE"),
        (("oob", "REF", "--medium", "radio", "--stage", "read", "--text", "She has it."), 2, "INPUT_BAD_VALUE"),
        (("retract", "REF", "--reason", ""), 1, "RULE_BROKEN"),
        (("retract", "3f9a01c2b4d5", "--reason", "x"), 2, "NOT_HELD"),
        (("send", "RadioSilence", "--to", "all", "--precedence", "priority", "--set", "from=now",
          "--set", "until=now + 999 h"), 1, "RADIO_SILENCE_TOO_LONG"),
    ],
)  # fmt: skip
def test_what_is_not_sent(
    desks: tuple[Desk, Desk], folder: Path, words: tuple[str, ...], status: int, code: str
) -> None:
    one, other = desks
    ref = sent(one, other, folder)
    done = one(*(ref if word == "REF" else word for word in words), "--json")
    assert (done.status, done.json["code"]) == (status, code)


def test_radio_silence_is_declared_to_all_and_shown(desks: tuple[Desk, Desk]) -> None:
    one, other = desks
    declare = ("send", "RadioSilence", "--to", "all", "--precedence", "priority", "--set", "from=now")
    done = other(*declare, "--set", "until=now + 2 h", "--json")
    assert (done.status, done.json["to"]) == (0, [A])
    told = wait(lambda: one("status", "--json"), lambda told: told["peers"][0]["state"] == "RADIO_SILENCE")
    assert told["peers"][0]["silent_until"]
    assert other(*declare, "--json").status == 0
    wait(lambda: one("status", "--json"), lambda told: told["peers"][0]["state"] == "OPEN")


def test_the_watch_is_handed_over_by_two(desks: tuple[Desk, Desk]) -> None:
    one, other = desks
    over = ("send", "WatchHandover", "--to", "all", "--precedence", "routine", "--set", "position=bridge")
    people = ("--set", "outgoing=officer-1", "--set", "incoming=officer-2", "--set", "at=now")
    alone = other(*over, *people, "--json")
    assert (alone.status, alone.json["code"]) == (1, "SIGNATURE_COUNT")
    keys = ("--key", "chn-officer-1.key", "--key")
    others = other(*over, *people, *keys, "chn-officer-3.key", "--json")
    assert (others.status, others.json["code"]) == (1, "HANDOVER_SIGNERS")
    assert other(*over, *people, *keys, "chn-officer-2.key", "--json").status == 0
    told = wait(lambda: one("status", "--json"), lambda told: bool(told["peers"][0]["on_watch"]))
    assert told["peers"][0]["on_watch"] == ["bridge: officer-2"]


def test_a_directory_is_adopted_and_passed_on(desks: tuple[Desk, Desk], desk_line: TestLine, folder: Path) -> None:
    one, other = desks
    now_ns = time.time_ns()

    def eve(words: v1.Directory) -> None:
        valid = window(now_ns - DAY_NS, now_ns + 5 * DAY_NS)
        words.posts[0].officers.add(person="eve", key=key_of(SoftSigner.generate()), role="watch-officer", valid=valid)

    version_2 = next_directory(desk_line.trust, "AUS", desk_line.rehearsal.registrars["AUS"], now_ns, eve)
    (folder / "aus.2").write_bytes(version_2.SerializeToString())
    done = one("adopt", "aus.2", "--json")
    assert done.status == 0
    told = {name: done.json[name] for name in ("what", "party", "version", "state")}
    assert told == {"what": "directory", "party": "AUS", "version": 2, "state": "ADOPTED"}
    assert one("adopt", "aus.2", "--json").json["state"] == "KNOWN"
    wait(lambda: other("status", "--json"), lambda told: told["peers"][0]["directory"] == 2)
    assert one("status", "--json").json["directory"] == 2
    desk_line.trust.take_directory(version_2)


def test_a_closure_behind_the_log_is_held_back(desks: tuple[Desk, Desk], desk_line: TestLine, folder: Path) -> None:
    one, other = desks
    sent(one, other, folder)
    told = one("status", "--json").json

    def close(words: v1.Directory) -> None:
        last = v1.LogPosition(post=A, epoch=1, sequence=told["sequence"] - 1, link_digest=bytes(32))
        words.closures.add(last=last, reason=v1.Closure.REASON_ROTATION, at=words.issued_at)

    late = next_directory(desk_line.trust, "AUS", desk_line.rehearsal.registrars["AUS"], time.time_ns(), close)
    (folder / "late").write_bytes(late.SerializeToString())
    held = one("adopt", "late", "--json")
    assert (held.status, held.json["code"]) == (2, "WOULD_DISAVOW")
    forced = one("adopt", "late", "--disavow", "--json")
    assert (forced.status, forced.json["code"]) == (1, "EPOCH_CHAIN")


def test_a_revision_that_began_before_something_was_said_is_held_back(
    desks: tuple[Desk, Desk], desk_line: TestLine, folder: Path
) -> None:
    one, other = desks
    begins_ns = desk_line.clock.now().utc_ns
    sent(one, other, folder)

    def now(words: v1.Agreement) -> None:
        words.in_force.CopyFrom(window(begins_ns, begins_ns + 60 * DAY_NS))

    payload = next_agreement(desk_line.trust, now)
    roots = {party: [root] for party, root in desk_line.rehearsal.roots.items()}
    (folder / "revision").write_bytes(sign_agreement(payload, roots).SerializeToString())
    held = one("adopt", "revision", "--json")
    assert (held.status, held.json["code"]) == (2, "WOULD_DISAVOW")
    assert one("status", "--json").json["revision"] == 1
