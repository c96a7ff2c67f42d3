"""The line at a glance, from what a node tells."""

from __future__ import annotations

from tests.kit import B
from tests.unit.cli.test_desk import AT, LATER

from hotline.cli.status import peer_row
from hotline.operator import v1 as operator


def test_a_peer_says_how_it_stands_since_when_and_why() -> None:
    row = peer_row(
        operator.PeerView(
            post=B,
            state="RADIO_SILENCE",
            since=AT,
            detail="until 211408Z, as it declared",
            staffed=False,
            on_watch=["bridge: chen"],
            tested_at=AT,
            outstanding=2,
            gaps=1,
            epoch=3,
            directory_version=4,
            radio_silence_until=LATER,
        )
    )
    assert (row.post, row.state, row.since.short, row.detail) == (
        B,
        "RADIO_SILENCE",
        "211358Z",
        "until 211408Z, as it declared",
    )
    assert (row.staffed, row.on_watch, row.tested.short) == (False, ("bridge: chen",), "211358Z")
    assert (row.outstanding, row.gaps, row.epoch, row.directory, row.silent_until.short) == (2, 1, 3, 4, "211408Z")


def test_whether_a_position_is_staffed_is_open_while_its_node_has_not_said() -> None:
    assert peer_row(operator.PeerView(post=B)).staffed is None
