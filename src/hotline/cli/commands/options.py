"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import typer

from hotline.protocol.errors import UsageError

T = TypeVar("T")

Pin = Annotated[str | None, typer.Option(help="Digest that the agreement must have, 64 hexadecimal digits.")]
AgreementFile = Annotated[Path, typer.Option("--agreement", help="The signed agreement.")]
Passphrase = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        envvar="HOTLINE_PASSPHRASE_FILE",
        help="For encrypted keys, and a token's PIN: its first line. HOTLINE_PASSPHRASE_FILE stands in for it.",
    ),
]
NewFile = Annotated[Path, typer.Option("--out", help="File to write; never over one that is there.")]
MaybeFile = Annotated[Path | None, typer.Option("--out", help="File to write; never over one that is there.")]
Socket = Annotated[
    Path, typer.Option(envvar="HOTLINE_SOCKET", help="Operator socket of the node; HOTLINE_SOCKET stands in for it.")
]
MaybeSocket = Annotated[
    Path | None,
    typer.Option(envvar="HOTLINE_SOCKET", help="Operator socket of a node; HOTLINE_SOCKET stands in for it."),
]
OfficerKeys = Annotated[
    list[str],
    typer.Option(
        "--key",
        envvar="HOTLINE_KEY",
        help="Officer's private key, a file or pkcs11: address; again for a second officer. HOTLINE_KEY.",
    ),
]

# A draft, piece by piece.
Sets = Annotated[list[str] | None, typer.Option("--set", help="A field of the body, path=value with its unit.")]
To = Annotated[
    list[str] | None, typer.Option("--to", help="Action addressee, such as CHN:fleet-watch; all for everybody.")
]
Info = Annotated[list[str] | None, typer.Option("--info", help="Information addressee.")]
Precedence = Annotated[str | None, typer.Option(help="routine, priority, immediate or flash.")]
Stage = Annotated[str | None, typer.Option(help="Highest stage asked for, such as read, decided or done.")]
ReplyBy = Annotated[str | None, typer.Option(help="Deadline asked for, such as 'now + 30 min'.")]
Thread = Annotated[str | None, typer.Option(help="First message of the thread.")]
References = Annotated[
    list[str] | None,
    typer.Option("--reference", help="Earlier message, role=ref: follows, answers, updates, cancels."),
]
Seen = Annotated[list[str] | None, typer.Option("--seen", help="A message of the thread that was on the screen.")]
Basis = Annotated[list[str] | None, typer.Option("--basis", help="Article or rule relied on.")]
Texts = Annotated[list[str] | None, typer.Option("--text", help="Remark, language=words; the first one is authentic.")]
Language = Annotated[str, typer.Option(help="Language to read it in, en or zh.")]
LANGUAGES = ("en", "zh")


def known_language(language: str, *others: str) -> str:
    """A language that messages are read in.

    Raises:
        UsageError: USAGE.
    """
    if language not in (*LANGUAGES, *others):
        raise UsageError("USAGE", f"--language is one of {', '.join((*LANGUAGES, *others))}, not {language}")
    return language


def needed(given: T | None, name: str) -> T:
    """An option that only `--example` can do without.

    Raises:
        UsageError: USAGE.
    """
    if given is None:
        raise UsageError("USAGE", f"{name} is missing")
    return given
