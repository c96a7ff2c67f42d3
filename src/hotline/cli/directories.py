"""Directories on disk: from the plan, through the registrar's signature, to the verdict."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hotline import v1
from hotline.agreements.directory_plan import DirectoryPlan
from hotline.agreements.reading import read_plan
from hotline.cli import files
from hotline.cli.judging import judging
from hotline.cli.keyring import load_signers
from hotline.cli.results import ONLY_JSON, Result, Utc
from hotline.keys import Kind, Role
from hotline.messages.names import short_name
from hotline.messages.times import both
from hotline.protocol.envelope import DIRECTORY, digest_of, parse
from hotline.protocol.errors import PeerDataError
from hotline.protocol.pae import sha256
from hotline.protocol.trust import Agreement, Trust, open_agreement, open_directory, public_key


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRow:
    """A post in a directory."""

    post: str
    name: str = field(metadata=ONLY_JSON)
    function: str
    endpoint: str
    tls_pins: tuple[str, ...]
    node_key: str
    epoch: int
    until: Utc


@dataclass(frozen=True, slots=True)
class OfficerRow:
    """An officer in a directory."""

    post: str
    person: str
    role: str
    key: str
    until: Utc


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryShown(Result):
    """A directory: made, shown or verified."""

    digest: str
    party: str
    version: int
    channel: str
    kind: str
    agreement_digest: str
    issued_at: str
    file: Path
    posts: tuple[PostRow, ...]
    officers: tuple[OfficerRow, ...]


def new_directory(plan: Path, agreement_file: Path, key: Path, passphrase: bytes | None, out: Path) -> DirectoryShown:
    """A party's directory from a plan, signed by its registrar."""
    agreement = open_agreement(files.read(agreement_file))
    written = read_plan(plan, DirectoryPlan)
    (registrar,) = load_signers([key], Kind.of(agreement.kind), Role.REGISTRAR, passphrase)
    envelope = written.envelope(agreement, registrar.signer, time.time_ns())
    open_directory(envelope, agreement)  # a registrar of another party is told now, not by the peers
    files.write_new(out, envelope.SerializeToString())
    return _shown(envelope, out)


def show_directory(file: Path) -> DirectoryShown:
    """What a file says; nothing is verified but its form."""
    return _shown(_open(file), file)


def verify_directory(file: Path, agreement_file: Path, others: Sequence[Path], pin: bytes | None) -> DirectoryShown:
    """Whether a directory stands under an agreement; with the other parties' ones, whether they stand together."""
    envelope = _open(file)
    data, beside = files.read(agreement_file), [_open(other) for other in others]
    with judging():
        agreement = open_agreement(data, pin)
        open_directory(envelope, agreement)
        if others:
            Trust(agreement, [envelope, *beside])
    return _shown(envelope, file)


def read_trust(agreement: Agreement, paths: Sequence[Path]) -> Trust:
    """The agreement with the directories in files."""
    return Trust(agreement, [_open(path) for path in paths])


def _open(file: Path) -> v1.Envelope:
    data = files.read(file)
    try:
        envelope = parse(data, v1.Envelope)
    except PeerDataError as error:
        raise PeerDataError(error.code, f"{file}: {error.detail}") from error
    if envelope.payload_type != DIRECTORY:
        raise PeerDataError("PAYLOAD_TYPE", f"{file} holds {envelope.payload_type!r}, no directory")
    return envelope


def _shown(envelope: v1.Envelope, file: Path) -> DirectoryShown:
    directory = parse(envelope.payload, v1.Directory)
    return DirectoryShown(
        digest=digest_of(envelope).hex(),
        party=directory.party,
        version=directory.version,
        channel=directory.channel,
        kind=short_name(v1.Kind.DESCRIPTOR, directory.kind),
        agreement_digest=directory.agreement_digest.hex(),
        issued_at=both(directory.issued_at),
        file=file,
        posts=tuple(_post_row(post) for post in directory.posts),
        officers=tuple(_officer_row(post.id, officer) for post in directory.posts for officer in post.officers),
    )


def _post_row(post: v1.Post) -> PostRow:
    return PostRow(
        post=post.id,
        name=post.name,
        function=short_name(v1.Post.Function.DESCRIPTOR, post.function),
        endpoint=post.endpoint,
        tls_pins=tuple(sha256(certificate).hex()[:12] for certificate in post.tls_certificates),
        node_key=public_key(post.node.key).fingerprint.hex()[:12],
        epoch=post.node.epoch,
        until=Utc.of(post.node.valid.until),
    )


def _officer_row(post: str, officer: v1.OfficerCertificate) -> OfficerRow:
    key = public_key(officer.key).fingerprint.hex()[:12]
    return OfficerRow(post, officer.person, officer.role, key, Utc.of(officer.valid.until))
