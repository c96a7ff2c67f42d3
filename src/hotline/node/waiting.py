"""Who waits at the door: so many connections and no more, shared out fairly among the addresses they come from."""

from __future__ import annotations

import ipaddress
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Guest = TypeVar("Guest", bound=Hashable)

_RECORD_HEAD = 5
_HANDSHAKE = 0x16
_RECORD_BYTES_MAX = 16 * 1024
_HELLO_HEAD = 4
_IPV6_NETWORK = 64

HELLO_BYTES_MAX = _RECORD_HEAD + _RECORD_BYTES_MAX


class Room(Generic[Guest]):
    """Places for connections of which nothing is known yet but their address.

    When all are taken, the newest gets a place from the address that holds the most, the oldest of that address. So
    whoever holds many loses one of its own, and one that comes from an address of its own stays.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._origin: dict[Guest, str] = {}
        self._crowds: dict[str, dict[Guest, None]] = {}

    def __iter__(self) -> Iterator[Guest]:
        """In the order in which they came in."""
        return iter(list(self._origin))

    def __len__(self) -> int:
        return len(self._origin)

    def enter(self, guest: Guest, origin: str) -> Guest | None:
        """Take somebody in; who has to leave for it, if anybody, has left the room when this returns."""
        self._origin[guest] = origin
        self._crowds.setdefault(origin, {})[guest] = None
        if len(self._origin) <= self._places:
            return None
        largest = max(self._crowds.values(), key=len)
        oldest = next(iter(largest))
        self.leave(oldest)
        return oldest

    def leave(self, guest: Guest) -> None:
        """Give a place back, if it is held."""
        origin = self._origin.pop(guest, None)
        if origin is None:
            return
        crowd = self._crowds[origin]
        del crowd[guest]
        if not crowd:
            del self._crowds[origin]


def origin_of(host: str) -> str:
    """What counts as one address: an IPv4 address, or the network of 64 bits that an IPv6 host has to itself."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_NETWORK), strict=False))


def is_whole_hello(begun: bytes | bytearray) -> bool:
    """Whether the first record of TLS, in which a client says hello, is there.

    Raises:
        ValueError: these bytes begin no handshake of TLS.
    """
    if begun[:1] not in (b"", bytes((_HANDSHAKE,))) or begun[1:2] not in (b"", b"\x03"):
        raise ValueError("no handshake")
    if len(begun) < _RECORD_HEAD:
        return False
    length = int.from_bytes(begun[3:_RECORD_HEAD], "big")
    if not _HELLO_HEAD <= length <= _RECORD_BYTES_MAX:
        raise ValueError("no record")
    return len(begun) >= _RECORD_HEAD + length
