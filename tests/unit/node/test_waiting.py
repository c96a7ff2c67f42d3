"""Who may wait at the door, and what a hello is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.node.waiting import HELLO_BYTES_MAX, Room, is_whole_hello, origin_of

HELLO = b"\x16\x03\x01\x00\x04abcd"


def test_a_room_takes_in_as_many_as_it_has_places() -> None:
    room = Room[int](2)
    assert [room.enter(guest, "here") for guest in (1, 2)] == [None, None]
    assert list(room) == [1, 2]
    room.leave(1)
    room.leave(1)
    assert len(room) == 1


def test_whoever_holds_most_makes_room() -> None:
    room = Room[int](3)
    for guest, origin in ((1, "peer"), (2, "crowd"), (3, "crowd")):
        assert room.enter(guest, origin) is None
    assert room.enter(4, "crowd") == 2
    assert room.enter(5, "other") == 3
    assert list(room) == [1, 4, 5]


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=60))
def test_one_that_comes_alone_stays_whatever_others_do(crowd: list[str]) -> None:
    room = Room[int](4)
    room.enter(-1, "alone")
    turned_away = {room.enter(number, origin) for number, origin in enumerate(crowd)}
    assert -1 in list(room)
    assert -1 not in turned_away
    assert len(room) == min(4, 1 + len(crowd))


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_what_counts_as_one_address(host: str, origin: str) -> None:
    assert origin_of(host) == origin


def test_a_hello_is_whole_when_its_record_is() -> None:
    assert [is_whole_hello(HELLO[:count]) for count in range(len(HELLO) + 1)] == [False] * len(HELLO) + [True]
    assert is_whole_hello(HELLO + b"more")
    largest = b"\x16\x03\x03\x40\x00"
    assert not is_whole_hello(largest + bytes(HELLO_BYTES_MAX - len(largest) - 1))
    assert is_whole_hello(largest + bytes(HELLO_BYTES_MAX - len(largest)))


@pytest.mark.parametrize(
    "begun",
    [b"G", b"PRI * HTTP/2.0\r\n", b"\x16\x02", b"\x17\x03\x03", b"\x16\x03\x01\x00\x03", b"\x16\x03\x01\x40\x01"],
)
def test_what_begins_no_handshake_is_told_at_once(begun: bytes) -> None:
    with pytest.raises(ValueError, match="no "):
        is_whole_hello(begun)
