"""Plans: what people write down before an agreement or a directory is made, in YAML, with key files by their paths."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import Field

from hotline import v1
from hotline.agreements.build import new_agreement, new_directory
from hotline.agreements.profile import load_profile
from hotline.agreements.reading import Beside, Strict, UtcNs, WindowPlan
from hotline.keys import Kind, Role, load_public
from hotline.protocol.envelope import digest_of, parse
from hotline.protocol.errors import UsageError
from hotline.protocol.instant import to_timestamp
from hotline.protocol.signing import PublicKey, Signer
from hotline.protocol.trust import Agreement

_CERTIFICATE_BYTES_MAX = 16_384
_LEVEL_OF = {"OPERATING": "OPERATING", "HEADQUARTERS": "THEATRE", "POLITICAL": "POLITICAL"}


class PartyPlan(Strict):
    """A party and the public editions of its keys."""

    id: str
    name: str
    root_keys: tuple[Beside, ...]
    root_threshold: int = 1
    registrar_keys: tuple[Beside, ...]

    def signed(self, kind: Kind) -> v1.Party:
        """Its form in the agreement; the threshold is held against the keys by the rules of the proto."""
        return v1.Party(
            id=self.id,
            name=self.name,
            root_keys=[_key(path, kind, Role.ROOT, self.id) for path in self.root_keys],
            root_threshold=_unsigned(self.root_threshold, "root_threshold"),
            registrar_keys=[_key(path, kind, Role.REGISTRAR, self.id) for path in self.registrar_keys],
        )


class ClockPlan(Strict):
    """The clock of an exercise: exercise = exercise_start + speed * (real - real_start)."""

    real_start_ns: UtcNs = Field(alias="real_start")
    exercise_start_ns: UtcNs = Field(alias="exercise_start")
    speed: int = Field(default=1, ge=1, le=3600)

    def signed(self) -> v1.ExerciseClock:
        """Its form in the agreement."""
        return v1.ExerciseClock(
            real_start=to_timestamp(self.real_start_ns),
            exercise_start=to_timestamp(self.exercise_start_ns),
            speed=self.speed,
        )


class AgreementPlan(Strict):
    """What the parties agree on.

    Attributes:
        profile: "default", or the path of a profile with other figures.
        exercise_clock: for an exercise; real time when left out.
    """

    channel: str
    kind: Literal["ACTUAL", "EXERCISE"]
    profile: Literal["default"] | Beside = Field(default="default", union_mode="left_to_right")
    in_force: WindowPlan
    parties: tuple[PartyPlan, ...]
    exercise_clock: ClockPlan | None = None

    def payload(self) -> bytes:
        """The bytes that every party is to sign.

        Raises:
            KeysError: a key file cannot be read, or is for another kind, role or party.
            UsageError: PROFILE_INVALID.
            PeerDataError: RULE_BROKEN.
        """
        kind = Kind(self.kind)
        return new_agreement(
            load_profile(self.profile if isinstance(self.profile, Path) else None),
            channel=self.channel,
            kind=v1.Kind.Value(f"KIND_{self.kind}"),
            in_force=self.in_force.signed(),
            parties=[party.signed(kind) for party in self.parties],
            exercise_clock=self._clock(),
        )

    def _clock(self) -> v1.ExerciseClock | None:
        if self.exercise_clock is not None:
            return self.exercise_clock.signed()
        if self.kind == "ACTUAL":
            return None
        start = to_timestamp(self.in_force.from_ns)
        return v1.ExerciseClock(real_start=start, exercise_start=start, speed=1)


class NodePlan(Strict):
    """The signing key of a post's node; a new key is a new epoch."""

    key: Beside
    epoch: int = 1
    valid: WindowPlan


class OfficerPlan(Strict):
    """An officer at a post."""

    person: str
    key: Beside
    role: str
    valid: WindowPlan


class PostPlan(Strict):
    """A watch station. Its certificates are PEM files; its level follows from its function where none is given."""

    id: str
    name: str
    function: Literal["OPERATING", "HEADQUARTERS", "POLITICAL"]
    level: Literal["UNIT", "OPERATING", "THEATRE", "NATIONAL", "POLITICAL"] | None = None
    endpoint: str
    tls_certificates: tuple[Beside, ...]
    node: NodePlan
    officers: tuple[OfficerPlan, ...]

    def signed(self, kind: Kind, party: str) -> v1.Post:
        """Its form in the directory."""
        return v1.Post(
            id=self.id,
            name=self.name,
            function=v1.Post.Function.Value(f"FUNCTION_{self.function}"),
            level=v1.Level.Value(f"LEVEL_{self.level or _LEVEL_OF[self.function]}"),
            endpoint=self.endpoint,
            tls_certificates=[_certificate(path) for path in self.tls_certificates],
            node=v1.NodeCertificate(
                key=_key(self.node.key, kind, Role.NODE, party, self.id),
                epoch=_unsigned(self.node.epoch, "epoch"),
                valid=self.node.valid.signed(),
            ),
            officers=[
                v1.OfficerCertificate(
                    person=officer.person,
                    key=_key(officer.key, kind, Role.OFFICER, party, self.id),
                    role=officer.role,
                    valid=officer.valid.signed(),
                )
                for officer in self.officers
            ],
        )


class DirectoryPlan(Strict):
    """What a registrar lists.

    Attributes:
        version: 1, and one more each time.
        previous: file of the version before; needed from version 2 on.
        issued_at_ns: UTC; now when left out.
    """

    party: str
    version: int = 1
    previous: Beside | None = None
    issued_at_ns: UtcNs | None = Field(default=None, alias="issued_at")
    posts: tuple[PostPlan, ...]

    def envelope(self, agreement: Agreement, registrar: Signer, now_ns: int) -> v1.Envelope:
        """The directory, signed.

        Args:
            agreement: that it belongs to.
            registrar: who signs it.
            now_ns: UTC of now, for a plan that does not say when it was issued.

        Raises:
            KeysError: a key file cannot be read, or is for another kind, role, party or post.
            UsageError: CERTIFICATE_INVALID, INPUT_BAD_VALUE.
            PeerDataError: RULE_BROKEN.
        """
        if (self.version > 1) != (self.previous is not None):
            raise UsageError("INPUT_BAD_VALUE", "`previous` names the version before, from version 2 on")
        kind = Kind.of(agreement.kind)
        return new_directory(
            agreement,
            self.party,
            [post.signed(kind, self.party) for post in self.posts],
            now_ns if self.issued_at_ns is None else self.issued_at_ns,
            registrar,
            version=_unsigned(self.version, "version"),
            previous_digest=_digest_before(self.previous, self.version) if self.previous else b"",
        )


def _key(path: Path, kind: Kind, role: Role, party: str, post: str = "") -> v1.Key:
    """A public key, as listed; what its label says must be what it is listed as."""
    found = load_public(path, kind=kind, role=role)
    belongs = f"{found.label.party} {found.label.post}".strip()
    if (found.label.party, found.label.post) != (party, post):
        raise UsageError("KEY_FOREIGN", f"{path} is a key of {belongs}, not of {post or party}")
    return _listed(found.key)


def _listed(key: PublicKey) -> v1.Key:
    return v1.Key(algorithm=v1.Algorithm.ValueType(key.algorithm), public_key=key.public_key)


def _unsigned(number: int, name: str) -> int:
    """Numbers that protobuf would not take; what they may be otherwise is the proto's rule."""
    if not 0 <= number < 2**32:
        raise UsageError("INPUT_BAD_VALUE", f"{name} must not be {number}")
    return number


def _certificate(path: Path) -> bytes:
    """A TLS certificate as the directory lists it, DER."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError("FILE_UNREADABLE", str(error)) from error
    try:
        return x509.load_pem_x509_certificate(data[:_CERTIFICATE_BYTES_MAX]).public_bytes(Encoding.DER)
    except ValueError as error:
        raise UsageError("CERTIFICATE_INVALID", f"{path} holds no TLS certificate in PEM") from error


def _digest_before(path: Path, version: int) -> bytes:
    """Digest of the directory in a file, which must be the version before."""
    try:
        envelope = parse(path.read_bytes(), v1.Envelope)
    except OSError as error:
        raise UsageError("FILE_UNREADABLE", str(error)) from error
    before = parse(envelope.payload, v1.Directory).version
    if before + 1 != version:
        raise UsageError("INPUT_BAD_VALUE", f"{path} is version {before}; the next one is not {version}")
    return digest_of(envelope)
