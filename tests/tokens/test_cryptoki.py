"""Ed25519 keys in a real token: SoftHSM 2, through PKCS #11."""

from __future__ import annotations

import os
import shutil
import subprocess

import pkcs11
import pytest
from pkcs11.util.ec import encode_named_curve_parameters
from tests.tokens.conftest import MODULES, PIN, Tokens

from hotline.keys import KeysError, TokenAddress, make_in_token, open_token
from hotline.protocol.signing import Algorithm, verify


def pin(what: str) -> bytes:
    return PIN.encode()


def address(text: str) -> TokenAddress:
    return TokenAddress.parse(f"pkcs11:{text}?module-path={MODULES[0]}")


def refused(text: str, given: str = PIN) -> str:
    with pytest.raises(KeysError) as error:
        open_token(address(text), lambda _: given.encode())
    return error.value.code


def test_a_key_is_made_in_the_token_and_found_again(tokens: Tokens) -> None:
    made = make_in_token(address("token=aus;object=made;id=%01%02"), pin)
    assert verify(Algorithm.ED25519, made.public_key, made.sign(b"words"), b"words")
    assert made.sign(b"words") == made.sign(b"words"), "Ed25519 draws nothing"
    for text in ("token=aus;object=made", "token=aus;id=%01%02", "token=aus;object=made;id=%01%02;type=private"):
        assert open_token(address(text), pin).fingerprint == made.fingerprint
    assert open_token(TokenAddress.parse(tokens.address("aus", "made")), lambda _: b"").public_key == made.public_key


def test_a_key_is_never_made_over_another(tokens: Tokens) -> None:
    first = make_in_token(address("token=aus;object=once"), pin)
    with pytest.raises(KeysError, match="KEY_EXISTS"):
        make_in_token(address("token=aus;object=once"), pin)
    assert open_token(address("token=aus;object=once"), pin).fingerprint == first.fingerprint


def test_what_is_not_there_is_said(tokens: Tokens) -> None:
    assert refused("token=aus;object=none") == "KEY_TOKEN"
    assert refused("token=none;object=made") == "KEY_TOKEN"
    assert refused("token=aus;serial=00;object=made") == "KEY_TOKEN"
    with pytest.raises(KeysError, match="KEY_TOKEN"):
        open_token(TokenAddress.parse("pkcs11:token=aus;object=made?module-path=/none/such.so"), pin)


def test_a_wrong_pin_is_refused(tokens: Tokens) -> None:
    assert refused("token=locked;object=made", given="0000") == "KEY_PASSPHRASE"
    assert refused("token=locked;object=made", given="1") == "KEY_PASSPHRASE"


def test_the_private_half_cannot_be_taken_out(tokens: Tokens) -> None:
    """Asked by another program: OpenSC's, where it is installed; else by the library that we use."""
    make_in_token(address("token=chn;object=kept"), pin)
    if shutil.which("pkcs11-tool") or os.environ.get("CI") == "true":
        login = ("--token-label", "chn", "--login", "--pin", PIN)
        words = ["pkcs11-tool", "--module", str(MODULES[0]), *login, "--list-objects", "--type", "privkey"]
        shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        assert "sensitive, always sensitive, never extractable" in shown
    token = pkcs11.lib(str(MODULES[0])).get_token(token_label="chn")
    with token.open() as session:
        (key,) = session.get_objects(
            {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.Attribute.LABEL: "kept"}
        )
        assert (key[pkcs11.Attribute.SENSITIVE], key[pkcs11.Attribute.EXTRACTABLE]) == (True, False)
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            key[pkcs11.Attribute.VALUE]


def test_a_key_of_another_curve_is_not_ours(tokens: Tokens) -> None:
    make_in_token(address("token=chn;object=logs-in"), pin)
    with pkcs11.lib(str(MODULES[0])).get_token(token_label="chn").open(rw=True) as session:
        parameters = session.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True
        )
        parameters.generate_keypair(store=True, label="p256")
    assert refused("token=chn;object=p256") == "KEY_TOKEN"
