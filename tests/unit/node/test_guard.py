"""What reaches the core at all, at each limit, one above it and far above it (REQ-NET-8)."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Figure
from tests.kit import A, B, C, Net, flash, notice

from hotline import v1
from hotline.journal import DatabaseUrl, MemoryJournal
from hotline.node import guard as guards
from hotline.node.driver import Driver
from hotline.node.guard import ALARM_EVERY_S, MB, Guard, asked_by, passing
from hotline.node.lanes import HERE, Lane
from hotline.node.limits import STATEMENT_BYTES, Limits
from hotline.protocol.effects import Alert, Changed
from hotline.protocol.errors import HotlineError, UsageError
from hotline.protocol.instant import NS_PER_S, Instant
from hotline.protocol.statements import Draft

LIMITS = Limits(statements_per_s=10, statements_burst=20, flash_per_min=6, flash_burst=5, outbox_max=3)


class Bench:
    """A guard at post B over a core in memory, with a disk that has as much space as one says."""

    def __init__(self, limits: Limits = LIMITS, journal: Path | DatabaseUrl = Path("journal.db")) -> None:
        self.net, self.free_mb, self.alerts = Net(A, B, C), 10_000, list[Alert]()
        self.driver = Driver(self.net[B], MemoryJournal(), self)
        self.driver.listen(self._told)
        self.alarmed_twice = asyncio.Event()
        self.guard = Guard(limits, self.driver, journal, lambda folder: self.free_mb * MB)

    def now(self) -> Instant:
        return self.net.now

    def seconds_until(self, mono_ns: int) -> float:
        return 0.0

    def _told(self, effects: Sequence[Changed | Alert], now: Instant) -> None:
        self.alerts += [effect for effect in effects if isinstance(effect, Alert)]
        if len(self.alerts) == 2:
            self.alarmed_twice.set()

    def wait(self, seconds: float) -> None:
        self.net.now = self.net.now.later(round(seconds * NS_PER_S))

    def codes(self, count: int, ask: Callable[[], object]) -> list[str]:
        """What becomes of so many, one after the other: codes, empty for what passes."""
        return [self._code(ask) for _ in range(count)]

    def _code(self, ask: Callable[[], object]) -> str:
        try:
            ask()
        except HotlineError as error:
            return error.code
        return ""

    def statement(self, precedence: v1.Precedence.ValueType = v1.PRECEDENCE_ROUTINE) -> v1.Envelope:
        body = flash() if precedence == v1.PRECEDENCE_FLASH else notice()
        return self.net.sign(A, Draft(body=body, action=[B], precedence=precedence))


def framed(*statements: v1.Envelope) -> bytes:
    return v1.Frame(statements=statements).SerializeToString()


def fresh_flash(bench: Bench) -> bytes:
    return framed(bench.statement(v1.PRECEDENCE_FLASH))


def test_a_frame_counts_as_its_statements_and_by_its_size() -> None:
    bench = Bench()
    one = bench.statement()
    assert asked_by(b"\xff") == guards.Asked(1, False, b"")
    assert asked_by(b"") == guards.Asked(1, False, b"")
    assert asked_by(framed(one, one, one)).cost == 3
    assert asked_by(bytes(100 * STATEMENT_BYTES + 1)).cost == 101
    assert asked_by(framed(bench.statement(v1.PRECEDENCE_FLASH), one)).flash
    assert not asked_by(framed(v1.Envelope(payload=b"\xff"))).flash


def test_a_look_costs_the_same_whatever_the_bytes() -> None:
    many = b"\x12\x00" * 2_000_000
    run = v1.LinkRun(links=[v1.Link(size=1)] * 800_000).SerializeToString()
    links = v1.Frame(links=[v1.LinkRun.FromString(run)]).SerializeToString()
    for data in (many, links, b"\x1a\xff\xff\xff\xff\xff\xff\x0f", b"\x1a\x7f", bytes(4_000_000), b"\xff" * 4_000_000):
        began = time.process_time()
        asked = asked_by(data)
        assert time.process_time() - began < 0.05
        assert asked.flash == b""


@given(st.binary(max_size=200))
def test_any_bytes_can_be_looked_at(data: bytes) -> None:
    assert asked_by(data).cost >= 1


@given(st.lists(st.sampled_from([b"", b"\x08\x02", bytes(300)]), max_size=5), st.binary(max_size=30))
def test_a_look_counts_what_a_parser_counts(payloads: list[bytes], link: bytes) -> None:
    frame = v1.Frame(statements=[v1.Envelope(payload=each) for each in payloads])
    frame.links.add(post=link.hex())
    assert asked_by(frame.SerializeToString()).cost == max(1, len(payloads))


@pytest.mark.threat("DoS by an authenticated peer", defence="LIM", measure="statements above a peer's rate, none taken")
def test_above_its_rate_a_peer_waits_and_nobody_else_does(figure: Figure) -> None:
    bench = Bench()
    frame = framed(bench.statement())
    assert bench.codes(21, lambda: bench.guard.lane(A, frame)) == [""] * 20 + ["BUSY"]
    assert set(bench.codes(2_000, lambda: bench.guard.lane(A, frame))) == {"BUSY"}
    assert bench.guard.lane(C, frame) == Lane(C)
    bench.wait(1.0)
    assert bench.codes(11, lambda: bench.guard.lane(A, frame)) == [""] * 10 + ["BUSY"]
    assert bench.guard.counters["BUSY"] == 2_002
    figure(2_002)


def test_a_flash_has_a_lane_of_its_own_and_above_its_rate_it_is_alarmed_and_taken() -> None:
    bench = Bench()
    ordinary = framed(bench.statement())
    bench.codes(30, lambda: bench.guard.lane(A, ordinary))
    lanes = [bench.guard.lane(A, fresh_flash(bench)) for _ in range(LIMITS.flash_burst)]
    assert lanes == [Lane(A, flash=True)] * LIMITS.flash_burst
    assert bench.alerts == []
    more = [bench.guard.lane(A, fresh_flash(bench)) for _ in range(100)]
    assert set(more) == {Lane(A)}
    assert [(alert.code, alert.post) for alert in bench.alerts] == [("FLASH_RATE", A)]
    bench.wait(ALARM_EVERY_S)
    assert [bench.guard.lane(A, fresh_flash(bench)).flash for _ in range(6)] == [True] * 5 + [False]
    assert len(bench.alerts) == 2


def test_the_same_flash_again_takes_no_place_from_a_new_one() -> None:
    bench = Bench(LIMITS.model_copy(update={"statements_burst": 1_000}))
    same = fresh_flash(bench)
    assert bench.guard.lane(A, same) == Lane(A, flash=True)
    assert {bench.guard.lane(A, same) for _ in range(100)} == {Lane(A)}
    assert bench.guard.lane(A, fresh_flash(bench)) == Lane(A, flash=True)
    for _ in range(100):
        bench.guard.lane(A, fresh_flash(bench))
    bench.wait(3_600)
    assert bench.guard.lane(A, same) == Lane(A, flash=True), "only the newest are remembered"


@pytest.mark.threat("DoS by an authenticated peer", defence="LIM", measure="Fetches above a peer's rate, none served")
def test_who_fetches_again_and_again_is_held_back_and_nobody_else_is(figure: Figure) -> None:
    bench, made = Bench(), list[int]()

    def served(peer: str, request: bytes = b"?") -> str:
        def frames() -> Iterator[bytes]:
            for number in range(4):
                made.append(number)
                yield bytes(4 * STATEMENT_BYTES)

        return bench.codes(1, lambda: list(bench.guard.serving(peer, request, frames)))[0]

    assert [served(A), served(A)] == ["", "BUSY"]
    assert made == [0, 1, 2, 3, 0, 1], "it may overdraw by one Frame, and one more is made in vain"
    assert {served(A) for _ in range(2_000)} == {"BUSY"}
    assert len(made) == 6
    assert bench.guard.lane(A, framed(bench.statement())) == Lane(A)
    assert served(C) == ""
    bench.wait(0.2)
    assert [served(A), served(A)] == ["BUSY", "BUSY"]
    assert bench.guard.counters["BUSY"] == 2_003
    figure(2_003)


def test_a_request_in_vain_costs_as_much_as_a_good_one_and_a_large_one_more() -> None:
    bench = Bench()

    def nothing() -> Iterator[bytes]:
        raise UsageError("NOT_HELD", "not here")

    def ask(size: int) -> list[bytes]:
        return list(bench.guard.serving(A, bytes(size), nothing))

    assert bench.codes(21, lambda: ask(0)) == ["NOT_HELD"] * 20 + ["BUSY"]
    bench.wait(3_600)
    assert bench.codes(2, lambda: ask(20 * STATEMENT_BYTES)) == ["NOT_HELD", "BUSY"]


def test_a_full_outbox_takes_flash_only() -> None:
    bench = Bench()
    bench.net.disconnect(B, C)
    for number in range(LIMITS.outbox_max):
        assert bench.guard.own_lane(bench.statement()) == HERE
        bench.net.say(B, notice(f"divers {number}"), C)
    assert bench.codes(100, lambda: bench.guard.own_lane(bench.statement())) == ["OUTBOX_FULL"] * 100
    assert bench.guard.own_lane(bench.statement(v1.PRECEDENCE_FLASH)).flash
    bench.net.connect(B, C)
    assert bench.guard.own_lane(bench.statement()) == HERE


def test_below_the_floor_of_the_disk_only_flash_is_taken_and_the_watch_is_alarmed_once() -> None:
    bench = Bench()
    ordinary = framed(bench.statement())
    for free_mb, code in ((256, ""), (255, "STORAGE_LOW"), (2, "STORAGE_LOW"), (256, "")):
        bench.free_mb = free_mb
        bench.guard.look_at_disk()
        bench.wait(60)
        assert bench.codes(1, lambda: bench.guard.lane(A, ordinary)) == [code]
        assert bench.codes(1, lambda: bench.guard.own_lane(bench.statement())) == [code]
        assert bench.guard.lane(A, fresh_flash(bench)) == Lane(A, flash=True)
        assert bench.guard.own_lane(bench.statement(v1.PRECEDENCE_FLASH)).flash
    assert [(alert.code, alert.post) for alert in bench.alerts] == [("STORAGE_LOW", B), ("STORAGE_BACK", B)]
    assert bench.guard.counters["STORAGE_LOW"] == 4


def test_below_the_floor_neither_flash_nor_heads_can_fill_the_disk() -> None:
    bench = Bench(LIMITS.model_copy(update={"statements_burst": 1_000}))
    bench.free_mb = 0
    bench.guard.look_at_disk()
    found = bench.codes(100, lambda: bench.guard.lane(A, fresh_flash(bench)))
    assert found == [""] * LIMITS.flash_burst + ["STORAGE_LOW"] * 95
    assert bench.codes(100, lambda: bench.guard.lane(A, framed())).count("") == 1_000 // guards.LOW_COST


@pytest.mark.threat("resource exhaustion", defence="LIM", measure="disks that do not say what they have left, alarmed")
def test_a_disk_that_does_not_say_what_it_has_left_counts_as_nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    ordinary, silent = framed(bench.statement()), OSError(errno.EIO, "Input/output error")

    def says_nothing(folder: Path) -> int:
        raise silent

    monkeypatch.setattr(bench.guard, "_free_bytes", says_nothing)
    for _ in range(2):
        bench.guard.look_at_disk()
    assert bench.codes(1, lambda: bench.guard.lane(A, ordinary)) == ["STORAGE_LOW"]
    assert bench.guard.lane(A, fresh_flash(bench)) == Lane(A, flash=True)
    assert [alert.code for alert in bench.alerts] == ["STORAGE_LOW"]
    assert "Input/output error" in bench.alerts[0].detail
    monkeypatch.undo()
    bench.guard.look_at_disk()
    assert bench.codes(1, lambda: bench.guard.lane(A, ordinary)) == [""]
    assert bench.alerts[1].code == "STORAGE_BACK"


def test_a_journal_in_a_database_has_a_disk_of_its_own() -> None:
    bench = Bench(journal=DatabaseUrl("postgresql://somebody@somewhere/hotline"))
    bench.free_mb = 0
    bench.guard.look_at_disk()
    assert bench.alerts == []


async def test_the_disk_is_looked_at_again_and_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(guards, "DISK_LOOK_S", 0.001)
    bench = Bench()
    real = Guard(Limits(disk_free_min_mb=2**40), bench.driver, tmp_path / "journal.db")
    looking = [asyncio.create_task(each.look_after_disk()) for each in (bench.guard, real)]
    await asyncio.sleep(0.02)
    bench.free_mb = 1
    async with asyncio.timeout(60):
        await bench.alarmed_twice.wait()
    assert [alert.code for alert in bench.alerts] == ["STORAGE_LOW", "STORAGE_LOW"]
    for task in looking:
        task.cancel()


async def test_on_a_stream_what_is_too_much_is_passed_over_slowly() -> None:
    bench = Bench()
    frame = framed(*[bench.statement()] * 20)
    assert await passing(bench.guard, A, frame) == Lane(A)
    began = asyncio.get_running_loop().time()
    assert await passing(bench.guard, A, frame) is None
    assert asyncio.get_running_loop().time() - began >= guards.LOOK_S * 0.9
