"""Transcripts changed by hand and closed again, as an exporter that lies would; and what is read out of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from tests.kit import A, B, Net, notice

from hotline import v1
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import HotlineError
from hotline.protocol.evidence import Evidence, verify_transcript
from hotline.protocol.log import PostLog
from hotline.protocol.signing import Signer
from hotline.protocol.transcript import close, framed, split


def spoken() -> Net:
    """A notice of A's that B receives, shows, reads and accepts, and an answer that A receives."""
    net = Net(A, B)
    sent = net.say(A, notice(), asks="DONE")
    net.go(2)
    net.present(B, sent.digest)
    net.ack(B, sent.digest, v1.Read())
    net.go(3)
    net.ack(B, sent.digest, v1.Decision(value=v1.Decision.VALUE_ACCEPTED))
    return net


def records(data: bytes) -> list[v1.Record]:
    """Everything in a transcript but its closing."""
    return [v1.Record.FromString(piece) for piece in split(data)][:-1]


def kinds(data: bytes) -> list[str]:
    """What each record is, closing included."""
    return [v1.Record.FromString(piece).WhichOneof("fact") or "" for piece in split(data)]


def closed(content: Iterable[v1.Record], signer: Signer) -> bytes:
    """Records with a closing over them."""
    held = list(content)
    body = b"".join(framed(record.SerializeToString(deterministic=True)) for record in held)
    return close(body, signer, held[0].at.ToNanoseconds())


def changed(net: Net, post: str, change: Callable[[list[v1.Record]], object]) -> bytes:
    """A post's transcript, changed and closed again with its own key."""
    content = records(net.transcript(post))
    change(content)
    return closed(content, net.desks[post].signer)


def own_log(net: Net, post: str, *statements: v1.Envelope) -> PostLog:
    """A log of a post that seals statements now, whatever its Endpoint holds."""
    log = PostLog(net.trust.agreement.channel, post, 1)
    for envelope in statements:
        header = v1.Statement.FromString(envelope.payload).header
        log.append(
            v1.Link(
                statement_digest=digest_of(envelope),
                sealed_at_ms=net.now.utc_ms,
                precedence=header.precedence,
                size=len(envelope.payload),
            )
        )
    return log


def of(net: Net, post: str) -> Evidence:
    """What a post's transcript proves now."""
    return verify_transcript(net.transcript(post), net.trust.agreement.digest)


def code_of(data: bytes, pin: bytes | None = None) -> str:
    """The code for which a transcript is refused."""
    with pytest.raises(HotlineError) as caught:
        verify_transcript(data, pin)
    return caught.value.code


def proved(evidence: Evidence, digest: bytes, post: str) -> list[tuple[str, str]]:
    """Stages and values proved about an addressee."""
    message = evidence.message(digest)
    assert message is not None
    proofs = [proof for ladder in message.addressees if ladder.post == post for proof in ladder.proofs]
    return [(proof.name, proof.value) for proof in proofs]


def pick(content: list[v1.Record], kind: str, index: int = 0) -> v1.Record:
    """A record by what it holds."""
    return [record for record in content if record.HasField(kind)][index]  # type: ignore[arg-type]  # one of the facts
