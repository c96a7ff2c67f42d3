"""Two real nodes under a full disk, packet loss, a bad line and jumping clocks: each condition a scene, in one page.

    python -m tests.faults.conditions                          all of them
    python -m tests.faults.conditions full-disk packet-loss    some

It makes namespaces of its own for mounts and networks, so it needs root; nothing outside them changes.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from tests.faults.relay import Relay
from tests.faults.scene import MESSAGES, PROMISE, Outcome, Scene
from tests.kit import A, B
from tests.node.line import Process, TestLine, make_line

from hotline.agreements.rehearsal import PostPlan, rehearse
from hotline.agreements.site import Site, berths, lay_out
from hotline.keys import SoftSigner

_PAGE_BYTES = 4096
# More than what the log, which was grown beforehand, has room for.
_MANY = 1_200
# In the line's time, which runs twenty times as fast, this is most of a watch.
_JUMP_S = 600
_DAY_S = 86_400


async def full_disk(scene: Scene) -> Outcome:
    """The file system that holds the journal fills up while messages flow; then there is room again."""
    ballast = scene.home / "ballast"

    async def fill(process: Process) -> None:
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(_PAGE_BYTES))
            except OSError:
                return

    return await scene.take(again=fill, heal=lambda: ballast.unlink(missing_ok=True), messages=_MANY)


async def full_disk_at_start(scene: Scene) -> Outcome:
    """There is no room from the start: the node does not start, and says why."""
    ballast = scene.home / "ballast"
    ballast.write_bytes(bytes(os.statvfs(scene.home).f_bavail * os.statvfs(scene.home).f_frsize - 3 * _PAGE_BYTES))
    return await scene.take(heal=ballast.unlink)


async def packet_loss(scene: Scene) -> Outcome:
    """A fifth of all packets is lost."""
    for direction in ("INPUT", "OUTPUT"):
        rule = ("-i" if direction == "INPUT" else "-o", "lo", "-p", "tcp")
        lose = ("-m", "statistic", "--mode", "random", "--probability", "0.1", "-j", "DROP")
        _run("iptables", "-A", direction, *rule, *lose)
    return await scene.take(heal=partial(_run, "iptables", "-F"))


def _await_a_call(relays: tuple[Relay, ...], most_s: float = 30.0) -> None:
    """Wait until there is something to cut."""
    end_s = time.monotonic() + most_s
    while not any(relay.is_open for relay in relays) and time.monotonic() < end_s:
        time.sleep(0.02)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


async def bad_line(scene: Scene, to_a: Relay, to_b: Relay) -> Outcome:
    """Everything comes 100 ms late, the connections are cut again and again, and for a while nothing passes."""
    draw = Random(3)
    relays = (to_a, to_b)
    for relay in relays:
        relay.delay_s = 0.1

    async def cut(process: Process) -> None:
        for _ in range(6):
            await asyncio.sleep(draw.uniform(0.05, 0.4))
            await asyncio.to_thread(_await_a_call, relays)
            for relay in relays:
                await asyncio.to_thread(relay.cut)
        to_a.hold(True)
        await asyncio.sleep(2.0)
        to_a.hold(False)

    outcome = await scene.take(again=cut)
    if sum(relay.cuts for relay in relays) < 3:
        outcome.violations.append(f"the line was cut only {[relay.cuts for relay in relays]} times")
    return outcome


async def clock(scene: Scene, offset_s: int) -> Outcome:
    """The wall clock is wrong from the start; the monotonic clock, on which timers run, is not touched."""
    return await scene.take(env=_faked(FAKETIME=f"{offset_s:+d}"))


async def clock_jump(scene: Scene, offset_s: int) -> Outcome:
    """The wall clock jumps while messages flow."""
    says = scene.home / "time"
    says.write_text("+0\n")

    async def jump(process: Process) -> None:
        says.write_text(f"{offset_s:+d}\n")

    return await scene.take(env=_faked(FAKETIME_TIMESTAMP_FILE=str(says), FAKETIME_NO_CACHE="1"), again=jump)


def _faked(**said: str) -> dict[str, str]:
    """An environment in which the wall clock is what is said.

    Under the library, the 5 ms that a thread waits for the interpreter's lock before it asks end at once: threads
    spin, and now and then two of them keep the lock from each other for a minute. FAKETIME_WAIT_MS makes it 5 ms again.
    """
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    return {"LD_PRELOAD": str(library), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_WAIT_MS": "5", **said}


async def monotonic_jump(scene: Scene, offset_s: int) -> Outcome:
    """The monotonic clock starts elsewhere, as after the machine was started anew: only differences may count."""
    return await scene.take(["unshare", "-T", "--monotonic", str(offset_s), "--boottime", str(offset_s)])


Condition = Callable[[Scene], Awaitable[Outcome]]
CONDITIONS: dict[str, Condition] = {
    "full-disk": full_disk,
    "full-disk-at-start": full_disk_at_start,
    "packet-loss": packet_loss,
    "clock-ahead": partial(clock, offset_s=_JUMP_S),
    "clock-behind": partial(clock, offset_s=-_JUMP_S),
    "clock-jumps-ahead": partial(clock_jump, offset_s=_JUMP_S),
    "clock-jumps-back": partial(clock_jump, offset_s=-_JUMP_S),
    "clock-past-all-keys": partial(clock_jump, offset_s=_DAY_S),
    "monotonic-ahead": partial(monotonic_jump, offset_s=100 * _DAY_S),
}


@dataclass(frozen=True, slots=True)
class Expected:
    """How a node must end, with which word to its operator, and whether everything must have passed meanwhile."""

    status: int = 0
    word: str = ""
    passes: bool = True


EXPECTED = {
    "full-disk": Expected(1, "JOURNAL_IO", passes=False),
    "full-disk-at-start": Expected(2, "JOURNAL_IO", passes=False),
    # Keys do not hold then: nothing passes, and the operator reads why, until the clock is put right.
    "clock-past-all-keys": Expected(0, "CERTIFICATE_EXPIRED", passes=False),
}
BAD_LINE = "bad-line"
NAMES = (*CONDITIONS, BAD_LINE)


def relayed(folder: Path, to_a: Relay, to_b: Relay) -> TestLine:
    """A line on which each post is reached only through a relay."""
    places = berths((A, B))
    for post, relay in ((A, to_a), (B, to_b)):
        host, _, port = places[post].address.rpartition(":")
        relay.target = (host, int(port))
    addresses = {A: f"127.0.0.1:{to_a.port}", B: f"127.0.0.1:{to_b.port}"}
    plans = [PostPlan(post, addresses[post], place.tls.certificate_der) for post, place in places.items()]
    rehearsal = rehearse(plans, lambda _: SoftSigner.generate(), time.time_ns(), channel="test-line", speed=20)
    site: Site = lay_out(folder, rehearsal, places)
    return TestLine(site)


async def play(name: str, folder: Path, home: Path) -> Outcome:
    """One condition."""
    if name == BAD_LINE:
        with Relay(("", 0)) as to_a, Relay(("", 0)) as to_b:
            return await bad_line(Scene(relayed(folder, to_a, to_b), home), to_a, to_b)
    expected = EXPECTED.get(name, Expected())
    scene = Scene(make_line(folder, A, B, speed=20), home, patience_s=60.0 if expected.passes else 3.0)
    outcome = await CONDITIONS[name](scene)
    if outcome.status != expected.status or expected.word not in outcome.log:
        outcome.violations.append(f"ended with {outcome.status}, saying {outcome.said!r}; expected {expected}")
    # On a busy machine the other node asks again for what is late: that is receipted too.
    all_passed = len(outcome.answered) == MESSAGES // 2 <= len(outcome.receipted)
    if expected.passes and not all_passed:
        outcome.violations.append("not everything passed")
    return outcome


def inside(name: str) -> int:
    """Play a condition in this process, which is alone in its namespaces; print its line."""
    with tempfile.TemporaryDirectory(prefix="hl-") as named:
        folder = Path(named)
        (home := folder / "home").mkdir()
        _run("ip", "link", "set", "lo", "up")
        if name.startswith("full-disk"):
            _run("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(home))
        try:
            outcome = asyncio.run(play(name, folder, home))
        finally:
            if name.startswith("full-disk"):
                _run("umount", "-l", str(home))
    said = f"; said: {outcome.said}" if outcome.said else ""
    sys.stdout.write(
        f"  {name:<19} answered {len(outcome.answered)}, receipted {len(outcome.receipted)}, exit status "
        f"{outcome.status}, violations {len(outcome.violations)}{said}\n"
    )
    for words in outcome.violations:
        sys.stdout.write(f"  VIOLATION {words}\n")
    return 1 if outcome.violations else 0


def outside(name: str) -> subprocess.CompletedProcess[str]:
    """Play a condition in a process with namespaces of its own."""
    command = ["unshare", "--mount", "--net", sys.executable, "-m", "tests.faults.conditions", "--inside", name]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def main(arguments: list[str]) -> int:
    """Exit status: 0 if every promise held."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.conditions", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="condition", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--inside", choices=NAMES, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.inside:
        return inside(asked.inside)
    sys.stdout.write(PROMISE + "\n")
    failed = 0
    for name in asked.names or NAMES:
        done = outside(name)
        failed += done.returncode != 0
        sys.stdout.write(done.stdout + (done.stderr[-3000:] if done.returncode else ""))
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
