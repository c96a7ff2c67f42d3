"""Directories: what a party lists, version after version (spec 06, section 3).

Certificates and delegations of earlier versions stay good in their windows, so that what was once judged is judged the
same for ever; what is withdrawn early is withdrawn by a Closure or a Revocation, which name a place in a log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from hotline import v1
from hotline.protocol.agreements import (
    Agreement,
    AnotherLineError,
    Revisions,
    Span,
    check_algorithm,
    public_key,
)
from hotline.protocol.envelope import DIRECTORY, digest_of, read, verify
from hotline.protocol.errors import PeerDataError, UsageError
from hotline.protocol.signing import Algorithm, PublicKey, fingerprint


@dataclass(frozen=True, slots=True)
class Node:
    """The node of a post: its key, the one epoch it signs, and when its certificates hold.

    `valid` is the window of the newest certificate for that key, `earlier` are those of older ones.
    """

    post: str
    key: PublicKey
    epoch: int
    valid: Span
    earlier: tuple[Span, ...] = ()

    def holds(self, utc_ns: int) -> bool:
        """Whether a certificate of this key holds at an instant."""
        return self.valid.holds(utc_ns) or any(span.holds(utc_ns) for span in self.earlier)

    def renewed(self, other: Node) -> Node:
        """With the window of a further certificate for the same key."""
        if other.valid == self.valid:
            return self
        return replace(self, valid=other.valid, earlier=(*self.earlier, self.valid))


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer at a post: roster pseudonym, role, key, and when the certificate holds."""

    post: str
    person: str
    role: str
    key: PublicKey
    valid: Span


@dataclass(frozen=True, slots=True)
class Listed:
    """One version of a party's directory, verified."""

    message: v1.Directory
    envelope: v1.Envelope
    digest: bytes

    @classmethod
    def open(cls, envelope: v1.Envelope, revisions: Revisions) -> Listed:
        """Verify a directory; raises as `open_directory`."""
        return cls(open_directory(envelope, revisions.held), envelope, digest_of(envelope))

    @property
    def party(self) -> str:
        """Whose it is."""
        return self.message.party

    @property
    def version(self) -> int:
        """Its number, from 1."""
        return self.message.version


def open_directory(envelope: v1.Envelope, under: Agreement | Sequence[Agreement]) -> v1.Directory:
    """Verify a directory under the registrar keys of the revision it names.

    Args:
        under: the revisions held.

    Raises:
        PeerDataError: KEY_UNKNOWN, KEY_ALGORITHM, SIGNATURE_*, SCAN_*, RULE_BROKEN.
        UsageError: DIRECTORY_FOREIGN.
    """
    revisions = [under] if isinstance(under, Agreement) else under
    keys = {
        fingerprint(Algorithm(key.algorithm), key.public_key): public_key(key)
        for agreement in revisions
        for party in agreement.message.parties
        for key in party.registrar_keys
    }
    signed = verify(envelope, DIRECTORY, keys.get)
    directory = read(signed, v1.Directory).message
    agreement = next((each for each in revisions if each.digest == directory.agreement_digest), None)
    fits = (
        agreement is not None
        and directory.channel == agreement.channel
        and directory.kind == agreement.kind
        and set(signed.keyids) <= _registrars(agreement, directory.party)
    )
    if not fits:
        raise UsageError("DIRECTORY_FOREIGN", f"this directory of {directory.party} is not one under this agreement")
    assert agreement is not None
    check_algorithm(agreement.message, listed_keys(directory))
    return directory


def listed_keys(directory: v1.Directory) -> Iterator[v1.Key]:
    """Every key that a directory certifies, of nodes and officers."""
    for post in directory.posts:
        yield post.node.key
        yield from (officer.key for officer in post.officers)


def _registrars(agreement: Agreement, party_id: str) -> set[bytes]:
    """Fingerprints of the keys that may sign the directory of a party."""
    keys = (key for party in agreement.message.parties if party.id == party_id for key in party.registrar_keys)
    return {fingerprint(Algorithm(key.algorithm), key.public_key) for key in keys}


class Versions:
    """The versions of one party's directory, from version 1 on."""

    def __init__(self, held: Iterable[Listed] = ()) -> None:
        self.held: list[Listed] = list(held)

    @property
    def newest(self) -> Listed:
        """The highest version held."""
        return self.held[-1]

    def follows(self, listed: Listed, revisions: Revisions) -> bool:
        """Whether a directory is the next version; False if it is held already (REQ-DIR-1, REQ-DIR-2).

        Raises:
            PeerDataError: DIRECTORY_FORK, DIRECTORY_CHAIN.
        """
        name, count = f"version {listed.version} of the directory of {listed.party}", len(self.held)
        if listed.version <= count:
            if self.held[listed.version - 1].digest == listed.digest:
                return False
            raise PeerDataError("DIRECTORY_FORK", f"another {name}: {listed.digest.hex()}")
        if listed.version != count + 1:
            raise PeerDataError("DIRECTORY_CHAIN", f"{name}, where version {count + 1} follows")
        if listed.message.previous_digest != (self.newest.digest if self.held else b""):
            raise AnotherLineError("DIRECTORY_CHAIN", f"{name} follows another one than is held")
        if self.held and _revision(listed, revisions) < _revision(self.newest, revisions):
            raise PeerDataError("DIRECTORY_CHAIN", f"{name} is under an older revision than the one before")
        return True


def _revision(listed: Listed, revisions: Revisions) -> int:
    agreement = revisions.by_digest(listed.message.agreement_digest)
    return agreement.revision if agreement else 0


def node_of(post: v1.Post) -> Node:
    """The node that a post's entry certifies."""
    return Node(post.id, public_key(post.node.key), post.node.epoch, Span.of(post.node.valid))


def officers_of(post: v1.Post) -> list[Officer]:
    """The officers that a post's entry certifies.

    Raises:
        UsageError: KEY_SHARED for two certificates of one key.
    """
    officers = [
        Officer(post.id, entry.person, entry.role, public_key(entry.key), Span.of(entry.valid))
        for entry in post.officers
    ]
    seen: set[bytes] = set()
    for officer in officers:
        if officer.key.fingerprint in seen:
            raise UsageError("KEY_SHARED", f"{officer.person} at {post.id} has two certificates for one key")
        seen.add(officer.key.fingerprint)
    return officers


def party_of(post: str) -> str:
    """The party whose post it is: what stands before the colon."""
    return post.rpartition(":")[0]


def persons_of(officers: Sequence[Officer]) -> set[str]:
    """Distinct persons among officers; a person is a pseudonym within a party's post."""
    return {f"{officer.post}/{officer.person}" for officer in officers}
