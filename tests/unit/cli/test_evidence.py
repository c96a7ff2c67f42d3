"""`hotline envelope` and `hotline transcript`, offline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.kit import A, B, Net, flash, notice
from tests.unit.cli.conftest import run

from hotline import v1
from hotline.protocol.dsse_json import to_dsse_json
from hotline.protocol.statements import Draft

OTHER = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two posts hold after a notice that was read, accepted, said to be done, and contradicted."""
    folder, net = tmp_path_factory.mktemp("evidence"), Net(A, B)
    sent = net.say(A, notice(), asks="DONE")
    net.go(2)
    net.present(B, sent.digest)
    net.ack(B, sent.digest, v1.Read())
    done = net.ack(B, sent.digest, v1.Compliance(value=v1.Compliance.VALUE_DONE))
    early = net.transcript(B)
    seen = v1.Observation(subject=done.digest, finding=v1.Observation.FINDING_CONTRADICTS)
    seen.observed_at.FromNanoseconds(net.now.utc_ns)
    seen.observed.kind, seen.sensor = v1.CRAFT_KIND_WARSHIP, v1.Observation.SENSOR_RADAR
    net.say(A, seen, thread=sent.digest)
    (folder / "agreement").write_bytes(net.trust.agreement.signed.SerializeToString())
    for party, directory in net.trust.directories.items():
        (folder / party.lower()).write_bytes(directory.SerializeToString())
    envelope = net.entry(A, sent.digest).envelope
    (folder / "notice").write_bytes(envelope.SerializeToString())
    (folder / "notice.json").write_text(to_dsse_json(envelope), encoding="utf-8")
    (folder / "digest").write_text(net.trust.agreement.digest.hex(), encoding="ascii")
    for name, data in (("early", early), ("a", net.transcript(A)), ("b", net.transcript(B))):
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


def pin() -> tuple[str, str]:
    return "--pin", Path("digest").read_text(encoding="ascii")


TRUST = ("--agreement", "agreement", "--directory", "aus", "--directory", "chn")


@pytest.mark.parametrize("file", ["notice", "notice.json"])
@pytest.mark.parametrize("trust", [TRUST, ("--agreement", "agreement", "--transcript", "a")])
def test_an_envelope_in_either_form(inside: Path, file: str, trust: tuple[str, ...]) -> None:
    told = run("envelope", "verify", file, *trust, *pin(), "--json").json
    assert (told["ok"], told["type"], told["speaker"]) == (True, "hotline.v1.ActivityNotice", A)
    assert (told["pinned"], told["trust"]) == (True, "PINNED")
    assert told["message"]["body"]["exclusion_radius"] == "5556 m"
    assert told["digest"].startswith(told["ref"])
    text = run("envelope", "verify", file, *trust).out
    assert "SUBJECT: ACTIVITY NOTICE" in text
    assert "UNPINNED" in text


def test_a_directory_is_an_envelope_too(inside: Path) -> None:
    told = run("envelope", "verify", "aus", *TRUST, "--json").json
    assert (told["ok"], told["type"], told["speaker"], told["message"]) == (True, "Directory", "AUS", {})


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("notice", "--agreement", "agreement", "--directory", "aus"), 1, "DIRECTORY_MISSING"),
        (("notice", "--agreement", "none", "--directory", "aus"), 2, "FILE_UNREADABLE"),
        (("none", *TRUST), 2, "FILE_UNREADABLE"),
        (("notice", "--agreement", "agreement", "--directory", "none"), 2, "FILE_UNREADABLE"),
        (("notice", "--agreement", "agreement", "--transcript", "none"), 2, "FILE_UNREADABLE"),
        (("notice", *TRUST, "--pin", OTHER), 1, "AGREEMENT_DIGEST"),
        (("notice", *TRUST, "--pin", "no"), 2, "INPUT_BAD_VALUE"),
        (("agreement", *TRUST), 1, "SCAN_"),
        (("digest", *TRUST), 1, "SCAN_"),
        (("notice", "--agreement", "agreement", "--transcript", "notice"), 1, "TRANSCRIPT_FORMAT"),
        (("notice", "--agreement", "notice"), 1, "SCAN_"),
    ],
)
def test_envelopes_that_do_not_hold(inside: Path, words: tuple[str, ...], status: int, code: str) -> None:
    done = run("envelope", "verify", *words, "--json")
    assert (done.status, done.json["ok"]) == (status, False)
    assert done.json["code"].startswith(code)


def test_a_tampered_envelope_is_refused(inside: Path, tmp_path: Path) -> None:
    envelope = v1.Envelope.FromString(Path("notice").read_bytes())
    envelope.payload += b"\x00"
    spoilt = tmp_path / "spoilt"
    spoilt.write_bytes(envelope.SerializeToString())
    done = run("envelope", "verify", spoilt, *TRUST, "--json")
    assert (done.status, done.json["code"]) == (1, "SIGNATURE_INVALID")


def test_a_statement_signed_by_too_few_is_refused(inside: Path, tmp_path: Path) -> None:
    net = Net(A, B)
    (tmp_path / "agreement").write_bytes(net.trust.agreement.signed.SerializeToString())
    (tmp_path / "transcript").write_bytes(net.transcript(A))
    alone = net.sign(A, Draft(flash(), [B], v1.PRECEDENCE_FLASH), persons=1)
    (tmp_path / "flash").write_bytes(alone.SerializeToString())
    trust = ("--agreement", tmp_path / "agreement", "--transcript", tmp_path / "transcript")
    done = run("envelope", "verify", tmp_path / "flash", *trust, "--json")
    assert (done.status, done.json["code"]) == (1, "SIGNATURE_COUNT")


def test_what_a_transcript_proves(inside: Path) -> None:
    told = run("transcript", "verify", "a", *pin(), "--json").json
    assert (told["ok"], told["pinned"], told["trust"], told["complete"]) == (True, True, "PINNED", True)
    assert told["agreement_digest"] == pin()[1]
    assert [(log["post"], log["state"]) for log in told["logs"]] == [(A, "COMPLETE"), (B, "COMPLETE")]
    first = told["messages"][0]
    (proved,) = first["stages"]
    assert (first["type"], first["sender"], first["sequence"]) == ("ActivityNotice", A, 1)
    assert (proved["post"], proved["stage"], proved["value"], proved["contradicted"]) == (B, "DONE", "DONE", True)
    assert proved["proofs"][:3] == ["DELIVERED RECEIVED", "PRESENTED UNSTAFFED", "PRESENTED PRESENTED"]
    assert run("transcript", "verify", "a", "--json").json["trust"] == "UNPINNED"
    text = run("transcript", "verify", "a").out
    assert "UNPINNED" in text
    assert f"{B} DONE DONE" in text


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("none",), 2, "FILE_UNREADABLE"),
        (("notice",), 1, "TRANSCRIPT_FORMAT"),
        (("a", "--pin", OTHER), 1, "AGREEMENT_DIGEST"),
        (("a", "--pin", "0"), 2, "INPUT_BAD_VALUE"),
    ],
)
def test_transcripts_that_do_not_hold(inside: Path, words: tuple[str, ...], status: int, code: str) -> None:
    done = run("transcript", "verify", *words, "--json")
    assert (done.status, done.json["code"]) == (status, code)


def test_any_changed_byte_is_refused(inside: Path, tmp_path: Path) -> None:
    whole = Path("a").read_bytes()
    for place in range(0, len(whole), len(whole) // 16):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1
        (tmp_path / "spoilt").write_bytes(spoilt)
        done = run("transcript", "verify", tmp_path / "spoilt", "--json")
        assert (done.status, done.json["ok"]) == (1, False), place


def test_both_sides_agree_and_one_may_hold_more(inside: Path) -> None:
    same = run("transcript", "compare", "a", "b", *pin(), "--json").json
    assert (same["ok"], same["verdict"], same["first_divergence"], same["pinned"]) == (True, "AGREE", None, True)
    assert same["exporters"] == [A, B]
    less = run("transcript", "compare", "a", "early", "--json").json
    assert less["ok"]
    assert {row["missing_in"] for row in less["lacking"]} == {"early"}
    assert less["lacking"][0]["what"] == "MESSAGE"


def test_transcripts_that_part(inside: Path, tmp_path: Path) -> None:
    """Two honest-looking logs of one post under one agreement: only that post can have signed both."""
    one, other = Net(A, B), Net(A, B)
    one.say(A, notice("one"))
    other.say(A, notice("other"))
    for name, net in (("one", one), ("other", other)):
        (tmp_path / name).write_bytes(net.transcript(A))
    done = run("transcript", "compare", tmp_path / "one", tmp_path / "other", "--json")
    assert (done.status, done.json["ok"], done.json["verdict"]) == (1, False, "DIVERGE")
    parting = done.json["first_divergence"]
    assert (parting["post"], parting["epoch"], parting["sequence"]) == (A, 1, 1)
    text = run("transcript", "compare", tmp_path / "one", tmp_path / "other").out
    assert f"{A} epoch 1 sequence 1: " in text
    assert "Ok" in text


def test_transcripts_of_two_agreements_cannot_be_compared(inside: Path, tmp_path: Path) -> None:
    (tmp_path / "third").write_bytes(Net(A, B, "JPN:fleet-watch").transcript(A))
    done = run("transcript", "compare", "a", tmp_path / "third", "--json")
    assert (done.status, done.json["code"]) == (1, "UNKNOWN_AGREEMENT")


def test_export_needs_a_node(inside: Path) -> None:
    done = run("transcript", "export", "--socket", "none.sock", "--out", "never", "--json")
    assert (done.status, done.json["code"]) == (2, "NODE_UNREACHABLE")
    assert json.loads(done.out)["ok"] is False
