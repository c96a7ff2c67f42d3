"""What changes while a post is silent: a claim or a radio silence is taken back, or made void, or begins later
(spec 07, REQ-SILENCE-3 to 5)."""

from __future__ import annotations

from tests.kit import START_NS, A, B, Net
from tests.unit.protocol.lives import cut_after
from tests.unit.protocol.silent import AIR, MINUTE, QUERIES, STAFF, asking, hotline, ladder, said

from hotline import v1
from hotline.protocol.endpoint import Submission
from hotline.protocol.instant import NS_PER_S, to_timestamp


def radio_silence(net: Net, post: str, from_min: int, until_min: int) -> Submission:
    times = (to_timestamp(START_NS + minutes * MINUTE * NS_PER_S) for minutes in (from_min, until_min))
    body = v1.RadioSilence(**dict(zip(("from", "until"), times, strict=True)))
    return net.say(post, body, A if post == B else B)


def retract(net: Net, post: str, digest: bytes) -> None:
    body = v1.Retraction(subject=digest, reason="said by mistake")
    net.say(post, body, A if post == B else B, precedence="FLASH")


def phoned(net: Net, digest: bytes) -> Submission:
    body = v1.OutOfBand(
        subject=digest,
        post=B,
        medium=v1.MEDIUM_TELEPHONE,
        said_at=to_timestamp(net.now.utc_ns),
        stage=v1.STAGE_READ,
    )
    return net.say(A, body, B)


def test_a_claim_that_is_taken_back_ends_nothing_any_more() -> None:
    """REQ-SILENCE-4: asking goes on where it stood."""
    net = hotline()
    digest = asking(net)
    net.go(3 * MINUTE)
    claim = phoned(net, digest)
    net.go(6 * MINUTE)
    assert said(net) == QUERIES[:1]
    assert len(ladder(net, digest).claims) == 1
    retract(net, A, claim.digest)
    net.go(1)
    assert said(net) == [*QUERIES[:1], ("PRESENTED 2", 9 * MINUTE, B)]
    assert ladder(net, digest).claims == ()


def test_a_radio_silence_to_come_turns_to_others_when_it_begins() -> None:
    """REQ-SILENCE-5."""
    net = hotline()
    digest = asking(net)
    radio_silence(net, B, 3, 60)
    net.go(2 * MINUTE)
    assert ladder(net, digest).next == "ask again (2 of 3)"
    net.go(7 * MINUTE)
    assert said(net) == [*QUERIES[:1], ("ALTERNATE_POST", 3 * MINUTE, AIR), ("OTHER_CHANNEL", 8 * MINUTE, B)]


def test_a_radio_silence_to_come_that_is_taken_back_never_begins() -> None:
    net = hotline()
    asking(net)
    silence = radio_silence(net, B, 3, 60)
    net.go(2 * MINUTE)
    retract(net, B, silence.digest)
    net.go(7 * MINUTE)
    assert said(net) == QUERIES


def test_the_own_radio_silence_to_come_stops_what_is_due_in_it() -> None:
    net = hotline()
    asking(net)
    radio_silence(net, A, 3, 30)
    net.go(29 * MINUTE)
    assert said(net) == QUERIES[:1]
    net.go(2 * MINUTE)
    assert said(net) == [*QUERIES[:1], ("READ 2", 30 * MINUTE, B)]


def test_when_the_own_radio_silence_is_taken_back_asking_begins_at_once() -> None:
    net = hotline()
    asking(net)
    silence = radio_silence(net, A, 1, 60)
    net.go(5 * MINUTE)
    assert said(net) == []
    retract(net, A, silence.digest)
    net.go(1)
    assert said(net) == [("PRESENTED 1", 5 * MINUTE, B)]


def test_when_the_own_radio_silence_is_disavowed_asking_begins_at_once() -> None:
    net = hotline()
    asking(net)
    radio_silence(net, A, 1, 60)
    net.go(5 * MINUTE)
    net.adopt(A, net.rotate(A, cut_after(net, A, 1)))
    net.go(1)
    assert said(net) == [("PRESENTED 1", 5 * MINUTE, B)]


def test_what_a_fork_makes_void_is_looked_at_again() -> None:
    net = hotline()
    digest = asking(net)
    said_so = radio_silence(net, B, 1, 60)
    net.go(3 * MINUTE)
    assert ladder(net, digest).silence == "RADIO_SILENCE"
    other = net[B].logs[B].branch(0)
    other.append(v1.Link(statement_digest=bytes(32), precedence=v1.PRECEDENCE_FLASH, size=1))
    assert net[A].ledger.waits.moved == set()
    net.deliver(A, net.frame(B, other, 999, links=[other.run(1, 1)]))
    assert (net.entry(A, said_so.digest).void, net[A].ledger.waits.moved) == ("FORKED", {(digest, B)})
    net.go(1)
    assert ladder(net, digest).silence == "FORKED"
    net.go(60 * MINUTE)
    assert [step.target for step in ladder(net, digest).steps] == [AIR, "", STAFF]
