"""Who may say what: the agreement and the parties' directories, verified once and then looked up.

The agreement's digest is the one trusted input. Its root keys stand inside it, so whoever did not pin the digest has
checked only that the parties named in it agreed with each other (UNPINNED).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.envelope import AGREEMENT, DIRECTORY, digest_of, parse, read, verify
from hotline.protocol.errors import UsageError
from hotline.protocol.instant import from_timestamp
from hotline.protocol.pae import sha256
from hotline.protocol.signing import Algorithm, PublicKey, fingerprint
from hotline.protocol.timers import Limits


@dataclass(frozen=True, slots=True)
class Span:
    """A window of UTC nanoseconds; `until_ns` is the first instant outside."""

    from_ns: int
    until_ns: int

    def holds(self, utc_ns: int) -> bool:
        """Whether the instant lies inside."""
        return self.from_ns <= utc_ns < self.until_ns

    @classmethod
    def of(cls, window: v1.Window) -> Span:
        """From its signed form."""
        return cls(from_timestamp(getattr(window, "from")), from_timestamp(window.until))


@dataclass(frozen=True, slots=True)
class Node:
    """The node of a post: its key, the one epoch it signs, and when its certificate holds."""

    post: str
    key: PublicKey
    epoch: int
    valid: Span


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer at a post: roster pseudonym, role, key, and when the certificate holds."""

    post: str
    person: str
    role: str
    key: PublicKey
    valid: Span


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement signed by every party over identical bytes."""

    message: v1.Agreement
    digest: bytes
    signed: v1.SignedAgreement
    in_force: Span

    @property
    def channel(self) -> str:
        """Channel identifier."""
        return self.message.channel

    @property
    def kind(self) -> v1.Kind.ValueType:
        """ACTUAL or EXERCISE."""
        return self.message.kind


def open_agreement(data: bytes, pin: bytes | None = None) -> Agreement:
    """Verify a serialised SignedAgreement.

    Args:
        data: as stored or received.
        pin: the digest it must have; None leaves it UNPINNED.

    Raises:
        PeerDataError: SCAN_*, RULE_BROKEN, KEY_INVALID, KEY_UNKNOWN, SIGNATURE_*.
        UsageError: AGREEMENT_SIGNATURES, AGREEMENT_DIGEST, KEY_SHARED.
    """
    signed = parse(data, v1.SignedAgreement)
    payloads = {envelope.payload for envelope in signed.envelopes}
    if len(payloads) != 1:
        raise UsageError("AGREEMENT_SIGNATURES", "the parties did not sign identical bytes")
    message = parse(payloads.pop(), v1.Agreement)
    digest = digest_of(signed.envelopes[0])
    if pin is not None and digest != pin:
        raise UsageError("AGREEMENT_DIGEST", f"this agreement is {digest.hex()}, pinned was {pin.hex()}")
    _check_keys_apart(message)
    open_parties = {party.id: party for party in message.parties}
    for envelope in signed.envelopes:
        party = _signing_party(envelope, open_parties)
        del open_parties[party]
    if open_parties:
        raise UsageError("AGREEMENT_SIGNATURES", f"not signed by {', '.join(sorted(open_parties))}")
    return Agreement(message, digest, signed, Span.of(message.in_force))


def _check_keys_apart(message: v1.Agreement) -> None:
    """No key stands for two parties: else one of them could sign for both."""
    owners: dict[bytes, str] = {}
    for party in message.parties:
        for key in map(public_key, (*party.root_keys, *party.registrar_keys)):
            owner = owners.setdefault(key.fingerprint, party.id)
            if owner != party.id:
                raise UsageError("KEY_SHARED", f"key {key.fingerprint.hex()[:12]} stands for {owner} and {party.id}")


def _signing_party(envelope: v1.Envelope, parties: dict[str, v1.Party]) -> str:
    """The one party whose roots signed this envelope, by as many distinct keys as its threshold."""
    for party in parties.values():
        keys = {key.fingerprint: key for key in map(public_key, party.root_keys)}
        if envelope.signatures and envelope.signatures[0].keyid in keys:
            signed = verify(envelope, AGREEMENT, keys.get)
            if len(signed.keyids) < party.root_threshold:
                raise UsageError(
                    "AGREEMENT_SIGNATURES",
                    f"{party.id} signed with {len(signed.keyids)} of {party.root_threshold} root keys needed",
                )
            return party.id
    raise UsageError("AGREEMENT_SIGNATURES", "an envelope is signed by no party, or by one party twice")


def public_key(key: v1.Key) -> PublicKey:
    """The checked form of a listed key; PeerDataError KEY_INVALID if the strict profile does not admit it."""
    return PublicKey(Algorithm(key.algorithm), key.public_key)


class Trust:
    """The agreement with one directory per party: every look-up by key or post goes through here.

    Attributes:
        agreement: as opened.
        posts: each post's directory entry, by post id.
        parties: party id of each post.
        nodes: node of each post.
        pins: SHA-256 of each TLS certificate that a post's node may show.
        directories: envelopes as signed, by party.
        versions: directory version, by party.
        limits: nanoseconds allowed from sealing, by stage and precedence.
        type_rules: who may sign a type, by its full name.
    """

    def __init__(self, agreement: Agreement, directories: Iterable[v1.Envelope]) -> None:
        self.agreement = agreement
        self.posts: dict[str, v1.Post] = {}
        self.parties: dict[str, str] = {}
        self.nodes: dict[str, Node] = {}
        self.directories: dict[str, v1.Envelope] = {}
        self.versions: dict[str, int] = {}
        self.pins: dict[str, frozenset[bytes]] = {}
        self._node_by_key: dict[bytes, Node] = {}
        self._officer_by_key: dict[bytes, Officer] = {}
        self._purposes: dict[bytes, str] = {}
        self._delegations: list[v1.Delegation] = []
        self.limits: Limits = {
            (timer.stage, timer.precedence): timer.limit.ToNanoseconds() for timer in agreement.message.timers
        }
        self.type_rules = {rule.type: rule for rule in agreement.message.types}
        for party in agreement.message.parties:
            for key in (*party.root_keys, *party.registrar_keys):
                self._note_purpose(public_key(key), f"{party.id} root or registrar")
        for envelope in directories:
            self._add(envelope)
        missing = sorted(party.id for party in agreement.message.parties if party.id not in self.directories)
        if missing:
            raise UsageError("DIRECTORY_MISSING", f"no directory of {', '.join(missing)}")

    def node_key(self, keyid: bytes) -> PublicKey | None:
        """Key of a node by fingerprint."""
        node = self._node_by_key.get(keyid)
        return node.key if node else None

    def node_of(self, keyid: bytes) -> Node:
        """Node by the fingerprint of its key."""
        return self._node_by_key[keyid]

    def officer_key(self, keyid: bytes) -> PublicKey | None:
        """Key of an officer by fingerprint."""
        officer = self._officer_by_key.get(keyid)
        return officer.key if officer else None

    def officer_of(self, keyid: bytes) -> Officer:
        """Officer by the fingerprint of the key."""
        return self._officer_by_key[keyid]

    def roles_of(self, officer: Officer, utc_ns: int) -> frozenset[str]:
        """Roles in which an officer may sign at an instant: that of the certificate, and what others at the post have
        lent. Only who holds a role by a certificate of his own lends it (REQ-ROLE-3)."""
        lent = (
            delegation.role
            for delegation in self._delegations
            if (delegation.post, delegation.to_person) == (officer.post, officer.person)
            and Span.of(delegation.valid).holds(utc_ns)
            and self._holds(delegation.post, delegation.from_person, delegation.role, utc_ns)
        )
        return frozenset((officer.role, *lent))

    def _holds(self, post: str, person: str, role: str, utc_ns: int) -> bool:
        certificates = (each for each in self._officer_by_key.values() if (each.post, each.person) == (post, person))
        return any(each.role == role and each.valid.holds(utc_ns) for each in certificates)

    def level_of(self, post: str, utc_ns: int) -> v1.Level.ValueType:
        """Authority of a post at an instant."""
        return self.posts[post].level

    def others(self, post: str) -> tuple[str, ...]:
        """Every other post of the channel, sorted."""
        return tuple(sorted(other for other in self.posts if other != post))

    def held(self) -> list[v1.DirectoryHeld]:
        """Newest directory held of each party, as Heads name it."""
        return [
            v1.DirectoryHeld(party=party, version=self.versions[party], digest=digest_of(envelope))
            for party, envelope in self.directories.items()
        ]

    def fingerprints(self) -> list[bytes]:
        """Fingerprint of every key the agreement and the directories list."""
        return list(self._purposes)

    def _add(self, envelope: v1.Envelope) -> None:
        directory = open_directory(envelope, self.agreement)
        if directory.party in self.directories:
            raise UsageError("DIRECTORY_FOREIGN", f"two directories of {directory.party}")
        self.directories[directory.party] = envelope
        self.versions[directory.party] = directory.version
        self._delegations += (each for each in directory.delegations if party_of(each.post) == directory.party)
        for post in directory.posts:
            if party_of(post.id) != directory.party:
                raise UsageError("POST_FOREIGN", f"{post.id} is listed by {directory.party}")
            self._add_post(post, directory.party)

    def _add_post(self, post: v1.Post, party: str) -> None:
        node = Node(post.id, public_key(post.node.key), post.node.epoch, Span.of(post.node.valid))
        self._note_purpose(node.key, f"node of {post.id}")
        self._node_by_key[node.key.fingerprint] = node
        self.pins[post.id] = frozenset(sha256(certificate) for certificate in post.tls_certificates)
        for entry in post.officers:
            officer = Officer(post.id, entry.person, entry.role, public_key(entry.key), Span.of(entry.valid))
            self._note_purpose(officer.key, f"{officer.person} at {post.id}")
            if officer.key.fingerprint in self._officer_by_key:
                raise UsageError("KEY_SHARED", f"{officer.person} at {post.id} has two certificates for one key")
            self._officer_by_key[officer.key.fingerprint] = officer
        self.posts[post.id], self.parties[post.id], self.nodes[post.id] = post, party, node

    def _note_purpose(self, key: PublicKey, purpose: str) -> None:
        known = self._purposes.setdefault(key.fingerprint, purpose)
        if known != purpose:
            raise UsageError("KEY_SHARED", f"key {key.fingerprint.hex()[:12]} serves {known} and {purpose}")


def open_directory(envelope: v1.Envelope, agreement: Agreement) -> v1.Directory:
    """Verify a directory under the registrar keys of the party it names."""
    keys: dict[bytes, tuple[str, PublicKey]] = {
        fingerprint(Algorithm(key.algorithm), key.public_key): (party.id, public_key(key))
        for party in agreement.message.parties
        for key in party.registrar_keys
    }
    signed = verify(envelope, DIRECTORY, lambda keyid: keys[keyid][1] if keyid in keys else None)
    directory = read(signed, v1.Directory).message
    signing = {keys[keyid][0] for keyid in signed.keyids}
    fits = (
        directory.channel == agreement.channel
        and directory.agreement_digest == agreement.digest
        and directory.kind == agreement.kind
        and signing == {directory.party}
    )
    if not fits:
        raise UsageError("DIRECTORY_FOREIGN", f"this directory of {directory.party} is not one under this agreement")
    return directory


def party_of(post: str) -> str:
    """The party whose post it is: what stands before the colon."""
    return post.rpartition(":")[0]


def persons_of(officers: Sequence[Officer]) -> set[str]:
    """Distinct persons among officers; a person is a pseudonym within a party's post."""
    return {f"{officer.post}/{officer.person}" for officer in officers}
