"""A core that is recorded, and its record played back."""

from __future__ import annotations

import errno
import json
import resource
import signal
from pathlib import Path
from typing import Any

import pytest
from tests.kit import A, B, C, Desk, Identifiers, Net, flash, notice
from tests.unit.protocol.lives import from_now

from hotline import v1
from hotline.node.replay import Mismatch, replay
from hotline.node.tape import Tape, TapedEndpoint
from hotline.protocol.errors import PeerDataError, UsageError


def untold(error: OSError) -> None:
    raise AssertionError(error)


def record(net: Net, path: Path) -> Tape:
    """Put post A of a net on a tape, from what its journal holds on."""
    desk = net.desks[A]
    tape = Tape(path, untold)
    identifiers = Identifiers("taped")
    endpoint = TapedEndpoint.begin(tape, A, net.rehearsal.trust, desk.signers, identifiers, desk.journal, net.now)
    net.desks[A] = Desk(endpoint, desk.signers, desk.journal)
    return tape


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]


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
    inputs = {row["input"] for row in rows(tape) if "input" in row}
    assert inputs == {"receive", "submit", "link", "present", "staff", "on_deadline", "adopt", "equip"}
    assert {"start", "restored", "fresh", "jitter", "signature", "raised", "take", "effects", "end"} <= {
        next(iter(row)) for row in rows(tape)
    }


def test_a_replay_goes_on_through_a_revision_a_new_epoch_and_what_others_served(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    net = Net(A, B, C, connected=False)
    first = record(net, path)
    net.connect()
    net.say(A, notice("epoch 1"), asks="READ")
    net.adopt(A, net.revise(from_now(net, 30)))
    net.adopt(A, net.rotate(A))
    net.say(A, notice("epoch 2"), asks="READ")
    net.disconnect(A, B)
    heard = net.say(B, notice("round about", contact=B), A, C)
    net.go(60)
    assert heard.digest in net[A].book.entries
    net.adopt(A, net.rotate(A))
    first.close()
    second = record(net, path)
    net.connect()
    net.say(A, notice("epoch 3"))
    second.close()
    assert (net[A].logs[A].position().epoch, net[A].trust.terms(net.now.utc_ns).agreement.revision) == (3, 2)
    assert {row["with"]["server"] for row in rows(path) if row.get("input") == "receive"} == {None, C}
    assert [len(row["start"]["signers"]) for row in rows(path) if "start" in row] == [1, 3]
    assert replay(path) is None


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


@pytest.mark.threat("resource exhaustion", defence="LIM", measure="tapes on a full disk, whose cores went on")
def test_a_full_disk_ends_the_tape_and_nothing_else() -> None:
    net, failures = Net(connected=False), list[OSError]()
    desk, tape = net.desks[A], Tape(Path("/dev/full"), failures.append)
    endpoint = TapedEndpoint.begin(
        tape, A, net.rehearsal.trust, desk.signers, Identifiers("taped"), desk.journal, net.now
    )
    net.desks[A] = Desk(endpoint, desk.signers, desk.journal)
    net.connect()
    sent = net.say(A, notice())
    assert net.stages(A, sent.digest, B)
    tape.close()
    assert [failure.errno for failure in failures] == [errno.ENOSPC]


def test_a_tape_that_ended_early_is_played_as_far_as_it_goes(tmp_path: Path) -> None:
    """The last write was cut short, as by a disk that has just become full."""
    path, failures = tmp_path / "tape.jsonl", list[OSError]()
    net = Net(connected=False)
    desk, tape = net.desks[A], Tape(path, failures.append)
    endpoint = TapedEndpoint.begin(
        tape, A, net.rehearsal.trust, desk.signers, Identifiers("taped"), desk.journal, net.now
    )
    net.desks[A] = Desk(endpoint, desk.signers, desk.journal)
    net.connect()
    net.say(A, notice())
    size = path.stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, before[1]))
    try:
        net.say(A, notice("cut"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    net.say(A, notice("not on the tape"))
    tape.close()
    assert (len(failures), path.stat().st_size) == (1, size + 100)
    record(net, path).close()
    assert replay(path) is None
    assert len([row for row in path.read_text().splitlines() if row.startswith('{"start"')]) == 2


def test_a_tape_that_cannot_be_opened_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="CONFIG_INVALID: tape: "):
        Tape(tmp_path / "nowhere" / "tape.jsonl", untold)
