"""`hotline agreement` and `hotline directory`: the whole way on disk, and every way to leave it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Ran, make_keys, run

from hotline import v1
from hotline.protocol.trust import open_agreement

Hotline = Callable[..., Ran]
OTHER = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.fixture
def inside(channel: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The channel's folder as the current one."""
    monkeypatch.chdir(channel)
    return channel


def test_from_keys_to_a_verdict(hotline: Hotline) -> None:
    for party in ("AUS", "CHN"):
        make_keys(party)
    Path("plan.yaml").write_text(hotline("agreement", "new", "--example").out, encoding="utf-8")
    made = hotline("agreement", "new", "plan.yaml", "--out", "agreement.unsigned", "--json").json
    assert (made["ok"], made["signed"], made["not_signed"]) == (True, [], ["AUS", "CHN"])
    sign = ("agreement", "sign", "--party")
    first = hotline(*sign, "AUS", "--key", "aus/root.key", "agreement.unsigned", "--out", "agreement", "--json").json
    assert (first["signed"], first["not_signed"]) == (["AUS"], ["CHN"])
    early = hotline("agreement", "verify", "agreement", "--json")
    assert (early.status, early.json["code"]) == (1, "AGREEMENT_SIGNATURES")
    # In its own place: the one file that may be replaced.
    second = hotline(*sign, "CHN", "--key", "chn/root.key", "agreement", "--out", "agreement", "--json").json
    assert (second["signed"], second["not_signed"]) == (["AUS", "CHN"], [])
    assert {made["digest"], first["digest"]} == {second["digest"]}
    unpinned = hotline("agreement", "verify", "agreement", "--json").json
    pinned = hotline("agreement", "verify", "agreement", "--pin", made["digest"].upper(), "--json").json
    assert (unpinned["ok"], unpinned["pinned"], unpinned["trust"]) == (True, False, "UNPINNED")
    assert (pinned["ok"], pinned["pinned"], pinned["trust"], pinned["signed"]) == (True, True, "PINNED", ["AUS", "CHN"])
    assert open_agreement(Path("agreement").read_bytes()).digest.hex() == made["digest"]


def test_directories_stand_under_the_agreement_and_together(inside: Path) -> None:
    alone = run("directory", "verify", "aus.directory", "--agreement", "agreement", "--json")
    both = run("directory", "verify", "chn.directory", "--agreement", "agreement", "--with", "aus.directory", "--json")
    assert (alone.status, alone.json["party"], alone.json["version"]) == (0, "AUS", 1)
    assert (both.status, both.json["posts"][0]["post"]) == (0, "CHN:fleet-watch")
    assert [row["person"] for row in both.json["officers"]] == ["chen", "dai"]
    shown = run("directory", "show", "aus.directory", "--json").json
    assert shown == alone.json


def test_what_an_agreement_says(inside: Path) -> None:
    told = run("agreement", "show", "agreement.aus", "--json").json
    assert [(row["party"], row["signed"]) for row in told["parties"]] == [("AUS", "1 of 1"), ("CHN", "0 of 1")]
    assert {row["type"]: row["persons"] for row in told["types"]}["IncidentFlash"] == 2
    (read,) = [row for row in told["timers"] if row["stage"] == "READ"]
    assert read == {"stage": "READ", "flash": "10 min", "immediate": "30 min", "priority": "3 h", "routine": "6 h"}
    text = run("agreement", "show", "agreement.unsigned").out
    assert "0 of 1" in text
    assert "Exercise clock  real time" in text


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("agreement", "verify", "none"), 2, "FILE_UNREADABLE"),
        (("agreement", "verify", "."), 2, "FILE_UNREADABLE"),
        (("agreement", "verify", "agreement", "--pin", "9f86"), 2, "INPUT_BAD_VALUE"),
        (("agreement", "verify", "agreement", "--pin", "xy" * 32), 2, "INPUT_BAD_VALUE"),
        (("agreement", "verify", "agreement", "--pin", OTHER), 1, "AGREEMENT_DIGEST"),
        (("agreement", "verify", "agreement.unsigned"), 1, "RULE_BROKEN"),
        (("agreement", "verify", "agreement.aus"), 1, "AGREEMENT_SIGNATURES"),
        (("agreement", "verify", "plan.yaml"), 1, "SCAN_"),
        (("agreement", "show", "plan.yaml"), 1, "SCAN_"),
        (("agreement", "show", "aus.directory"), 1, "SCAN_"),
        (("agreement", "new", "none.yaml", "--out", "x"), 2, "FILE_UNREADABLE"),
        (("agreement", "new", "agreement", "--out", "x"), 2, "INPUT_YAML"),
        (("agreement", "new", "plan.yaml", "--out", "agreement"), 2, "FILE_EXISTS"),
        (("agreement", "new", "plan.yaml", "--out", "plan.yaml/x"), 2, "FILE_UNWRITABLE"),
        (
            ("agreement", "sign", "agreement.unsigned", "--party", "JPN", "--key", "aus/root.key", "--out", "x"),
            2,
            "NOT_A",
        ),
        (
            ("agreement", "sign", "agreement.unsigned", "--party", "AUS", "--key", "chn/root.key", "--out", "x"),
            2,
            "KEY_FOREIGN",
        ),
        (
            ("agreement", "sign", "agreement.unsigned", "--party", "AUS", "--key", "aus/anna.key", "--out", "x"),
            2,
            "KEY_WRONG_ROLE",
        ),
        (
            ("agreement", "sign", "agreement.unsigned", "--party", "AUS", "--key", "aus/root.key.pub", "--out", "x"),
            2,
            "KEY_EXPOSED",
        ),
        (
            ("agreement", "sign", "agreement.aus", "--party", "AUS", "--key", "aus/root.key", "--out", "x"),
            2,
            "SIGNATURE_DUPLICATE",
        ),
        (("directory", "show", "none"), 2, "FILE_UNREADABLE"),
        (("directory", "show", "agreement"), 1, "SCAN_"),
        (("directory", "show", "plan.yaml"), 1, "SCAN_"),
        (
            ("directory", "new", "aus.yaml", "--agreement", "agreement", "--key", "chn/registrar.key", "--out", "x"),
            2,
            "DIRECTORY_FOREIGN",
        ),
        (
            ("directory", "new", "aus.yaml", "--agreement", "agreement", "--key", "aus/root.key", "--out", "x"),
            2,
            "KEY_WRONG_ROLE",
        ),
        (("directory", "new", "aus.yaml", "--agreement", "agreement", "--out", "x"), 2, "USAGE"),
        (("directory", "verify", "aus.directory", "--agreement", "agreement.aus"), 1, "AGREEMENT_SIGNATURES"),
        (
            ("directory", "verify", "aus.directory", "--agreement", "agreement", "--with", "aus.directory"),
            1,
            "DIRECTORY_MISSING",
        ),
        (("directory", "verify", "aus.directory", "--agreement", "agreement", "--pin", OTHER), 1, "AGREEMENT_DIGEST"),
    ],
)
def test_mistakes_and_refusals(inside: Path, words: tuple[str, ...], status: int, code: str) -> None:
    before = {path.name for path in inside.iterdir()}
    done = run(*words, "--json")
    assert (done.status, done.json["ok"]) == (status, False)
    assert done.json["code"].startswith(code)
    assert {path.name for path in inside.iterdir()} == before
    assert run(*words).out == ""


def test_any_changed_byte_is_refused(inside: Path, tmp_path: Path) -> None:
    whole = (inside / "agreement").read_bytes()
    for place in range(0, len(whole), len(whole) // 24):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1
        path = tmp_path / "spoilt"
        path.write_bytes(spoilt)
        done = run("agreement", "verify", path, "--json")
        assert (done.status, done.json["ok"]) == (1, False), place


def test_roots_may_be_several_and_sign_one_after_the_other(hotline: Hotline) -> None:
    for party in ("AUS", "CHN"):
        make_keys(party)
    common = ("--kind", "exercise", "--role", "root", "--party", "AUS", "--out", "aus")
    Path("words").write_text("a long passphrase\n", encoding="utf-8")
    hotline("keys", "new", "root-2", *common, "--passphrase-file", "words")
    hotline("keys", "new", "root-3", *common)
    plan = hotline("agreement", "new", "--example").out
    keys = "[aus/root.key.pub, aus/root-2.key.pub, aus/root-3.key.pub]"
    plan = plan.replace("[aus/root.key.pub]", keys).replace("root_threshold: 1 ", "root_threshold: 2 ", 1)
    Path("plan.yaml").write_text(plan, encoding="utf-8")
    hotline("agreement", "new", "plan.yaml", "--out", "one")

    def sign(key: str, *more: str, party: str = "AUS") -> Ran:
        return hotline("agreement", "sign", "one", "--party", party, "--key", key, "--out", "one", *more, "--json")

    assert sign("chn/root.key", party="CHN").json["signed"] == ["CHN"]
    assert sign("aus/root.key").json["signed"] == ["CHN"]
    assert hotline("agreement", "verify", "one", "--json").json["code"] == "AGREEMENT_SIGNATURES"
    assert sign("aus/root-2.key").json["code"] == "KEY_PASSPHRASE"
    assert sign("aus/root-2.key", "--passphrase-file", "words").json["signed"] == ["AUS", "CHN"]
    assert sign("aus/root-3.key", "--passphrase-file", "words").json["code"] == "SIGNATURE_COUNT"
    assert hotline("agreement", "verify", "one").status == 0


def test_an_example_directory_of_a_member_of_an_alliance(hotline: Hotline) -> None:
    plan = hotline("directory", "new", "--example", "--party", "NATO/DEU", "--endpoint", "192.0.2.1:7443").out
    assert "id: NATO/DEU:fleet-watch" in plan
    assert "endpoint: 192.0.2.1:7443" in plan
    assert "key: nato-deu/node.key.pub" in plan


def test_a_file_that_holds_two_agreements(inside: Path, tmp_path: Path) -> None:
    held = v1.SignedAgreement.FromString((inside / "agreement").read_bytes())
    held.envelopes[1].payload += b" "
    mixed = tmp_path / "mixed"
    mixed.write_bytes(held.SerializeToString())
    assert run("agreement", "show", mixed, "--json").json["code"] == "MALFORMED"
    assert run("agreement", "verify", mixed, "--json").json["code"] == "AGREEMENT_SIGNATURES"
