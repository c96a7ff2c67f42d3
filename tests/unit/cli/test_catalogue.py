"""`hotline form`, `hotline check`, `hotline render`: from a blank form to text in either language, without a node."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Ran
from tools import make_vectors

from hotline.messages.labels import label_digest
from hotline.protocol.statements import BODIES

Hotline = Callable[..., Ran]
NAMES = [body.DESCRIPTOR.name for body in BODIES]


def draft(hotline: Hotline, name: str, *changes: tuple[str, str]) -> str:
    """The example of a type in a file, with words changed."""
    text = hotline("compose", name, "--example").out
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    Path("draft.yaml").write_text(text, encoding="utf-8")
    return "draft.yaml"


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_checked_and_read_in_both_languages_and_in_json(hotline: Hotline, name: str) -> None:
    file = draft(hotline, name)
    assert hotline("check", file, "--json").json == {"ok": True, "type": name, "rules": "HOLD", "warnings": []}
    english, chinese = (hotline("render", file, "--language", word).out for word in ("en", "zh"))
    assert english.splitlines()[:2][0] == "DRAFT"
    assert chinese.startswith("拟稿\n等级：")
    assert len(english.splitlines()) == len(chinese.splitlines())
    Path("message.json").write_text(hotline("render", file, "--language", "json").out, encoding="utf-8")
    again = hotline("render", "message.json", "--language", "json").out
    assert json.loads(again)["body_type"] == f"hotline.v1.{name}"
    assert hotline("render", "message.json", "--language", "zh").status == 0


def test_a_signed_message_is_read_from_its_envelope(hotline: Hotline) -> None:
    vectors = Path(make_vectors.FOLDER)
    lines = hotline("render", str(vectors / "statement-two-languages" / "input.bin")).out.splitlines()
    assert lines[0] == "EXERCISE EXERCISE EXERCISE"
    assert any(line.startswith("   en (translation for information only, from zh): Divers") for line in lines)
    refused = hotline("render", str(vectors / "_common" / "directory-aus.bin"), "--json").json
    assert refused["code"] == "PAYLOAD_TYPE"
    unknown = hotline("render", str(vectors / "unknown-type-still-readable" / "input.bin"), "--json").json
    assert unknown["code"] == "UNKNOWN_TYPE"


@pytest.mark.parametrize("name", NAMES)
def test_every_type_has_a_form(hotline: Hotline, name: str) -> None:
    assert hotline("form", name).out.startswith("SUBJECT: ")
    told = hotline("form", name, "--language", "zh", "--json").json
    assert (told["type"], told["label_digest"]) == (name, label_digest().hex())
    assert told["text"].startswith("事由：")


def test_a_rule_that_does_not_hold_is_told_in_the_language_asked_for(hotline: Hotline) -> None:
    file = draft(
        hotline, "IncidentFlash", ("  requested_radius: 3 nmi\n", ""), ("  contact_post: AUS:fleet-watch\n", "")
    )
    english, chinese = hotline("check", file), hotline("check", file, "--language", "zh")
    assert (english.status, chinese.status) == (1, 1)
    assert "a request to keep outside a radius says which [incident_flash.radius]" in english.err
    assert "body: 请求保持在半径之外须说明半径 [incident_flash.radius]" in chinese.err
    assert "contact_post: 至少1个字符 [string.min_len]" in chinese.err


def test_an_update_of_nothing_is_told_as_it_is(hotline: Hotline) -> None:
    file = draft(hotline, "ActivityCancel")
    text = Path(file).read_text(encoding="utf-8")
    start = text.index("references:")
    Path(file).write_text(text[:start] + text[text.index("text:") :], encoding="utf-8")
    assert hotline("check", file, "--language", "zh", "--json").json["code"] == "REFERENCE_COUNT"


def test_contested_terms_are_warned_of_and_block_nothing(hotline: Hotline) -> None:
    file = draft(
        hotline, "CallRequest", ("Lighter-than-air craft that came down today", "Spy balloon over the Indo-Pacific")
    )
    done = hotline("check", file)
    assert done.status == 0
    assert "“spy balloon”; offered instead: use the class LIGHTER_THAN_AIR" in done.out
    assert "“Indo-Pacific”" in done.out
    assert "已知另一方不接受“spy balloon”一词" in hotline("check", file, "--language", "zh").out


def test_compose_checks_flags_and_writes_nothing(hotline: Hotline) -> None:
    words = ("--to", "CHN:a", "--precedence", "priority", "--set", "level=NATIONAL", "--set", "language=en")
    more = ("--set", "topic=Freedom of navigation", "--set", "proposed_at=now", "--set", "medium=TELEPHONE")
    done = hotline("compose", "CallRequest", *words, *more, "--text", "en=A call.", "--check", "--json")
    assert done.json["rules"] == "HOLD"
    assert len(done.json["warnings"]) == 1
    refused = hotline("compose", "CallRequest", *words, "--check")
    assert (refused.status, refused.err.partition(":")[0]) == (1, "RULE_BROKEN")


def test_words_in_several_languages_go_on_a_flag(hotline: Hotline) -> None:
    said = ("--set", "title=en=Yearly meeting", "--set", "deliverable=zh=纪要")
    done = hotline("compose", "RoadmapItem", "--to", "CHN:a", "--precedence", "routine", *said, "--set", "state=AGREED")
    assert "level: is missing" in done.err
    assert "title" not in done.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("check", "none.yaml"), "FILE_UNREADABLE", "none.yaml"),
        (("check", "draft.yaml", "--language", "fr"), "USAGE", "--language is one of en, zh, not fr"),
        (("check", "draft.yaml", "--language", "json"), "USAGE", "not json"),
        (("render", "draft.yaml", "--language", "fr"), "USAGE", "en, zh, json"),
        (("form", "ActivityStop"), "UNKNOWN_TYPE", "there are IncidentFlash"),
        (("render", "bad.json"), "INPUT_BAD_VALUE", "body_type: not one of"),
        (("render", "bad.yaml"), "INPUT_DUPLICATE_KEY", "given twice"),
        (("render", "bytes"), "SCAN_", ""),
    ],
)
def test_mistakes(hotline: Hotline, words: tuple[str, ...], code: str, said: str) -> None:
    draft(hotline, "ActivityStart")
    Path("bad.json").write_text('{"header": {}, "body_type": "x", "body": {}}')
    Path("bad.yaml").write_text("type: ActivityStart\ntype: ActivityEnd\n")
    Path("bytes").write_bytes(b"\xff\xff\xff")
    done = hotline(*words, "--json")
    assert done.status != 0
    assert done.json["code"].startswith(code)
    assert said in done.json["detail"]
