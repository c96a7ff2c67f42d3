"""The parts of torture: clocks, the line, the auditor's own reading, and what is told of a campaign."""

from __future__ import annotations

import re

import pytest

from hotline import v1
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import NS_PER_S
from hotline.protocol.log import PostLog
from hotline_sim.torture import sealed
from hotline_sim.torture.campaign import run
from hotline_sim.torture.chance import Chance
from hotline_sim.torture.channel import channel
from hotline_sim.torture.clocks import Clock
from hotline_sim.torture.edition import edition
from hotline_sim.torture.journals import CHANNEL, STATEMENT, chained, pae_digest, signed
from hotline_sim.torture.line import LATENCY_NS, Line
from hotline_sim.torture.memo import Memo
from hotline_sim.torture.plan import SETTLED_NS, Fault, plan_of
from hotline_sim.torture.speech import DECIDED, UNDERSTOOD, acknowledgement, stages, value_of
from hotline_sim.torture.world import World, crash_place

A, B = "AUS:fleet-watch", "CHN:fleet-watch"


def test_draws_of_one_purpose_follow_from_the_seed() -> None:
    one, same, other = Chance(1, "x"), Chance(1, "x"), Chance(2, "x")
    drawn = [one.below(1_000) for _ in range(20)]
    assert drawn == [same.below(1_000) for _ in range(20)]
    assert drawn != [other.below(1_000) for _ in range(20)]
    assert sorted(one.some("abc", 5)) == ["a", "b", "c"]


def test_a_clock_drifts_jumps_and_never_runs_back() -> None:
    clock = Clock(mono_ns=100, utc_ns=5_000)
    clock.drift(10 * NS_PER_S, -5_000)
    now = clock.at(20 * NS_PER_S)
    assert now.mono_ns == 100 + 19_950_000_000 and now.utc_ns - now.mono_ns == 4_900
    clock.jump(20 * NS_PER_S, utc_ns=-7, mono_ns=-9)
    after = clock.at(20 * NS_PER_S)
    assert (after.mono_ns, after.utc_ns) == (now.mono_ns, now.utc_ns - 7)
    due_ns = after.mono_ns + 3 * NS_PER_S
    true_ns = clock.true_ns(due_ns)
    assert clock.at(true_ns).mono_ns >= due_ns > clock.at(true_ns - 10).mono_ns
    clock.boot(true_ns, 42)
    assert clock.at(true_ns).mono_ns == 42


def ways(kind: str, amount: int = 0) -> list[list[int]]:
    line = Line(1)
    fault = Fault(kind, 0, 100, A, B, amount)
    line.begin(fault)
    found = [line.ways(A, B, 40) for _ in range(200)]
    assert line.ways(B, A, 40) == [LATENCY_NS]
    line.end(fault)
    assert line.ways(A, B, 40) == [LATENCY_NS]
    return found


def test_the_line_does_what_its_faults_say() -> None:
    lost = sum(not way for way in ways("loss", 30))
    assert 30 <= lost <= 90
    assert ways("one-way") == [[]] * 200
    assert ways("stall") == [[LATENCY_NS + 60]] * 200
    assert max(map(max, ways("delay", 10))) > 8 * NS_PER_S
    assert {len(way) for way in ways("duplication", 50)} == {1, 2, 3}


def test_a_cut_is_noticed_at_both_ends() -> None:
    line, fault = Line(1), Fault("cut", 0, 100, A, B, 0)
    line.begin(fault)
    assert not line.is_whole(A, B) and not line.is_whole(B, A)
    line.end(fault)
    assert line.is_whole(B, A)
    line.ways(A, B, SETTLED_NS + 1)
    assert line.late[A, B] == 1


def test_a_frame_that_arrives_before_an_earlier_one_has_overtaken_it() -> None:
    line = Line(1)
    line.ways(A, B, 0)
    line.begin(Fault("delay", 0, 100, A, B, 1_200))
    line.ways(A, B, 1)
    line.end(line._faults[A, B][0])
    line.ways(A, B, 2)
    assert (line.effects["delay"], line.effects["overtook others"], line.effects["delay: over"]) == (1, 1, 1)


def test_a_stall_holds_for_its_time_and_one_way() -> None:
    line = Line(1)
    line.begin(Fault("stall", 10, 100, A, B, 0))
    assert line.is_stalled(A, B, 109) and not line.is_stalled(A, B, 110) and not line.is_stalled(B, A, 50)


@pytest.mark.parametrize(
    ("last", "records", "effects", "place"),
    [
        (1, 2, 4, "before its write"),
        (2, 2, 4, "after its write"),
        (0, 0, 2, "before its first effect"),
        (3, 2, 4, "between two effects"),
        (4, 2, 4, "after its last effect"),
    ],
)
def test_a_crash_is_told_where_it_was(last: int, records: int, effects: int, place: str) -> None:
    assert crash_place(last, records, effects) == place


def test_the_edition_is_the_version_and_a_digest_of_the_sources() -> None:
    assert re.fullmatch(r"[0-9.]+\S* [0-9a-f]{12}", edition())


def test_digests_read_again_are_those_of_the_core() -> None:
    officer = channel(2, "slow").officers[A]["officer-1"]
    envelope = signed(STATEMENT, b"payload", officer)
    assert pae_digest(STATEMENT, envelope.payload) == digest_of(envelope)
    links = [
        v1.Link(statement_digest=bytes([n]) * 32, sealed_at_ms=n, precedence=v1.PRECEDENCE_ROUTINE, size=n)
        for n in (1, 2, 3)
    ]
    log = PostLog(CHANNEL, A, 1)
    log.extend(links)
    assert chained(A, links) == log.digests[1:]


def test_stages_are_said_in_order_and_read_back() -> None:
    for asked in (UNDERSTOOD, DECIDED):
        said = [value_of(acknowledgement(bytes(32), stage)) for stage in stages(asked, Chance(3, "y"))]
        assert said[0][1] == "READ" and said[-1][0] == asked


def test_a_check_is_computed_once_and_its_verdict_stays() -> None:
    memo, calls = Memo(), list[int]()

    def fails() -> None:
        calls.append(1)
        raise PeerDataError("RULE_BROKEN", "as always")

    for _ in range(2):
        with pytest.raises(PeerDataError, match="as always"):
            memo.once("key", fails)
    assert (calls, memo.computed, memo.remembered) == ([1], 1, 1)


def test_a_notice_of_two_persons_with_one_taken_off_is_the_word_of_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its digest covers no signatures, so a hostile post can have it taken, which is nobody's fault."""
    assert run(17999).violations == []
    monkeypatch.setattr(sealed, "signatures_of", lambda envelope: frozenset())
    (violation,) = run(17999).violations
    assert violation.invariant == "I5" and "whose people did not sign it so" in violation.words


def test_many_frames_let_through_at_once_are_no_livelock_and_a_livelock_is_found() -> None:
    """A world of the default profile with a stall of 143 minutes; and one in which something comes again and again."""
    assert run(28799).violations == []
    world = World(plan_of(1))

    def again() -> None:
        world.at(world.now_ns, again)

    world.at(NS_PER_S, again)
    world.play()
    (violation,) = world.auditor.violations
    assert violation.invariant == "I8" and "keep each other busy" in violation.words
