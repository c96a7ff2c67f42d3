"""Reading a journal back: each record is taken by the same methods of the ledger as when it was made."""

from __future__ import annotations

from hotline import v1
from hotline.protocol import heads
from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import NS_PER_MS, Instant
from hotline.protocol.ledger import Ledger
from hotline.protocol.statements import Judged, judge, verify_statement


def replay(ledger: Ledger, record: v1.Record, now: Instant) -> None:
    """Apply one record read back from the journal.

    Raises:
        PeerDataError, UsageError: it does not verify under what was recorded before it.
    """
    at_ns, which = record.at.ToNanoseconds(), record.WhichOneof("fact")
    if which == "agreement":
        ledger.agreement(record.agreement)
    elif which == "directory":
        ledger.directory(record.directory)
    elif which == "links":
        _replay_links(ledger, record.links, at_ns, now)
    elif which == "statement":
        _replay_statement(ledger, record.statement, at_ns, now)
    elif which == "waiting":
        signed = verify_statement(record.waiting, ledger.trust)
        judged = judge(signed, ledger.trust, ledger.post, ledger.own.epoch, at_ns)
        ledger.wait(judged, record.waiting, signed.digest, at_ns)
    elif which == "head_made":
        ledger.head_made(record.head_made)
    elif which == "head_held":
        opened = heads.open_head(record.head_held, ledger.trust, ledger.post, None)
        ledger.head_held(opened)
        ledger.receipts(opened, at_ns)
    elif which == "verdict":
        ledger.verdict(record.verdict)
    elif which == "shown":
        ledger.shown(ledger.book.find(record.shown.statement_digest), record.shown.position, at_ns)
    elif which == "rival":
        ledger.rivals.add(record.rival.digest)
    elif which == "fork":
        second = heads.open_head(record.fork.second, ledger.trust, ledger.post, None)
        ledger.fork(record.fork, second, at_ns, now)


def _replay_links(ledger: Ledger, run: v1.LinkRun, at_ns: int, now: Instant) -> None:
    history = ledger.histories.get(run.post)
    log = history.main(run.epoch) if history else None
    if log is None or run.first != log.sequence + 1:
        raise PeerDataError("LINKS_GAP", f"recorded links of {run.post} from {run.first} follow nothing recorded")
    ledger.links(run.post, run.links, at_ns, now, log)


def _replay_statement(ledger: Ledger, held: v1.HeldStatement, at_ns: int, now: Instant) -> None:
    signed = verify_statement(held.envelope, ledger.trust)
    log = ledger.histories[held.post].holding(held.epoch, held.sequence, signed.digest)
    sealed_at_ns = log.links[held.sequence - 1].sealed_at_ms * NS_PER_MS
    judged = judge(signed, ledger.trust, held.post, held.epoch, sealed_at_ns)
    if held.refused:
        judged = Judged(None, PeerDataError(held.refused, "as recorded"), judged.statement)
    ledger.statement(judged, held.envelope, held.post, held.sequence, at_ns, now, held.unstaffed, log)
