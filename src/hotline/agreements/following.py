"""What follows: the next revision of an agreement and the next version of a directory, made from the newest one held.

payload = next_agreement(trust, lambda words: words.parties.add(...))     # to be signed by old roots and new ones
envelope = next_directory(trust, "AUS", registrar, now_ns, rotate(trust, post, node, now_ns, last))
"""

from __future__ import annotations

from collections.abc import Callable

from hotline import v1
from hotline.agreements.build import key_of, window
from hotline.protocol.envelope import DIRECTORY, digest_of, sign
from hotline.protocol.instant import NS_PER_S, to_timestamp
from hotline.protocol.rules import check_rules
from hotline.protocol.signing import Signer
from hotline.protocol.trust import Trust

Change = Callable[[v1.Directory], object]

_DAY_NS = 86_400 * NS_PER_S


def next_agreement(trust: Trust, change: Callable[[v1.Agreement], object]) -> bytes:
    """The bytes of the next revision, which every party of the newest one held and every party of its own is to sign.

    Args:
        change: makes of a copy of the newest revision what the next one says; window included.

    Raises:
        PeerDataError: RULE_BROKEN.
    """
    newest = trust.revisions.newest
    words = v1.Agreement()
    words.CopyFrom(newest.message)
    words.revision, words.previous_digest = newest.revision + 1, newest.digest
    change(words)
    check_rules(words)
    return words.SerializeToString(deterministic=True)


def next_directory(trust: Trust, party: str, registrar: Signer, issued_ns: int, *changes: Change) -> v1.Envelope:
    """The next version of a party's directory, under the newest revision held.

    Args:
        issued_ns: UTC.
        changes: make of a copy of the newest version what the next one says; it ends nothing until they say so.

    Raises:
        PeerDataError: RULE_BROKEN.
    """
    before = trust.directories[party]
    words = v1.Directory.FromString(before.payload)
    words.version, words.previous_digest = words.version + 1, digest_of(before)
    words.agreement_digest = trust.revisions.newest.digest
    words.issued_at.CopyFrom(to_timestamp(issued_ns))
    words.ClearField("closures")
    words.ClearField("revocations")
    for change in changes:
        change(words)
    check_rules(words)
    return sign(DIRECTORY, words.SerializeToString(deterministic=True), registrar)


def rotate(
    post: str,
    last: v1.LogPosition,
    node: Signer,
    at_ns: int,
    reason: v1.Closure.Reason.ValueType = v1.Closure.REASON_ROTATION,
) -> Change:
    """Close the epoch of a post at a position, and open the next one under a new key, certified for 30 days."""

    def change(words: v1.Directory) -> None:
        (entry,) = (entry for entry in words.posts if entry.id == post)
        valid = window(at_ns - _DAY_NS, at_ns + 29 * _DAY_NS)
        entry.node.CopyFrom(v1.NodeCertificate(key=key_of(node), epoch=last.epoch + 1, valid=valid))
        words.closures.add(last=last, reason=reason, at=to_timestamp(at_ns))

    return change


def withdraw(post: str, last: v1.LogPosition, at_ns: int) -> Change:
    """Close the epoch of a post and list the post no longer."""

    def change(words: v1.Directory) -> None:
        kept = [entry for entry in words.posts if entry.id != post]
        words.ClearField("posts")
        words.posts.extend(kept)
        words.closures.add(last=last, reason=v1.Closure.REASON_WITHDRAWN, at=to_timestamp(at_ns))

    return change


def revoke(keyid: bytes, last: v1.LogPosition, at_ns: int) -> Change:
    """Stand by an officer's key up to a position of the officer's post, and no further."""

    def change(words: v1.Directory) -> None:
        words.revocations.add(keyid=keyid, last=last, reason=v1.Closure.REASON_COMPROMISE, at=to_timestamp(at_ns))

    return change
