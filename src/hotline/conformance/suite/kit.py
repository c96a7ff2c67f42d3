"""A kit as a run uses it: an exercise channel with three parties, two of which the suite plays.

    DIR/agreement.binpb, directory-*.binpb    as every node takes them
    DIR/kit.yaml                              what `load_kit` reads
    DIR/north.key, north.pem, ...             TLS of the posts that the suite plays
    DIR/node/                                 what the node under test needs: its keys, and a configuration of our node
    DIR/README.md                             instructions for its operator

Every signing key is of the published pool (spec 01, section 4), so that a kit holds no secret but TLS keys. The node
under test may have a node key and a certificate of its own instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from google.protobuf.duration_pb2 import Duration
from pydantic import BaseModel, ConfigDict, ValidationError

from hotline import v1
from hotline.agreements.rehearsal import Rehearsal
from hotline.agreements.site import file_name
from hotline.keys import TlsIdentity, published_signer
from hotline.keys.published import PUBLISHED_COUNT
from hotline.node.clock import ExerciseClock
from hotline.protocol.errors import HotlineError, UsageError
from hotline.protocol.signing import Algorithm, Signer
from hotline.protocol.trust import Trust, open_agreement, public_key

NORTH, SOUTH = "NORTH:watch", "SOUTH:watch"
PEERS = (NORTH, SOUTH)
FIRST_SPARE_KEY = 200
"""Keys of the pool from here on are given out while a run goes on."""


class KitFile(BaseModel):
    """kit.yaml: the post under test, and where the suite's posts listen."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    target: str
    addresses: dict[str, str]


@dataclass(frozen=True, slots=True)
class PublicOnly:
    """A key that is listed and whose private part is elsewhere."""

    public_key: bytes
    fingerprint: bytes
    algorithm: Algorithm = Algorithm.ED25519

    def sign(self, message: bytes) -> bytes:
        """Never; UsageError KIT_INVALID."""
        raise UsageError("KIT_INVALID", f"the private part of {self.fingerprint.hex()[:12]} is not in this kit")


@dataclass(frozen=True, slots=True)
class Kit:
    """What a run works with.

    Attributes:
        target: the post under test.
        rehearsal: agreement and directories as they are at the start, and every signer; the target's own node key may
            be without its private part.
        addresses, tls: where the suite's posts listen, and as whom.
        clock: the exercise's clock.
    """

    target: str
    rehearsal: Rehearsal
    addresses: Mapping[str, str]
    tls: Mapping[str, TlsIdentity]
    clock: ExerciseClock

    @property
    def trust(self) -> Trust:
        """Agreement and directories as they are at the start."""
        return self.rehearsal.trust

    @property
    def line(self) -> v1.LineRules:
        """Intervals of the line."""
        return self.trust.agreement.message.line

    def real_s(self, span: Duration) -> float:
        """Real seconds of a duration in the agreement."""
        return (span.seconds + span.nanos / 1e9) / self.trust.agreement.message.exercise_clock.speed


def load_kit(path: Path) -> Kit:
    """Read a kit from its kit.yaml, or from the folder that holds it.

    Raises:
        UsageError: KIT_INVALID.
    """
    file = path / "kit.yaml" if path.is_dir() else path
    try:
        words = KitFile.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
        tls = {post: TlsIdentity.load(*tls_files(file.parent, post)) for post in PEERS}
        trust = _trust(file.parent)
    except (OSError, ValueError, ValidationError, yaml.YAMLError, HotlineError) as error:
        raise UsageError("KIT_INVALID", f"{file}: {error}") from error
    if not {words.target, *PEERS} == set(trust.posts) or set(words.addresses) != set(PEERS):
        raise UsageError("KIT_INVALID", f"{file} does not name the posts of its agreement")
    clock = ExerciseClock(trust.agreement.message.exercise_clock)
    return Kit(words.target, _with_signers(trust), words.addresses, tls, clock)


def tls_files(folder: Path, post: str) -> tuple[Path, Path]:
    """Key and certificate of a post that the suite plays."""
    name = file_name(post.partition(":")[0])
    return folder / f"{name}.key", folder / f"{name}.pem"


def _trust(folder: Path) -> Trust:
    agreement = open_agreement((folder / "agreement.binpb").read_bytes())
    files = [folder / f"directory-{file_name(party.id)}.binpb" for party in agreement.message.parties]
    return Trust(agreement, [v1.Envelope.FromString(file.read_bytes()) for file in files])


def _with_signers(trust: Trust) -> Rehearsal:
    """Every signer, found in the pool by its fingerprint; what is not there is somebody else's."""
    pool = {signer.fingerprint: signer for signer in map(published_signer, range(PUBLISHED_COUNT))}

    def signer(key: v1.Key) -> Signer:
        fingerprint = public_key(key).fingerprint
        return pool.get(fingerprint) or PublicOnly(key.public_key, fingerprint)

    parties = trust.agreement.message.parties
    return Rehearsal(
        trust,
        {post: signer(entry.node.key) for post, entry in trust.posts.items()},
        {post: {each.person: signer(each.key) for each in entry.officers} for post, entry in trust.posts.items()},
        {party.id: signer(party.root_keys[0]) for party in parties},
        {party.id: signer(party.registrar_keys[0]) for party in parties},
    )
