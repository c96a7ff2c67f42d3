"""DSSE JSON, verified by securesystemslib: an implementation of DSSE that shares nothing with ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer._key import Key
from tests.kit import A, B, Net, flash, notice

from hotline.protocol.dsse_json import from_dsse_json, to_dsse_json
from hotline.protocol.envelope import STATEMENT
from hotline.protocol.trust import public_key


@pytest.fixture(scope="module")
def net() -> Net:
    return Net(A, B)


def keys(net: Net) -> list[Key]:
    """Every officer's key of a post, in the form that library has for them."""
    found = [public_key(officer.key) for officer in net.trust.posts[A].officers]
    return [Key.from_dict(key.fingerprint.hex(), _form(key.public_key)) for key in found]


def _form(public_key: bytes) -> dict[str, Any]:
    return {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public_key.hex()}}


def test_a_statement_verifies(net: Net) -> None:
    envelope = net.entry(A, net.say(A, notice()).digest).envelope
    read = Envelope.from_dict(json.loads(to_dsse_json(envelope)))
    assert (read.payload_type, read.payload) == (STATEMENT, envelope.payload)
    assert len(read.verify(keys(net), threshold=1)) == 1


def test_two_persons_verify_as_two(net: Net) -> None:
    envelope = net.entry(A, net.say(A, flash(), precedence="FLASH").digest).envelope
    read = Envelope.from_dict(json.loads(to_dsse_json(envelope)))
    assert len(read.verify(keys(net), threshold=2)) == 2


def test_one_changed_byte_does_not_verify(net: Net) -> None:
    envelope = net.entry(A, net.say(A, notice()).digest).envelope
    read = Envelope.from_dict(json.loads(to_dsse_json(envelope)))
    read.payload = read.payload[:-1] + bytes([read.payload[-1] ^ 1])
    with pytest.raises(VerificationError):
        read.verify(keys(net), threshold=1)


def test_what_that_library_writes_is_read_as_the_same_envelope(net: Net) -> None:
    envelope = net.entry(A, net.say(A, notice()).digest).envelope
    written = Envelope.from_dict(json.loads(to_dsse_json(envelope))).to_dict()
    assert from_dsse_json(json.dumps(written).encode()) == envelope
