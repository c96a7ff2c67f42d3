"""Key files: one JSON object that says what the key is for, in a private and a public edition.

    {"format": "hotline private key 1", "name": "anna", "kind": "EXERCISE", "role": "officer", "party": "AUS",
     "post": "AUS:fleet-watch", "algorithm": "Ed25519", "public_key": "<64 hex digits>",
     "fingerprint": "<64 hex digits>", "private_key": "-----BEGIN PRIVATE KEY-----\\n..."}

The public edition has the format "hotline public key 1", no private_key, and the same name with `.pub` at its end. The
private key is PKCS #8 in PEM, encrypted under scrypt if there is a passphrase (`pkcs8.py`); that of a hybrid key is two
of these, one after the other, and its algorithm is "Ed25519+ML-DSA-65". What the label says is not
signed: it guards against mix-ups. The agreement and the directories decide what a key may do.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from hotline.keys.disk import read_small, write_new
from hotline.keys.errors import KeysError
from hotline.keys.label import KeyLabel, Kind, Role
from hotline.keys.passphrase import Ask
from hotline.keys.pkcs8 import encrypted_pem, is_encrypted, plain_pem
from hotline.keys.published import refuse_published
from hotline.keys.signer import FileSigner, HybridSigner, SoftSigner
from hotline.protocol.errors import PeerDataError
from hotline.protocol.signing import Algorithm, PublicKey, Signer, fingerprints

_PRIVATE = "hotline private key 1"
_PUBLIC = "hotline public key 1"
_ALGORITHMS = {"Ed25519": Algorithm.ED25519, "Ed25519+ML-DSA-65": Algorithm.ED25519_ML_DSA_65}
_NAMES = {algorithm: name for name, algorithm in _ALGORITHMS.items()}
_HEAD = "-----BEGIN "
_FIELDS = frozenset({"format", "name", "kind", "role", "party", "post", "algorithm", "public_key", "fingerprint"})


@dataclass(frozen=True, slots=True)
class LabelledSigner:
    """A private key and what it is for."""

    label: KeyLabel
    signer: FileSigner


@dataclass(frozen=True, slots=True)
class LabelledPublicKey:
    """A public key, admitted by the strict profile, and what it is for."""

    label: KeyLabel
    key: PublicKey


def public_path(path: Path) -> Path:
    """Where the public edition of the key file `path` stands."""
    return path.with_name(path.name + ".pub")


def save_pair(path: Path, label: KeyLabel, signer: FileSigner, passphrase: bytes | None = None) -> None:
    """Write both editions; the private one with mode 0600.

    Raises:
        KeysError: KEY_EXISTS if there is either file already, KEY_PUBLISHED, KEY_PASSPHRASE if it is empty, KEY_IO.
    """
    refuse_published(fingerprints(signer.algorithm, signer.public_key), label.kind)
    pem = _private_pem(signer, passphrase)
    if path.exists():
        raise KeysError("KEY_EXISTS", f"{path} is there already and was left as it is")
    write_new(public_path(path), _render(_PUBLIC, label, signer), 0o644)
    write_new(path, _render(_PRIVATE, label, signer, private_key=pem), 0o600)


def save_public(path: Path, label: KeyLabel, signer: Signer) -> None:
    """Write the public edition alone, of a key that is in no file.

    Raises:
        KeysError: KEY_EXISTS, KEY_PUBLISHED, KEY_IO.
    """
    refuse_published(fingerprints(signer.algorithm, signer.public_key), label.kind)
    write_new(public_path(path), _render(_PUBLIC, label, signer), 0o644)


def load_private(
    path: Path, *, kind: Kind, role: Role | None = None, passphrase: bytes | Ask | None = None
) -> LabelledSigner:
    """Read a private key for use.

    Args:
        path: the private edition.
        kind: the kind it is wanted for.
        role: the role it is wanted for; None takes any.
        passphrase: None for a key that is not encrypted. A function is asked only if the key is.

    Raises:
        KeysError: KEY_IO, KEY_EXPOSED, KEY_FORMAT, KEY_LABEL, KEY_PASSPHRASE, KEY_MISMATCH, KEY_WRONG_KIND,
            KEY_WRONG_ROLE, KEY_PUBLISHED.
    """
    fields = _parse(read_small(path, private=True), _PRIVATE, path)
    label = _label(fields, path)
    _check_use(label, kind, role, path)
    if callable(passphrase):
        passphrase = passphrase(str(path)) if is_encrypted(fields["private_key"]) else None
    signer = _signer(fields, passphrase, path)
    _check_names(fields, signer.public_key, signer.fingerprint, path)
    refuse_published(fingerprints(signer.algorithm, signer.public_key), kind)
    return LabelledSigner(label, signer)


def load_public(path: Path, *, kind: Kind, role: Role | None = None) -> LabelledPublicKey:
    """Read a public key, for an agreement or a directory.

    Raises:
        KeysError: KEY_IO, KEY_FORMAT, KEY_LABEL, KEY_MISMATCH, KEY_WRONG_KIND, KEY_WRONG_ROLE, KEY_PUBLISHED.
    """
    fields = _parse(read_small(path, private=False), _PUBLIC, path)
    label = _label(fields, path)
    _check_use(label, kind, role, path)
    try:
        key = PublicKey(_ALGORITHMS[fields["algorithm"]], bytes.fromhex(fields["public_key"]))
    except (ValueError, PeerDataError) as error:
        raise KeysError("KEY_FORMAT", f"{path}: no public key: {error}") from error
    _check_names(fields, key.public_key, key.fingerprint, path)
    refuse_published(key.fingerprints, kind)
    return LabelledPublicKey(label, key)


def _render(form: str, label: KeyLabel, signer: Signer, **more: str) -> bytes:
    fields = {
        "format": form,
        **asdict(label),
        "algorithm": _NAMES[signer.algorithm],
        "public_key": signer.public_key.hex(),
        "fingerprint": signer.fingerprint.hex(),
        **more,
    }
    return (json.dumps(fields, indent=2) + "\n").encode()


def _parse(data: bytes, form: str, path: Path) -> dict[str, str]:
    """The file's fields: exactly those of its format, all of them text."""
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise KeysError("KEY_FORMAT", f"{path} is no key file") from error
    if not isinstance(fields, dict) or fields.get("format") != form:
        raise KeysError("KEY_FORMAT", f"{path} is not a '{form}'")
    expected = _FIELDS | {"private_key"} if form == _PRIVATE else _FIELDS
    if fields.keys() != expected or not all(isinstance(value, str) for value in fields.values()):
        raise KeysError("KEY_FORMAT", f"{path} has other fields than a '{form}'")
    if fields["algorithm"] not in _ALGORITHMS:
        raise KeysError("KEY_FORMAT", f"{path} holds a key for another algorithm than {' or '.join(_ALGORITHMS)}")
    return fields


def _label(fields: dict[str, str], path: Path) -> KeyLabel:
    try:
        kind, role = Kind(fields["kind"]), Role(fields["role"])
        return KeyLabel(fields["name"], kind, role, fields["party"], fields["post"])
    except ValueError as error:
        raise KeysError("KEY_LABEL", f"{path}: {error}") from error
    except KeysError as error:
        raise KeysError("KEY_LABEL", f"{path}: {error.detail}") from error


def _check_use(label: KeyLabel, kind: Kind, role: Role | None, path: Path) -> None:
    if label.kind is not kind:
        raise KeysError("KEY_WRONG_KIND", f"{path} is for {label.kind}, wanted was one for {kind}")
    if role is not None and label.role is not role:
        raise KeysError("KEY_WRONG_ROLE", f"{path} has the role {label.role}, wanted was {role}")


def _check_names(fields: dict[str, str], public_key: bytes, fingerprint: bytes, path: Path) -> None:
    """The names the file gives the key must be the key's own."""
    if (fields["public_key"], fields["fingerprint"]) != (public_key.hex(), fingerprint.hex()):
        raise KeysError("KEY_MISMATCH", f"{path}: its fingerprint or public key is not that of the key it holds")


def _private_pem(signer: FileSigner, passphrase: bytes | None) -> str:
    if passphrase is None:
        return "".join(plain_pem(key) for key in signer.private_keys)
    return "".join(encrypted_pem(key, passphrase) for key in signer.private_keys)


def _signer(fields: dict[str, str], passphrase: bytes | None, path: Path) -> FileSigner:
    """The signer that a private edition holds."""
    head, *rest = fields["private_key"].split(_HEAD)
    keys = [_private_key(_HEAD + pem, passphrase, path) for pem in rest] if not head else []
    algorithm = _ALGORITHMS[fields["algorithm"]]
    match keys:
        case [Ed25519PrivateKey() as key] if algorithm is Algorithm.ED25519:
            return SoftSigner(key)
        case [Ed25519PrivateKey() as key, MLDSA65PrivateKey() as lattice] if algorithm is Algorithm.ED25519_ML_DSA_65:
            return HybridSigner(key, lattice)
        case _:
            raise KeysError("KEY_FORMAT", f"{path} holds another key than one of {fields['algorithm']}")


def _private_key(pem: str, passphrase: bytes | None, path: Path) -> PrivateKeyTypes:
    if is_encrypted(pem) != (passphrase is not None):
        state = (
            "is encrypted and needs a passphrase"
            if is_encrypted(pem)
            else "is not encrypted, yet a passphrase was given"
        )
        raise KeysError("KEY_PASSPHRASE", f"{path} {state}")
    try:
        return serialization.load_pem_private_key(pem.encode(), passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if is_encrypted(pem):
            raise KeysError("KEY_PASSPHRASE", f"{path} does not open with this passphrase") from error
        raise KeysError("KEY_FORMAT", f"{path}: no PKCS#8 private key") from error
