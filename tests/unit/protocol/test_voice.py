"""What a node says by itself, signed with its own key (REQ-ROLE-6)."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message
from tests.kit import START, A, B, C, notice
from tests.unit.protocol.handmade import channel, trust

from hotline import v1
from hotline.protocol.errors import PeerDataError
from hotline.protocol.statements import Draft, Examined
from hotline.protocol.voice import speak

QUERY = v1.QueryAck(subject=bytes(32), post=B, stage=v1.STAGE_READ, number=1)


def spoken(body: Message, by: str = A, epoch: int = 1) -> Examined:
    draft = Draft(body, [B], v1.PRECEDENCE_FLASH)
    return speak(draft, trust(), A, epoch, channel().nodes[by], bytes(16), START)


def test_a_node_signs_what_nodes_say() -> None:
    said = spoken(QUERY).judged.said
    assert said is not None
    assert (said.body, said.header.from_post, said.signers) == (QUERY, A, ("node",))


@pytest.mark.parametrize(
    ("body", "by", "epoch", "code"),
    [
        (notice(), A, 1, "ROLE_NOT_ALLOWED"),
        (QUERY, C, 1, "NOT_ITS_POST"),
        (QUERY, A, 2, "CERTIFICATE_EXPIRED"),
        (v1.QueryAck(post=B), A, 1, "RULE_BROKEN"),
    ],
    ids=["what officers say", "another node", "another epoch", "what breaks a rule"],
)
def test_what_every_party_would_refuse_is_not_said(body: Message, by: str, epoch: int, code: str) -> None:
    with pytest.raises(PeerDataError) as refused:
        spoken(body, by, epoch)
    assert refused.value.code == code
