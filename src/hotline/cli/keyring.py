"""Keys: making and showing them, and loading those that sign."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from getpass import getpass
from pathlib import Path

from hotline.cli.results import Result
from hotline.keys import (
    Ask,
    HybridSigner,
    KeyLabel,
    KeyPlace,
    KeysError,
    Kind,
    LabelledPublicKey,
    Role,
    SoftSigner,
    TokenAddress,
    issue_tls,
    key_place,
    load_private,
    load_public,
    make_in_token,
    open_token,
    passphrase_in_environment,
    passphrase_in_file,
    public_path,
    refuse_published,
    save_pair,
    save_public,
)
from hotline.messages.times import iso
from hotline.protocol.signing import Signer

PASSPHRASE = "HOTLINE_PASSPHRASE"

_NS_PER_S = 1_000_000_000
# A peer whose clock is a little behind must take the certificate too.
_EARLIER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyShown(Result):
    """A key. `digest` is its fingerprint, which names it in envelopes."""

    digest: str
    name: str
    kind: Kind
    role: Role
    party: str
    post: str
    public_key: str
    private_file: Path | None
    public_file: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsMade(Result):
    """A TLS identity. `digest` is the pin: SHA-256 of the certificate."""

    digest: str
    post: str
    not_after: str
    private_file: Path
    certificate_file: Path


def new_key(label: KeyLabel, folder: Path, hybrid: bool, passphrase: bytes | None) -> KeyShown:
    """Make a key pair in two files."""
    signer = HybridSigner.generate() if hybrid else SoftSigner.generate()
    path = folder / f"{label.name}.key"
    _make(folder)
    save_pair(path, label, signer, passphrase)
    return _shown(load_public(public_path(path), kind=label.kind), path, public_path(path))


def new_token_key(label: KeyLabel, folder: Path, place: str, ask: Ask, *, existing: bool) -> KeyShown:
    """Make a key pair in a token, or take one that is there already; only the public edition becomes a file."""
    address = TokenAddress.parse(place)
    path = folder / f"{label.name}.key"
    if public_path(path).exists():
        raise KeysError("KEY_EXISTS", f"{public_path(path)} is there already and was left as it is")
    _make(folder)
    save_public(path, label, (open_token if existing else make_in_token)(address, ask))
    return _shown(load_public(public_path(path), kind=label.kind), None, public_path(path))


def new_tls(post: str, folder: Path, days: int, passphrase: bytes | None) -> TlsMade:
    """Make a TLS key and its certificate."""
    start = datetime.fromtimestamp(time.time_ns() // _NS_PER_S, tz=UTC)
    end = start + timedelta(days=days) - _EARLIER
    identity = issue_tls(post, start - _EARLIER, end)
    name = post.rpartition(":")[2]
    key, certificate = folder / f"{name}-tls.key", folder / f"{name}-tls.pem"
    _make(folder)
    identity.save(key, certificate, passphrase)
    until = iso(int(end.timestamp()) * _NS_PER_S)
    return TlsMade(
        digest=identity.pin.hex(), post=post, not_after=until, private_file=key, certificate_file=certificate
    )


def show_key(path: Path) -> KeyShown:
    """What a key is for: from its public edition, which stands beside a private one."""
    public = path if path.name.endswith(".pub") else public_path(path)
    return _shown(_load_public(public), path if path != public else None, public)


def _load_public(path: Path) -> LabelledPublicKey:
    """A public key of either kind."""
    try:
        return load_public(path, kind=Kind.EXERCISE)
    except KeysError as error:
        if error.code != "KEY_WRONG_KIND":
            raise
        return load_public(path, kind=Kind.ACTUAL)


def _shown(key: LabelledPublicKey, private: Path | None, public: Path) -> KeyShown:
    label = key.label
    return KeyShown(
        digest=key.key.fingerprint.hex(),
        name=label.name,
        kind=label.kind,
        role=label.role,
        party=label.party,
        post=label.post,
        public_key=key.key.public_key.hex(),
        private_file=private,
        public_file=public,
    )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KeysError("KEY_IO", str(error)) from error


def asking(file: Path | None) -> Ask:
    """Where a passphrase comes from: the file given, else the environment, else whoever sits at the terminal."""
    return lambda what: _given(file) or _asked(what, again=False)


def new_passphrase(file: Path | None) -> bytes:
    """A passphrase for a new key, typed twice where it is typed.

    Raises:
        KeysError: KEY_PASSPHRASE, KEY_EXPOSED, KEY_IO.
    """
    return _given(file) or _asked("the new key", again=True)


def _given(file: Path | None) -> bytes | None:
    if file is not None:
        return passphrase_in_file(file)
    return passphrase_in_environment(PASSPHRASE) if PASSPHRASE in os.environ else None


def _asked(what: str, *, again: bool) -> bytes:
    if not _at_a_terminal():
        ways = f"--passphrase-file, {PASSPHRASE}, or a terminal to type it at{'; or --plain' if again else ''}"
        raise KeysError("KEY_PASSPHRASE", f"{what} needs a passphrase: {ways}")
    typed = getpass(f"Passphrase for {what}: ")
    if not typed or (again and getpass("Once more: ") != typed):
        raise KeysError("KEY_PASSPHRASE", "nothing was typed" if not typed else "the two are not the same")
    return typed.encode()


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def load_signers(places: Iterable[str], kind: Kind, role: Role, ask: Ask) -> list[Signer]:
    """Private keys for use, from files and tokens.

    What a key in a token may do, the agreement and the directories say; a file says it beside the key as well.
    """
    return [_load(key_place(place), kind, role, ask) for place in places]


def _load(place: KeyPlace, kind: Kind, role: Role, ask: Ask) -> Signer:
    if isinstance(place, Path):
        return load_private(place, kind=kind, role=role, passphrase=ask).signer
    signer = open_token(place, ask)
    refuse_published([signer.fingerprint], kind)
    return signer
