"""A node that lost its newest records, however many, never says another thing at a place its peer knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kit import A, B, Net, notice

from hotline import v1
from hotline.protocol.errors import UsageError

# Many small examples in one test: a loaded machine may take its time.
pytestmark = pytest.mark.timeout(600)


def known_to(net: Net, post: str) -> int:
    """How far A's log reaches in this post's journal."""
    records = map(v1.Record.FromString, net.journal(post))
    runs = [record.links for record in records if record.HasField("links") and record.links.post == A]
    return max((run.first + len(run.links) - 1 for run in runs), default=0)


@pytest.mark.threat("restore / rollback", defence="LOG", measure="drawn rollbacks, noticed or nobody's")
@given(said=st.lists(st.sampled_from([A, B]), max_size=6), lost=st.integers(0, 40), waits=st.booleans())
def test_lost_records_are_noticed_or_were_nobodys(said: list[str], lost: int, waits: bool) -> None:
    net = Net(A, B)
    for number, post in enumerate(said):
        net.say(post, notice(str(number)))
    net.restart(A, keep=max(0, len(net.journal(A)) - lost))
    if waits:
        net.say(A, notice("while the line is down"))
    behind = known_to(net, A) < known_to(net, B)
    net.connect()
    assert net[A].rolled_back is behind
    if behind:
        with pytest.raises(UsageError, match="ROLLED_BACK"):
            net.say(A, notice("again"))
    else:
        assert net.say(A, notice("again")).state == "SEALED"
    net.go(100)
    assert net.errors == []
    assert not net[B].peers[A].forked
