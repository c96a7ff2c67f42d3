"""A signer over a token: what it makes of tokens that are slow, gone or wrong. Real ones: tests/tokens."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hotline.keys import Ask, KeysError, SoftSigner, TokenAddress, TokenSigner, cryptoki, open_token, token
from hotline.keys.token import make_in_token
from hotline.protocol.signing import Algorithm, Signer, verify

ADDRESS = TokenAddress.parse("pkcs11:token=a;object=b?module-path=/nowhere.so")


class Stand:
    """Stands for a key pair in a token."""

    def __init__(self) -> None:
        self.signer = SoftSigner.generate()
        self.public_key = self.signer.public_key
        self.answers = threading.Event()
        self.answers.set()

    def sign(self, message: bytes) -> bytes:
        self.answers.wait()
        return self.signer.sign(message)


def test_it_is_a_signer() -> None:
    pair = Stand()
    signer: Signer = TokenSigner(pair, "here")
    assert (signer.algorithm, signer.public_key) == (Algorithm.ED25519, pair.public_key)
    assert signer.fingerprint == pair.signer.fingerprint
    assert verify(signer.algorithm, signer.public_key, signer.sign(b"words"), b"words")
    assert repr(signer) == f"TokenSigner({signer.fingerprint.hex()[:12]})"


def test_a_token_that_is_slow_is_given_up() -> None:
    """It answers after it was given up, and not before: whoever waited for it would wait for ever."""
    pair = Stand()
    pair.answers.clear()
    with pytest.raises(KeysError, match=r"KEY_TOKEN: pkcs11:token=slow did not answer within 0\.05 s"):
        TokenSigner(pair, "pkcs11:token=slow", answer_s=0.05)
    hung = {thread.daemon for thread in threading.enumerate() if thread.name == "token"}
    assert hung == {True}, "it does not keep the process from ending"
    pair.answers.set()
    assert TokenSigner(pair, "pkcs11:token=slow").public_key == pair.public_key


def test_a_token_that_answers_wrongly_is_refused_from_the_start() -> None:
    pair = Stand()
    pair.signer = SoftSigner.generate()
    with pytest.raises(KeysError, match="KEY_TOKEN: here gave a signature that does not verify"):
        TokenSigner(pair, "here")


def test_a_public_key_that_the_profile_does_not_admit_is_refused() -> None:
    pair = Stand()
    pair.public_key = b"\x01" + bytes(31)
    with pytest.raises(KeysError, match="KEY_FORMAT: here: no Ed25519 key: a low-order point"):
        TokenSigner(pair, "here")


def test_what_a_token_says_goes_through() -> None:
    pair = Stand()
    signer = TokenSigner(pair, "here")

    def gone(message: bytes) -> bytes:
        raise KeysError("KEY_TOKEN", "here: DeviceRemoved")

    pair.sign = gone  # type: ignore[method-assign]  # the token is pulled out
    with pytest.raises(KeysError, match="DeviceRemoved"):
        signer.sign(b"words")


@pytest.mark.parametrize("work", [open_token, make_in_token])
def test_without_the_library_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, work: object) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    monkeypatch.delitem(sys.modules, "hotline.keys.cryptoki", raising=False)
    assert callable(work)
    with pytest.raises(KeysError, match=r"PART_MISSING: .*tokens\]"):
        work(ADDRESS, lambda _: b"1234")


@pytest.mark.parametrize(("name", "work"), [("find", open_token), ("generate", make_in_token)])
def test_the_pin_is_asked_for_and_handed_to_the_token(
    monkeypatch: pytest.MonkeyPatch, name: str, work: Callable[[TokenAddress, Ask], TokenSigner]
) -> None:
    asked: list[object] = []
    pair = Stand()

    def ask(what: str) -> bytes:
        asked.append(what)
        return "暗号".encode() + b"\xff"

    def take(address: TokenAddress, pin: str) -> Stand:
        asked.extend((address, pin))
        return pair

    monkeypatch.setattr(cryptoki, name, take)
    signer = work(ADDRESS, ask)
    assert signer.public_key == pair.public_key
    assert asked == [f"the PIN of {ADDRESS}", ADDRESS, "暗号\N{REPLACEMENT CHARACTER}"]
    pair.signer = SoftSigner.generate()
    with pytest.raises(KeysError, match=re.escape(f"{ADDRESS} gave a signature that does not verify")):
        signer.sign(b"words")


def test_a_token_that_does_not_open_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(token, "OPEN_S", 0.05)
    for name, work in (("find", open_token), ("generate", make_in_token)):
        monkeypatch.setattr(cryptoki, name, lambda address, pin: never.wait())
        with pytest.raises(KeysError) as error:
            work(ADDRESS, lambda _: b"1234")
        assert (error.value.code, error.value.detail) == ("KEY_TOKEN", f"{ADDRESS} did not answer within 0.05 s")
    never.set()


def test_the_pin_of_an_address_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "pin"
    path.write_text("1234\n", encoding="ascii")
    path.chmod(0o644)
    address = TokenAddress.parse(f"{ADDRESS}&pin-source=file:{path}")
    with pytest.raises(KeysError, match="KEY_EXPOSED"):
        open_token(address, lambda _: b"1234")
    path.chmod(0o600)
    with pytest.raises(KeysError, match="KEY_TOKEN"):
        open_token(address, lambda _: b"1234")
