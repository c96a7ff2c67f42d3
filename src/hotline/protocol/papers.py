"""Papers: revisions of the agreement and versions of directories on their way in, in a Frame or from the party.

Each is taken by itself, before the Head of its Frame, which may be signed by a key that only they list (REQ-DIR-3). One
that does not verify changes a counter and nothing else; of two with one number the first taken stays (REQ-AGR-4,
REQ-DIR-2), and the watch is alarmed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from hotline import v1
from hotline.protocol.agreements import AnotherLineError
from hotline.protocol.effects import Alert
from hotline.protocol.envelope import digest_of
from hotline.protocol.errors import HotlineError
from hotline.protocol.heads import AnotherRevisionError, another_revision
from hotline.protocol.ledger import Ledger, News

AGREEMENTS_MAX, DIRECTORIES_MAX = 16, 64
_FORKS = frozenset({"AGREEMENT_FORK", "DIRECTORY_FORK"})


@dataclass(frozen=True, slots=True)
class Adopted:
    """What became of a revision or a directory: ADOPTED, or KNOWN before; with its revision or version."""

    digest: bytes
    state: str
    version: int


class Papers:
    """Takes papers into the ledger; what it makes durable it hands to `record`.

    Attributes:
        fresh: whether any were taken since this was last emptied.
        news: facts that count again by them, since then.
    """

    def __init__(self, ledger: Ledger, record: Callable[[v1.Record], None], counters: Counter[str]) -> None:
        self.fresh = False
        self.news: News = []
        self._ledger, self._record, self._counters = ledger, record, counters

    def take(self, frame: v1.Frame) -> None:
        """Take what a Frame brings, each by itself and in order."""
        papers: list[v1.SignedAgreement | v1.Envelope] = [*frame.agreements, *frame.directories]
        for paper in papers:
            try:
                self.adopt(paper)
            except HotlineError as error:
                self._counters[error.code] += 1

    def compare(self, head: v1.Head) -> bool:
        """Alarm that a peer's Head lists another directory of a version that is held here (REQ-DIR-2), or another
        revision of the agreement (REQ-AGR-4); whether that is new, so that the Head is kept."""
        known, fork = len(self._ledger.rivals), another_revision(head.log.post, head, self._ledger.trust)
        if fork is not None:
            self.forked(fork)
        for listed in head.directories:
            ours = self._ledger.trust.digest_of(listed.party, listed.version)
            if ours is not None and ours != listed.digest:
                detail = f"{head.log.post} holds another version {listed.version} of the directory of {listed.party}"
                self._rival(listed.digest, Alert("DIRECTORY_FORK", b"", head.log.post, detail))
        return len(self._ledger.rivals) > known

    def forked(self, error: AnotherRevisionError) -> None:
        """A peer is under another revision of the agreement: alarmed once for each, though its Heads go on coming."""
        self._rival(error.digest, Alert(error.code, b"", error.post, error.detail))

    def adopt(self, paper: v1.SignedAgreement | v1.Envelope) -> Adopted:
        """Take one.

        Raises:
            PeerDataError, UsageError: as `Trust.take_agreement` and `Trust.take_directory`.
        """
        try:
            return self._revision(paper) if isinstance(paper, v1.SignedAgreement) else self._directory(paper)
        except HotlineError as error:
            self._alarm(error, paper)
            raise

    def _revision(self, signed: v1.SignedAgreement) -> Adopted:
        taken = self._ledger.agreement(signed)
        digest = digest_of(signed.envelopes[0])
        if taken is None:
            known = self._ledger.trust.revisions.by_digest(digest)
            return Adopted(digest, "KNOWN", known.revision if known else 0)
        self._record(v1.Record(agreement=signed))
        self.fresh = True
        return Adopted(digest, "ADOPTED", taken.revision)

    def _directory(self, envelope: v1.Envelope) -> Adopted:
        taken, news = self._ledger.directory(envelope)
        digest = digest_of(envelope)
        if taken is None:
            return Adopted(digest, "KNOWN", v1.Directory.FromString(envelope.payload).version)
        self._record(v1.Record(directory=envelope))
        self.fresh = True
        self.news += news
        return Adopted(digest, "ADOPTED", taken.version)

    def _alarm(self, error: HotlineError, paper: v1.SignedAgreement | v1.Envelope) -> None:
        """A second revision or version with one number is alarmed, and one that follows such a second one."""
        if error.code not in _FORKS and not isinstance(error, AnotherLineError):
            return
        if isinstance(paper, v1.Envelope):
            self._rival(digest_of(paper), Alert("DIRECTORY_FORK", b"", "", error.detail))
        else:
            self._rival(digest_of(paper.envelopes[0]), Alert("AGREEMENT_FORK", b"", "", error.detail))

    def _rival(self, digest: bytes, alert: Alert) -> None:
        """Alarm each other revision or version once, over restarts too."""
        if digest not in self._ledger.rivals:
            self._ledger.rivals.add(digest)
            self._record(v1.Record(rival=v1.RivalPaper(digest=digest)))
            self._ledger.tell.append(alert)
