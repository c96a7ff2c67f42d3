"""The JSON form of envelopes: the same bytes, read as strictly as the protobuf form."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline import v1
from hotline.protocol.dsse_json import from_dsse_json, to_dsse_json
from hotline.protocol.envelope import STATEMENT
from hotline.protocol.errors import PeerDataError

ENVELOPE = v1.Envelope(
    payload_type=STATEMENT,
    payload=b"\xfb\xff payload \x00",
    signatures=[v1.Signature(keyid=bytes(range(32)), sig=bytes(range(255, 191, -1)))],
)


def written(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(to_dsse_json(ENVELOPE))
    fields["signatures"][0].update(changes.pop("signature", {}))
    fields.update(changes)
    return fields


def test_both_ways_give_the_same_envelope() -> None:
    assert from_dsse_json(to_dsse_json(ENVELOPE).encode()) == ENVELOPE
    assert from_dsse_json(b" \n" + json.dumps(written(), indent=2).encode()) == ENVELOPE


def test_the_url_alphabet_and_base64_key_ids_are_read() -> None:
    urlsafe = base64.urlsafe_b64encode(ENVELOPE.payload).decode()
    assert "_" in urlsafe
    keyid = base64.b64encode(ENVELOPE.signatures[0].keyid).decode()
    assert from_dsse_json(json.dumps(written(payload=urlsafe, signature={"keyid": keyid})).encode()) == ENVELOPE


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff{}",
        to_dsse_json(ENVELOPE).encode("utf-16"),
        b"\xef\xbb\xbf" + to_dsse_json(ENVELOPE).encode(),
        to_dsse_json(ENVELOPE).encode() + b"{}",
        to_dsse_json(ENVELOPE).encode().replace(b'"payload":', b'"payload": "AAAA", "payload":'),
        to_dsse_json(ENVELOPE).encode().replace(b'"keyid":', b'"sig": "AAAA", "keyid":'),
        b"[" * 100_000,
        b'{"payload": ' + b"9" * 10_000 + b"}",
        b'{"payload": NaN}',
    ],
    ids=range(14),
)
def test_what_is_no_such_json_is_malformed(text: bytes) -> None:
    with pytest.raises(PeerDataError, match="MALFORMED"):
        from_dsse_json(text)


@pytest.mark.parametrize(
    "fields",
    [
        written(note="more"),
        written(payloadType=7),
        written(payload=None),
        written(payload=["AAAA"]),
        written(signatures={}),
        written(signatures=["AAAA"]),
        written(signature={"alg": "ed25519"}),
        written(signature={"keyid": "00" * 31 + "zz"}),
        written(signature={"keyid": 5}),
        {name: value for name, value in written().items() if name != "signatures"},
        *(written(payload=text) for text in ("AAA", "AAAB=", "AAB=", "A A=", "AAA=\n", "-_+/", "é", "====")),
    ],
    ids=str,
)
def test_what_is_not_exactly_an_envelope_is_malformed(fields: dict[str, Any]) -> None:
    with pytest.raises(PeerDataError, match="MALFORMED"):
        from_dsse_json(json.dumps(fields).encode())


@pytest.mark.parametrize("fields", [written(payload=""), written(signatures=[]), written(payloadType="")], ids=str)
def test_the_rules_of_envelopes_hold_here_too(fields: dict[str, Any]) -> None:
    with pytest.raises(PeerDataError, match="RULE_BROKEN"):
        from_dsse_json(json.dumps(fields).encode())


@pytest.mark.threat("malformed protobuf", defence="SCAN", measure="drawn texts as DSSE JSON, read or refused")
@given(st.binary())
def test_no_bytes_bring_it_down(text: bytes) -> None:
    with pytest.raises(PeerDataError):
        from_dsse_json(text)


@given(payload=st.binary(min_size=1), keyid=st.binary(min_size=32, max_size=32))
def test_any_payload_comes_back(payload: bytes, keyid: bytes) -> None:
    envelope = v1.Envelope(payload_type="x", payload=payload, signatures=[v1.Signature(keyid=keyid, sig=bytes(64))])
    assert from_dsse_json(to_dsse_json(envelope).encode()) == envelope
