"""What a paper would undo that was said already (REQ-AGR-5): a post's own side is told before the post takes it.

What peers bring is taken all the same: others act on it already.
"""

from __future__ import annotations

from hotline import v1
from hotline.protocol.envelope import digest_of, parse
from hotline.protocol.errors import UsageError
from hotline.protocol.instant import from_timestamp
from hotline.protocol.ledger import Ledger


def refuse_undoing(paper: v1.SignedAgreement | v1.Envelope, ledger: Ledger) -> None:
    """Silent if a paper lets everything stand that is held.

    Raises:
        UsageError: WOULD_DISAVOW.
        PeerDataError: SCAN_*, RULE_BROKEN, of a paper that is none.
    """
    if isinstance(paper, v1.Envelope):
        _refuse_closing_before_the_end(parse(paper.payload, v1.Directory), ledger)
    elif paper.envelopes and ledger.trust.revisions.by_digest(digest_of(paper.envelopes[0])) is None:
        _refuse_beginning_in_the_past(parse(paper.envelopes[0].payload, v1.Agreement), ledger)


def _refuse_beginning_in_the_past(revision: v1.Agreement, ledger: Ledger) -> None:
    """What was sealed since a revision began, under the one before, is refused by whoever judges it later."""
    from_ns = from_timestamp(getattr(revision.in_force, "from"))
    since = sum(entry.sealed_at_ns >= from_ns for entry in ledger.book.entries.values() if entry.sequence)
    if since:
        raise UsageError(
            "WOULD_DISAVOW",
            f"{since} statements were sealed since this revision begins, and would stand no longer: let it begin "
            "later, or say that they are to be disavowed",
        )


def _refuse_closing_before_the_end(directory: v1.Directory, ledger: Ledger) -> None:
    """What this post has sealed after the directory was made would be disavowed."""
    own = ledger.own
    for closure in directory.closures:
        behind = own.sequence - closure.last.sequence
        if (closure.last.post, closure.last.epoch) == (ledger.post, own.epoch) and behind > 0:
            raise UsageError(
                "WOULD_DISAVOW",
                f"{behind} statements that this node sealed after {closure.last.sequence} would be disavowed: make the "
                "directory again, or say that they are to be",
            )
