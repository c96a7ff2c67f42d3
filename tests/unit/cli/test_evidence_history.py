"""`hotline transcript` on what has changed while the line was open, and on a log that its post forked."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.kit import A, B, Net, notice
from tests.unit.cli.conftest import run
from tests.unit.protocol.tamper import changed, pick
from tests.unit.protocol.test_evidence_history import disavowed, ended, forked, revised, rotated

from hotline import v1


def written(net: Net, folder: Path, *posts: str) -> list[Path]:
    """Transcripts of posts, as files."""
    files = [folder / post.replace(":", "-") for post in posts]
    for file, post in zip(files, posts, strict=True):
        file.write_bytes(net.transcript(post))
    return files


def test_each_epoch_of_each_log_is_a_row(tmp_path: Path) -> None:
    (file,) = written(rotated(), tmp_path, A)
    told = run("transcript", "verify", file, "--json").json
    rows = [(log["post"], log["epoch"], log["complete_to"], log["closed_at"]) for log in told["logs"]]
    assert rows == [(A, 1, 0, None), (B, 1, 1, 1), (B, 2, 1, None)]
    assert [(message["epoch"], message["sequence"]) for message in told["messages"]] == [(1, 1), (2, 1)]
    assert (told["directories"], told["missing"], told["complete"]) == (["AUS version 1", "CHN version 2"], [], True)


@pytest.mark.parametrize("revision", [1, 2])
def test_any_revision_pins(tmp_path: Path, revision: int) -> None:
    net = revised()
    (file,) = written(net, tmp_path, A)
    digest = net.trust.revisions.held[revision - 1].digest.hex()
    told = run("transcript", "verify", file, "--pin", digest, "--json").json
    assert (told["trust"], told["agreement_digest"]) == ("PINNED", digest)
    assert (told["revision"], told["revisions"]) == (revision, 2)
    assert run("transcript", "verify", file, "--pin", "00" * 32, "--json").json["code"] == "AGREEMENT_DIGEST"


def test_what_a_head_names_and_is_not_inside_is_said(tmp_path: Path) -> None:
    net = Net(A, B)
    net.say(A, notice())
    net.adopt(B, net.issue("CHN"))
    file = tmp_path / "short"

    def forget(content: list[v1.Record]) -> None:
        content.remove(pick(content, "directory", 2))

    file.write_bytes(changed(net, B, forget))
    told = run("transcript", "verify", file, "--json").json
    assert told["missing"][0].startswith("version 2 of the directory of CHN, which ")
    assert told["complete"] is False


def test_what_is_disavowed_is_shown_and_not_counted(tmp_path: Path) -> None:
    (file,) = written(disavowed(), tmp_path, A)
    told = run("transcript", "verify", file, "--json").json
    assert [log["disavowed"] for log in told["logs"] if log["post"] == B] == [2, 0]
    assert sum(message["marks"] == ["DISAVOWED"] for message in told["messages"]) == 2
    (first,) = [row for row in told["messages"][0]["stages"] if row["post"] == B]
    assert (first["stage"], first["value"]) == ("DECIDED", "DECLINED")
    assert "DECIDED ACCEPTED DISAVOWED" in first["proofs"]
    assert "DISAVOWED" in run("transcript", "verify", file).out


def test_a_fork_is_named_with_both_branches(tmp_path: Path) -> None:
    net, _, accepted, declined = forked()
    one, other = written(net, tmp_path, A, "JPN:fleet-watch")
    told = run("transcript", "verify", one, "--json").json
    (row,) = [log for log in told["logs"] if log["fork"]]
    assert (row["post"], row["forked_from"]) == (B, 1)
    forks = {message["ref"] for message in told["messages"] if message["marks"] == ["FORKED"]}
    assert forks == {digest.hex()[:12] for digest in (accepted, declined)}
    done = run("transcript", "compare", one, other, "--json")
    assert done.status == 1
    assert (done.json["first_divergence"]["post"], done.json["first_divergence"]["epoch"]) == (B, 1)


def test_after_a_fork_the_next_epoch_counts(tmp_path: Path) -> None:
    (file,) = written(ended(), tmp_path, A)
    told = run("transcript", "verify", file, "--json").json
    marks = sorted(mark for message in told["messages"] for mark in message["marks"])
    assert marks == ["DISAVOWED", "FORKED"]
    (first,) = [row for row in told["messages"][0]["stages"] if row["post"] == B]
    assert (first["stage"], first["value"]) == ("DECIDED", "ACCEPTED")
