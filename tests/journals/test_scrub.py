"""`hotline journal scrub`, and the scrub that every start is."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from tests.conftest import Figure
from tests.kit import A, B, notice
from tests.node.line import TestLine, make_line, until
from tests.unit.cli.conftest import run

from hotline.agreements.site import file_name
from hotline.journal import SqliteJournal


def filled(folder: Path) -> tuple[TestLine, Path]:
    """A line, and a journal of A with 60 batches that no node has to understand."""
    line = make_line(folder, A, B)
    path = folder / f"{file_name(A)}.db"
    journal = SqliteJournal.open(path, line.trust.agreement.channel, A)
    for number in range(60):
        journal.append([b"%d" % number, bytes(500 + 40 * number)])
    journal.close()
    return line, path


def test_a_sound_journal_is_read_to_its_end(tmp_path: Path) -> None:
    line, _ = filled(tmp_path)
    done = run("journal", "scrub", "--config", line.site.config(A), "--json")
    assert done.status == 0
    assert (done.json["post"], done.json["records"], done.json["read_by"]) == (A, 120, "this command")


@pytest.mark.threat("bit rot", defence="LOG", measure="pages damaged one by one, each found by a scrub")
def test_damage_in_any_page_is_found(tmp_path: Path, figure: Figure) -> None:
    line, path = filled(tmp_path)
    config = line.site.config(A)
    sound, draw, found = path.read_bytes(), Random(1), 0
    for page in range(0, len(sound), 4096):
        damaged = bytearray(sound)
        # Inside the page: headers of pages and bytes that nothing uses are the other suite's.
        for position in range(page + 64, page + 4096, 97):
            damaged[position] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        done = run("journal", "scrub", "--config", config, "--json")
        if done.json["ok"]:
            # Only bytes that nothing uses: every digest still fits.
            assert done.json["records"] == 120
            continue
        assert done.json["code"] in ("JOURNAL_CORRUPT", "JOURNAL_NOT_OURS", "JOURNAL_WRONG_OWNER")
        found += 1
    path.write_bytes(sound)
    assert run("journal", "scrub", "--config", config).status == 0
    assert found >= len(sound) // 4096 - 3
    figure(found)


async def test_a_running_node_is_asked(folder: Path) -> None:
    line = make_line(folder, A, B)
    with line.start(A) as node:
        async with await line.connect(A) as client:
            await client.submit(line.say(A, notice("one")))
        done = await asyncio.to_thread(line_scrub, line)
        assert (done["ok"], done["read_by"]) == (True, "the running node")
        assert node.stop() == 0


def line_scrub(line: TestLine) -> dict[str, object]:
    """In a process of its own: gRPC wants one event loop in each."""
    command = [sys.executable, "-m", "hotline.cli", "journal", "scrub", "--json", "--config", str(line.site.config(A))]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert isinstance(told, dict), done
    return told


@pytest.mark.threat("bit rot", defence="DUR LOG", measure="running nodes that found damage under them, and stopped")
async def test_a_running_node_finds_damage_under_it_by_itself(folder: Path) -> None:
    (own := folder / "rot").mkdir()
    line, journal = make_line(own, A, B), own / f"{file_name(A)}.db"
    with line.start(A, scrub_every_h=0.0005) as node:
        async with await line.connect(A) as client:
            await client.submit(line.say(A, notice("as it was written")))

        async def scrubbed() -> list[str]:
            return [str(event["event"]) for event in node.events()]

        await until(scrubbed, lambda events: "scrubbed" in events)
        assert damage(journal, b"as it was written") > 0
        assert await asyncio.to_thread(node.running.wait, 30) == 1
        assert "JOURNAL_CORRUPT" in node.log.read_text(encoding="utf-8")


def damage(journal: Path, words: bytes) -> int:
    """Turn a bit of these words over wherever they lie; at how many places."""
    found = 0
    for path in journal.parent.glob(f"{journal.name}*"):
        content = path.read_bytes()
        with path.open("r+b") as file:
            place = content.find(words)
            while place >= 0:
                file.seek(place)
                file.write(bytes([words[0] ^ 1]))
                found, place = found + 1, content.find(words, place + 1)
    return found
