"""Checks of Frames that are refused whole, each with its code and without effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hotline import v1
from hotline.conformance.suite.check import NotTriedError, Run, Script, check, expect
from hotline.conformance.suite.peer import Peer
from hotline.conformance.suite.raw import chunk
from hotline.conformance.suite.taking import notice
from hotline.protocol.envelope import HEAD, STATEMENT, sign
from hotline.protocol.instant import NS_PER_S, to_timestamp

_DAY_NS = 86_400 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Broken:
    """A Frame that must be refused: `made` gives its bytes, sent by NORTH."""

    name: str
    words: str
    codes: tuple[str, ...]
    requirements: tuple[str, ...]
    made: Callable[[Run], bytes]


def _signed(peer: Peer, message: v1.Head, kind: str = HEAD) -> v1.Envelope:
    return sign(kind, message.SerializeToString(deterministic=True), peer.signer)


def _with(**changes: object) -> Callable[[Run], bytes]:
    """A Head with fields changed."""
    return lambda run: v1.Frame(head=run.north.head(**changes)).SerializeToString()


def _flipped(run: Run) -> bytes:
    head = run.north.head()
    head.signatures[0].sig = bytes((head.signatures[0].sig[0] ^ 1,)) + head.signatures[0].sig[1:]
    return v1.Frame(head=head).SerializeToString()


def _twice(run: Run) -> bytes:
    payload = run.north.head_message().SerializeToString(deterministic=True)
    return v1.Frame(head=sign(HEAD, payload, run.north.signer, run.south.signer)).SerializeToString()


def _stranger(run: Run) -> bytes:
    payload = run.north.head_message().SerializeToString(deterministic=True)
    return v1.Frame(head=sign(HEAD, payload, run.spare_key())).SerializeToString()


def _officer(run: Run) -> bytes:
    payload = run.north.head_message().SerializeToString(deterministic=True)
    return v1.Frame(head=sign(HEAD, payload, *run.north.officers("officer-1"))).SerializeToString()


def _of_statement_type(run: Run) -> bytes:
    return v1.Frame(head=_signed(run.north, run.north.head_message(), STATEMENT)).SerializeToString()


def _unknown_field(run: Run) -> bytes:
    payload = run.north.head_message().SerializeToString(deterministic=True) + chunk(200, b"?")
    return v1.Frame(head=sign(HEAD, payload, run.north.signer)).SerializeToString()


def _frame_field(run: Run) -> bytes:
    return run.north.frame(links=False).SerializeToString() + chunk(200, b"?")


def _own(run: Run) -> bytes:
    beat = max(run.witness.heads)
    return v1.Frame(head=run.witness.heads[beat].envelope).SerializeToString()


def _of_south(run: Run) -> bytes:
    return run.south.frame(links=False).SerializeToString()


def _uncovered(run: Run) -> bytes:
    """Links that do not lead to the position that the Head signs."""
    north, log = run.north, run.north.log
    other = log.branch(log.sequence)
    link = v1.Link(statement_digest=bytes(32), sealed_at_ms=1, precedence=v1.PRECEDENCE_ROUTINE, size=1)
    other.append(link)
    position = v1.LogPosition(post=north.post, epoch=log.epoch, sequence=other.sequence, link_digest=bytes(32))
    return v1.Frame(
        head=north.head(log=position), links=[other.run(other.sequence, other.sequence)]
    ).SerializeToString()


def _huge(run: Run) -> bytes:
    sent = notice(run.north)
    frame = run.north.frame(links=False)
    frame.statements.extend([sent] * (4 * 1024 * 1024 // sent.ByteSize() + 1))
    return frame.SerializeToString()


def _past(run: Run) -> bytes:
    at = to_timestamp(run.kit.clock.now().utc_ns + 60 * _DAY_NS)
    return _with(made_at=at)(run)


def _foreign_log(run: Run) -> bytes:
    return _with(log=run.south.log.position())(run)


def _epoch(run: Run) -> bytes:
    position = run.north.log.position()
    position.epoch = 7
    return _with(log=position)(run)


BROKEN = (
    Broken(
        "signature",
        "its Head's signature does not verify",
        ("SIGNATURE_INVALID",),
        ("REQ-HEAD-3", "REQ-SIGN-5"),
        _flipped,
    ),
    Broken(
        "key",
        "its Head is signed by a key that nobody lists",
        ("KEY_UNKNOWN",),
        ("REQ-HEAD-3", "REQ-SIGN-4"),
        _stranger,
    ),
    Broken("officer", "its Head is signed by an officer", ("KEY_UNKNOWN",), ("REQ-HEAD-3",), _officer),
    Broken("two-signatures", "its Head is signed by two nodes", ("SIGNATURE_COUNT",), ("REQ-HEAD-3",), _twice),
    Broken("payload-type", "its Head is typed as a statement", ("PAYLOAD_TYPE",), ("REQ-SIGN-2",), _of_statement_type),
    Broken("own-head", "its Head is the node's own", ("OWN_HEAD",), ("REQ-HEAD-3",), _own),
    Broken(
        "pin",
        "its Head is of a post with another certificate",
        ("PIN_MISMATCH",),
        ("REQ-NET-2", "REQ-HEAD-3"),
        _of_south,
    ),
    Broken(
        "channel", "its Head is of another channel", ("WRONG_CHANNEL",), ("REQ-HEAD-3",), _with(channel="elsewhere")
    ),
    Broken("kind", "its Head says ACTUAL", ("WRONG_KIND",), ("REQ-KIND-1",), _with(kind=v1.KIND_ACTUAL)),
    Broken(
        "agreement",
        "its Head names an agreement that is not held",
        ("UNKNOWN_AGREEMENT",),
        ("REQ-HEAD-3",),
        _with(agreement_digest=bytes(32)),
    ),
    Broken(
        "post",
        "its Head is about the log of another post",
        ("NOT_ITS_POST",),
        ("REQ-HEAD-3", "REQ-ROLE-1"),
        _foreign_log,
    ),
    Broken(
        "epoch", "its Head is of an epoch that nobody listed", ("EPOCH_UNKNOWN",), ("REQ-HEAD-3", "REQ-EPOCH-1"), _epoch
    ),
    Broken(
        "certificate",
        "its Head was made when its certificate does not hold",
        ("CERTIFICATE_EXPIRED",),
        ("REQ-HEAD-3", "REQ-TRUST-6"),
        _past,
    ),
    Broken(
        "head-field",
        "its Head has a field that nobody knows",
        ("SCAN_UNKNOWN_FIELD",),
        ("REQ-SCAN-1", "REQ-MSG-14"),
        _unknown_field,
    ),
    Broken(
        "frame-field",
        "it has a field that nobody knows",
        ("SCAN_UNKNOWN_FIELD",),
        ("REQ-SCAN-1", "REQ-SCAN-4"),
        _frame_field,
    ),
    Broken("beat", "its Head has no beat", ("RULE_BROKEN",), ("REQ-SCAN-3", "REQ-HEAD-2"), _with(beat=0)),
    Broken("links", "its links do not lead to what its Head signs", ("LINKS_NOT_COVERED",), ("REQ-LOG-3",), _uncovered),
    Broken(
        "bytes", "it is no message", ("SCAN_*", "MALFORMED"), ("REQ-SCAN-1", "REQ-NET-6"), lambda _: b"\x0a\xff\xff"
    ),
    Broken("huge", "it is larger than 4 MiB", (), ("REQ-NET-4",), _huge),
)


def _script(row: Broken) -> Script:
    async def script(run: Run) -> None:
        beats = {each.post: each.beat for each in (await run.north.deliver()).beats_seen}
        await run.frame_refused(run.north, row.made(run), *row.codes)
        seen = {each.post: each.beat for each in run.witness.newest.beats_seen}
        expect(seen[run.south.post] >= beats.get(run.south.post, 0), "what it saw of SOUTH went back")

    script.__doc__ = f"A Frame is refused whole: {row.words}"
    return script


for _row in BROKEN:
    check(f"frame-{_row.name}", *_row.requirements)(_script(_row))


@check("stale-beat", "REQ-HEAD-2")
async def stale_beat(run: Run) -> None:
    """A Head with a beat that was seen already says nothing: what was seen of its post does not go back."""
    north = run.north
    if not north.door.called.is_set():
        raise NotTriedError("the node has not called us, so that its Heads come only when we ask")
    old, beat = north.head(), run.witness.newest.beat
    for _ in range(3):
        await north.deliver()
    reached = north.beat
    await north.deliver(v1.Frame(head=old))
    await run.until(lambda: run.witness.newest.beat > beat + 1, "no new Head came", poll=False)
    seen = next((each.beat for each in run.witness.newest.beats_seen if each.post == north.post), 0)
    expect(seen >= reached, f"after a stale Head the node has seen beat {seen}, expected {reached} or more")
