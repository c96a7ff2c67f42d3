"""The core's views in the operator service's words."""

from __future__ import annotations

import pytest
from tests.kit import START_NS, A, B, Net, notice

from hotline import v1
from hotline.node.views import message
from hotline.protocol.instant import NS_PER_S, to_timestamp

UNTIL = to_timestamp(START_NS + 600 * NS_PER_S)


@pytest.mark.parametrize(("answered", "verdict"), [(False, "WAITING"), (True, "IN_TIME")])
def test_what_a_stage_makes_somebody_wait_for_is_told(answered: bool, verdict: str) -> None:
    net = Net(A, B)
    sent = net.say(A, notice(), asks="DECIDED")
    deferred = v1.Decision(value=v1.Decision.VALUE_DEFERRED, reason="the fleet is asked", deferred_until=UNTIL)
    said = net.ack(B, sent.digest, deferred)
    if answered:
        net.go(60)
        net.ack(B, sent.digest, v1.Decision(value=v1.Decision.VALUE_ACCEPTED))
    (ladder,) = message(net[A], net.entry(A, sent.digest), net.now).addressees
    (further,) = ladder.further
    assert (further.timer, further.post, further.stage) == ("TIMER-DEFERRED", B, v1.STAGE_DECIDED)
    assert (further.deadline, further.verdict, further.statement) == (UNTIL, verdict, said.digest)
    assert (further.after_ms, further.HasField("after_ms")) == ((60_000, True) if answered else (0, False))
