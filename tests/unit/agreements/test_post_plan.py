"""A post's hours, the ways round it, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.agreements.conftest import NOW_NS, directory_plan, signer

from hotline import v1
from hotline.protocol.errors import HotlineError
from hotline.protocol.trust import Agreement

WAYS = """function: OPERATING
    level: UNIT
    hours: [{begin: "22:00", end: "06:00"}, {begin: "08:30", end: "24:00"}, {begin: "00:00", end: "00:00"}]
    alternates: [AUS:east-watch, AUS:west-watch]
    other_channels:
      - {medium: TELEPHONE, address: +61 2 5550 0000}
      - {medium: VHF, address: channel 16}
    superior: AUS:headquarters
"""


def made(folder: Path, agreement: Agreement, old: str = "", new: str = "") -> v1.Post:
    """The example's post with hours and ways round it."""

    def spoil(text: str) -> str:
        return text.replace("function: OPERATING", WAYS, 1).replace(old, new, 1)

    envelope = directory_plan(folder, spoil=spoil).envelope(agreement, signer(folder, "AUS", "registrar"), NOW_NS)
    return v1.Directory.FromString(envelope.payload).posts[0]


def test_hours_and_ways_round_a_post_are_listed(folder: Path, agreement: Agreement) -> None:
    post = made(folder, agreement)
    assert post.level == v1.LEVEL_UNIT
    spans = [(getattr(each, "from").seconds // 60, each.length.seconds // 60) for each in post.hours]
    assert spans == [(22 * 60, 8 * 60), (8 * 60 + 30, 15 * 60 + 30), (0, 24 * 60)]
    assert list(post.alternates) == ["AUS:east-watch", "AUS:west-watch"]
    assert [(each.medium, each.address) for each in post.other_channels] == [
        (v1.MEDIUM_TELEPHONE, "+61 2 5550 0000"),
        (v1.MEDIUM_VHF, "channel 16"),
    ]
    assert post.superior == "AUS:headquarters"


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ('"22:00"', '"22.00"', "INPUT_BAD_VALUE", "not a time of the day such as 08:30: 22.00"),
        ('"22:00"', '"24:01"', "INPUT_BAD_VALUE", "24:01"),
        ('"22:00"', '"8:00"', "INPUT_BAD_VALUE", "8:00"),
        ('"22:00"', '"08:60"', "INPUT_BAD_VALUE", "08:60"),
        ("medium: VHF", "medium: PIGEON", "INPUT_BAD_VALUE", "medium"),
        ("address: channel 16", "address: ''", "RULE_BROKEN", "other_channels"),
        ("AUS:east-watch, AUS:west-watch", "AUS:east-watch, AUS:east-watch", "RULE_BROKEN", "alternates"),
        ("level: UNIT", "level: GALACTIC", "INPUT_BAD_VALUE", "level"),
    ],
)
def test_ways_that_are_not_taken(folder: Path, agreement: Agreement, old: str, new: str, code: str, words: str) -> None:
    with pytest.raises(HotlineError) as refused:
        made(folder, agreement, old, new)
    assert refused.value.code == code
    assert words in refused.value.detail
