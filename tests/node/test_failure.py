"""A node whose journal fails, and one whose peer withholds what its links promise."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import structlog
from tests.kit import A, B, notice
from tests.node.line import PATIENCE_S, delivered, make_line, until

from hotline import v1
from hotline.node.config import load_config
from hotline.node.guard import Guard
from hotline.node.lines import Lines
from hotline.node.load import equip
from hotline.node.run import Node
from hotline.protocol.effects import Send
from hotline.protocol.errors import HotlineError, TransportError, UsageError

# A node whose journal refuses to store the word "poison".
POISONED = """
import sys
from pathlib import Path
from hotline.journal import JournalStorageError, SqliteJournal
from hotline.node.run import run_node

store = SqliteJournal.append

def append(journal, records):
    if any(b"poison" in record for record in records):
        raise JournalStorageError("JOURNAL_IO", "append: disk full")
    store(journal, records)

SqliteJournal.append = append
sys.exit(run_node(Path(sys.argv[1])))
"""


@pytest.mark.threat("fsync/IO error", defence="DUR", measure="real nodes whose journal failed, stopped and said so")
async def test_a_failing_journal_stops_the_node_and_what_was_answered_is_there(folder: Path) -> None:
    line = make_line(folder, A, B)
    with line.start(B), line.start(A, code=POISONED) as poisoned:
        async with await line.connect(A) as node:
            await until(node.describe, lambda line: line.peers[0].state == "OPEN")
            good = await node.submit(line.say(A, notice("first")))
            spoilt = [node.submit(line.say(A, notice(f"{word} {n}"))) for n in range(3) for word in ("poison", "water")]
            answers = await asyncio.gather(*spoilt, return_exceptions=True)
            assert {a.code for a in answers if isinstance(a, TransportError)} <= {"NOT_DURABLE", "NODE_UNREACHABLE"}
            assert sum(isinstance(a, TransportError) for a in answers) >= 3
        assert poisoned.running.wait(PATIENCE_S) == 1
        kept = {good.digest} | {a.digest for a in answers if not isinstance(a, BaseException)}
        with line.start(A) as healthy:
            async with await line.connect(A) as node:
                messages = await until(node.list, lambda messages: delivered(messages, B) == len(messages))
                assert {message.digest for message in messages} == kept
            assert healthy.stop() == 0


@pytest.mark.threat("deletion / loss", defence="SEQ", measure="real lines that lose bodies, fetched")
async def test_bodies_that_do_not_come_are_fetched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A's node runs here and sends Frames without their statements; B's, in its own process, has to ask for them."""
    send = Lines.send

    def send_without_statements(lines: Lines, effect: Send) -> None:
        frame = v1.Frame.FromString(effect.frame)
        frame.ClearField("statements")
        send(lines, Send(effect.peer, frame.SerializeToString()))

    monkeypatch.setattr(Lines, "send", send_without_statements)
    own = folder / "fetched"
    own.mkdir()
    line = make_line(own, A, B, speed=60)
    config = load_config(line.site.config(A))
    with line.start(B) as other:
        async with Node(config, equip(config), structlog.get_logger()) as node, await line.connect(B) as receiver:
            sent = [await node.driver.submit(line.say(A, notice(f"withheld {n}"))) for n in range(3)]
            held = await until(receiver.list, lambda messages: len(messages) == 3)
            assert {message.digest for message in held} == {submission.digest for submission in sent}
            async with await line.connect(A) as sender:
                await until(sender.list, lambda messages: delivered(messages, B) == 3)
        assert other.stop() == 0


async def test_a_node_that_cannot_start_says_why_and_leaves_nothing_behind(folder: Path) -> None:
    own = folder / "refused"
    own.mkdir()
    line = make_line(own, A, B)
    with line.start(A) as first:
        await (await line.connect(A)).close()
        for changes, status in (
            ({"journal": "other.db", "operator_socket": "other.sock"}, "CONFIG_INVALID: listen: "),
            ({"operator_socket": "other.sock"}, "JOURNAL_IN_USE"),
            ({"journal": "second.db"}, "CONFIG_INVALID: operator_socket: another node"),
            ({"journal": "third.db", "operator_socket": "nowhere/a.sock"}, "CONFIG_INVALID: operator_socket: "),
            ({"listen": "nonsense"}, "CONFIG_INVALID: .*listen: "),
        ):
            with line.start(A, **changes) as second:
                assert second.running.wait(PATIENCE_S) == 2
                (said,) = second.log.read_text().splitlines()
                with pytest.raises(HotlineError, match=status):
                    raise UsageError(*said.split(": ", 1))
            assert not (own / "other.sock").exists()
        async with await line.connect(A) as node:
            assert (await node.describe()).post == A
        assert first.stop() == 0


async def test_whatever_looks_after_a_node_ends_it_when_it_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch over the disk that has stopped without a word would leave the floor of the disk unguarded."""

    async def stops(guard: Guard) -> None:
        raise RuntimeError("nobody looks any more")

    monkeypatch.setattr(Guard, "look_after_disk", stops)
    own = folder / "unguarded"
    own.mkdir()
    config = load_config(make_line(own, A, B).site.config(A))
    async with asyncio.timeout(PATIENCE_S), Node(config, equip(config), structlog.get_logger()) as node:
        with pytest.raises(RuntimeError, match="nobody looks any more"):
            await node.ended()


@pytest.mark.threat("resource exhaustion", defence="LIM", measure="real nodes whose tape's disk is full, which went on")
async def test_a_full_disk_under_the_tape_is_told_and_the_line_goes_on(folder: Path) -> None:
    own = folder / "taped"
    own.mkdir()
    line = make_line(own, A, B)
    with line.start(A, tape="/dev/full") as taped:
        async with await line.connect(A) as node:
            sent = await node.submit(line.say(A, notice("goes on")))
            assert (await node.show(sent.digest)).digest == sent.digest
        assert taped.stop() == 0
    told = [event for event in taped.events() if event["event"] == "tape_ended"]
    assert [event["code"] for event in told] == ["FILE_UNWRITABLE"]
    assert "No space left on device" in told[0]["error"]
