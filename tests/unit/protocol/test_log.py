"""The chain of links: its layout byte by byte, and what does not join on to it."""

from __future__ import annotations

from hashlib import sha256

import pytest
from tests.kit import A
from tests.unit.protocol.handmade import link, tampered

from hotline import v1
from hotline.protocol.errors import PeerDataError
from hotline.protocol.log import START, PostLog, link_digest, log_prefix

CHANNEL = "rehearsal"


def digest(n: int) -> bytes:
    return sha256(b"%d" % n).digest()


def log_of(*numbers: int) -> PostLog:
    log = PostLog(CHANNEL, A, 1)
    log.extend(link(digest(n)) for n in numbers)
    return log


def position(log: PostLog, sequence: int) -> v1.LogPosition:
    return v1.LogPosition(post=A, epoch=log.epoch, sequence=sequence, link_digest=log.digests[sequence])


def test_a_link_digest_covers_the_layout_of_the_specification() -> None:
    one = link(digest(1), sealed_at_ms=0x0102030405060708, precedence=v1.PRECEDENCE_FLASH, size=0x0A0B0C0D)
    layout = (
        b"hotline/v1/link\x00"
        + b"\x00\x09rehearsal"
        + b"\x00\x0fAUS:fleet-watch"
        + (3).to_bytes(8, "big")
        + (2).to_bytes(8, "big")
        + b"p" * 32
        + digest(1)
        + bytes.fromhex("0102030405060708 04 0a0b0c0d")
    )
    assert link_digest(log_prefix(CHANNEL, A), 3, 2, b"p" * 32, one) == sha256(layout).digest()


@pytest.mark.parametrize(
    "other",
    [
        PostLog("another", A, 1),
        PostLog(CHANNEL, "CHN:fleet-watch", 1),
        PostLog(CHANNEL, A, 2),
    ],
    ids=["channel", "post", "epoch"],
)
def test_the_same_link_has_another_digest_elsewhere(other: PostLog) -> None:
    other.append(link())
    assert other.digests[1] != log_of_one().digests[1]


def log_of_one() -> PostLog:
    log = PostLog(CHANNEL, A, 1)
    log.append(link())
    return log


def test_a_log_starts_at_zero() -> None:
    log = log_of()
    assert log.sequence == 0
    assert log.position() == v1.LogPosition(post=A, epoch=1, sequence=0, link_digest=START)


def test_links_count_from_one() -> None:
    log = log_of(1, 2)
    assert log.append(link(digest(3))) == 3
    assert log.position() == position(log, 3)
    assert log.place_of == {digest(1): 1, digest(2): 2, digest(3): 3}
    assert log.run(2, 3) == v1.LinkRun(post=A, epoch=1, first=2, links=log.links[1:])


def test_a_digest_has_its_first_place() -> None:
    assert log_of(1, 2, 1).place_of == {digest(1): 1, digest(2): 2}


def test_a_position_that_differs_contradicts() -> None:
    log, other = log_of(1, 2, 3), log_of(1, 9)
    assert not log.contradicts(position(log, 2))
    assert log.contradicts(position(other, 2))
    assert log.contradicts(v1.LogPosition(post=A, epoch=1, sequence=0, link_digest=b"x" * 32))


def test_a_position_further_on_or_of_another_epoch_contradicts_nothing() -> None:
    log, longer = log_of(1), log_of(9, 8)
    assert not log.contradicts(position(longer, 2))
    assert not log.contradicts(v1.LogPosition(post=A, epoch=2, sequence=1, link_digest=bytes(32)))


@pytest.mark.parametrize("first", [1, 2, 3])
def test_only_what_is_new_is_taken(first: int) -> None:
    log, whole = log_of(1, 2), log_of(1, 2, 3, 4)
    assert list(log.extension(whole.run(first, 4), position(whole, 4))) == whole.links[2:]


def test_nothing_new_is_no_error() -> None:
    log = log_of(1, 2)
    assert list(log.extension(log.run(1, 2), position(log, 2))) == []


@pytest.mark.threat("re-sequence", defence="SEQ", measure="links past a gap, not taken")
def test_links_past_what_is_held_leave_a_gap() -> None:
    log, whole = log_of(1), log_of(1, 2, 3)
    refuses(log, whole.run(3, 3), position(whole, 3), "LINKS_GAP")


def test_links_must_lead_to_the_signed_digest() -> None:
    log, whole = log_of(1), log_of(1, 2, 3)
    refuses(log, whole.run(2, 2), position(whole, 3), "LINKS_NOT_COVERED")
    wrong = position(whole, 3)
    wrong.link_digest = tampered(wrong.link_digest)
    refuses(log, whole.run(2, 3), wrong, "LINKS_NOT_COVERED")
    refuses(log, log_of(1, 2, 9).run(2, 3), position(whole, 3), "LINKS_NOT_COVERED")


def test_links_from_another_past_do_not_lead_there() -> None:
    log, other = log_of(1), log_of(9, 2)
    refuses(log, other.run(2, 2), position(other, 2), "LINKS_NOT_COVERED")


@pytest.mark.threat("equivocation", defence="SEQ", measure="kinds of branches found")
@pytest.mark.parametrize("numbers", [(9,), (9, 2), (1, 9), (1, 9, 3)])
def test_a_signed_branch_is_a_fork(numbers: tuple[int, ...]) -> None:
    log, branch = log_of(1, 2), log_of(*numbers)
    refuses(log, branch.run(1, len(numbers)), position(branch, len(numbers)), "FORK")


def refuses(log: PostLog, run: v1.LinkRun, head: v1.LogPosition, code: str) -> None:
    before = list(log.digests)
    with pytest.raises(PeerDataError) as caught:
        log.extension(run, head)
    assert caught.value.code == code
    assert log.digests == before


def test_a_branch_has_what_stands_up_to_where_it_parts_and_nothing_that_covers_it() -> None:
    log = log_of(1, 2, 3)
    log.covering, log.covered = v1.Envelope(), 3
    branch = log.branch(2)
    assert branch.links == log.links[:2] and branch.digests == log.digests[:3]
    assert branch.place_of == {digest(1): 1, digest(2): 2}
    assert (branch.covering, branch.covered) == (None, 0)
    branch.append(link(digest(9)))
    assert (log.sequence, branch.place_of[digest(9)]) == (3, 3)
    assert (PostLog(CHANNEL, A, 1).covering, PostLog(CHANNEL, A, 1).covered) == (None, 0)
