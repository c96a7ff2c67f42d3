"""Key files and certificates as agreements and directories list them."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hotline import v1
from hotline.keys import Kind, Role, load_public
from hotline.protocol.errors import UsageError

_CERTIFICATE_BYTES_MAX = 16_384


def listed_key(path: Path, kind: Kind, role: Role, party: str, post: str = "") -> v1.Key:
    """A public key, as listed; what its label says must be what it is listed as.

    Raises:
        KeysError: KEY_*.
        UsageError: KEY_FOREIGN.
    """
    found = load_public(path, kind=kind, role=role)
    belongs = f"{found.label.party} {found.label.post}".strip()
    if (found.label.party, found.label.post) != (party, post):
        raise UsageError("KEY_FOREIGN", f"{path} is a key of {belongs}, not of {post or party}")
    return v1.Key(algorithm=v1.Algorithm.ValueType(found.key.algorithm), public_key=found.key.public_key)


def certificate_der(path: Path) -> bytes:
    """A TLS certificate as the directory lists it, DER.

    Raises:
        UsageError: FILE_UNREADABLE, CERTIFICATE_INVALID.
    """
    data = file_bytes(path)
    try:
        return x509.load_pem_x509_certificate(data[:_CERTIFICATE_BYTES_MAX]).public_bytes(Encoding.DER)
    except ValueError as error:
        raise UsageError("CERTIFICATE_INVALID", f"{path} holds no TLS certificate in PEM") from error


def file_bytes(path: Path) -> bytes:
    """A file that a plan names.

    Raises:
        UsageError: FILE_UNREADABLE.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError("FILE_UNREADABLE", str(error)) from error


def unsigned(number: int, name: str) -> int:
    """Numbers that protobuf would not take; what they may be otherwise is the proto's rule."""
    if not 0 <= number < 2**32:
        raise UsageError("INPUT_BAD_VALUE", f"{name} must not be {number}")
    return number
