"""The hybrid profile on real nodes: every key has two halves, every signature is both, and neither half goes alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from grpc import aio
from tests.conftest import Figure
from tests.kit import A, B, notice
from tests.node.line import TestLine, make_line, stages, until
from tests.node.test_adopt import heard, open_line, second
from tests.node.test_strangers import Stage, code_of, deliver, frames

from hotline import v1
from hotline.agreements.build import key_of
from hotline.keys import HybridSigner, SoftSigner
from hotline.node.replay import replay
from hotline.protocol.errors import HotlineError
from hotline.protocol.evidence import verify_transcript
from hotline.protocol.signing import Algorithm

HALF = 64
SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "without ML-DSA": lambda sig: sig[:HALF],
    "without Ed25519": lambda sig: sig[HALF:],
    "swapped": lambda sig: sig[HALF:] + sig[:HALF],
    "zeroes for ML-DSA": lambda sig: sig[:HALF] + bytes(len(sig) - HALF),
    "zeroes for Ed25519": lambda sig: bytes(HALF) + sig[HALF:],
}


@pytest.fixture
def line(folder: Path) -> TestLine:
    """Two posts whose every key is hybrid, roots to officers."""
    own = folder / f"hybrid-{len(list(folder.iterdir()))}"
    own.mkdir()
    return make_line(own, A, B, speed=5, key=lambda _: HybridSigner.generate())


async def test_messages_are_exchanged_answered_proved_and_replayed(line: TestLine) -> None:
    tape = "tape.jsonl"
    with line.start(A, tape=tape) as own, line.start(B) as other:
        async with await line.connect(A) as node, await line.connect(B) as peer:
            await open_line(node)
            said = line.say(A, notice(), asks="DECIDED")
            assert [len(signature.sig) for signature in said.signatures] == [3373]
            sent = await node.submit(said)
            await heard(node, sent.digest, B)
            body = v1.Acknowledgement(subject=sent.digest, read=v1.Read())
            await peer.submit(line.say(B, body, A, thread=sent.digest))
            await until(lambda: node.show(sent.digest), lambda view: stages(view, B).get("READ") == "READ")
            transcripts = [await node.export(), await peer.export()]
        assert (own.stop(), other.stop()) == (0, 0)
    for transcript in transcripts:
        evidence = verify_transcript(transcript, line.trust.agreement.digest)
        (message,) = [each for each in evidence.messages if each.digest == sent.digest]
        assert message.signers == ("officer-1 (watch-officer)",)
    assert replay(line.folder / tape) is None


@pytest.mark.threat(
    "downgrade / algorithm", defence="SIG", measure="Heads and statements with half a signature, refused"
)
async def test_a_signature_without_a_half_is_refused(line: TestLine, figure: Figure) -> None:
    """An officer's statement, handed to the own node; and a node's Head, brought by a peer."""
    with line.start(B) as running:
        async with await line.connect(B) as node:
            stage = Stage(line, node)
            for what, spoil in SPOILT.items():
                said = line.say(B, notice(contact=B))
                said.signatures[0].sig = spoil(said.signatures[0].sig)
                with pytest.raises(HotlineError, match="SIGNATURE_INVALID"):
                    await node.submit(said)
                (data,) = frames(stage.endpoint(A))
                frame = v1.Frame.FromString(data)
                frame.head.signatures[0].sig = spoil(frame.head.signatures[0].sig)
                async with stage.as_post(A) as channel:
                    with pytest.raises(aio.AioRpcError) as refused:
                        await deliver(channel, frame.SerializeToString())
                    assert code_of(refused.value) == "SIGNATURE_INVALID", what
                    assert v1.Frame.FromString(await deliver(channel, data)).head.payload, "the honest one is taken"
        assert running.stop() == 0
    figure(2 * len(SPOILT))


async def test_no_party_lists_a_weaker_key(line: TestLine) -> None:
    weak = key_of(SoftSigner.generate())
    with line.start(A) as running:
        async with await line.connect(A) as node:

            def change(words: v1.Directory) -> None:
                words.posts[0].officers[0].key.CopyFrom(weak)

            with pytest.raises(HotlineError, match="KEY_ALGORITHM"):
                await node.adopt(second(line, "AUS", change))
            assert line.trust.agreement.algorithm is Algorithm.ED25519_ML_DSA_65
        assert running.stop() == 0
