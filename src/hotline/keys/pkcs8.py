"""Private keys in PEM: PKCS #8, and encrypted the way that PKCS #5 lays down (PBES2, RFC 8018) under scrypt (RFC 7914).

`cryptography` reads this form, and so does OpenSSL; what `cryptography` writes has PBKDF2 with 2,048 rounds, which is
quick to guess through. So its parts are put together here: its scrypt, its AES-256-CBC, its DER.
"""

from __future__ import annotations

import secrets
from binascii import b2a_base64

from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import padding, serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.x509 import ObjectIdentifier

from hotline.keys.errors import KeysError

# 16 MiB of memory and about a third of a second: what OWASP holds to be as much as 128 MiB at parallelism 1, within
# the 32 MiB beyond which OpenSSL's own readers refuse.
_N, _R, _P = 1 << 14, 8, 5
_SALT_BYTES = 16
_KEY_BYTES = 32
_BLOCK_BYTES = 16

_PBES2 = ObjectIdentifier("1.2.840.113549.1.5.13")
_SCRYPT = ObjectIdentifier("1.3.6.1.4.1.11591.4.11")
_AES_256_CBC = ObjectIdentifier("2.16.840.1.101.3.4.1.42")
_HEAD = "-----BEGIN ENCRYPTED PRIVATE KEY-----"


@asn1.sequence
class _ScryptParameters:
    salt: bytes
    cost: int
    block_size: int
    parallelization: int


@asn1.sequence
class _Derivation:
    algorithm: ObjectIdentifier
    parameters: _ScryptParameters


@asn1.sequence
class _Encryption:
    algorithm: ObjectIdentifier
    initial: bytes


@asn1.sequence
class _Scheme:
    derivation: _Derivation
    encryption: _Encryption


@asn1.sequence
class _Algorithm:
    algorithm: ObjectIdentifier
    parameters: _Scheme


@asn1.sequence
class _EncryptedPrivateKeyInfo:
    algorithm: _Algorithm
    data: bytes


def is_encrypted(pem: str) -> bool:
    """Whether reading it takes a passphrase."""
    return pem.startswith(_HEAD)


def plain_pem(key: PrivateKeyTypes) -> str:
    """A key that whoever reads the file may use."""
    protection = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection).decode("ascii")


def encrypted_pem(key: PrivateKeyTypes, passphrase: bytes) -> str:
    """A key that takes the passphrase to be used.

    Raises:
        KeysError: KEY_PASSPHRASE if it is empty.
    """
    if not passphrase:
        raise KeysError("KEY_PASSPHRASE", "an empty passphrase protects nothing")
    protection = serialization.NoEncryption()
    plain = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, protection)
    salt, initial = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_BLOCK_BYTES)
    secret = Scrypt(salt=salt, length=_KEY_BYTES, n=_N, r=_R, p=_P).derive(passphrase)
    derivation = _Derivation(
        algorithm=_SCRYPT, parameters=_ScryptParameters(salt=salt, cost=_N, block_size=_R, parallelization=_P)
    )
    encryption = _Encryption(algorithm=_AES_256_CBC, initial=initial)
    algorithm = _Algorithm(algorithm=_PBES2, parameters=_Scheme(derivation=derivation, encryption=encryption))
    info = _EncryptedPrivateKeyInfo(algorithm=algorithm, data=_cbc(secret, initial, plain))
    return _armoured(asn1.encode_der(info))


def _cbc(secret: bytes, initial: bytes, plain: bytes) -> bytes:
    padder = padding.PKCS7(8 * _BLOCK_BYTES).padder()
    encryptor = Cipher(algorithms.AES(secret), modes.CBC(initial)).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def _armoured(der: bytes) -> str:
    """RFC 7468: base64 in lines of 64 characters."""
    text = b2a_base64(der, newline=False).decode("ascii")
    lines = (text[start : start + 64] for start in range(0, len(text), 64))
    return "\n".join((_HEAD, *lines, _HEAD.replace("BEGIN", "END"), ""))
