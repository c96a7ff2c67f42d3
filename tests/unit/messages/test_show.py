"""Messages as plain lines."""

from __future__ import annotations

import re

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from hotline import v1
from hotline.messages.draft import line_words, read_draft
from hotline.messages.examples import example
from hotline.messages.labels import label_digest
from hotline.messages.show import NOT_STATED, Place, body_lines, message_lines, message_text, ref
from hotline.messages.yamltree import read_tree
from hotline.protocol.statements import BODIES, BODY_OF

AT_NS = 1_795_269_480_000_000_000  # 2026-11-21T13:58:00Z
DIGEST = bytes(range(32))

NOTICE = """\
EXERCISE EXERCISE EXERCISE
PRECEDENCE: IMMEDIATE
FROM: AUS:fleet-watch
TO: CHN:fleet-watch
INFO: none
SUBJECT: ACTIVITY NOTICE
STAGE ASKED: DONE
1. MESSAGE NUMBER: AUS:fleet-watch 7 [000102030405]
2. MESSAGE DATE AND TIME: 211358Z NOV 26 (2026-11-21T13:58:00Z)
3. BASIS: INCSEA Article VI(1)
4. MESSAGE REFERENCE: THREAD 000102030405; FOLLOWS 000102030405
5. CONTENT
   A. Designation: Divers down
   B. Kind: DIVING
   C. Area:
         Circle:
            Centre: 31.20000 N, 128.30000 E
            Radius: 5556 m (3.00 nmi)
         Band:
            Lower: -40 m
            Upper: 0 m
   D. Schedule: Overall: 211358Z NOV 26 (2026-11-21T13:58:00Z) to 211458Z NOV 26 (2026-11-21T14:58:00Z)
   E. Forces:
         1:
            Kind: WARSHIP
            Lowest number: 1
            Highest number: 1
   F. Unit to keep clear of: WARSHIP, HMAS Example, of AUS
   G. Exclusion radius: 5556 m (3.00 nmi)
   H. Civil warning: NAVAREA XI 412/26
   I. Contact post: AUS:fleet-watch
   J. Command level: OPERATING
   K. Uncrewed: not stated
   L. Hazard areas: not stated
6. REMARKS
   en (authentic): Divers are clearing nets from our propellers; we cannot move. Please keep outside 3 nautical miles.
   zh (translation for information only, from en): 潜水员正在清除螺旋桨上的渔网，本舰无法机动。请保持在3海里以外。
7. END OF MESSAGE NUMBER: AUS:fleet-watch 7 [000102030405]"""

CHINESE = """\
演习 演习 演习 [EXERCISE]
等级：特急 [IMMEDIATE]
发报：AUS:fleet-watch
主送：CHN:fleet-watch
抄送：无
事由：活动通报
请求环节：办结 [DONE]
1. 电文编号：AUS:fleet-watch 7 [000102030405]
2. 电文日期时间：211358Z NOV 26（2026-11-21T13:58:00Z）
3. 依据：未说明
4. 引用电文：无
5. 内容
   A. 名称：Divers down
   B. 种类：潜水作业 [DIVING]
   C. 区域：
         圆形：
            中心：北纬31.20000度，东经128.30000度
            半径：5556米（3.00海里）
         高度或深度范围：
            下限：-40米
            上限：0米
   D. 时间安排：起止：211358Z NOV 26（2026-11-21T13:58:00Z） 至 211458Z NOV 26（2026-11-21T14:58:00Z）
   E. 兵力：
         1：
            种类：舰艇 [WARSHIP]
            最少数量：1
            最多数量：1
   F. 请避让的舰机：舰艇 [WARSHIP]，HMAS Example，属 AUS
   G. 请求避让半径：5556米（3.00海里）
   H. 公开航行警告：NAVAREA XI 412/26
   I. 联系值班室：AUS:fleet-watch
   J. 指挥层级：作战级 [OPERATING]
   K. 无人艇机控制：未说明
   L. 其他危险区：未说明
6. 备注
   en（作准）：Divers are clearing nets from our propellers; we cannot move. Please keep outside 3 nautical miles.
   zh（译文仅供参考，译自en）：潜水员正在清除螺旋桨上的渔网，本舰无法机动。请保持在3海里以外。
7. 电文编号完：AUS:fleet-watch 7 [000102030405]"""


def written() -> tuple[v1.StatementHeader, v1.ActivityNotice]:
    kinds = {"hotline.v1.ActivityNotice": v1.ActivityNotice}
    draft, findings = read_draft(read_tree(example("ActivityNotice").encode()).data, kinds, line_words(AT_NS))
    assert draft is not None
    assert findings == []
    assert isinstance(draft.body, v1.ActivityNotice)
    draft.header.from_post, draft.header.kind = "AUS:fleet-watch", v1.KIND_EXERCISE
    draft.header.composed_at.FromNanoseconds(AT_NS)
    return draft.header, draft.body


def test_a_whole_message_in_its_frame() -> None:
    header, body = written()
    header.basis.append("INCSEA Article VI(1)")
    header.thread = DIGEST
    header.references.add(digest=DIGEST, role=v1.Reference.ROLE_FOLLOWS)
    assert "\n".join(message_lines(header, body, Place(DIGEST, 7, AT_NS))) == NOTICE


def test_the_same_message_in_chinese() -> None:
    header, body = written()
    assert "\n".join(message_lines(header, body, Place(DIGEST, 7, AT_NS), "zh")) == CHINESE


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.DESCRIPTOR.name)
def test_every_type_reads_in_both_languages_in_one_order(body: type[Message]) -> None:
    """Line by line the same numbers, letters, codes and values that no language changes (REQ-MSG-6)."""
    draft, _ = read_draft(read_tree(example(body.DESCRIPTOR.name).encode()).data, BODY_OF, line_words(AT_NS))
    assert draft is not None
    english, chinese = (message_lines(draft.header, draft.body, Place(DIGEST, 7, AT_NS), word) for word in ("en", "zh"))
    assert [line[: len(line) - len(line.lstrip())] for line in english] == [
        line[: len(line) - len(line.lstrip())] for line in chinese
    ]
    for first, second in zip(english, chinese, strict=True):
        assert re.findall(r"\d{6}Z|[A-Z]{3}:[a-z-]+", first) == re.findall(r"\d{6}Z|[A-Z]{3}:[a-z-]+", second)
        assert re.match(r" *(?:\w+\. )?", first)[0] == re.match(r" *(?:\w+\. )?", second)[0]  # type: ignore[index]  # matches


def test_labels_that_are_not_those_agreed_are_said_so() -> None:
    header, body = written()
    place = Place(DIGEST)
    plain = message_lines(header, body, place)
    assert message_text(header, body, place, "en", b"") == plain
    assert message_text(header, body, place, "en", label_digest()) == plain
    assert message_text(header, body, place, "en", bytes(32)) == (*plain, "LABELS: not those that the agreement fixes")
    assert message_text(header, body, place, "zh", bytes(32))[-1] == "词汇表：与协议所定不同"


def test_a_draft_has_no_number() -> None:
    lines = message_lines(v1.StatementHeader(), v1.ActivityStart(), Place(b""))
    assert {"DRAFT", "1. MESSAGE NUMBER: draft", "2. MESSAGE DATE AND TIME: not sealed"} <= set(lines)


def test_texts_say_who_stands_for_them() -> None:
    header, body = written()
    header.texts[1].translator = v1.Text.TRANSLATOR_MACHINE
    header.texts.add(language="fr", text="Plongeurs.", role=v1.Text.ROLE_TRANSLATION, translation_of=DIGEST)
    lines = "\n".join(message_lines(header, body, Place(DIGEST)))
    assert "zh (translation for information only, from en, MACHINE): 潜" in lines
    assert "fr (translation for information only, of a text that is not here): Plongeurs." in lines
    header.texts[1].role = v1.Text.ROLE_AUTHENTIC
    assert "   zh (equally authentic): 潜" in "\n".join(message_lines(header, body, Place(DIGEST)))


def test_a_signal_shows_what_it_means() -> None:
    signal = v1.EncounterSignal(table="INCSEA-YV1", code="RT9", value=5, unit=v1.SIGNAL_UNIT_HUNDREDS_OF_METRES)
    assert body_lines(signal)[1:4] == (
        "B. Code: RT9 (I will cross astern of you at this distance)",
        "C. Value: 5",
        "D. Unit of the value: HUNDREDS OF METRES",
    )
    assert body_lines(signal, "zh")[1] == "B. 代码：RT9（我将在此距离横越你船尾）"
    assert body_lines(v1.EncounterSignal(table="ICS", code="A1"))[1] == "B. Code: A1"


def test_speeds_and_angles_have_their_units() -> None:
    """Numbers are in the unit of their field's name (REQ-MSG-4)."""
    lines = body_lines(v1.Observation(speed_mps=5.0, course_deg=275.0))
    assert "H. Course: 275 deg" in lines
    assert "I. Speed: 5 m/s (9.72 kn)" in lines


def test_a_message_that_waits_has_no_number_yet() -> None:
    header, body = written()
    lines = message_lines(header, body, Place(DIGEST))
    assert "1. MESSAGE NUMBER: AUS:fleet-watch (not sealed) [000102030405]" in lines
    assert "2. MESSAGE DATE AND TIME: composed 211358Z NOV 26 (2026-11-21T13:58:00Z), not sealed" in lines


def test_what_else_a_header_may_hold() -> None:
    header, body = written()
    header.kind, header.handling = v1.KIND_ACTUAL, "channel parties only"
    header.info.append("JPN:fleet-watch")
    header.reply_by.FromNanoseconds(AT_NS)
    header.validity.until.FromNanoseconds(AT_NS)
    del header.texts[:]
    lines = message_lines(header, body, Place(DIGEST))
    assert lines[0] == "ACTUAL"
    assert {"INFO: JPN:fleet-watch", "HANDLING: channel parties only", "6. REMARKS: none"} <= set(lines)
    assert "REPLY BY: 211358Z NOV 26 (2026-11-21T13:58:00Z)" in lines
    assert any(line.startswith("VALID: 010000Z JAN 70") for line in lines)


def test_a_letter_stands_for_the_same_field_said_or_not() -> None:
    """An absent field reads as not stated (REQ-MSG-3)."""
    full, bare = body_lines(written()[1]), body_lines(v1.ActivityNotice())
    letters = [line[:2] for line in bare]
    assert letters == [f"{letter}." for letter in "ABCDEFGHIJKL"]
    assert [line[:2] for line in full if not line.startswith(" ")] == letters
    assert f"G. Exclusion radius: {NOT_STATED}" in bare


def test_lists_of_messages_and_short_lengths() -> None:
    update = v1.IncidentUpdate(range_m=120, harm=True)
    update.facts.add(claim="All out.", confidence=v1.Fact.CONFIDENCE_CONFIRMED, source="own ship")
    update.position.latitude_deg, update.position.longitude_deg = -1.0, -2.0
    update.position.uncertainty_m = 50
    assert body_lines(update) == (
        "A. Facts:",
        "      1:",
        "         Claim: All out.",
        "         Confidence: CONFIRMED",
        "         Source: own ship",
        "B. Position: 1.00000 S, 2.00000 W, within 50 m",
        "C. Range: 120 m",
        "D. Anybody or anything harmed: yes",
        f"E. Next report by: {NOT_STATED}",
        f"F. Expression: {NOT_STATED}",
        f"G. Originals: {NOT_STATED}",
    )


def test_an_acknowledgement_shows_the_stage_it_says() -> None:
    answer = v1.Acknowledgement(subject=DIGEST, read=v1.Read())
    assert body_lines(answer)[:2] == ("A. Message acknowledged: 000102030405", "B. Read: yes")
    decision = v1.Decision(value=v1.Decision.VALUE_DEFERRED, deferred_until=Timestamp(seconds=AT_NS // 10**9))
    lines = body_lines(v1.Acknowledgement(subject=DIGEST, decision=decision))
    assert "      Decision: DEFERRED" in lines
    assert "      Deferred until: 211358Z NOV 26 (2026-11-21T13:58:00Z)" in lines


def test_a_ref_is_twelve_digits() -> None:
    assert ref(DIGEST) == "000102030405"


def test_free_text_is_shown_as_free_text() -> None:
    """By the type in its subject line, in either language (REQ-MSG-13)."""
    header = v1.StatementHeader(kind=v1.KIND_EXERCISE)
    english, chinese = (message_lines(header, v1.FreeText(), Place(DIGEST, 7, AT_NS), word) for word in ("en", "zh"))
    assert "SUBJECT: FREE TEXT" in english
    assert any("自由文本" in line for line in chinese)
