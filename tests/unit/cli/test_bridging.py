"""`hotline bridge` and `hotline envelope export`: from a draft, a transcript and a node."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.kit import A, B, Net, notice
from tests.unit.cli.conftest import run

from hotline import v1
from hotline.cli import bridging
from hotline.operator import v1 as operator
from hotline.protocol.check import envelope_of
from hotline.protocol.envelope import digest_of
from hotline.protocol.instant import to_timestamp

NEVER = "00" * 32


class Case:
    """A transcript with a notice, its acknowledgement and its cancel."""

    def __init__(self) -> None:
        net = Net(A, B)
        sent = net.say(A, notice(), asks="READ")
        net.go(2)
        net.present(B, sent.digest)
        self.ack = net.ack(B, sent.digest, v1.Read()).digest
        reference = v1.Reference(digest=sent.digest, role=v1.Reference.ROLE_CANCELS)
        cancel = net.say(A, v1.ActivityCancel(reason="Weather"), thread=sent.digest, references=[reference])
        self.notice, self.cancel = sent.digest, cancel.digest
        self.transcript, self.envelope = net.transcript(A), net.entry(A, sent.digest).envelope


@pytest.fixture(scope="module")
def case() -> Case:
    return Case()


@pytest.fixture
def folder(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("transcript").write_bytes(case.transcript)
    Path("notice").write_bytes(case.envelope.SerializeToString())
    Path("draft.yaml").write_text(run("compose", "ActivityNotice", "--example").out, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("form", ["cap", "geojson", "navarea", "s124", "calendar"])
def test_every_form_of_a_proved_message(folder: Path, case: Case, form: str) -> None:
    told = run("bridge", form, case.notice.hex()[:12], "--transcript", "transcript", "--json").json
    assert (told["ok"], told["form"], told["trust"], told["type"]) == (True, form, "UNPINNED", "ActivityNotice")
    # The runner reads every line end as one; a file has those of the form.
    shown = run("bridge", form, case.notice.hex()[:12], "--transcript", "transcript").out
    assert told["document"].replace("\r\n", "\n") == shown
    written = run("bridge", form, case.notice.hex(), "--transcript", "transcript", "--out", "file", "--json").json
    assert Path("file").read_bytes().decode() == told["document"] and written["document"] == ""
    assert run("bridge", form, case.notice.hex(), "--transcript", "transcript", "--out", "file").status == 2


def test_what_ends_finds_what_it_ends(folder: Path, case: Case) -> None:
    text = run("bridge", "navarea", case.cancel.hex()[:12], "--transcript", "transcript").out
    assert ", CANCELLED." in text and "EXERCISE EXERCISE EXERCISE" in text
    calendar = run("bridge", "calendar", "--transcript", "transcript").out
    assert "STATUS:CANCELLED" in calendar


def test_a_notam_wants_its_region(folder: Path, case: Case) -> None:
    words = ("bridge", "notam", case.notice.hex(), "--transcript", "transcript")
    assert "A) ZSHA" in run(*words, "--region", "ZSHA").out
    assert run(*words).status == 2
    assert "BRIDGE_REGION" in run(*words, "--region", "12").err


def test_a_draft_may_be_looked_at_before_it_is_sent(folder: Path) -> None:
    told = run("bridge", "cap", "draft.yaml", "--json").json
    assert told["trust"] == "DRAFT" and "<status>Draft</status>" in told["document"]
    assert "NOT SAID YET" in run("bridge", "navarea", "draft.yaml", env={"HOTLINE_SOCKET": "no-such-socket"}).out
    assert run("bridge", "calendar").status == 2
    Path("broken.yaml").write_text("type: ActivityNotice\nbody: {designation: x}\n", encoding="utf-8")
    assert run("bridge", "cap", "broken.yaml").status == 1


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("bridge", "cap", NEVER, "--transcript", "transcript"), 2, "NOT_HELD"),
        (("bridge", "cap", "abc", "--transcript", "transcript"), 2, "INPUT_BAD_VALUE"),
        (("bridge", "cap", "no-such-ref", "--transcript", "transcript"), 2, "INPUT_BAD_VALUE"),
        (("bridge", "cap", NEVER, "--transcript", "draft.yaml"), 1, "TRANSCRIPT_FORMAT"),
        (("bridge", "cap", NEVER, "--transcript", "transcript", "--pin", NEVER), 1, "AGREEMENT_DIGEST"),
        (("bridge", "cap", NEVER, "--transcript", "transcript", "--socket", "s"), 2, "USAGE"),
        (("bridge", "cap", "none.yaml"), 2, "FILE_UNREADABLE"),
        (("envelope", "export", "notice"), 2, "USAGE"),
        (("envelope", "export", "draft.yaml", "--dsse"), 1, "SCAN_"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, words: tuple[str, ...], status: int, code: str) -> None:
    done = run(*words)
    assert (done.status, done.out) == (status, "") and code in done.err


def test_what_has_no_form_is_said(folder: Path, case: Case) -> None:
    done = run("bridge", "cap", case.ack.hex(), "--transcript", "transcript")
    assert done.status == 2 and "BRIDGE_NO_FORM" in done.err and "accepted" in done.err


def test_an_envelope_in_both_forms_and_back(folder: Path, case: Case) -> None:
    run("envelope", "export", case.notice.hex()[:10], "--transcript", "transcript", "--dsse", "--out", "one.json")
    run("envelope", "export", "one.json", "--out", "one.envelope")
    told = run("envelope", "export", "one.envelope", "--dsse", "--json").json
    assert told["document"] == Path("one.json").read_text(encoding="utf-8") and told["form"] == "dsse"
    assert envelope_of(Path("one.envelope").read_bytes()) == case.envelope
    assert digest_of(case.envelope).hex().startswith(told["ref"])
    assert run("envelope", "export", "notice", "--dsse").out == told["document"]


def test_a_part_that_is_not_installed_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = builtins.__import__

    def lacking(name: str, *rest: Any) -> Any:
        if name in ("hotline.bridges.geojson", "hotline.bridges.calendar"):
            raise ImportError(f"No module named {name!r}", name="shapely")
        return honest(name, *rest)

    monkeypatch.setattr(builtins, "__import__", lacking)
    for form in ("geojson", "calendar"):
        done = run("bridge", form, "draft.yaml")
        assert done.status == 2 and "PART_MISSING" in done.err and "[all]" in done.err


def views(case: Case) -> list[operator.MessageView]:
    sealed = operator.MessageView(digest=case.notice, envelope=case.envelope, sequence=1)
    sealed.sealed_at.CopyFrom(to_timestamp(1_700_000_000 * 10**9))
    waiting = operator.MessageView(digest=bytes(31) + b"\x01", envelope=case.envelope)
    refused = operator.MessageView(digest=bytes(31) + b"\x02", envelope=case.envelope, refused="RULE_BROKEN")
    return [sealed, waiting, refused]


def test_a_node_gives_what_it_holds_and_did_not_refuse(
    folder: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def held() -> list[operator.MessageView]:
        return views(case)

    def on_line(socket: Path, work: Any) -> Any:
        import asyncio

        return asyncio.run(work(SimpleNamespace(node=SimpleNamespace(list=held))))

    monkeypatch.setattr(bridging, "on_line", on_line)
    told = run("bridge", "cap", case.notice.hex()[:8], "--socket", "s", "--json").json
    assert (told["trust"], "<status>Exercise</status>" in told["document"]) == ("NODE", True)
    assert "<status>Draft</status>" in run("bridge", "cap", "00" * 31 + "01", "--socket", "s").out
    assert "NOT_HELD" in run("bridge", "cap", "00" * 31 + "02", "--socket", "s").err
    done = run("bridge", "cap", "00000000", "--socket", "s")
    assert "draft" not in done.out and done.status == 0
    assert json.loads(run("envelope", "export", case.notice.hex(), "--socket", "s", "--dsse").out)["payload"]


def test_a_ref_that_fits_two_messages_is_not_guessed() -> None:
    with pytest.raises(Exception, match="fits 2"):
        bridging._resolve("00000000", [bytes(32), bytes(31) + b"\x01"])
