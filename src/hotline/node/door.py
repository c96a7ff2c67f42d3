"""The door: takes TCP connections in, and leads to gRPC those that begin a handshake of TLS.

Nothing is believed here. TLS is between the peer and gRPC, and what comes over a connection says nothing about its
right to anything; the door bounds how many there are of each sort, and for how long:

    silent      has not said hello yet: costs a socket
    shaking     has said hello, and gRPC shakes hands with it: ends unless it calls soon
    recognised  a call has come over it, so TLS has admitted a certificate: counted under that

What is above a bound costs one of its own sort, from where the most come (`Room`), or the oldest of its certificate's.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import socket
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from structlog.typing import FilteringBoundLogger

from hotline.node.config import SOCKET_PATH_BYTES
from hotline.node.limits import Bucket
from hotline.node.pipe import Pipe, joined
from hotline.node.waiting import HELLO_BYTES_MAX, Room, is_whole_hello, origin_of
from hotline.protocol.errors import UsageError

SILENT_MAX = 256
SHAKING_MAX = 64
CONNECTIONS_PER_CERTIFICATE_MAX = 8
SILENT_S = 5.0
UNRECOGNISED_S = 10.0
"""Seconds from a connection's beginning until a call must have come over it."""

HANDSHAKES_PER_S = 200.0
HANDSHAKES_BURST = 64
"""Handshakes that gRPC is given: each takes about a millisecond of processor, which is the core's too."""

_NAME_BYTES = 16
_ACCEPTED_AT_ONCE = 32
_BACKLOG = 512
_REST_S = 0.1
_LOOK_S = 0.005
_SWEEP_S = 0.5
_LEAVING_S = 1.0
_TOLD_EVERY_S = 60.0


@dataclass(eq=False, slots=True)
class _Guest:
    """One connection. `name` is that of its way to gRPC, empty before it has one."""

    socket: socket.socket
    address: str
    origin: str
    since_s: float
    hello: bytearray = field(default_factory=bytearray)
    name: str = ""
    led_to: Path | None = None
    shown: bytes = b""
    pipe: Pipe | None = None
    leading: asyncio.Task[None] | None = None
    gone: bool = False


class Door:
    """Everything that comes to the listening address.

    Attributes:
        folder: for the sockets that gRPC listens on; nobody else may open it. It is there from `listen` on.
    """

    def __init__(self, log: FilteringBoundLogger) -> None:
        self.folder = Path()
        self._log = log
        self._listening: list[socket.socket] = []
        self._silent, self._shaking = Room[_Guest](SILENT_MAX), Room[_Guest](SHAKING_MAX)
        self._recognised: defaultdict[bytes, dict[_Guest, None]] = defaultdict(dict)
        self._led: dict[str, _Guest] = {}
        self._open, self._way = asyncio.Event(), Path()
        self._hellos: dict[_Guest, None] = {}
        self._somebody_came, self._somebody_left = asyncio.Event(), asyncio.Event()
        self._leading: asyncio.Task[None] | None = None
        self._named = self._turned_away = 0
        self._told_s = float("-inf")
        self._sweeping: asyncio.TimerHandle | None = None

    # -- what the server says ----------------------------------------------------------------------------------------

    def listen(self, address: str) -> None:
        """Take connections in at host:port. Nobody is led on before `lead_to`.

        Raises:
            UsageError: CONFIG_INVALID if the address cannot be had.
        """
        try:
            self.folder = Path(tempfile.mkdtemp(prefix="hotline-door-"))
            if len(os.fsencode(self.folder)) > SOCKET_PATH_BYTES - _NAME_BYTES:
                raise OSError(f"{self.folder}: TMPDIR is too long for the path of a socket")
            self._listening += _listeners(address)
        except OSError as error:
            raise UsageError("CONFIG_INVALID", f"listen: {address} cannot be had: {error}") from error
        for listener in self._listening:
            asyncio.get_running_loop().add_reader(listener, self._accept, listener)
        self._leading = asyncio.create_task(self._lead_all())
        self._sweep()

    def hold(self) -> None:
        """Lead nobody on until it is said where to."""
        self._open.clear()

    def lead_to(self, way: Path) -> None:
        """From now on lead to the gRPC server that listens here."""
        self._way = way
        self._open.set()

    async def left(self, way: Path) -> None:
        """Back when no connection leads there any more."""
        while any(guest.led_to == way for guest in self._led.values()):
            self._somebody_left.clear()
            await self._somebody_left.wait()

    def recognise(self, peer: str, shown: bytes) -> None:
        """A call has come over a connection, by the name gRPC has for it, under a certificate that TLS has admitted."""
        guest = self._led.get(_name(peer))
        if guest is None or guest.shown:
            return
        guest.shown = shown
        self._shaking.leave(guest)
        others = self._recognised[shown]
        others[guest] = None
        if len(others) > CONNECTIONS_PER_CERTIFICATE_MAX:
            self._turn_away(next(iter(others)))

    def address_of(self, peer: str) -> str:
        """Where a connection comes from, by the name gRPC has for it."""
        guest = self._led.get(_name(peer))
        return guest.address if guest is not None else peer

    def shut(self) -> None:
        """Take nobody in any more, and let out who is not recognised."""
        for listener in self._listening:
            asyncio.get_running_loop().remove_reader(listener)
            listener.close()
        self._listening.clear()
        for guest in (*self._silent, *self._shaking):
            self._let_out(guest)

    async def close(self) -> None:
        """Let what gRPC said last reach the peers, for a moment, and end what is left."""
        self.shut()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LEAVING_S):
                while self._led:
                    self._somebody_left.clear()
                    await self._somebody_left.wait()
        for guest in list(self._led.values()):
            self._let_out(guest)
        if self._leading is not None:
            self._leading.cancel()
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self.folder != Path():
            shutil.rmtree(self.folder, ignore_errors=True)

    # -- who comes ---------------------------------------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        """Take in who waits in the system's queue, some at a time, so that others have their turn between."""
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                taken, where = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._rest(listener, error)
                return
            taken.setblocking(False)
            guest = _Guest(taken, f"{where[0]}:{where[1]}", origin_of(where[0]), time.monotonic())
            asyncio.get_running_loop().add_reader(taken, self._hear, guest)
            self._make_room(self._silent.enter(guest, guest.origin))

    def _rest(self, listener: socket.socket, error: OSError) -> None:
        """The process or the machine has no socket left: let one go and look again in a moment."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(listener)
        self._make_room(next(iter(self._silent), None))
        self._tell(str(error))

        def go_on() -> None:
            if listener in self._listening:
                loop.add_reader(listener, self._accept, listener)

        loop.call_later(_REST_S, go_on)

    def _hear(self, guest: _Guest) -> None:
        """Something was said, or the connection is closed."""
        try:
            said = guest.socket.recv(HELLO_BYTES_MAX - len(guest.hello))
            guest.hello += said
            whole = is_whole_hello(guest.hello)
        except (BlockingIOError, InterruptedError):
            return
        except (OSError, ValueError):
            self._turn_away(guest)
            return
        if not said:
            self._let_out(guest)
        elif whole:
            asyncio.get_running_loop().remove_reader(guest.socket)
            self._silent.leave(guest)
            self._hellos[guest] = None
            self._somebody_came.set()
            self._make_room(self._shaking.enter(guest, guest.origin))

    async def _lead_all(self) -> None:
        """Lead on whoever has said hello and is still there, in the order in which they came and no faster than gRPC is
        to shake hands."""
        pace = Bucket(HANDSHAKES_PER_S, HANDSHAKES_BURST, time.monotonic)
        while True:
            if not self._hellos:
                self._somebody_came.clear()
                await self._somebody_came.wait()
            elif not self._open.is_set():
                await self._open.wait()
            elif not pace.take(1):
                await asyncio.sleep(_LOOK_S)
            else:
                guest = next(iter(self._hellos))
                del self._hellos[guest]
                guest.leading = asyncio.create_task(self._lead(guest))

    async def _lead(self, guest: _Guest) -> None:
        """Join a connection with one of its own to gRPC, under a name by which its calls will be known."""
        try:
            self._named += 1
            guest.name, guest.led_to = str(self._named), self._way
            self._led[guest.name] = guest
            # The loop does so itself only for sockets that were asked for with a protocol.
            guest.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            far = _connected(self.folder / guest.name, self._way)
            guest.pipe = await joined(guest.socket, far, bytes(guest.hello), lambda: self._let_out(guest))
            guest.hello.clear()
        except OSError as error:
            self._turn_away(guest)
            self._tell(str(error))

    # -- who goes ----------------------------------------------------------------------------------------------------

    def _make_room(self, guest: _Guest | None) -> None:
        if guest is not None:
            self._turn_away(guest)

    def _turn_away(self, guest: _Guest) -> None:
        """End a connection at once, whatever waits to leave on it."""
        self._turned_away += 1
        self._let_out(guest)
        if guest.pipe is not None:
            guest.pipe.abort()

    def _let_out(self, guest: _Guest) -> None:
        """End a connection and forget it, however far it came."""
        if guest.gone:
            return
        guest.gone = True
        self._silent.leave(guest)
        self._shaking.leave(guest)
        self._hellos.pop(guest, None)
        self._led.pop(guest.name, None)
        self._somebody_left.set()
        if guest.shown:
            self._recognised[guest.shown].pop(guest, None)
            if not self._recognised[guest.shown]:
                del self._recognised[guest.shown]
        if guest.pipe is not None:
            guest.pipe.close()
        elif guest.leading is not None:
            guest.leading.cancel()
            guest.leading.add_done_callback(lambda _: guest.socket.close())
        else:
            asyncio.get_running_loop().remove_reader(guest.socket)
            guest.socket.close()

    def _sweep(self) -> None:
        """Let out whose time is up, again and again."""
        now_s = time.monotonic()
        for room, most_s in ((self._silent, SILENT_S), (self._shaking, UNRECOGNISED_S)):
            for guest in room:
                if now_s - guest.since_s > most_s:
                    self._turn_away(guest)
        if self._turned_away:
            self._tell("more came than are let in, or they did not say who they are")
        self._sweeping = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)

    def _tell(self, why: str) -> None:
        """Say in the log that somebody was turned away, once in a while."""
        now_s = time.monotonic()
        if now_s - self._told_s >= _TOLD_EVERY_S:
            self._log.warning("turned_away", connections=self._turned_away, detail=why)
            self._told_s, self._turned_away = now_s, 0


def _listeners(address: str) -> list[socket.socket]:
    """One for every address that a host name stands for and this machine has."""
    host, _, port = address.rpartition(":")
    found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    made, missing = list[socket.socket](), OSError("no address")
    for family, place in dict.fromkeys((family, place) for family, _, _, _, place in found):
        try:
            made.append(_listener(family, place))
        except OSError as error:
            missing = error
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                break
    else:
        if made:
            return made
    for listener in made:
        listener.close()
    raise missing


def _listener(family: socket.AddressFamily, place: tuple[Any, ...]) -> socket.socket:
    """A second node at the same address is a mistake to be told: no port is shared."""
    both = family == socket.AF_INET6 and place[0] == "::" and socket.has_dualstack_ipv6()
    listener = socket.create_server(place, family=family, backlog=_BACKLOG, dualstack_ipv6=both)
    listener.setblocking(False)
    return listener


def _connected(own: Path, way: Path) -> socket.socket:
    """A connection to gRPC from a socket with a name of its own, which gRPC will know it by."""
    far = socket.socket(socket.AF_UNIX)
    try:
        far.setblocking(False)
        far.bind(str(own))
        far.connect(str(way))
    except BaseException:
        far.close()
        raise
    finally:
        own.unlink(missing_ok=True)
    return far


def _name(peer: str) -> str:
    """The name of a connection in gRPC's words, which are an address."""
    return peer.rpartition("/")[2]
