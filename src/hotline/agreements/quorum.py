"""Whose signatures an agreement needs, and whose it has (REQ-AGR-2).

A revision needs each of its parties, by its own roots, and each party of the revision before, by the roots of that one.
One signature counts for both where a key is a root in both. Who signs needs not more than that, and adds not more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.trust import public_key


@dataclass(frozen=True, slots=True)
class Roots:
    """Roots of a party under one revision.

    Attributes:
        keys: fingerprints.
        threshold: how many of them sign.
    """

    keys: frozenset[bytes]
    threshold: int

    def missing(self, signed: Collection[bytes]) -> int:
        """How many signatures are still wanted."""
        return max(0, self.threshold - len(self.keys.intersection(signed)))


@dataclass(frozen=True, slots=True)
class Quorum:
    """What a party has to sign with: under the agreement itself, under the revision before it, or both."""

    party: str
    roots: tuple[Roots, ...]

    @property
    def keys(self) -> frozenset[bytes]:
        """Every key that may sign for the party."""
        return frozenset().union(*(each.keys for each in self.roots))

    def wants(self, key: bytes, signed: Collection[bytes]) -> bool:
        """Whether a signature by this key is needed beside those that are there."""
        return any(key in each.keys and each.missing(signed) for each in self.roots)

    def holds(self, signed: Collection[bytes]) -> bool:
        """Whether nothing is missing."""
        return not any(each.missing(signed) for each in self.roots)

    def words(self, signed: Collection[bytes]) -> str:
        """``1 of 2``; for a revision that asks for more than its own roots, ``1 of 2, 0 of 1 as before``."""
        told = [f"{len(each.keys.intersection(signed))} of {each.threshold}" for each in self.roots]
        return ", ".join([*told[:1], *(f"{each} as before" for each in told[1:])])


def quorums(agreement: v1.Agreement, before: v1.Agreement | None) -> dict[str, Quorum]:
    """Every party that signs, in order; those that leave with the revision come last.

    Raises:
        PeerDataError: KEY_INVALID.
    """
    now, then = _roots(agreement.parties), _roots(before.parties if before else ())
    found: dict[str, Quorum] = {}
    for party in {**now, **then}:
        asked = [roots[party] for roots in (now, then) if party in roots]
        found[party] = Quorum(party, tuple(dict.fromkeys(asked)))
    return found


def _roots(parties: Iterable[v1.Party]) -> dict[str, Roots]:
    return {
        party.id: Roots(frozenset(public_key(key).fingerprint for key in party.root_keys), party.root_threshold)
        for party in parties
    }
