"""From a configuration to what a node is made of: every file read, every key and digest held against the others.

Nothing here listens or connects; a node that is wrong in any of this says so and does not start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from hotline import v1
from hotline.keys import Kind, KnownKeys, refuse_published, tls_pin
from hotline.node.clock import Clock, clock_of
from hotline.node.config import NodeConfig, read_file
from hotline.node.identity import Identity
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.envelope import parse
from hotline.protocol.errors import HotlineError, PeerDataError, UsageError
from hotline.protocol.instant import Instant, to_timestamp
from hotline.protocol.trust import Trust, open_revisions, public_key

Paper = v1.SignedAgreement | v1.Envelope
"""What the parties have signed: a revision of the agreement, or a version of a directory."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A paper and the file that holds it."""

    paper: Paper
    path: Path


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a node is made of.

    Attributes:
        config: where it all came from.
        papers: revisions and directories as the files hold them.
        channel: whose they are.
        book: keeps the keys of ACTUAL and EXERCISE apart.
        identity: the node's own keys.
        clock: the line's time.
    """

    config: NodeConfig
    papers: tuple[Filed, ...]
    channel: str
    book: KeyBook
    identity: Identity
    clock: Clock

    def first_records(self, now: Instant) -> list[bytes]:
        """What an empty journal begins with: the papers as they are, so that no later change of files loses any."""
        at = to_timestamp(now.utc_ns)
        records = [
            v1.Record(at=at, agreement=paper)
            if isinstance(paper, v1.SignedAgreement)
            else v1.Record(at=at, directory=paper)
            for paper in (filed.paper for filed in self.papers)
        ]
        return [record.SerializeToString() for record in records]

    def trust(self, records: Iterable[bytes]) -> Trust:
        """What the node began with: the papers at the head of its journal.

        Raises:
            UsageError: AGREEMENT_*, DIRECTORY_*, KEY_*, POST_FOREIGN.
            PeerDataError: a paper that is not what it should be.
        """
        papers = list(takewhile(lambda paper: paper is not None, map(_paper, records)))
        agreements = [paper.SerializeToString() for paper in papers if isinstance(paper, v1.SignedAgreement)]
        trust = Trust(open_revisions(agreements), [paper for paper in papers if isinstance(paper, v1.Envelope)])
        self.book.admit([*trust.fingerprints(), *(pin for pins in trust.pins.values() for pin in pins)])
        if self.config.post not in trust.posts:
            raise UsageError("CONFIG_INVALID", f"post: no directory lists {self.config.post}")
        return trust

    def bring_up_to_date(self, endpoint: Endpoint, now: Instant) -> None:
        """Adopt what the files have newer than the journal, and see that the node can speak.

        Whoever puts a paper into the configuration has decided: nobody is here to be asked.

        Raises:
            HotlineError: AGREEMENT_*, DIRECTORY_*, EPOCH_CHAIN with the file's name; CONFIG_INVALID.
        """
        for filed in self.papers:
            try:
                self.book.admit(keys_in(filed.paper))
                endpoint.adopt(filed.paper, now, disavow=True)
            except HotlineError as error:
                raise type(error)(error.code, f"{filed.path}: {error.detail}") from error
        self._hold_pin(endpoint.trust)
        self.identity.signer(endpoint.trust)
        self.identity.check_listed(endpoint.trust)

    def _hold_pin(self, trust: Trust) -> None:
        digests = [agreement.digest for agreement in trust.revisions.held]
        pin = self.config.pin
        if pin is not None and pin not in digests:
            found = ", ".join(digest.hex() for digest in digests)
            raise UsageError("AGREEMENT_DIGEST", f"this agreement is {found}, pinned was {pin.hex()}")


class KeyBook:
    """Keeps ACTUAL and EXERCISE apart: no signing key and no TLS certificate may be known from the other kind."""

    def __init__(self, config: NodeConfig, kind: Kind, channel: str) -> None:
        self._known = KnownKeys(config.known_keys) if config.known_keys is not None else None
        self._kind, self._channel = kind, channel

    def admit(self, fingerprints: Sequence[bytes]) -> None:
        """Let keys in, or none of them.

        Raises:
            KeysError: KEY_PUBLISHED, KEY_OTHER_KIND, KEY_BOOK_CORRUPT, KEY_IO.
        """
        refuse_published(fingerprints, self._kind)
        if self._known is not None:
            self._known.admit(fingerprints, self._kind, f"channel {self._channel}")

    def hold(self, fingerprints: Sequence[bytes]) -> None:
        """See whether keys could be let in, and note nothing; raises as `admit`."""
        refuse_published(fingerprints, self._kind)
        if self._known is not None and fingerprints:
            self._known.hold(fingerprints, self._kind)


def equip(config: NodeConfig) -> Equipment:
    """Read every file.

    Raises:
        UsageError: CONFIG_INVALID, KEY_*, NOT_ITS_POST, WRONG_KIND.
        PeerDataError: a file that is not the signed object it should be.
    """
    papers = tuple(_papers(config))
    first = papers[0].paper
    assert isinstance(first, v1.SignedAgreement)
    agreement = parse(first.envelopes[0].payload, v1.Agreement)
    kind = Kind.of(agreement.kind)
    book = KeyBook(config, kind, agreement.channel)
    return Equipment(config, papers, agreement.channel, book, Identity(config, kind), clock_of(agreement))


def keys_in(paper: Paper) -> list[bytes]:
    """Fingerprint of every key that a paper lists, and every TLS pin.

    Raises:
        PeerDataError: a key or a payload that is none.
    """
    if isinstance(paper, v1.SignedAgreement):
        parties = parse(paper.envelopes[0].payload, v1.Agreement).parties
        keys = [key for party in parties for key in (*party.root_keys, *party.registrar_keys)]
        return [name for key in keys for name in public_key(key).fingerprints]
    posts = parse(paper.payload, v1.Directory).posts
    keys = [key for post in posts for key in (post.node.key, *(officer.key for officer in post.officers))]
    pins = [tls_pin(certificate) for post in posts for certificate in post.tls_certificates]
    return [*(name for key in keys for name in public_key(key).fingerprints), *pins]


def _paper(record: bytes) -> Paper | None:
    """The paper in a record of the journal."""
    found = v1.Record.FromString(record)
    fact = found.WhichOneof("fact")
    return found.agreement if fact == "agreement" else found.directory if fact == "directory" else None


def _papers(config: NodeConfig) -> Iterator[Filed]:
    for path in config.agreement:
        yield Filed(_parsed(path, "agreement", v1.SignedAgreement), path)
    for path in config.directories:
        yield Filed(_parsed(path, "directories", v1.Envelope), path)


def _parsed(path: Path, field: str, kind: type[v1.SignedAgreement] | type[v1.Envelope]) -> Paper:
    try:
        return parse(read_file(path, field), kind)
    except PeerDataError as error:
        raise PeerDataError(error.code, f"{path}: {error.detail}") from error
