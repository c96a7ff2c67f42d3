"""The kinds of failure seen in real crises, F1 to F14: what the line makes of each, at the end of its trace.

Some of them no protocol prevents (F1, F2, F9 to F12, F14): there it makes them visible, signed and timed.
"""

from __future__ import annotations

import pytest
from tests.traces.run import story
from tests.traces.world import World

from hotline.protocol.views import AddresseeView, MessageView, StageView


def message(world: World, name: str, at: str) -> MessageView:
    return world.net.view(world.post(at), world.names.find(name))


def ladder(world: World, name: str, at: str, of: str) -> AddresseeView:
    rows = {row.post: row for row in message(world, name, at).addressees}
    return rows[world.post(of)]


def stage(world: World, name: str, at: str, of: str, which: str) -> StageView:
    return {row.name: row for row in ladder(world, name, at, of).stages}[which]


@pytest.mark.threat("F1", defence="TMO FB HB", measure="traces that show it")
def test_f1_not_answered() -> None:
    """The silence has its clock and its word; who was asked and turned to, and when, is signed in the waiting log."""
    world = story("f01-not-answered")
    silent = ladder(world, "m1", "USA", "CHN:fleet-watch")
    assert (silent.state, silent.silence) == ("SILENT", "NO_ANSWER")
    steps = ["QUERY", "QUERY", "QUERY", "ALTERNATE_POST", "OTHER_CHANNEL", "NEXT_LEVEL"]
    assert [step.step for step in silent.steps] == steps
    assert stage(world, "m1", "USA", "CHN:fleet-watch", "READ").verdict == "EXPIRED"


@pytest.mark.threat("F2", defence="FB", measure="traces that show it")
def test_f2_answered_by_a_refusal() -> None:
    """A refusal is a signed answer with its reason, in time, and tells silence from a no."""
    decided = stage(story("f02-answered-by-a-refusal"), "c1", "USA", "CHN", "DECIDED")
    assert (decided.value, decided.verdict) == ("DECLINED", "IN_TIME")
    assert decided.fact is not None and "atmosphere" in decided.fact.detail


@pytest.mark.threat("F3", defence="FB TMO", measure="traces that show it")
def test_f3_delivered_to_the_state_not_to_the_operators() -> None:
    """What the ministry read, and what the radar watch did not, are different facts of different posts."""
    world = story("f03-not-passed-on")
    assert stage(world, "n1", "NOR", "RUS:ministry", "READ").verdict == "IN_TIME"
    assert stage(world, "n1", "NOR", "RUS:ministry", "PASSED").verdict == "LATE"
    assert stage(world, "n1", "NOR", "RUS:radar-watch", "READ").verdict == "LATE"


@pytest.mark.threat("F4", defence="FB EXP", measure="traces that show it")
def test_f4_acknowledged_not_complied_with() -> None:
    """The promise stays, the observation stands beside it, and both sides hold both."""
    world = story("f04-agreed-and-not-done")
    for post in ("AUS", "CHN"):
        done = stage(world, "n1", post, "CHN", "DONE")
        assert (done.value, done.marks) == ("DONE", ("CONTRADICTED",))
    assert stage(world, "n1", "AUS", "CHN", "DONE").verdict == "IN_TIME"


@pytest.mark.threat("F5", defence="FRESH TMO", measure="traces that show it")
def test_f5_too_late_or_after_the_start() -> None:
    """A notice that comes too late is taken, shown, and marked so at both ends."""
    world = story("f05-too-late")
    assert all("LATE_NOTICE" in message(world, "n1", post).marks for post in ("CHN", "NZL"))
    assert message(world, "n1", "NZL").matter_state == "UNDER_WAY"


@pytest.mark.threat("F6", defence="SIG EXP", measure="traces that show it")
def test_f6_cannot_tell_if_genuine() -> None:
    """What a stranger sends is not there; what the other side said is, as it was said."""
    world = story("f06-genuine-or-not")
    held = world.endpoint("NZL").book.entries
    assert list(held) == [world.names.find("m1")]
    assert world.endpoint("NZL").counters == {"KEY_UNKNOWN": 1, "SIGNATURE_INVALID": 1}


@pytest.mark.threat("F7", defence="SIG FB", measure="traces that show it")
def test_f7_two_translations_two_meanings() -> None:
    """What the reader understood is on the record beside what was meant, and is put right in the same matter."""
    world = story("f07-two-translations")
    digest = world.names.find("n1")
    said = [fact.value for fact in world.net.entry(world.post("USA"), digest).facts_of(world.post("CHN"))]
    assert said.index("CORRECTED") < said.index("CONFIRMED")
    assert stage(world, "n1", "USA", "CHN", "UNDERSTOOD").value == "CONFIRMED"


@pytest.mark.threat("F8", defence="FRESH SIG", measure="traces that show it")
def test_f8_two_clocks_two_units_two_accounts() -> None:
    """A wrong clock changes no verdict, a field says its unit, and each side's account is its own statement."""
    world = story("f08-two-clocks")
    read = stage(world, "m1", "AUS", "CHN", "READ")
    assert read.verdict == "IN_TIME" and read.after_ms == 8 * 60_000
    assert read.fact is not None and read.deadline_ns is not None and read.fact.said_at_ns > read.deadline_ns


@pytest.mark.threat("F9", defence="ROLE 2P", measure="traces that show it")
def test_f9_the_whole_channel_switched_off_as_a_signal() -> None:
    """Only dialogue can be switched off: a warning sent meanwhile is delivered, shown and read in time."""
    world = story("f09-switched-off")
    assert stage(world, "m1", "USA", "CHN:command", "READ").verdict == "IN_TIME"
    assert [row.name for row in ladder(world, "c2", "USA", "CHN:command").stages] == ["DELIVERED"]


@pytest.mark.threat("F10", defence="ID", measure="traces that show it")
def test_f10_the_two_sides_have_no_line_with_each_other() -> None:
    """What a third post passes on is as it was signed: it is read, and its author sees that in time."""
    world = story("f10-no-line-between-them")
    states = {peer.post: peer.state for peer in world.endpoint("RUS").line(world.net.now).peers}
    assert states[world.post("TUR")] == "DOWN"
    assert stage(world, "m1", "RUS", "TUR", "READ").verdict == "IN_TIME"


@pytest.mark.threat("F11", defence="TMO ROLE", measure="traces that show it")
def test_f11_wrong_level() -> None:
    """Those who meet have a line of their own; what needs a higher level has no effect from there, and is shown."""
    world = story("f11-wrong-level")
    assert stage(world, "m1", "JPN", "CHN:bridge", "READ").after_ms == 40_000
    assert message(world, "s1", "JPN").marks == ("LEVEL_LACKING",)
    assert world.endpoint("JPN").line(world.net.now).suspensions == ()


@pytest.mark.threat("F12", defence="FB", measure="traces that show it")
def test_f12_a_warning_used_as_coercion() -> None:
    """Announcing it does not make it agreed: the announcement, the refusal and what was seen stand signed together."""
    world = story("f12-announced-threat")
    assert message(world, "n1", "USA").matter_state == "UNDER_WAY"
    assert stage(world, "n1", "CHN", "USA", "DONE").value == "NOT_AGREED"
    assert "CONTRADICTED" in message(world, "n1", "CHN").marks


@pytest.mark.threat("F13", defence="SCAN FB", measure="traces that show it")
def test_f13_an_actor_that_is_not_covered() -> None:
    """An incident names whatever was met; the codes are not those of navies alone."""
    world = story("f13-not-covered")
    assert all(message(world, name, "CHN").matter_state == "OPEN" for name in ("m1", "m2", "m3"))


@pytest.mark.threat("F14", defence="EXP SIG", measure="traces that show it")
def test_f14_a_notification_sized_to_stay_under_the_threshold() -> None:
    """Each notice is in order by itself; together, signed and timed, they show what was done."""
    world = story("f14-under-the-threshold")
    views = [message(world, name, "POL") for name in ("n1", "n2", "n3")]
    assert [view.matter_state for view in views] == ["ANNOUNCED"] * 3
    assert "CONTRADICTED" in views[0].marks
