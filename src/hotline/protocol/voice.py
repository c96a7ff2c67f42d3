"""What a node says by itself: statements signed with its own key (REQ-ROLE-6)."""

from __future__ import annotations

from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import Instant
from hotline.protocol.signing import Signer
from hotline.protocol.statements import Draft, Examined, compose, examine, sign_statement
from hotline.protocol.trust import Trust


def speak(draft: Draft, trust: Trust, post: str, epoch: int, signer: Signer, nonce: bytes, now: Instant) -> Examined:
    """A statement of a node, signed and examined, to be sealed now.

    Raises:
        PeerDataError: every party would refuse it.
    """
    envelope = sign_statement(compose(draft, trust, post, nonce, now), signer)
    (found,) = examine([envelope], trust, post, epoch, now.stamp_ns)
    if isinstance(found, PeerDataError):
        raise found
    if found.judged.refusal is not None:
        raise found.judged.refusal
    return found
