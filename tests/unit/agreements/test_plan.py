"""The plan of an agreement: from what people write to what is signed, and what is wrong with one that is not taken."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from tests.unit.agreements.conftest import NOW_NS, agreement_plan

from hotline import v1
from hotline.agreements.examples import example_agreement
from hotline.agreements.plan import AgreementPlan
from hotline.agreements.reading import read_plan
from hotline.messages.labels import label_digest
from hotline.messages.terms import glossary_digest
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import HotlineError
from hotline.protocol.trust import Agreement


def test_the_example_becomes_an_agreement(agreement: Agreement) -> None:
    message = agreement.message
    assert (message.channel, message.kind) == ("east-sea-exercise", v1.KIND_EXERCISE)
    assert [party.id for party in message.parties] == ["AUS", "CHN"]
    assert agreement.in_force.holds(NOW_NS)
    # Without a block of its own an exercise's clock shows real time.
    assert message.exercise_clock.real_start == message.exercise_clock.exercise_start
    assert message.exercise_clock.speed == 1


def test_an_exercise_may_run_at_another_date_and_speed(folder: Path) -> None:
    payload = agreement_plan(folder, lambda text: text.replace("# exercise_clock:", "exercise_clock:")).payload()
    clock = v1.Agreement.FromString(payload).exercise_clock
    assert clock.exercise_start.ToJsonString() == "2023-11-14T02:00:00Z"
    assert clock.speed == 60


def test_the_words_that_messages_are_read_by_may_be_fixed(folder: Path) -> None:
    plain = v1.Agreement.FromString(agreement_plan(folder, str).payload())
    fixed = v1.Agreement.FromString(agreement_plan(folder, lambda text: text.replace("# words:", "words:")).payload())
    assert (plain.label_digest, plain.glossary_digest) == (b"", b"")
    assert (fixed.label_digest, fixed.glossary_digest) == (label_digest(), glossary_digest())


def test_a_profile_may_be_the_partys_own(folder: Path) -> None:
    own = resources.files("hotline.agreements").joinpath("default.yaml").read_text(encoding="utf-8")
    (folder / "own.yaml").write_text(own.replace("hotline-default-1", "own-1"), encoding="utf-8")
    payload = agreement_plan(folder, lambda text: text.replace("profile: default ", "profile: own.yaml ")).payload()
    assert v1.Agreement.FromString(payload).profile == "own-1"


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("kind: EXERCISE", "kind: DRILL", "INPUT_BAD_VALUE", ":3:7: kind: "),
        ("channel: east-sea-exercise", "chanel: x", "INPUT_UNKNOWN_KEY", "2:1: chanel: unknown key"),
        ("channel: east-sea-exercise", "channel: East Sea", "RULE_BROKEN", "channel"),
        ("profile: default", "profile: none.yaml", "PROFILE_INVALID", "none.yaml"),
        ('from: "2026', 'from: "2036', "RULE_BROKEN", "a window must end after it begins"),
        ('from: "2026-11-21T12:00:00Z"', "from: today", "INPUT_BAD_VALUE", "in_force.from: not a UTC time"),
        ("root_keys: [aus/root.key.pub]", "root_keys: []", "RULE_BROKEN", "root_keys"),
        ("root_keys: [aus/root.key.pub]", "root_keys: aus/root.key.pub", "INPUT_BAD_VALUE", "root_keys: needs a list"),
        ("root_keys: [aus/root.key.pub]", "root_keys: [aus/none.pub]", "KEY_IO", "none.pub"),
        ("root_keys: [aus/root.key.pub]", "root_keys: [aus/root.key]", "KEY_FORMAT", "root.key"),
        ("root_keys: [aus/root.key.pub]", "root_keys: [aus/node.key.pub]", "KEY_WRONG_ROLE", "node.key.pub"),
        ("root_keys: [aus/root.key.pub]", "root_keys: [chn/root.key.pub]", "KEY_FOREIGN", "a key of CHN, not of AUS"),
        ("root_threshold: 1 ", "root_threshold: 2 ", "RULE_BROKEN", "the threshold cannot exceed"),
        ("root_threshold: 1 ", "root_threshold: -1 ", "INPUT_BAD_VALUE", "root_threshold must not be -1"),
        ("kind: EXERCISE", "kind: ACTUAL", "KEY_WRONG_KIND", "is for EXERCISE"),
        ("parties:", "parties: *all", "INPUT_YAML", "aliases"),
        ("channel:", "kind: EXERCISE\nchannel:", "INPUT_DUPLICATE_KEY", "kind: given twice"),
    ],
)
def test_an_agreement_plan_that_is_not_taken(folder: Path, old: str, new: str, code: str, words: str) -> None:
    assert old in example_agreement(NOW_NS)
    with pytest.raises(HotlineError) as refused:
        agreement_plan(folder, lambda text: text.replace(old, new, 1)).payload()
    assert refused.value.code == code
    assert words in refused.value.detail


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HotlineError, match="FILE_UNREADABLE"):
        read_plan(tmp_path / "none.yaml", AgreementPlan)


def revision(text: str) -> str:
    """The example as revision 2 of what is in the file `agreement`."""
    return text.replace("kind: EXERCISE", "revision: 2\nprevious: agreement\nkind: EXERCISE")


def test_a_revision_names_the_one_before_and_keeps_its_clock(folder: Path, agreement: Agreement) -> None:
    (folder / "agreement").write_bytes(agreement.signed.SerializeToString())

    def joined(text: str) -> str:
        more = "answers_for:\n  - {post: AUS:fleet-watch, for_post: AUS:hq, types: [ActivityNotice]}\nparties:"
        text = text.replace("parties:", more).replace("name: Australia", "name: Australia\n    member_of: CHN")
        return revision(text).replace('in_force: {from: "2026-11-21', 'in_force: {from: "2026-11-22')

    made = v1.Agreement.FromString(agreement_plan(folder, joined).payload())
    assert (made.revision, made.previous_digest) == (2, digest_of(agreement.signed.envelopes[0]))
    assert made.exercise_clock == agreement.message.exercise_clock
    assert made.in_force != agreement.message.in_force
    assert made.parties[0].member_of == "CHN"
    (answers,) = made.answers_for
    assert (answers.post, answers.for_post) == ("AUS:fleet-watch", "AUS:hq")
    assert list(answers.types) == ["hotline.v1.ActivityNotice"]


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("revision: 2", "revision: 3", "INPUT_BAD_VALUE", "is revision 1; the next one is not 3"),
        ("previous: agreement\n", "", "INPUT_BAD_VALUE", "`previous` names the revision before"),
        ("previous: agreement\n", "previous: none\n", "FILE_UNREADABLE", "none"),
        ("previous: agreement\n", "previous: agreement-plan.yaml\n", "SCAN_", ""),
        ("parties:", "answers_for: [{post: a, for_post: b, types: [Song]}]\nparties:", "UNKNOWN_TYPE", "Song"),
        ("parties:", "answers_for: [{post: a, for_post: a}]\nparties:", "RULE_BROKEN", "answers for another post"),
        ("name: Australia", "name: Australia\n    member_of: NATO", "RULE_BROKEN", "another party of the agreement"),
    ],
)
def test_a_revision_that_is_not_taken(
    folder: Path, agreement: Agreement, old: str, new: str, code: str, words: str
) -> None:
    (folder / "agreement").write_bytes(agreement.signed.SerializeToString())
    with pytest.raises(HotlineError) as refused:
        agreement_plan(folder, lambda text: revision(text).replace(old, new, 1)).payload()
    assert refused.value.code.startswith(code)
    assert words in refused.value.detail
