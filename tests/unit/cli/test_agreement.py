"""`hotline agreement` and `hotline directory`: the whole way on disk, and every way to leave it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.kit import START_NS, A, B, Net, key, notice
from tests.unit.cli.conftest import Ran, make_keys, run

from hotline import v1
from hotline.agreements.rehearsal import rehearse
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
    Path("words").chmod(0o600)
    hotline("keys", "new", "root-2", *common, "--passphrase-file", "words")
    hotline("keys", "new", "root-3", *common, "--plain")
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


@pytest.fixture
def revision(hotline: Hotline, channel: Path) -> str:
    """The channel, and an unsigned revision of its agreement in which AUS has three roots, two of which sign."""
    shutil.copytree(channel, Path(), dirs_exist_ok=True)
    for number in (1, 2, 3):
        common = ("--kind", "exercise", "--role", "root", "--party", "AUS", "--out", "aus")
        assert hotline("keys", "new", f"root-{number}", *common, "--plain").status == 0
    text = Path("plan.yaml").read_text(encoding="utf-8")
    text = text.replace("root_keys: [aus/root.key.pub]", f"root_keys: [{', '.join(ROOTS)}]")
    text = text.replace("root_threshold: 1 ", "root_threshold: 2 ", 1).replace("# revision: 2 ", "revision: 2 ")
    Path("second.yaml").write_text(f"previous: agreement\n{text}", encoding="utf-8")
    made = hotline("agreement", "new", "second.yaml", "--out", "second", "--json").json
    assert (made["ok"], made["revision"], made["not_signed"]) == (True, 2, ["AUS", "CHN"])
    return "second"


ROOTS = tuple(f"aus/root-{number}.key.pub" for number in (1, 2, 3))
SIGN = ("agreement", "sign", "second", "--out", "second", "--previous", "agreement", "--json", "--party")


def test_a_revision_is_signed_by_the_roots_of_before_and_by_its_own(hotline: Hotline, revision: str) -> None:
    some = hotline(*SIGN, "AUS", "--key", "aus/root-1.key", "--key", "aus/root.key").json
    assert (some["signed"], some["not_signed"]) == ([], ["AUS", "CHN"])
    shown = hotline("agreement", "show", revision, "--previous", "agreement", "--json").json
    assert [row["signed"] for row in shown["parties"]] == ["1 of 2, 1 of 1 as before", "0 of 1"]
    assert (shown["revision"], len(shown["previous"])) == (2, 64)
    assert hotline(*SIGN, "CHN", "--key", "chn/root.key").json["signed"] == ["CHN"]
    done = hotline(*SIGN, "AUS", "--key", "aus/root-3.key").json
    assert (done["signed"], done["not_signed"]) == (["AUS", "CHN"], [])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("sign", "second", "--party", "AUS", "--key", "aus/root-1.key", "--out", "x"), "USAGE"),
        (
            ("sign", "agreement", "--party", "AUS", "--key", "aus/root.key", "--out", "x", "--previous", "second"),
            "USAGE",
        ),
        (
            ("sign", "second", "--party", "AUS", "--key", "aus/root-1.key", "--out", "x", "--previous", "second"),
            "AGREEMENT_CHAIN",
        ),
        ((*SIGN[1:-2], "--party", "CHN", "--key", "chn/root.key", "--key", "chn/root.key"), "SIGNATURE_DUPLICATE"),
        (
            (
                *SIGN[1:-2],
                "--party",
                "AUS",
                "--key",
                "aus/root-1.key",
                "--key",
                "aus/root-2.key",
                "--key",
                "aus/root-3.key",
            ),
            "SIGNATURE_COUNT",
        ),
        ((*SIGN[1:-2], "--party", "AUS", "--key", "chn/root.key"), "KEY_FOREIGN"),
        ((*SIGN[1:-2], "--party", "JPN", "--key", "chn/root.key"), "NOT_A_PARTY"),
    ],
)
def test_how_a_revision_is_not_signed(hotline: Hotline, revision: str, words: tuple[str, ...], code: str) -> None:
    before = Path(revision).read_bytes()
    done = hotline("agreement", *words, "--json")
    assert (done.status, done.json["code"]) == (2, code)
    assert Path(revision).read_bytes() == before


def test_what_an_agreement_says_of_silence_and_of_the_line(inside: Path) -> None:
    told = run("agreement", "show", "agreement", "--json").json
    flash = next(row for row in told["silence"] if row["precedence"] == "FLASH")
    assert set(flash) == {"precedence", "query_wait", "queries", "step_wait"}
    assert told["line"]["heartbeat"] == "60 s" or told["line"]["heartbeat"] == "1 min"
    assert {row["type"]: row["level"] for row in told["types"]}["ChannelStatus"] == "POLITICAL"


@pytest.fixture
def log(hotline: Hotline, channel: Path) -> Path:
    """In an empty folder: the channel's files, and a transcript of its line in which AUS has said two things."""
    shutil.copytree(channel, Path(), dirs_exist_ok=True)
    net = Net(rehearsal=rehearse([A, B], key, START_NS, channel="east-sea-exercise"))
    for said in ("first", "second"):
        net.say(A, notice(said))
    Path("transcript").write_bytes(net.transcript(B))
    return Path("transcript")


def second_version(*ends: str) -> None:
    """A plan that lists another node key for AUS, and ends what these lines say."""
    common = ("--kind", "exercise", "--role", "node", "--party", "AUS", "--post", A, "--out", "aus")
    assert run("keys", "new", "node-2", *common, "--plain").status == 0
    text = (
        Path("aus.yaml").read_text(encoding="utf-8").replace("epoch: 1", "epoch: 2").replace("node.key", "node-2.key")
    )
    text = text.replace(text[text.index("version: 1") : text.index("posts:")], "version: 2\nprevious: aus.directory\n")
    Path("aus-2.yaml").write_text("\n".join([text, *ends]), encoding="utf-8")


MAKE = ("directory", "new", "aus-2.yaml", "--agreement", "agreement", "--key", "aus/registrar.key", "--out", "aus.2")


def test_a_directory_ends_what_a_transcript_shows(hotline: Hotline, log: Path) -> None:
    second_version(
        "closures: [{post: AUS:fleet-watch, reason: ROTATION}]",
        "revocations: [{key: aus/ben.key.pub, reason: COMPROMISE, last: 1}]",
    )
    made = hotline(*MAKE, "--log", log, "--json").json
    assert (made["version"], made["posts"][0]["epoch"]) == (2, 2)
    epoch, ben = made["ends"]
    assert (epoch["ends"], epoch["post"], epoch["epoch"], epoch["last"]) == ("epoch", A, 1, 2)
    assert (epoch["reason"], epoch["named_by"]) == ("ROTATION", A)
    assert (ben["last"], ben["reason"]) == (1, "COMPROMISE")
    shown = hotline("directory", "show", "aus.2", "--json").json
    assert [{**row, "named_by": A} for row in shown["ends"]] == [{**row, "named_by": A} for row in made["ends"]]
    assert shown["previous"] == hotline("directory", "show", "aus.directory", "--json").json["digest"]


@pytest.mark.parametrize(
    ("where", "status", "code"),
    [
        ((), 2, "NOT_HELD"),
        (("--log", "none"), 2, "FILE_UNREADABLE"),
        (("--log", "aus.yaml"), 1, "TRANSCRIPT_FORMAT"),
    ],
)
def test_where_a_log_stands_must_be_known(
    hotline: Hotline, log: Path, where: tuple[str, ...], status: int, code: str
) -> None:
    second_version("closures: [{post: AUS:fleet-watch, reason: ROTATION}]")
    done = hotline(*MAKE, *where, "--json")
    assert (done.status, done.json["code"]) == (status, code)
    assert not Path("aus.2").exists()


def test_a_later_version_is_verified_with_those_before_it(hotline: Hotline, log: Path) -> None:
    second_version("closures: [{post: AUS:fleet-watch, reason: ROTATION}]")
    assert hotline(*MAKE, "--log", log).status == 0
    verify = ("directory", "verify", "aus.2", "--agreement", "agreement", "--with", "chn.directory")
    assert hotline(*verify, "--with", "aus.directory", "--json").json["version"] == 2
    alone = hotline(*verify, "--json")
    assert (alone.status, alone.json["code"]) == (1, "DIRECTORY_CHAIN")


def test_a_key_that_changes_without_an_end_is_refused_at_once(hotline: Hotline, log: Path) -> None:
    second_version()
    done = hotline(*MAKE, "--json")
    assert (done.status, done.json["code"]) == (1, "EPOCH_CHAIN")
    assert not Path("aus.2").exists()


def test_a_hybrid_channel_from_keys_to_a_verdict(hotline: Hotline) -> None:
    for party in ("AUS", "CHN"):
        make_keys(party, "exercise", "--algorithm", "hybrid")
    plan = hotline("agreement", "new", "--example").out
    Path("plain.yaml").write_text(plan, encoding="utf-8")
    Path("plan.yaml").write_text(f"{plan}\nalgorithm: hybrid\n", encoding="utf-8")
    made = hotline("agreement", "new", "plan.yaml", "--out", "one", "--json").json
    for party in ("AUS", "CHN"):
        sign = ("--party", party, "--key", f"{party.lower()}/root.key", "--out", "one")
        assert hotline("agreement", "sign", "one", *sign).status == 0
    assert hotline("agreement", "verify", "one", "--pin", made["digest"], "--json").json["ok"]
    assert hotline("agreement", "show", "one", "--json").json["algorithm"] == "ED25519_ML_DSA_65"
    Path("aus.yaml").write_text(hotline("directory", "new", "--example", "--party", "AUS").out, encoding="utf-8")
    listed = hotline(
        "directory", "new", "aus.yaml", "--agreement", "one", "--key", "aus/registrar.key", "--out", "two", "--json"
    )
    assert (listed.status, len(listed.json["officers"])) == (0, 2)
    hotline("agreement", "new", "plain.yaml", "--out", "weak")
    for party in ("AUS", "CHN"):
        sign = ("--party", party, "--key", f"{party.lower()}/root.key", "--out", "weak")
        hotline("agreement", "sign", "weak", *sign)
    assert hotline("agreement", "verify", "weak", "--json").json["code"] == "KEY_ALGORITHM"
