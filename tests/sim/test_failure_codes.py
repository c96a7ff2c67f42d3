"""Every failure code of the field study by name: what its scenario must show, whatever else its trace says.

F9 and F14 are synthetic. No protocol prevents F1, F2, F9 to F12 and F14; these tests are about what is seen, signed and
timed when they happen.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hotline import v1
from hotline_sim.outcome import MessageOutcome, StageOutcome
from hotline_sim.result import RunResult
from hotline_sim.scenario import bundled, load

Runs = Callable[[str], RunResult]
CODES = [f"F{number}" for number in range(1, 15)]


def message(result: RunResult, name: str) -> MessageOutcome:
    return result.picture.message(name)


def stage(result: RunResult, name: str, of: str, addressee: str | None = None) -> StageOutcome:
    found = message(result, name).stage(of, addressee)
    assert found is not None, f"{name} has no stage {of}"
    return found


def turns(result: RunResult, name: str) -> list[tuple[str, str]]:
    return [(turn.step, turn.target) for turn in message(result, name).turns]


def alarms(result: RunResult, post: str) -> list[str]:
    return [note.what for note in result.picture.run.notes if note.post == post]


@pytest.fixture
def shows(bundled_runs: Runs) -> Callable[[str, str], RunResult]:
    """A scenario's run, which must show a failure and have proofs that verify and agree."""

    def run(name: str, failure: str) -> RunResult:
        result = bundled_runs(name)
        assert result.ok, [(one.words, one.found) for one in result.expectations if not one.ok]
        assert failure in result.failures_shown and f"\n{failure} shown" in result.trace
        return result

    return run


Shows = Callable[[str, str], RunResult]


def test_every_code_has_a_scenario_and_synthetic_ones_say_so() -> None:
    scenarios = {name: load(file) for name, file in bundled().items()}
    shown = {code: [name for name, one in scenarios.items() if code in one.meta.failures] for code in CODES}
    assert all(shown.values()), shown
    assert {name for name, one in scenarios.items() if one.meta.synthetic} == {
        *("suspension-synthetic", "threshold-synthetic", "words-of-silence-synthetic"),
    }
    assert shown["F9"] == ["suspension-synthetic"] and shown["F14"] == ["threshold-synthetic"]


@pytest.mark.threat("F1", defence="TMO FB HB", measure="scenarios replayed that show it")
def test_f1_not_answered_is_silence_with_every_step_on_record(shows: Shows) -> None:
    result = shows("ep3-2001", "F1")
    assert stage(result, "m1", "PRESENTED").verdict == "IN_TIME"
    assert stage(result, "m1", "READ").verdict == "EXPIRED" and not stage(result, "m1", "READ").value
    assert turns(result, "m1") == [
        *[("QUERY", "")] * 3,
        ("ALTERNATE_POST", "CHN:air-watch"),
        ("OTHER_CHANNEL", ""),
        ("NEXT_LEVEL", "CHN:general-staff"),
    ]
    assert "NOT_ANSWERED" in alarms(result, "USA:pacific-command")


@pytest.mark.threat("F1", defence="TMO FB HB", measure="scenarios replayed that show it")
def test_f1_a_closed_desk_is_gone_round_at_night(shows: Shows) -> None:
    result = shows("brahmos-2022", "F1")
    assert ("NEXT_LEVEL", "PAK:general-headquarters") in turns(result, "m1")
    assert [a.stage for a in message(result, "m1").answers] == ["READ", "PASSED", "DECIDED"]
    assert {a.turned_to_for for a in message(result, "m1").answers} == {"PAK:operations-desk"}
    assert all("BREAK_GLASS" in alarms(result, post) for post in result.picture.run.scenario.posts)


@pytest.mark.threat("F2", defence="FB", measure="scenarios replayed that show it")
def test_f2_a_refusal_is_an_answer_and_no_silence(shows: Shows) -> None:
    result = shows("balloon-2023", "F2")
    decided = stage(result, "m2", "DECIDED")
    assert (decided.value, decided.verdict) == ("DECLINED", "IN_TIME") and "atmosphere" in decided.remark
    assert turns(result, "m2") == [] and stage(result, "m1", "READ").verdict == "IN_TIME"


@pytest.mark.threat("F3", defence="FB TMO", measure="scenarios replayed that show it")
def test_f3_read_by_the_state_is_not_passed_to_its_operators(shows: Shows) -> None:
    result = shows("norway-rocket-1995", "F3")
    assert stage(result, "m1", "READ").verdict == "IN_TIME"
    passed = stage(result, "m1", "PASSED")
    assert passed.verdict == "EXPIRED" and passed.said_ms is None
    assert stage(result, "m2", "READ", "RUS:early-warning").verdict == "IN_TIME"
    tested = [note.what for note in result.picture.run.notes if note.what.startswith("TEST")]
    assert tested == [] and "ChannelTest" not in result.trace, "a day of line tests that pass leaves no line"


@pytest.mark.threat("F4", defence="FB EXP", measure="scenarios replayed that show it")
def test_f4_acknowledged_is_not_complied_with(shows: Shows) -> None:
    result = shows("toowoomba-ningbo-2023", "F4")
    done = stage(result, "m1", "DONE")
    assert (done.value, done.verdict, done.marks) == ("DONE", "IN_TIME", ("CONTRADICTED",))
    assert [seen.id for seen in result.picture.observations_of(done)] == ["m2"]


@pytest.mark.threat("F5", defence="FRESH TMO", measure="scenarios replayed that show it")
def test_f5_a_late_notice_is_taken_and_marked(shows: Shows) -> None:
    result = shows("tasman-sea-2025", "F5")
    assert "LATE_NOTICE" in message(result, "m1").marks
    assert stage(result, "m1", "READ", "AUS:air-traffic").verdict == "IN_TIME"


@pytest.mark.threat("F6", defence="SIG EXP", measure="scenarios replayed that show it")
def test_f6_a_voice_is_a_claim_and_a_notice_is_signed(shows: Shows) -> None:
    result = shows("tasman-sea-2025", "F6")
    (claim,) = message(result, "m1").claims
    assert (claim.by, claim.medium, claim.stage) == ("AUS:air-traffic", "RADIO", "DELIVERED")
    assert message(result, "m1").signers == ("chn-bridge-1 (watch-officer)",) and result.evidence.ok
    assert claim.said_ms < (message(result, "m1").said_ms or 0), "the voice came first, and met no deadline"


@pytest.mark.threat("F7", defence="SIG FB", measure="scenarios replayed that show it")
def test_f7_what_was_understood_and_what_was_meant_are_both_signed(shows: Shows) -> None:
    result = shows("ep3-letter-2001", "F7")
    words = [(a.post, a.value) for a in message(result, "m1").answers if a.stage == "UNDERSTOOD"]
    assert words == [("CHN:foreign-ministry", "READBACK"), ("USA:embassy-beijing", "CORRECTED")]
    assert set(message(result, "m2").texts) == {"en", "zh"}


@pytest.mark.threat("F8", defence="FRESH SIG", measure="scenarios replayed that show it")
def test_f8_two_accounts_stand_side_by_side_in_one_unit(shows: Shows) -> None:
    result = shows("p8-2014", "F8")
    assert "CONTRADICTED" in message(result, "m2").marks and "CONTRADICTED" not in message(result, "m1").marks
    view = result.picture.run.message("m1")
    assert view is not None
    assert v1.IncidentFlash.FromString(view.statement.body).range_m == 6, "20 ft travel as 6 m"


@pytest.mark.threat("F9", defence="ROLE 2P", measure="scenarios replayed that show it")
def test_f9_a_suspension_leaves_the_safety_layer_open(shows: Shows) -> None:
    result = shows("suspension-synthetic", "F9")
    assert message(result, "m3").stage("DECIDED") is None, "a call is not awaited while dialogue is suspended"
    assert stage(result, "m4", "READ").verdict == "IN_TIME", "distress is read all the same"
    assert "LEVEL_LACKING" in message(result, "m1").marks, "a fleet watch cannot suspend"
    assert {"SUSPENDED", "RESTORED"} <= set(alarms(result, "BRAVO:fleet-watch"))


@pytest.mark.threat("F10", defence="ID", measure="scenarios replayed that show it")
def test_f10_who_has_no_post_is_neither_addressed_nor_heard(shows: Shows) -> None:
    result = shows("su24-2015", "F10")
    assert not any(post.startswith("NATO/TUR") for post in result.picture.run.scenario.posts)
    shot_ms = 5 * 60_000 + 22_000
    read = stage(result, "m1", "READ")
    assert read.verdict == "IN_TIME" and read.said_ms is not None and read.said_ms > shot_ms
    assert "CONTRADICTED" in message(result, "m2").marks


@pytest.mark.threat("F11", defence="TMO ROLE", measure="scenarios replayed that show it")
def test_f11_a_ministers_line_is_gone_round_to_the_right_level(shows: Shows) -> None:
    result = shows("j15-2025", "F11")
    assert stage(result, "m1", "PASSED").verdict == "EXPIRED"
    assert ("ALTERNATE_POST", "CHN:carrier-group") in turns(result, "m1")
    answered = [(a.post, a.stage) for a in message(result, "m1").answers]
    assert answered == [("CHN:carrier-group", "READ"), ("CHN:carrier-group", "PASSED")]


@pytest.mark.threat("F12", defence="FB", measure="scenarios replayed that show it")
def test_f12_to_announce_an_act_does_not_make_it_agreed(shows: Shows) -> None:
    result = shows("chung-hoon-2023", "F12")
    decided = stage(result, "m1", "DECIDED")
    assert decided.value == "DECLINED" and (decided.before_closest_s or 0) > 0
    assert message(result, "m1").stage("DONE") is None or not stage(result, "m1", "DONE").value


@pytest.mark.threat("F13", defence="SCAN FB", measure="scenarios replayed that show it")
def test_f13_no_craft_is_outside_the_words(shows: Shows) -> None:
    result = shows("impeccable-2009", "F13")
    assert (stage(result, "m1", "PASSED").verdict, stage(result, "m1", "PASSED").remark) == (
        "IN_TIME",
        "fisheries administration",
    )
    other = result.picture.run.scenario.messages["m1"].body["other_unit"]
    assert other["kind"] == "CIVIL_VESSEL"


@pytest.mark.threat("F14", defence="EXP SIG", measure="scenarios replayed that show it")
def test_f14_parts_below_a_threshold_add_up_over_signatures(shows: Shows) -> None:
    result = shows("threshold-synthetic", "F14")
    bodies = [result.picture.run.scenario.messages[name].body for name in ("m1", "m2", "m3")]
    assert sum(body["forces"][0]["count_min"] for body in bodies) == 18, "three times below ten, together above"
    assert len({str(body["area"]) for body in bodies}) == 1 and "CONTRADICTED" in message(result, "m3").marks
    words = [a.value for a in message(result, "m1").answers if a.stage == "DECIDED"]
    assert words == ["ACCEPTED", "WITHDRAWN", "ACCEPTED_IN_PART"]


def test_a_dead_member_delays_nobody(bundled_runs: Runs) -> None:
    result = bundled_runs("escorts-2012")
    assert result.ok
    for post in ("CHN:escort-planning", "JPN:escort-planning"):
        decided = stage(result, "m1", "DECIDED", post)
        assert decided.verdict == "IN_TIME" and (decided.said_ms or 0) < 60 * 60_000
    dead = stage(result, "m1", "DELIVERED", "KOR:escort-planning")
    assert dead.verdict == "LATE" and (dead.said_ms or 0) >= 90 * 60_000
    assert stage(result, "m3", "READ", "KOR:escort-planning").verdict == "IN_TIME", "nothing is missed"


@pytest.mark.threat("suppression / unanswered call", defence="FB", measure="simulated silences with the right words")
def test_each_silence_has_a_word_of_its_own(bundled_runs: Runs) -> None:
    result = bundled_runs("words-of-silence-synthetic")
    (glance,) = result.picture.run.glances.values()
    seen = glance.messages["m2"]
    assert {ladder.post: ladder.silence for ladder in seen.ladders} == {
        "BRAVO:patrol": "RADIO_SILENCE",
        "CHARLIE:harbour-staff": "CLOSED",
        "DELTA:fleet-watch": "UNSTAFFED",
        "PACT/ECHO:fleet-watch": "PEER_DOWN",
        "PACT:headquarters": "NO_ANSWER",
    }
