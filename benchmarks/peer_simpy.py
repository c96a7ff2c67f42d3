"""The peer: the same exchange as an empty model in SimPy. Nothing is encoded, checked, signed or kept.

Send, loss, delay, receipt, loss, delay; what brings no receipt within the time allowed is sent again.
"""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import simpy

from benchmarks.exchange import DELAY_MS, EVERY_MS, LOSS

_AGAIN_MS, _TRIES = 1000, 20


def play(count: int, seed: int = 1) -> int:
    """So many exchanges; returns how many were receipted."""
    world, chance, done = simpy.Environment(), random.Random(seed), list[int]()
    world.process(_sender(world, chance, count, done))
    world.run()
    return len(done)


def _sender(world: Any, chance: random.Random, count: int, done: list[int]) -> Generator[Any, Any, None]:
    for number in range(count):
        world.process(_exchange(world, chance, number, done))
        yield world.timeout(EVERY_MS)


def _exchange(world: Any, chance: random.Random, number: int, done: list[int]) -> Generator[Any, Any, None]:
    receipted = world.event()
    for _ in range(_TRIES):
        world.process(_carry(world, chance, receipted))
        yield receipted | world.timeout(_AGAIN_MS)
        if receipted.triggered:
            done.append(number)
            return


def _carry(world: Any, chance: random.Random, receipted: Any) -> Generator[Any, Any, None]:
    """There, and the receipt back."""
    for _ in range(2):
        if chance.random() < LOSS:
            return
        yield world.timeout(chance.randint(*DELAY_MS))
    if not receipted.triggered:
        receipted.succeed()
