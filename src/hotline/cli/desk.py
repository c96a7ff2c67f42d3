"""The officer's desk: sending, the inbox, one message."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from hotline import v1
from hotline.cli.checking import warnings
from hotline.cli.drafting import Drafted, Flags, Source, check, from_flags, read
from hotline.cli.drafting import compose as compose_draft
from hotline.cli.judging import judging
from hotline.cli.keyring import load_signers
from hotline.cli.line import Line, Refs, on_line, ref_bytes
from hotline.cli.results import LANGUAGE, LINES, ONLY_JSON, Result, Utc
from hotline.cli.standing import AddresseeRow, StageRow, addressee_rows, stage_rows, standing
from hotline.keys import Ask, Kind, Role
from hotline.messages.draft import Written, draft_words
from hotline.messages.names import short_name
from hotline.messages.show import Place, message_text, ref
from hotline.operator import v1 as operator
from hotline.protocol.envelope import parse
from hotline.protocol.instant import Instant
from hotline.protocol.signing import Signer
from hotline.protocol.statements import BODY_OF, Draft, compose, sign_statement

EVERYBODY = "all"
"""As an action addressee: every other post of the channel."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who signs, and through which node.

    Attributes:
        socket: operator socket of the node.
        keys: private keys of the officers, files or addresses in tokens.
        ask: gives the passphrases of those that are encrypted, and PINs.
    """

    socket: Path
    keys: Sequence[str]
    ask: Ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Result):
    """A statement that the node holds durably.

    Attributes:
        state: SEALED, WAITING for the line, or KNOWN from before.
        warnings: what there was to think about before release; it blocked nothing.
    """

    ref: str
    digest: str
    type: str
    to: tuple[str, ...]
    precedence: str
    state: str
    sequence: int
    warnings: tuple[str, ...]
    stages: tuple[StageRow, ...] = field(metadata=ONLY_JSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A message in the inbox. `state` of the matter it belongs to, WAITING for the line, or why it was refused."""

    ref: str
    sealed_at: Utc
    from_post: str
    precedence: str
    type: str
    state: str
    marks: tuple[str, ...]
    standing: tuple[str, ...]
    addressees: tuple[AddresseeRow, ...] = field(metadata=ONLY_JSON)
    stages: tuple[StageRow, ...] = field(metadata=ONLY_JSON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox(Result):
    """What this node holds, oldest first."""

    post: str
    messages: tuple[MessageRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown(Result):
    """One message as this node holds it."""

    text: tuple[str, ...] = field(metadata=LINES)
    ref: str = field(metadata=ONLY_JSON)
    digest: str
    sequence: int = field(metadata=ONLY_JSON)
    from_post: str = field(metadata=ONLY_JSON)
    type: str = field(metadata=ONLY_JSON)
    message: Mapping[str, Any] = field(metadata=ONLY_JSON)
    sealed_at: Utc
    held_at: Utc
    signers: tuple[str, ...]
    refused: str
    matter_state: str
    marks: tuple[str, ...]
    addressees: tuple[AddresseeRow, ...]
    stages: tuple[StageRow, ...]
    language: str = field(default="en", metadata=LANGUAGE)


def send(source: Source, hand: Hand) -> Sent:
    """Say what a draft says."""

    async def work(line: Line) -> Sent:
        refs = Refs()
        written = read(source, refs.words(line.now_ns))
        if refs.wanted:
            await refs.look_up(line)
            written = read(source, refs.words(line.now_ns))
        return await submit(line, written, hand)

    return on_line(hand.socket, work)


def compose_on_line(flags: Flags, out: Path | None, socket: Path) -> Drafted:
    """Write a draft with the clock and the messages of a line."""

    async def work(line: Line) -> Drafted:
        refs = Refs()
        read(from_flags(flags), refs.words(line.now_ns))
        await refs.look_up(line)
        to = _everybody(line, flags.info or ()) if flags.to == [EVERYBODY] else flags.to
        return compose_draft(replace(flags, to=to), out, refs.words(line.now_ns))

    return on_line(socket, work)


async def submit(line: Line, written: Written, hand: Hand) -> Sent:
    """Sign a draft and hand it to the node.

    Raises:
        NotHeldError: it breaks a rule, or the node refuses it.
    """
    _address(written, line)
    check(written)
    kind = Kind.of(line.trust.agreement.kind)
    loaded = load_signers(hand.keys, kind, Role.OFFICER, hand.ask)
    envelope = _signed(line, written, loaded)
    with judging():
        answer = await line.node.submit(envelope)
    return Sent(
        ref=ref(answer.digest),
        digest=answer.digest.hex(),
        type=written.body.DESCRIPTOR.name,
        to=tuple(written.header.action),
        precedence=short_name(v1.Precedence.DESCRIPTOR, written.header.precedence),
        state=answer.state,
        sequence=answer.sequence,
        warnings=warnings(written),
        stages=stage_rows(await line.node.show(answer.digest)),
    )


def _address(written: Written, line: Line) -> None:
    """Put posts in the place of "all"."""
    header = written.header
    if list(header.action) == [EVERYBODY]:
        header.action[:] = _everybody(line, header.info)


def _everybody(line: Line, informed: Collection[str]) -> list[str]:
    """Every other post of the channel that is not told for information only."""
    return [post for post in line.trust.others(line.post) if post not in informed]


def _signed(line: Line, written: Written, signers: Sequence[Signer]) -> v1.Envelope:
    header = written.header
    draft = Draft(
        body=written.body,
        action=header.action,
        precedence=header.precedence,
        info=header.info,
        stage_requested=header.stage_requested,
        thread=header.thread,
        seen=header.seen,
        references=header.references,
        texts=header.texts,
        basis=header.basis,
        handling=header.handling,
        reply_by_ns=header.reply_by.ToNanoseconds() if header.HasField("reply_by") else None,
        release_before_ns=header.release_before.ToNanoseconds() if header.HasField("release_before") else None,
        validity=header.validity if header.HasField("validity") else None,
    )
    now = Instant(0, line.now_ns)  # composing looks at the wall clock only
    return sign_statement(compose(draft, line.trust, line.post, secrets.token_bytes(16), now), *signers)


def inbox(socket: Path, *, everything: bool) -> Inbox:
    """What the node holds; acknowledgements and observations show as stages, unless everything is wanted."""

    async def work(line: Line) -> Inbox:
        held = await line.node.list(subjects_only=not everything)
        return Inbox(post=line.post, messages=tuple(message_row(view) for view in held))

    return on_line(socket, work)


def show(socket: Path, name: str, language: str = "en") -> Shown:
    """One message, by its ref, in ``en`` or ``zh``."""

    async def work(line: Line) -> Shown:
        agreed = line.trust.agreement.message.label_digest
        return shown(await line.node.show(ref_bytes(name)), language, agreed)

    return on_line(socket, work)


def said(view: operator.MessageView) -> tuple[v1.Statement, Message | None]:
    """What a message says; no body where it was refused, for it may not be what its type says."""
    statement = v1.Statement.FromString(view.envelope.payload)
    kind = BODY_OF.get(statement.body_type)
    return statement, parse(statement.body, kind) if kind is not None and not view.refused else None


def message_row(view: operator.MessageView) -> MessageRow:
    """One message in a line of the inbox."""
    statement, _ = said(view)
    return MessageRow(
        ref=ref(view.digest),
        sealed_at=Utc.of(view.sealed_at),
        from_post=statement.header.from_post,
        precedence=short_name(v1.Precedence.DESCRIPTOR, statement.header.precedence),
        type=statement.body_type.rpartition(".")[2],
        state=_state(view),
        marks=tuple(view.marks),
        standing=standing(view),
        addressees=addressee_rows(view),
        stages=stage_rows(view),
    )


def _state(view: operator.MessageView) -> str:
    if view.refused:
        return f"REFUSED {view.refused}"
    return view.matter_state if view.sequence else "WAITING"


def shown(view: operator.MessageView, language: str = "en", label_digest: bytes = b"") -> Shown:
    """One message in full; of one that was refused, what its header says.

    Args:
        view: the message as the node holds it.
        language: in which it is read.
        label_digest: of the labels that the agreement fixes; empty where it fixes none.
    """
    statement, body = said(view)
    sealed_at_ns = view.sealed_at.ToNanoseconds() if view.HasField("sealed_at") else None
    place = Place(view.digest, view.sequence, sealed_at_ns)
    return Shown(
        text=message_text(statement.header, body, place, language, label_digest) if body is not None else (),
        ref=ref(view.digest),
        digest=view.digest.hex(),
        sequence=view.sequence,
        from_post=statement.header.from_post,
        type=statement.body_type,
        message=draft_words(Written(statement.header, body)) if body is not None else {},
        sealed_at=Utc.of(view.sealed_at),
        held_at=Utc.of(view.held_at),
        signers=tuple(view.signers),
        refused=view.refused,
        matter_state=view.matter_state,
        marks=tuple(view.marks),
        addressees=addressee_rows(view),
        stages=stage_rows(view),
        language=language,
    )
