"""One check per kind of case: what this implementation finds in the bytes of a case.

Each check walks the same rooms as live traffic does. It raises the refusal it comes to, or gives the facts it read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hotline import v1
from hotline.conformance.cases import (
    AgreementCase,
    Case,
    CaseFolder,
    ChannelGiven,
    DirectoryCase,
    Facts,
    FrameCase,
    HeadCase,
    LinkCase,
    PaeCase,
    RulesCase,
    StatementCase,
    TranscriptCase,
)
from hotline.conformance.receiver import Receiver
from hotline.keys.label import Kind
from hotline.keys.published import refuse_published
from hotline.messages.texts import original_of
from hotline.protocol.agreements import Revisions
from hotline.protocol.envelope import decode, digest_of, parse
from hotline.protocol.errors import HotlineError
from hotline.protocol.evidence import verify_transcript
from hotline.protocol.heads import open_head
from hotline.protocol.instant import NS_PER_MS
from hotline.protocol.log import START, PostLog
from hotline.protocol.pae import digest, pae
from hotline.protocol.rules import broken_rules, check_rules
from hotline.protocol.statements import BODY_OF, judge, verify_statement
from hotline.protocol.trust import Agreement, Trust, open_agreement, open_revisions, public_key


class RefusedError(Exception):
    """An input is refused, though facts could be read from it."""

    def __init__(self, error: HotlineError, facts: Facts) -> None:
        super().__init__(str(error))
        self.error, self.facts = error, facts


def check(case: Case, folder: CaseFolder) -> Facts:
    """Run one case.

    Raises:
        HotlineError: the refusal.
        RefusedError: the refusal, with facts read all the same.
    """
    return _CHECKS[case.kind](case, folder)


def _agreement(case: AgreementCase, folder: CaseFolder) -> Facts:
    agreement = _opened(case, folder)
    message = agreement.message
    keys = [key for party in message.parties for key in (*party.root_keys, *party.registrar_keys)]
    refuse_published([name for key in keys for name in public_key(key).fingerprints], Kind.of(agreement.kind))
    return {
        "digest": agreement.digest.hex(),
        "channel": agreement.channel,
        "revision": agreement.revision,
        "kind": Kind.of(agreement.kind).value,
        "parties": [party.id for party in message.parties],
    }


def _opened(case: AgreementCase, folder: CaseFolder) -> Agreement:
    """The first revision, against its pin; or a further one, after those held."""
    if not case.given.held:
        return open_agreement(folder.read(), bytes.fromhex(case.given.pin) if case.given.pin else None)
    revisions = Revisions(open_revisions(map(folder.read, case.given.held)))
    signed = parse(folder.read(), v1.SignedAgreement)
    return revisions.take(signed) or revisions.newest


def _directory(case: DirectoryCase, folder: CaseFolder) -> Facts:
    envelope = parse(folder.read(), v1.Envelope)
    trust = _trust(case.given, folder, envelope)
    directory = v1.Directory.FromString(envelope.payload)
    return {
        "digest": digest_of(envelope).hex(),
        "party": directory.party,
        "version": directory.version,
        "posts": sorted(post.id for post in directory.posts if post.id in trust.posts),
        "epochs": sorted(f"{post.id} {trust.nodes[post.id].epoch}" for post in directory.posts),
    }


def _statement(case: StatementCase, folder: CaseFolder) -> Facts:
    trust = _trust(case.given, folder)
    signed = verify_statement(parse(folder.read(), v1.Envelope), trust)
    judged = judge(signed, trust, case.given.post, case.given.epoch, case.given.sealed_at_ms * NS_PER_MS)
    facts: Facts = {"digest": signed.digest.hex()}
    if judged.statement is not None:
        header = judged.statement.header
        facts |= {
            "from_post": header.from_post,
            "precedence": v1.Precedence.Name(header.precedence).removeprefix("PRECEDENCE_"),
            "body_type": judged.statement.body_type,
            "texts": _texts(header.texts),
        }
    if judged.refusal is not None:
        raise RefusedError(judged.refusal, facts)
    return facts | {"marks": ["LEVEL_LACKING"] if judged.said is not None and judged.said.lacks_level else []}


def _texts(texts: Sequence[v1.Text]) -> list[str]:
    """Which text binds, and which is a translation of which (REQ-LANG-4)."""
    said = []
    for text in texts:
        original = original_of(text, texts)
        of = f" of {original.language if original else 'a text that is not here'}"
        is_authentic = text.role == v1.Text.ROLE_AUTHENTIC
        said.append(f"{text.language} {'AUTHENTIC' if is_authentic else 'TRANSLATION' + of}")
    return said


def _rules(case: RulesCase, folder: CaseFolder) -> Facts:
    """Each broken body with every rule that it breaks, as `PATH RULE`; a body that holds, as `holds`."""
    kind = BODY_OF[case.given.type]
    check_rules(decode(folder.read(), kind))
    bodies = [decode(bytes.fromhex(row.body), kind) for row in case.given.broken]
    found = [sorted(f"{path or '-'} {rule}" for path, rule, _ in broken_rules(body)) for body in bodies]
    return {"broken": [", ".join(rules) or "holds" for rules in found]}


def _head(case: HeadCase, folder: CaseFolder) -> Facts:
    given, trust = case.given, _trust(case.given, folder)
    envelope = parse(folder.read(), v1.Envelope)
    opened = open_head(envelope, trust, given.receiver, bytes.fromhex(given.pin) if given.pin else None)
    return {
        "digest": digest_of(envelope).hex(),
        "post": opened.post,
        "epoch": opened.epoch,
        "sequence": opened.message.log.sequence,
        "beat": opened.message.beat,
    }


def _frame(case: FrameCase, folder: CaseFolder) -> Facts:
    """A Frame is refused whole by what `receive` raises; a statement in it, by the receipt it is given."""
    given = case.given
    receiver = Receiver(_trust(given, folder), given.receiver, given.staffed)
    for earlier in given.before:
        receiver.take(folder.read(earlier.file), earlier.now_ms, earlier.server)
    receipts = receiver.take(folder.read(), given.now_ms, given.server)
    facts: Facts = {"receipts": [str(receipt) for receipt in receipts]}
    refusal = next((receipt for receipt in receipts if receipt.refused), None)
    if refusal is not None:
        raise RefusedError(HotlineError(refusal.refused, f"receipt: {refusal}"), facts)
    return facts


def _link(case: LinkCase, folder: CaseFolder) -> Facts:
    given = case.given
    log = PostLog(given.channel, given.post, given.epoch, bytes.fromhex(given.start) if given.start else START)
    if given.held is not None:
        log.extend(parse(folder.read(given.held), v1.LinkRun).links)
    run = parse(folder.read(), v1.LinkRun)
    position = v1.LogPosition(
        post=given.post,
        epoch=given.epoch,
        sequence=given.head.sequence,
        link_digest=bytes.fromhex(given.head.link_digest),
    )
    log.extend(log.extension(run, position))
    return {"link_digests": [link_digest.hex() for link_digest in log.digests[run.first :]]}


def _pae(case: PaeCase, folder: CaseFolder) -> Facts:
    payload = folder.read()
    kind = case.given.payload_type
    return {"pae": pae(kind, payload).hex(), "digest": digest(kind, payload).hex()}


def _transcript(case: TranscriptCase, folder: CaseFolder) -> Facts:
    evidence = verify_transcript(folder.read(), bytes.fromhex(case.given.pin) if case.given.pin else None)
    return {
        "agreement_digest": evidence.agreement_digest.hex(),
        "pinned": "PINNED" if evidence.pinned else "UNPINNED",
        "exporter": evidence.exporter,
        "logs": [
            f"{epoch.post} epoch {epoch.epoch} complete to {epoch.complete_to} of {epoch.named_to}"
            for log in evidence.logs.values()
            for epoch in log.epochs.values()
        ],
        "proved": [
            " ".join(filter(None, (message.digest.hex(), ladder.post, proof.name, proof.value, proof.void)))
            for message in evidence.messages
            for ladder in message.addressees
            for proof in ladder.proofs
        ],
        "marks": sorted(
            f"{message.digest.hex()} {mark}"
            for message in evidence.messages
            for mark in (message.void, *message.marks)
            if mark
        ),
    }


def _trust(given: ChannelGiven, folder: CaseFolder, *further: v1.Envelope) -> Trust:
    revisions = open_revisions(map(folder.read, (given.agreement, *given.revisions)))
    return Trust(revisions, [*(parse(folder.read(name), v1.Envelope) for name in given.directories), *further])


_CHECKS: dict[str, Callable[[Any, CaseFolder], Facts]] = {
    "agreement": _agreement,
    "directory": _directory,
    "statement": _statement,
    "rules": _rules,
    "head": _head,
    "frame": _frame,
    "link": _link,
    "pae": _pae,
    "transcript": _transcript,
}
