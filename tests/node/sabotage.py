"""Runs our own node with some of its rules broken: `python -m tests.node.sabotage NAMES CONFIG`.

Each name is a function below that breaks one rule, so that the checks of the suite that must notice are seen to notice.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hotline import v1
from hotline.journal import SqliteJournal
from hotline.node.run import run_node
from hotline.protocol import envelope, receipting, statements
from hotline.protocol.directories import Versions
from hotline.protocol.envelope import Signed, digest_of
from hotline.protocol.errors import PeerDataError
from hotline.protocol.fetching import Fetching
from hotline.protocol.greeting import Greeting
from hotline.protocol.history import History
from hotline.protocol.intake import Intake
from hotline.protocol.pae import pae
from hotline.protocol.peer import Peer
from hotline.protocol.receipts import Receipts
from hotline.protocol.statements import Judged
from hotline.protocol.trust import Trust

BROKEN: set[bytes] = set()


def takes_a_bad_keyid() -> None:
    """A signature counts under whichever officer's key verifies it."""
    real = envelope.verify

    def verify(signed: v1.Envelope, payload_type: str, resolve: Any) -> Signed:
        try:
            return real(signed, payload_type, resolve)
        except PeerDataError:
            keys = [trust.officer_key(keyid) for trust in TRUSTS for keyid in trust._officers]
            encoded = pae(signed.payload_type, signed.payload)
            found = [key for key in keys if key and key.verify(signed.signatures[0].sig, encoded)]
            if payload_type != envelope.STATEMENT or not found:
                raise
            return Signed(signed, digest_of(signed), (found[0].fingerprint,))

    remember_trust()
    replace("verify", verify, "hotline.protocol.statements", "hotline.protocol.envelope")


def refuses_a_bad_signature() -> None:
    """REFUSED for what nobody can be held to have said."""
    verify, judge = statements.verify_statement, statements.judge_all

    def verified(envelope: v1.Envelope, trust: Trust) -> Signed:
        try:
            return verify(envelope, trust)
        except PeerDataError:
            broken = Signed(envelope, digest_of(envelope), tuple(one.keyid for one in envelope.signatures))
            BROKEN.add(broken.digest)
            return broken

    def judged(cases: Sequence[tuple[Signed, int]], *rest: Any) -> list[Judged]:
        refusal = Judged(None, PeerDataError("RULE_BROKEN", "a bad signature"), None)
        good = [case for case in cases if case[0].digest not in BROKEN]
        rest_of = iter(judge(good, *rest))
        return [refusal if signed.digest in BROKEN else next(rest_of) for signed, _ in cases]

    replace("verify_statement", verified, "hotline.protocol.intake")
    replace("judge_all", judged, "hotline.protocol.intake")


def forgets_receipts() -> None:
    """A receipt is said once."""
    real = Receipts.carried

    def carried(self: Receipts, receipt: v1.Receipt, beat: Any) -> None:
        real(self, receipt, beat)
        self._items.pop(next(key for key, item in self._items.items() if item.receipt == receipt))

    Receipts.carried = carried  # type: ignore[method-assign]


def moves_the_moment_of_receipt() -> None:
    """The receipt of what comes again says when it came again."""
    real, count = receipting.receipt_at, iter(range(1, 1 << 30))

    def receipt_at(spot: Any, refused: str, at_ns: int) -> v1.Receipt:
        return real(spot, refused, at_ns + next(count) * 1_000_000)

    replace("receipt_at", receipt_at, "hotline.protocol.receipting", "hotline.protocol.ledger")


def takes_stale_beats() -> None:
    """The newest Head is the one that came last."""
    real = Intake._take_head

    def take(self: Intake, arrival: Any, now: Any) -> bool:
        self._ledger.peers[arrival.head.post].beat = arrival.head.message.beat - 1
        return real(self, arrival, now)

    Intake._take_head = take  # type: ignore[method-assign]


def speaks_before_it_is_answered() -> None:
    """Any Head opens the line."""
    real = Greeting.take

    def take(self: Greeting, opened: Any, now: Any) -> Any:
        peer = self._ledger.peers[opened.post]
        opened.message.echoes.add(post=self._ledger.post, hello=peer.hello or bytes(16))
        return real(self, opened, now)

    Greeting.take = take  # type: ignore[method-assign]


def believes_a_claim() -> None:
    """Who says to hold more of this node's log is believed without proof."""
    real = Greeting.take

    def take(self: Greeting, opened: Any, now: Any) -> Any:
        answer = real(self, opened, now)
        if answer.claimed is not None:
            self.proves(answer.claimed, opened.post)
        return answer

    Greeting.take = take  # type: ignore[method-assign]


def acknowledges_before_it_is_durable() -> None:
    """Nothing but the papers that a journal begins with reaches the disk."""
    real = SqliteJournal.append

    def append(self: SqliteJournal, records: Sequence[bytes]) -> None:
        facts = [v1.Record.FromString(record).WhichOneof("fact") for record in records]
        real(self, [record for record, fact in zip(records, facts, strict=True) if fact in ("agreement", "directory")])

    SqliteJournal.append = append  # type: ignore[method-assign]


def scans_nothing() -> None:
    """Protobuf bytes are taken as the parser takes them."""
    replace("scan", lambda descriptor, data: None, "hotline.protocol.envelope")


def skips_versions() -> None:
    """Any newer directory is the next one."""
    Versions.follows = lambda self, listed, revisions: listed.version > len(self.held)  # type: ignore[method-assign]


def fetches_nothing() -> None:
    """Gaps stay gaps."""
    Fetching.on_deadline = lambda self, now: []  # type: ignore[method-assign]


def sends_what_is_urgent_last() -> None:
    """The lowest precedence goes first."""
    Peer.by_precedence = (  # type: ignore[method-assign]
        lambda self: sorted(self.unsent, key=lambda place: (self.outstanding[place], place))
    )


def ignores_links() -> None:
    """A statement need not be what its link says."""
    replace("_held_to_link", lambda judged, link, signed: judged, "hotline.protocol.intake")


def trusts_any_certificate() -> None:
    """A Head is taken over whichever listed certificate."""
    real = Intake.take
    Intake.take = lambda self, data, pin, now, server=None: real(self, data, None, now, server)  # type: ignore[method-assign]


def sees_no_fork() -> None:
    """A Head that contradicts an earlier one is taken like any other."""
    History.contradicts = lambda self, position: False  # type: ignore[method-assign]


TRUSTS: list[Trust] = []


def remember_trust() -> None:
    """Keep every Trust that is made."""
    real = Trust._apply

    def remembered(self: Trust, change: Any) -> None:
        real(self, change)
        TRUSTS.append(self)

    Trust._apply = remembered  # type: ignore[method-assign]


def replace(name: str, with_what: Any, *modules: str) -> None:
    """Put something else where modules have a name."""
    for module in modules:
        if hasattr(sys.modules[module], name):
            setattr(sys.modules[module], name, with_what)


if __name__ == "__main__":
    for chosen in sys.argv[1].split(","):
        globals()[chosen]()
    sys.exit(run_node(Path(sys.argv[2])))
