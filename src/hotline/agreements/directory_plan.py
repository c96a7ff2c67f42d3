"""The plan of a party's directory: its posts, and from version 2 on what ends with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from hotline import v1
from hotline.agreements.build import new_directory
from hotline.agreements.listed import file_bytes, unsigned
from hotline.agreements.positions import Named, Positions
from hotline.agreements.post_plan import PostPlan
from hotline.agreements.reading import Beside, Strict, UtcNs, WindowPlan
from hotline.keys import Kind, Role, load_public
from hotline.protocol.directories import node_of
from hotline.protocol.envelope import digest_of, parse
from hotline.protocol.epochs import Cut, Epochs
from hotline.protocol.errors import UsageError
from hotline.protocol.instant import to_timestamp
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Agreement

Reason = Literal["ROTATION", "RESTORED", "KEY_LOST", "COMPROMISE", "WITHDRAWN"]


class _EndPlan(Strict):
    """Something ends at a position of a post's log.

    Attributes:
        last: sequence of the last link that the party stands by; the furthest that anybody names when left out.
        at_ns: UTC of the decision; when the directory is issued, if left out.
    """

    reason: Reason
    last: int | None = None
    at_ns: UtcNs | None = Field(default=None, alias="at")


class ClosurePlan(_EndPlan):
    """The epoch of a post that the version before lists ends."""

    post: str


class RevocationPlan(_EndPlan):
    """An officer's key is good for nothing that stands after a position of its post's log."""

    key: Beside


class DelegationPlan(Strict):
    """A role that one officer of a post lends another."""

    post: str
    from_person: str
    to_person: str
    role: str
    valid: WindowPlan

    def signed(self) -> v1.Delegation:
        """Its form in the directory."""
        return v1.Delegation(
            post=self.post,
            from_person=self.from_person,
            to_person=self.to_person,
            role=self.role,
            valid=self.valid.signed(),
        )


@dataclass(frozen=True, slots=True)
class Ends:
    """What a version ends, and who named each position."""

    closures: tuple[v1.Closure, ...] = ()
    revocations: tuple[v1.Revocation, ...] = ()
    named: tuple[Named, ...] = ()


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
    closures: tuple[ClosurePlan, ...] = ()
    revocations: tuple[RevocationPlan, ...] = ()
    delegations: tuple[DelegationPlan, ...] = ()

    def envelope(
        self, agreement: Agreement, registrar: Signer, now_ns: int, positions: Positions | None = None
    ) -> v1.Envelope:
        """The directory, signed.

        Args:
            agreement: that it belongs to.
            registrar: who signs it.
            now_ns: UTC of now, for a plan that does not say when it was issued.
            positions: of the logs in which something ends.

        Raises:
            KeysError: a key file cannot be read, or is for another kind, role, party or post.
            UsageError: CERTIFICATE_INVALID, INPUT_BAD_VALUE, NOT_HELD, FILE_UNREADABLE.
            PeerDataError: RULE_BROKEN, EPOCH_CHAIN.
        """
        kind, before = Kind.of(agreement.kind), self.before()
        issued_ns = now_ns if self.issued_at_ns is None else self.issued_at_ns
        ends = self.ends(agreement, issued_ns, positions)
        envelope = new_directory(
            agreement,
            self.party,
            [post.signed(kind, self.party) for post in self.posts],
            issued_ns,
            registrar,
            version=unsigned(self.version, "version"),
            previous_digest=digest_of(before) if before else b"",
            closures=ends.closures,
            revocations=ends.revocations,
            delegations=[each.signed() for each in self.delegations],
        )
        if before is not None:
            _hold_epochs(parse(before.payload, v1.Directory), v1.Directory.FromString(envelope.payload))
        return envelope

    def before(self) -> v1.Envelope | None:
        """The version before."""
        if (self.version > 1) != (self.previous is not None):
            raise UsageError("INPUT_BAD_VALUE", "`previous` names the version before, from version 2 on")
        if self.previous is None:
            return None
        envelope = parse(file_bytes(self.previous), v1.Envelope)
        version = parse(envelope.payload, v1.Directory).version
        if version + 1 != self.version:
            raise UsageError(
                "INPUT_BAD_VALUE", f"{self.previous} is version {version}; the next one is not {self.version}"
            )
        return envelope

    def ends(self, agreement: Agreement, issued_ns: int, positions: Positions | None) -> Ends:
        """Where each epoch and key ends that the plan says is to end.

        Raises:
            KeysError: a key file cannot be read, or is for another kind or role.
            UsageError: NOT_HELD, WRONG_CHANNEL, INPUT_BAD_VALUE for a post that the version before does not list.
        """
        epochs = self._epochs_before()
        finder = _Finder(agreement.channel, epochs, positions)
        keys = [load_public(each.key, kind=Kind.of(agreement.kind), role=Role.OFFICER) for each in self.revocations]
        closed = [finder.find(each.post, each.last) for each in self.closures]
        cut = [finder.find(key.label.post, each.last) for key, each in zip(keys, self.revocations, strict=True)]
        return Ends(
            tuple(
                v1.Closure(last=named.position, **_why(each, issued_ns))
                for named, each in zip(closed, self.closures, strict=True)
            ),
            tuple(
                v1.Revocation(keyid=key.key.fingerprint, last=named.position, **_why(each, issued_ns))
                for key, named, each in zip(keys, cut, self.revocations, strict=True)
            ),
            (*closed, *cut),
        )

    def _epochs_before(self) -> dict[str, int]:
        before = self.before()
        posts: Sequence[v1.Post] = parse(before.payload, v1.Directory).posts if before else ()
        return {post.id: post.node.epoch for post in posts}


def _hold_epochs(before: v1.Directory, made: v1.Directory) -> None:
    """See that each post of the version before goes on in its epoch, or ends it and begins the next (REQ-EPOCH-1)."""
    listed = {post.id: node_of(post) for post in made.posts}
    cuts = {closure.last.post: Cut.of(closure) for closure in made.closures}
    for post in before.posts:
        Epochs({post.node.epoch: node_of(post)}).check(post.id, listed.get(post.id), cuts.get(post.id))


@dataclass(frozen=True, slots=True)
class _Finder:
    """Positions of the posts that the version before lists."""

    channel: str
    epochs: dict[str, int]
    positions: Positions | None

    def find(self, post: str, last: int | None) -> Named:
        if post not in self.epochs:
            raise UsageError("INPUT_BAD_VALUE", f"{post} has no epoch in the version before that could end")
        if self.positions is None:
            raise UsageError(
                "NOT_HELD", f"where the log of {post} stands: a node or a transcript is needed that says it"
            )
        if self.positions.channel != self.channel:
            raise UsageError("WRONG_CHANNEL", f"the transcript is of {self.positions.channel}, not of {self.channel}")
        if last is None:
            return self.positions.newest(post, self.epochs[post])
        return self.positions.at(post, self.epochs[post], unsigned(last, "last"))


def _why(plan: _EndPlan, issued_ns: int) -> dict[str, Any]:
    at_ns = issued_ns if plan.at_ns is None else plan.at_ns
    return {"reason": v1.Closure.Reason.Value(f"REASON_{plan.reason}"), "at": to_timestamp(at_ns)}
