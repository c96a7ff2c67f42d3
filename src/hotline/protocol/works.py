"""The works of an Endpoint: what its inputs set in motion, whichever input it was.

Everything durable goes through `_record`; facts go through `_verdicts`, so that timers see them; revisions and
directories go through `_look_round`, so that the line follows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from hotline import v1
from hotline.protocol.asking import Asking
from hotline.protocol.effects import Alert, Effect, Journal, Rewire
from hotline.protocol.errors import UsageError
from hotline.protocol.greeting import Greeting
from hotline.protocol.heads import Opened
from hotline.protocol.identifiers import Identifiers
from hotline.protocol.instant import Instant, to_timestamp
from hotline.protocol.intake import Intake
from hotline.protocol.ledger import Ledger
from hotline.protocol.outbox import Outbox
from hotline.protocol.replaying import replay
from hotline.protocol.sealing import Sealing
from hotline.protocol.signing import Signer
from hotline.protocol.statements import Draft
from hotline.protocol.testing import LineTesting
from hotline.protocol.trust import Trust
from hotline.protocol.verdicts import Verdicts


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What directories and the clock say of the line at one moment.

    Attributes:
        epoch, key: this post's newest epoch, and the fingerprint of its key.
        withdrawn: posts that have left the channel.
        revision: of the agreement in force.
        wiring: how each post that is there is reached, and what its node may show.
    """

    epoch: int
    key: bytes
    withdrawn: frozenset[str]
    revision: int
    wiring: Mapping[str, tuple[str, frozenset[bytes]]]

    @classmethod
    def of(cls, ledger: Ledger, now: Instant) -> Surroundings:
        """As it is now."""
        trust, node = ledger.trust, ledger.trust.nodes[ledger.post]
        withdrawn = frozenset(post for post in trust.parties if trust.withdrawn(post, now.utc_ns))
        wiring = {
            post: (entry.endpoint, trust.pins[post]) for post, entry in trust.posts.items() if post not in withdrawn
        }
        revision = trust.terms(now.utc_ns).agreement.revision
        return cls(node.epoch, node.key.fingerprint, withdrawn, revision, wiring)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The next deadline, once it was looked for; it stands until the next input."""

    mono_ns: int | None


class Works:
    """The parts of an Endpoint, and how they work together.

    Attributes:
        post: whose endpoint it is.
        trust: the agreement and the directories, as they are held now.
        ledger: everything durable.
        positions: watch positions now staffed.
    """

    def __init__(
        self,
        post: str,
        trust: Trust,
        signer: Signer | Sequence[Signer],
        identifiers: Identifiers,
        now: Instant,
        records: Iterable[bytes] = (),
    ) -> None:
        """Start, with what a journal holds.

        Args:
            trust: is copied, as it grows here.
            signer: the node key of this post; several when it is to go on in other epochs without a restart. Without
                the key of the newest epoch statements wait, durably, and the watch is told.

        Raises:
            UsageError: NOT_ITS_POST if none of the keys is one that directories list for this post's node.
            PeerDataError: a record that does not verify.
        """
        signers = {each.fingerprint: each for each in (signer if isinstance(signer, Sequence) else (signer,))}
        self.post, self.trust = post, trust.copy()
        if post not in self.trust.epochs:
            raise UsageError("NOT_ITS_POST", f"no directory lists {post}")
        self.ledger = Ledger(post, self.trust)
        self.positions: set[str] = set()
        self._identifiers, self._now = identifiers, now
        self._deadline: Deadline | None = None
        self._greeting = Greeting(self.ledger, identifiers)
        self._intake = Intake(self.ledger, self._record, self.positions)
        self._verdicts = Verdicts(self.ledger, self._record)
        self._asking = Asking(self.ledger)
        self._testing = LineTesting(self.ledger.line, self.trust, post)
        self._outbox = Outbox(self.ledger, signers, now)
        self._sealing = Sealing(self.ledger, self._outbox, identifiers, self._record, self._verdicts)
        self._journal: list[Effect] = []
        self._fetch: list[Effect] = []
        for data in records:
            replay(self.ledger, v1.Record.FromString(data), now)
        if not any(self.trust.node_key(key) and self.trust.node_of(key).post == post for key in signers):
            raise UsageError("NOT_ITS_POST", f"the node key is not one that the directory lists for {post}")
        self.ledger.tell.clear()
        self.ledger.gone.clear()
        self._seen = Surroundings.of(self.ledger, now)
        self._look_round()
        self._tell_key()

    @property
    def _now(self) -> Instant:
        """The last input's time."""
        return self._input_at

    @_now.setter
    def _now(self, now: Instant) -> None:
        """An input begins: whatever it brings, the next deadline is to be looked for again."""
        self._input_at, self._deadline = now, None

    @property
    def confirmed(self) -> bool:
        """Whether a peer has answered a Hello since the start, so that sealing is allowed."""
        return self._greeting.confirmed

    @property
    def rolled_back(self) -> bool:
        """Whether a Head of our own was found that signs more of our newest log than we hold, or another."""
        return self._greeting.rolled_back

    @property
    def wiring(self) -> Mapping[str, tuple[str, frozenset[bytes]]]:
        """How each post that is there is reached, and which TLS certificates its node may show; this post among them.

        A post is not there once its party lists it no longer, or is no longer a party. A change is told by `Rewire`.
        """
        return self._seen.wiring

    # -- the line ------------------------------------------------------------------------------------

    def _greet(self, opened: Opened) -> None:
        """Answer a Hello, and take an answer to ours; what waited for one is sealed."""
        answer = self._greeting.take(opened, self._now)
        self._outbox.head_due = answer.owed or self._outbox.head_due
        if answer.claimed is not None and not self.rolled_back:
            self._fetch += self._intake.fetching.claimed(answer.claimed, opened.post, self._now)
        if answer.allowed:
            self._begin_sealing()

    def _begin_sealing(self) -> None:
        self._testing.confirm(self._now)
        self._seal_waiting()

    def _look_at_own(self, position: v1.LogPosition, server: str) -> None:
        """A peer has served a Head of our own: it may prove that records of ours were lost (REQ-HELLO-3)."""
        if self._greeting.proves(position, server):
            self._intake.fetching.forget(self.post)

    def _act_on_papers(self) -> None:
        """Let revisions and directories that were just taken act on the line; they are told to every peer at once."""
        papers = self._intake.papers
        news, papers.news = papers.news, []
        self._verdicts.answer(news, self._now)
        if not papers.fresh:
            return
        papers.fresh = False
        self._outbox.head_due = True
        for peer in self.ledger.peers.values():
            peer.due = True
        self.ledger.waits.look_again()
        self._look_round()

    def _look_round(self) -> None:
        """See what directories and the clock have changed since this was last looked at: our own epoch, the posts there
        are, how they are reached, the revision in force (REQ-DIR-4)."""
        before, self._seen = self._seen, Surroundings.of(self.ledger, self._now)
        for post, peer in self.ledger.peers.items():
            peer.withdrawn = post in self._seen.withdrawn
            if peer.withdrawn:
                self._verdicts.withdrawn(post, self._now)
        if before.epoch != self._seen.epoch:
            self._greeting.go_on()
            self._seal_waiting()
        if before.key != self._seen.key:
            self._tell_key()
        if before.revision != self._seen.revision:
            self._outbox.head_due = True
        if before.wiring != self._seen.wiring:
            self._fetch.append(Rewire())
        self._intake.fetching.want_closed(self._now)

    def _tell_key(self) -> None:
        """Without the key of our newest epoch nothing can be signed; the watch must know."""
        if self._seen.key not in self._outbox.signers:
            detail = f"the key of epoch {self._seen.epoch} is not here: nothing can be said until it is"
            self.ledger.tell.append(Alert("NO_KEY_FOR_EPOCH", b"", self.post, detail))

    def _seal_waiting(self) -> None:
        if self.confirmed:
            self._sealing.seal_waiting(self._now)

    # -- what this node says by itself ---------------------------------------------------------------

    def _may_say(self) -> bool:
        """Whether this node may seal now: a peer has answered, nothing was lost, and its certificate holds."""
        return self.confirmed and self._sealing.may_say(self._now)

    def _say(
        self,
        body: Message,
        action: Sequence[str],
        precedence: v1.Precedence.ValueType,
        *,
        asks: v1.Stage.ValueType = v1.STAGE_UNSPECIFIED,
        thread: bytes = b"",
    ) -> bytes | None:
        """Seal a statement that nodes sign, with the node's own key; only where `_may_say`.

        Returns:
            Its digest; None if the agreement does not let it stand, which is told to the watch.
        """
        draft = Draft(body, action, precedence, stage_requested=asks, thread=thread)
        return self._sealing.say(draft, self._now)

    # -- sealing, answering, sending -----------------------------------------------------------------

    def _record(self, record: v1.Record) -> None:
        record.at.CopyFrom(to_timestamp(self._now.utc_ns))
        self._journal.append(Journal(record.SerializeToString()))
