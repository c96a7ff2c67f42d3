"""Directories on disk: from the plan, through the registrar's signature, to the verdict."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hotline import v1
from hotline.agreements.directory_plan import DirectoryPlan
from hotline.agreements.positions import Positions
from hotline.agreements.reading import read_plan
from hotline.cli import files
from hotline.cli.exporting import transcript_of
from hotline.cli.judging import judging
from hotline.cli.keyring import load_signers
from hotline.cli.results import ONLY_JSON, Result, Utc
from hotline.keys import Ask, Kind, Role
from hotline.messages.names import short_name
from hotline.messages.times import both
from hotline.protocol.envelope import DIRECTORY, digest_of, parse
from hotline.protocol.errors import PeerDataError
from hotline.protocol.pae import sha256
from hotline.protocol.trust import Agreement, Trust, open_directory, open_revisions, public_key


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
    level: str
    hours: str
    alternates: tuple[str, ...]
    superior: str
    other_channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfficerRow:
    """An officer in a directory."""

    post: str
    person: str
    role: str
    key: str
    until: Utc


@dataclass(frozen=True, slots=True)
class EndRow:
    """What a version ends: an epoch, or what one officer's key may say. Nothing after that place counts any more.

    Attributes:
        ends: "epoch", or the key.
        named_by: post whose Head named the position, where the directory was just made.
    """

    ends: str
    post: str
    epoch: int
    last: int
    reason: str
    at: Utc
    named_by: str


@dataclass(frozen=True, slots=True)
class DelegationRow:
    """A role that one officer lends another."""

    post: str
    role: str
    lent_by: str
    lent_to: str
    until: Utc


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryShown(Result):
    """A directory: made, shown or verified."""

    digest: str
    party: str
    version: int
    previous: str
    channel: str
    kind: str
    agreement_digest: str
    issued_at: str
    file: Path
    posts: tuple[PostRow, ...]
    officers: tuple[OfficerRow, ...]
    delegations: tuple[DelegationRow, ...]
    ends: tuple[EndRow, ...]


def new_directory(
    plan: Path, revisions: Sequence[Path], key: str, ask: Ask, out: Path, log: Path | None
) -> DirectoryShown:
    """A party's directory from a plan, signed by its registrar.

    Args:
        revisions: of the agreement, from the first on; it is issued under the last.
        log: operator socket of a node, or a transcript, that says where logs stand in which something ends.
    """
    *_, agreement = open_revisions(map(files.read, revisions))
    written = read_plan(plan, DirectoryPlan)
    (registrar,) = load_signers([key], Kind.of(agreement.kind), Role.REGISTRAR, ask)
    now_ns, positions = time.time_ns(), _positions(log)
    envelope = written.envelope(agreement, registrar, now_ns, positions)
    open_directory(envelope, agreement)  # a registrar of another party is told now, not by the peers
    files.write_new(out, envelope.SerializeToString())
    named = written.ends(agreement, now_ns, positions).named
    return _shown(envelope, out, {(each.position.post, each.position.sequence): each.by for each in named})


def _positions(log: Path | None) -> Positions | None:
    """Where logs stand, from a node that runs or from what one has exported."""
    if log is None:
        return None
    return Positions(transcript_of(log) if log.is_socket() else files.read(log))


def show_directory(file: Path) -> DirectoryShown:
    """What a file says; nothing is verified but its form."""
    return _shown(_open(file), file)


def verify_directory(
    file: Path, revisions: Sequence[Path], others: Sequence[Path], pin: bytes | None
) -> DirectoryShown:
    """Whether a directory stands under an agreement; with its earlier versions and the other parties' directories,
    whether they stand together.

    Args:
        revisions: of the agreement, from the first on.
    """
    envelope = _open(file)
    data, beside = [files.read(path) for path in revisions], [_open(other) for other in others]
    with judging():
        agreements = open_revisions(data, pin)
        open_directory(envelope, agreements)
        if others:
            Trust(agreements, sorted([envelope, *beside], key=_version))
    return _shown(envelope, file)


def _version(envelope: v1.Envelope) -> int:
    return v1.Directory.FromString(envelope.payload).version


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


def _shown(envelope: v1.Envelope, file: Path, named: Mapping[tuple[str, int], str] | None = None) -> DirectoryShown:
    directory = parse(envelope.payload, v1.Directory)
    return DirectoryShown(
        digest=digest_of(envelope).hex(),
        party=directory.party,
        version=directory.version,
        previous=directory.previous_digest.hex(),
        channel=directory.channel,
        kind=short_name(v1.Kind.DESCRIPTOR, directory.kind),
        agreement_digest=directory.agreement_digest.hex(),
        issued_at=both(directory.issued_at),
        file=file,
        posts=tuple(_post_row(post) for post in directory.posts),
        officers=tuple(_officer_row(post.id, officer) for post in directory.posts for officer in post.officers),
        delegations=tuple(_delegation_row(each) for each in directory.delegations),
        ends=tuple(_end_rows(directory, named or {})),
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
        level=short_name(v1.Level.DESCRIPTOR, post.level),
        hours=", ".join(map(_hours, post.hours)),
        alternates=tuple(post.alternates),
        superior=post.superior,
        other_channels=tuple(
            f"{short_name(v1.Medium.DESCRIPTOR, each.medium)} {each.address}" for each in post.other_channels
        ),
    )


def _hours(daily: v1.DailyWindow) -> str:
    """``0600Z-1800Z``."""
    begin = getattr(daily, "from").seconds // 60
    minutes = (begin, (begin + daily.length.seconds // 60) % (24 * 60))
    return "-".join(f"{each // 60:02}{each % 60:02}Z" for each in minutes)


def _officer_row(post: str, officer: v1.OfficerCertificate) -> OfficerRow:
    key = public_key(officer.key).fingerprint.hex()[:12]
    return OfficerRow(post, officer.person, officer.role, key, Utc.of(officer.valid.until))


def _delegation_row(each: v1.Delegation) -> DelegationRow:
    return DelegationRow(each.post, each.role, each.from_person, each.to_person, Utc.of(each.valid.until))


def _end_rows(directory: v1.Directory, named: Mapping[tuple[str, int], str]) -> Iterator[EndRow]:
    ends: list[tuple[str, v1.Closure | v1.Revocation]] = [
        *(("epoch", closure) for closure in directory.closures),
        *((revocation.keyid.hex()[:12], revocation) for revocation in directory.revocations),
    ]
    for what, end in ends:
        last, reason = end.last, short_name(v1.Closure.Reason.DESCRIPTOR, end.reason)
        by = named.get((last.post, last.sequence), "")
        yield EndRow(what, last.post, last.epoch, last.sequence, reason, Utc.of(end.at), by)
