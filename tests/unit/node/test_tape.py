"""A core that is recorded, and its record played back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.kit import A, B, Desk, Identifiers, Net, flash, notice

from hotline import v1
from hotline.node.replay import Mismatch, replay
from hotline.node.tape import Tape, TapedEndpoint
from hotline.protocol.errors import PeerDataError, UsageError


def record(net: Net, path: Path) -> Tape:
    """Put post A of a net on a tape, from what its journal holds on."""
    desk = net.desks[A]
    tape = Tape(path)
    signers, identifiers = [desk.signer], Identifiers("taped")
    endpoint = TapedEndpoint.begin(tape, A, net.trust, signers, identifiers, desk.journal, net.now)
    net.desks[A] = Desk(endpoint, [desk.signer], desk.journal)
    return tape


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    """A tape with two runs: talk both ways with refusals, deadlines and a lost line, then more talk after a restart."""
    path = tmp_path / "tape.jsonl"
    net = Net(connected=False)
    first = record(net, path)
    net.connect()
    sent = net.say(A, notice(), asks="DONE")
    net.present(B, sent.digest)
    net.ack(B, sent.digest, v1.Read())
    heard = net.say(B, flash(contact=B))
    net.present(A, heard.digest)
    with pytest.raises(UsageError, match="POSITION_UNKNOWN"):
        net[A].present(heard.digest, "nowhere", net.now)
    with pytest.raises(PeerDataError):
        net[A].receive(b"\xff", net.now, bytes(32))
    with pytest.raises(UsageError):
        net[A].submit(v1.Envelope(), net.now)
    net.go(120)
    net.disconnect()
    net[A].staff("bridge", False, net.now)
    version_2 = net.issue("AUS")
    for paper in (version_2, net.trust.agreement.signed):
        net[A].adopt(paper, net.now)
    net.issue("CHN")
    with pytest.raises(PeerDataError, match="DIRECTORY_CHAIN"):
        net[A].adopt(net.issue("CHN"), net.now)
    net[A].equip(net.draw(), net.now)
    with pytest.raises(UsageError, match="NOT_ITS_POST"):
        net[A].equip(net.rehearsal.nodes[B], net.now)
    first.close()
    path.write_text(path.read_text().removesuffix('{"end": true}\n'))
    second = record(net, path)
    net.connect()
    net.say(A, notice("second run"))
    second.close()
    return path


def test_a_replay_gives_the_same_bytes(tape: Path) -> None:
    assert replay(tape) is None
    rows = [json.loads(line) for line in tape.read_text().splitlines() if line]
    inputs = {row["input"] for row in rows if "input" in row}
    assert inputs == {"receive", "submit", "link", "present", "staff", "on_deadline", "adopt", "equip"}
    assert {"start", "restored", "fresh", "jitter", "signature", "raised", "take", "effects", "end"} <= {
        next(iter(row)) for row in rows
    }


def test_a_run_may_be_cut_off_anywhere(tape: Path) -> None:
    text = tape.read_text()
    second_run = text.index('{"start"', 1)
    for end in range(second_run + 5000, len(text), 997):
        tape.write_text(text[:end])
        assert replay(tape) is None
    first_run = text[: second_run - 40]
    tape.write_text(first_run + "\n" + text[second_run:])
    assert replay(tape) is None


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        ('{"effects"', {"effects": "0" * 64}),
        ('{"signature"', {"signature": "AAAA"}),
        ('{"raised"', {"raised": "SOMETHING_ELSE"}),
        ('{"fresh"', {"fresh": "AAAAAAAAAAAAAAAAAAAAAA=="}),
        ('{"input": "submit"', {"utc_ns": 1_700_000_001_000_000_000}),
    ],
)
def test_the_first_difference_is_named(row: str, changes: dict[str, object], tape: Path) -> None:
    lines = tape.read_text().splitlines()
    number = next(n for n, line in enumerate(lines) if line.startswith(row))
    lines[number] = json.dumps({**json.loads(lines[number]), **changes})
    tape.write_text("\n".join(lines))
    found = replay(tape)
    assert isinstance(found, Mismatch)
    assert number < found.line < number + 20


@pytest.mark.parametrize("left_out", ["input", "raised", "signature"])
def test_a_row_left_out_is_a_difference(left_out: str, tape: Path) -> None:
    lines = tape.read_text().splitlines()
    del lines[next(n for n, line in enumerate(lines) if line.startswith(f'{{"{left_out}"'))]
    tape.write_text("\n".join(lines))
    assert isinstance(replay(tape), Mismatch)


@pytest.mark.parametrize("content", ["", "no json", '{"start": {"post": 1}}', '{"start": {}}\nbroken\n{"take": true}'])
def test_a_file_that_is_no_tape_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text(content)
    with pytest.raises(UsageError, match="TAPE_INVALID"):
        replay(path)
