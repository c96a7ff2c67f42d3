"""Ed25519 keys in a token, through PKCS #11: the private half never leaves it.

What a token answers is verified before it is used, so that a token at fault cannot put a bad signature into the world.
A token that does not answer within `ANSWER_S` is given up: whoever signs is told so, and nothing has been said yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread
from typing import Protocol, TypeVar

from hotline.keys.errors import KeysError
from hotline.keys.passphrase import Ask, passphrase_in_file
from hotline.keys.place import TokenAddress
from hotline.protocol.errors import PeerDataError
from hotline.protocol.signing import Algorithm, PublicKey

ANSWER_S = 5.0
OPEN_S = 15.0
# No pre-authentication encoding begins so: it cannot be taken for anything that was said.
_TRIAL = b"hotline: does this token sign?"

T = TypeVar("T")


class Pair(Protocol):
    """A key pair in an open session."""

    @property
    def public_key(self) -> bytes:
        """Raw, 32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """Raw signature; raises KeysError."""


class TokenSigner:
    """A `hotline.protocol.signing.Signer` over a key pair in a token."""

    algorithm = Algorithm.ED25519

    def __init__(self, pair: Pair, where: str, answer_s: float = ANSWER_S) -> None:
        """Take a key pair after a trial signature.

        Args:
            pair: the key pair in an open session.
            where: for people, the address of the key.
            answer_s: how long the token may take to sign, in seconds.

        Raises:
            KeysError: KEY_TOKEN; KEY_FORMAT if the public key is none that the strict profile admits.
        """
        self._pair, self._where, self._answer_s = pair, where, answer_s
        try:
            self._key = PublicKey(self.algorithm, pair.public_key)
        except PeerDataError as error:
            raise KeysError("KEY_FORMAT", f"{where}: no Ed25519 key: {error.detail}") from error
        self.sign(_TRIAL)

    @property
    def public_key(self) -> bytes:
        """32 bytes, as in key records."""
        return self._key.public_key

    @property
    def fingerprint(self) -> bytes:
        """32 bytes that name the key in envelopes."""
        return self._key.fingerprint

    def sign(self, message: bytes) -> bytes:
        """Raw signature, 64 bytes.

        Raises:
            KeysError: KEY_TOKEN if the token is gone, does not answer in time, or answers wrongly.
        """
        signature = _within(self._answer_s, lambda: self._pair.sign(message), self._where)
        if not self._key.verify(signature, message):
            raise KeysError("KEY_TOKEN", f"{self._where} gave a signature that does not verify")
        return signature

    def __repr__(self) -> str:
        return f"TokenSigner({self.fingerprint.hex()[:12]})"


def open_token(address: TokenAddress, ask: Ask) -> TokenSigner:
    """The signer at an address.

    Args:
        address: where the key is.
        ask: gives the PIN, unless the address names its file.

    Raises:
        KeysError: KEY_TOKEN, KEY_PASSPHRASE for a wrong PIN, KEY_FORMAT, PART_MISSING.
    """
    with _part():
        from hotline.keys.cryptoki import find
    pin = _pin(address, ask)
    return TokenSigner(_within(OPEN_S, lambda: find(address, pin), str(address)), str(address))


def make_in_token(address: TokenAddress, ask: Ask) -> TokenSigner:
    """A fresh key pair, made in the token, never to leave it.

    Raises:
        KeysError: KEY_EXISTS, and as `open_token`.
    """
    with _part():
        from hotline.keys.cryptoki import generate
    pin = _pin(address, ask)
    return TokenSigner(_within(OPEN_S, lambda: generate(address, pin), str(address)), str(address))


@contextmanager
def _part() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise KeysError("PART_MISSING", f"tokens need {error.name}: pip install 'hotline-protocol[tokens]'") from error


def _pin(address: TokenAddress, ask: Ask) -> str:
    pin = passphrase_in_file(address.pin_file) if address.pin_file else ask(f"the PIN of {address}")
    return pin.decode("utf-8", errors="replace")


def _within(seconds: float, work: Callable[[], T], where: str) -> T:
    """What a call gives, if it comes back in time; a call that hangs keeps its thread and nothing else."""
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=run, name="token", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError as error:
        raise KeysError("KEY_TOKEN", f"{where} did not answer within {seconds:g} s") from error
