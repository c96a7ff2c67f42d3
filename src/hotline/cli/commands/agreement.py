"""`hotline agreement` and `hotline directory`: what the parties sign before anything is said."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import command, group
from hotline.cli.commands.options import MaybeFile, Passphrase, Pin, needed
from hotline.cli.results import DOCUMENT, Result

agreement = group("agreement", "Agreements: planned, signed by every party, verified.")
directory = group("directory", "Directories: each party's posts, endpoints, certificates and officers.")

PlanFile = Annotated[Path | None, typer.Argument(help="The plan, in YAML.")]
Example = Annotated[bool, typer.Option("--example", help="Print a plan with comments instead.")]
Revisions = Annotated[
    list[Path] | None, typer.Option("--agreement", help="The signed agreement; again for each later revision.")
]
Before = Annotated[Path | None, typer.Option("--previous", help="The revision before; its parties sign too.")]
Keys = Annotated[
    list[str],
    typer.Option("--key", help="Private key that signs, a file or pkcs11: address; may be given several times."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanExample(Result):
    """A plan to begin from."""

    plan: str = field(metadata=DOCUMENT)


@command(
    agreement,
    "new",
    "hotline agreement new --example > agreement-plan.yaml",
    "hotline agreement new agreement-plan.yaml --out agreement.unsigned",
)
def new(plan: PlanFile = None, out: MaybeFile = None, example: Example = False) -> Result:
    """Turn a plan into the bytes that every party is to sign."""
    if example:
        from hotline.agreements.examples import example_agreement

        return PlanExample(plan=example_agreement(time.time_ns()))
    from hotline.cli.agreements import new_agreement

    return new_agreement(needed(plan, "the plan"), needed(out, "--out"))


@command(
    agreement,
    "sign",
    "hotline agreement sign agreement.unsigned --party AUS --key aus/root.key --out agreement.aus",
    "hotline agreement sign agreement.aus --party CHN --key chn/root.key --out agreement",
    "hotline agreement sign revision.unsigned --party AUS --previous agreement --key aus/root-1.key \\",
    "    --key aus/root-2.key --out revision.aus",
)
def sign(
    file: Annotated[Path, typer.Argument(help="The agreement as it stands, signed by nobody or by some.")],
    party: Annotated[str, typer.Option(help="The party that signs.")],
    key: Keys,
    out: Annotated[Path, typer.Option(help="File to write; FILE itself is replaced.")],
    previous: Before = None,
    passphrase_file: Passphrase = None,
) -> Result:
    """Add a party's root signatures. Every party signs the same bytes, one after the other.

    A revision is signed by every party of the one before, by the roots of that one, and by every party of its own.
    """
    from hotline.cli.agreements import sign_agreement
    from hotline.cli.keyring import asking

    return sign_agreement(file, party, key, asking(passphrase_file), out, previous)


@command(agreement, "show", "hotline agreement show agreement")
def show(file: Annotated[Path, typer.Argument(help="An agreement, signed or not.")], previous: Before = None) -> Result:
    """Show what an agreement says and who has signed it. Nothing is verified: see `hotline agreement verify`."""
    from hotline.cli.agreements import show_agreement

    return show_agreement(file, previous)


@command(
    agreement,
    "verify",
    "hotline agreement verify agreement",
    "hotline agreement verify agreement --pin 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "hotline agreement verify agreement.2 --previous agreement",
)
def verify(
    file: Annotated[Path, typer.Argument(help="The signed agreement.")],
    previous: Annotated[
        list[Path] | None, typer.Option("--previous", help="Each revision before it, from the first on.")
    ] = None,
    pin: Pin = None,
) -> Result:
    """Verify that every party signed these bytes; with --pin, that they are the ones you trust.

    Without --pin the answer is UNPINNED: the parties named inside agree with each other, whoever they are. Any one of
    a chain of revisions may be pinned.
    """
    from hotline.cli.agreements import verify_agreement
    from hotline.cli.files import digest

    return verify_agreement(file, previous or [], digest(pin))


@command(
    directory,
    "new",
    "hotline directory new --example --party AUS > aus-directory.yaml",
    "hotline directory new aus-directory.yaml --agreement agreement --key aus/registrar.key --out aus.directory",
    "hotline directory new aus-2.yaml --agreement agreement --key aus/registrar.key --log aus/operator.sock \\",
    "    --out aus.directory.2",
)
def new_directory(
    plan: PlanFile = None,
    revisions: Revisions = None,
    key: Annotated[str | None, typer.Option(help="The registrar's private key, a file or pkcs11: address.")] = None,
    out: MaybeFile = None,
    log: Annotated[
        Path | None,
        typer.Option(help="Where the logs stand in which something ends: a node's operator socket, or a transcript."),
    ] = None,
    passphrase_file: Passphrase = None,
    example: Example = False,
    party: Annotated[str, typer.Option(help="With --example: whose directory.")] = "AUS",
    endpoint: Annotated[str, typer.Option(help="With --example: where its node answers.")] = "127.0.0.1:7443",
) -> Result:
    """Turn a plan into a party's directory, signed by its registrar."""
    if example:
        from hotline.agreements.examples import example_directory

        return PlanExample(plan=example_directory(time.time_ns(), party, endpoint))
    from hotline.cli import directories
    from hotline.cli.keyring import asking

    return directories.new_directory(
        needed(plan, "the plan"),
        needed(revisions, "--agreement"),
        needed(key, "--key"),
        asking(passphrase_file),
        needed(out, "--out"),
        log,
    )


@command(directory, "show", "hotline directory show aus.directory")
def show_directory(file: Annotated[Path, typer.Argument(help="A directory.")]) -> Result:
    """Show what a directory lists. Nothing is verified: see `hotline directory verify`."""
    from hotline.cli import directories

    return directories.show_directory(file)


@command(directory, "verify", "hotline directory verify aus.directory --agreement agreement")
def verify_directory(
    file: Annotated[Path, typer.Argument(help="The directory.")],
    revisions: Revisions = None,
    others: Annotated[
        list[Path] | None,
        typer.Option("--with", help="An earlier version, or another party's directory, to be checked together."),
    ] = None,
    pin: Pin = None,
) -> Result:
    """Verify a directory under its agreement; with its earlier versions, that it follows them; with every other
    party's, that no key serves two purposes."""
    from hotline.cli import directories
    from hotline.cli.files import digest

    return directories.verify_directory(file, needed(revisions, "--agreement"), others or [], digest(pin))
