"""The officer's commands against two running nodes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.kit import A, B
from tests.node.commands import Desk, answered, say, sent, values, wait

from hotline.protocol.evidence import verify_transcript


@pytest.fixture(scope="module")
def unanswered(desks: tuple[Desk, Desk], folder: Path) -> str:
    """Ref of a notice that nobody answers."""
    return sent(*desks, folder)


def test_the_line_is_described(desks: tuple[Desk, Desk]) -> None:
    told = desks[0]("status", "--json").json
    assert (told["post"], told["channel"], told["kind"]) == (A, "test-line", "EXERCISE")
    (peer,) = told["peers"]
    assert (peer["post"], peer["outstanding"], peer["gaps"]) == (B, 0, 0)


def test_a_message_goes_up_the_ladder(desks: tuple[Desk, Desk], folder: Path) -> None:
    one, other = desks
    ref = sent(one, other, folder)
    chinese = other("show", ref, "--language", "zh").out
    assert chinese.startswith("演习 演习 演习 [EXERCISE]\n")
    assert "收电单位" in chinese and "Addressees" not in chinese
    shown = other("show", ref, "--json").json
    assert shown["message"]["body"]["exclusion_radius"] == "5556 m"
    assert (shown["from_post"], shown["type"], shown["signers"]) == (
        A,
        "hotline.v1.ActivityNotice",
        ["officer-1 (watch-officer)"],
    )
    said = (
        (("read",), "READ", "READ"),
        (("readback", "--field", "exclusion_radius=3 nmi", "--text", "zh=保持3海里以外"), "UNDERSTOOD", "READBACK"),
        (("passed", "--passed-to", "Ningbo"), "PASSED", "PASSED"),
        (("defer", "--until", "now + 30 min"), "DECIDED", "DEFERRED"),
        (("accept-in-part", "--reason", "After passing."), "DECIDED", "ACCEPTED_IN_PART"),
        (("in-progress",), "DONE", "IN_PROGRESS"),
        (("unable", "--reason", "Engine trouble.", "--text", "en=We regret."), "DONE", "UNABLE"),
    )
    for words, stage, value in said:
        done = other("ack", ref, "--stage", *words, "--json")
        assert (done.status, done.json["type"], done.json["to"]) == (0, "Acknowledgement", [A])
        answered(one, ref, stage, value)
    corrected = one("ack", ref, "--stage", "correct", "--reason", "3 nmi, from the ship", "--json")
    assert (corrected.status, corrected.json["to"]) == (0, [B])
    told = answered(one, ref, "UNDERSTOOD", "CORRECTED")
    assert values(told)["READ"] == "READ"
    inbox = other("inbox", "--json").json
    (row,) = [row for row in inbox["messages"] if row["ref"] == ref]
    assert row["stages"][0]["post"] == B
    assert "DECIDED ACCEPTED_IN_PART" in row["standing"][0]
    everything = other("inbox", "--all", "--json").json["messages"]
    assert {"ActivityNotice", "Acknowledgement"} <= {row["type"] for row in everything}


def test_a_readback_is_signed_as_protobuf_json(desks: tuple[Desk, Desk], folder: Path) -> None:
    one, other = desks
    ref = sent(one, other, folder)
    fields = ("--field", "kind=DIVING", "--field", "area.circle.centre=31.2 N, 128.3 E", "--field", "unit.name=HMAS X")
    back = other("ack", ref, "--stage", "readback", *fields, "--text", "en=Keep clear", "--json").json
    said = wait(lambda: one("show", back["ref"], "--json"), lambda told: bool(told["message"]))["message"]["body"]
    assert said["readback"]["fields"] == [
        {"path": "kind", "value": "ACTIVITY_KIND_DIVING"},
        {"path": "area.circle.centre", "value": '{"latitude_deg": 31.2, "longitude_deg": 128.3}'},
        {"path": "unit.name", "value": "HMAS X"},
    ]
    confirmed = one("ack", ref, "--stage", "confirm", "--of", B, "--json")
    assert confirmed.status == 0
    assert values(answered(one, ref, "UNDERSTOOD", "CONFIRMED"))["UNDERSTOOD"] == "CONFIRMED"


def test_what_was_seen_contradicts_what_was_said(desks: tuple[Desk, Desk], folder: Path) -> None:
    one, other = desks
    ref = sent(one, other, folder)
    other("ack", ref, "--stage", "done")
    answered(one, ref, "DONE", "DONE")
    sets = ("--set", "sensor=RADAR", "--set", "observed_at=now", "--set", "observed.kind=WARSHIP")
    done = one("observe", ref, "--stage", "done", "--finding", "contradicts", *sets, "--text", "en=Seen.", "--json")
    assert (done.status, done.json["type"], done.json["to"]) == (0, "Observation", [B])
    told = wait(lambda: one("show", ref, "--json"), lambda told: "CONTRADICTED" in told["marks"])
    assert values(told)["DONE"] == "DONE"
    about = other("observe", ref, "--finding", "consistent", *sets, "--json")
    assert (about.status, about.json["to"]) == (0, [A])


def test_an_update_by_flags_and_refs(desks: tuple[Desk, Desk], folder: Path) -> None:
    one, other = desks
    ref = sent(one, other, folder)
    cancel = ("ActivityCancel", "--to", B, "--precedence", "priority", "--thread", ref, "--set", "reason=Weather")
    out = folder / "cancel.yaml"
    made = one("compose", *cancel, "--reference", f"cancels={ref}", "--seen", ref, "--out", out, "--json")
    assert made.status == 0
    digest = one("show", ref, "--json").json["digest"]
    assert out.read_text(encoding="utf-8").count(digest) == 3
    said = say(one, str(out))
    assert wait(lambda: other("show", ref, "--json"), lambda told: told["matter_state"] == "CANCELLED")
    again = one("send", *cancel, "--reference", f"cancels={ref[:8]}", "--json")
    assert (again.status, again.json["state"]) == (0, "SEALED")
    assert said != again.json["ref"]


def test_two_officers_release_a_flash(desks: tuple[Desk, Desk], folder: Path) -> None:
    one, _ = desks
    draft = folder / "flash.yaml"
    draft.write_text(one("compose", "IncidentFlash", "--example").out, encoding="utf-8")
    alone = one("send", draft, "--json")
    assert (alone.status, alone.json["code"]) == (1, "SIGNATURE_COUNT")
    both = one("send", draft, "--key", "aus-officer-1.key", "--key", "aus-officer-2.key", "--json")
    assert (both.status, both.json["precedence"]) == (0, "FLASH")
    assert [row["stage"] for row in both.json["stages"]][:1] == ["DELIVERED"]


def test_a_node_gives_its_transcript(desks: tuple[Desk, Desk], folder: Path) -> None:
    one, _ = desks
    told = one("transcript", "export", "--out", "exported", "--json").json
    evidence = verify_transcript((folder / "exported").read_bytes(), bytes.fromhex(told["agreement_digest"]))
    assert (told["post"], evidence.exporter) == (A, A)
    assert told["size"] == (folder / "exported").stat().st_size
    assert one("transcript", "export", "--out", "exported", "--json").json["code"] == "FILE_EXISTS"


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("show", "REF0"), 2, "INPUT_BAD_VALUE"),
        (("show", "3f9a"), 2, "INPUT_BAD_VALUE"),
        (("show", "3f9a01c2b"), 2, "INPUT_BAD_VALUE"),
        (("show", "3f9a01c2b4d5"), 2, "NOT_HELD"),
        (("ack", "3f9a01c2b4d5", "--stage", "read"), 2, "NOT_HELD"),
        (("ack", "REF", "--stage", "decline"), 1, "RULE_BROKEN"),
        (("ack", "REF", "--stage", "defer"), 1, "RULE_BROKEN"),
        (("ack", "REF", "--stage", "defer", "--until", "later"), 2, "INPUT_BAD_VALUE"),
        (("ack", "REF", "--stage", "passed"), 1, "RULE_BROKEN"),
        (("ack", "REF", "--stage", "readback"), 1, "RULE_BROKEN"),
        (("ack", "REF", "--stage", "readback", "--field", "radius=3 nmi"), 2, "INPUT_UNKNOWN_KEY"),
        (("ack", "REF", "--stage", "readback", "--field", "exclusion_radius=3"), 2, "INPUT_BARE_NUMBER"),
        (("ack", "REF", "--stage", "confirm"), 2, "NO_SUCH_STAGE"),
        (("ack", "REF", "--stage", "read", "--text", "Read."), 2, "INPUT_BAD_VALUE"),
        (("ack", "REF", "--stage", "read", "--key", "none.key"), 2, "KEY_IO"),
        (("ack", "REF", "--stage", "read", "--key", "aus-officer-1.key"), 1, "NOT_ITS_POST"),
        (("ack", "REF", "--stage", "read", "--key", "stranger.key"), 1, "KEY_UNKNOWN"),
        (("observe", "REF", "--finding", "contradicts"), 1, "RULE_BROKEN"),
        (("observe", "REF", "--finding", "maybe"), 2, "INPUT_BAD_VALUE"),
        (("observe", "REF", "--stage", "done", "--finding", "contradicts"), 2, "NO_SUCH_STAGE"),
        (("observe", "REF", "--stage", "dnoe", "--finding", "contradicts"), 2, "NO_SUCH_STAGE"),
        (("send", "ActivityEnd", "--thread", "3f9a01c2b4d5", "--set", "ended_at=now"), 2, "NOT_HELD"),
        (("send", "ActivityEnd", "--to", "JPN:x", "--precedence", "flash", "--set", "ended_at=now"), 1, "UNKNOWN_ADD"),
        (("send", "ActivityEnd", "--to", A, "--precedence", "flash", "--set", "ended_at=soon"), 2, "INPUT_BAD_VALUE"),
    ],
)
def test_mistakes_change_nothing(
    desks: tuple[Desk, Desk], unanswered: str, words: tuple[str, ...], status: int, code: str
) -> None:
    _, other = desks
    before = other("status", "--json").json["sequence"]
    done = other(*(unanswered if word == "REF" else word for word in words), "--json")
    assert (done.status, done.json["ok"]) == (status, False)
    assert done.json["code"].startswith(code)
    assert other("status", "--json").json["sequence"] == before


def test_both_nodes_give_one_message_the_same_other_forms(desks: tuple[Desk, Desk], unanswered: str) -> None:
    wait(lambda: desks[1]("inbox", "--json"), lambda told: unanswered in [row["ref"] for row in told["messages"]])
    forms = [("cap",), ("geojson",), ("calendar",), ("navarea",), ("s124",), ("notam", "--region", "ZSHA")]
    for form, *more in forms:
        told, there = (desk("bridge", form, unanswered, *more, "--json").json for desk in desks)
        assert told == there and told["trust"] == "NODE" and told["document"]
    told, there = (desk("envelope", "export", unanswered, "--dsse", "--json").json for desk in desks)
    assert told == there and told["ref"] == unanswered
