"""The driver between a real core and a journal that counts, delays or fails."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest
from tests.conftest import Figure
from tests.kit import A, B, Net, flash, key, notice

from hotline import v1
from hotline.agreements.build import key_of
from hotline.agreements.following import next_directory
from hotline.journal import JournalStorageError, MemoryJournal
from hotline.keys import KeysError, SoftSigner
from hotline.node import driver
from hotline.node.driver import BATCH_MAX, Driver
from hotline.node.lanes import HERE
from hotline.protocol.effects import Alert, Changed, Fetch, Send
from hotline.protocol.endpoint import Submission
from hotline.protocol.errors import PeerDataError, TransportError, UsageError
from hotline.protocol.instant import NS_PER_MS, Instant
from hotline.protocol.papers import Adopted
from hotline.protocol.statements import Draft, sign_statement

SOME = 20


@dataclass
class StillClock:
    """Shows the same instant until it is told another; a deadline is never far in real time."""

    instant: Instant

    def now(self) -> Instant:
        return self.instant

    def seconds_until(self, mono_ns: int) -> float:
        return 0.001 if mono_ns > self.instant.mono_ns else 0.0


@dataclass
class Bench:
    """A driver for post A, whose peer B sits in memory, and everything it did in order."""

    net: Net = field(default_factory=Net)
    done: list[str] = field(default_factory=list)
    sent: list[Send] = field(default_factory=list)
    batches: list[list[bytes]] = field(default_factory=list)
    fail: bool = False

    def __post_init__(self) -> None:
        self.clock = StillClock(self.net.now)
        self.driver = Driver(self.net[A], self, self.clock)
        self.driver.listen(self._told)
        self._held, self.heard = MemoryJournal(), asyncio.Event()

    def keep(self) -> None:
        """A journal that nobody else can take."""

    def append(self, records: Sequence[bytes]) -> None:
        if self.fail:
            raise JournalStorageError("JOURNAL_IO", "the disk is full")
        if records:
            self._held.append(records)
            self.batches.append(list(records))
            self.done.append("journal")

    def records(self) -> Iterator[bytes]:
        return self._held.records()

    def close(self) -> None:
        self._held.close()

    def send(self, effect: Send) -> None:
        self.sent.append(effect)
        self.done.append("send")

    def _told(self, effects: Sequence[Changed | Alert], now: Instant) -> None:
        self.done.append("tell")
        self.heard.set()

    def fetch(self, effect: Fetch) -> None:
        raise AssertionError(effect)

    def rewire(self) -> None:
        self.done.append("rewire")

    def run(self) -> asyncio.Task[None]:
        return asyncio.create_task(self.driver.run(self))

    def envelope(self, number: int) -> v1.Envelope:
        body = notice(f"divers {number}")
        return self.net.sign(A, Draft(body=body, action=[B], precedence=v1.PRECEDENCE_ROUTINE))


async def test_what_waits_together_is_one_commit_and_one_frame_in_that_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "TURN_S", 60.0)
    bench = Bench()
    waiting = [asyncio.create_task(bench.driver.submit(bench.envelope(n))) for n in range(SOME)]
    await asyncio.sleep(0)
    running = bench.run()
    submissions = await asyncio.gather(*waiting)
    bench.driver.stop()
    await running
    assert [s.sequence for s in submissions] == list(range(1, SOME + 1))
    assert len(bench.batches) == 1
    assert bench.done == ["journal", "send", "tell"]
    assert len(v1.Frame.FromString(bench.sent[0].frame).statements) == SOME


@pytest.mark.threat(
    "DoS by an authenticated peer", defence="LIM", measure="statements of a flood, none waits for more than a batch"
)
async def test_a_flood_is_cut_into_batches_so_that_nothing_waits_long(
    figure: Figure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "TURN_S", 60.0)
    bench = Bench()
    waiting = [asyncio.create_task(bench.driver.submit(bench.envelope(n))) for n in range(BATCH_MAX + 3)]
    await asyncio.sleep(0)
    running = bench.run()
    await asyncio.gather(*waiting)
    bench.driver.stop()
    await running
    sizes = [len(v1.Frame.FromString(sent.frame).statements) for sent in bench.sent]
    assert sizes == [BATCH_MAX, 3]
    figure(sum(sizes))


async def test_a_turn_ends_with_a_dear_input_and_the_rest_comes_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "TURN_S", 0.0)
    bench = Bench()
    waiting = [asyncio.create_task(bench.driver.submit(bench.envelope(n))) for n in range(3)]
    urgent = asyncio.create_task(bench.driver.submit(bench.envelope(9), replace(HERE, flash=True)))
    await asyncio.sleep(0)
    running = bench.run()
    assert (await urgent).sequence == 1
    assert [s.sequence for s in await asyncio.gather(*waiting)] == [2, 3, 4]
    bench.driver.stop()
    await running
    assert len(bench.batches) == 4


async def test_a_refused_input_is_answered_alone() -> None:
    bench = Bench()
    running = bench.run()
    unsigned = bench.envelope(1)
    unsigned.signatures[0].sig = bytes(64)
    answers = await asyncio.gather(
        bench.driver.submit(unsigned),
        bench.driver.receive(b"\xff", None),
        bench.driver.submit(bench.envelope(2)),
        return_exceptions=True,
    )
    bench.driver.stop()
    await running
    assert isinstance(answers[0], UsageError) and answers[0].code == "SIGNATURE_INVALID"
    assert isinstance(answers[1], PeerDataError)
    assert not isinstance(answers[2], BaseException) and answers[2].state == "SEALED"


async def test_a_caller_who_goes_away_stops_nothing() -> None:
    bench = Bench()
    impatient = asyncio.create_task(bench.driver.submit(bench.envelope(1)))
    await asyncio.sleep(0)
    impatient.cancel()
    running = bench.run()
    assert (await bench.driver.submit(bench.envelope(2))).sequence == 2
    bench.driver.stop()
    await running
    assert impatient.cancelled()


async def test_deadlines_are_kept_without_any_input() -> None:
    bench = Bench()
    running = bench.run()
    sent = await bench.driver.submit(bench.envelope(1))
    bench.heard.clear()
    limit_ns = bench.net.trust.terms(bench.net.now.utc_ns).limits[v1.STAGE_DELIVERED, v1.PRECEDENCE_ROUTINE]
    bench.clock.instant = bench.clock.instant.later(limit_ns + NS_PER_MS)
    async with asyncio.timeout(60):
        await bench.heard.wait()
    bench.driver.stop()
    await running
    assert bench.net.entry(A, sent.digest).verdicts[B, v1.STAGE_DELIVERED][0].outcome == v1.Verdict.OUTCOME_EXPIRED


async def test_on_a_clock_that_stands_still_a_deadline_is_kept_when_the_driver_is_told_to_look_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(StillClock, "seconds_until", lambda clock, mono_ns: 86_400.0)
    bench = Bench()
    running = bench.run()
    sent = await bench.driver.submit(bench.envelope(1))
    assert bench.driver.is_idle
    bench.heard.clear()
    limit_ns = bench.net.trust.terms(bench.net.now.utc_ns).limits[v1.STAGE_DELIVERED, v1.PRECEDENCE_ROUTINE]
    bench.clock.instant = bench.clock.instant.later(limit_ns + NS_PER_MS)
    assert not bench.driver.is_idle
    bench.driver.look_again()
    async with asyncio.timeout(5):
        await bench.heard.wait()
    bench.driver.stop()
    await running
    assert bench.net.entry(A, sent.digest).verdicts[B, v1.STAGE_DELIVERED][0].outcome == v1.Verdict.OUTCOME_EXPIRED


async def test_stopping_finishes_what_waits_and_takes_nothing_more() -> None:
    bench = Bench()
    waiting = [asyncio.create_task(bench.driver.submit(bench.envelope(n))) for n in range(SOME)]
    await asyncio.sleep(0)
    bench.driver.stop()
    await bench.run()
    assert all(submission.state == "SEALED" for submission in await asyncio.gather(*waiting))
    with pytest.raises(TransportError, match="STOPPING"):
        await bench.driver.submit(bench.envelope(99))


@pytest.mark.threat("fsync/IO error", defence="DUR", measure="failing journals: nothing of the batch left")
async def test_a_failing_journal_ends_everything_and_nothing_of_the_batch_leaves() -> None:
    bench = Bench(fail=True)
    waiting = [asyncio.create_task(bench.driver.submit(bench.envelope(n))) for n in range(SOME)]
    await asyncio.sleep(0)
    with pytest.raises(JournalStorageError, match="the disk is full"):
        await bench.run()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(answer) for answer in answers} == {TransportError}
    assert {answer.code for answer in answers if isinstance(answer, TransportError)} == {"NOT_DURABLE"}
    assert bench.done == []
    with pytest.raises(TransportError, match="NOT_DURABLE"):
        await bench.driver.receive(b"", None)


async def test_an_unforeseen_error_ends_everything_too(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()

    def broken(envelope: v1.Envelope, now: Instant) -> None:
        raise KeyError("half done")

    monkeypatch.setattr(bench.net[A], "submit", broken)
    caller = asyncio.create_task(bench.driver.submit(bench.envelope(1)))
    await asyncio.sleep(0)
    with pytest.raises(KeyError):
        await bench.run()
    with pytest.raises(TransportError, match="NOT_DURABLE"):
        await caller
    assert bench.done == []


async def test_a_node_key_that_fails_ends_everything_and_holds_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that is gone shows as a KeysError in the middle of a step: it is no answer to whoever asked."""
    bench = Bench()

    def gone(self: SoftSigner, message: bytes) -> bytes:
        raise KeysError("KEY_TOKEN", "here: did not answer within 5 s")

    statement = bench.envelope(1)
    monkeypatch.setattr(SoftSigner, "sign", gone)
    caller = asyncio.create_task(bench.driver.submit(statement))
    await asyncio.sleep(0)
    with pytest.raises(KeysError, match="KEY_TOKEN"):
        await bench.run()
    with pytest.raises(TransportError, match="NOT_DURABLE"):
        await caller
    assert (bench.done, list(bench.records())) == ([], [])


async def test_what_a_paper_says_of_keys_is_an_answer() -> None:
    """Errors of peers' and operators' bytes stay answers: only the node's own signer raises KeysError in a step."""
    bench = Bench()
    running = bench.run()
    with pytest.raises(PeerDataError):
        await bench.driver.adopt(v1.Envelope(payload_type="application/vnd.hotline.directory.v1+protobuf"))
    await bench.driver.submit(bench.envelope(1))
    bench.driver.stop()
    await running


async def test_positions_and_presenting_reach_the_core() -> None:
    bench = Bench()
    from_b = bench.net.say(B, flash(contact=B))
    running = bench.run()
    with pytest.raises(UsageError, match="POSITION_UNKNOWN"):
        await bench.driver.present(from_b.digest, "bridge")
    await bench.driver.staff("bridge")
    await bench.driver.present(from_b.digest, "bridge")
    assert bench.net.stages(A, from_b.digest, A)["PRESENTED"] == "PRESENTED"
    bench.driver.unstaff("bridge")
    bench.driver.stop()
    await running
    assert bench.net[A].positions == set()


async def test_a_statement_is_judged_by_what_its_own_batch_has_adopted_before_it() -> None:
    bench = Bench()
    eve, registrar = key(201), bench.net.rehearsal.registrars["AUS"]

    def listed(words: v1.Directory) -> None:
        valid = words.posts[0].officers[0].valid
        words.posts[0].officers.add(person="eve", key=key_of(eve), role="watch-officer", valid=valid)
        words.posts[0].endpoint = "elsewhere.invalid:1"

    version_2 = next_directory(bench.net.trust, "AUS", registrar, bench.net.now.utc_ns, listed)
    draft = Draft(body=notice("from eve"), action=[B], precedence=v1.PRECEDENCE_ROUTINE)
    said = sign_statement(bench.net[A].compose(draft, bench.net.now), eve)
    waiting = [
        asyncio.create_task(bench.driver.submit(said)),
        asyncio.create_task(bench.driver.adopt(version_2)),
        asyncio.create_task(bench.driver.submit(said)),
    ]
    await asyncio.sleep(0)
    running = bench.run()
    early, adopted, late = await asyncio.gather(*waiting, return_exceptions=True)
    bench.driver.stop()
    await running
    assert isinstance(early, UsageError) and early.code == "KEY_UNKNOWN"
    assert isinstance(adopted, Adopted) and adopted.state == "ADOPTED"
    assert isinstance(late, Submission) and late.state == "SEALED"
    assert "rewire" in bench.done


@pytest.mark.parametrize("fault", [IndexError("no such key"), KeysError("KEY_IO", "the book cannot be read")])
async def test_a_fault_of_the_gate_refuses_its_frame_and_ends_nothing(fault: Exception) -> None:
    bench = Bench()

    def gate(frame: bytes) -> bytes:
        if frame == b"strange":
            raise fault
        return frame

    bench.driver.gate = gate
    running = bench.run()
    with pytest.raises(PeerDataError, match="MALFORMED: the gate could not read it"):
        await bench.driver.receive(b"strange", None)
    head = bench.net[B].current_frame()
    assert head is not None
    assert await bench.driver.receive(head, None) == B
    bench.driver.stop()
    await running
