"""The bytes of a batch."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.journal.batches import chain, origin, pack, unpack


def test_records_stand_end_to_end_behind_their_lengths() -> None:
    assert pack([b"ab", b"", b"c"]) == b"\0\0\0\2ab\0\0\0\0\0\0\0\1c"


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_unpack_undoes_pack(records: list[bytes]) -> None:
    assert unpack(pack(records)) == records


@pytest.mark.parametrize("blob", [b"\0", b"\0\0\0", b"\0\0\0\1", b"\0\0\0\2a", b"\0\0\0\1ab", b"\xff\xff\xff\xff"])
def test_lengths_that_do_not_end_with_the_bytes_are_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match="past the end"):
        unpack(blob)


def test_the_chain_is_sha256_over_the_previous_digest_and_the_bytes() -> None:
    assert chain(b"\1" * 32, b"blob") == sha256(b"\1" * 32 + b"blob").digest()


def test_each_owner_begins_another_chain() -> None:
    owners = [("c", "AUS:x"), ("c", "AUS:y"), ("d", "AUS:x"), ("cA", "US:x")]
    assert len({origin(*owner) for owner in owners}) == len(owners)
