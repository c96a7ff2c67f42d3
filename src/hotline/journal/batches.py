"""The bytes of a batch and the digest that chains it to the batch before.

A batch is its records end to end, each preceded by its length as four bytes, big-endian. Its digest is SHA-256 over
the previous digest and these bytes, so that a changed, moved or exchanged batch shows. The first link of the chain is
made from the owner, so that a journal cannot be handed to another post by editing its owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from hotline.journal.errors import JournalStorageError

_LENGTH_BYTES = 4


def pack(records: Sequence[bytes]) -> bytes:
    """The records as one run of bytes. OverflowError for a record of 4 GiB or more."""
    return b"".join(part for record in records for part in (len(record).to_bytes(_LENGTH_BYTES, "big"), record))


def unpack(blob: bytes) -> list[bytes]:
    """The records of a batch; ValueError if the lengths do not end where the bytes do."""
    records = []
    position = 0
    while position < len(blob):
        start = position + _LENGTH_BYTES
        position = start + int.from_bytes(blob[position:start], "big")
        if start > len(blob) or position > len(blob):
            raise ValueError("a record runs past the end of its batch")
        records.append(blob[start:position])
    return records


def origin(channel_id: str, post: str) -> bytes:
    """What stands for the previous digest in front of the first batch."""
    return sha256(b"hotline/journal/1\x00" + pack([channel_id.encode(), post.encode()])).digest()


def chain(previous: bytes, blob: bytes) -> bytes:
    """Digest of the batch `blob` that follows the batch with digest `previous`."""
    return sha256(previous + blob).digest()


def checked(number: int, blob: bytes, digest: bytes, previous: bytes) -> list[bytes]:
    """The records of the stored batch `number`, which must follow the digest `previous`.

    Raises:
        JournalStorageError: JOURNAL_CORRUPT, naming the batch.
    """
    if chain(previous, blob) != digest:
        raise JournalStorageError("JOURNAL_CORRUPT", f"batch {number} is not what was written")
    try:
        return unpack(blob)
    except ValueError as error:
        raise JournalStorageError("JOURNAL_CORRUPT", f"batch {number}: {error}") from error
