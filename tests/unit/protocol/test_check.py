"""One envelope at a time, offline: a statement, a Head or a directory, in either form."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.conftest import Figure
from tests.kit import START, START_NS, A, B, Net, flash, key, notice

from hotline import v1
from hotline.agreements.rehearsal import rehearse
from hotline.protocol.check import check_envelope, envelope_of
from hotline.protocol.dsse_json import to_dsse_json
from hotline.protocol.envelope import DIRECTORY, HEAD, STATEMENT, digest_of, sign
from hotline.protocol.errors import HotlineError
from hotline.protocol.statements import Draft

Write = Callable[[v1.Envelope], bytes]


def in_protobuf(envelope: v1.Envelope) -> bytes:
    return envelope.SerializeToString()


def in_json(envelope: v1.Envelope) -> bytes:
    return to_dsse_json(envelope).encode()


def in_spaced_json(envelope: v1.Envelope) -> bytes:
    return b"\n  " + in_json(envelope)


@pytest.fixture(scope="module")
def net() -> Net:
    return Net(A, B)


def statement(net: Net, persons: int | None = None) -> v1.Envelope:
    return net.sign(A, Draft(flash(), [B], v1.PRECEDENCE_FLASH), persons)


def head(net: Net) -> v1.Envelope:
    """A Head that A's node made."""
    made = (v1.Record.FromString(record) for record in net.journal(A))
    return next(record.head_made for record in made if record.HasField("head_made"))


def code_of(data: bytes, net: Net) -> str:
    with pytest.raises(HotlineError) as caught:
        check_envelope(data, net.trust)
    return caught.value.code


@pytest.mark.parametrize("write", [in_protobuf, in_json, in_spaced_json])
def test_a_statement_holds(net: Net, write: Write) -> None:
    envelope = statement(net)
    found = check_envelope(write(envelope), net.trust)
    assert (found.payload_type, found.type, found.speaker) == (STATEMENT, "hotline.v1.IncidentFlash", A)
    assert found.digest == digest_of(envelope)
    assert found.signers == ("officer-1 (watch-officer)", "officer-2 (releaser)")
    assert found.at_ns == START_NS
    assert found.statement is not None and found.statement.header.action == [B]


@pytest.mark.parametrize("write", [in_protobuf, in_json])
def test_a_head_holds(net: Net, write: Write) -> None:
    found = check_envelope(write(head(net)), net.trust)
    assert (found.payload_type, found.type, found.speaker, found.signers) == (HEAD, "Head", A, ("node",))
    assert (found.at_ns, found.statement) == (START_NS, None)


@pytest.mark.parametrize("write", [in_protobuf, in_json])
def test_a_directory_holds(net: Net, write: Write) -> None:
    found = check_envelope(write(net.trust.directories["CHN"]), net.trust)
    assert (found.payload_type, found.type, found.speaker) == (DIRECTORY, "Directory", "CHN")
    assert (found.at_ns, found.signers) == (START_NS, ("registrar",))


def altered(envelope: v1.Envelope, index: int = -1) -> v1.Envelope:
    payload = bytearray(envelope.payload)
    payload[index] ^= 1
    return v1.Envelope(payload_type=envelope.payload_type, payload=bytes(payload), signatures=envelope.signatures)


@pytest.mark.parametrize("write", [in_protobuf, in_json])
def test_an_altered_envelope_is_refused(net: Net, write: Write) -> None:
    for envelope in (statement(net), head(net), net.trust.directories["AUS"]):
        assert code_of(write(altered(envelope)), net) == "SIGNATURE_INVALID"


@pytest.mark.threat("corruption / tampering", defence="SIG", measure="changed bytes of a statement, each refused")
def test_every_changed_byte_of_a_statement_is_refused(net: Net, figure: Figure) -> None:
    data = in_protobuf(statement(net))
    for place, byte in enumerate(data):
        flipped = data[:place] + bytes([byte ^ 1 << place % 8]) + data[place + 1 :]
        assert code_of(flipped, net), f"byte {place}"
    figure(len(data))


def test_too_few_persons_are_refused(net: Net) -> None:
    assert code_of(in_protobuf(statement(net, persons=1)), net) == "SIGNATURE_COUNT"


def test_composed_outside_the_certificates_time_is_refused(net: Net) -> None:
    later = START.later(3 * 86_400 * 10**9)
    composed = net[A].compose(Draft(notice(), [B], v1.PRECEDENCE_ROUTINE), later)
    envelope = sign(STATEMENT, composed.SerializeToString(), net.rehearsal.officers[A]["officer-1"])
    assert code_of(in_protobuf(envelope), net) == "CERTIFICATE_EXPIRED"


def test_a_key_of_no_directory_is_refused(net: Net) -> None:
    payload = statement(net).payload
    for payload_type in (STATEMENT, HEAD, DIRECTORY):
        assert code_of(in_protobuf(sign(payload_type, payload, key(250))), net) == "KEY_UNKNOWN"


def test_what_is_no_statement_head_or_directory_is_refused(net: Net) -> None:
    assert code_of(in_protobuf(net.trust.agreement.signed.envelopes[0]), net) == "PAYLOAD_TYPE"
    assert code_of(b"", net) == "RULE_BROKEN"
    assert code_of(b"{}", net) == "MALFORMED"
    assert code_of(b"\xff\xff", net).startswith("SCAN_")
    assert code_of(in_protobuf(statement(net)) + b"\xfa\x06\x01x", net) == "SCAN_UNKNOWN_FIELD"


def test_a_directory_of_another_channel_is_refused(net: Net) -> None:
    other = rehearse([A, B], key, START_NS, channel="another")
    assert code_of(in_protobuf(other.trust.directories["AUS"]), net) == "DIRECTORY_FOREIGN"


def test_a_statement_under_another_agreement_is_refused(net: Net) -> None:
    other = Net(rehearsal=rehearse([A, B], key, START_NS, channel="another"))
    assert code_of(in_protobuf(statement(other)), net) == "WRONG_CHANNEL"


def test_either_form_is_told_by_its_first_brace(net: Net) -> None:
    envelope = statement(net)
    assert envelope_of(in_json(envelope)) == envelope_of(in_protobuf(envelope)) == envelope
