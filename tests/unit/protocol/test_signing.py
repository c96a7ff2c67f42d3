"""The strict signature profile: RFC 8032 vectors, and every kind of signature libraries disagree on.

Where `cryptography` alone would accept a forgery, the test shows that it does: the byte checks are then
what refuses it.
"""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from tests.conftest import Figure

from hotline.protocol.errors import PeerDataError
from hotline.protocol.signing import (
    Algorithm,
    PublicKey,
    Signer,
    _low_order_encodings,
    check_public_key,
    fingerprint,
    verify,
)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int]

SEED = bytes(range(32))
MESSAGE = b"DSSEv1 1 t 5 hello"

# RFC 8032, section 7.1: public key, message, signature.
RFC_8032 = {
    "test 1": (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    "test 2": (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    "test 3": (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    "test SHA(abc)": (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
        "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
}


class SeedSigner:
    """A signer over a seed held in memory."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.algorithm = Algorithm.ED25519
        self.public_key = self._key.public_key().public_bytes_raw()
        self.fingerprint = fingerprint(self.algorithm, self.public_key)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def sign(signer: Signer, message: bytes) -> tuple[PublicKey, bytes]:
    return PublicKey(signer.algorithm, signer.public_key), signer.sign(message)


def encode(y: int, sign_bit: int = 0) -> bytes:
    return (y | sign_bit << 255).to_bytes(32, "little")


def decode(encoded: bytes) -> Point | None:
    """A point by the square root of RFC 8032, section 5.1.3, without its refusals; None if there is none."""
    number = int.from_bytes(encoded, "little")
    y, wanted_sign = number % 2**255 % P, number >> 255
    x_squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    root = pow(x_squared, (P + 3) // 8, P)
    if (root * root - x_squared) % P:
        root = root * pow(2, (P - 1) // 4, P) % P
    if (root * root - x_squared) % P:
        return None
    return (root if root % 2 == wanted_sign else -root % P, y)


def add(left: Point, right: Point) -> Point:
    (x1, y1), (x2, y2) = left, right
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, P - 2, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, P - 2, P) % P
    return x, y


def times_eight(point: Point) -> Point:
    for _ in range(3):
        point = add(point, point)
    return point


def low_order_encodings() -> list[bytes]:
    """All of them by arithmetic: the multiples of a point of order 8, in every encoding each has."""
    generator = decode(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))
    assert generator is not None
    points = [(0, 1)]
    while (point := add(points[-1], generator)) != points[0]:
        points.append(point)
    ys = {value for _, y in points for value in (y, y + P) if value < 2**255}
    return [encode(y, sign_bit) for y in sorted(ys) for sign_bit in (0, 1)]


def secret_scalar(seed: bytes) -> int:
    clamped = bytearray(hashlib.sha512(seed).digest()[:32])
    clamped[0] &= 248
    clamped[31] = clamped[31] & 63 | 64
    return int.from_bytes(clamped, "little")


def challenge(commitment: bytes, public_key: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(commitment + public_key + message).digest(), "little") % L


def code_of(algorithm: Algorithm, public_key: bytes) -> str | None:
    try:
        check_public_key(algorithm, public_key)
    except PeerDataError as error:
        return error.code
    return None


@pytest.mark.parametrize("name", RFC_8032)
def test_rfc_8032_vectors(name: str) -> None:
    public_key, message, signature = map(bytes.fromhex, RFC_8032[name])
    assert verify(Algorithm.ED25519, public_key, signature, message)
    assert not verify(Algorithm.ED25519, public_key, signature, message + b"\x00")


def test_a_signer_and_its_public_key_agree() -> None:
    signer = SeedSigner(SEED)
    key, signature = sign(signer, MESSAGE)
    assert key.verify(signature, MESSAGE)
    assert key.fingerprint == signer.fingerprint
    assert not key.verify(signature, MESSAGE + b" ")


@pytest.mark.threat("corruption / tampering", defence="SIG", measure="flipped bits of a signature, each refused")
def test_every_flipped_bit_of_a_signature_is_refused(figure: Figure) -> None:
    key, signature = sign(SeedSigner(SEED), MESSAGE)
    for bit in range(512):
        changed = (int.from_bytes(signature, "little") ^ 1 << bit).to_bytes(64, "little")
        assert not key.verify(changed, MESSAGE), f"bit {bit}"
    figure(8 * len(signature))


@pytest.mark.parametrize("length", [0, 32, 63, 65, 128])
def test_signatures_of_another_length_are_refused(length: int) -> None:
    key, signature = sign(SeedSigner(SEED), MESSAGE)
    assert not key.verify((signature * 2)[:length], MESSAGE)


def test_there_are_fourteen_low_order_encodings() -> None:
    encodings = low_order_encodings()
    assert len(set(encodings)) == 14
    for encoded in encodings:
        point = decode(encoded)
        assert point is not None
        assert times_eight(point) == (0, 1)
    assert _low_order_encodings() == set(encodings)


@pytest.mark.threat("insertion / spoof", defence="SIG", measure="low-order keys refused")
@pytest.mark.parametrize("public_key", low_order_encodings(), ids=bytes.hex)
def test_a_low_order_public_key_is_refused(public_key: bytes) -> None:
    assert code_of(Algorithm.ED25519, public_key) == "KEY_INVALID"


def test_a_signature_anybody_could_make_for_the_identity_key_is_refused() -> None:
    identity = encode(1)
    commitment = SeedSigner(SEED).public_key
    forged = commitment + (secret_scalar(SEED) % L).to_bytes(32, "little")
    Ed25519PublicKey.from_public_bytes(identity).verify(forged, MESSAGE)
    assert not verify(Algorithm.ED25519, identity, forged, MESSAGE)


def test_a_low_order_commitment_is_refused() -> None:
    public_key, commitment = SeedSigner(SEED).public_key, encode(1)
    response = challenge(commitment, public_key, MESSAGE) * secret_scalar(SEED) % L
    crafted = commitment + response.to_bytes(32, "little")
    Ed25519PublicKey.from_public_bytes(public_key).verify(crafted, MESSAGE)
    assert not verify(Algorithm.ED25519, public_key, crafted, MESSAGE)


@pytest.mark.threat("insertion / spoof", defence="SIG", measure="low-order commitments refused")
@pytest.mark.parametrize("commitment", low_order_encodings(), ids=bytes.hex)
def test_no_encoding_of_a_low_order_commitment_verifies(commitment: bytes) -> None:
    public_key = SeedSigner(SEED).public_key
    response = challenge(commitment, public_key, MESSAGE) * secret_scalar(SEED) % L
    assert not verify(Algorithm.ED25519, public_key, commitment + response.to_bytes(32, "little"), MESSAGE)


def test_a_response_not_below_the_group_order_is_refused() -> None:
    key, signature = sign(SeedSigner(SEED), MESSAGE)
    response = int.from_bytes(signature[32:], "little")
    for added in (L, 2 * L, 8 * L):
        assert not key.verify(signature[:32] + (response + added).to_bytes(32, "little"), MESSAGE)


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library to which everything verifies."""
    monkeypatch.setattr("hotline.protocol.signing._holds", lambda *_: True)


def test_the_byte_checks_stand_alone_under_a_library_that_accepts_everything(trusting: None) -> None:
    key, signature = sign(SeedSigner(SEED), MESSAGE)
    commitment, response = signature[:32], signature[32:]
    assert key.verify(commitment + (L - 1).to_bytes(32, "little"), MESSAGE)
    refused = [
        commitment + L.to_bytes(32, "little"),
        signature[:-1],
        signature + b"\x00",
        *(encoded + response for encoded in low_order_encodings()),
        *(encode(P + above, sign_bit) + response for above in range(19) for sign_bit in (0, 1)),
    ]
    assert not any(key.verify(crafted, MESSAGE) for crafted in refused)


@pytest.mark.parametrize("above", range(19))
def test_a_public_key_that_is_not_reduced_is_refused(above: int) -> None:
    for sign_bit in (0, 1):
        assert code_of(Algorithm.ED25519, encode(P + above, sign_bit)) == "KEY_INVALID"


@pytest.mark.parametrize("above", range(19))
def test_a_commitment_that_is_not_reduced_is_refused(above: int) -> None:
    key, signature = sign(SeedSigner(SEED), MESSAGE)
    assert not key.verify(encode(P + above) + signature[32:], MESSAGE)


@pytest.mark.parametrize("y", [*range(2, 40), P - 2, P - 3, 2**254])
def test_a_public_key_must_be_a_point_of_the_curve(y: int) -> None:
    is_point = decode(encode(y)) is not None
    assert (code_of(Algorithm.ED25519, encode(y)) is None) == is_point


def test_both_kinds_of_y_were_tried() -> None:
    assert {decode(encode(y)) is None for y in range(2, 40)} == {True, False}


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_public_keys_of_another_length_are_refused(length: int) -> None:
    public_key = (SeedSigner(SEED).public_key * 2)[:length]
    assert code_of(Algorithm.ED25519, public_key) == "KEY_INVALID"
    assert not verify(Algorithm.ED25519, public_key, bytes(64), MESSAGE)


@pytest.mark.parametrize(
    ("algorithm", "public_key", "words"),
    [
        (Algorithm.ED25519, bytes(31), "31 bytes; an ED25519 key has 32"),
        (Algorithm.ML_DSA_65, bytes(32), "32 bytes; an ML_DSA_65 key has 1952"),
        (Algorithm.ED25519, encode(1), "a low-order point: anybody can sign for it"),
        (Algorithm.ED25519, encode(P + 2), "not the canonical encoding of its point (y is not below p)"),
        (Algorithm.ED25519, encode(2), "no point of the curve"),
    ],
)
def test_it_is_said_which_rule_a_key_breaks(algorithm: Algorithm, public_key: bytes, words: str) -> None:
    """One code for all of them: whoever made the key needs to know what was wrong with it."""
    with pytest.raises(PeerDataError) as caught:
        check_public_key(algorithm, public_key)
    assert (caught.value.code, caught.value.detail) == ("KEY_INVALID", words)


def test_a_key_that_the_profile_does_not_admit_cannot_be_built() -> None:
    with pytest.raises(PeerDataError, match="KEY_INVALID"):
        PublicKey(Algorithm.ED25519, encode(1))


def test_fingerprint_covers_domain_algorithm_and_key() -> None:
    public_key = SeedSigner(SEED).public_key
    expected = hashlib.sha256(b"hotline/v1/key\x00\x01" + public_key).digest()
    assert fingerprint(Algorithm.ED25519, public_key) == expected
    assert fingerprint(Algorithm.ML_DSA_65, public_key) != expected


def test_keys_are_values() -> None:
    first, second = (PublicKey(Algorithm.ED25519, SeedSigner(SEED).public_key) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    assert first != PublicKey(Algorithm.ED25519, SeedSigner(bytes(32)).public_key)


def test_ml_dsa_65_verifies_with_the_empty_context_only() -> None:
    private = MLDSA65PrivateKey.from_seed_bytes(SEED)
    key = PublicKey(Algorithm.ML_DSA_65, private.public_key().public_bytes_raw())
    signature = private.sign(MESSAGE)
    assert key.verify(signature, MESSAGE)
    assert not key.verify(signature, MESSAGE + b" ")
    assert not key.verify(signature[:-1], MESSAGE)
    assert not key.verify(signature + b"\x00", MESSAGE)
    assert not key.verify(private.sign(MESSAGE, b"context"), MESSAGE)


def test_ml_dsa_65_has_signatures_of_one_length(trusting: None) -> None:
    key = PublicKey(Algorithm.ML_DSA_65, MLDSA65PrivateKey.from_seed_bytes(SEED).public_key().public_bytes_raw())
    assert [length for length in range(3300, 3320) if key.verify(bytes(length), MESSAGE)] == [3309]


@pytest.mark.threat("downgrade / algorithm", defence="SIG", measure="keys of another algorithm, none")
def test_a_key_of_one_algorithm_is_none_of_the_other() -> None:
    ml_dsa = MLDSA65PrivateKey.from_seed_bytes(SEED).public_key().public_bytes_raw()
    assert code_of(Algorithm.ED25519, ml_dsa) == "KEY_INVALID"
    assert code_of(Algorithm.ML_DSA_65, SeedSigner(SEED).public_key) == "KEY_INVALID"


# -- hybrid ------------------------------------------------------------------------------------------------------------

HYBRID = Algorithm.ED25519_ML_DSA_65
CLASSICAL = Ed25519PrivateKey.from_private_bytes(SEED)
LATTICE = MLDSA65PrivateKey.from_seed_bytes(SEED)
BOTH = CLASSICAL.public_key().public_bytes_raw() + LATTICE.public_key().public_bytes_raw()


def test_a_hybrid_signature_stands_only_as_a_whole() -> None:
    key = PublicKey(HYBRID, BOTH)
    classical, lattice = CLASSICAL.sign(MESSAGE), LATTICE.sign(MESSAGE)
    assert key.verify(classical + lattice, MESSAGE)
    assert not key.verify(classical + lattice, MESSAGE + b" ")
    parts = {
        "the Ed25519 half alone": classical,
        "the ML-DSA half alone": lattice,
        "swapped": lattice + classical,
        "nothing": b"",
        "a byte more": classical + lattice + b"\x00",
        "a byte less": classical + lattice[:-1],
        "the Ed25519 half of other words": CLASSICAL.sign(b"other") + lattice,
        "the ML-DSA half of other words": classical + LATTICE.sign(b"other"),
        "the ML-DSA half in another context": classical + LATTICE.sign(MESSAGE, b"context"),
        "zeroes for the ML-DSA half": classical + bytes(len(lattice)),
        "the ML-DSA half of another key": classical + MLDSA65PrivateKey.generate().sign(MESSAGE),
    }
    assert [name for name, signature in parts.items() if key.verify(signature, MESSAGE)] == []


@pytest.mark.threat(
    "corruption / tampering", defence="SIG", measure="bytes of a hybrid signature altered, each refused"
)
def test_every_flipped_bit_of_a_hybrid_signature_is_refused(figure: Figure) -> None:
    """One bit of each byte; both halves answer for every one of theirs."""
    key, signature = PublicKey(HYBRID, BOTH), CLASSICAL.sign(MESSAGE) + LATTICE.sign(MESSAGE)
    for place in range(len(signature)):
        spoilt = bytearray(signature)
        spoilt[place] ^= 1 << place % 8
        assert not key.verify(bytes(spoilt), MESSAGE), place
    figure(len(signature))


def test_the_strict_profile_holds_in_a_hybrid() -> None:
    """A commitment that other libraries take is refused, whatever the other half says."""
    lattice = LATTICE.sign(MESSAGE)
    key = PublicKey(HYBRID, BOTH)
    response = int.from_bytes(CLASSICAL.sign(MESSAGE)[32:], "little")
    commitment = CLASSICAL.sign(MESSAGE)[:32]
    assert not key.verify(commitment + (response + L).to_bytes(32, "little") + lattice, MESSAGE)
    for encoded in low_order_encodings():
        assert code_of(HYBRID, encoded + BOTH[32:]) == "KEY_INVALID"


@pytest.mark.parametrize("public_key", [b"", BOTH[:32], BOTH[32:], BOTH[:-1], BOTH + b"\x00"])
def test_a_hybrid_key_has_one_length(public_key: bytes) -> None:
    assert code_of(HYBRID, public_key) == "KEY_INVALID"


def test_a_hybrid_key_is_known_by_its_halves_too() -> None:
    key = PublicKey(HYBRID, BOTH)
    assert key.fingerprints == (
        hashlib.sha256(b"hotline/v1/key\x00\x03" + BOTH).digest(),
        hashlib.sha256(b"hotline/v1/key\x00\x01" + BOTH[:32]).digest(),
        hashlib.sha256(b"hotline/v1/key\x00\x02" + BOTH[32:]).digest(),
    )
    assert key.fingerprint == key.fingerprints[0]
    assert PublicKey(Algorithm.ED25519, BOTH[:32]).fingerprints == key.fingerprints[1:2]
