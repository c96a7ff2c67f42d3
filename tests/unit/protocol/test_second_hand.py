"""Statements at second hand: whoever passes one on can take signatures off it or put some to it, and refuses it for
nobody by that (spec 03, REQ-HEAD-7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.kit import A, B, C, Net, flash
from tests.unit.protocol.lives import comes_back, draft

from hotline import v1
from hotline.protocol.envelope import STATEMENT, digest_of
from hotline.protocol.instant import NS_PER_MS
from hotline.protocol.pae import pae
from hotline.protocol.signing import Signer
from hotline.protocol.statements import sign_statement

Change = Callable[[Net, v1.Envelope], None]


def stripped(net: Net, statement: v1.Envelope) -> None:
    """Without the second officer's signature."""
    del statement.signatures[1:]


def joined(net: Net, statement: v1.Envelope) -> None:
    """With that of an officer of the post that passes it on."""
    _add(statement, next(iter(net.rehearsal.officers[B].values())))


def joined_by_node(net: Net, statement: v1.Envelope) -> None:
    """With that of the node that passes it on."""
    _add(statement, net.desks[B].signer)


def joined_by_nobody(net: Net, statement: v1.Envelope) -> None:
    """With one by a key that nobody has."""
    _add(statement, net.draw())


def _add(statement: v1.Envelope, signer: Signer) -> None:
    signature = signer.sign(pae(STATEMENT, statement.payload))
    statement.signatures.add(keyid=signer.fingerprint, sig=signature)


def passed_on(change: Change) -> tuple[Net, bytes]:
    """A FLASH of A that C has got only from B, who has changed its signatures."""
    net = Net(A, B, C)
    net.disconnect(A, C)

    def tap(sender: str, receiver: str, data: bytes) -> bytes:
        frame = v1.Frame.FromString(data)
        for statement in frame.statements if (sender, receiver) == (B, C) else ():
            change(net, statement)
        return frame.SerializeToString()

    net.tap = tap
    sent = net.say(A, flash(), B, C, precedence="FLASH")
    net.go(20)
    return net, sent.digest


def refusals(net: Net, post: str) -> list[str]:
    """Codes of every refusal that a post ever signed."""
    records = map(v1.Record.FromString, net.journal(post))
    heads = (v1.Head.FromString(record.head_made.payload) for record in records if record.HasField("head_made"))
    return [receipt.refused.code for head in heads for receipt in head.receipts if receipt.HasField("refused")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (stripped, "SIGNATURE_COUNT"),
        (joined, "NOT_ITS_POST"),
        (joined_by_node, "ROLE_NOT_ALLOWED"),
        (joined_by_nobody, "KEY_UNKNOWN"),
    ],
)
def test_who_passes_a_statement_on_cannot_have_it_refused(change: Change, code: str) -> None:
    """REQ-HEAD-7."""
    net, digest = passed_on(change)
    assert (net[C].logs[A].sequence, net[C].ledger.gaps.count(A)) == (1, 1)
    assert digest not in net[C].book.entries
    assert net[C].counters[code] >= 1
    net.go(60)
    net.connect(A, C)
    entry = net.entry(C, digest)
    assert (entry.refused, len(entry.envelope.signatures)) == ("", 2)
    assert net.stages(A, digest, C)["DELIVERED"] == "RECEIVED"
    assert [refusals(net, post) for post in net.desks] == [[], [], []]
    assert (net.errors, net[C].ledger.gaps.count(A)) == ([], 0)
    comes_back(net)


def test_another_who_holds_it_gives_what_one_has_spoiled() -> None:
    net = Net(A, B, C, "USA:fleet-watch")
    net.disconnect(A, C)

    def tap(sender: str, receiver: str, data: bytes) -> bytes:
        frame = v1.Frame.FromString(data)
        for statement in frame.statements if (sender, receiver) == (B, C) else ():
            stripped(net, statement)
        return frame.SerializeToString()

    net.tap = tap
    sent = net.say(A, flash(), precedence="FLASH")
    net.go(60)
    assert net.entry(C, sent.digest).refused == ""
    assert [refusals(net, post) for post in net.desks] == [[], [], [], []]


@pytest.mark.parametrize("fetched", [False, True])
def test_what_its_own_post_says_with_too_few_signatures_is_refused(fetched: bool) -> None:
    net = Net(A, B, C)
    frames: list[bytes] = []
    net.tap = lambda sender, receiver, frame: frames.append(frame) if (sender, receiver) == (A, C) else frame
    sent = net.say(A, flash(), precedence="FLASH")
    frame = next(found for found in map(v1.Frame.FromString, frames) if found.statements)
    stripped(net, frame.statements[0])
    net.deliver(C, frame.SerializeToString(), A if fetched else None)
    net.settle()
    assert net.entry(C, sent.digest).refused == "SIGNATURE_COUNT"
    assert set(refusals(net, C)) == {"SIGNATURE_COUNT"}
    comes_back(net)


def test_at_second_hand_what_was_signed_is_refused_all_the_same() -> None:
    """What the digest covers is the same from everybody."""
    net = Net(A, B, C)
    net.disconnect(A, C)
    words = net[A].compose(draft(), net.now)
    words.body = b""
    envelope = sign_statement(words, next(iter(net.rehearsal.officers[A].values())))
    log = net[A].logs[A].branch(0)
    log.append(
        v1.Link(
            statement_digest=digest_of(envelope),
            sealed_at_ms=net.now.utc_ns // NS_PER_MS,
            precedence=words.header.precedence,
            size=len(envelope.payload),
        )
    )
    net.deliver(B, net.frame(A, log, 99, links=[log.run(1, 1)], statements=[envelope]))
    net.go(20)
    assert [set(refusals(net, post)) for post in (B, C)] == [{"RULE_BROKEN"}, {"RULE_BROKEN"}]
