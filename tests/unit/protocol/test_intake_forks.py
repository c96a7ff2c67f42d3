"""The intake of a log that its post signed twice."""

from __future__ import annotations

import pytest
from tests.kit import A, C, notice
from tests.unit.protocol.handmade import entry, frame, log_of
from tests.unit.protocol.test_intake import NOW, ONE, THREE, TWO, Desk

from hotline import v1
from hotline.protocol.effects import Alert
from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import NS_PER_S


def fork_frame(*, links: bool) -> bytes:
    branch = log_of(TWO)
    return frame(branch, beat=2, links=None if links else [])


def alarmed(desk: Desk) -> list[str]:
    return [told.code for told in desk.ledger.tell if isinstance(told, Alert)]


def test_two_heads_alone_prove_a_fork_once_and_the_frame_is_refused() -> None:
    """REQ-LOG-4: without the links that lead there, nothing can be taken."""
    desk = Desk()
    desk.give(ONE)
    for _ in range(2):
        with pytest.raises(PeerDataError) as caught:
            desk.take(fork_frame(links=False))
        assert caught.value.code == "FORK"
    proof = desk.records[-1].fork
    assert desk.kinds().count("fork") == 1
    assert v1.Head.FromString(proof.first.payload).log == log_of(ONE).position()
    assert v1.Head.FromString(proof.second.payload).log == log_of(TWO).position()
    assert not proof.HasField("links")
    assert (desk.ledger.peers[A].forked, alarmed(desk)) == (True, ["FORK"])
    assert desk.ledger.logs[A].position() == log_of(ONE).position()
    assert desk.ledger.book.entries[ONE.digest].void == "FORKED"


def test_a_branch_with_its_links_is_held_beside_the_first() -> None:
    """REQ-FORK-1."""
    desk = Desk()
    desk.give(ONE)
    for beat in (2, 3):
        _, _, speak = desk.take(frame(log_of(TWO), beat, statements=[TWO.envelope]))
        assert speak
    proof = desk.records[-2].fork
    assert desk.kinds()[3:] == ["head_held", "fork", "statement"]
    assert v1.Head.FromString(proof.first.payload).log == log_of(ONE).position()
    assert (proof.second, proof.links) == (desk.records[3].head_held, log_of(TWO).run(1, 1))
    assert (desk.ledger.peers[A].forked, alarmed(desk)) == (True, ["FORK"])
    assert desk.ledger.logs[A].position() == log_of(ONE).position()
    assert [desk.ledger.book.entries[known.digest].void for known in (ONE, TWO)] == ["FORKED"] * 2
    assert desk.said() == [(1, "received_at"), (1, "received_at")]


def test_later_frames_extend_the_branch_they_belong_to() -> None:
    desk, four = Desk(), entry(notice("four"), sequence=2)
    desk.give(ONE)
    desk.take(frame(log_of(TWO), 2, statements=[TWO.envelope]))
    desk.take(frame(log_of(TWO, THREE), 3, first=2, statements=[THREE.envelope]))
    desk.take(frame(log_of(ONE, four), 4, first=2, statements=[four.envelope]))
    main, branch = desk.ledger.histories[A].branches(1)
    assert (main.position(), branch.position()) == (log_of(ONE, four).position(), log_of(TWO, THREE).position())
    assert [record.fork.links for record in desk.records if record.HasField("fork")] == [
        log_of(TWO).run(1, 1),
        log_of(TWO, THREE).run(1, 2),
    ]
    assert {known.void for known in desk.ledger.book.entries.values()} == {"FORKED"}
    assert desk.ledger.gaps.count(A) == 0


def test_what_stands_before_the_logs_part_counts() -> None:
    desk = Desk()
    desk.give(ONE, TWO)
    desk.take(frame(log_of(ONE, THREE), 2, first=2, statements=[THREE.envelope]))
    voids = {digest: known.void for digest, known in desk.ledger.book.entries.items()}
    assert voids == {ONE.digest: "", TWO.digest: "FORKED", THREE.digest: "FORKED"}
    assert desk.records[-2].fork.links == log_of(ONE, THREE).run(2, 2)


def test_links_from_another_past_are_asked_for_from_the_first_on() -> None:
    """REQ-FORK-3."""
    desk = Desk()
    desk.give(ONE)
    desk.ledger.peers[A].up = True
    desk.refuse(frame(log_of(TWO, THREE), beat=2, first=2), "LINKS_NOT_COVERED")
    (asked,) = desk.intake.fetching.on_deadline(NOW)
    assert (asked.peer, asked.post, asked.epoch, asked.first, asked.last) == (A, A, 1, 1, 2)
    desk.take(frame(log_of(TWO, THREE), beat=2))
    assert (alarmed(desk), desk.intake.fetching.on_deadline(NOW.later(10 * NS_PER_S))) == (["FORK"], [])


def test_links_from_another_past_are_asked_for_of_whoever_passed_them_on() -> None:
    """REQ-FORK-3: the accused post does not give its other log away."""
    desk = Desk()
    desk.give(ONE)
    for peer in (A, C):
        desk.ledger.peers[peer].up = True
    with pytest.raises(PeerDataError, match="LINKS_NOT_COVERED"):
        desk.take(frame(log_of(TWO, THREE), beat=2, first=2), server=C)
    (asked,) = desk.intake.fetching.on_deadline(NOW)
    assert (asked.peer, asked.post, asked.first, asked.last) == (C, A, 1, 2)
