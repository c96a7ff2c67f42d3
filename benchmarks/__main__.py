"""`make bench`: nodes beside a bare gRPC echo, and the simulator beside SimPy and beside signatures alone, as ratios.

    make bench [ARGS="--only line --rounds 5 --messages 2000 --in-flight 64 --json FILE"]
    make bench [ARGS="--only simulation --rounds 5 --exchanges 300 --rows 24"]

Absolute figures drift with the machine; the ratios inside one run are the result. Limits (Ed25519, one durable commit)
are measured in the same run, so that a slow disk or processor shows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grpc import aio
from rich.console import Console
from rich.table import Table

from benchmarks import echo, line, simulation, tracks
from hotline.journal import SqliteJournal
from hotline.keys import SoftSigner
from hotline.protocol.signing import Algorithm, PublicKey


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of one side: messages a second, and milliseconds to the answer at the median and the 99th percentile."""

    rate: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Side:
    """All turns of one side at one load."""

    name: str
    in_flight: int
    rounds: list[Round]

    def median(self, what: str) -> float:
        """Median over the rounds of `rate`, `p50_ms` or `p99_ms`."""
        return float(statistics.median(getattr(entry, what) for entry in self.rounds))


@dataclass(frozen=True, slots=True)
class Limits:
    """What this machine can do at most: operations a second on one core."""

    ed25519_sign: float
    ed25519_verify: float
    durable_commit: float


async def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=2000, help="messages a round at full load")
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--only", choices=["line", "simulation"], help="one of the two parts")
    parser.add_argument("--exchanges", type=int, default=300, help="simulated exchanges a round")
    parser.add_argument("--rows", type=int, default=24, help="rows of the campaign in one and two processes")
    asked = parser.parse_args()
    figures: dict[str, Any] = {}
    if asked.only != "simulation":
        figures |= await measure_line(asked.rounds, asked.messages, asked.in_flight)
    if asked.only != "line":
        figures["simulation"] = simulation.run(asked.rounds, asked.exchanges, asked.rows)
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n")


async def measure_line(rounds: int, messages: int, in_flight: int) -> dict[str, Any]:
    """Nodes beside an echo: measured, printed, and as plain values."""
    with tempfile.TemporaryDirectory() as folder:
        limits = measure_limits(Path(folder))
        sides = await measure_sides(Path(folder), rounds, messages, in_flight)
    show(sides, limits)
    print(tracks.compare())
    return {"limits": asdict(limits), "sides": [asdict(side) for side in sides]}


async def measure_sides(folder: Path, rounds: int, messages: int, in_flight: int) -> list[Side]:
    """Echo and line in turns, under load and with one in flight."""
    loads = [(in_flight, messages), (1, max(50, messages // 10))]
    sides = {(name, load): Side(name, load, []) for load, _ in loads for name in ("bare gRPC unary echo", "hotline")}
    server, address = start_echo()
    try:
        async with (
            aio.insecure_channel(address) as channel,
            line.open_line(folder) as (driver, site),
        ):
            signed = line.sign_messages(site, (rounds + 1) * sum(count for _, count in loads), driver.clock.now())
            supply = iter(signed)
            for turn in range(rounds + 1):  # The first is a warm-up.
                for load, count in loads:
                    batch = [next(supply) for _ in range(count)]
                    raw = [envelope.SerializeToString() for envelope in batch]
                    bare = summary(count, *await echo.measure(channel, raw, load))
                    ours = summary(count, *await line.measure(driver, batch, load))
                    if turn:
                        sides["bare gRPC unary echo", load].rounds.append(bare)
                        sides["hotline", load].rounds.append(ours)
    finally:
        server.communicate("")
    return list(sides.values())


def start_echo() -> tuple[subprocess.Popen[str], str]:
    """The echo server in a process of its own, and its address."""
    command = [sys.executable, "-m", "benchmarks.echo"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return server, f"127.0.0.1:{server.stdout.readline().strip()}"


def summary(count: int, seconds: float, took: list[float]) -> Round:
    """Figures of one turn."""
    ordered = sorted(took)
    return Round(count / seconds, 1000 * ordered[len(ordered) // 2], 1000 * ordered[len(ordered) * 99 // 100])


def measure_limits(folder: Path) -> Limits:
    """Single operations in a loop."""
    signer, message = SoftSigner.generate(), bytes(700)
    key = PublicKey(Algorithm.ED25519, signer.public_key)
    signature = signer.sign(message)
    journal = SqliteJournal.open(folder / "limits.db", "bench", line.HERE)
    limits = Limits(
        per_second(lambda: signer.sign(message), 2000),
        per_second(lambda: key.verify(signature, message), 2000),
        per_second(lambda: journal.append([message]), 500),
    )
    journal.close()
    return limits


def per_second(operation: Callable[[], object], count: int) -> float:
    """How often an operation runs in a second."""
    started = time.perf_counter()
    for _ in range(count):
        operation()
    return count / (time.perf_counter() - started)


def show(sides: list[Side], limits: Limits) -> None:
    """Print the tables."""
    console = Console()
    table = Table("side", "in flight", "msg/s", "p50 ms", "p99 ms", "rate / echo", "p50 / echo")
    echoes = {side.in_flight: side for side in sides if side.name != "hotline"}
    for side in sides:
        bare = echoes[side.in_flight]
        rates = [entry.rate for entry in side.rounds]
        table.add_row(
            side.name,
            str(side.in_flight),
            f"{side.median('rate'):,.0f} [{min(rates):,.0f} to {max(rates):,.0f}]",
            f"{side.median('p50_ms'):.2f}",
            f"{side.median('p99_ms'):.2f}",
            f"{side.median('rate') / bare.median('rate'):.2f}",
            f"{side.median('p50_ms') / bare.median('p50_ms'):.2f}",
        )
    console.print(table)
    console.print(
        f"limits, one core: Ed25519 sign {limits.ed25519_sign:,.0f}/s, verify {limits.ed25519_verify:,.0f}/s, "
        f"durable commit {limits.durable_commit:,.0f}/s"
    )


if __name__ == "__main__":
    asyncio.run(main())
