"""The agreement and its revisions: what the parties fixed, and what is in force when (spec 06, section 2).

A revision is signed by every party of the one before, by that one's roots and threshold, and by every party of its own,
by its own. So the digest of any one revision is enough to trust the chain: later ones are signed by its parties,
earlier ones are named by digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hotline import v1
from hotline.protocol.envelope import AGREEMENT, Resolve, digest_of, parse, verify
from hotline.protocol.errors import PeerDataError, UsageError
from hotline.protocol.instant import from_timestamp
from hotline.protocol.intervals import Intervals
from hotline.protocol.signing import Algorithm, PublicKey
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
class Agreement:
    """One revision of an agreement, signed by every party over identical bytes."""

    message: v1.Agreement
    digest: bytes
    signed: v1.SignedAgreement
    in_force: Span

    @property
    def channel(self) -> str:
        """Channel identifier; the same in every revision."""
        return self.message.channel

    @property
    def kind(self) -> v1.Kind.ValueType:
        """ACTUAL or EXERCISE; the same in every revision."""
        return self.message.kind

    @property
    def algorithm(self) -> Algorithm:
        """Algorithm of every key on the channel; the same in every revision."""
        return algorithm_of(self.message)

    @property
    def revision(self) -> int:
        """Number of the revision, from 1."""
        return self.message.revision


@dataclass(frozen=True, slots=True)
class Terms:
    """A revision as it is in force.

    Attributes:
        agreement: the revision.
        in_force: from when until when; the next revision ends it.
        limits: nanoseconds allowed from sealing, by stage and precedence.
        type_rules: who may sign a type, by its full name.
        parties: by id.
        intervals: of the line.
    """

    agreement: Agreement
    in_force: Span
    limits: Limits = field(init=False)
    type_rules: Mapping[str, v1.TypeRule] = field(init=False)
    parties: Mapping[str, v1.Party] = field(init=False)
    intervals: Intervals = field(init=False)

    def __post_init__(self) -> None:
        message = self.agreement.message
        limits = {(timer.stage, timer.precedence): timer.limit.ToNanoseconds() for timer in message.timers}
        object.__setattr__(self, "limits", limits)
        object.__setattr__(self, "type_rules", {rule.type: rule for rule in message.types})
        object.__setattr__(self, "parties", {party.id: party for party in message.parties})
        object.__setattr__(self, "intervals", Intervals.of(message.line))

    @property
    def message(self) -> v1.Agreement:
        """What was signed."""
        return self.agreement.message

    @property
    def digest(self) -> bytes:
        """Digest of the revision."""
        return self.agreement.digest


class AnotherLineError(PeerDataError):
    """A revision or a version that follows another one than is held, signed by somebody who may sign such: who signs
    them has made two lines of them."""


class Revisions:
    """The chain of revisions held, from revision 1 on."""

    def __init__(self, revisions: Iterable[Agreement]) -> None:
        self.held: list[Agreement] = []
        self._terms: list[Terms] = []
        for agreement in revisions:
            check_follows(agreement.message, self.held[-1] if self.held else None)
            self._append(agreement)

    @property
    def newest(self) -> Agreement:
        """The highest revision held, in force yet or not."""
        return self.held[-1]

    def by_digest(self, digest: bytes) -> Agreement | None:
        """The revision with this digest, if it is held."""
        return next((agreement for agreement in self.held if agreement.digest == digest), None)

    def digest_of(self, revision: int) -> bytes | None:
        """Digest of the revision held with a number; None if none is."""
        return self.held[revision - 1].digest if 1 <= revision <= len(self.held) else None

    def at(self, utc_ns: int) -> Terms:
        """The newest revision that has begun by an instant (REQ-AGR-1); before the first begins, the first."""
        terms = self._terms[-1]
        if len(self._terms) > 1:
            terms = next((each for each in reversed(self._terms) if each.in_force.from_ns <= utc_ns), self._terms[0])
        return terms

    def next_from_ns(self, utc_ns: int) -> int | None:
        """UTC at which the next revision comes into force; None when none is to come."""
        coming = (each.in_force.from_ns for each in self._terms if each.in_force.from_ns > utc_ns)
        return min(coming, default=None) if len(self._terms) > 1 else None

    def take(self, signed: v1.SignedAgreement) -> Agreement | None:
        """Take a further revision; None if it is held already.

        Raises:
            PeerDataError: AGREEMENT_CHAIN, AGREEMENT_FORK, RULE_BROKEN, SCAN_*, SIGNATURE_*.
            UsageError: AGREEMENT_SIGNATURES, KEY_SHARED.
        """
        if signed.envelopes and self.by_digest(digest_of(signed.envelopes[0])) is not None:
            return None
        message = parse(signed.envelopes[0].payload, v1.Agreement) if signed.envelopes else v1.Agreement()
        if not 1 < message.revision <= self.newest.revision + 1:
            raise PeerDataError("AGREEMENT_CHAIN", f"revision {message.revision} after {self.newest.revision}")
        self._refuse_another_line(signed, message)
        agreement = open_agreement(signed.SerializeToString(), before=self.held[message.revision - 2])
        if agreement.revision <= self.newest.revision:
            raise PeerDataError("AGREEMENT_FORK", f"another revision {agreement.revision}: {agreement.digest.hex()}")
        return agreement

    def _refuse_another_line(self, signed: v1.SignedAgreement, message: v1.Agreement) -> None:
        """A next revision that follows another one than is held shows that there is such another, if one of our parties
        signed it by the roots that we know (REQ-AGR-4)."""
        before = self.newest
        if message.revision <= before.revision or message.previous_digest == before.digest:
            return
        if any(_signed_by_a_party(envelope, message, before.message) for envelope in signed.envelopes):
            detail = f"revision {message.revision} follows another revision {before.revision} than is held"
            raise AnotherLineError("AGREEMENT_CHAIN", detail)

    def append(self, agreement: Agreement) -> None:
        """Hold a revision that `take` has opened."""
        self._append(agreement)

    def _append(self, agreement: Agreement) -> None:
        if self._terms:
            before = self._terms[-1]
            until_ns = min(before.in_force.until_ns, agreement.in_force.from_ns)
            self._terms[-1] = Terms(before.agreement, Span(before.in_force.from_ns, until_ns))
        self.held.append(agreement)
        self._terms.append(Terms(agreement, agreement.in_force))

    def copy(self) -> Revisions:
        """The same chain, to be continued by itself."""
        other = Revisions(())
        other.held, other._terms = list(self.held), list(self._terms)
        return other


def open_agreement(data: bytes, pin: bytes | None = None, before: Agreement | None = None) -> Agreement:
    """Verify a serialised SignedAgreement.

    Args:
        data: as stored or received.
        pin: the digest it must have; None leaves it UNPINNED.
        before: the revision before; needed from revision 2 on.

    Raises:
        PeerDataError: SCAN_*, RULE_BROKEN, KEY_ALGORITHM, KEY_INVALID, KEY_UNKNOWN, SIGNATURE_*, AGREEMENT_CHAIN.
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
    check_follows(message, before)
    check_algorithm(message, (key for party in message.parties for key in (*party.root_keys, *party.registrar_keys)))
    _check_keys_apart(message)
    _check_signatures(signed, message, before.message if before else None)
    return Agreement(message, digest, signed, Span.of(message.in_force))


def open_revisions(signed: Iterable[bytes], pin: bytes | None = None) -> list[Agreement]:
    """Verify serialised revisions in order, from revision 1 on.

    Args:
        pin: the digest that one of them must have; None leaves the chain UNPINNED.

    Raises:
        PeerDataError, UsageError: as `open_agreement`.
    """
    opened: list[Agreement] = []
    for data in signed:
        opened.append(open_agreement(data, before=opened[-1] if opened else None))
    if pin is not None and pin not in {agreement.digest for agreement in opened}:
        found = ", ".join(agreement.digest.hex() for agreement in opened)
        raise UsageError("AGREEMENT_DIGEST", f"this agreement is {found}, pinned was {pin.hex()}")
    return opened


def check_follows(message: v1.Agreement, before: Agreement | None) -> None:
    """Whether a revision may follow another (REQ-AGR-1); None is before revision 1.

    Raises:
        PeerDataError: AGREEMENT_CHAIN.
    """
    expected = before.revision + 1 if before else 1
    if message.revision != expected:
        raise PeerDataError("AGREEMENT_CHAIN", f"revision {message.revision}, where {expected} follows")
    if before is None:
        return
    for name in ("channel", "kind", "exercise_clock", "algorithm"):
        if getattr(message, name) != getattr(before.message, name):
            raise PeerDataError("AGREEMENT_CHAIN", f"a revision keeps its {name.replace('_', ' ')}")
    if message.previous_digest != before.digest:
        raise PeerDataError("AGREEMENT_CHAIN", f"it follows {message.previous_digest.hex()[:12]}, not the one held")
    if Span.of(message.in_force).from_ns < before.in_force.from_ns:
        raise PeerDataError("AGREEMENT_CHAIN", "it comes into force before the revision that it follows")


def algorithm_of(message: v1.Agreement) -> Algorithm:
    """Algorithm of every key on the channel: Ed25519, unless the agreement names another (REQ-HYBRID-1)."""
    return Algorithm(message.algorithm or v1.ALGORITHM_ED25519)


def check_algorithm(message: v1.Agreement, keys: Iterable[v1.Key]) -> None:
    """Whether listed keys are of the algorithm that an agreement asks for: no party weakens the channel by a key.

    Raises:
        PeerDataError: KEY_ALGORITHM.
    """
    asked = algorithm_of(message)
    for key in keys:
        found = Algorithm(key.algorithm)
        if found is not asked:
            raise PeerDataError("KEY_ALGORITHM", f"a key of {found.name}; every key here is of {asked.name}")


def public_key(key: v1.Key) -> PublicKey:
    """The checked form of a listed key; PeerDataError KEY_INVALID if the strict profile does not admit it."""
    return PublicKey(Algorithm(key.algorithm), key.public_key)


def _check_keys_apart(message: v1.Agreement) -> None:
    """No key stands for two parties: else one of them could sign for both."""
    owners: dict[bytes, str] = {}
    for party in message.parties:
        for key in map(public_key, (*party.root_keys, *party.registrar_keys)):
            for name in key.fingerprints:
                owner = owners.setdefault(name, party.id)
                if owner != party.id:
                    raise UsageError("KEY_SHARED", f"key {name.hex()[:12]} stands for {owner} and {party.id}")


@dataclass(slots=True)
class _Signatory:
    """A party that must sign: by this many of these keys, in each revision that it is a party of."""

    quorums: list[tuple[dict[bytes, PublicKey], int]] = field(default_factory=list)

    def key(self, keyid: bytes) -> PublicKey | None:
        """One of its root keys, by fingerprint."""
        return next((keys[keyid] for keys, _ in self.quorums if keyid in keys), None)


def _check_signatures(signed: v1.SignedAgreement, message: v1.Agreement, before: v1.Agreement | None) -> None:
    """Every party of the revision before and of this one signs once, by roots and thresholds of both (REQ-AGR-2)."""
    signatories: dict[str, _Signatory] = {}
    for agreement in (before, message) if before is not None else (message,):
        for party in agreement.parties:
            keys = {key.fingerprint: key for key in map(public_key, party.root_keys)}
            signatories.setdefault(party.id, _Signatory()).quorums.append((keys, party.root_threshold))
    for envelope in signed.envelopes:
        party_id = _signing_party(envelope, signatories)
        _check_quorums(envelope, party_id, signatories.pop(party_id))
    if signatories:
        raise UsageError("AGREEMENT_SIGNATURES", f"not signed by {', '.join(sorted(signatories))}")


def _signed_by_a_party(envelope: v1.Envelope, message: v1.Agreement, held: v1.Agreement) -> bool:
    """Whether a party of a revision held signed another one, by roots and threshold of the one held; further roots of
    its may have signed that only the other one lists."""
    for party in held.parties:
        roots = {key.fingerprint: key for key in map(public_key, party.root_keys)}
        listed = (key for other in message.parties if other.id == party.id for key in other.root_keys)
        known = {key.fingerprint: key for key in map(public_key, listed)} | roots
        try:
            signed = verify(envelope, AGREEMENT, known.get)
        except PeerDataError:
            continue
        if len(roots.keys() & set(signed.keyids)) >= party.root_threshold:
            return True
    return False


def _signing_party(envelope: v1.Envelope, signatories: Mapping[str, _Signatory]) -> str:
    """The one party whose root made the first signature."""
    for party_id, signatory in signatories.items():
        if envelope.signatures and signatory.key(envelope.signatures[0].keyid) is not None:
            return party_id
    raise UsageError("AGREEMENT_SIGNATURES", "an envelope is signed by no party, or by one party twice")


def _check_quorums(envelope: v1.Envelope, party_id: str, signatory: _Signatory) -> None:
    resolve: Resolve = signatory.key
    signed = verify(envelope, AGREEMENT, resolve)
    for keys, threshold in signatory.quorums:
        count = len(keys.keys() & set(signed.keyids))
        if count < threshold:
            raise UsageError("AGREEMENT_SIGNATURES", f"{party_id} signed with {count} of {threshold} root keys needed")
