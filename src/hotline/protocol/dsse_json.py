"""The JSON form of a DSSE envelope, as other tools write it.

    {"payloadType": "...", "payload": "<base64>", "signatures": [{"keyid": "<hex or base64>", "sig": "<base64>"}]}

It carries the same bytes as the protobuf form and is read as strictly: UTF-8, no name twice, no other names, every
value of its own type, base64 in its one encoding (either alphabet, padded, no loose bits).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable

from hotline import v1
from hotline.protocol.errors import PeerDataError
from hotline.protocol.rules import check_rules


def from_dsse_json(text: bytes) -> v1.Envelope:
    """The envelope in its JSON form; no signature in it has been checked.

    Raises:
        PeerDataError: MALFORMED, RULE_BROKEN.
    """
    try:
        found: object = json.loads(text.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise PeerDataError("MALFORMED", f"not JSON: {error}") from error
    fields = _object(found, "the envelope", {"payloadType", "payload", "signatures"})
    signatures = fields["signatures"]
    if not isinstance(signatures, list):
        raise PeerDataError("MALFORMED", "signatures is not a list")
    envelope = v1.Envelope(
        payload_type=_text(fields["payloadType"], "payloadType"),
        payload=_base64(fields["payload"], "payload"),
        signatures=[_signature(signature) for signature in signatures],
    )
    check_rules(envelope)
    return envelope


def to_dsse_json(envelope: v1.Envelope) -> str:
    """An envelope as other tools read it: standard base64, key ids in hexadecimal."""
    return json.dumps(
        {
            "payloadType": envelope.payload_type,
            "payload": base64.b64encode(envelope.payload).decode(),
            "signatures": [
                {"keyid": signature.keyid.hex(), "sig": base64.b64encode(signature.sig).decode()}
                for signature in envelope.signatures
            ],
        }
    )


def _signature(found: object) -> v1.Signature:
    fields = _object(found, "a signature", {"keyid", "sig"})
    return v1.Signature(keyid=_key_id(fields["keyid"]), sig=_base64(fields["sig"], "sig"))


def _key_id(value: object) -> bytes:
    """A fingerprint is 64 hexadecimal digits or 44 characters of base64: the two cannot be taken for each other."""
    text = _text(value, "keyid")
    if len(text) != 64:
        return _base64(text, "keyid")
    try:
        keyid = binascii.unhexlify(text)
    except ValueError as error:
        raise PeerDataError("MALFORMED", "keyid is not hexadecimal") from error
    return keyid


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object, unless a name stands in it twice: parsers differ in which of the two they take."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return fields


def _object(found: object, what: str, names: set[str]) -> dict[str, object]:
    if not isinstance(found, dict) or found.keys() != names:
        raise PeerDataError("MALFORMED", f"{what} is not an object of exactly {', '.join(sorted(names))}")
    return found


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise PeerDataError("MALFORMED", f"{name} is not text")
    return value


def _base64(value: object, name: str) -> bytes:
    text = _text(value, name)
    forms: tuple[tuple[Callable[[str], bytes], Callable[[bytes], bytes]], ...] = (
        (base64.b64decode, base64.b64encode),
        (base64.urlsafe_b64decode, base64.urlsafe_b64encode),
    )
    for decode, encode in forms:
        try:
            decoded = decode(text)
        except ValueError:
            continue
        if encode(decoded).decode() == text:
            return decoded
    raise PeerDataError("MALFORMED", f"{name} is not base64 in its one encoding")
