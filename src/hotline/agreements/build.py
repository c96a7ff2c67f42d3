"""From plans to signed objects: agreements signed by every party's roots, directories signed by registrars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hotline import v1
from hotline.agreements.profile import Profile
from hotline.protocol.envelope import AGREEMENT, DIRECTORY, sign
from hotline.protocol.instant import to_timestamp
from hotline.protocol.rules import check_rules
from hotline.protocol.signing import Algorithm, Signer
from hotline.protocol.trust import Agreement

_ALGORITHM = {
    Algorithm.ED25519: v1.ALGORITHM_ED25519,
    Algorithm.ED25519_ML_DSA_65: v1.ALGORITHM_ED25519_ML_DSA_65,
}


def key_of(signer: Signer) -> v1.Key:
    """The public half of a signer, as agreements and directories list it."""
    return v1.Key(algorithm=_ALGORITHM[signer.algorithm], public_key=signer.public_key)


def window(from_ns: int, until_ns: int) -> v1.Window:
    """A window from UTC nanoseconds."""
    return v1.Window(**{"from": to_timestamp(from_ns), "until": to_timestamp(until_ns)})


def new_agreement(
    profile: Profile,
    *,
    channel: str,
    kind: v1.Kind.ValueType,
    in_force: v1.Window,
    parties: Iterable[v1.Party],
    answers_for: Iterable[v1.AnswersFor] = (),
    exercise_clock: v1.ExerciseClock | None = None,
    revision: int = 1,
    previous_digest: bytes = b"",
    label_digest: bytes = b"",
    glossary_digest: bytes = b"",
    algorithm: Algorithm = Algorithm.ED25519,
) -> bytes:
    """The bytes every party is to sign.

    Args:
        answers_for: which posts may answer for which.
        revision, previous_digest: from revision 2 on, the digest of the one before.
        label_digest, glossary_digest: of what messages are read and checked by; empty where nothing is fixed.
        algorithm: of every key on the channel.

    Raises:
        PeerDataError: RULE_BROKEN.
    """
    agreement = v1.Agreement(
        channel=channel,
        kind=kind,
        in_force=in_force,
        parties=parties,
        answers_for=answers_for,
        exercise_clock=exercise_clock,
        revision=revision,
        previous_digest=previous_digest,
        label_digest=label_digest,
        glossary_digest=glossary_digest,
        algorithm=v1.ALGORITHM_UNSPECIFIED if algorithm is Algorithm.ED25519 else _ALGORITHM[algorithm],
    )
    profile.fill(agreement)
    check_rules(agreement)
    return agreement.SerializeToString(deterministic=True)


def sign_agreement(payload: bytes, roots: Mapping[str, Sequence[Signer]]) -> v1.SignedAgreement:
    """One envelope per party over the same bytes."""
    return v1.SignedAgreement(envelopes=[sign(AGREEMENT, payload, *signers) for signers in roots.values()])


def new_directory(
    agreement: Agreement,
    party: str,
    posts: Iterable[v1.Post],
    issued_ns: int,
    registrar: Signer,
    version: int = 1,
    previous_digest: bytes = b"",
    closures: Iterable[v1.Closure] = (),
    revocations: Iterable[v1.Revocation] = (),
    delegations: Iterable[v1.Delegation] = (),
) -> v1.Envelope:
    """A party's directory, signed by its registrar.

    Args:
        issued_ns: UTC.
        previous_digest: of the version before; empty in version 1.
        closures, revocations: what this version ends, and nothing that an earlier one did.

    Raises:
        PeerDataError: RULE_BROKEN.
    """
    directory = v1.Directory(
        channel=agreement.channel,
        agreement_digest=agreement.digest,
        kind=agreement.kind,
        party=party,
        version=version,
        previous_digest=previous_digest,
        issued_at=to_timestamp(issued_ns),
        posts=posts,
        closures=closures,
        revocations=revocations,
        delegations=delegations,
    )
    check_rules(directory)
    return sign(DIRECTORY, directory.SerializeToString(deterministic=True), registrar)
