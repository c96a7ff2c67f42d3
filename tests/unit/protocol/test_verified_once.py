"""What verified inside `verified_once` is not computed again, and only simulations are inside."""

from __future__ import annotations

from pathlib import Path

import hotline
from hotline.keys import SoftSigner
from hotline.protocol.signing import Algorithm, PublicKey, verified_once


def test_what_verified_is_computed_once_inside_and_again_outside() -> None:
    signer, counted = SoftSigner.generate(), list[bytes]()
    key = PublicKey(Algorithm.ED25519, signer.public_key)
    compute = key._verdict

    def counting(signature: bytes, message: bytes) -> bool:
        counted.append(message)
        return compute(signature, message)

    object.__setattr__(key, "_verdict", counting)
    signature = signer.sign(b"m")
    with verified_once():
        assert key.verify(signature, b"m") and key.verify(signature, b"m") and counted == [b"m"]
        assert not key.verify(signature, b"n") and not key.verify(signature, b"n")
        assert counted == [b"m", b"n", b"n"], "what did not verify is not remembered"
        other = PublicKey(Algorithm.ED25519, SoftSigner.generate().public_key)
        assert not other.verify(signature, b"m"), "what one key signed says nothing of another"
    assert key.verify(signature, b"m") and counted == [b"m", b"n", b"n", b"m"]


def test_only_simulations_check_a_signature_once() -> None:
    root = Path(hotline.__file__).parent
    inside = [file.relative_to(root).as_posix() for file in root.rglob("*.py") if "verified_once" in file.read_text()]
    assert inside == ["protocol/signing.py"]
