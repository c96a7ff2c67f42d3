"""`hotline keys`: key pairs and TLS identities."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import command, group
from hotline.cli.commands.options import Passphrase
from hotline.cli.results import Result
from hotline.protocol.errors import UsageError

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


class AlgorithmWord(StrEnum):
    """Algorithms as typed."""

    ED25519 = "ed25519"
    HYBRID = "hybrid"


Out = Annotated[Path, typer.Option("--out", help="Folder for the files; made if it is not there.")]

Plain = Annotated[bool, typer.Option("--plain", help="Do not encrypt: whoever reads the file has the key.")]


@command(
    keys,
    "new",
    "hotline keys new root --kind exercise --role root --party AUS --out aus",
    "hotline keys new anna --kind exercise --role officer --party AUS --post AUS:fleet-watch --out aus",
    "hotline keys new anna --kind exercise --role officer --party AUS --post AUS:fleet-watch --out aus \\",
    "    --token 'pkcs11:token=aus;object=anna?module-path=/usr/lib/softhsm/libsofthsm2.so'",
)
def new(
    name: Annotated[str, typer.Argument(help="Name of the key; an officer's is the roster pseudonym.")],
    kind: Annotated[KindWord, typer.Option(help="What the key may ever be used for.")],
    role: Annotated[RoleWord, typer.Option(help="Who holds it.")],
    party: Annotated[str, typer.Option(help="Party, such as AUS or NATO/DEU.")],
    post: Annotated[str, typer.Option(help="Post of a node or an officer, such as AUS:fleet-watch.")] = "",
    out: Out = Path(),
    algorithm: Annotated[
        AlgorithmWord, typer.Option(help="Of every key on the channel; hybrid is Ed25519 with ML-DSA-65.")
    ] = AlgorithmWord.ED25519,
    passphrase_file: Passphrase = None,
    plain: Plain = False,
    token: Annotated[str, typer.Option(help="Make it in a token, at this pkcs11: address; it never leaves it.")] = "",
    existing: Annotated[bool, typer.Option("--existing", help="With --token: take the key that is there.")] = False,
) -> Result:
    """Make a key pair: NAME.key, which never leaves its holder, and NAME.key.pub for agreements and directories.

    The private key is encrypted: the passphrase comes from --passphrase-file, HOTLINE_PASSPHRASE or the terminal.
    """
    from hotline.cli import keyring
    from hotline.keys import KeyLabel, Kind, Role

    label = KeyLabel(name, Kind(kind.value.upper()), Role(role.value), party, post)
    hybrid = algorithm is AlgorithmWord.HYBRID
    if existing and not token:
        raise UsageError("USAGE", "--existing goes with --token")
    if token:
        if hybrid or plain:
            raise UsageError("USAGE", "a key in a token is an Ed25519 key, and never plain")
        return keyring.new_token_key(label, out, token, keyring.asking(passphrase_file), existing=existing)
    return keyring.new_key(label, out, hybrid, None if plain else keyring.new_passphrase(passphrase_file))


@command(keys, "tls", "hotline keys tls AUS:fleet-watch --out aus")
def tls(
    post: Annotated[str, typer.Argument(help="Post whose node shows the certificate.")],
    out: Out = Path(),
    days: Annotated[int, typer.Option(min=1, max=30, help="How long the certificate holds.")] = 30,
    passphrase_file: Passphrase = None,
    plain: Plain = False,
) -> Result:
    """Make the TLS identity of a post's node. The certificate goes into the directory; no authority signs it.

    The private key is encrypted as those of `hotline keys new`.
    """
    from hotline.cli.keyring import new_passphrase, new_tls

    return new_tls(post, out, days, None if plain else new_passphrase(passphrase_file))


@command(keys, "show", "hotline keys show aus/anna.key.pub")
def show(
    file: Annotated[Path, typer.Argument(help="A key file, either edition.")],
) -> Result:
    """Show what a key is for and its fingerprint. Of a private key the public edition beside it is read."""
    from hotline.cli.keyring import show_key

    return show_key(file)
