"""`hotline envelope` and `hotline transcript`: what can be proved to others, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import command, group
from hotline.cli.commands.options import AgreementFile, NewFile, Pin, Socket
from hotline.cli.results import Result

envelope = group("envelope", "One signed envelope, verified offline.")
transcript = group("transcript", "Transcripts: exported from a node, verified and compared offline.")


@command(
    envelope,
    "verify",
    "hotline envelope verify one.envelope --agreement agreement --directory aus.directory --directory chn.directory",
    "hotline envelope verify message.json --agreement agreement --transcript transcript-aus",
)
def verify_envelope(
    file: Annotated[Path, typer.Argument(help="The envelope: protobuf, or the JSON form of DSSE.")],
    agreement: AgreementFile,
    directory: Annotated[list[Path] | None, typer.Option(help="A party's directory; one of each party.")] = None,
    transcript_file: Annotated[
        Path | None, typer.Option("--transcript", help="Take the directories from this transcript.")
    ] = None,
    pin: Pin = None,
) -> Result:
    """Verify a statement, a Head or a directory: bytes, signatures, signers and rules."""
    from hotline.cli import evidence
    from hotline.cli.files import digest

    return evidence.verify_envelope(file, agreement, directory or [], transcript_file, digest(pin))


@command(transcript, "export", "hotline transcript export --socket aus/operator.sock --out transcript-aus")
def export(socket: Socket, out: NewFile) -> Result:
    """Write a node's transcript: everything it holds, signed at the end."""
    from hotline.cli.exporting import export_transcript

    return export_transcript(socket, out)


@command(
    transcript,
    "verify",
    "hotline transcript verify transcript-aus",
    "hotline transcript verify transcript-aus --pin 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
)
def verify(file: Annotated[Path, typer.Argument(help="The transcript.")], pin: Pin = None) -> Result:
    """Verify a transcript from its bytes alone and say what it proves; any changed byte is refused.

    Without --pin the answer is UNPINNED: it proves only that the parties named inside agree with each other.
    """
    from hotline.cli import evidence
    from hotline.cli.files import digest

    return evidence.verify(file, digest(pin))


@command(transcript, "compare", "hotline transcript compare transcript-aus transcript-chn")
def compare(
    first: Annotated[Path, typer.Argument(help="A transcript.")],
    second: Annotated[Path, typer.Argument(help="Another of the same channel.")],
    pin: Pin = None,
) -> Result:
    """Verify two transcripts and name the first place where they part. One may hold more and still agree."""
    from hotline.cli import evidence
    from hotline.cli.files import digest

    return evidence.compare(first, second, digest(pin))
