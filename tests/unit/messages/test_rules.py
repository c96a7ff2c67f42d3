"""Rules as data."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message
from tools.labels import messages

from hotline import v1
from hotline.messages.form import form_lines
from hotline.messages.labels import labels
from hotline.messages.names import descriptor_of
from hotline.messages.rules import Rule, explain, is_needed, reachable, rules_of
from hotline.protocol.rules import broken_rules
from hotline.protocol.statements import BODIES


def rules(kind: type[Message], name: str) -> dict[str, Rule]:
    return {rule.id: rule for rule in rules_of(descriptor_of(kind)) if rule.on == name}


def test_every_rule_is_read_with_its_parameters() -> None:
    assert rules(v1.ActivityNotice, "designation")["string.max_len"].parameters == {"max_len": 80}
    assert rules(v1.Position, "latitude_deg")["double.gte_lte"].parameters == {"gte": "-90", "lte": "90"}
    assert rules(v1.DailyWindow, "length")["duration.gt_lte"].parameters == {"gt": "0 h", "lte": "24 h"}
    assert rules(v1.IncidentFlash, "requested")["enum.defined_only"].items
    assert set(rules(v1.Area, "geometry")) == {"required"}
    assert rules(v1.Decision, "")["decision.reason"].own


@pytest.mark.parametrize("message", messages(), ids=lambda message: message.name)
def test_every_rule_has_a_sentence_in_both_languages(message: object) -> None:
    for rule in rules_of(message):  # type: ignore[arg-type]  # a descriptor
        english, chinese = (rule.sentence(labels(language)) for language in ("en", "zh"))
        assert english and "{" not in english.replace("{2,3}", "")[:1]
        assert not chinese.isascii(), rule.id


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.DESCRIPTOR.name)
def test_what_an_empty_body_breaks_is_explained(body: type[Message]) -> None:
    for path, rule, _ in broken_rules(body()):
        assert explain(descriptor_of(body), path, rule, labels("zh")), f"{path} {rule}"


def test_inner_messages_are_found_once() -> None:
    names = [message.name for message in reachable(descriptor_of(v1.ActivityUpdate))]
    assert names[:2] == ["ActivityUpdate", "ActivityNotice"]
    assert len(names) == len(set(names))
    assert "Timestamp" not in names


def test_a_rule_is_explained_where_it_stands() -> None:
    notice = descriptor_of(v1.ActivityNotice)
    said = labels("en")
    assert explain(notice, "schedule.overall", "window.order", said) == "a window must end after it begins"
    assert explain(notice, "", "activity_notice.launch", said) == "a launch says where what falls will come down"
    assert explain(notice, "designation", "string.max_len", labels("zh")) == "至多80个字符"
    assert explain(notice, "nothing.here", "required", said) is None
    assert explain(notice, "designation", "no.such", said) is None


def test_what_must_be_given() -> None:
    fields = descriptor_of(v1.EncounterSignal).fields
    assert [field.name for field in fields if is_needed(field)] == ["table", "code", "speaker", "signalled_at"]
    needed = {field.name for field in descriptor_of(v1.Text).fields if is_needed(field)}
    assert needed == {"language", "text", "role"}
    assert not is_needed(descriptor_of(v1.AidOffer).fields_by_name["request"])


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.DESCRIPTOR.name)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_form_letters_every_field_as_the_text_does(body: type[Message], language: str) -> None:
    lines = form_lines(descriptor_of(body), language)
    lettered = [line for line in lines if line[0].isalpha() and line[1:2] == "."]
    assert len(lettered) == len(descriptor_of(body).fields)


def test_a_form_says_what_a_field_takes() -> None:
    lines = form_lines(descriptor_of(v1.ActivityEnd))
    assert lines == (
        "SUBJECT: ACTIVITY END",
        "* must be given",
        "A. Ended at (ended_at) *: UTC, such as 211358Z NOV 26",
        "B. Area clear (area_clear): yes or no",
    )
