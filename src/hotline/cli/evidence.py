"""Evidence, offline: one envelope, one transcript, two transcripts side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hotline import v1
from hotline.cli import files
from hotline.cli.directories import read_trust
from hotline.cli.judging import PINNED, UNPINNED, judging
from hotline.cli.results import LINES, ONLY_JSON, Result, Utc
from hotline.messages.draft import Written, draft_words
from hotline.messages.names import short_name
from hotline.messages.show import Place, message_lines, ref
from hotline.messages.times import iso
from hotline.protocol.check import Checked, check_envelope
from hotline.protocol.compare import Comparison, Divergence, Lack
from hotline.protocol.compare import compare as compare_evidence
from hotline.protocol.envelope import parse
from hotline.protocol.evidence import Evidence, verify_transcript
from hotline.protocol.log_evidence import EpochEvidence
from hotline.protocol.message_evidence import AddresseeEvidence, MessageEvidence, Proof
from hotline.protocol.statements import BODY_OF
from hotline.protocol.transcript import open_container
from hotline.protocol.transcript_walk import Named
from hotline.protocol.trust import Agreement, Trust, open_agreement, open_revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeVerified(Result):
    """An envelope that holds. `at`: when it was composed, made or issued, by its author's clock."""

    text: tuple[str, ...] = field(default=(), metadata=LINES)
    digest: str
    ref: str
    payload_type: str
    type: str
    speaker: str
    signers: tuple[str, ...]
    at: Utc
    agreement_digest: str
    pinned: bool = field(metadata=ONLY_JSON)
    trust: str
    message: Mapping[str, Any] = field(metadata=ONLY_JSON)


@dataclass(frozen=True, slots=True)
class LogRow:
    """One epoch of a post's log, as a transcript proves it: complete to that epoch and `complete_to`.

    Attributes:
        closed_at: sequence at which the post's party closed it; none while it is open.
        disavowed: how many links stand later than that.
        fork, forked_from: whether the post is proved to have signed two logs in it, and the first place that differs.
        suspected: posts whose Heads give it another link digest than its own post.
    """

    post: str
    epoch: int
    complete_to: int
    named_to: int
    state: str
    closed_at: int | None
    disavowed: int
    fork: bool
    forked_from: int | None
    suspected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProvedRow:
    """One addressee of a message and the highest stage that is proved."""

    post: str
    action: bool
    stage: str
    value: str
    by: str
    said_at: Utc
    contradicted: bool
    contradictory: bool
    proofs: tuple[str, ...]

    def __str__(self) -> str:
        """``CHN:fleet-watch DECIDED ACCEPTED 211403Z``."""
        said = f"{self.stage} {self.value} {self.said_at.short}" if self.stage else "nothing proved"
        marks = {"CONTRADICTED": self.contradicted, "CONTRADICTORY": self.contradictory}
        return " ".join((self.post, said, *(mark for mark, holds in marks.items() if holds)))


@dataclass(frozen=True, slots=True)
class ProvedMessage:
    """A message in a proved place."""

    ref: str
    sealed_at: Utc
    sender: str
    epoch: int
    sequence: int
    precedence: str
    type: str
    refused: str
    marks: tuple[str, ...]
    stages: tuple[ProvedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptVerified(Result):
    """What a transcript proves.

    Attributes:
        agreement_digest: of the revision that is pinned; of the newest inside where none is.
        revision, revisions: its number, and how many revisions are inside.
        directories: each party with the newest version inside.
        missing: what Heads inside name, and is not inside.
    """

    agreement_digest: str
    pinned: bool = field(metadata=ONLY_JSON)
    trust: str
    revision: int
    revisions: int
    directories: tuple[str, ...]
    missing: tuple[str, ...]
    channel: str
    kind: str
    exporter: str
    exported_at: Utc
    complete: bool
    unplaced: tuple[str, ...]
    logs: tuple[LogRow, ...]
    messages: tuple[ProvedMessage, ...]


@dataclass(frozen=True, slots=True)
class DivergenceFound:
    """Where both transcripts prove a link of one log, and not the same."""

    post: str
    epoch: int
    sequence: int
    first: str
    second: str
    at: Utc

    def __str__(self) -> str:
        """Where, for people."""
        return f"{self.post} epoch {self.epoch} sequence {self.sequence}: {self.first} or {self.second}"


@dataclass(frozen=True, slots=True)
class ContradictionRow:
    """Two signed words of one post that cannot both be true."""

    post: str
    message: str
    what: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class LackRow:
    """Something that one transcript proves and the other does not hold."""

    missing_in: str
    message: str
    post: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Result):
    """Two transcripts. Lacking is not disagreeing: `ok` says whether both can be true."""

    agreement_digest: str
    pinned: bool = field(metadata=ONLY_JSON)
    trust: str
    verdict: str
    exporters: tuple[str, str]
    messages: int
    first_divergence: DivergenceFound | None
    contradictions: tuple[ContradictionRow, ...]
    lacking: tuple[LackRow, ...]


def verify_envelope(
    file: Path, agreement_file: Path, directories: Sequence[Path], transcript: Path | None, pin: bytes | None
) -> EnvelopeVerified:
    """Verify one envelope under an agreement and directories, from files or from a transcript."""
    data, agreement_data = files.read(file), files.read(agreement_file)
    with judging():
        agreement = open_agreement(agreement_data, pin)
        trust = _trust(agreement, directories, transcript)
        checked = check_envelope(data, trust)
    return _envelope(checked, agreement, pin)


def _trust(agreement: Agreement, directories: Sequence[Path], transcript: Path | None) -> Trust:
    if transcript is None:
        return read_trust(agreement, directories)
    container = open_container(files.read(transcript))
    revisions = open_revisions([signed.SerializeToString() for signed in container.agreements], agreement.digest)
    return Trust(revisions, container.directories)


def verify(file: Path, pin: bytes | None) -> TranscriptVerified:
    """Verify a transcript from its bytes alone."""
    found = _evidence(file, pin)
    return TranscriptVerified(
        agreement_digest=found.agreement_digest.hex(),
        pinned=found.pinned,
        trust=PINNED if found.pinned else UNPINNED,
        revision=found.revisions.index(found.agreement_digest) + 1,
        revisions=len(found.revisions),
        directories=tuple(f"{party} version {version}" for party, version in _newest(found).items()),
        missing=tuple(map(_missing, found.missing)),
        channel=found.channel,
        kind=short_name(v1.Kind.DESCRIPTOR, found.kind),
        exporter=found.exporter,
        exported_at=_utc(found.exported_at_ns),
        complete=found.complete,
        unplaced=tuple(ref(digest) for digest in found.unplaced),
        logs=tuple(_log_row(epoch) for log in found.logs.values() for epoch in log.epochs.values()),
        messages=tuple(_message_row(message) for message in found.messages),
    )


def compare(first: Path, second: Path, pin: bytes | None) -> Compared:
    """Verify two transcripts, and say where they part."""
    one, other = _evidence(first, pin), _evidence(second, pin)
    with judging():
        found = compare_evidence(one, other)
    messages = {message.digest for evidence in (one, other) for message in evidence.messages}
    return Compared(
        ok=found.agree,
        agreement_digest=one.agreement_digest.hex(),
        pinned=one.pinned,
        trust=PINNED if one.pinned else UNPINNED,
        verdict="AGREE" if found.agree else "DIVERGE",
        exporters=(one.exporter, other.exporter),
        messages=len(messages),
        first_divergence=_divergence(found.first_divergence),
        contradictions=_contradictions(found),
        lacking=(
            *(_lack(str(second), lack) for lack in found.only_first),
            *(_lack(str(first), lack) for lack in found.only_second),
        ),
    )


def _evidence(file: Path, pin: bytes | None) -> Evidence:
    data = files.read(file)
    with judging():
        return verify_transcript(data, pin)


def _envelope(checked: Checked, agreement: Agreement, pin: bytes | None) -> EnvelopeVerified:
    statement = checked.statement
    kind = BODY_OF.get(statement.body_type) if statement else None
    body = parse(statement.body, kind) if statement and kind else None
    return EnvelopeVerified(
        text=message_lines(statement.header, body, Place(checked.digest)) if statement and body else (),
        digest=checked.digest.hex(),
        ref=ref(checked.digest),
        payload_type=checked.payload_type,
        type=checked.type,
        speaker=checked.speaker,
        signers=checked.signers,
        at=_utc(checked.at_ns),
        agreement_digest=agreement.digest.hex(),
        pinned=pin is not None,
        trust=UNPINNED if pin is None else PINNED,
        message=draft_words(Written(statement.header, body)) if statement and body else {},
    )


def _newest(found: Evidence) -> dict[str, int]:
    """The newest version of each party's directory inside."""
    newest: dict[str, int] = {}
    for party, version in found.directories:
        newest[party] = max(version, newest.get(party, 0))
    return newest


def _missing(named: Named) -> str:
    what = f"version {named.number} of the directory of {named.what}" if named.what else f"revision {named.number}"
    return f"{what}, which {named.by} names"


def _log_row(epoch: EpochEvidence) -> LogRow:
    return LogRow(
        epoch.post,
        epoch.epoch,
        epoch.complete_to,
        epoch.named_to,
        "COMPLETE" if epoch.complete else "INCOMPLETE",
        epoch.closed_at,
        sum(epoch.disavowed(n, link.statement) for each in (epoch.links, *epoch.branches) for n, link in each.items()),
        epoch.fork is not None,
        epoch.fork.sequence if epoch.fork else None,
        tuple(sorted({suspicion.by for suspicion in epoch.suspected})),
    )


def _message_row(message: MessageEvidence) -> ProvedMessage:
    return ProvedMessage(
        ref(message.digest),
        _utc(message.sealed_at_ns),
        message.sender,
        message.epoch,
        message.sequence,
        short_name(v1.Precedence.DESCRIPTOR, message.precedence),
        message.type.rpartition(".")[2],
        message.refused,
        (*((message.void,) if message.void else ()), *message.marks),
        tuple(_proved_row(addressee) for addressee in message.addressees),
    )


def _proved_row(addressee: AddresseeEvidence) -> ProvedRow:
    top = addressee.highest
    return ProvedRow(
        addressee.post,
        addressee.action,
        top.name if top else "",
        top.value if top else "",
        top.by if top else "",
        _utc(top.said_at_ns if top else 0),
        any(proof.contradicted_by for proof in addressee.proofs),
        bool(addressee.contradictory),
        tuple(_proof_words(proof) for proof in addressee.proofs),
    )


def _proof_words(proof: Proof) -> str:
    """Stage and value, who says it where that is not the addressee itself, and why it does not count."""
    by = f"by {proof.speaker}" if proof.speaker and not proof.answers else ""
    return " ".join(part for part in (proof.name, proof.value, by, proof.void) if part)


def _divergence(found: Divergence | None) -> DivergenceFound | None:
    if found is None:
        return None
    first, second = (ref(digest) for digest in found.statements)
    return DivergenceFound(found.post, found.epoch, found.sequence, first, second, _utc(found.at_ns))


def _contradictions(found: Comparison) -> tuple[ContradictionRow, ...]:
    return tuple(ContradictionRow(each.post, ref(each.digest), each.what, *each.words) for each in found.contradictions)


def _lack(file: str, lack: Lack) -> LackRow:
    return LackRow(file, ref(lack.digest), lack.post, lack.what)


def _utc(utc_ns: int) -> Utc:
    return Utc(iso(utc_ns) if utc_ns else "")
