"""Verify first, then scan, then parse the very bytes that were verified."""

from __future__ import annotations

from typing import Any

import pytest
from tests.kit import A, B, key, notice
from tests.unit.protocol.handmade import officer, signed, statement, tampered, trust, with_bits_flipped

from hotline import v1
from hotline.protocol import envelope as module
from hotline.protocol.envelope import HEAD, STATEMENT, digest_of, parse, read, sign, verify
from hotline.protocol.errors import PeerDataError
from hotline.protocol.pae import digest
from hotline.protocol.signing import PublicKey


def twice(envelope: v1.Envelope) -> v1.Envelope:
    return v1.Envelope(
        payload_type=envelope.payload_type, payload=envelope.payload, signatures=[*envelope.signatures] * 2
    )


def refused(envelope: v1.Envelope, code: str) -> None:
    with pytest.raises(PeerDataError) as caught:
        verify(envelope, STATEMENT, trust().officer_key)
    assert caught.value.code == code


def test_what_was_signed_is_known_by_its_payload_alone() -> None:
    one, two = signed(statement()), signed(statement(), officer("ada"), officer("bo"))
    found = verify(two, STATEMENT, trust().officer_key)
    assert digest_of(one) == digest_of(two) == found.digest == digest(STATEMENT, one.payload)
    assert found.keyids == (officer("ada").fingerprint, officer("bo").fingerprint)


def test_what_was_verified_is_what_is_read() -> None:
    words = statement()
    found = read(verify(signed(words), STATEMENT, trust().officer_key), v1.Statement)
    assert found.message == words
    assert found.envelope == signed(words)
    assert found.digest == digest_of(signed(words))


def test_another_payload_type_is_refused() -> None:
    words = statement().SerializeToString(deterministic=True)
    refused(sign(HEAD, words, officer()), "PAYLOAD_TYPE")


@pytest.mark.parametrize("where", ["payload", "sig"])
def test_tampered_bytes_are_refused(where: str) -> None:
    refused(with_bits_flipped(signed(statement()), where), "SIGNATURE_INVALID")


def test_a_type_changed_after_signing_is_refused() -> None:
    envelope = sign(HEAD, statement().SerializeToString(deterministic=True), officer())
    envelope.payload_type = STATEMENT
    refused(envelope, "SIGNATURE_INVALID")


@pytest.mark.threat("insertion / spoof", defence="KEYS", measure="keys that may not sign, refused")
def test_a_key_that_may_not_sign_here_is_refused() -> None:
    refused(with_bits_flipped(signed(statement()), "keyid"), "KEY_UNKNOWN")


def test_a_signature_of_one_key_does_not_pass_for_another() -> None:
    envelope = signed(statement())
    envelope.signatures[0].keyid = officer("ada", B).fingerprint
    refused(envelope, "SIGNATURE_INVALID")


def test_one_good_signature_does_not_carry_a_bad_one() -> None:
    envelope = signed(statement(), officer("ada"), officer("bo"))
    envelope.signatures[1].sig = tampered(envelope.signatures[1].sig)
    refused(envelope, "SIGNATURE_INVALID")


def test_a_key_signs_once() -> None:
    refused(twice(signed(statement())), "SIGNATURE_DUPLICATE")


@pytest.mark.parametrize("count", [0, 9])
def test_one_to_eight_signatures_are_looked_at(count: int) -> None:
    envelope = signed(statement())
    one = envelope.signatures[0]
    del envelope.signatures[:]
    envelope.signatures.extend([one] * count)
    refused(envelope, "SIGNATURE_COUNT")


def test_eight_keys_may_sign_and_a_ninth_may_not() -> None:
    signers = [key(number) for number in range(9)]
    known = {signer.fingerprint: PublicKey(signer.algorithm, signer.public_key) for signer in signers}
    eight = sign(STATEMENT, b"words", *signers[:8])
    assert verify(eight, STATEMENT, known.get).keyids == tuple(signer.fingerprint for signer in signers[:8])
    with pytest.raises(PeerDataError, match="SIGNATURE_COUNT: 9 signatures; one to eight are allowed"):
        verify(sign(STATEMENT, b"words", *signers), STATEMENT, known.get)


def test_a_refusal_says_what_came_and_whose_signature_it_is() -> None:
    """What people look the key up by is the beginning that lists of keys show: twelve digits."""
    good = signed(statement())
    name = officer().fingerprint.hex()[:12]
    head, stranger = v1.Envelope(payload_type=HEAD), with_bits_flipped(good, "keyid")
    unknown = stranger.signatures[0].keyid.hex()[:12]
    for envelope, words in (
        (head, f"PAYLOAD_TYPE: expected {STATEMENT}, got '{HEAD}'"),
        (stranger, f"KEY_UNKNOWN: key {unknown} may not sign this here"),
        (twice(good), f"SIGNATURE_DUPLICATE: key {name} signed twice"),
        (with_bits_flipped(good, "sig"), f"SIGNATURE_INVALID: the signature by {name} does not verify"),
    ):
        with pytest.raises(PeerDataError) as caught:
            verify(envelope, STATEMENT, trust().officer_key)
        assert str(caught.value) == words


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff", "SCAN_TRUNCATED"),
        (statement(from_post=A, handling="\u0007").SerializeToString(), "SCAN_TEXT_CONTROL"),
        (statement(nonce=b"short").SerializeToString(), "RULE_BROKEN"),
    ],
)
def test_bytes_are_scanned_and_held_against_the_rules(data: bytes, code: str) -> None:
    with pytest.raises(PeerDataError) as caught:
        parse(data, v1.Statement)
    assert caught.value.code == code


def test_what_only_the_parser_refuses_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any) -> None: ...

    monkeypatch.setattr(module, "scan", nothing)
    with pytest.raises(PeerDataError) as caught:
        parse(b"\xff", v1.Statement)
    assert caught.value.code == "MALFORMED"
    assert caught.value.detail.startswith("not a Statement: ")


def test_a_payload_is_signed_as_it_is() -> None:
    envelope = sign(STATEMENT, b"any bytes", officer(), officer("bo"))
    assert envelope.payload == b"any bytes"
    assert verify(envelope, STATEMENT, trust().officer_key).keyids == (
        officer().fingerprint,
        officer("bo").fingerprint,
    )


def test_order_of_fields_does_not_matter_to_what_was_signed() -> None:
    words = statement(notice())
    turned = words.SerializeToString(deterministic=True)
    # The same two parts in the other order: parsers read it alike, and it is another object.
    parts = v1.Statement(header=words.header).SerializeToString(deterministic=True)
    other = turned[len(parts) :] + parts
    assert parse(other, v1.Statement) == words
    assert digest(STATEMENT, other) != digest(STATEMENT, turned)
