"""Errors of the protocol, in three families, each with a stable code.

    HotlineError
    +-- PeerDataError    what the other side sent is wrong; nothing of it was taken
    +-- TransportError   the way there failed; the outcome is unknown and the sender tries again
    +-- UsageError       the caller misused us; nothing was changed

The code is what refusals (`Refusal`), gRPC status details, the command line and the specification share
(spec 02, section "Codes"). The detail is for people and may change.
"""

from __future__ import annotations


class HotlineError(Exception):
    """Base of every error this project raises on purpose. `code` is stable, `detail` is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class PeerDataError(HotlineError):
    """The other side's bytes are wrong: malformed, forged, of another channel, out of date."""


class TransportError(HotlineError):
    """The transport or the storage failed: the outcome is unknown or nothing happened; never "refused"."""


class UsageError(HotlineError):
    """The local caller asked for something the protocol or the agreement does not allow."""
