"""Protobuf bytes that no honest encoder writes."""

from __future__ import annotations


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(found + bytes((value,)))


def number(field: int, value: int) -> bytes:
    """A varint field."""
    return varint(field << 3) + varint(value)


def chunk(field: int, value: bytes) -> bytes:
    """A field with its length."""
    return varint(field << 3 | 2) + varint(len(value)) + value
