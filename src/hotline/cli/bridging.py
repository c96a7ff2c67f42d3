"""Messages in other forms: from a node, from a transcript, or from a draft that nobody has sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hotline import v1
from hotline.bridges.told import BridgeError, Held, Told
from hotline.cli import drafting, files
from hotline.cli.desk import said
from hotline.cli.judging import PINNED, UNPINNED, judging
from hotline.cli.line import Line, on_line
from hotline.cli.results import DOCUMENT, ONLY_JSON, Result
from hotline.messages.draft import line_words
from hotline.messages.show import ref
from hotline.protocol.check import envelope_of
from hotline.protocol.dsse_json import to_dsse_json
from hotline.protocol.envelope import digest_of, parse
from hotline.protocol.errors import UsageError
from hotline.protocol.evidence import verify_transcript
from hotline.protocol.instant import to_timestamp
from hotline.protocol.pae import sha256
from hotline.protocol.statements import BODY_OF
from hotline.protocol.transcript import open_container

_REF_DIGITS_MIN = 8

Convert = Callable[[Told | None, Held], str]


@dataclass(frozen=True, slots=True)
class Source:
    """Where messages are taken from; a draft file where neither is given.

    Attributes:
        socket: operator socket of a node.
        transcript: a transcript, which is verified first.
        pin: digest that its agreement must have.
    """

    socket: Path | None = None
    transcript: Path | None = None
    pin: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridged(Result):
    """Messages in another form. `trust`: PINNED or UNPINNED evidence, NODE for what a node holds, or DRAFT."""

    form: str
    trust: str
    ref: str
    type: str
    file: Path | None = None
    document: str = field(default="", metadata=DOCUMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeExported(Result):
    """A signed envelope, byte for byte as it was signed, in one of its two forms."""

    ref: str
    payload_type: str = field(metadata=ONLY_JSON)
    form: str
    file: Path | None = None
    document: str = field(default="", metadata=DOCUMENT)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a source holds."""

    held: Held
    envelopes: dict[bytes, v1.Envelope]
    trust: str


def convert(form: str, work: Convert, what: str | None, source: Source, out: Path | None) -> Bridged:
    """Put one message, or everything at hand, into another form.

    Args:
        form: its name, for the answer.
        work: the conversion.
        what: ref of a message, or a draft file; None for everything at hand.
        source: where from.
        out: file to write; None prints it.

    Raises:
        UsageError: NOT_HELD, REF_AMBIGUOUS, BRIDGE_*, and those of reading the source.
        NotHeldError: the transcript or the draft does not hold.
    """
    told, found = _draft(what) if _is_file(what, source) else _look_up(what, source)
    try:
        text = work(told, found.held)
    except BridgeError as error:
        raise UsageError(error.code, error.message) from error
    if out is not None:
        files.write_new(out, text.encode())
    return Bridged(
        form=form,
        trust=found.trust,
        ref=ref(told.digest) if told else "",
        type=told.type if told else "",
        file=out,
        document="" if out else text,
    )


def one(write: Callable[[Told, Held], str]) -> Convert:
    """A conversion that needs a message."""

    def work(told: Told | None, held: Held) -> str:
        assert told is not None, "the command line has seen to it"
        return write(told, held)

    return work


def export_envelope(what: str, source: Source, dsse: bool, out: Path | None) -> EnvelopeExported:
    """One signed envelope from a node, a transcript or a file, as DSSE JSON or as protobuf.

    Raises:
        UsageError: NOT_HELD, REF_AMBIGUOUS, USAGE where binary bytes have no file to go to.
    """
    if _is_file(what, source):
        with judging():
            envelope = envelope_of(files.read(Path(what)))
    else:
        found = _held_by(source)
        envelope = found.envelopes[_resolve(what, found.envelopes)]
    if out is None and not dsse:
        raise UsageError("USAGE", "protobuf bytes go into a file: --out is missing, or --dsse")
    text = to_dsse_json(envelope) + "\n"
    if out is not None:
        files.write_new(out, text.encode() if dsse else envelope.SerializeToString(deterministic=True))
    return EnvelopeExported(
        ref=ref(digest_of(envelope)),
        payload_type=envelope.payload_type,
        form="dsse" if dsse else "protobuf",
        file=out,
        document="" if out else text,
    )


def _is_file(what: str | None, source: Source) -> bool:
    """Whether no message is meant but a file. A socket may come from the environment, so that a file that is there goes
    before it."""
    if source.transcript is not None:
        return False
    return source.socket is None or (what is not None and Path(what).is_file())


def _look_up(what: str | None, source: Source) -> tuple[Told | None, _Found]:
    found = _held_by(source)
    if what is None:
        return None, found
    return found.held.by_digest[_resolve(what, found.held.by_digest)], found


def _resolve(what: str, held: Iterable[bytes]) -> bytes:
    """The digest that begins with the digits given."""
    digits = what.lower()
    named = [digest for digest in held if digest.hex().startswith(digits)] if len(digits) >= _REF_DIGITS_MIN else []
    if len(digits) < _REF_DIGITS_MIN or any(each not in "0123456789abcdef" for each in digits):
        raise UsageError("INPUT_BAD_VALUE", f"a message is named by 8 to 64 hexadecimal digits: {what!r}")
    if not named:
        raise UsageError("NOT_HELD", f"no message {what} that stands is held there")
    if len(named) > 1:
        raise UsageError("REF_AMBIGUOUS", f"{what} fits {len(named)} messages")
    return named[0]


def _held_by(source: Source) -> _Found:
    if source.socket is not None and source.transcript is not None:
        raise UsageError("USAGE", "--socket and --transcript are two sources; one is needed")
    return _of_node(source.socket) if source.socket is not None else _of_transcript(source)


def _of_node(socket: Path) -> _Found:
    """Everything that a node holds and did not refuse."""

    async def work(line: Line) -> _Found:
        told, envelopes = [], {}
        for view in await line.node.list():
            statement, body = said(view)
            if body is None:
                continue
            sealed_ns = view.sealed_at.ToNanoseconds() if view.HasField("sealed_at") else None
            told.append(Told(view.digest, statement.header, body, sealed_ns))
            envelopes[view.digest] = view.envelope
        return _Found(Held.of(*told), envelopes, "NODE")

    return on_line(socket, work)


def _of_transcript(source: Source) -> _Found:
    """Every statement in a proved place that stands."""
    assert source.transcript is not None, "the caller has seen to it"
    data = files.read(source.transcript)
    with judging():
        evidence = verify_transcript(data, source.pin)
    records = [record.statement.envelope for _, record in open_container(data).facts if record.HasField("statement")]
    by_digest = {digest_of(envelope): envelope for envelope in records}
    standing = [message for message in evidence.messages if not message.refused]
    told = []
    for message in standing:
        statement = v1.Statement.FromString(by_digest[message.digest].payload)
        body = parse(statement.body, BODY_OF[statement.body_type])
        told.append(Told(message.digest, statement.header, body, message.sealed_at_ns))
    envelopes = {message.digest: by_digest[message.digest] for message in standing}
    return _Found(Held.of(*told), envelopes, PINNED if evidence.pinned else UNPINNED)


def _draft(what: str | None) -> tuple[Told, _Found]:
    """A draft file as a statement that nobody has said."""
    if what is None:
        raise UsageError("USAGE", "a draft file, or --socket or --transcript with a message of it")
    written = drafting.read(drafting.from_file(Path(what)), line_words(time.time_ns()))
    drafting.check(written)
    header = v1.StatementHeader()
    header.CopyFrom(written.header)
    header.composed_at.CopyFrom(to_timestamp(time.time_ns()))
    told = Told(sha256(written.body.SerializeToString(deterministic=True)), header, written.body)
    return told, _Found(Held.of(told), {}, "DRAFT")
