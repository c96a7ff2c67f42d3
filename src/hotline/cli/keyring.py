"""Keys: making and showing them, and loading those that sign."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hotline.cli import files
from hotline.cli.results import Result
from hotline.keys import (
    KeyLabel,
    KeysError,
    Kind,
    LabelledPublicKey,
    LabelledSigner,
    Role,
    SoftSigner,
    issue_tls,
    load_private,
    load_public,
    public_path,
    save_pair,
)
from hotline.messages.times import iso

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


def new_key(label: KeyLabel, folder: Path, passphrase: bytes | None) -> KeyShown:
    """Make a key pair in two files."""
    signer = SoftSigner.generate()
    path = folder / f"{label.name}.key"
    _make(folder)
    save_pair(path, label, signer, passphrase)
    return _shown(load_public(public_path(path), kind=label.kind), path, public_path(path))


def new_tls(post: str, folder: Path, days: int) -> TlsMade:
    """Make a TLS key and its certificate."""
    start = datetime.fromtimestamp(time.time_ns() // _NS_PER_S, tz=UTC)
    end = start + timedelta(days=days) - _EARLIER
    identity = issue_tls(post, start - _EARLIER, end)
    name = post.rpartition(":")[2]
    key, certificate = folder / f"{name}-tls.key", folder / f"{name}-tls.pem"
    _make(folder)
    identity.save(key, certificate)
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


def passphrase_in(path: Path | None) -> bytes | None:
    """The first line of a file; None where there is no file."""
    return files.read(path).split(b"\n", 1)[0].rstrip(b"\r") if path else None


def load_signers(paths: Iterable[Path], kind: Kind, role: Role, passphrase: bytes | None) -> list[LabelledSigner]:
    """Private keys for use; the passphrase is for those that are encrypted."""
    return [_load(path, kind, role, passphrase) for path in paths]


def _load(path: Path, kind: Kind, role: Role, passphrase: bytes | None) -> LabelledSigner:
    if passphrase is not None:
        try:
            return load_private(path, kind=kind, role=role)
        except KeysError as error:
            if error.code != "KEY_PASSPHRASE":
                raise
    return load_private(path, kind=kind, role=role, passphrase=passphrase)
