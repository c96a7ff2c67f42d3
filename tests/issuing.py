"""What parties issue while a net runs: further directories and revisions, new keys, new posts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hotline import v1
from hotline.agreements.build import key_of, sign_agreement
from hotline.agreements.following import Change, next_agreement, next_directory, rotate
from hotline.agreements.rehearsal import Rehearsal
from hotline.keys import published_signer
from hotline.protocol.effects import Effect
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.identifiers import SeededIdentifiers
from hotline.protocol.instant import Instant
from hotline.protocol.papers import Adopted
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Trust


def key(number: int) -> Signer:
    """The n-th signer of the pool (0 to 255); the same number is the same key."""
    return published_signer(number)


class Identifiers(SeededIdentifiers):
    """Fresh identifiers and jitter that follow from a seed of any kind."""

    def __init__(self, seed: object = 0) -> None:
        super().__init__(repr(seed).encode())


@dataclass(slots=True)
class Desk:
    """One post of a net: its Endpoint, what its journal holds, and what its driver was told."""

    endpoint: Endpoint
    signers: list[Signer]
    journal: list[bytes] = field(default_factory=list)
    told: list[Effect] = field(default_factory=list)

    @property
    def signer(self) -> Signer:
        """The newest node key."""
        return self.signers[-1]


class Issuing:
    """The registrars and root holders of a net's parties."""

    rehearsal: Rehearsal
    trust: Trust
    desks: dict[str, Desk]
    now: Instant
    _drawn = 255

    def __getitem__(self, post: str) -> Endpoint:
        return self.desks[post].endpoint

    def at(self, post: str) -> Instant:
        """The instant as a post's own clocks show it."""
        raise NotImplementedError

    def settle(self) -> None:
        """Carry out every effect and deliver every Frame that is due now."""
        raise NotImplementedError

    def draw(self) -> Signer:
        """A key that nobody has yet."""
        self._drawn -= 1
        return key(self._drawn)

    def issue(self, party: str, *changes: Change) -> v1.Envelope:
        """The next version of a party's directory; nobody holds it yet."""
        signer = self.rehearsal.registrars[party]
        envelope = next_directory(self.trust, party, signer, self.now.utc_ns, *changes)
        self.trust.take_directory(envelope)
        return envelope

    def revise(self, change: Callable[[v1.Agreement], object], *more: Signer) -> v1.SignedAgreement:
        """The next revision of the agreement, signed by every party's first root, and by `more` each for itself."""
        groups = [[root] for root in self.rehearsal.roots.values()] + [[signer] for signer in more]
        payload = next_agreement(self.trust, change)
        signed = sign_agreement(payload, {str(number): group for number, group in enumerate(groups)})
        self.trust.take_agreement(signed)
        return signed

    def adopt(self, post: str, paper: v1.SignedAgreement | v1.Envelope) -> Adopted:
        """Give a post a revision or a directory, whatever it undoes, and let it travel."""
        adopted = self[post].adopt(paper, self.at(post), disavow=True)
        self.settle()
        return adopted

    def rotate(
        self,
        post: str,
        last: v1.LogPosition | None = None,
        reason: v1.Closure.Reason.ValueType = v1.Closure.REASON_ROTATION,
        *,
        equip: bool = True,
    ) -> v1.Envelope:
        """Close a post's epoch, where its own log ends unless told otherwise, and open the next with a new key, which
        its node has unless told otherwise. The post does not hold the directory yet: `adopt` it."""
        signer = self.draw()
        last = last or self[post].logs[post].position()
        envelope = self.issue(self.trust.parties[post], rotate(post, last, signer, self.now.utc_ns, reason))
        if equip:
            self.desks[post].signers.append(signer)
            self[post].equip(signer, self.at(post))
        return envelope

    def join(self, post: str) -> v1.Envelope:
        """A new post like the first of its party, with a desk of its own that holds everything issued so far."""
        like = next(known for known, party in self.trust.parties.items() if party == post.partition(":")[0])
        signer, officers = self.draw(), {each.person: self.draw() for each in self.trust.posts[like].officers}

        def change(words: v1.Directory) -> None:
            entry = words.posts.add()
            entry.CopyFrom(self.trust.posts[like])
            entry.id = entry.name = post
            entry.node.key.CopyFrom(key_of(signer))
            entry.node.epoch = 1
            for officer in entry.officers:
                officer.key.CopyFrom(key_of(officers[officer.person]))

        envelope = self.issue(post.partition(":")[0], change)
        self.rehearsal = replace(self.rehearsal, officers={**self.rehearsal.officers, post: officers})
        ids = Identifiers(post)
        self.desks[post] = Desk(Endpoint(post, self.trust, signer, ids, self.at(post)), [signer])
        return envelope
