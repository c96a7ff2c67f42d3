"""What follows an agreement or a directory: made from the newest one held."""

from __future__ import annotations

import pytest
from tests.kit import START_NS, A, B, key

from hotline import v1
from hotline.agreements.following import Change, next_agreement, next_directory, revoke, rotate, withdraw
from hotline.agreements.rehearsal import rehearse
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import PeerDataError

CHANNEL = rehearse([A, B], key, START_NS)
LAST = v1.LogPosition(post=A, epoch=1, sequence=3, link_digest=bytes(32))


def test_a_revision_follows_the_newest_one() -> None:
    words = v1.Agreement.FromString(next_agreement(CHANNEL.trust, lambda words: words.timers.pop()))
    first = CHANNEL.trust.agreement
    assert (words.revision, words.previous_digest) == (2, first.digest)
    assert len(words.timers) == len(first.message.timers) - 1


def test_a_revision_that_breaks_a_rule_is_not_made() -> None:
    with pytest.raises(PeerDataError, match="RULE_BROKEN"):
        next_agreement(CHANNEL.trust, lambda words: words.ClearField("types"))


def directory(*changes: Change) -> v1.Directory:
    envelope = next_directory(CHANNEL.trust, "AUS", CHANNEL.registrars["AUS"], START_NS, *changes)
    trust = CHANNEL.trust.copy()
    assert trust.take_directory(envelope) is not None
    return v1.Directory.FromString(envelope.payload)


def test_a_version_follows_the_newest_one_and_ends_nothing() -> None:
    words = directory()
    assert (words.version, words.previous_digest) == (2, digest_of(CHANNEL.trust.directories["AUS"]))
    assert (words.agreement_digest, len(words.closures)) == (CHANNEL.trust.agreement.digest, 0)


def test_a_rotation_closes_one_epoch_and_opens_the_next() -> None:
    words = directory(rotate(A, LAST, key(200), START_NS))
    assert (words.posts[0].node.epoch, words.closures[0].last) == (2, LAST)
    assert words.posts[0].node.key.public_key == key(200).public_key


def test_a_post_is_withdrawn_and_a_key_revoked() -> None:
    assert len(directory(withdraw(A, LAST, START_NS)).posts) == 0
    keyid = CHANNEL.officers[A]["officer-1"].fingerprint
    assert directory(revoke(keyid, LAST, START_NS)).revocations[0].keyid == keyid
