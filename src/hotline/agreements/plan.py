"""The plan of an agreement: what people write down before it is made, in YAML, with key files by their paths."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from hotline import v1
from hotline.agreements.build import new_agreement
from hotline.agreements.listed import file_bytes, listed_key, unsigned
from hotline.agreements.profile import load_profile
from hotline.agreements.reading import Beside, Strict, UtcNs, WindowPlan
from hotline.keys import Kind, Role
from hotline.messages.draft import kind_of
from hotline.messages.labels import label_digest
from hotline.messages.terms import glossary_digest
from hotline.protocol.envelope import digest_of, parse
from hotline.protocol.errors import UsageError
from hotline.protocol.instant import to_timestamp
from hotline.protocol.signing import Algorithm
from hotline.protocol.statements import BODY_OF

_ALGORITHMS = {"ed25519": Algorithm.ED25519, "hybrid": Algorithm.ED25519_ML_DSA_65}


class PartyPlan(Strict):
    """A party and the public editions of its keys.

    Attributes:
        member_of: the alliance, itself a party, that it belongs to; it speaks for itself all the same.
    """

    id: str
    name: str
    root_keys: tuple[Beside, ...]
    root_threshold: int = 1
    registrar_keys: tuple[Beside, ...]
    member_of: str = ""

    def signed(self, kind: Kind) -> v1.Party:
        """Its form in the agreement; the threshold is held against the keys by the rules of the proto."""
        return v1.Party(
            id=self.id,
            name=self.name,
            root_keys=[listed_key(path, kind, Role.ROOT, self.id) for path in self.root_keys],
            root_threshold=unsigned(self.root_threshold, "root_threshold"),
            registrar_keys=[listed_key(path, kind, Role.REGISTRAR, self.id) for path in self.registrar_keys],
            member_of=self.member_of,
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


class AnswersPlan(Strict):
    """A post that may acknowledge what was addressed to another; every type, unless some are named."""

    post: str
    for_post: str
    types: tuple[str, ...] = ()

    def signed(self) -> v1.AnswersFor:
        """Its form in the agreement."""
        return v1.AnswersFor(post=self.post, for_post=self.for_post, types=map(_full_name, self.types))


class AgreementPlan(Strict):
    """What the parties agree on.

    Attributes:
        revision: 1, and one more each time; nobody takes a line down for a revision.
        previous: file of the revision before; needed from revision 2 on.
        profile: "default", or the path of a profile with other figures.
        exercise_clock: for an exercise; real time when left out, and that of the revision before in a revision.
        algorithm: of every key on the channel; hybrid is Ed25519 with ML-DSA-65.
        words: "built-in" fixes the labels and the glossary that come with this package; nothing is fixed when left out.
    """

    channel: str
    kind: Literal["ACTUAL", "EXERCISE"]
    revision: int = 1
    previous: Beside | None = None
    profile: Literal["default"] | Beside = Field(default="default", union_mode="left_to_right")
    in_force: WindowPlan
    parties: tuple[PartyPlan, ...]
    answers_for: tuple[AnswersPlan, ...] = ()
    exercise_clock: ClockPlan | None = None
    words: Literal["built-in"] | None = None
    algorithm: Literal["ed25519", "hybrid"] = "ed25519"

    def payload(self) -> bytes:
        """The bytes that every party is to sign.

        Raises:
            KeysError: a key file cannot be read, or is for another kind, role or party.
            UsageError: PROFILE_INVALID, INPUT_BAD_VALUE, UNKNOWN_TYPE, FILE_UNREADABLE.
            PeerDataError: RULE_BROKEN.
        """
        if (self.revision > 1) != (self.previous is not None):
            raise UsageError("INPUT_BAD_VALUE", "`previous` names the revision before, from revision 2 on")
        kind, before = Kind(self.kind), self._before()
        return new_agreement(
            load_profile(self.profile if isinstance(self.profile, Path) else None),
            channel=self.channel,
            kind=v1.Kind.Value(f"KIND_{self.kind}"),
            in_force=self.in_force.signed(),
            parties=[party.signed(kind) for party in self.parties],
            answers_for=[each.signed() for each in self.answers_for],
            exercise_clock=self._clock(before),
            revision=unsigned(self.revision, "revision"),
            previous_digest=digest_of(before) if before else b"",
            label_digest=label_digest() if self.words else b"",
            glossary_digest=glossary_digest() if self.words else b"",
            algorithm=_ALGORITHMS[self.algorithm],
        )

    def _before(self) -> v1.Envelope | None:
        """One envelope of the revision before; all of them hold the same bytes."""
        if self.previous is None:
            return None
        envelope = parse(file_bytes(self.previous), v1.SignedAgreement).envelopes[0]
        revision = parse(envelope.payload, v1.Agreement).revision
        if revision + 1 != self.revision:
            raise UsageError(
                "INPUT_BAD_VALUE", f"{self.previous} is revision {revision}; the next one is not {self.revision}"
            )
        return envelope

    def _clock(self, before: v1.Envelope | None) -> v1.ExerciseClock | None:
        if self.exercise_clock is not None:
            return self.exercise_clock.signed()
        if self.kind == "ACTUAL":
            return None
        if before is not None:
            return v1.Agreement.FromString(before.payload).exercise_clock
        start = to_timestamp(self.in_force.from_ns)
        return v1.ExerciseClock(real_start=start, exercise_start=start, speed=1)


def _full_name(name: str) -> str:
    """A type by its full name, from that or from its last part."""
    kind = kind_of(name, BODY_OF)
    if kind is None:
        raise UsageError("UNKNOWN_TYPE", f"answers_for: no such type: {name}")
    return kind.DESCRIPTOR.full_name
