"""Addresses of keys: files, and RFC 7512."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.keys import KeysError, TokenAddress, key_place

MODULE = "module-path=/usr/lib/softhsm/libsofthsm2.so"


@pytest.fixture(autouse=True)
def without_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOTLINE_PKCS11_MODULE", raising=False)


def test_anything_else_is_a_file() -> None:
    assert key_place("aus/anna.key") == Path("aus/anna.key")


def test_every_part_of_an_address() -> None:
    path = "token=Fleet%20Watch;serial=0a1b;object=anna%3B1;id=%01%ff;type=private"
    text = f"pkcs11:{path}?pin-source=file:/run/pin&{MODULE}"
    place = key_place(text)
    assert place == TokenAddress(
        text=text,
        token="Fleet Watch",
        serial="0a1b",
        object="anna;1",
        id=b"\x01\xff",
        module=Path("/usr/lib/softhsm/libsofthsm2.so"),
        pin_file=Path("/run/pin"),
    )
    assert str(place) == text


@pytest.mark.parametrize(
    ("path", "token", "serial", "name", "number"),
    [
        ("token=a;object=b", "a", "", "b", b""),
        ("token=a;id=%01", "a", "", "", b"\x01"),
        ("serial=0a;object=b", "", "0a", "b", b""),
        ("serial=0a;id=%01", "", "0a", "", b"\x01"),
    ],
)
def test_one_name_of_the_token_and_one_of_the_key_are_enough(
    path: str, token: str, serial: str, name: str, number: bytes
) -> None:
    place = TokenAddress.parse(f"pkcs11:{path}?{MODULE}")
    assert (place.token, place.serial, place.object, place.id) == (token, serial, name, number)
    assert place.pin_file is None, "the PIN is asked for"


def test_the_environment_may_name_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_PKCS11_MODULE", "/usr/lib/other.so")
    assert TokenAddress.parse("pkcs11:token=a;object=b").module == Path("/usr/lib/other.so")
    assert TokenAddress.parse(f"pkcs11:token=a;object=b?{MODULE}").module == Path("/usr/lib/softhsm/libsofthsm2.so")
    assert TokenAddress.parse("pkcs11:token=a;object=b?pin-source=/run/pin").pin_file == Path("/run/pin")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pkcs11:", "token="),
        (f"pkcs11:token=a?{MODULE}", "object="),
        (f"pkcs11:object=b?{MODULE}", "token="),
        (f"pkcs11:token=;object=b?{MODULE}", "token="),
        ("pkcs11:token=a;object=b", "HOTLINE_PKCS11_MODULE"),
        (f"pkcs11:token=a;object=b;type=public?{MODULE}", "type=private"),
        (f"pkcs11:token=a;object=b;slot-id=3?{MODULE}", "slot-id"),
        (f"pkcs11:token=a;token=c;object=b?{MODULE}", "twice"),
        (f"pkcs11:token=a;object?{MODULE}", "object"),
        (f"pkcs11:token=a;object=b?{MODULE}&pin-value=1234", "PIN"),
        (f"pkcs11:token=a;object=b?{MODULE}&pin-source=run/pin", "absolute"),
        (f"pkcs11:token=a;object=b?{MODULE}&pin-source=|cat", "absolute"),
        (f"pkcs11:token=a;object=b?{MODULE}&x=1", "'x'"),
    ],
)
def test_what_is_no_address(text: str, words: str) -> None:
    with pytest.raises(KeysError) as error:
        key_place(text)
    assert error.value.code == "KEY_PLACE"
    assert words in error.value.detail
