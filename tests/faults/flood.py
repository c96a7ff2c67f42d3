"""One real node, three peers and outsiders: two peers do it harm, and the third sends FLASH, timed until its receipt.

    python -m tests.faults.flood [--seconds 10] [NAME ...]

A receipt is timed from the sender's node handing its Frame to gRPC until the signed Head that receipts it is back, on a
connection that stood before; if that is lost, the Frame goes again over another, as a node's does, and the time runs
on. Every harm is done by processes of their own; the times include what they take from the node of the machine's
processors.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
from grpc import aio
from tests.kit import A, B, C, Net, flash, notice
from tests.node.line import TestLine, make_line

from hotline import v1
from hotline.keys import TlsIdentity, dns_name, issue_tls
from hotline.node.client import OperatorClient
from hotline.node.wire import DELIVER
from hotline.protocol.effects import Send
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.identifiers import SeededIdentifiers
from hotline.protocol.intake import FRAME_BYTES_MAX
from hotline.protocol.statements import Draft, compose, sign_statement
from hotline.protocol.transcript import framed

D = "USA:fleet-watch"
PAUSE_S = 0.1
LIMITS = {"flash_per_min": 6_000, "flash_burst": 100}
"""Of the node under test: more FLASH than any agreement foresees, so that each is timed in its own lane."""

FRESH = 80


@dataclass
class Tally:
    """Receipts of one scene: seconds each took, what the others did meanwhile, and what the node took of the machine:
    seconds of processor, and MiB of memory at its peak since it started."""

    name: str
    seconds: list[float] = field(default_factory=list)
    harm: list[str] = field(default_factory=list)
    cpu_s: float = 0.0
    memory_mb: int = 0

    def at(self, share: float) -> float:
        """The time within which this share of the receipts came."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(share * len(self.seconds)))]

    def __str__(self) -> str:
        shares = (("median", self.at(0.5)), ("p99", self.at(0.99)), ("worst", max(self.seconds)))
        times = "  ".join(f"{name} {seconds * 1e3:7.1f} ms" for name, seconds in shares)
        took = f"{self.cpu_s:4.1f} s of CPU  {self.memory_mb:4} MiB"
        return f"{self.name:10} {len(self.seconds):4} FLASH  {times}  {took}  ({'; '.join(self.harm) or 'nobody else'})"


class Scene:
    """The node of B, and what the peers A, C and D need."""

    def __init__(self, folder: Path) -> None:
        self.line: TestLine = make_line(folder, A, B, C, D)
        self._played: Endpoint | None = None

    # -- what is sent ------------------------------------------------------------------------------------------------

    def valid(self, post: str = A, count: int = FRESH) -> list[bytes]:
        """Frames of a post's, each with a statement that B has not seen; after the last, all again."""
        frames: list[bytes] = []
        net = Net(rehearsal=self.line.rehearsal, start=self.line.clock.now())

        def tap(sender: str, receiver: str, frame: bytes) -> bytes:
            if (sender, receiver) == (post, B):
                frames.append(frame)
            return frame

        net.tap = tap
        for number in range(count):
            net.say(post, notice(f"flood {number}"), B, precedence="ROUTINE")
        return frames

    def dear(self) -> list[bytes]:
        """The Frames that cost a node the most: as many statements and signatures as there may be, and links."""
        trust, officers = self.line.trust, self.line.rehearsal.officers
        signers = [signer for people in officers.values() for signer in people.values()][:8]
        draft = Draft(body=notice(), action=[B], precedence=v1.PRECEDENCE_ROUTINE)
        statement = sign_statement(compose(draft, trust, A, bytes(16), self.line.clock.now()), *signers)
        head = v1.Frame.FromString(self.valid(A, 1)[0]).head
        link = v1.Link(statement_digest=bytes(32), sealed_at_ms=1, precedence=v1.PRECEDENCE_ROUTINE, size=1)
        run = v1.LinkRun(post=A, epoch=1, first=1, links=[link] * (FRAME_BYTES_MAX // (link.ByteSize() + 2) - 64))
        frames = [v1.Frame(head=head, statements=[statement] * 1024), v1.Frame(head=head, links=[run])]
        return [frame.SerializeToString() for frame in frames]

    def invalid(self) -> list[bytes]:
        """Frames that are refused whole: no protobuf, a forged Head, a Head of another's, nothing."""
        good = v1.Frame.FromString(self.valid(A, 1)[0])
        forged = v1.Frame.FromString(good.SerializeToString())
        forged.head.signatures[0].sig = bytes(64)
        return [bytes(65_536), forged.SerializeToString(), good.SerializeToString()[:-1], b""]

    def fetched(self) -> list[bytes]:
        """A log of A's, Frame by Frame, and a request for all of it."""
        request = v1.FetchRequest(post=A, epoch=1, first=1, last=FRESH)
        return [*self.valid(), request.SerializeToString()]

    # -- who does harm -----------------------------------------------------------------------------------------------

    def pump(self, mode: str, seconds: float, post: str = "", frames: Sequence[bytes] = ()) -> subprocess.Popen[str]:
        """Let somebody do harm for a while: a peer with these Frames, or a stranger."""
        folder = Path(tempfile.mkdtemp(dir=self.line.folder))
        berth = self.line.site.berths[B]
        stranger = issue_tls(A, datetime.now(UTC) - timedelta(hours=1))
        shown: TlsIdentity = self.line.site.berths[post].tls if post else stranger
        (folder / "key.pem").write_bytes(shown.private_key_pem)
        (folder / "certificate.pem").write_bytes(shown.certificate_pem)
        (folder / "server.pem").write_bytes(berth.tls.certificate_pem)
        (folder / "target").write_text(f"{berth.address}\n{dns_name(B)}\n", encoding="ascii")
        (folder / "frames").write_bytes(b"".join(map(framed, frames)))
        command = [sys.executable, "-m", "tests.faults.pump", str(folder), mode, str(seconds)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    # -- who is timed ------------------------------------------------------------------------------------------------

    def played(self) -> Endpoint:
        """The core of D, the same all the time."""
        if self._played is None:
            now, signer = self.line.clock.now(), self.line.rehearsal.nodes[D]
            self._played = Endpoint(D, self.line.trust, signer, SeededIdentifiers(D.encode()), now)
        return self._played

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[aio.Channel]:
        """A connection of D's that has carried a Frame."""
        shown, berth = self.line.site.berths[D].tls, self.line.site.berths[B]
        trusted = grpc.ssl_channel_credentials(berth.tls.certificate_pem, shown.private_key_pem, shown.certificate_pem)
        options = [("grpc.ssl_target_name_override", dns_name(B)), ("grpc.use_local_subchannel_pool", 1)]
        async with aio.secure_channel(berth.address, trusted, options) as channel:
            self.played().link(B, True, self.line.clock.now())
            await self._deliver(channel)
            yield channel

    async def time_flashes(self, channel: aio.Channel, tally: Tally, seconds: float) -> None:
        """Send FLASH after FLASH, each with its receipt."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            tally.seconds.append(await self._time_one(channel))
            await asyncio.sleep(PAUSE_S)

    async def _time_one(self, channel: aio.Channel) -> float:
        endpoint, now = self.played(), self.line.clock.now()
        draft = Draft(body=flash(contact=D), action=[B], precedence=v1.PRECEDENCE_FLASH)
        officers = list(self.line.rehearsal.officers[D].values())[:2]
        sent = endpoint.submit(sign_statement(endpoint.compose(draft, now), *officers), now)
        began = time.perf_counter()
        while not endpoint.book.entries[sent.digest].facts_of(B):
            await self._deliver(channel)
        return time.perf_counter() - began

    async def _deliver(self, channel: aio.Channel) -> None:
        """Hand over what D wants to say, and take the answers."""
        endpoint = self.played()
        for effect in endpoint.take_effects():
            if isinstance(effect, Send) and effect.peer == B:
                endpoint.receive(await _handed_over(channel, effect.frame), self.line.clock.now())


async def _handed_over(channel: aio.Channel, frame: bytes, most_s: float = 30.0) -> bytes:
    """Hand over a Frame, again if the line was lost on the way: what became of it then is not known (REQ-NET-1)."""
    call: aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(DELIVER)
    end = time.monotonic() + most_s
    while True:
        try:
            return await call(frame, timeout=max(end - time.monotonic(), 1.0), wait_for_ready=True)
        except aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE or time.monotonic() > end:
                raise
        await asyncio.sleep(0.05)


Harm = Callable[[Scene, float], list["subprocess.Popen[str]"]]


def _stalled(scene: Scene, seconds: float) -> subprocess.Popen[str]:
    return scene.pump("stall", seconds, C, scene.valid(C, 3))


HARMS: dict[str, Harm] = {
    "idle": lambda scene, seconds: [],
    "valid": lambda scene, s: [scene.pump("exchange", s, A, scene.valid()), _stalled(scene, s)],
    "dear": lambda scene, s: [scene.pump("deliver", s, A, scene.dear()), _stalled(scene, s)],
    "invalid": lambda scene, s: [scene.pump("exchange", s, A, scene.invalid()), _stalled(scene, s)],
    "fetch": lambda scene, s: [scene.pump("fetch", s, A, scene.fetched()), _stalled(scene, s)],
    "crowd": lambda scene, s: [scene.pump("crowd", s, A, scene.valid())],
    "half-open": lambda scene, s: [scene.pump("half-open", s)],
    "strangers": lambda scene, s: [scene.pump("strangers", s) for _ in range(2)],
}
"""What others do meanwhile, by name."""


async def play(names: Sequence[str], seconds: float, folder: Path) -> list[Tally]:
    """Play scenes against one node, one after the other."""
    scene, tallies = Scene(folder), list[Tally]()
    with scene.line.start(B, limits=LIMITS) as node:
        async with await scene.line.connect(B) as operator:
            for name in names:
                async with scene.connected() as channel:
                    tallies.append(await _play(scene, name, seconds, channel, operator, node.running.pid))
        assert node.stop() == 0, node.events()[-3:]
    return tallies


@contextmanager
def harming(processes: list[subprocess.Popen[str]]) -> Iterator[list[subprocess.Popen[str]]]:
    """Whoever does harm, until they have done or this is left."""
    try:
        yield processes
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.communicate()


async def _play(
    scene: Scene, name: str, seconds: float, channel: aio.Channel, operator: OperatorClient, node: int
) -> Tally:
    before_s = _cpu_s(node)
    before = Counter(dict((await operator.describe()).counters))
    tally = Tally(name)
    with harming(HARMS[name](scene, seconds + 2)) as processes:
        await asyncio.sleep(1.5 if processes else 0)
        await scene.time_flashes(channel, tally, seconds)
        for process in processes:
            told, _ = await asyncio.to_thread(process.communicate, timeout=60)
            tally.harm.append(told.strip())
    tally.cpu_s, tally.memory_mb = _cpu_s(node) - before_s, _memory_mb(node)
    counted = Counter(dict((await operator.describe()).counters)) - before
    tally.harm += [f"{count} {code}" for code, count in sorted(counted.items())]
    return tally


def _cpu_s(process: int) -> float:
    """Seconds of processor that a process has taken."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(process: int) -> int:
    """MiB that a process had resident at its peak."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024


def main(arguments: Sequence[str]) -> None:
    """Play scenes and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("names", nargs="*", choices=[[], *HARMS])
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        for tally in asyncio.run(play(asked.names or list(HARMS), asked.seconds, Path(folder))):
            print(tally)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
