"""Work done once: signatures verified, and bytes scanned and held against their rules, once per distinct input.

Every post of a world checks the same statements and Heads, and again after each restart. The checks are functions of
their input and of nothing else, so within one world each distinct input is computed by the real code once, and its
verdict is remembered for the others: for a signature the key, the bytes and the signature; for bytes their type. What
is wrong is remembered as wrong. Nothing is remembered from one world to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from hotline.protocol import envelope, statements
from hotline.protocol.errors import PeerDataError
from hotline.protocol.signing import PublicKey

_PLACES: tuple[tuple[Any, str], ...] = (
    (PublicKey, "verify"),
    (envelope, "scan"),
    (envelope, "check_rules"),
    (statements, "check_rules"),
)


class Memo:
    """What one world has computed.

    Attributes:
        computed, remembered: how many checks were computed, and how many answered from memory.
    """

    def __init__(self) -> None:
        self.computed = self.remembered = 0
        self._known: dict[Any, PeerDataError | bool | None] = {}

    def once(self, key: Any, work: Callable[[], bool | None]) -> bool | None:
        """What `work` gives or raises, computed for the first of equal keys only."""
        if key in self._known:
            self.remembered += 1
            known = self._known[key]
        else:
            self.computed += 1
            try:
                known = work()
            except PeerDataError as error:
                known = error
            self._known[key] = known
        if isinstance(known, PeerDataError):
            raise known.with_traceback(None)
        return known


@contextmanager
def remembering(memo: Memo) -> Iterator[None]:
    """The core with its pure checks remembered in `memo`, for as long as the context lasts."""
    originals = [(owner, name, getattr(owner, name)) for owner, name in _PLACES]
    verify, scan, check_rules = originals[0][2], originals[1][2], originals[2][2]

    def verify_once(key: PublicKey, signature: bytes, message: bytes) -> bool:
        known = (key.fingerprint, signature, message)
        return bool(memo.once(known, lambda: verify(key, signature, message)))

    def scan_once(descriptor: Descriptor, data: bytes) -> None:
        memo.once((descriptor.full_name, data), lambda: scan(descriptor, data))

    def check_once(message: Message) -> None:
        known = ("rules", message.DESCRIPTOR.full_name, message.SerializeToString())
        memo.once(known, lambda: check_rules(message))

    for (owner, name, _), once in zip(originals, (verify_once, scan_once, check_once, check_once), strict=True):
        setattr(owner, name, once)
    try:
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)
