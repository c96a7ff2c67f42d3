"""TLS certificates are held against directories and agreement when a connection is made, and as long as it stands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from grpc import aio
from tests.conftest import Figure
from tests.kit import A, B, C, notice
from tests.node.line import PATIENCE_S, TestLine, make_line, until
from tests.node.test_adopt import fresh_tls, heard, open_line, read_on, second, shows
from tests.node.test_strangers import Stage, code_of, frames, talk

from hotline import v1
from hotline.agreements.build import sign_agreement, window
from hotline.agreements.following import next_agreement
from hotline.agreements.site import file_name
from hotline.keys import TlsIdentity
from hotline.node.wire import EXCHANGE, SERVICE
from hotline.protocol.instant import NS_PER_S

DAY_NS = 86_400 * NS_PER_S
AT_ONCE_S = 10.0
"""Real seconds within which a stream must have ended: the next heartbeat would take longer."""


def fresh_line(folder: Path, *posts: str) -> TestLine:
    own = folder / f"pins-{len(list(folder.iterdir()))}"
    own.mkdir()
    return make_line(own, *posts, speed=5)


async def test_a_pin_taken_away_ends_the_line_at_once_and_only_the_new_certificate_comes_back(folder: Path) -> None:
    """Two real nodes, each calling the other. What A adopts closes both of its streams; B, which still shows the old
    certificate, does not come in again until it shows the one that is listed."""
    line, new = fresh_line(folder, A, B), fresh_tls(B)
    name = file_name(B)
    new.save(line.folder / f"{name}-2.key", line.folder / f"{name}-2.pem")
    changed = {"tls_key": f"{name}-2.key", "tls_certificate": f"{name}-2.pem"}
    with line.start(A) as own, line.start(B) as other:
        async with await line.connect(A) as node, await line.connect(B) as peer:
            await open_line(node)
            await open_line(peer)
            start = time.monotonic()
            await node.adopt(second(line, "CHN", shows(new)))
            await until(node.describe, lambda told: told.peers[0].state == "DOWN")
            await until(peer.describe, lambda told: told.peers[0].state == "DOWN")
            assert time.monotonic() - start < AT_ONCE_S

            async def lacks() -> bool:
                return "keys_wrong" in {event["event"] for event in other.events()}

            assert await until(lacks, bool), "B is told what it lacks"
            await asyncio.sleep(1.5)  # several attempts of either side
            assert (await node.describe()).peers[0].state == "DOWN"
        assert other.stop() == 0
        (line.folder / "chn-2.binpb").write_bytes(second(line, "CHN", shows(new)).SerializeToString())
        with line.start(B, **changed) as other:
            async with await line.connect(A) as node:
                await open_line(node)
                sent = await node.submit(line.say(A, notice()))
                await heard(node, sent.digest, B)
            assert (own.stop(), other.stop()) == (0, 0)


def without(line: TestLine, post: str, from_ns: int) -> v1.SignedAgreement:
    """The next revision, which leaves a post's party out from an instant on; every party of the first signs it."""

    def change(words: v1.Agreement) -> None:
        (party,) = [party for party in words.parties if post.startswith(f"{party.id}:")]
        words.parties.remove(party)
        words.in_force.CopyFrom(window(from_ns, from_ns + 20 * DAY_NS))

    payload = next_agreement(line.trust, change)
    return sign_agreement(payload, {party: [root] for party, root in line.rehearsal.roots.items()})


async def test_a_party_that_has_left_is_cut_off_when_the_revision_comes_into_force(folder: Path) -> None:
    line = fresh_line(folder, A, B, C)
    with line.start(B) as running:
        async with await line.connect(B) as node:
            stage = Stage(line, node)
            played, certificate = stage.endpoint(C), line.site.berths[C].tls
            async with stage.channel(certificate) as channel:
                call: aio.StreamStreamCall[bytes, bytes] = channel.stream_stream(EXCHANGE)()
                for frame in frames(played):
                    await call.write(frame)
                await until(node.describe, lambda told: any(peer.state == "OPEN" for peer in told.peers))
                leaves_ns = line.clock.now().utc_ns + 15 * NS_PER_S
                await node.adopt(without(line, C, leaves_ns))
                cut = call.done()
                assert not cut or line.clock.now().utc_ns >= leaves_ns, "it has not left yet"
                with pytest.raises(aio.AioRpcError) as ended:
                    await asyncio.wait_for(read_on(call), PATIENCE_S)
                assert code_of(ended.value) == "PIN_MISMATCH"
                late_s = (line.clock.now().utc_ns - leaves_ns) / NS_PER_S / 5
                assert 0 <= late_s < AT_ONCE_S
            async with stage.channel(certificate) as channel:
                with pytest.raises(aio.AioRpcError) as refused:
                    await talk(channel, stage.endpoint(C), line, lambda: False)
                assert code_of(refused.value) is None, "TLS does not let it in"
            still = stage.endpoint(A)
            async with stage.as_post(A) as channel:
                await talk(channel, still, line, lambda: still.confirmed)
        assert running.stop() == 0


class Impostor:
    """Listens at a node's address, under a certificate of the test's choice, and counts who talks to it."""

    def __init__(self, line: TestLine, post: str, shown: TlsIdentity) -> None:
        self.calls = 0
        pair = (shown.private_key_pem, shown.certificate_pem)
        callers = line.site.berths[B].tls.certificate_pem
        credentials = grpc.ssl_server_credentials([pair], callers, require_client_auth=True)
        self.server = aio.server(options=[("grpc.so_reuseport", 0)])
        handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            "Exchange": grpc.stream_stream_rpc_method_handler(self.exchange)
        }
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        self.server.add_secure_port(line.site.berths[post].address, credentials)

    async def exchange(self, frames: AsyncIterator[bytes], context: aio.ServicerContext[bytes, bytes]) -> None:
        """Somebody has taken the certificate for the node's."""
        self.calls += 1

    async def __aenter__(self) -> Impostor:
        await self.server.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.server.stop(0)


@pytest.mark.threat(
    "masquerade / key misuse", defence="ID", measure="streams opened to a certificate that is not listed"
)
async def test_who_shows_another_certificate_later_is_not_talked_to(folder: Path, figure: Figure) -> None:
    """The line to A stood; then another answers at its address. B calls again and again, and talks to nobody but who
    shows the certificate that is listed."""
    line = fresh_line(folder, A, B)
    with line.start(B) as other:
        async with await line.connect(B) as peer:
            with line.start(A) as own:
                await open_line(peer)
                assert own.stop() == 0
            async with Impostor(line, A, fresh_tls(A)) as impostor:

                async def closed() -> str:
                    return str([event["detail"] for event in other.events() if event["event"] == "line_closed"])

                await until(closed, lambda told: "CERTIFICATE_VERIFY_FAILED" in told)
                assert impostor.calls == 0
                figure(impostor.calls)
            async with Impostor(line, A, line.site.berths[A].tls) as listed:

                async def calls() -> int:
                    return listed.calls

                assert await until(calls, bool) > 0, "the very same, but for its certificate"
        assert other.stop() == 0
