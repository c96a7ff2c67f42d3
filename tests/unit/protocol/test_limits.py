"""The standard's limits: at each, one above it and a hundred times it (REQ-NET-4, REQ-NET-10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from google.protobuf.message import Message
from tests.conftest import Figure
from tests.kit import A, B, Net, notice
from tests.unit.protocol.handmade import with_bits_flipped
from tests.unit.protocol.wire import Sample, nested

from hotline import v1
from hotline.protocol.envelope import STATEMENT, Signed, digest_of, parse, sign
from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import to_timestamp
from hotline.protocol.intake import FORGED_MAX, FRAME_BYTES_MAX
from hotline.protocol.log import PostLog
from hotline.protocol.rules import broken_rules
from hotline.protocol.scan import MAX_DEPTH, scan
from hotline.protocol.statements import Draft, judge, verify_statement
from hotline.protocol.trust import Trust

exhaustion = pytest.mark.threat(
    "resource exhaustion", defence="LIM", measure="limits held at, one above and a hundred times above"
)
ENVELOPE = v1.Envelope(payload_type="x", payload=b"x", signatures=[v1.Signature(keyid=bytes(32), sig=bytes(64))])


@dataclass(frozen=True)
class Row:
    """A repeated field, how many it may have, and one item of it."""

    message: Message
    field: str
    limit: int
    item: object


RECEIPT = v1.Receipt(post=A, epoch=1, sequence=1, statement_digest=bytes(32), received_at=to_timestamp(1))
POSITION = v1.LogPosition(post=A, epoch=1, sequence=1, link_digest=bytes(32))
ROWS = (
    Row(v1.Frame(), "statements", 1024, ENVELOPE),
    Row(v1.Frame(), "links", 64, v1.LinkRun(post=A, epoch=1, first=1, links=[v1.Link()])),
    Row(v1.Frame(), "agreements", 16, v1.SignedAgreement(envelopes=[ENVELOPE])),
    Row(v1.Frame(), "directories", 64, ENVELOPE),
    Row(v1.Head(), "receipts", 2048, RECEIPT),
    Row(v1.Head(), "held", 64, POSITION),
    Row(v1.Head(), "beats_seen", 64, v1.PeerBeat(post=A, beat=1)),
    Row(v1.Head(), "echoes", 64, v1.HelloEcho(post=A, hello=bytes(16))),
    Row(v1.Envelope(), "signatures", 8, ENVELOPE.signatures[0]),
    Row(v1.StatementHeader(), "action", 32, A),
    Row(v1.StatementHeader(), "info", 32, A),
    Row(v1.StatementHeader(), "texts", 4, v1.Text(language="en", text="x", role=v1.Text.ROLE_AUTHENTIC)),
)


@exhaustion
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.message.DESCRIPTOR.name}.{row.field}")
def test_a_list_has_its_length(row: Row, figure: Figure) -> None:
    def broken(count: int) -> bool:
        message = type(row.message)()
        getattr(message, row.field).extend([row.item] * count)
        return any((path, rule) == (row.field, "repeated.max_items") for path, rule, _ in broken_rules(message))

    assert [broken(count) for count in (row.limit, row.limit + 1, 100 * row.limit)] == [False, True, True]
    figure(3)


def code_of(call: Callable[[], object]) -> str:
    """The code with which something is refused; empty if it is not."""
    try:
        call()
    except PeerDataError as error:
        return error.code
    return ""


@exhaustion
def test_a_frame_has_its_size(figure: Figure) -> None:
    net = Net(A, B)
    found = [code_of(partial(net[B].receive, bytes(size), net.now)) for size in sizes(FRAME_BYTES_MAX)]
    assert found == ["SCAN_UNKNOWN_FIELD", "TOO_LARGE", "TOO_LARGE"]
    figure(3)


@exhaustion
def test_a_statement_has_its_size(figure: Figure) -> None:
    net = Net(A, B)
    limit = net.trust.terms(net.now.utc_ns).message.line.statement_bytes_max

    def judged(size: int) -> str:
        envelope = sign(STATEMENT, bytes(size), net.rehearsal.officers[A]["officer-1"])
        refusal = judge(verify_statement(envelope, net.trust), net.trust, A, 1, net.now.utc_ns).refusal
        return refusal.code if refusal else ""

    assert [judged(size) for size in sizes(limit)] == ["SCAN_UNKNOWN_FIELD", "TOO_LARGE", "TOO_LARGE"]
    figure(3)


@exhaustion
def test_a_text_has_its_length(figure: Figure) -> None:
    def found(size: int) -> str:
        text = v1.Text(language="en", text="x" * size, role=v1.Text.ROLE_AUTHENTIC)
        return code_of(lambda: parse(text.SerializeToString(), v1.Text))

    assert [found(size) for size in sizes(4_000)] == ["", "RULE_BROKEN", "RULE_BROKEN"]
    figure(3)


@exhaustion
def test_messages_have_their_depth(figure: Figure) -> None:
    found = [code_of(partial(scan, Sample.DESCRIPTOR, nested(depth))) for depth in sizes(MAX_DEPTH)]
    assert found == ["", "SCAN_DEPTH", "SCAN_DEPTH"]
    figure(3)


def sizes(limit: int) -> tuple[int, int, int]:
    """At, one above, a hundred times."""
    return limit, limit + 1, 100 * limit


@exhaustion
@pytest.mark.parametrize("linked", [True, False])
def test_a_frame_of_forgeries_is_not_worth_the_work(
    linked: bool, monkeypatch: pytest.MonkeyPatch, figure: Figure
) -> None:
    net, looked = Net(A, B), 0

    def counting(envelope: v1.Envelope, trust: Trust) -> Signed:
        nonlocal looked
        looked += 1
        return verify_statement(envelope, trust)

    for module in ("intake", "statements"):
        monkeypatch.setattr(f"hotline.protocol.{module}.verify_statement", counting)
    good = net.sign(A, Draft(body=notice(), action=[B], precedence=v1.PRECEDENCE_ROUTINE))
    forged = with_bits_flipped(good, "sig")
    log = PostLog(net.trust.agreement.channel, A, 1)
    if linked:
        log.append(
            v1.Link(
                statement_digest=digest_of(good),
                precedence=v1.PRECEDENCE_ROUTINE,
                size=len(good.payload),
                sealed_at_ms=1,
            )
        )
    links = [log.run(1, 1)] if linked else []
    for beat, count in enumerate((FORGED_MAX, FORGED_MAX + 1, 1024), 9_000):
        looked = 0
        net.deliver(B, net.frame(A, log, beat, links=links, statements=[forged] * count))
        assert (looked, net.errors) == (FORGED_MAX, [])
    assert net[B].counters["SIGNATURE_INVALID"] + net[B].counters["UNLINKED"] == 2 * FORGED_MAX + 1 + 1024
    figure(3)


def test_what_is_good_is_taken_from_between_forgeries_and_once() -> None:
    net = Net(A, B)
    good = net.sign(A, Draft(body=notice(), action=[B], precedence=v1.PRECEDENCE_ROUTINE))
    log = PostLog(net.trust.agreement.channel, A, 1)
    sealed_at_ms = net.now.utc_ms
    log.append(
        v1.Link(
            statement_digest=digest_of(good),
            precedence=v1.PRECEDENCE_ROUTINE,
            size=len(good.payload),
            sealed_at_ms=sealed_at_ms,
        )
    )
    forged = with_bits_flipped(good, "sig")
    frame = net.frame(A, log, 9_000, links=[log.run(1, 1)], statements=[forged, good, forged, good])
    net.deliver(B, frame)
    assert net[B].counters == {"SIGNATURE_INVALID": 1}
    assert digest_of(good) in net[B].book.entries
