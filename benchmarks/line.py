"""Ours: statements signed by an officer, durable on both sides, receipted in the peer's signed Heads, over mutual TLS.

One node runs in this process, where the load comes from; its peer runs in a process of its own. A message counts when
the receipt of the peer is durable here. Officers sign before the clock starts: they are people, and sign at their own
speed.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from benchmarks.messages import notice
from hotline import v1
from hotline.agreements.rehearsal import PostPlan, rehearse
from hotline.agreements.site import Site, berths, lay_out
from hotline.keys import SoftSigner
from hotline.node.config import load_config
from hotline.node.driver import Driver
from hotline.node.load import equip
from hotline.node.run import Node
from hotline.protocol.effects import Alert, Changed
from hotline.protocol.instant import Instant
from hotline.protocol.statements import Draft, compose, sign_statement

HERE, THERE = "AAA:bench", "BBB:bench"
UNLIMITED = {"statements_per_s": 1_000_000, "statements_burst": 1_000_000}
"""What is measured is how fast a node can be, not how much it lets a peer have."""
_LOOKS = 400


@asynccontextmanager
async def open_line(folder: Path) -> AsyncIterator[tuple[Driver, Site]]:
    """Two nodes with a greeted line between them."""
    places = berths([HERE, THERE])
    plans = [PostPlan(post, berth.address, berth.tls.certificate_der) for post, berth in places.items()]
    rehearsal = rehearse(plans, lambda _: SoftSigner.generate(), time.time_ns(), channel="bench")
    site = lay_out(folder, rehearsal, places)
    there = _start(site, folder / "there.log")
    try:
        config = load_config(site.config(HERE, limits=UNLIMITED))
        async with Node(config, equip(config), structlog.get_logger()) as node:
            await _greeted(node.driver)
            yield node.driver, site
    finally:
        there.terminate()
        there.wait()


async def _greeted(driver: Driver) -> None:
    """Back when the line to the peer carries statements."""
    for _ in range(_LOOKS):
        if driver.endpoint.peers[THERE].greeted:
            return
        await asyncio.sleep(0.05)
    raise TimeoutError("the two nodes did not find each other")


def _start(site: Site, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(site.command(THERE, limits=UNLIMITED), stderr=output)


def sign_messages(site: Site, count: int, now: Instant) -> list[v1.Envelope]:
    """So many different activity notices, each signed by an officer."""
    officer = site.rehearsal.officers[HERE]["officer-1"]
    draft = Draft(notice(now, HERE), [THERE], v1.PRECEDENCE_IMMEDIATE)
    return [
        sign_statement(compose(draft, site.rehearsal.trust, HERE, number.to_bytes(16), now), officer)
        for number in range(count)
    ]


async def measure(driver: Driver, messages: Sequence[v1.Envelope], in_flight: int) -> tuple[float, list[float]]:
    """Submit every message with so many not yet receipted: seconds in all, and seconds from handing over to receipt."""
    free, started_at, took = asyncio.Semaphore(in_flight), dict[bytes, float](), list[float]()
    all_receipted = asyncio.Event()
    peer, entries = driver.endpoint.peers[THERE], driver.endpoint.book.entries

    def told(effects: Sequence[Changed | Alert], _now: Instant) -> None:
        moment = time.perf_counter()
        for effect in effects:
            entry = entries.get(effect.digest)
            if entry is not None and entry.place not in peer.outstanding and effect.digest in started_at:
                took.append(moment - started_at.pop(effect.digest))
                free.release()
        if len(took) == len(messages):
            all_receipted.set()

    async def submit(envelope: v1.Envelope) -> None:
        started = time.perf_counter()
        digest = (await driver.submit(envelope)).digest
        started_at[digest] = started

    driver.listen(told)
    started = time.perf_counter()
    tasks = []
    for envelope in messages:
        await free.acquire()
        tasks.append(asyncio.create_task(submit(envelope)))
    await all_receipted.wait()
    seconds = time.perf_counter() - started
    driver.unlisten(told)
    return seconds, took
