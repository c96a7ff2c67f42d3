"""The strict signature profile: one verdict on every signature, whichever library computed it.

Mainstream Ed25519 libraries disagree on hand-made signatures, so that two parties could honestly dispute
whether a word was signed. The profile (spec 02, REQ-SIGN-5) leaves them nothing to disagree on:

1. The public key A and the commitment R are canonical encodings (y < p) and none of the low-order points.
2. A lies on the curve.
3. S < L.
4. The equation is the one without the cofactor, and R is compared as bytes.

These are the verdicts of libsodium's detached verification up to its release 1.0.21. `cryptography` does the
arithmetic; rules 1 to 3 are checks of our own, so that they hold whatever it was linked against. ML-DSA-65
(FIPS 204) has one encoding of everything by its standard; it is used with the empty context, since the payload
type is already signed.

A hybrid key is an Ed25519 key followed by an ML-DSA-65 key, and its signature is a signature of each, in that order,
over the same bytes: one key, one identity, one signature to be counted, valid only if both halves are (REQ-HYBRID-2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey

from hotline.protocol.errors import PeerDataError
from hotline.protocol.pae import sha256

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_L = 2**252 + 27742317777372353535851937790883648493
_Y_MASK = 2**255 - 1
_ORDER_8_Y = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7

_Verdict = Callable[[bytes, bytes], bool]
"""Whether a signature stands over a message."""


class Algorithm(IntEnum):
    """Signature algorithms by their number in key records; a message never names one.

    ML_DSA_65 is never listed by itself: it is the second half of a hybrid key.
    """

    ED25519 = 1
    ML_DSA_65 = 2
    ED25519_ML_DSA_65 = 3


class Signer(Protocol):
    """Whoever holds a private key: a key file, a hardware token, an officer's client. Signing may block."""

    @property
    def algorithm(self) -> Algorithm:
        """Algorithm of the key."""

    @property
    def public_key(self) -> bytes:
        """Raw public key."""

    @property
    def fingerprint(self) -> bytes:
        """What `fingerprint` gives for this key; goes into envelopes as the key id."""

    def sign(self, message: bytes) -> bytes:
        """Raw signature over `message`, which is a pre-authentication encoding."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key that the strict profile admits: checked and loaded once, then verified with many times.

    Attributes:
        algorithm: from the key record that lists it.
        public_key: raw bytes, the only encoding this key has.
        fingerprint: names the key in envelopes.
        fingerprints: of the key and of each half of a hybrid one, under which it could be known elsewhere.

    Raises:
        PeerDataError: KEY_INVALID.
    """

    algorithm: Algorithm
    public_key: bytes
    fingerprint: bytes = field(init=False, compare=False)
    fingerprints: tuple[bytes, ...] = field(init=False, repr=False, compare=False)
    _verdict: _Verdict = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_public_key(self.algorithm, self.public_key)
        names = fingerprints(self.algorithm, self.public_key)
        object.__setattr__(self, "fingerprint", names[0])
        object.__setattr__(self, "fingerprints", names)
        object.__setattr__(self, "_verdict", _VERDICTS[self.algorithm](self.public_key))

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether this key signed these bytes, under the strict profile."""
        known = _verified.get()
        if known is not None and (self.fingerprint, signature, message) in known:
            return True
        holds = self._verdict(signature, message)
        if holds and known is not None:
            known.add((self.fingerprint, signature, message))
        return holds


# What has verified inside `verified_once`: key, signature and message, whole; None outside.
_verified: ContextVar[set[tuple[bytes, bytes, bytes]] | None] = ContextVar("verified", default=None)


@contextmanager
def verified_once() -> Iterator[None]:
    """Inside, what verified once is not computed again: for a simulation, which holds every post in one process.

    The verdicts are the same, for verification depends on nothing but key, signature and message. Only what verified is
    remembered, and all of it is forgotten at the end. A node never enters: its memory would grow with what is sent.
    """
    token = _verified.set(set())
    try:
        yield
    finally:
        _verified.reset(token)


def fingerprint(algorithm: Algorithm, public_key: bytes) -> bytes:
    """Name of a key, 32 bytes. The algorithm is part of it: equal bytes under two algorithms are two keys."""
    return sha256(b"hotline/v1/key\x00" + bytes([algorithm]) + public_key)


def fingerprints(algorithm: Algorithm, public_key: bytes) -> tuple[bytes, ...]:
    """Name of a key, then those of the halves of a hybrid one."""
    halves = halves_of(public_key) if algorithm is Algorithm.ED25519_ML_DSA_65 else ()
    return fingerprint(algorithm, public_key), *(fingerprint(*half) for half in halves)


def halves_of(public_key: bytes) -> tuple[tuple[Algorithm, bytes], ...]:
    """The two keys of a hybrid one."""
    length = _KEY_LENGTH[Algorithm.ED25519]
    return (Algorithm.ED25519, public_key[:length]), (Algorithm.ML_DSA_65, public_key[length:])


def verify(algorithm: Algorithm, public_key: bytes, signature: bytes, message: bytes) -> bool:
    """One verdict from raw bytes, false also for a key the profile does not admit. To verify many, keep a
    `PublicKey`: checking the key costs twice what verifying does.
    """
    try:
        key = PublicKey(algorithm, public_key)
    except PeerDataError:
        return False
    return key.verify(signature, message)


def check_public_key(algorithm: Algorithm, public_key: bytes) -> None:
    """Hold a public key against the profile.

    A key in a mixed-order subgroup passes, as it does in libsodium: without the cofactor its verdicts are
    unambiguous, and only its own holder can have made it so.

    Raises:
        PeerDataError: KEY_INVALID.
    """
    length = _KEY_LENGTH[algorithm]
    if len(public_key) != length:
        raise PeerDataError("KEY_INVALID", f"{len(public_key)} bytes; an {algorithm.name} key has {length}")
    if algorithm is Algorithm.ED25519_ML_DSA_65:
        for half in halves_of(public_key):
            check_public_key(*half)
    if algorithm is not Algorithm.ED25519:
        return
    if public_key in _LOW_ORDER:
        raise PeerDataError("KEY_INVALID", "a low-order point: anybody can sign for it")
    if not _is_canonical(public_key):
        raise PeerDataError("KEY_INVALID", "not the canonical encoding of its point (y is not below p)")
    if not _is_on_curve(int.from_bytes(public_key, "little") & _Y_MASK):
        raise PeerDataError("KEY_INVALID", "no point of the curve")


def _is_canonical(point: bytes) -> bool:
    """Whether y is reduced. The one other double encoding, x = 0 with its sign set, has low order."""
    return int.from_bytes(point, "little") & _Y_MASK < _P


@lru_cache(maxsize=1024)
def _is_on_curve(y: int) -> bool:
    """Whether (y^2 - 1) / (d y^2 + 1) is a square, by Euler's criterion. Its denominator is never zero."""
    square = y * y
    product = (square - 1) * (_D * square + 1) % _P
    return pow(product, (_P - 1) // 2, _P) in (0, 1)


def _admits_ed25519(signature: bytes) -> bool:
    commitment = signature[:32]
    return (
        len(signature) == _SIGNATURE_LENGTH[Algorithm.ED25519]
        and int.from_bytes(signature[32:], "little") < _L
        and commitment not in _LOW_ORDER
        and _is_canonical(commitment)
    )


def _ed25519(public_key: bytes) -> _Verdict:
    compute = Ed25519PublicKey.from_public_bytes(public_key).verify
    return lambda signature, message: _admits_ed25519(signature) and _holds(compute, signature, message)


def _ml_dsa_65(public_key: bytes) -> _Verdict:
    compute, length = MLDSA65PublicKey.from_public_bytes(public_key).verify, _SIGNATURE_LENGTH[Algorithm.ML_DSA_65]
    return lambda signature, message: len(signature) == length and _holds(compute, signature, message)


def _hybrid(public_key: bytes) -> _Verdict:
    """Both halves, or nothing: the lengths are fixed, so that no signature reads as one of a single algorithm."""
    verdicts = [_VERDICTS[algorithm](half) for algorithm, half in halves_of(public_key)]
    cut = _SIGNATURE_LENGTH[Algorithm.ED25519]
    return lambda signature, message: all(
        verdict(half, message) for verdict, half in zip(verdicts, (signature[:cut], signature[cut:]), strict=True)
    )


def _holds(compute: Callable[[bytes, bytes], None], signature: bytes, message: bytes) -> bool:
    try:
        compute(signature, message)
    except InvalidSignature:
        return False
    return True


def _low_order_encodings() -> frozenset[bytes]:
    """Every 32-byte string that decodes to one of the eight points whose order divides 8: fourteen of them.

    Seven values of y (two of them not reduced), each with either sign.
    """
    ys = (0, 1, _ORDER_8_Y, _P - _ORDER_8_Y, _P - 1, _P, _P + 1)
    return frozenset((y | sign << 255).to_bytes(32, "little") for y in ys for sign in (0, 1))


_LOW_ORDER = _low_order_encodings()
_KEY_LENGTH = {Algorithm.ED25519: 32, Algorithm.ML_DSA_65: 1952, Algorithm.ED25519_ML_DSA_65: 32 + 1952}
_SIGNATURE_LENGTH = {Algorithm.ED25519: 64, Algorithm.ML_DSA_65: 3309}
_VERDICTS: dict[Algorithm, Callable[[bytes], _Verdict]] = {
    Algorithm.ED25519: _ed25519,
    Algorithm.ML_DSA_65: _ml_dsa_65,
    Algorithm.ED25519_ML_DSA_65: _hybrid,
}
