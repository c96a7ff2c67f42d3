"""What the core wants done, in order: journal first, then send, then tell.

A driver may group batches, committing the journal effects of several before sending for any of them; it never lets a
`Send` overtake a `Journal` that came before it. A failed journal write ends the Endpoint (spec 03, REQ-DUR-1).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Journal:
    """Make `record` (a serialised v1.Record) durable."""

    record: bytes


@dataclass(frozen=True, slots=True)
class Send:
    """Send `frame` (a serialised v1.Frame) to the post `peer`; it may be lost."""

    peer: str
    frame: bytes


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask `peer` for links and bodies `first`..`last` of `post`'s log; feed what comes to `receive`."""

    peer: str
    post: str
    epoch: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Changed:
    """What is known of the message `digest` has changed; show it again."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a watch officer must notice.

    Attributes:
        code: stable; DEADLINE_EXPIRED, REFUSED_HERE, UNREADABLE, NOT_SEALED, CONTRADICTED, FORK, SUSPECTED,
            ROLLED_BACK, NO_KEY_FOR_EPOCH, DISAVOWED, AGREEMENT_CHANGED, AGREEMENT_FORK, DIRECTORY_CHANGED,
            DIRECTORY_FORK, PEER_SILENT, PEER_BACK; and of the node: FLASH_RATE, STORAGE_LOW, STORAGE_BACK.
        digest: the statement it is about, or empty.
        post: the post it is about, or empty.
        detail: words for a person.
    """

    code: str
    digest: bytes
    post: str
    detail: str


@dataclass(frozen=True, slots=True)
class Rewire:
    """Posts, their endpoints or their TLS certificates have changed: compare every stream with the Endpoint's trust,
    and close, open and pin anew. Comes after what was still to be sent on the old ones (REQ-DIR-4)."""


Effect = Journal | Send | Fetch | Rewire | Changed | Alert
