"""Making agreements and directories: what is made is what opens."""

from __future__ import annotations

import pytest
from tests.kit import START_NS, A, key

from hotline import v1
from hotline.agreements.build import key_of, new_agreement, new_directory, sign_agreement, window
from hotline.agreements.profile import load_profile
from hotline.protocol.envelope import DIRECTORY, read, verify
from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.trust import Agreement, Trust, open_agreement, public_key

DAY_NS = 86_400 * NS_PER_S
IN_FORCE = window(START_NS, START_NS + DAY_NS)
ROOTS = {"AUS": [key(0)], "CHN": [key(1), key(2)]}


def parties(threshold: int = 2) -> list[v1.Party]:
    return [
        v1.Party(
            id=party,
            name=party,
            root_keys=map(key_of, roots),
            root_threshold=min(threshold, len(roots)),
            registrar_keys=[key_of(key(10 + number))],
        )
        for number, (party, roots) in enumerate(ROOTS.items())
    ]


def payload(kind: v1.Kind.ValueType = v1.KIND_ACTUAL, **changes: object) -> bytes:
    fields = {"in_force": IN_FORCE, "parties": parties(), **changes}
    return new_agreement(load_profile(), channel="pacific", kind=kind, **fields)  # type: ignore[arg-type]  # any field


def opened(data: bytes) -> Agreement:
    return open_agreement(sign_agreement(data, ROOTS).SerializeToString())


def post(post_id: str = A, node: int = 20) -> v1.Post:
    return v1.Post(
        id=post_id,
        name="fleet watch",
        function=v1.Post.FUNCTION_OPERATING,
        level=v1.LEVEL_OPERATING,
        endpoint="watch.invalid:1",
        tls_certificates=[bytes(64)],
        node=v1.NodeCertificate(key=key_of(key(node)), epoch=1, valid=IN_FORCE),
    )


def test_an_agreement_that_all_roots_signed_opens() -> None:
    agreement = opened(payload())
    assert (agreement.channel, agreement.kind) == ("pacific", v1.KIND_ACTUAL)
    assert agreement.message.in_force == IN_FORCE
    assert [len(envelope.signatures) for envelope in agreement.signed.envelopes] == [1, 2]
    assert agreement.signed.envelopes[0].payload == agreement.signed.envelopes[1].payload == payload()


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert payload() == payload()


def test_an_exercise_names_its_clock() -> None:
    clock = v1.ExerciseClock(real_start=to_timestamp(START_NS), exercise_start=to_timestamp(START_NS), speed=1)
    assert opened(payload(v1.KIND_EXERCISE, exercise_clock=clock)).message.exercise_clock == clock
    for kind, given in ((v1.KIND_EXERCISE, None), (v1.KIND_ACTUAL, clock)):
        with pytest.raises(PeerDataError, match="clock_of_exercise"):
            payload(kind, exercise_clock=given)


def test_a_plan_that_breaks_a_rule_is_not_signed() -> None:
    with pytest.raises(PeerDataError, match="RULE_BROKEN"):
        payload(parties=parties()[:1])
    with pytest.raises(PeerDataError, match="a window must end after it begins"):
        payload(in_force=window(START_NS, START_NS))


def test_a_directory_is_signed_by_its_registrar() -> None:
    agreement, registrar = opened(payload()), key(10)
    envelope = new_directory(agreement, "AUS", [post()], START_NS, registrar, version=3, previous_digest=bytes(32))
    keys = {registrar.fingerprint: public_key(key_of(registrar))}
    found = read(verify(envelope, DIRECTORY, keys.get), v1.Directory).message
    assert (found.party, found.version, found.previous_digest) == ("AUS", 3, bytes(32))
    assert (found.channel, found.agreement_digest, found.kind) == ("pacific", agreement.digest, v1.KIND_ACTUAL)
    assert list(found.posts) == [post()]


def test_directories_of_every_party_are_trusted() -> None:
    agreement = opened(payload())
    directories = [
        new_directory(agreement, "AUS", [post()], START_NS, key(10)),
        new_directory(agreement, "CHN", [post("CHN:fleet-watch", 21)], START_NS, key(11)),
    ]
    assert set(Trust(agreement, directories).posts) == {A, "CHN:fleet-watch"}


def test_a_directory_that_breaks_a_rule_is_not_signed() -> None:
    with pytest.raises(PeerDataError, match="RULE_BROKEN"):
        new_directory(opened(payload()), "", [post()], START_NS, key(10))


def test_the_public_half_of_a_signer_is_what_is_listed() -> None:
    assert key_of(key(7)) == v1.Key(algorithm=v1.ALGORITHM_ED25519, public_key=key(7).public_key)


def test_a_window_is_cut_to_milliseconds() -> None:
    found = window(START_NS + 1, START_NS + DAY_NS + 999_999)
    assert found == IN_FORCE
