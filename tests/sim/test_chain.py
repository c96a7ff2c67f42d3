"""People between what is seen and what is done: leave, obedience, languages, bearers, shifts, lost links."""

from __future__ import annotations

import pytest

from hotline_sim.encounter.log import Happening
from hotline_sim.plot import Plot
from hotline_sim.run import Run
from hotline_sim.scenario import ScenarioError, loads
from hotline_sim.template import begun
from hotline_sim.world import World

SEA, AIR = begun("sea", "at-sea"), begun("air", "in-the-air")


def played(text: str, *words: str, variant: str | None = None, seed: int = 1) -> Run:
    """A run of a template with some of its words replaced."""
    return World(loads(changed(text, *words).encode(), variant=variant), seed).play().run


def changed(text: str, *words: str) -> str:
    for old, new in zip(words[::2], words[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    return text


def told(run: Run, subject: str) -> dict[str, int]:
    """When each thing happened to a word, an order or a contact, first."""
    found: dict[str, int] = {}
    for each in run.happenings:
        if each.subject == subject:
            found.setdefault(each.what, each.at_ms)
    return found


def test_an_order_of_a_post_is_given_heard_and_taken_up_each_in_its_time() -> None:
    run = played(SEA, variant="with-line")
    steps = told(run, "call-off")
    assert steps["HEARD"] - steps["GIVEN"] == 20_000 and steps["OBEYED"] - steps["HEARD"] == 10_000
    assert steps["DONE"] > steps["OBEYED"]


def test_leave_costs_a_report_a_decision_and_the_way_back() -> None:
    plain, asked = (
        told(played(SEA, *words), "cross")
        for words in ((), ("    by: red  ", "    approved_by: RED:fleet-watch\n    by: red  "))
    )
    assert asked["OBEYED"] - plain["OBEYED"] > 2 * 20_000


def test_a_crew_gets_no_leave_over_a_dead_circuit() -> None:
    run = played(
        SEA,
        "    by: red  ", "    approved_by: RED:fleet-watch\n    by: red  ",
        "radio: {medium: RADIO, takes: 20 s,", "radio: {medium: RADIO, takes: 20 s, heard: 0 %,",
    )  # fmt: skip
    assert "REFUSED" in told(run, "cross") and "UNHEARD" in told(run, "report")


def test_a_night_watch_takes_longer() -> None:
    shift = "    shifts: [{from: T+00:00:00, until: T+00:30:00, takes: 300 %, assumed: half the staff}]\n"
    post = "    reaction: {PRESENTED: 1 s, READ: reading, DECIDED: deciding, DONE: 20 s}\n"
    day, night = (told(played(SEA, post, post + more, variant="with-line"), "call-off") for more in ("", shift))
    assert night["GIVEN"] > day["GIVEN"] + 60_000


def test_a_post_reads_a_foreign_language_more_slowly() -> None:
    post = "    reaction: {PRESENTED: 1 s, READ: reading, DECIDED: deciding, DONE: 20 s}\n"
    zh = "      zh: 贵舰以交叉航向接近我舰，请拉开距离。\n"
    slow = post + "    languages: [zh]\n    translation: 2 min\n"
    with_zh, without = (told(played(SEA, post, slow, zh, text, variant="with-line"), "call-off") for text in (zh, ""))
    assert without["GIVEN"] - with_zh["GIVEN"] == 120_000


def test_a_hail_is_repeated_and_given_up() -> None:
    steps = told(played(SEA, "heard: 80 %", "heard: 0 %"), "hail")
    assert "HEARD" not in steps and steps["UNHEARD"] - steps["SAID"] == 3 * (10_000 + 120_000)


def test_a_translation_delays_what_is_heard() -> None:
    steps = told(
        played(
            SEA,
            "languages: [zh, en], reaction",
            "languages: [zh], translation: 45 s, reaction",
            "heard: 80 %",
            "heard: 100 %",
        ),
        "hail",
    )
    assert steps["HEARD"] - steps["SAID"] == 55_000


def test_an_order_misheard_is_said_again() -> None:
    runs = (
        played(
            SEA,
            "languages: [zh, en], reaction",
            f"mishears: {share} %, languages: [zh, en], reaction",
            variant="with-line",
        )
        for share in (0, 100)
    )
    clear, misheard = (told(run, "call-off") for run in runs)
    assert misheard["HEARD"] - clear["HEARD"] == 40_000


def test_a_sensor_reads_a_range_that_is_a_little_off_and_thresholds_follow_it() -> None:
    sure, unsure = (
        told(played(SEA, "range_error: 20 m", f"range_error: {error} m"), "keep-clear") for error in (0, 400)
    )
    assert sure["OBEYED"] != unsure["OBEYED"]
    contacts = [each for each in played(SEA).contacts if each.who == "blue"]
    assert [each.what for each in contacts] == ["DETECTED", "CLASSIFIED"] and "by radar" in contacts[0].words


def test_a_ship_gives_way_to_starboard_and_resumes() -> None:
    holds = ("{cross_ahead: {unit: blue, at: 150 yd, speed: 20 kn}}", "{steer: {course: 110 deg, speed: 15 kn}}")
    risk = ("{contact: red, by: blue, falls_below: 800 yd}", "{risk: [blue, red], cpa: 1000 m, within: 10 min}")
    clear = ("{steer: {speed: 6 kn}}", "{give_way: {unit: red, to: 1500 m}}")
    none = ("{contact: red, by: blue, falls_below: 800 yd}", "{contact: red, by: blue, falls_below: 1 m}")
    plain, kept = played(SEA, *holds, *none), played(SEA, *holds, *risk, *clear)
    assert apart_m(kept) > apart_m(plain) + 300 and apart_m(kept) > 1000
    way = kept.ways["blue"]
    assert max(sample.heading_deg for sample in way.samples if sample.heading_deg < 180.0) >= 30.0
    assert way.samples[-1].heading_deg == pytest.approx(0.0, abs=0.5) and "DONE" in told(kept, "keep-clear")


def apart_m(run: Run) -> int:
    return Plot(run.scenario, run.ways).closest_of(("blue", "red")).range_m


def test_an_uncrewed_craft_circles_without_its_link_and_hears_nothing_until_it_is_back() -> None:
    order = """
orders:
  home:
    to: drone
    by: BLU:air-operations
    when: {time: T+00:12:30}
    do: {steer: {course: 270 deg}}
    assumed: made up
"""
    run = played(AIR, "\norders:\n", order)
    link = [(each.what, each.at_ms) for each in run.happenings if each.kind == "control"]
    assert link == [("LINK_LOST", 730_000), ("LINK_BACK", 840_000)]
    assert told(run, "home")["OBEYED"] == 840_000
    headings = {round(run.ways["drone"].sample(t).heading_deg / 60) for t in range(730_000, 840_000, 5_000)}
    assert len(headings) > 4 and run.ways["drone"].samples[-1].heading_deg == pytest.approx(270.0, abs=1.0)


def test_what_units_did_is_told_in_order_of_time() -> None:
    happenings = played(SEA, variant="with-line").happenings
    assert all(isinstance(each, Happening) for each in happenings)
    assert [each.at_ms for each in happenings] == sorted(each.at_ms for each in happenings)


RED_START = '    start: {at: "20.080 N'
TRACK = '    track: [{at: "20.0 N, 120.0 E", assumed: x}]\n'
CONTACT = "when: {contact: red, by: blue, falls_below: 800 yd}"
OBEYED = "{order: cross, reaches: OBEYED}"
SPOILT = {
    "two ways to move": (RED_START, TRACK + RED_START, "either a `track`"),
    "an order by another": (
        "    to: red\n    by: red ",
        "    to: red\n    by: blue ",
        "by red itself, or by a post: blue",
    ),
    "an order about itself": ("{cross_ahead: {unit: blue,", "{cross_ahead: {unit: red,", "about the unit itself"),
    "words to nobody": (
        "    to: BLU:fleet-watch\n    by: radio",
        "    to: nobody\n    by: radio",
        "neither a unit nor a post",
    ),
    "no sensors": (CONTACT, "when: {contact: blue, by: red, falls_below: 800 yd}", "red has no sensors"),
    "no beam": ("beam: 19 m, ", "", "needs the length and beam of"),
    "no inject": (OBEYED, "{order: cross, reaches: OBEYED, within: 5 min}", "a deadline runs from an inject"),
    "no unit": ("{steer: {speed: 6 kn}}", "{steer: {speed: 6}}", "needs a unit (kn, m/s, km/h): 6"),
    "no such path": ("set: {hotline: yes}", "set: {units.green.start: x}", "there is nothing at units.green.start"),
}


@pytest.mark.parametrize(("old", "new", "words"), SPOILT.values(), ids=SPOILT)
def test_what_does_not_fit_together_is_refused_at_its_place(old: str, new: str, words: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        loads(changed(SEA, old, new).encode(), variant="with-line" if old.startswith("set") else None)
    assert words in str(refused.value)


def test_a_variant_that_there_is_not_is_refused() -> None:
    with pytest.raises(ScenarioError, match="not a variant of this file"):
        loads(SEA.encode(), variant="other")
