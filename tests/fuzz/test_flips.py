"""No bit of a message can be changed without being noticed, on the line or on the disk."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message
from tests.conftest import Figure
from tests.fuzz import flips
from tests.fuzz.spoken import signed

from hotline.protocol.statements import BODIES


@pytest.mark.threat(
    "corruption / tampering", defence="SIG", measure="single-bit flips of one message of each type, all refused"
)
@pytest.mark.parametrize("kind", BODIES, ids=lambda kind: str(kind.DESCRIPTOR.name))
def test_every_flip_of_a_message_is_refused(kind: type[Message], figure: Figure) -> None:
    data = signed(kind).SerializeToString(deterministic=True)
    found = flips.codes(data, flips.take_statement)
    assert found[""] == 0
    assert found["SIGNATURE_INVALID"] > found.total() / 2
    figure(found.total())


@pytest.mark.threat("corruption / tampering", defence="SIG", measure="single-bit flips of a Head, all refused")
def test_every_flip_of_a_head_is_refused(figure: Figure) -> None:
    found = flips.codes(flips.head(), flips.take_object)
    assert found[""] == 0
    figure(found.total())


@pytest.mark.threat(
    "corruption / tampering", defence="LOG", measure="single-bit flips of each type's record in a journal, all found"
)
def test_every_flip_of_a_record_is_found(figure: Figure) -> None:
    total = 0
    for kind in BODIES:
        found = flips.kept(flips.statement_record(kind))
        assert found.keys() == {"JOURNAL_CORRUPT"}, kind
        total += found.total()
    figure(total)
