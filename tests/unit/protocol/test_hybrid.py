"""The algorithm of a channel: what an agreement names, every key has, and no paper changes (spec 02, section 2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from tests.kit import START_NS, A, B, key
from tests.unit.protocol.handmade import DAY_NS, trust

from hotline import v1
from hotline.agreements.build import key_of, sign_agreement
from hotline.agreements.following import next_directory
from hotline.agreements.rehearsal import Rehearsal, rehearse
from hotline.keys.published import published_hybrid
from hotline.protocol.agreements import check_follows, open_agreement
from hotline.protocol.errors import HotlineError
from hotline.protocol.signing import Algorithm


@cache
def hybrid() -> Rehearsal:
    return rehearse((A, B), published_hybrid, START_NS)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(HotlineError) as caught:
        call()
    return caught.value.code


def opened(change: Callable[[v1.Agreement], object]) -> object:
    """The hybrid agreement, changed and signed by its roots."""
    message = v1.Agreement()
    message.CopyFrom(hybrid().trust.agreement.message)
    change(message)
    payload = message.SerializeToString(deterministic=True)
    signed = sign_agreement(payload, {party: [root] for party, root in hybrid().roots.items()})
    return open_agreement(signed.SerializeToString())


def test_a_channel_has_the_algorithm_of_its_agreement() -> None:
    """REQ-HYBRID-1."""
    assert trust().agreement.algorithm is Algorithm.ED25519
    assert trust().agreement.message.algorithm == v1.ALGORITHM_UNSPECIFIED
    assert hybrid().trust.agreement.algorithm is Algorithm.ED25519_ML_DSA_65
    assert hybrid().trust.nodes[A].key.algorithm is Algorithm.ED25519_ML_DSA_65


def test_ed25519_is_said_by_saying_nothing() -> None:
    assert code_of(lambda: opened(lambda words: setattr(words, "algorithm", 1))) == "RULE_BROKEN"
    assert code_of(lambda: opened(lambda words: setattr(words, "algorithm", 2))) == "SCAN_ENUM"


@pytest.mark.parametrize("group", ["root_keys", "registrar_keys"])
def test_one_weaker_key_refuses_an_agreement(group: str) -> None:
    assert code_of(lambda: opened(lambda words: getattr(words.parties[1], group)[0].CopyFrom(key_of(key(9))))) == (
        "KEY_ALGORITHM"
    )


def test_an_agreement_that_says_nothing_takes_no_hybrid_key() -> None:
    assert code_of(lambda: opened(lambda words: words.ClearField("algorithm"))) == "KEY_ALGORITHM"


@pytest.mark.parametrize("length", [0, 31, 32, 1952, 1983, 1985])
def test_a_key_has_the_length_of_its_algorithm(length: int) -> None:
    def change(words: v1.Agreement) -> None:
        words.parties[0].root_keys[0].public_key = bytes(length)

    assert code_of(lambda: opened(change)) == "RULE_BROKEN"


def test_no_revision_changes_the_algorithm() -> None:
    message = v1.Agreement()
    message.CopyFrom(trust().agreement.message)
    message.algorithm = v1.ALGORITHM_ED25519_ML_DSA_65
    message.revision, message.previous_digest = 2, trust().agreement.digest
    with pytest.raises(HotlineError, match="AGREEMENT_CHAIN: a revision keeps its algorithm"):
        check_follows(message, trust().agreement)


@pytest.mark.parametrize("half", [slice(0, 32), slice(32, None)], ids=["Ed25519", "ML-DSA-65"])
def test_a_half_of_one_is_none_of_another(half: slice) -> None:
    """REQ-HYBRID-3: between two parties, and between two officers of one."""

    def mixed(own: bytes, foreign: bytes) -> bytes:
        made = bytearray(own)
        made[half] = foreign[half]
        return bytes(made)

    def roots(words: v1.Agreement) -> None:
        ours, theirs = words.parties[0].root_keys[0], words.parties[1].root_keys[0]
        theirs.public_key = mixed(theirs.public_key, ours.public_key)

    def officers(words: v1.Directory) -> None:
        first, second = words.posts[0].officers[0].key, words.posts[0].officers[1].key
        second.public_key = mixed(published_hybrid(99).public_key, first.public_key)

    assert code_of(lambda: opened(roots)) == "KEY_SHARED"
    to = hybrid().trust.copy()
    version = next_directory(to, "AUS", hybrid().registrars["AUS"], START_NS + DAY_NS // 2, officers)
    assert code_of(lambda: to.take_directory(version)) == "KEY_SHARED"


@pytest.mark.parametrize("of", ["node", "officer"])
def test_no_directory_lists_a_weaker_key(of: str) -> None:
    def change(words: v1.Directory) -> None:
        listed = words.posts[0].node if of == "node" else words.posts[0].officers[0]
        listed.key.CopyFrom(key_of(key(9)))

    to = hybrid().trust.copy()
    version = next_directory(to, "AUS", hybrid().registrars["AUS"], START_NS + DAY_NS // 2, change)
    assert code_of(lambda: to.take_directory(version)) == "KEY_ALGORITHM"
    assert to.versions["AUS"] == 1
