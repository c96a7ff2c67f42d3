"""Who may say what: the revisions of the agreement and the versions of the parties' directories, verified once each and
then looked up.

The digest of any one revision is the one trusted input. Root keys stand inside, so whoever did not pin a digest has
checked only that the parties named in it agreed with each other (UNPINNED).

A Trust grows in place, and only ever grows: what a certificate was good for yesterday it is good for tomorrow, unless a
Closure or a Revocation cuts it off at a place in a log.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.agreements import Agreement, Revisions, Span, Terms, open_agreement, open_revisions, public_key
from hotline.protocol.directories import (
    Listed,
    Node,
    Officer,
    Versions,
    node_of,
    officers_of,
    open_directory,
    party_of,
    persons_of,
)
from hotline.protocol.epochs import Cut, Epochs, cuts_of
from hotline.protocol.errors import PeerDataError, UsageError
from hotline.protocol.instant import from_timestamp
from hotline.protocol.ladder import Place
from hotline.protocol.pae import sha256
from hotline.protocol.signing import PublicKey

__all__ = [
    "Agreement",
    "Node",
    "Officer",
    "Span",
    "Terms",
    "Trust",
    "open_agreement",
    "open_directory",
    "open_revisions",
    "party_of",
    "persons_of",
    "public_key",
]


@dataclass(frozen=True, slots=True)
class Taken:
    """A directory version that was taken: whose, which, and what it ended."""

    party: str
    version: int
    closures: tuple[Cut, ...]
    revocations: tuple[Cut, ...]


class Trust:
    """The agreement with the directories of its parties: every look-up by key or post goes through here.

    Attributes:
        agreement: revision 1. Its channel, kind and clock are those of every revision; ask `terms` for the rest.
        revisions: every revision held.
        posts: directory entry of each post listed now, by post id.
        parties: party of each post ever listed.
        nodes: node of the newest epoch of each post ever listed.
        epochs: epochs of each post ever listed, with their closures.
        pins: SHA-256 of each TLS certificate that a post's node may show, by the newest version only.
        directories: newest envelope as signed, by party.
        versions: newest version, by party.
        revocations: where each revoked officer's key was cut off, by fingerprint.
    """

    def __init__(self, agreement: Agreement | Sequence[Agreement], directories: Iterable[v1.Envelope] = ()) -> None:
        """Start from revisions in order from revision 1 on, and directories, each party's in order from version 1 on.

        Raises:
            PeerDataError: AGREEMENT_CHAIN, DIRECTORY_CHAIN, DIRECTORY_FORK, EPOCH_CHAIN, or a directory that is none.
            UsageError: DIRECTORY_FOREIGN, DIRECTORY_MISSING, KEY_SHARED, POST_FOREIGN.
        """
        self.revisions = Revisions([agreement] if isinstance(agreement, Agreement) else agreement)
        self.agreement = self.revisions.held[0]
        self.posts: dict[str, v1.Post] = {}
        self.parties: dict[str, str] = {}
        self.nodes: dict[str, Node] = {}
        self.epochs: dict[str, Epochs] = {}
        self.pins: dict[str, frozenset[bytes]] = {}
        self.directories: dict[str, v1.Envelope] = {}
        self.versions: dict[str, int] = {}
        self.revocations: dict[bytes, Cut] = {}
        self._listed: dict[str, Versions] = {}
        self._node_by_key: dict[bytes, tuple[str, int]] = {}
        self._officers: dict[bytes, tuple[Officer, ...]] = {}
        self._delegations: list[v1.Delegation] = []
        self._entries: dict[str, tuple[tuple[int, v1.Post], ...]] = {}
        self._purposes: dict[bytes, str] = {}
        for revision in self.revisions.held:
            self._purposes.update(self._purposes_of(revision.message))
        for envelope in directories:
            self.take_directory(envelope)
        missing = sorted(party.id for party in self.agreement.message.parties if party.id not in self.directories)
        if missing:
            raise UsageError("DIRECTORY_MISSING", f"no directory of {', '.join(missing)}")

    def copy(self) -> Trust:
        """The same trust, to grow by itself."""
        other: Trust = object.__new__(type(self))
        other.revisions, other.agreement = self.revisions.copy(), self.agreement
        other.posts, other.parties, other.nodes = dict(self.posts), dict(self.parties), dict(self.nodes)
        other.epochs = {post: epochs.copy() for post, epochs in self.epochs.items()}
        other.pins, other.directories, other.versions = dict(self.pins), dict(self.directories), dict(self.versions)
        other.revocations = dict(self.revocations)
        other._listed = {party: Versions(versions.held) for party, versions in self._listed.items()}
        other._node_by_key, other._officers = dict(self._node_by_key), dict(self._officers)
        other._delegations, other._purposes = list(self._delegations), dict(self._purposes)
        other._entries = dict(self._entries)
        return other

    # -- what is in force --------------------------------------------------------------------------------------------

    def terms(self, utc_ns: int) -> Terms:
        """The revision in force at an instant, with its limits and type rules."""
        return self.revisions.at(utc_ns)

    def withdrawn(self, post: str, utc_ns: int) -> bool:
        """Whether a post has left the channel by an instant: its party lists it no longer, or is no longer a party."""
        return post not in self.posts or self.parties[post] not in self.terms(utc_ns).parties

    def others(self, post: str) -> tuple[str, ...]:
        """Every other post listed now, sorted."""
        return tuple(sorted(other for other in self.posts if other != post))

    def closure(self, post: str, epoch: int) -> Cut | None:
        """Where an epoch of a post was closed; None while it is open or unknown."""
        epochs = self.epochs.get(post)
        return epochs.closures.get(epoch) if epochs else None

    def revoked(self, keyid: bytes, place: Place) -> bool:
        """Whether a party no longer stands by what an officer's key signed at a place of its post's log."""
        cut = self.revocations.get(keyid)
        return cut is not None and place > cut.place

    def entry_of(self, post: str, utc_ns: int) -> v1.Post:
        """A post's directory entry at an instant, by the version issued last by then; before the first, the first
        (REQ-DIR-5)."""
        entries = self._entries[post]
        return next((entry for issued_ns, entry in reversed(entries) if issued_ns <= utc_ns), entries[0][1])

    def level_of(self, post: str, utc_ns: int) -> v1.Level.ValueType:
        """Authority of a post at an instant."""
        return self.entry_of(post, utc_ns).level

    # -- keys --------------------------------------------------------------------------------------------------------

    def node_key(self, keyid: bytes) -> PublicKey | None:
        """Key of a node of any epoch by fingerprint."""
        return self.node_of(keyid).key if keyid in self._node_by_key else None

    def node_of(self, keyid: bytes) -> Node:
        """Node by the fingerprint of its key."""
        post, epoch = self._node_by_key[keyid]
        return self.epochs[post].nodes[epoch]

    def officer_key(self, keyid: bytes) -> PublicKey | None:
        """Key of an officer by fingerprint."""
        certificates = self._officers.get(keyid)
        return certificates[-1].key if certificates else None

    def officer_of(self, keyid: bytes, utc_ns: int | None = None) -> Officer:
        """Officer by a key's fingerprint: by the newest certificate that holds at an instant, else by the newest."""
        certificates = self._officers[keyid]
        if utc_ns is None or len(certificates) == 1:
            return certificates[-1]
        return next((each for each in reversed(certificates) if each.valid.holds(utc_ns)), certificates[-1])

    def roles_of(self, officer: Officer, utc_ns: int) -> frozenset[str]:
        """Roles in which an officer may sign at an instant: those of the certificates for that key, and what others at
        the post have lent. Only who holds a role by a certificate of his own lends it (REQ-ROLE-3)."""
        certificates = self._officers.get(officer.key.fingerprint, ())
        own = (each.role for each in certificates if each.valid.holds(utc_ns))
        lent = (
            delegation.role
            for delegation in self._delegations
            if (delegation.post, delegation.to_person) == (officer.post, officer.person)
            and Span.of(delegation.valid).holds(utc_ns)
            and self._holds(delegation.post, delegation.from_person, delegation.role, utc_ns)
        )
        return frozenset((officer.role, *own, *lent))

    def _holds(self, post: str, person: str, role: str, utc_ns: int) -> bool:
        everybody = (each for certificates in self._officers.values() for each in certificates)
        certificates = (each for each in everybody if (each.post, each.person, each.role) == (post, person, role))
        return any(each.valid.holds(utc_ns) for each in certificates)

    def fingerprints(self) -> list[bytes]:
        """Fingerprint of every key that any revision or directory lists, and of the halves of hybrid ones."""
        return list(self._purposes)

    # -- what is held of revisions and directories -------------------------------------------------------------------

    def held(self) -> list[v1.DirectoryHeld]:
        """Newest directory held of each party, as Heads name it."""
        return [
            v1.DirectoryHeld(party=party, version=versions.newest.version, digest=versions.newest.digest)
            for party, versions in self._listed.items()
        ]

    def listed(self, party: str) -> list[Listed]:
        """Every version of a party's directory, in order."""
        versions = self._listed.get(party)
        return list(versions.held) if versions else []

    def digest_of(self, party: str, version: int) -> bytes | None:
        """Digest of a version of a party's directory; None if it is not held."""
        versions = self._listed.get(party)
        return versions.held[version - 1].digest if versions and 1 <= version <= len(versions.held) else None

    def every_directory(self) -> list[v1.Envelope]:
        """Every version of every directory, each party's in order."""
        return [listed.envelope for versions in self._listed.values() for listed in versions.held]

    # -- growing -----------------------------------------------------------------------------------------------------

    def take_agreement(self, signed: v1.SignedAgreement) -> Agreement | None:
        """Take a further revision; None if it is held already. Nothing has changed if it raises.

        Raises:
            PeerDataError: AGREEMENT_CHAIN, AGREEMENT_FORK, KEY_UNKNOWN, SIGNATURE_*, SCAN_*, RULE_BROKEN.
            UsageError: AGREEMENT_SIGNATURES, KEY_SHARED.
        """
        agreement = self.revisions.take(signed)
        if agreement is not None:
            purposes = self._purposes_of(agreement.message)
            self.revisions.append(agreement)
            self._purposes.update(purposes)
        return agreement

    def take_directory(self, envelope: v1.Envelope) -> Taken | None:
        """Take the next version of a party's directory; None if it is held already. Nothing has changed if it raises.

        Raises:
            PeerDataError: DIRECTORY_CHAIN, DIRECTORY_FORK, EPOCH_CHAIN, KEY_UNKNOWN, SIGNATURE_*, SCAN_*, RULE_BROKEN.
            UsageError: DIRECTORY_FOREIGN, KEY_SHARED, POST_FOREIGN.
        """
        listed = Listed.open(envelope, self.revisions)
        versions = self._listed.get(listed.party, Versions())
        if not versions.follows(listed, self.revisions):
            return None
        change = _Change(listed, self.epochs)
        purposes = self._purposes_in(change)
        for keyid, cut in change.revocations.items():
            if keyid not in self._officers and keyid not in change.officers:
                raise PeerDataError("KEY_UNKNOWN", f"it revokes {keyid.hex()[:12]}, which no officer of {cut.post} has")
        self._purposes.update(purposes)
        self._apply(change)
        versions.held.append(listed)
        self._listed[listed.party] = versions
        self.directories[listed.party], self.versions[listed.party] = envelope, listed.version
        return Taken(listed.party, listed.version, tuple(change.closures.values()), tuple(change.revocations.values()))

    def _apply(self, change: _Change) -> None:
        for post, epochs in change.epochs.items():
            self.epochs[post] = epochs
            self.nodes[post], self.parties[post] = epochs.newest, change.listed.party
            for epoch, node in epochs.nodes.items():
                self._node_by_key[node.key.fingerprint] = post, epoch
            self.posts.pop(post, None)
            self.pins.pop(post, None)
        issued_ns = from_timestamp(change.listed.message.issued_at)
        for entry in change.listed.message.posts:
            self.posts[entry.id] = entry
            self._entries[entry.id] = (*self._entries.get(entry.id, ()), (issued_ns, entry))
            self.pins[entry.id] = frozenset(sha256(certificate) for certificate in entry.tls_certificates)
        for keyid, officer in change.officers.items():
            known = self._officers.get(keyid, ())
            self._officers[keyid] = known if officer in known else (*known, officer)
        self.revocations.update(
            (keyid, cut) for keyid, cut in change.revocations.items() if not self._cut_earlier(keyid, cut)
        )
        self._delegations += (
            each for each in change.listed.message.delegations if party_of(each.post) == change.listed.party
        )

    def _cut_earlier(self, keyid: bytes, cut: Cut) -> bool:
        return keyid in self.revocations and self.revocations[keyid].place <= cut.place

    def _purposes_of(self, agreement: v1.Agreement) -> dict[bytes, str]:
        """What each key of a revision is for, held against every key listed so far; one key serves one purpose."""
        purposes: dict[bytes, str] = {}
        for party in agreement.parties:
            for key in (*party.root_keys, *party.registrar_keys):
                self._note(purposes, public_key(key), f"{party.id} root or registrar")
        return purposes

    def _purposes_in(self, change: _Change) -> dict[bytes, str]:
        purposes: dict[bytes, str] = {}
        for node in change.listed_nodes.values():
            self._note(purposes, node.key, f"node of {node.post}")
        for officer in change.officers.values():
            self._note(purposes, officer.key, f"{officer.person} at {officer.post}")
        return purposes

    def _note(self, purposes: dict[bytes, str], key: PublicKey, purpose: str) -> None:
        for name in key.fingerprints:
            known = self._purposes.get(name) or purposes.setdefault(name, purpose)
            if known != purpose:
                raise UsageError("KEY_SHARED", f"key {name.hex()[:12]} serves {known} and {purpose}")


class _Change:
    """What a directory version changes, checked by itself and against the epochs so far."""

    def __init__(self, listed: Listed, known: dict[str, Epochs]) -> None:
        self.listed = listed
        self.listed_nodes: dict[str, Node] = {}
        self.officers: dict[bytes, Officer] = {}
        for post in listed.message.posts:
            if party_of(post.id) != listed.party:
                raise UsageError("POST_FOREIGN", f"{post.id} is listed by {listed.party}")
            self.listed_nodes[post.id] = node_of(post)
            for officer in officers_of(post):
                other = self.officers.setdefault(officer.key.fingerprint, officer)
                if other is not officer:
                    raise UsageError("KEY_SHARED", f"one key for {other.person} and {officer.person} at {post.id}")
        self.closures, self.revocations = cuts_of(listed.message, known)
        self.epochs: dict[str, Epochs] = {}
        own = {post for post in known if party_of(post) == listed.party}
        for name in sorted(own | self.listed_nodes.keys()):
            epochs = known[name].copy() if name in known else Epochs()
            epochs.check(name, self.listed_nodes.get(name), self.closures.get(name))
            epochs.take(self.listed_nodes.get(name), self.closures.get(name))
            self.epochs[name] = epochs
