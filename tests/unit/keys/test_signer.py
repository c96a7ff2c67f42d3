"""A private key in memory."""

from __future__ import annotations

from hashlib import sha256

import pytest

from hotline.keys import HybridSigner, SoftSigner
from hotline.protocol.signing import Algorithm, PublicKey, Signer

# RFC 8032, section 7.1, test 1.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
SIGNATURE = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
    "d25bf5f0595bbe24655141438e7a100b"
)


def test_it_signs_as_the_standard_does() -> None:
    signer: Signer = SoftSigner.from_seed(SEED)
    assert signer.algorithm is Algorithm.ED25519
    assert signer.public_key == PUBLIC
    assert signer.sign(b"") == SIGNATURE


def test_its_fingerprint_is_the_one_of_the_profile() -> None:
    signer = SoftSigner.from_seed(SEED)
    assert signer.fingerprint == sha256(b"hotline/v1/key\x00\x01" + PUBLIC).digest()
    assert signer.fingerprint == PublicKey(Algorithm.ED25519, PUBLIC).fingerprint


def test_fresh_keys_differ_and_verify_under_the_strict_profile() -> None:
    one, other = SoftSigner.generate(), SoftSigner.generate()
    assert one.public_key != other.public_key
    key = PublicKey(Algorithm.ED25519, one.public_key)
    assert key.verify(one.sign(b"word"), b"word")
    assert not key.verify(one.sign(b"word"), b"other word")
    assert not key.verify(other.sign(b"word"), b"word")


def test_a_seed_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SoftSigner.from_seed(SEED[:31])


def test_its_repr_shows_the_fingerprint_only() -> None:
    signer = SoftSigner.from_seed(SEED)
    assert repr(signer) == f"SoftSigner({signer.fingerprint.hex()[:12]})"


def test_a_hybrid_signer_makes_hybrid_signatures() -> None:
    signer: Signer = HybridSigner.generate()
    key = PublicKey(Algorithm.ED25519_ML_DSA_65, signer.public_key)
    signature = signer.sign(b"words")
    assert (signer.algorithm, signer.fingerprint) == (key.algorithm, key.fingerprint)
    assert (len(signer.public_key), len(signature)) == (1984, 3373)
    assert key.verify(signature, b"words")
    assert signature[:64] == signer.sign(b"words")[:64]
    assert repr(signer) == f"HybridSigner({signer.fingerprint.hex()[:12]})"
