"""A second implementation, in JavaScript, that shares nothing with this one: vectors, transcripts, a line to a node."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from tests.conftest import Figure
from tests.node.commands import Desk, answered, say, values, wait
from tests.second.site import ROOT, Ground, Script, do, finished, has_node, lay_out, told

from hotline import v1

# Without Node.js the test run has said so before (tools/system.sh); in CI it is there.
pytestmark = pytest.mark.timeout(300)
if not has_node() and os.environ.get("CI") != "true":
    pytest.skip("Node.js 20 or newer is not installed", allow_module_level=True)

A, B = "AUS:fleet-watch", "CHN:fleet-watch"
NOTICE = {
    "designation": "Divers down",
    "kind": "ACTIVITY_KIND_DIVING",
    "area": {"circle": {"centre": {"latitude_deg": 31.2, "longitude_deg": 128.3}, "radius_m": 5556}},
    "schedule": {"overall": {"from": "2026-01-01T00:00:00Z", "until": "2026-01-01T02:00:00Z"}},
    "contact_post": B,
}
VECTORS = ROOT / "specs/vectors"


@pytest.fixture(scope="module")
def ground(script: Script) -> Iterator[Ground]:
    with tempfile.TemporaryDirectory(prefix="hl-") as name:
        folder = Path(name)
        with Desk(folder, folder / "aus/operator.sock", folder / "aus/anna.key") as desk:
            site = lay_out(folder, desk, script)
            (folder / "notice.json").write_text(json.dumps(NOTICE), encoding="utf-8")
            with site.process("node", "run", "--config", "aus-node.yaml"):
                wait(lambda: desk("status", "--json"), lambda _: True)
                yield site


def test_the_lock_file_names_no_host() -> None:
    lock = (ROOT / "examples/node-client/package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock


@pytest.mark.threat("insertion / spoof", defence="SIG", measure="vectors that a second implementation judges alike")
def test_every_vector_passes(script: Script, figure: Figure) -> None:
    cases = [path for path in VECTORS.iterdir() if (path / "case.yaml").exists()]
    out = script.run("vectors.mjs", VECTORS)
    assert out.splitlines()[-1].split() == ["all", "passed", f"{len(cases)},", "failed", "0"]
    figure(len(cases))


def test_a_vector_that_is_wrong_fails(script: Script, tmp_path: Path) -> None:
    for name in ("_common", "statement-notice"):
        shutil.copytree(VECTORS / name, tmp_path / name)
    case = tmp_path / "statement-notice/case.yaml"
    case.write_text(case.read_text(encoding="utf-8").replace("AUS:fleet-watch", B), encoding="utf-8")
    assert "NOT_ITS_POST" in script.run("vectors.mjs", tmp_path, status=1)


def test_a_whole_exchange(ground: Ground) -> None:
    """Both sides say, show, read back, decide and prove; each step is seen by the other implementation."""
    told_by_client(ground)
    shutil.copy(ground.folder / "chn/journal", ground.folder / "chn/journal.old")
    ref = told_by_node(ground)
    refused_by_the_client_itself(ground)
    served_by_the_client(ground)
    transcripts_agree(ground, ref)
    rolled_back(ground)


def told_by_client(ground: Ground) -> None:
    """A notice of the client climbs the ladder at the node's post, every stage in time."""
    words = ("say", "ActivityNotice", "notice.json", "--to", A, "--stage", "DECIDED", "--key", "chn/chen.key")
    first = ground.client(*words, "--wait", "DELIVERED")
    assert stages(first)["DELIVERED"] == ("RECEIVED", "IN_TIME")
    with ground.process("staff", "bridge", "--socket", "aus/operator.sock"):
        ground.logged("staff", "is staffed")  # what arrives before is answered UNSTAFFED
        second = ground.begin(*words, "--wait", "DECIDED", "--seconds", "90")
        inbox = wait(lambda: ground.desk("inbox", "--json"), lambda told: len(told["messages"]) == 2)
        ref = inbox["messages"][-1]["ref"]
        wait(lambda: ground.desk("show", ref, "--json"), lambda told: values(told, A).get("PRESENTED") == "PRESENTED")
        for stage in ("read", "accept"):
            do(ground.desk, "ack", ref, "--stage", stage)
        climbed = stages(told(finished(second)))
    assert climbed == {
        "DELIVERED": ("RECEIVED", "IN_TIME"),
        "PRESENTED": ("PRESENTED", "IN_TIME"),
        "READ": ("READ", "IN_TIME"),
        "DECIDED": ("ACCEPTED", "IN_TIME"),
    }


def told_by_node(ground: Ground) -> str:
    """A notice of the node is presented, read, read back and done at the client's post, which also answers calls."""
    listening = ground.begin("listen", "--seconds", "90", "--count", "3", "--position", "bridge", listens=True)
    draft = ground.folder / "draft.yaml"
    draft.write_text(do(ground.desk, "compose", "ActivityNotice", "--example"), encoding="utf-8")
    ref = say(ground.desk, str(draft))
    shown = [json.loads(line) for line in finished(listening).splitlines()]
    assert {message["type"] for message in shown} == {"Acknowledgement", "ActivityNotice"}
    words = (
        ("read",),
        ("readback", "--field", "designation=Divers", "--text", "zh=潜水作业"),
        ("accept",),
        ("done", "--reason", "Told to keep clear"),
    )
    for word in words:
        ground.client("ack", ref, *word, "--key", "chn/chen.key")
    do(ground.desk, "ack", ref, "--stage", "confirm")
    seen = answered(ground.desk, ref, "UNDERSTOOD", "CONFIRMED")
    assert values(seen) == {
        "DELIVERED": "RECEIVED",
        "PRESENTED": "PRESENTED",
        "READ": "READ",
        "UNDERSTOOD": "CONFIRMED",
        "DECIDED": "ACCEPTED",
        "DONE": "DONE",
    }
    assert ground.client("listen", "--seconds", "90", "--count", "1")["type"] == "Acknowledgement"
    return ref


def refused_by_the_client_itself(ground: Ground) -> None:
    """What every node would refuse is not sealed."""
    broken = {**NOTICE, "kind": "ACTIVITY_KIND_LAUNCH"}
    (ground.folder / "broken.json").write_text(json.dumps(broken), encoding="utf-8")
    for body, kind, key, code in (
        ("broken", "ActivityNotice", "chn/chen.key", "RULE_BROKEN"),
        ("notice", "ActivityNotice", "aus/anna.key", "NOT_ITS_POST"),
        ("notice", "ActivityNotice", "chn/node.key", "ROLE_NOT_ALLOWED"),
    ):
        assert ground.client("say", kind, f"{body}.json", "--to", A, "--key", key, status=1)["error"] == code


def served_by_the_client(ground: Ground) -> None:
    """Fetch and Deliver, called with the node's TLS identity: the client's Head, and what stands under it."""
    running = ground.begin("listen", "--seconds", "90", listens=True)
    fetched = call(ground, "Fetch", v1.FetchRequest(post=B, epoch=1, first=2, last=3))
    delivered = call(ground, "Deliver", v1.Frame(head=head_of_node(ground)))
    with pytest.raises(grpc.RpcError) as caught:
        call(ground, "Deliver", v1.Frame())
    assert (caught.value.code(), caught.value.details()) == (grpc.StatusCode.INVALID_ARGUMENT, "RULE_BROKEN")
    running.terminate()
    finished(running, -signal.SIGTERM)
    (frame,) = fetched
    head = v1.Head.FromString(frame.head.payload)
    (run,) = frame.links
    assert (head.log.post, run.first, run.first + len(run.links) - 1) == (B, 2, head.log.sequence)
    assert len(frame.statements) == 2
    assert v1.Head.FromString(delivered.head.payload).log == head.log


def call(ground: Ground, method: str, request: Message) -> Any:
    """One call of the client's service, as the node of AUS."""
    files = ("chn/fleet-watch-tls.pem", "aus/fleet-watch-tls.key", "aus/fleet-watch-tls.pem")
    tls = grpc.ssl_channel_credentials(*((ground.folder / name).read_bytes() for name in files))
    name = (("grpc.ssl_target_name_override", "fleet-watch.chn.hotline.invalid"),)
    with grpc.secure_channel(f"127.0.0.1:{ground.ports['CHN']}", tls, options=name) as channel:
        kind: Any = channel.unary_stream if method == "Fetch" else channel.unary_unary
        made = kind(f"/hotline.v1.HotlineService/{method}", type(request).SerializeToString, v1.Frame.FromString)
        answer = made(request, wait_for_ready=True, timeout=60)
        return list(answer) if method == "Fetch" else answer


def head_of_node(ground: Ground) -> v1.Envelope:
    """The newest Head that the node has made, from its transcript."""
    do(ground.desk, "transcript", "export", "--out", "transcript-early")
    rest, made = (ground.folder / "transcript-early").read_bytes(), v1.Envelope()
    while rest:
        size = int.from_bytes(rest[:4], "big")
        record, rest = v1.Record.FromString(rest[4 : 4 + size]), rest[4 + size :]
        if record.WhichOneof("fact") == "head_made":
            made = record.head_made
    return made


def transcripts_agree(ground: Ground, ref: str) -> None:
    """Each side's transcript holds for both verifiers, which say the same of it."""
    ground.script.run("client.mjs", "--config", "chn.yaml", "export", "transcript-chn", cwd=ground.folder)
    do(ground.desk, "transcript", "export", "--out", "transcript-aus")
    for name in ("transcript-chn", "transcript-aus"):
        ours = same_verdict(ground.script, ground.desk, ground.folder / name, ground.pin)
        assert ours["complete"]
        notice = next(message for message in ours["messages"] if message["digest"].startswith(ref))
        assert (notice["addressees"][0]["stage"], notice["addressees"][0]["value"]) == ("DONE", "DONE")
    compared = do(
        ground.desk, "transcript", "compare", "transcript-aus", "transcript-chn", "--pin", ground.pin, "--json"
    )
    assert json.loads(compared)["verdict"] == "AGREE"
    spoilt = bytearray((ground.folder / "transcript-chn").read_bytes())
    spoilt[5000] ^= 1
    (ground.folder / "spoilt").write_bytes(spoilt)
    refused = ground.script.run("transcript.mjs", ground.folder / "spoilt", "--pin", ground.pin, "--json", status=1)
    assert json.loads(refused)["code"] == "TRANSCRIPT_DIGEST"


def rolled_back(ground: Ground) -> None:
    """With an old journal the client learns from the node that it lost its newest records, and seals nothing."""
    shutil.move(ground.folder / "chn/journal.old", ground.folder / "chn/journal")
    refused = ground.client("say", "ActivityNotice", "notice.json", "--to", A, "--key", "chn/chen.key", status=1)
    assert refused["error"] == "ROLLED_BACK"


def test_transcripts_of_the_vectors_read_the_same(script: Script, ground: Ground) -> None:
    cases = [
        path.parent for path in VECTORS.glob("transcript-*/case.yaml") if "\nexpected: valid" in path.read_text("utf-8")
    ]
    assert len(cases) > 5
    for case in cases:
        same_verdict(script, ground.desk, case / "input.bin", "")


def same_verdict(script: Script, desk: Desk, path: Path, pin: str) -> dict[str, Any]:
    """What both verifiers say of one transcript, held against each other; the client's words."""
    pinned = ("--pin", pin) if pin else ()
    theirs = json.loads(do(desk, "transcript", "verify", path, *pinned, "--json"))
    ours: dict[str, Any] = json.loads(script.run("transcript.mjs", path, *pinned, "--json"))
    assert (ours["pinned"], ours["agreementDigest"]) == (theirs["trust"], theirs["agreement_digest"])
    assert (ours["exporter"], ours["complete"]) == (theirs["exporter"], theirs["complete"])
    logs = [(log["post"], log["epoch"], log["completeTo"], log["namedTo"], log["state"]) for log in ours["logs"]]
    assert logs == [
        (log["post"], log["epoch"], log["complete_to"], log["named_to"], log["state"]) for log in theirs["logs"]
    ]
    assert sorted(map(by_client, ours["messages"]), key=str) == sorted(map(by_command, theirs["messages"]), key=str)
    return ours


def by_client(message: dict[str, Any]) -> tuple[Any, ...]:
    """What is compared of a message."""
    place = (message["digest"][:12], message["post"], message["epoch"], message["sequence"], message["type"])
    return (*place, message["refused"], message["marks"], [highest(one) for one in message["addressees"]])


def by_command(message: dict[str, Any]) -> tuple[Any, ...]:
    place = (message["ref"], message["sender"], message["epoch"], message["sequence"], message["type"])
    return (*place, message["refused"], message["marks"], [highest(one) for one in message["stages"]])


def highest(one: dict[str, Any]) -> tuple[Any, ...]:
    """Highest proved stage of an addressee."""
    return (one["post"], one["stage"], one["value"], one["contradictory"])


def stages(message: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Value and verdict by stage, of the first addressee."""
    return {one["stage"]: (one["value"], one.get("verdict")) for one in message["addressees"][0]["stages"]}
