"""Signature vectors written by others, run through our own `verify`.

The files stay where they were published. HOTLINE_THIRD_PARTY_VECTORS names a folder that holds

    wycheproof/ed25519_test.json, wycheproof/mldsa_65_verify_test.json   (C2SP/wycheproof, testvectors_v1)
    ed25519-speccheck/cases.json                                         (novifinancial/ed25519-speccheck)

With CI=true the folder is required; elsewhere these tests are left out, with a warning, when it is not named.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.conftest import Figure

from hotline.protocol.signing import Algorithm, verify

VARIABLE = "HOTLINE_THIRD_PARTY_VECTORS"
NAMED = os.environ.get(VARIABLE)
FOLDER = Path(NAMED or f"{VARIABLE}-is-not-set")

__test__ = NAMED is not None or os.environ.get("CI", "").lower() == "true"
if not __test__:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(
            f"{VARIABLE} is not set: the third-party signature vectors are not run",
            pytest.PytestCollectionWarning,
            stacklevel=1,
        )

# Our verdict on each case of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020), and why.
# They are the verdicts of libsodium up to its release 1.0.21.
SPECCHECK = (
    (False, "A is a low-order point (and R, and S = 0): one signature fits any message"),
    (False, "A is a low-order point: anybody can sign for it"),
    (False, "R is a low-order point"),
    (True, "A and R have a low-order part, but both encodings are canonical and the plain equation holds"),
    (False, "holds only after multiplying by the cofactor"),
    (False, "holds only after multiplying by the cofactor, and only if 8h is not reduced modulo L"),
    (False, "S is not below L"),
    (False, "S is far above L"),
    (False, "R is low-order and not canonical; holds if R is reduced before hashing"),
    (False, "R is low-order and not canonical; holds if R is hashed as received"),
    (False, "A is low-order and not canonical; holds if A is reduced before hashing"),
    (False, "A is low-order and not canonical; holds if A is hashed as received"),
)


ED25519, ML_DSA_65 = "wycheproof/ed25519_test.json", "wycheproof/mldsa_65_verify_test.json"
SPECCHECK_CASES = "ed25519-speccheck/cases.json"


def load(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def wycheproof(name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every case with its group."""
    for group in load(name)["testGroups"]:
        for case in group["tests"]:
            yield group, case


def test_every_file_of_cases_is_used() -> None:
    there = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.json")}
    assert there == {ED25519, ML_DSA_65, SPECCHECK_CASES}


@pytest.mark.threat("insertion / spoof", defence="SIG", measure="cases of Wycheproof, Ed25519, with the right verdict")
def test_wycheproof_ed25519(figure: Figure) -> None:
    verdicts = {
        case["tcId"]: (
            verify(Algorithm.ED25519, *map(bytes.fromhex, (group["publicKey"]["pk"], case["sig"], case["msg"]))),
            case["result"] == "valid",
        )
        for group, case in wycheproof(ED25519)
    }
    assert len(verdicts) >= 151
    assert [number for number, (ours, theirs) in verdicts.items() if ours != theirs] == []
    figure(len(verdicts))


@pytest.mark.threat(
    "downgrade / algorithm", defence="SIG", measure="cases of Wycheproof, ML-DSA-65, with the right verdict"
)
def test_wycheproof_ml_dsa_65(figure: Figure) -> None:
    """A signature that is valid under another context than the empty one is not valid here."""
    verdicts = {
        case["tcId"]: (
            verify(Algorithm.ML_DSA_65, *map(bytes.fromhex, (group["publicKey"], case["sig"], case["msg"]))),
            case["result"] == "valid" and not case.get("ctx"),
        )
        for group, case in wycheproof(ML_DSA_65)
    }
    assert len(verdicts) >= 210
    assert [number for number, (ours, theirs) in verdicts.items() if ours != theirs] == []
    figure(len(verdicts))


def test_wycheproof_ml_dsa_65_as_half_of_a_hybrid() -> None:
    """With an honest Ed25519 half beside it the verdict is the same; with none it is always no."""
    own = Ed25519PrivateKey.generate()
    public_key = own.public_key().public_bytes_raw()
    wrong = []
    for group, case in wycheproof(ML_DSA_65):
        lattice, sig, message = map(bytes.fromhex, (group["publicKey"], case["sig"], case["msg"]))
        expected = case["result"] == "valid" and not case.get("ctx")
        hybrid, both = Algorithm.ED25519_ML_DSA_65, own.sign(message) + sig
        verdicts = (verify(hybrid, public_key + lattice, each, message) for each in (both, bytes(64) + sig, sig))
        if tuple(verdicts) != (expected, False, False):
            wrong.append(case["tcId"])
    assert wrong == []


@pytest.mark.threat("insertion / spoof", defence="SIG", measure="cases of ed25519-speccheck with the right verdict")
def test_ed25519_speccheck(figure: Figure) -> None:
    cases = load(SPECCHECK_CASES)
    assert len(cases) == len(SPECCHECK)
    for case, (accepted, reason) in zip(cases, SPECCHECK, strict=True):
        inputs = (bytes.fromhex(case[name]) for name in ("pub_key", "signature", "message"))
        assert verify(Algorithm.ED25519, *inputs) is accepted, reason
    figure(len(cases))
