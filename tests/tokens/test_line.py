"""Officer's and node's keys in a token, on a line of real nodes: commands sign with it, a node speaks with it, and what
they said verifies offline. A token that is slow or gone costs nobody a place in the log."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Figure
from tests.kit import A, B, notice
from tests.node.commands import Desk, answered, say, values, wait
from tests.node.line import PATIENCE_S, TestLine, delivered, make_line, until
from tests.tokens.conftest import Tokens, settings

from hotline.keys import KeyLabel, Kind, Role, SoftSigner, TokenAddress, TokenSigner, open_token, save_pair
from hotline.keys.token import Pair
from hotline.protocol.evidence import verify_transcript
from hotline.protocol.signing import Signer

# Draws of a rehearsal of two posts: two roots, two registrars, two nodes, then the officers of the first post.
NODE_OF_A, FIRST_OFFICER_OF_A = 4, 6


@pytest.fixture(scope="module")
def line(folder: Path, tokens: Tokens) -> TestLine:
    """A line on which the node and the first officer of A have their keys in a token, made by the command."""
    with Desk(folder, folder / "none", folder / "none") as desk:
        label = ("--kind", "exercise", "--party", "AUS", "--post", A, "--json")
        for name, role in (("node", "node"), ("officer-1", "officer")):
            place = tokens.address("aus", name)
            done = desk("keys", "new", name, "--role", role, "--token", place, *label)
            assert (done.status, done.json["private_file"]) == (0, None), done
            again = desk("keys", "new", name, "--role", role, "--token", place, "--out", "again", "--existing", *label)
            assert again.json["digest"] == done.json["digest"]

    def key(number: int) -> Signer:
        name = {NODE_OF_A: "node", FIRST_OFFICER_OF_A: "officer-1"}.get(number)
        return SoftSigner.generate() if name is None else signer(tokens, name)

    return make_line(folder, A, B, key=key)


def signer(tokens: Tokens, name: str) -> TokenSigner:
    """The signer of a key in the first token."""
    return open_token(TokenAddress.parse(tokens.address("aus", name)), lambda _: b"")


@pytest.fixture(scope="module")
def desks(line: TestLine, folder: Path, tokens: Tokens) -> Iterator[tuple[Desk, Desk, Desk]]:
    """An officer of A with a token, another of A with a file, and one of B, on running nodes."""
    for post, person in ((A, "officer-2"), (B, "officer-1")):
        party = post.partition(":")[0]
        held = line.rehearsal.officers[post][person]
        assert isinstance(held, SoftSigner)
        label = KeyLabel(person, Kind.EXERCISE, Role.OFFICER, party, post)
        save_pair(folder / f"{party}-{person}.key", label, held)
    sockets = line.site.operator_socket(A), line.site.operator_socket(B)
    with (
        line.start(A, node_key=tokens.address("aus", "node")),
        line.start(B),
        Desk(folder, sockets[0], tokens.address("aus", "officer-1")) as token,
        Desk(folder, sockets[0], folder / "AUS-officer-2.key") as file,
        Desk(folder, sockets[1], folder / "CHN-officer-1.key") as other,
    ):
        wait(lambda: token("status", "--json"), lambda told: told["peers"][0]["state"] == "OPEN")
        yield token, file, other


def sent(desk: Desk, folder: Path) -> str:
    """A notice by an officer; its ref."""
    draft = folder / f"draft-{time.monotonic_ns()}.yaml"
    draft.write_text(desk("compose", "ActivityNotice", "--example").out, encoding="utf-8")
    return say(desk, str(draft))


def test_a_message_signed_in_a_token_is_exchanged_and_verified(
    desks: tuple[Desk, Desk, Desk], line: TestLine, folder: Path
) -> None:
    token, _, other = desks
    ref = sent(token, folder)
    shown = wait(lambda: other("show", ref, "--json"), lambda told: "DELIVERED" in values(told))
    assert shown["signers"] == ["officer-1 (watch-officer)"]
    assert other("ack", ref, "--stage", "accept", "--json").status == 0
    answered(token, ref, "DECIDED", "ACCEPTED")
    pin = line.trust.agreement.digest
    for desk, name in ((token, "transcript-a"), (other, "transcript-b")):
        assert desk("transcript", "export", "--out", name).status == 0
        assert desk("transcript", "verify", name, "--pin", pin.hex(), "--json").json["pinned"] is True
        proved = verify_transcript((folder / name).read_bytes(), pin).messages
        (message,) = [each for each in proved if each.digest.hex().startswith(ref)]
        assert message.signers == ("officer-1 (watch-officer)",)


def test_a_token_that_is_absent_costs_no_place(
    desks: tuple[Desk, Desk, Desk],
    line: TestLine,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tokens: Tokens,
) -> None:
    _, file, _ = desks
    before = file("status", "--json").json["sequence"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(settings(tmp_path)))
        with Desk(folder, line.site.operator_socket(A), tokens.address("aus", "officer-1")) as without:
            draft = folder / "absent.yaml"
            draft.write_text(file("compose", "ActivityNotice", "--example").out, encoding="utf-8")
            done = without("send", str(draft), "--json")
    assert (done.status, done.json["code"]) == (2, "KEY_TOKEN")
    assert file("status", "--json").json["sequence"] == before
    sent(file, folder)
    assert file("status", "--json").json["sequence"] == before + 1


class Slow:
    """A key in the token, whose answer comes when the test lets it."""

    def __init__(self, pair: Pair) -> None:
        self.public_key, self._pair = pair.public_key, pair
        self.answers = threading.Event()
        self.answers.set()

    def sign(self, message: bytes) -> bytes:
        assert self.answers.wait(PATIENCE_S)
        return self._pair.sign(message)


@pytest.mark.threat("delay", defence="TMO", measure="places in a log held by a token that was slow")
async def test_a_token_that_is_slow_costs_no_place(
    desks: tuple[Desk, Desk, Desk], line: TestLine, tokens: Tokens, figure: Figure
) -> None:
    """While an officer's token takes its time, another officer's FLASH is signed, sealed and delivered; then the slow
    one gets the next place."""
    pair = Slow(signer(tokens, "officer-1"))
    slow = TokenSigner(pair, "slow", answer_s=PATIENCE_S)
    pair.answers.clear()
    other = line.rehearsal.officers[A]["officer-2"]
    async with await line.connect(A) as node:
        waiting = asyncio.create_task(asyncio.to_thread(line.say, A, notice(), by=slow))
        first = await node.submit(line.say(A, notice(), precedence="FLASH", by=other))
        await until(lambda: node.show(first.digest), lambda shown: delivered([shown], B) == 1)
        assert not waiting.done(), "the FLASH was delivered while the token had not answered yet"
        pair.answers.set()
        second = await node.submit(await waiting)
        assert second.sequence == first.sequence + 1
        figure(second.sequence - first.sequence - 1)


def test_a_node_whose_token_is_gone_stops_and_comes_back_whole(
    desks: tuple[Desk, Desk, Desk], line: TestLine, folder: Path, tokens: Tokens
) -> None:
    """Last in this file: it takes the tokens away while the node runs. What was not signed took no place."""
    _, file, other = desks
    (running,) = [process for process in line.started if process.log.name.startswith("aus")]
    before = file("status", "--json").json["sequence"]
    present, away = tokens.folder / "tokens", tokens.folder / "away"
    present.rename(away)
    draft = folder / "gone.yaml"
    draft.write_text(file("compose", "ActivityNotice", "--example").out, encoding="utf-8")
    assert file("send", str(draft), "--json").json["code"] in {"NOT_DURABLE", "NODE_UNREACHABLE"}
    assert running.running.wait(timeout=PATIENCE_S) == 1
    (failed,) = [event for event in running.events() if event["event"] == "failed"]
    assert failed["code"] == "KEY_TOKEN"
    away.rename(present)
    with line.start(A, node_key=tokens.address("aus", "node")) as again:
        wait(lambda: file("status", "--json"), lambda told: told["peers"][0]["state"] == "OPEN")
        assert file("status", "--json").json["sequence"] == before
        ref = say(file, str(draft))
        wait(lambda: other("show", ref, "--json"), lambda told: "DELIVERED" in values(told))
        assert file("status", "--json").json["sequence"] == before + 1
        assert again.stop() == 0
