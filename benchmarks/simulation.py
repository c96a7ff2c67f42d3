"""The simulator's exchange beside SimPy's empty model, beside its own ceiling, and two processes beside one.

    make bench ARGS="--only simulation --rounds 5 --exchanges 300 --json FILE"

All sides run in turns in one process; what is told are ratios inside a round, their medians and their spread. The
ceiling is what the signatures alone would take: those that the exchanges made and verified, counted, at the cost of one
that was measured in the same round.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import exchange, peer_simpy
from hotline.keys import SoftSigner
from hotline.messages.yamltree import read_tree
from hotline.protocol.signing import Algorithm, PublicKey
from hotline_sim.campaign import make_plan
from hotline_sim.campaign.engines import Local
from hotline_sim.campaign.run import chunks
from hotline_sim.scenario import bundled

SIMPY = "SimPy, the empty model"
OURS = {
    "each": "hotline, every signature verified wherever it arrives",
    "once": "hotline, each distinct signature verified once",
    "none": "hotline, codec, checks and receipts without signatures",
}
CAMPAIGN = "toowoomba-ningbo-2023"
_PEER_FACTOR = 20  # the empty model is so much faster that it needs more exchanges to be timed


@dataclass(frozen=True, slots=True)
class Turn:
    """One round: exchanges a second of each side, and what signing and verifying alone would allow."""

    rates: dict[str, float]
    ceilings: dict[str, float]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio over the rounds: its median, least and most."""

    of: str
    to: str
    median: float
    least: float
    most: float


def measure(rounds: int, exchanges: int) -> list[Turn]:
    """Every side in turns; the first round is a warm-up."""
    counted = {mode: exchange.count_signatures(exchanges, mode) for mode in ("each", "once")}
    turns = []
    for _ in range(rounds + 1):
        sign_s, verify_s = _signature_seconds()
        rates = {SIMPY: _rate(partial(peer_simpy.play, exchanges * _PEER_FACTOR), exchanges * _PEER_FACTOR)}
        for mode, name in OURS.items():
            rates[name] = _rate(partial(exchange.play, exchanges, mode), exchanges)
        ceilings = {
            OURS[mode]: exchanges / (each.signed * sign_s + each.verified * verify_s) for mode, each in counted.items()
        }
        turns.append(Turn(rates, ceilings))
    return turns[1:]


def _rate(play: Callable[[], int], count: int) -> float:
    """Exchanges a second of processor time, all of which were receipted."""
    started = time.process_time()
    receipted = play()
    seconds = time.process_time() - started
    if receipted != count:
        raise AssertionError(f"{receipted} of {count} exchanges were receipted")
    return count / seconds


def _signature_seconds(count: int = 500) -> tuple[float, float]:
    """What signing and verifying one message of ordinary size takes."""
    signer, message = SoftSigner.generate(), bytes(600)
    key, signature = PublicKey(Algorithm.ED25519, signer.public_key), signer.sign(message)
    started = time.process_time()
    for _ in range(count):
        signer.sign(message)
    between = time.process_time()
    for _ in range(count):
        key.verify(signature, message)
    return (between - started) / count, (time.process_time() - between) / count


def measure_processes(rounds: int, rows: int) -> list[float]:
    """How many times faster two processes make a campaign's rows than one, round by round; start-up included."""
    file, found = bundled()[CAMPAIGN], []
    plan = make_plan(read_tree(file.read_bytes()).data, file.name, runs=rows)
    for _ in range(rounds):
        seconds = {}
        for jobs in (1, 2):
            started = time.perf_counter()
            made = sum(len(chunk) for chunk in Local(jobs).play(plan, chunks(list(plan.keys()), jobs)))
            seconds[jobs] = time.perf_counter() - started
            if made != rows:
                raise AssertionError(f"{made} of {rows} rows were made")
        found.append(seconds[1] / seconds[2])
    return found


def ratios(turns: Sequence[Turn], processes: Sequence[float]) -> list[Ratio]:
    """What is told: each side beside SimPy, those with signatures beside their ceiling, two processes beside one."""
    found = [_ratio(name, SIMPY, [turn.rates[name] / turn.rates[SIMPY] for turn in turns]) for name in OURS.values()]
    found += [
        _ratio(name, "signatures alone", [turn.rates[name] / turn.ceilings[name] for turn in turns])
        for name in turns[0].ceilings
    ]
    if processes:
        found.append(_ratio("a campaign in two processes", "in one", processes))
    return found


def _ratio(of: str, to: str, values: Sequence[float]) -> Ratio:
    return Ratio(of, to, statistics.median(values), min(values), max(values))


def show(turns: Sequence[Turn], told: Sequence[Ratio]) -> None:
    """Print the tables."""
    console, rates = Console(), Table("exchanges a second of one core", "median", "least to most")
    for name in turns[0].rates:
        values = [turn.rates[name] for turn in turns]
        rates.add_row(name, f"{statistics.median(values):,.0f}", f"{min(values):,.0f} to {max(values):,.0f}")
    for name in turns[0].ceilings:
        values = [turn.ceilings[name] for turn in turns]
        spread = f"{min(values):,.0f} to {max(values):,.0f}"
        rates.add_row(f"ceiling: {name}, signatures alone", f"{statistics.median(values):,.0f}", spread)
    table = Table("this", "beside", "ratio", "least to most")
    for each in told:
        table.add_row(each.of, each.to, f"{each.median:.3f}", f"{each.least:.3f} to {each.most:.3f}")
    console.print(rates)
    console.print(table)


def as_json(turns: Sequence[Turn], told: Sequence[Ratio]) -> dict[str, Any]:
    """Figures with the versions they are of."""
    return {
        "simpy": version("simpy"),
        "cryptography": version("cryptography"),
        "turns": [asdict(turn) for turn in turns],
        "ratios": [asdict(each) for each in told],
    }


def run(rounds: int, exchanges: int, rows: int) -> dict[str, Any]:
    """Measure, print, and give the figures."""
    turns = measure(rounds, exchanges)
    processes = measure_processes(rounds, rows) if rows else []
    told = ratios(turns, processes)
    show(turns, told)
    return as_json(turns, told)
