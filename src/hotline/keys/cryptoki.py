"""The one place that speaks PKCS #11, by python-pkcs11: finding and making Ed25519 key pairs, and signing with them.

A process logs into a token once, and keeps one session to it. Every fault becomes a stable code here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import PinIncorrect, PinInvalid, PinLenRange, PinLocked, PKCS11Error, UserAlreadyLoggedIn
from pkcs11.types import Object, SignMixin

from hotline.keys.errors import KeysError
from hotline.keys.place import TokenAddress

# RFC 8410 has an object identifier for the curve; tokens that follow PKCS #11 3.0 take its name, a PrintableString.
_CURVE = b"\x13\x0cedwards25519"
_PUBLIC_BYTES = 32
# How tokens wrap the public point: not at all, as an OCTET STRING, or as a BIT STRING.
_WRAPPINGS = (b"", b"\x04\x20", b"\x03\x21\x00")

_sessions: dict[tuple[str, bytes], pkcs11.Session] = {}


@dataclass(frozen=True, slots=True)
class Pair:
    """A key pair in an open session; `public_key` is raw, 32 bytes."""

    public_key: bytes
    private: SignMixin
    address: TokenAddress

    def sign(self, message: bytes) -> bytes:
        """EdDSA over the message itself (CKM_EDDSA).

        Raises:
            KeysError: KEY_TOKEN.
        """
        with _faults(self.address):
            return bytes(self.private.sign(message, mechanism=Mechanism.EDDSA))


def find(address: TokenAddress, pin: str) -> Pair:
    """The key pair at an address.

    Raises:
        KeysError: KEY_TOKEN, KEY_PASSPHRASE, KEY_FORMAT.
    """
    with _faults(address):
        session = _session(address, pin)
        private = _one(session, ObjectClass.PRIVATE_KEY, address)
        public = _one(session, ObjectClass.PUBLIC_KEY, address)
        return Pair(_point(public, address), cast(SignMixin, private), address)


def generate(address: TokenAddress, pin: str) -> Pair:
    """A fresh key pair under an address; no one can take its private half out.

    Raises:
        KeysError: KEY_EXISTS, KEY_TOKEN, KEY_PASSPHRASE, KEY_FORMAT.
    """
    with _faults(address):
        session = _session(address, pin)
        if _all(session, ObjectClass.PRIVATE_KEY, address):
            raise KeysError("KEY_EXISTS", f"{address} is there already and was left as it is")
        curve = session.create_domain_parameters(KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: _CURVE}, local=True)
        public, private = curve.generate_keypair(
            mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
            store=True,
            label=address.object or None,
            id=address.id or None,
            private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
        )
        return Pair(_point(public, address), cast(SignMixin, private), address)


def _session(address: TokenAddress, pin: str) -> pkcs11.Session:
    """The session to a token, logged in."""
    token = _token(address)
    known = str(address.module), bytes(token.serial)
    if known not in _sessions:
        try:
            _sessions[known] = token.open(rw=True, user_pin=pin)
        except UserAlreadyLoggedIn:
            _sessions[known] = token.open(rw=True)
    return _sessions[known]


def _token(address: TokenAddress) -> pkcs11.Token:
    library = pkcs11.lib(str(address.module))
    found = [
        token
        for token in library.get_tokens(token_label=address.token or None)
        if not address.serial or bytes(token.serial) == address.serial.encode()
    ]
    if len(found) != 1:
        raise KeysError("KEY_TOKEN", f"{address}: {len(found)} tokens answer to this")
    return found[0]


def _all(session: pkcs11.Session, kind: ObjectClass, address: TokenAddress) -> list[Object]:
    wanted: dict[Attribute, Any] = {Attribute.CLASS: kind, Attribute.KEY_TYPE: KeyType.EC_EDWARDS}
    if address.object:
        wanted[Attribute.LABEL] = address.object
    if address.id:
        wanted[Attribute.ID] = address.id
    return list(session.get_objects(wanted))


def _one(session: pkcs11.Session, kind: ObjectClass, address: TokenAddress) -> Object:
    found = _all(session, kind, address)
    if len(found) != 1:
        what = "private" if kind is ObjectClass.PRIVATE_KEY else "public"
        raise KeysError("KEY_TOKEN", f"{address}: {len(found)} {what} Ed25519 keys answer to this")
    return found[0]


def _point(public: Object, address: TokenAddress) -> bytes:
    point = bytes(public[Attribute.EC_POINT])
    wrapping = point[:-_PUBLIC_BYTES]
    if wrapping not in _WRAPPINGS:
        raise KeysError("KEY_FORMAT", f"{address}: no Ed25519 key, but one of {len(point)} bytes")
    return point.removeprefix(wrapping)


@contextmanager
def _faults(address: TokenAddress) -> Iterator[None]:
    """What a library or a token says, as a code."""
    try:
        yield
    except (PinIncorrect, PinInvalid, PinLenRange, PinLocked) as error:
        raise KeysError("KEY_PASSPHRASE", f"{address}: the token refuses the PIN ({type(error).__name__})") from error
    except (PKCS11Error, RuntimeError, OSError) as error:
        raise KeysError("KEY_TOKEN", f"{address}: {str(error) or type(error).__name__}") from error
