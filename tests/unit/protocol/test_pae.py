"""Pre-authentication encoding against the worked example of the DSSE specification, and its edges."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from hotline.protocol.pae import digest, pae, sha256


def test_worked_example_of_the_dsse_specification() -> None:
    encoded = pae("http://example.com/HelloWorld", b"hello world")
    assert encoded == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_type_is_counted_in_bytes_not_characters() -> None:
    assert pae("é潜", b"") == b"DSSEv1 5 \xc3\xa9\xe6\xbd\x9c 0 "


def test_payload_goes_in_as_it_is() -> None:
    assert pae("t", b"\x00 %d \xff") == b"DSSEv1 1 t 6 \x00 %d \xff"


def test_digest_is_sha256_of_the_encoding() -> None:
    assert digest("t", b"ab") == hashlib.sha256(b"DSSEv1 1 t 2 ab").digest() == sha256(b"DSSEv1 1 t 2 ab")


@given(st.text(), st.binary(), st.text(), st.binary())
def test_no_two_pairs_share_an_encoding(kind: str, payload: bytes, other_kind: str, other: bytes) -> None:
    assert (pae(kind, payload) == pae(other_kind, other)) == ((kind, payload) == (other_kind, other))


@given(st.text(alphabet="1 a"), st.binary(max_size=4))
def test_moving_the_border_between_type_and_payload_changes_the_encoding(kind: str, payload: bytes) -> None:
    moved = kind + " ", payload
    assert pae(kind, b" " + payload) != pae(*moved)
