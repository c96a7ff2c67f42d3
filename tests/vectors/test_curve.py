"""The odd signatures of the vectors are what they claim: a lenient verifier takes them, the strict profile does not."""

from __future__ import annotations

from hashlib import sha512

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from tools.vector_cases import curve
from tools.vector_cases.material import STATEMENT, key, pae

from hotline import v1
from hotline.conformance import default_folder
from hotline.conformance.cases import CaseFolder
from hotline.keys.published import published_signer
from hotline.protocol.signing import Algorithm, verify

SIGNER = key("AUS officer-1")


def signed(case: str) -> tuple[bytes, bytes]:
    """The signature of a case and what it is over."""
    envelope = v1.Envelope.FromString(CaseFolder(default_folder() / case).read())
    return envelope.signatures[0].sig, pae(STATEMENT, envelope.payload)


def lenient(signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(SIGNER.public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def equation_holds(signature: bytes, message: bytes, cofactor: int) -> bool:
    """Whether cofactor·S·B equals cofactor·(R + k·A), by RFC 8032's formulas."""
    commitment, s = curve.decode(signature[:32]), int.from_bytes(signature[32:], "little")
    k = int.from_bytes(sha512(signature[:32] + SIGNER.public_key + message).digest(), "little") % curve.L
    right = curve.add(commitment, curve.times(k, curve.decode(SIGNER.public_key)))
    return curve.times(cofactor, curve.times(s, curve.BASE)) == curve.times(cofactor, right)


def test_the_formulas_agree_with_the_library() -> None:
    assert curve.encode(curve.times(curve.scalar(SIGNER), curve.BASE)) == SIGNER.public_key
    assert equation_holds(SIGNER.sign(b"word"), b"word", 1)
    assert not equation_holds(SIGNER.sign(b"word"), b"another", 8)


@pytest.mark.parametrize("case", ["signature-r-low-order", "signature-r-not-canonical"])
def test_a_signature_without_a_nonce_solves_the_equation(case: str) -> None:
    signature, message = signed(case)
    assert equation_holds(signature, message, 1)
    assert not verify(Algorithm.ED25519, SIGNER.public_key, signature, message)


def test_a_low_order_commitment_is_taken_by_a_common_library() -> None:
    assert lenient(*signed("signature-r-low-order"))


def test_the_cofactor_case_holds_with_the_cofactor_only() -> None:
    signature, message = signed("signature-only-with-cofactor")
    assert equation_holds(signature, message, 8)
    assert not equation_holds(signature, message, 1)


def test_s_is_the_good_one_plus_the_order() -> None:
    signature, message = signed("signature-s-not-reduced")
    assert equation_holds(signature, message, 1)
    assert int.from_bytes(signature[32:], "little") >= curve.L


def test_the_points_in_directories_are_what_they_claim() -> None:
    assert int.from_bytes(curve.NOT_REDUCED, "little") - curve.P == 3
    neutral = curve.decode(curve.NEUTRAL)
    assert curve.times(8, neutral) == neutral == (0, 1)
    eighth = curve.decode(curve.ORDER_8_Y.to_bytes(32, "little"))
    assert curve.times(8, eighth) == neutral
    assert curve.times(4, eighth) != neutral
    assert published_signer(3).public_key == SIGNER.public_key
