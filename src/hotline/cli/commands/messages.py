"""The officer's commands: compose, send, inbox, show, ack, observe, retract, oob."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import app, command
from hotline.cli.commands.options import (
    Basis,
    Info,
    Language,
    MaybeFile,
    MaybeSocket,
    OfficerKeys,
    Passphrase,
    Precedence,
    References,
    ReplyBy,
    Seen,
    Sets,
    Socket,
    Stage,
    Texts,
    Thread,
    To,
    known_language,
)
from hotline.cli.results import Result
from hotline.protocol.errors import UsageError

Ref = Annotated[str, typer.Argument(help="The message, by at least eight digits of its digest.")]
StageWords = (
    "read, readback, confirm, correct, passed, accept, accept-in-part, decline, defer, not-understood, "
    "in-progress, done, unable or not-agreed."
)


@command(
    app,
    "compose",
    "hotline compose ActivityNotice --example > draft.yaml",
    "hotline compose ActivityCancel --to CHN:fleet-watch --precedence priority --thread 3f9a01c2b4d5 \\",
    "    --reference cancels=3f9a01c2b4d5 --set reason='Weather' --socket aus/operator.sock --out draft.yaml",
)
def compose(
    type_name: Annotated[str, typer.Argument(metavar="TYPE", help="Message type, such as ActivityNotice.")],
    sets: Sets = None,
    to: To = None,
    info: Info = None,
    precedence: Precedence = None,
    stage: Stage = None,
    reply_by: ReplyBy = None,
    thread: Thread = None,
    references: References = None,
    seen: Seen = None,
    basis: Basis = None,
    texts: Texts = None,
    out: MaybeFile = None,
    socket: MaybeSocket = None,
    example: Annotated[bool, typer.Option("--example", help="Print a complete draft with comments instead.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only check it, and warn before release.")] = False,
) -> Result:
    """Write a draft, checked against the rules of the standard, to a file or to standard output.

    Fields go by their path, with or without the unit at the end of their name: --set area.circle.radius='3 nmi'. With
    --socket, "now" is the line's clock and messages go by their ref; without it, by all 64 digits of their digest.
    """
    from hotline.cli import drafting

    if example:
        return drafting.show_example(type_name)
    flags = drafting.Flags(
        type_name, sets, to, info, precedence, stage, reply_by, thread, references, seen, basis, texts
    )
    if check:
        from hotline.cli.checking import check_flags

        return check_flags(flags, "en")
    if socket is not None:
        from hotline.cli.desk import compose_on_line

        return compose_on_line(flags, out, socket)
    return drafting.compose(flags, out)


@command(
    app,
    "send",
    "hotline send draft.yaml --socket aus/operator.sock --key aus/anna.key",
    "hotline send ActivityEnd --to CHN:fleet-watch --precedence priority --thread 3f9a01c2b4d5 \\",
    "    --set ended_at=now --set area_clear=yes --socket aus/operator.sock --key aus/anna.key",
    "hotline send RadioSilence --to all --precedence priority --set from=now --set until='now + 2 h'",
    "hotline send WatchHandover --to all --precedence routine --set position=bridge --set outgoing=anna \\",
    "    --set incoming=ben --set at=now --key aus/anna.key --key aus/ben.key",
    "hotline send ChannelStatus --to all --precedence immediate --set status=SUSPENDED --set from=now \\",
    "    --set reason='Until further notice' --key aus/minister.key --key aus/deputy.key",
)
def send(
    what: Annotated[str, typer.Argument(metavar="FILE|TYPE", help="A draft file, or a message type with flags.")],
    socket: Socket,
    keys: OfficerKeys,
    sets: Sets = None,
    to: To = None,
    info: Info = None,
    precedence: Precedence = None,
    stage: Stage = None,
    reply_by: ReplyBy = None,
    thread: Thread = None,
    references: References = None,
    seen: Seen = None,
    basis: Basis = None,
    texts: Texts = None,
    passphrase_file: Passphrase = None,
) -> Result:
    """Compose, sign with the officers' keys, and hand over to the node; back when it is durable there.

    `--to all` is every other post of the channel. Radio silence, a hand-over of the watch and the suspension of the
    dialogue layer are messages like any other; what follows from one message has a command of its own.
    """
    from hotline.cli import drafting
    from hotline.cli.desk import Hand
    from hotline.cli.desk import send as send_draft
    from hotline.cli.keyring import asking

    flags = drafting.Flags(what, sets, to, info, precedence, stage, reply_by, thread, references, seen, basis, texts)
    if not drafting.is_type(what) and flags != drafting.Flags(what):
        raise UsageError("USAGE", f"flags go with a message type, which {what} is not; a draft file stands alone")
    source = drafting.from_flags(flags) if drafting.is_type(what) else drafting.from_file(Path(what))
    return send_draft(source, Hand(socket, keys, asking(passphrase_file)))


@command(app, "inbox", "hotline inbox --socket aus/operator.sock")
def inbox(
    socket: Socket,
    everything: Annotated[bool, typer.Option("--all", help="Acknowledgements and observations too.")] = False,
) -> Result:
    """List the messages that the node holds, sent and received, oldest first, each with its stages."""
    from hotline.cli import desk

    return desk.inbox(socket, everything=everything)


@command(
    app,
    "show",
    "hotline show 3f9a01c2b4d5 --socket aus/operator.sock",
    "hotline show 3f9a01c2b4d5 --language zh --socket chn/operator.sock",
)
def show(message: Ref, socket: Socket, language: Language = "en") -> Result:
    """Show one message in full, with every stage of every addressee."""
    from hotline.cli import desk

    return desk.show(socket, message, known_language(language))


@command(
    app,
    "ack",
    "hotline ack 3f9a01c2b4d5 --stage read --socket chn/operator.sock --key chn/chen.key",
    "hotline ack 3f9a01c2b4d5 --stage decline --reason 'Own divers in the water' --socket s --key chn/chen.key",
    "hotline ack 3f9a01c2b4d5 --stage readback --field exclusion_radius='3 nmi' --text zh=保持3海里以外 \\",
    "    --socket chn/operator.sock --key chn/chen.key",
)
def ack(
    message: Ref,
    stage: Annotated[str, typer.Option(help=f"What is said: {StageWords}")],
    socket: Socket,
    keys: OfficerKeys,
    reason: Annotated[str, typer.Option(help="Reason, remark or correction.")] = "",
    until: Annotated[str, typer.Option(help="With defer: until when, such as 'now + 2 h'.")] = "",
    passed_to: Annotated[str, typer.Option(help="With passed: to whom.")] = "",
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", help="With readback: a critical field as you understood it."),
    ] = None,
    texts: Texts = None,
    of: Annotated[str, typer.Option(help="With confirm and correct: the post that read it back.")] = "",
    passphrase_file: Passphrase = None,
) -> Result:
    """Say one stage about a message. None implies another; a signed refusal is a valid answer."""
    from hotline.cli.answering import Answer, acknowledge, stage_word
    from hotline.cli.desk import Hand
    from hotline.cli.keyring import asking

    answer = Answer(stage_word(stage), reason, until, passed_to, fields or (), texts or (), of)
    return acknowledge(message, answer, Hand(socket, keys, asking(passphrase_file)))


@command(
    app,
    "observe",
    "hotline observe 3f9a01c2b4d5 --stage done --finding contradicts --set sensor=RADAR --set observed_at=now \\",
    "    --set observed.kind=WARSHIP --set observed.name=Ningbo --set range='2.8 nmi' --socket s --key aus/anna.key",
)
def observe(
    message: Ref,
    finding: Annotated[str, typer.Option(help="consistent or contradicts.")],
    socket: Socket,
    keys: OfficerKeys,
    sets: Sets = None,
    stage: Annotated[str, typer.Option(help="The stage it is about, such as done; else the message.")] = "",
    of: Annotated[str, typer.Option(help="The post that said the stage, where several did.")] = "",
    ask: Annotated[str, typer.Option(help="Highest stage asked for.")] = "read",
    precedence: Precedence = None,
    texts: Texts = None,
    passphrase_file: Passphrase = None,
) -> Result:
    """Say what was seen about a message, or about the stage that somebody claims. It edits nothing."""
    from hotline.cli import answering
    from hotline.cli.desk import Hand
    from hotline.cli.drafting import Flags
    from hotline.cli.keyring import asking

    flags = Flags(
        "Observation",
        [f"finding={finding.upper()}", *(sets or ())],
        precedence=precedence,
        stage=ask,
        texts=texts,
    )
    return answering.observe(message, stage, of, flags, Hand(socket, keys, asking(passphrase_file)))


@command(
    app,
    "retract",
    "hotline retract 3f9a01c2b4d5 --reason 'An exercise template was chosen by mistake' --key aus/anna.key",
)
def retract(
    message: Ref,
    reason: Annotated[str, typer.Option(help="Why it was wrong, in plain words.")],
    socket: Socket,
    keys: OfficerKeys,
    ask: Annotated[str, typer.Option(help="Highest stage asked for.")] = "read",
    passphrase_file: Passphrase = None,
) -> Result:
    """Take a message of your own post back, at once: FLASH, one person, to everybody it went to.

    It stays on record, marked RETRACTED; an acknowledgement that is taken back is WITHDRAWN.
    """
    from hotline.cli import following
    from hotline.cli.desk import Hand
    from hotline.cli.keyring import asking

    return following.retract(message, reason, ask, Hand(socket, keys, asking(passphrase_file)))


@command(
    app,
    "oob",
    "hotline oob 3f9a01c2b4d5 --medium telephone --stage read --spoken-with 'duty officer' --read-back \\",
    "    --text en='She has it and is telling the ship.' --socket aus/operator.sock --key aus/anna.key",
)
def out_of_band(
    message: Ref,
    medium: Annotated[str, typer.Option(help="telephone, vhf, radio, embassy, other-line or in-person.")],
    stage: Annotated[str, typer.Option(help="Highest stage that was reached by it: delivered, read, decided, ...")],
    socket: Socket,
    keys: OfficerKeys,
    of: Annotated[str, typer.Option(help="The addressee whose answer it was; the only one when left out.")] = "",
    said_at: Annotated[str, typer.Option(help="When it was said.")] = "now",
    spoken_with: Annotated[str, typer.Option(help="Who spoke for the other side, as given.")] = "",
    read_back: Annotated[bool, typer.Option("--read-back", help="It was read back.")] = False,
    texts: Texts = None,
    passphrase_file: Passphrase = None,
) -> Result:
    """Record what was said about a message by other means. Your claim: it ends the asking and meets no deadline."""
    from hotline.cli.desk import Hand
    from hotline.cli.following import Spoken, out_of_band
    from hotline.cli.keyring import asking

    spoken = Spoken(of, medium, stage, said_at, spoken_with, read_back, texts or ())
    return out_of_band(message, spoken, Hand(socket, keys, asking(passphrase_file)))
