"""Drafts: words of a header and a body, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.message import Message

from hotline import v1
from hotline.messages.draft import WORDS, Written, draft_words, kind_of, line_words, read_draft
from hotline.messages.problems import FieldError

KINDS: dict[str, type[Message]] = {
    "hotline.v1.ActivityStart": v1.ActivityStart,
    "hotline.v1.Acknowledgement": v1.Acknowledgement,
}
AT_NS = 1_795_269_480_000_000_000  # 2026-11-21T13:58:00Z
START: dict[str, Any] = {"type": "ActivityStart", "body": {"started_at": "2026-11-21T13:58:00Z"}}


def read(words: object) -> Written:
    draft, findings = read_draft(words, KINDS, line_words(AT_NS))
    assert findings == []
    assert draft is not None
    return draft


def wrong(words: object) -> list[str]:
    draft, findings = read_draft(words, KINDS, line_words(AT_NS))
    assert draft is None
    return [f"{finding} [{finding.code}]" for finding in findings]


def test_every_word_of_a_header() -> None:
    digest = "ab" * 32
    draft = read(
        {
            **START,
            "to": ["CHN:fleet-watch"],
            "info": ["JPN:fleet-watch"],
            "precedence": "FLASH",
            "stage_requested": "READ",
            "reply_by": "now + 30 min",
            "release_before": "now + 1 h",
            "validity": {"from": "now", "until": "now + 2 h"},
            "thread": digest,
            "seen": [digest],
            "references": [{"digest": digest, "role": "FOLLOWS"}],
            "basis": ["Article VI"],
            "handling": "parties only",
            "text": {"authentic": "zh", "en": "Begun.", "zh": "开始。"},
        }
    )
    header = draft.header
    assert (list(header.action), list(header.info)) == (["CHN:fleet-watch"], ["JPN:fleet-watch"])
    assert (header.precedence, header.stage_requested) == (v1.PRECEDENCE_FLASH, v1.STAGE_READ)
    assert header.reply_by.ToNanoseconds() - AT_NS == 1800 * 10**9
    assert header.validity.until.ToNanoseconds() - AT_NS == 7200 * 10**9
    assert (header.thread, header.seen[0], header.references[0].digest) == (bytes.fromhex(digest),) * 3
    assert [(text.language, text.role) for text in header.texts] == [
        ("zh", v1.Text.ROLE_AUTHENTIC),
        ("en", v1.Text.ROLE_TRANSLATION),
    ]
    assert draft.body == v1.ActivityStart(started_at=draft.body.started_at)  # type: ignore[attr-defined]  # by its type
    assert read(draft_words(draft)) == draft
    assert list(draft_words(draft)) == list(WORDS)


def test_instants_may_follow_the_lines_clock() -> None:
    for words, seconds in (("now", 0), ("now + 90 s", 90), ("now - 5 min", -300)):
        body = read({**START, "body": {"started_at": words}}).body
        assert isinstance(body, v1.ActivityStart)
        assert body.started_at.ToNanoseconds() - AT_NS == seconds * 10**9


def test_one_language_alone_is_authentic() -> None:
    assert read({**START, "text": {"en": "Begun."}}).header.texts[0].role == v1.Text.ROLE_AUTHENTIC


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (None, "needs keys and values: type, to, info"),
        (["type"], "needs keys and values"),
        ({"type": "ActivityStart"}, "body: is missing [MISSING_KEY]"),
        ({"body": {}}, "type: not one of ActivityStart, Acknowledgement: None [BAD_VALUE]"),
        ({**START, "type": "ActivityStop"}, "type: not one of ActivityStart"),
        ({**START, "type": ["ActivityStart"]}, "type: not one of ActivityStart"),
        ({**START, "from": "AUS:fleet-watch"}, "from: unknown key [UNKNOWN_KEY]"),
        ({**START, "action": ["AUS:fleet-watch"]}, "action: unknown key [UNKNOWN_KEY]"),
        ({**START, "to": "CHN:fleet-watch"}, "to: needs a list [BAD_VALUE]"),
        ({**START, "to": ["CHN:fleet-watch", 5]}, "to[1]: needs text [BAD_VALUE]"),
        ({**START, "precedence": "URGENT"}, "precedence: not one of ROUTINE, PRIORITY, IMMEDIATE, FLASH: URGENT"),
        ({**START, "reply_by": "soon"}, "reply_by: not a UTC time"),
        ({**START, "reply_by": "now + 30"}, "reply_by: needs a unit (s, min, h, ms): 30 [BARE_NUMBER]"),
        ({**START, "thread": "3f9a01c2b4d5"}, "thread: needs all 64 digits of the digest where no node is asked"),
        ({**START, "text": "Begun."}, "text: needs the text by language"),
        ({**START, "text": {"en": 5}}, "text: needs the text by language"),
        ({**START, "text": {"en": "Begun.", "zh": "开始。"}}, "text: `authentic` names the language"),
        ({**START, "text": {"authentic": "fr", "en": "Begun."}}, "text: `authentic` names the language"),
        ({**START, "body": {"started_at": "tomorrow"}}, "body.started_at: not a UTC time"),
        ({**START, "body": None}, "body: needs the fields of hotline.v1.ActivityStart"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(words: object, problem: str) -> None:
    assert any(problem in text for text in wrong(words)), wrong(words)


def test_all_that_is_wrong_is_told() -> None:
    assert len(wrong({"to": 5, "precedence": "X", "from": "me", "type": "ActivityStart", "body": {"x": 1}})) == 4


def test_the_first_digits_of_a_digest_are_looked_up() -> None:
    asked: list[str] = []

    def find(text: str) -> bytes:
        asked.append(text)
        if text == "00000000":
            raise FieldError("BAD_VALUE", "no such message")
        return bytes([1]) * 32

    special = line_words(AT_NS, find)
    draft, findings = read_draft({**START, "thread": "3f9a01c2b4d5", "seen": ["ab" * 32]}, KINDS, special)
    assert draft is not None
    assert (findings, asked) == ([], ["3f9a01c2b4d5"])
    assert (draft.header.thread, draft.header.seen[0]) == (bytes([1]) * 32, b"\xab" * 32)
    draft, findings = read_draft({**START, "thread": "00000000"}, KINDS, special)
    assert [str(finding) for finding in findings] == ["thread: no such message"]


def test_a_type_goes_by_either_name() -> None:
    assert kind_of("ActivityStart", KINDS) is kind_of("hotline.v1.ActivityStart", KINDS) is v1.ActivityStart
    assert kind_of("Start", KINDS) is None
