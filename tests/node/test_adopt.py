"""Directories and revisions that change while nodes run: each acts at once, on live streams."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from grpc import aio
from tests.kit import A, B, notice
from tests.node.line import PATIENCE_S, TestLine, make_line, stages, until
from tests.node.test_strangers import Stage, code_of, frames, talk

from hotline import v1
from hotline.agreements.build import key_of, sign_agreement, window
from hotline.agreements.following import Change, next_agreement, next_directory, rotate
from hotline.agreements.positions import Positions
from hotline.agreements.site import file_name
from hotline.keys import KeyLabel, Kind, Role, SoftSigner, TlsIdentity, issue_tls, save_pair
from hotline.node.client import OperatorClient
from hotline.node.replay import replay
from hotline.node.wire import EXCHANGE
from hotline.operator import v1 as operator
from hotline.protocol.errors import HotlineError
from hotline.protocol.instant import NS_PER_S

DAY_NS = 86_400 * NS_PER_S


@pytest.fixture
def line(folder: Path) -> TestLine:
    """Two posts in a folder of their own."""
    own = folder / f"line-{len(list(folder.iterdir()))}"
    own.mkdir()
    return make_line(own, A, B, speed=5)


async def open_line(node: OperatorClient) -> operator.DescribeResponse:
    """The line, once its first peer is connected."""
    return await until(node.describe, lambda line: line.peers[0].state == "OPEN")


def second(line: TestLine, party: str, *changes: Change) -> v1.Envelope:
    """The next version of a party's directory."""
    return next_directory(line.trust, party, line.rehearsal.registrars[party], time.time_ns(), *changes)


def new_officer(person: str, signer: SoftSigner) -> Change:
    """Another watch officer at the first post."""
    now_ns = time.time_ns()

    def change(words: v1.Directory) -> None:
        valid = window(now_ns - DAY_NS, now_ns + 5 * DAY_NS)
        words.posts[0].officers.add(person=person, key=key_of(signer), role="watch-officer", valid=valid)

    return change


def shows(*identities: TlsIdentity) -> Change:
    """The first post's node shows these certificates and no others."""

    def change(words: v1.Directory) -> None:
        words.posts[0].tls_certificates[:] = [identity.certificate_der for identity in identities]

    return change


def fresh_tls(post: str) -> TlsIdentity:
    return issue_tls(post, datetime.now(UTC) - timedelta(hours=1))


def with_keys(line: TestLine, post: str, node: SoftSigner, tls: TlsIdentity) -> dict[str, object]:
    """Fields of a configuration that names a second node key and a second TLS identity; the files are written."""
    name = file_name(post)
    label = KeyLabel("node-2", Kind.EXERCISE, Role.NODE, post.partition(":")[0], post)
    save_pair(line.folder / f"{name}-2.json", label, node)
    tls.save(line.folder / f"{name}-2.key", line.folder / f"{name}-2.pem")
    return {
        "node_key": [f"{name}.json", f"{name}-2.json"],
        "tls_key": [f"{name}.key", f"{name}-2.key"],
        "tls_certificate": [f"{name}.pem", f"{name}-2.pem"],
    }


async def heard(node: OperatorClient, digest: bytes, by: str) -> operator.MessageView:
    """A message, once the other side has receipted it."""
    return await until(lambda: node.show(digest), lambda view: stages(view, by).get("DELIVERED") == "RECEIVED")


async def test_a_new_officer_speaks_as_soon_as_the_directory_is_adopted(line: TestLine) -> None:
    eve = SoftSigner.generate()
    with line.start(A), line.start(B) as other:
        async with await line.connect(A) as node, await line.connect(B) as peer:
            await open_line(node)
            with pytest.raises(HotlineError, match="KEY_UNKNOWN"):
                await node.submit(line.say(A, notice("too early"), by=eve))
            version_2 = second(line, "AUS", new_officer("eve", eve))
            adopted = await node.adopt(version_2)
            assert (adopted.state, adopted.version) == ("ADOPTED", 2)
            assert (await node.adopt(version_2)).state == "KNOWN"
            sent = await node.submit(line.say(A, notice("from eve"), by=eve))
            await heard(node, sent.digest, B)
            assert (await peer.show(sent.digest)).signers[0].startswith("eve ")
            assert (await peer.describe()).peers[0].directory_version == 2
        assert other.stop() == 0


async def test_a_node_key_and_its_certificate_change_on_a_live_line(line: TestLine) -> None:
    node_key, tls = SoftSigner.generate(), fresh_tls(A)
    tape = "tape.jsonl"
    with line.start(A, tape=tape) as own, line.start(B) as other:
        async with await line.connect(A) as node, await line.connect(B) as peer:
            await open_line(node)
            before = await node.submit(line.say(A, notice("in epoch 1")))
            await heard(node, before.digest, B)
            last = Positions(await node.export()).newest(A, 1).position
            rotation = second(line, "AUS", rotate(A, last, node_key, time.time_ns()), shows(tls))
            with pytest.raises(HotlineError, match="CONFIG_INVALID: node_key: no file holds key"):
                await node.adopt(rotation)
            line.site.config(A, tape=tape, **with_keys(line, A, node_key, tls))
            assert (await node.adopt(rotation)).state == "ADOPTED"
            after = await node.submit(line.say(A, notice("in epoch 2")))
            await heard(node, after.digest, B)
            told = await open_line(node)
            assert (told.epoch, told.sequence >= 1, told.rolled_back) == (2, True, False)
            answer = await peer.submit(line.say(B, notice("back", contact=B)))
            await heard(peer, answer.digest, A)
            assert (await peer.describe()).peers[0].epoch == 2
        assert (own.stop(), other.stop()) == (0, 0)
    assert replay(line.folder / tape) is None


async def test_what_was_adopted_outlasts_a_restart_whatever_the_files_say(line: TestLine) -> None:
    eve = SoftSigner.generate()
    version_2 = second(line, "AUS", new_officer("eve", eve))
    with line.start(A) as first:
        async with await line.connect(A) as node:
            await node.adopt(version_2)
        first.kill()
    with line.start(A) as again:
        async with await line.connect(A) as node:
            assert len((await node.describe()).directories) == 3
            assert (await node.adopt(version_2)).state == "KNOWN"
        assert again.stop() == 0
    # The other node was down all the while; it finds the new version among its files when it starts.
    (line.folder / "aus-2.binpb").write_bytes(version_2.SerializeToString())
    files = ["directory-aus.binpb", "directory-chn.binpb"]
    with line.start(B) as first:
        await (await line.connect(B)).close()
        assert first.stop() == 0
    with line.start(B, directories=[*files, "aus-2.binpb"]) as other:
        async with await line.connect(B) as node:
            assert (await node.describe()).peers[0].directory_version == 2
        assert other.stop() == 0
    with line.start(B, directories=["aus-2.binpb", "directory-chn.binpb"]) as other:
        async with await line.connect(B) as node:
            assert len((await node.describe()).directories) == 3
        assert other.stop() == 0


async def test_a_revision_comes_into_force_on_a_live_line(line: TestLine) -> None:
    now_ns = line.clock.now().utc_ns

    def longer(words: v1.Agreement) -> None:
        words.in_force.CopyFrom(window(now_ns, now_ns + 60 * DAY_NS))
        words.line.heartbeat.seconds = 30

    payload = next_agreement(line.trust, longer)
    revision = sign_agreement(payload, {party: [line.rehearsal.roots[party]] for party in ("AUS", "CHN")})
    with line.start(A), line.start(B):
        async with await line.connect(A) as node, await line.connect(B) as peer:
            await open_line(node)
            half = v1.SignedAgreement(envelopes=revision.envelopes[:1])
            with pytest.raises(HotlineError, match="AGREEMENT_SIGNATURES"):
                await node.adopt(half)
            adopted = await node.adopt(revision)
            assert (adopted.state, adopted.version) == ("ADOPTED", 2)
            both = await until(peer.describe, lambda told: told.agreement_digest == adopted.digest)
            assert len(both.revisions) == 1
            line.trust.take_agreement(revision)
            sent = await node.submit(line.say(A, notice("under revision 2")))
            await heard(node, sent.digest, B)


@pytest.mark.threat("restore / rollback", defence="KEYS", measure="real nodes restored that went on in the next epoch")
async def test_a_node_restored_from_a_backup_goes_on_in_the_next_epoch(line: TestLine) -> None:
    node_key, tls = SoftSigner.generate(), fresh_tls(A)
    journal, backup = line.folder / f"{file_name(A)}.db", line.folder / "backup.db"
    with line.start(B) as other:
        with line.start(A) as own:
            async with await line.connect(A) as node:
                await open_line(node)
                kept = await node.submit(line.say(A, notice("kept")))
                await heard(node, kept.digest, B)
            assert own.stop() == 0
        shutil.copy(journal, backup)
        with line.start(A) as own:
            async with await line.connect(A) as node:
                await open_line(node)
                lost = await node.submit(line.say(A, notice("lost with the disk")))
                await heard(node, lost.digest, B)
            own.kill()
        for file in line.folder.glob(f"{journal.name}*"):
            file.unlink()
        shutil.copy(backup, journal)
        keys = with_keys(line, A, node_key, tls)
        with line.start(A, code="", **keys) as own:
            async with await line.connect(A) as node:
                told = await until(node.describe, lambda told: told.rolled_back)
                with pytest.raises(HotlineError, match="ROLLED_BACK"):
                    await node.submit(line.say(A, notice("too early")))
                named = Positions(await node.export()).newest(A, 1)
                assert (named.by, named.position.sequence > told.sequence) == (B, True)
                closing = rotate(A, named.position, node_key, time.time_ns(), v1.Closure.REASON_RESTORED)
                old = line.site.berths[A].tls
                await node.adopt(second(line, "AUS", closing, shows(old, tls)))
                again = await node.submit(line.say(A, notice("in epoch 2")))
                await heard(node, again.digest, B)
                told = await node.describe()
                assert (told.epoch, told.rolled_back) == (2, False)
                held = await until(node.list, lambda messages: len(messages) >= 3)
                assert {kept.digest, lost.digest, again.digest} <= {message.digest for message in held}
            assert own.stop() == 0
        assert other.stop() == 0
        assert "FORK" not in {event.get("code") for event in other.events()}


async def read_on(call: aio.StreamStreamCall[bytes, bytes]) -> None:
    """Read a stream to its end; AioRpcError if it does not end in order."""
    while await call.read() is not aio.EOF:
        pass


async def test_a_stream_ends_when_its_certificate_is_no_longer_listed(line: TestLine) -> None:
    old, new = line.site.berths[A].tls, fresh_tls(A)
    with line.start(B) as running:
        async with await line.connect(B) as node:
            stage = Stage(line, node)
            played = stage.endpoint(A)
            async with stage.channel(old) as channel:
                call: aio.StreamStreamCall[bytes, bytes] = channel.stream_stream(EXCHANGE)()
                for frame in frames(played):
                    await call.write(frame)
                await open_line(node)
                await node.adopt(second(line, "AUS", shows(new)))
                with pytest.raises(aio.AioRpcError) as ended:
                    await asyncio.wait_for(read_on(call), PATIENCE_S)
                assert code_of(ended.value) == "PIN_MISMATCH"
                await until(node.describe, lambda told: told.peers[0].state == "DOWN")
                # The connection outlives the stream; nothing more is taken on it.
                second_call: aio.StreamStreamCall[bytes, bytes] = channel.stream_stream(EXCHANGE)()
                assert await second_call.code() is grpc.StatusCode.INVALID_ARGUMENT
            async with stage.channel(old) as channel:
                with pytest.raises(aio.AioRpcError) as refused:
                    await talk(channel, stage.endpoint(A), line, lambda: False)
                assert code_of(refused.value) is None
            greeted = stage.endpoint(A)
            async with stage.channel(new) as channel:
                await talk(channel, greeted, line, lambda: greeted.confirmed)
        assert running.stop() == 0


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda words: words.ClearField("previous_digest"), "DIRECTORY_CHAIN|RULE_BROKEN"),
        (lambda words: setattr(words, "version", 3), "DIRECTORY_CHAIN"),
        (lambda words: setattr(words.posts[0].node, "epoch", 2), "EPOCH_CHAIN"),
    ],
)
async def test_a_directory_that_does_not_follow_is_refused(
    line: TestLine, spoil: Callable[[v1.Directory], object], code: str
) -> None:
    with line.start(A) as running:
        async with await line.connect(A) as node:
            with pytest.raises(HotlineError, match=code):
                await node.adopt(second(line, "AUS", lambda words: spoil(words)))
            assert len((await node.describe()).directories) == 2
        assert running.stop() == 0
