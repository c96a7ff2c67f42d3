"""Whose signatures an agreement needs (REQ-AGR-2)."""

from __future__ import annotations

from tests.kit import key

from hotline import v1
from hotline.agreements.build import key_of
from hotline.agreements.quorum import quorums


def agreement(*parties: tuple[str, tuple[int, ...], int]) -> v1.Agreement:
    """Parties with the numbers of their roots and their thresholds."""
    return v1.Agreement(
        parties=[
            v1.Party(id=party, root_keys=[key_of(key(n)) for n in roots], root_threshold=threshold)
            for party, roots, threshold in parties
        ]
    )


def names(*numbers: int) -> frozenset[bytes]:
    return frozenset(key(number).fingerprint for number in numbers)


def test_an_agreement_asks_each_party_for_its_threshold() -> None:
    asked = quorums(agreement(("AUS", (1, 2, 3), 2), ("CHN", (4,), 1)), None)
    assert list(asked) == ["AUS", "CHN"]
    aus = asked["AUS"]
    assert aus.keys == names(1, 2, 3)
    assert [aus.holds(names(*signed)) for signed in ((), (1,), (1, 4), (1, 3), (1, 2, 3))] == [0, 0, 0, 1, 1]
    assert aus.wants(key(2).fingerprint, names(1))
    assert not aus.wants(key(3).fingerprint, names(1, 2))
    assert not aus.wants(key(4).fingerprint, names())
    assert aus.words(names(1, 4)) == "1 of 2"


def test_a_revision_asks_for_the_roots_of_both() -> None:
    before = agreement(("AUS", (1,), 1), ("CHN", (4,), 1), ("JPN", (6,), 1))
    after = agreement(("AUS", (2, 3), 2), ("CHN", (4,), 1), ("KOR", (7,), 1))
    asked = quorums(after, before)
    assert list(asked) == ["AUS", "CHN", "KOR", "JPN"]
    aus = asked["AUS"]
    assert aus.words(names(2)) == "1 of 2, 0 of 1 as before"
    assert not aus.holds(names(2, 3))
    assert aus.holds(names(1, 2, 3))
    # One signature counts for both where the roots are the same.
    assert asked["CHN"].words(names()) == "0 of 1"
    assert asked["CHN"].holds(names(4))
    assert (asked["JPN"].keys, asked["KOR"].keys) == (names(6), names(7))
