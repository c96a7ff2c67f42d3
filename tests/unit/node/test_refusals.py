"""Refusals in the log: the first is told, the others are summed up."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import CapturingLogger
from structlog.typing import FilteringBoundLogger
from tests.conftest import Figure
from tests.kit import A, B
from tests.node.line import until

from hotline.node import refusals as told
from hotline.node.refusals import DETAIL_MAX, KINDS_MAX, TOLD_EVERY_S, Refusals
from hotline.protocol.errors import PeerDataError, TransportError

BUSY = TransportError("BUSY", "too much")


class Log:
    """Refusals on a clock that stands until it is put on, and what the log got of them."""

    def __init__(self) -> None:
        self.at_s = 0.0
        self._logger = CapturingLogger()
        log: FilteringBoundLogger = self._logger
        self.refusals = Refusals(log, lambda: self.at_s)

    @property
    def lines(self) -> list[tuple[object, ...]]:
        """Event, code, peer and how many, of each line."""
        rows = [(call.args[0], call.kwargs) for call in self._logger.calls]
        return [(event, said["code"], said["peer"], said.get("times", 1)) for event, said in rows]

    @property
    def details(self) -> list[str]:
        return [call.kwargs["detail"] for call in self._logger.calls]


@pytest.mark.threat("resource exhaustion", defence="LIM", measure="refusals of one peer in two lines of the log")
def test_a_flood_of_refusals_is_told_once_and_then_summed_up(figure: Figure) -> None:
    log = Log()
    for _ in range(10_000):
        log.refusals.tell("frame_refused", BUSY, A)
    assert log.lines == [("frame_refused", "BUSY", A, 1)]
    log.at_s = TOLD_EVERY_S
    log.refusals.sweep()
    assert log.lines[1:] == [("frame_refused", "BUSY", A, 9_999)]
    figure(10_000)


def test_what_goes_on_is_told_again_without_a_sweep() -> None:
    log = Log()
    for log.at_s in range(0, 3 * int(TOLD_EVERY_S) + 1, 10):
        log.refusals.tell("frame_refused", BUSY, A)
    assert [line[3] for line in log.lines] == [1, 6, 6, 6]


def test_what_came_once_is_forgotten_and_told_at_once_when_it_comes_again() -> None:
    log = Log()
    log.refusals.tell("frame_refused", BUSY, A)
    log.at_s = TOLD_EVERY_S
    log.refusals.sweep()
    log.refusals.tell("frame_refused", BUSY, A)
    assert [line[3] for line in log.lines] == [1, 1]


def test_events_codes_and_peers_are_told_apart() -> None:
    log = Log()
    for _ in range(2):
        log.refusals.tell("frame_refused", BUSY, A)
        log.refusals.tell("frame_refused", BUSY, B)
        log.refusals.tell("stream_ended", BUSY, A)
        log.refusals.tell("frame_refused", PeerDataError("FORK", "two logs"), A)
    assert len(log.lines) == 4
    log.refusals.sweep(all_of_them=True)
    assert [line[3] for line in log.lines[4:]] == [1, 1, 1, 1]


def test_a_peer_gets_neither_long_details_nor_ever_new_lines_into_the_log() -> None:
    log, long = Log(), PeerDataError("PAYLOAD_TYPE", "x" * 4_000_000)
    for number in range(KINDS_MAX + 50):
        log.refusals.tell("frame_refused", long, f"address {number}")
    assert len(log.lines) == KINDS_MAX
    assert {len(detail) for detail in log.details} == {DETAIL_MAX}


async def test_what_was_counted_is_told_though_nothing_more_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "TOLD_EVERY_S", 0.001)
    log = Log()
    log.refusals.tell("frame_refused", BUSY, A)
    log.refusals.tell("frame_refused", BUSY, A)
    log.at_s = 1.0
    looking = asyncio.create_task(log.refusals.look_after())

    async def lines() -> int:
        return len(log.lines)

    await until(lines, lambda count: count == 2)
    looking.cancel()
