"""`hotline compose`: drafts from flags, checked against the rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Ran

from hotline.cli.drafting import check, from_file, read
from hotline.messages.draft import line_words
from hotline.messages.yamltree import read_tree
from hotline.protocol.statements import BODIES

Hotline = Callable[..., Ran]
DIGEST = "ab" * 32
SETS = (
    "designation=Divers down",
    "kind=DIVING",
    "area.circle.centre=31.2 N, 128.3 E",
    "area.circle.radius=3 nmi",
    "schedule.overall.from=2026-11-21T13:58:00Z",
    "schedule.overall.until=211558Z NOV 26",
    "exclusion_radius=3 nmi",
    "contact_post=AUS:fleet-watch",
)
HEADER = ("--to", "CHN:fleet-watch", "--precedence", "immediate", "--stage", "done")
NOTICE = ("compose", "ActivityNotice", *HEADER, *(f"--set={each}" for each in SETS))

DRAFT = """\
type: ActivityNotice
to:
- CHN:fleet-watch
precedence: IMMEDIATE
stage_requested: DONE
text:
  authentic: en
  en: Divers down.
  zh: 潜水作业。
body:
  designation: Divers down
  kind: DIVING
  area:
    circle:
      centre: 31.2 N, 128.3 E
      radius: 5556 m
  schedule:
    overall:
      from: '2026-11-21T13:58:00Z'
      until: '2026-11-21T15:58:00Z'
  exclusion_radius: 5556 m
  contact_post: AUS:fleet-watch
"""


def test_a_draft_on_standard_output_is_the_file(hotline: Hotline) -> None:
    done = hotline(*NOTICE, "--text", "en=Divers down.", "--text", "zh=潜水作业。")
    assert (done.status, done.err) == (0, "")
    assert done.out == DRAFT


def test_a_draft_in_a_file_reads_back(hotline: Hotline) -> None:
    told = hotline(*NOTICE, "--out", "draft.yaml", "--json").json
    assert told == {"ok": True, "type": "ActivityNotice", "file": "draft.yaml", "draft": ""}
    written = read(from_file(Path("draft.yaml")), line_words(0))
    check(written)
    assert list(written.header.action) == ["CHN:fleet-watch"]
    assert hotline(*NOTICE, "--out", "draft.yaml", "--json").json["code"] == "FILE_EXISTS"


@pytest.mark.parametrize("name", [body.DESCRIPTOR.name for body in BODIES])
def test_every_type_has_an_example_to_begin_from(hotline: Hotline, name: str) -> None:
    done = hotline("compose", name, "--example")
    assert done.status == 0
    Path("draft.yaml").write_text(done.out, encoding="utf-8")
    check(read(from_file(Path("draft.yaml")), line_words(0)))
    assert hotline("compose", f"hotline.v1.{name}", "--example", "--json").json["draft"] == done.out


def test_now_becomes_fixed(hotline: Hotline) -> None:
    done = hotline("compose", "ActivityStart", "--to", "CHN:a", "--precedence", "flash", "--set", "started_at=now")
    words = read_tree(done.out.encode()).data
    assert words["body"]["started_at"].startswith("20")


def test_an_update_names_its_predecessor(hotline: Hotline) -> None:
    cancel = ("compose", "ActivityCancel", "--to", "CHN:a", "--precedence", "priority", "--set", "reason=Weather")
    refused = hotline(*cancel, "--json")
    assert (refused.status, refused.json["code"]) == (1, "REFERENCE_COUNT")
    taken = hotline(*cancel, "--reference", f"cancels={DIGEST}", "--thread", DIGEST, "--seen", DIGEST, "--basis", "VI")
    assert taken.status == 0
    words = read_tree(taken.out.encode()).data
    assert words["references"] == [{"digest": DIGEST, "role": "CANCELS"}]
    assert (words["thread"], words["seen"], words["basis"]) == (DIGEST, [DIGEST], ["VI"])


def test_rules_that_do_not_hold_are_all_told(hotline: Hotline) -> None:
    done = hotline("compose", "IncidentFlash")
    assert done.status == 1
    assert done.err.startswith("RULE_BROKEN: kind: is missing [enum.not_in]\n")
    for field in ("observed_at", "position", "own_unit", "intention", "contact_post", "header.action", "precedence"):
        assert f"{field}: " in done.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("ActivityStop",), "UNKNOWN_TYPE", "there are IncidentFlash"),
        (("ActivityNotice", "--set", "exclusion_radius=3"), "INPUT_BARE_NUMBER", "body.exclusion_radius: needs a unit"),
        (("ActivityNotice", "--set", "exclusion_radius=3 kn"), "INPUT_WRONG_UNIT", "needs a unit of length"),
        (("ActivityNotice", "--set", "exclusion_radius"), "INPUT_BAD_VALUE", "needs path=value"),
        (("ActivityNotice", "--set", "depth=3 m"), "INPUT_UNKNOWN_KEY", "no such field depth"),
        (("ActivityNotice", "--set", "kind=SWIM"), "INPUT_BAD_VALUE", "body.kind: not one of TRANSIT"),
        (("ActivityNotice", "--precedence", "urgent"), "INPUT_BAD_VALUE", "precedence: not one of ROUTINE"),
        (("ActivityNotice", "--stage", "seen"), "INPUT_BAD_VALUE", "stage_requested: not one of"),
        (("ActivityNotice", "--reply-by", "soon"), "INPUT_BAD_VALUE", "reply_by: not a UTC time"),
        (("ActivityNotice", "--text", "Divers down."), "INPUT_BAD_VALUE", "--text needs language=words"),
        (("ActivityNotice", "--text", "en=a", "--text", "en=b"), "INPUT_BAD_VALUE", "each language once"),
        (("ActivityNotice", "--reference", DIGEST), "INPUT_BAD_VALUE", "--reference needs role=ref"),
        (("ActivityNotice", "--reference", f"ends={DIGEST}"), "INPUT_BAD_VALUE", "role: not one of FOLLOWS"),
        (("ActivityNotice", "--thread", "3f9a01c2b4d5"), "INPUT_BAD_VALUE", "needs all 64 digits"),
        (("ActivityNotice", "--thread", "xyz"), "INPUT_BAD_VALUE", "needs hexadecimal digits"),
        (("Acknowledgement", "--set", "read=yes"), "INPUT_BAD_VALUE", "body.read: needs the fields of"),
    ],
)
def test_mistakes(hotline: Hotline, words: tuple[str, ...], code: str, said: str) -> None:
    done = hotline("compose", *words, "--json")
    assert (done.status, done.json["code"]) == (2, code)
    assert said in done.json["detail"]


def test_no_node_where_one_is_asked(hotline: Hotline) -> None:
    done = hotline(*NOTICE, "--socket", "none.sock", "--json")
    assert (done.status, done.json["code"]) == (2, "NODE_UNREACHABLE")
