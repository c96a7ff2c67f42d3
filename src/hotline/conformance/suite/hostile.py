"""Statements that are well signed and wrong, as the checks of refusals seal them."""

from __future__ import annotations

from collections.abc import Callable

from google.protobuf.message import Message

from hotline import v1
from hotline.conformance.suite import bodies
from hotline.conformance.suite.peer import Peer
from hotline.conformance.suite.raw import chunk, number
from hotline.protocol.instant import NS_PER_S, to_timestamp

_HOUR_NS = 3600 * NS_PER_S
Made = Callable[[Peer], v1.Envelope]


def plain(peer: Peer) -> v1.Statement:
    """A notice that nothing is wrong with yet."""
    return peer.statement(bodies.notice(peer.kit.clock.now(), peer.post))


def headed(change: Callable[[v1.StatementHeader, Peer], object]) -> Callable[[Peer], v1.Envelope]:
    """A notice with something changed in its header."""

    def made(peer: Peer) -> v1.Envelope:
        said = plain(peer)
        change(said.header, peer)
        return peer.signed(said)

    return made


def header_bytes(extra: bytes, **cleared: str) -> Callable[[Peer], v1.Envelope]:
    """A notice with bytes added to its header, and fields taken out of it before."""

    def made(peer: Peer) -> v1.Envelope:
        said = plain(peer)
        for field in cleared.values():
            said.header.ClearField(field)  # type: ignore[arg-type]  # any field
        header = said.header.SerializeToString(deterministic=True) + extra
        return peer.signed(chunk(1, header) + chunk(2, said.body_type.encode()) + chunk(3, said.body))

    return made


def body_bytes(name: str, data: Callable[[Peer], bytes], *signers: str) -> Callable[[Peer], v1.Envelope]:
    """A statement with any bytes for its body."""

    def made(peer: Peer) -> v1.Envelope:
        said = plain(peer)
        said.body_type, said.body = f"hotline.v1.{name}", data(peer)
        return peer.signed(said, *signers)

    return made


def saying(make: Callable[[Peer], Message], *signers: str, **header: object) -> Callable[[Peer], v1.Envelope]:
    """A statement of another type, its rules unchecked."""

    def made(peer: Peer) -> v1.Envelope:
        said, body = plain(peer), make(peer)
        said.body_type, said.body = body.DESCRIPTOR.full_name, body.SerializeToString(deterministic=True)
        for field, value in header.items():
            setattr(said.header, field, value)
        return peer.signed(said, *signers)

    return made


def designation(words: bytes) -> Callable[[Peer], bytes]:
    """A notice's bytes with raw bytes for its designation."""

    def data(peer: Peer) -> bytes:
        body = bodies.notice(peer.kit.clock.now(), peer.post)
        body.ClearField("designation")
        return chunk(1, words) + body.SerializeToString(deterministic=True)

    return data


def long_silence(peer: Peer) -> v1.RadioSilence:
    window = bodies.window(peer.kit.clock.now(), 0, 400)
    body = v1.RadioSilence(until=window.until)
    getattr(body, "from").CopyFrom(getattr(window, "from"))
    return body


def handover(peer: Peer) -> v1.WatchHandover:
    at = to_timestamp(peer.kit.clock.now().utc_ns)
    return v1.WatchHandover(position="bridge", outgoing="officer-1", incoming="officer-2", at=at)


def declined(_: Peer) -> v1.Acknowledgement:
    return v1.Acknowledgement(subject=bytes(32), decision=v1.Decision(value=v1.Decision.VALUE_DECLINED))


def dressed_test(peer: Peer) -> v1.Envelope:
    """A test of the line that could be taken for something else."""
    said = peer.statement(v1.ChannelTest(serial=1), precedence="ROUTINE", asks="DELIVERED")
    said.header.handling = "urgent"
    return peer.signed(said, peer.signer)


def too_large(peer: Peer) -> v1.Envelope:
    """More words than the agreement allows."""
    words = "x" * 4000
    said = plain(peer)
    said.header.texts.extend(
        v1.Text(language=language, text=words, role=v1.Text.ROLE_AUTHENTIC) for language in ("en", "de", "fr", "es")
    )
    limit = peer.kit.line.statement_bytes_max
    said.body_type, said.body = "hotline.v1.FreeText", chunk(1, b"x" * (limit - 1000))
    said.header.basis.extend(["y" * 120] * 8)
    return peer.signed(said)


def unknown_type(peer: Peer) -> v1.Envelope:
    said = peer.statement(bodies.flash(peer.kit.clock.now(), peer.post), precedence="FLASH")
    said.body_type = "hotline.v2.IncidentFlash"
    return peer.signed(said, "officer-1", "officer-2")


def release_passed(header: v1.StatementHeader, peer: Peer) -> None:
    header.release_before.CopyFrom(to_timestamp(peer.kit.clock.now().utc_ns - _HOUR_NS))


def beyond_time(peer: Peer) -> bytes:
    body = bodies.notice(peer.kit.clock.now(), peer.post)
    body.ClearField("schedule")
    beyond = chunk(1, number(1, 253_402_300_800))
    return body.SerializeToString(deterministic=True) + chunk(4, chunk(1, beyond))


def too_wide(peer: Peer) -> bytes:
    body = bodies.notice(peer.kit.clock.now(), peer.post)
    body.ClearField("exclusion_radius_m")
    return body.SerializeToString(deterministic=True) + number(7, 2**32 + 5556)


def not_packed(peer: Peer) -> bytes:
    body = bodies.flash(peer.kit.clock.now(), peer.post)
    return body.SerializeToString(deterministic=True) + number(10, 3) + number(10, 2)


def update(predecessors: int) -> Callable[[Peer], v1.Envelope]:
    def made(peer: Peer) -> v1.Envelope:
        said, update = plain(peer), v1.ActivityUpdate(notice=bodies.notice(peer.kit.clock.now(), peer.post))
        said.body_type, said.body = "hotline.v1.ActivityUpdate", update.SerializeToString(deterministic=True)
        for one in range(predecessors):
            said.header.references.add(digest=bytes([one + 1]) * 32, role=v1.Reference.ROLE_UPDATES)
        return peer.signed(said)

    return made
