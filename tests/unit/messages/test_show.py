"""Messages as plain lines."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from hotline import v1
from hotline.messages.draft import line_words, read_draft
from hotline.messages.examples import example
from hotline.messages.show import NOT_STATED, Place, body_lines, message_lines, ref
from hotline.messages.yamltree import read_tree

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
   D. Schedule: Overall: 211358Z NOV 26 (2026-11-21T13:58:00Z) to 211458Z NOV 26 (2026-11-21T14:58:00Z)
   E. Forces: not stated
   F. Unit: WARSHIP, HMAS Example, of AUS
   G. Exclusion radius: 5556 m (3.00 nmi)
   H. Uncrewed control: not stated
   I. Civil warning: not stated
   J. Contact post: AUS:fleet-watch
6. REMARKS
   en (authentic): Divers are clearing nets from our propellers; we cannot move. Please keep outside 3 nautical miles.
   zh (translation): 潜水员正在清除螺旋桨上的渔网，本舰无法机动。请保持在3海里以外。
7. END OF MESSAGE NUMBER: AUS:fleet-watch 7 [000102030405]"""


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
    full, bare = body_lines(written()[1]), body_lines(v1.ActivityNotice())
    letters = [line[:2] for line in bare]
    assert letters == [f"{letter}." for letter in "ABCDEFGHIJ"]
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
        "D. Harm: yes",
        f"E. Next report by: {NOT_STATED}",
    )


def test_an_acknowledgement_shows_the_stage_it_says() -> None:
    answer = v1.Acknowledgement(subject=DIGEST, read=v1.Read())
    assert body_lines(answer)[:2] == ("A. Subject: 000102030405", "B. Read: yes")
    decision = v1.Decision(value=v1.Decision.VALUE_DEFERRED, deferred_until=Timestamp(seconds=AT_NS // 10**9))
    lines = body_lines(v1.Acknowledgement(subject=DIGEST, decision=decision))
    assert "      Value: DEFERRED" in lines
    assert "      Deferred until: 211358Z NOV 26 (2026-11-21T13:58:00Z)" in lines


def test_a_ref_is_twelve_digits() -> None:
    assert ref(DIGEST) == "000102030405"
