"""Encrypted private keys: their form is the standard's, which other readers share."""

from __future__ import annotations

import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

from hotline.keys.pkcs8 import _EncryptedPrivateKeyInfo, encrypted_pem, is_encrypted, plain_pem

PASSPHRASE = "correct horse 暗号".encode()
KEYS: list[Ed25519PrivateKey | MLDSA65PrivateKey] = [
    Ed25519PrivateKey.from_private_bytes(bytes(range(32))),
    MLDSA65PrivateKey.from_seed_bytes(bytes(range(32))),
]


@pytest.mark.parametrize("key", KEYS, ids=["ed25519", "ml-dsa-65"])
def test_the_library_reads_what_we_write(key: Ed25519PrivateKey | MLDSA65PrivateKey, quick: None) -> None:
    pem = encrypted_pem(key, PASSPHRASE)
    read = serialization.load_pem_private_key(pem.encode(), PASSPHRASE)
    assert isinstance(read, type(key)) and read.private_bytes_raw() == key.private_bytes_raw()
    with pytest.raises(ValueError, match="password"):
        serialization.load_pem_private_key(pem.encode(), PASSPHRASE + b".")


def test_openssl_reads_it_too(tmp_path: Path) -> None:
    """Its version 1.1 or newer; whatever this machine has."""
    openssl = shutil.which("openssl")
    assert openssl is not None, "openssl is needed"
    path = tmp_path / "key.pem"
    path.write_text(encrypted_pem(KEYS[0], PASSPHRASE), encoding="ascii")
    words = [openssl, "pkey", "-in", str(path), "-passin", f"pass:{PASSPHRASE.decode()}", "-outform", "DER"]
    done = subprocess.run(words, capture_output=True, check=True)
    assert done.stdout[-32:] == bytes(range(32))


def test_the_cost_is_that_of_the_documentation() -> None:
    lines = encrypted_pem(KEYS[0], PASSPHRASE).splitlines()
    assert max(map(len, lines)) == 64
    assert (lines[0], lines[-1]) == tuple(f"-----{end} ENCRYPTED PRIVATE KEY-----" for end in ("BEGIN", "END"))
    der = serialization.load_pem_private_key(plain_pem(KEYS[0]).encode(), None).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    info = asn1.decode_der(_EncryptedPrivateKeyInfo, b64decode("".join(lines[1:-1])))
    scrypt = info.algorithm.parameters.derivation.parameters
    assert (scrypt.cost, scrypt.block_size, scrypt.parallelization, len(scrypt.salt)) == (16_384, 8, 5, 16)
    assert len(info.data) == 16 * (len(der) // 16 + 1)


def test_no_two_are_alike(quick: None) -> None:
    assert encrypted_pem(KEYS[0], PASSPHRASE) != encrypted_pem(KEYS[0], PASSPHRASE)
    assert plain_pem(KEYS[0]) == plain_pem(KEYS[0])


def test_what_is_encrypted_is_known_by_its_first_line(quick: None) -> None:
    assert is_encrypted(encrypted_pem(KEYS[0], PASSPHRASE))
    assert not is_encrypted(plain_pem(KEYS[0]))
