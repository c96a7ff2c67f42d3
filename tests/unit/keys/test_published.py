"""The keys that everybody has."""

from __future__ import annotations

from hashlib import sha256

import pytest

from hotline.keys import KeysError, Kind, SoftSigner, is_published, published_signer, refuse_published
from hotline.keys.published import PUBLISHED_COUNT, published_hybrid, published_lattice_seed
from hotline.protocol.signing import Algorithm, fingerprint


def test_there_are_256_different_ones() -> None:
    fingerprints = {published_signer(index).fingerprint for index in range(PUBLISHED_COUNT)}
    assert len(fingerprints) == 256
    assert all(map(is_published, fingerprints))


@pytest.mark.parametrize("index", [0, 1, 255])
def test_each_comes_from_its_seed(index: int) -> None:
    seed = sha256(b"hotline published exercise key" + bytes([0, 0, 0, index])).digest()
    assert published_signer(index).public_key == SoftSigner.from_seed(seed).public_key


def test_the_first_stays_what_it_is() -> None:
    """Vectors and golden traces carry it."""
    assert published_signer(0).public_key.hex() == FIRST_PUBLIC_KEY


FIRST_PUBLIC_KEY = "c0cbc6be46e523a9712f531c0983592527dfccb9bb1aafedc92584a5052aab8f"


@pytest.mark.parametrize("index", [-1, 256])
def test_no_other_index_names_one(index: int) -> None:
    with pytest.raises(IndexError, match=str(index)):
        published_signer(index)


@pytest.mark.parametrize("index", [0, 255])
def test_a_hybrid_key_of_the_pool_has_a_lattice_half_of_its_own_seed(index: int) -> None:
    seed = sha256(b"hotline published exercise ML-DSA-65 key" + bytes([0, 0, 0, index])).digest()
    assert published_lattice_seed(index) == seed
    classical, lattice = published_hybrid(index).private_keys
    assert classical.public_key().public_bytes_raw() == published_signer(index).public_key
    assert lattice.private_bytes_raw() == seed
    name = fingerprint(Algorithm.ML_DSA_65, lattice.public_key().public_bytes_raw())
    assert is_published(name)
    with pytest.raises(IndexError, match="256"):
        published_hybrid(256)


@pytest.mark.threat("exercise/live confusion", defence="ID", measure="published keys refused by ACTUAL")
def test_only_actual_refuses_them() -> None:
    own, published = SoftSigner.generate().fingerprint, published_signer(200).fingerprint
    assert not is_published(own)
    refuse_published([own, published], Kind.EXERCISE)
    refuse_published([own], Kind.ACTUAL)
    with pytest.raises(KeysError, match=published.hex()[:12]) as refused:
        refuse_published([own, published], Kind.ACTUAL)
    words = f"the private part of {published.hex()[:12]} is public: EXERCISE only"
    assert (refused.value.code, refused.value.detail) == ("KEY_PUBLISHED", words)
