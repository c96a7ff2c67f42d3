"""`hotline keys`: key pairs and TLS identities."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import command, group
from hotline.cli.results import Result

keys = group("keys", "Key pairs for roots, registrars, nodes and officers, and TLS identities.")


class KindWord(StrEnum):
    """Kinds as typed."""

    EXERCISE = "exercise"
    ACTUAL = "actual"


class RoleWord(StrEnum):
    """Roles as typed."""

    ROOT = "root"
    REGISTRAR = "registrar"
    NODE = "node"
    OFFICER = "officer"


Out = Annotated[Path, typer.Option("--out", help="Folder for the files; made if it is not there.")]


@command(
    keys,
    "new",
    "hotline keys new root --kind exercise --role root --party AUS --out aus",
    "hotline keys new anna --kind exercise --role officer --party AUS --post AUS:fleet-watch --out aus",
)
def new(
    name: Annotated[str, typer.Argument(help="Name of the key; an officer's is the roster pseudonym.")],
    kind: Annotated[KindWord, typer.Option(help="What the key may ever be used for.")],
    role: Annotated[RoleWord, typer.Option(help="Who holds it.")],
    party: Annotated[str, typer.Option(help="Party, such as AUS or NATO/DEU.")],
    post: Annotated[str, typer.Option(help="Post of a node or an officer, such as AUS:fleet-watch.")] = "",
    out: Out = Path(),
    passphrase_file: Annotated[Path | None, typer.Option(help="Encrypt the key; the file's first line.")] = None,
) -> Result:
    """Make a key pair: NAME.key, which never leaves its holder, and NAME.key.pub for agreements and directories."""
    from hotline.cli.keyring import new_key, passphrase_in
    from hotline.keys import KeyLabel, Kind, Role

    label = KeyLabel(name, Kind(kind.value.upper()), Role(role.value), party, post)
    return new_key(label, out, passphrase_in(passphrase_file))


@command(keys, "tls", "hotline keys tls AUS:fleet-watch --out aus")
def tls(
    post: Annotated[str, typer.Argument(help="Post whose node shows the certificate.")],
    out: Out = Path(),
    days: Annotated[int, typer.Option(min=1, max=30, help="How long the certificate holds.")] = 30,
) -> Result:
    """Make the TLS identity of a post's node. The certificate goes into the directory; no authority signs it."""
    from hotline.cli.keyring import new_tls

    return new_tls(post, out, days)


@command(keys, "show", "hotline keys show aus/anna.key.pub")
def show(
    file: Annotated[Path, typer.Argument(help="A key file, either edition.")],
) -> Result:
    """Show what a key is for and its fingerprint. Of a private key the public edition beside it is read."""
    from hotline.cli.keyring import show_key

    return show_key(file)
