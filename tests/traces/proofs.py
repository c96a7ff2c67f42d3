"""What the transcripts of posts prove, read offline by the verifier."""

from __future__ import annotations

from collections.abc import Iterator

from tests.traces.names import stage_name
from tests.traces.world import World

from hotline.protocol.compare import compare
from hotline.protocol.evidence import Evidence, verify_transcript
from hotline.protocol.log_evidence import EpochEvidence
from hotline.protocol.message_evidence import AddresseeEvidence, MessageEvidence


def _evidence(world: World, post: str) -> Evidence:
    """What a post's transcript proves to somebody who trusts the first revision of the agreement."""
    return verify_transcript(world.net.transcript(post), world.net[post].trust.agreement.digest)


def transcript(world: World, post: str) -> list[str]:
    """Logs, then messages that others must answer or that bear a mark, with the highest stage proved."""
    evidence = _evidence(world, post)
    epochs = [epoch for log in evidence.logs.values() for epoch in log.epochs.values()]
    return [
        f"{'complete' if evidence.complete else 'incomplete'}, {len(evidence.messages)} messages",
        *(world.names.readable(_epoch(epoch)) for epoch in epochs if epoch.named_to or epoch.closed_at),
        *(world.names.readable(line) for message in evidence.messages for line in _message(world, message)),
    ]


def _epoch(epoch: EpochEvidence) -> str:
    closed = f", closed at {epoch.closed_at}" if epoch.closed_at is not None else ""
    fork = f", forked at {epoch.fork.sequence}, as two of its Heads prove" if epoch.fork else ""
    return f"log of {epoch.post}: epoch {epoch.epoch} complete to {epoch.complete_to} of {epoch.named_to}{closed}{fork}"


def _message(world: World, message: MessageEvidence) -> Iterator[str]:
    marks = [mark for mark in (message.void, *message.marks) if mark]
    name = world.names.ref(message.digest)
    if marks:
        yield f"{name} of {message.sender} at {message.epoch}.{message.sequence}: {', '.join(marks)}"
    for ladder in message.addressees:
        highest, stages = ladder.highest, {proof.stage for proof in ladder.proofs}
        if highest is not None and len(stages) > 1:
            said = " ".join(dict.fromkeys((highest.name, highest.value)))
            yield f"{name} {ladder.post}: proved to {said}{_beside(ladder)}"


def _beside(ladder: AddresseeEvidence) -> str:
    """What is shown and does not count, and which stages are open."""
    void = [f"{proof.name} {proof.value} is {proof.void}" for proof in ladder.proofs if proof.void]
    contradictory = [f"{stage_name(stage)} is CONTRADICTORY" for stage in ladder.contradictory]
    return f"; {', '.join([*void, *contradictory])}" if void or contradictory else ""


def comparison(world: World, one: str, other: str) -> list[str]:
    """Whether two transcripts can both be true, and where they first part."""
    found = compare(_evidence(world, one), _evidence(world, other))
    if found.agree:
        return ["they agree"]
    parting = found.first_divergence
    lines = [f"{each.post} contradicts itself: {each.what} {' and '.join(each.words)}" for each in found.contradictions]
    if parting is not None:
        first, second = map(world.names.ref, parting.statements)
        place = f"{parting.epoch}.{parting.sequence}"
        lines.insert(0, f"they part in the log of {parting.post} at {place}: {first} or {second}")
    return [world.names.readable(line) for line in lines]
