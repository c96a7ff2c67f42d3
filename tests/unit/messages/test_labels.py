"""Labels: complete in both languages, read as every PO reader reads them, with a digest that anybody can compute."""

from __future__ import annotations

from hashlib import sha256
from importlib import resources
from string import Formatter

import pytest
from babel.messages.pofile import read_po as babel_read
from tools import labels as tool

from hotline import v1
from hotline.messages import labels as catalogue
from hotline.messages.labels import LANGUAGES, label_digest, labels, spaced
from hotline.messages.names import descriptor_of
from hotline.protocol import line, matters, silence, talks
from hotline.protocol.ladder import VALUES

FLASH = descriptor_of(v1.IncidentFlash)


def entries(tag: str) -> dict[tuple[str, str], str]:
    return dict(labels({tag: name for name, tag in LANGUAGES.items()}[tag]).entries)


def test_the_committed_catalogues_are_complete_and_fresh() -> None:
    assert tool.main(["--check"]) == 0


def test_every_entry_has_a_label_in_chinese_and_in_english() -> None:
    """REQ-LANG-1."""
    for tag in LANGUAGES.values():
        assert [key for key in tool.wanted() if not entries(tag).get(key)] == []


def test_a_missing_label_is_noticed() -> None:
    found = entries("zh-CN") | {("frame", "PRECEDENCE"): ""}
    assert tool.missing("zh-CN", found) == [("frame", "PRECEDENCE")]


def test_every_element_reads_in_chinese() -> None:
    said = labels("zh")
    for message in tool.messages():
        assert [field.name for field in message.fields if said.field(field).isascii()] in ([], ["sha256"])
    plain = {said.code(enum, value.number) for enum in tool.enums() for value in enum.values if value.number}
    assert {label for label in plain if label.isascii()} == set()


@pytest.mark.parametrize("tag", LANGUAGES.values())
def test_babel_reads_what_we_read(tag: str) -> None:
    file = resources.files(catalogue).joinpath(f"{tag.replace('-', '_')}.po")
    with file.open("rb") as lines:
        found = babel_read(lines, locale=tag.replace("-", "_"))
    assert {(str(each.context), str(each.id)): str(each.string) for each in found if each.id} == entries(tag)


@pytest.mark.parametrize("tag", LANGUAGES.values())
def test_labels_keep_the_places_where_values_go(tag: str) -> None:
    def places(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}

    astray = [key for key, label in entries(tag).items() if places(key[1]) != places(label)]
    assert astray == []


def test_no_label_breaks_a_line() -> None:
    assert [key for tag in LANGUAGES.values() for key, label in entries(tag).items() if set(label) & set("\t\n")] == []


def test_the_digest_is_that_of_the_lines() -> None:
    """REQ-LANG-2."""
    lines = [
        f"{tag}\t{context}\t{english}\t{label}\n".encode()
        for tag in ("en", "zh-CN")
        for (context, english), label in entries(tag).items()
    ]
    assert label_digest() == sha256(b"".join(sorted(lines))).digest()


def test_terms_of_the_field_are_used_as_they_are() -> None:
    said = labels("zh")
    grades = [said.code(v1.Precedence.DESCRIPTOR, number) for number in (4, 3, 2, 1)]
    assert grades == ["特提", "特急", "加急", "平急"]
    assert said.word("RECEIVED") == "收到"
    assert said.word("READ") == "值班员已阅"
    assert said.word("PASSED") == "已转呈主管"
    assert (said.word("ACCEPTED"), said.word("DECLINED"), said.word("UNABLE")) == ("接受", "不接受", "无法照办")
    assert said.type(descriptor_of(v1.ClarificationRequest)) == "请求澄清"
    assert said.code(v1.Kind.DESCRIPTOR, v1.KIND_ACTUAL) == "实况"
    assert said.code(v1.ActivityKind.DESCRIPTOR, v1.ACTIVITY_KIND_LIVE_FIRE) == "实弹射击"
    assert (said.frame("translation for information only"), said.frame("equally authentic")) == (
        "译文仅供参考",
        "同等作准",
    )


def test_english_says_better_what_a_name_says_badly() -> None:
    said = labels("en")
    assert said.field(FLASH.fields_by_name["requested_radius_m"]) == "Requested radius"
    assert said.field(descriptor_of(v1.Craft).fields_by_name["imo_number"]) == "IMO number"
    assert said.code(v1.Intention.DESCRIPTOR, v1.INTENTION_OPEN_RANGE) == "OPEN RANGE"


def test_words_of_the_protocol_have_labels() -> None:
    shown = {row.value for row in VALUES}
    for table in (matters.ACTIVITY, matters.INCIDENT, matters.SCHEDULE, talks.CALL, talks.CLARIFICATION):
        shown |= set(table.values())
    shown |= {row.word for row in silence.WORDS} | set(silence.ENDS) | {row.name for row in line.STATES}
    assert [word for word in sorted(shown) if ("word", spaced(word)) not in entries("zh-CN")] == []


def test_what_has_no_label_is_said_in_english() -> None:
    assert labels("zh").word("NEVER_HEARD_OF") == "NEVER HEARD OF"
    with pytest.raises(KeyError):
        labels("fr")
