"""Evidence of a run, checked the way anybody can: from the transcripts' bytes and the agreement's digest alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import combinations

from hotline.protocol.compare import compare
from hotline.protocol.errors import HotlineError
from hotline.protocol.evidence import Evidence as Proved
from hotline.protocol.evidence import verify_transcript
from hotline_sim.result import Evidence, Proof


def verify_all(transcripts: Mapping[str, bytes], agreement_digest: bytes, files: Mapping[str, str]) -> Evidence:
    """Verify every post's transcript, pinned to the agreement, and compare them.

    Args:
        transcripts: by post.
        agreement_digest: the one trusted input.
        files: names of the files the transcripts were written to, by post.
    """
    proved = {post: _proved(data, agreement_digest) for post, data in transcripts.items()}
    proofs = tuple(_proof(post, transcripts[post], found, files.get(post, "")) for post, found in proved.items())
    sound = [found for found in proved.values() if isinstance(found, Proved)]
    partings = (words for one, other in combinations(sound, 2) if (words := _parting(one, other)))
    return Evidence(agreement_digest.hex(), proofs, next(partings, ""))


def _parting(one: Proved, other: Proved) -> str:
    """Where two transcripts first cannot both be true; empty if they can."""
    found = compare(one, other)
    if found.first_divergence is not None:
        return f"log of {found.first_divergence.post} at {found.first_divergence.sequence}"
    return next((f"{clash.what} of {clash.post}: {' / '.join(clash.words)}" for clash in found.contradictions), "")


def _proved(data: bytes, agreement_digest: bytes) -> Proved | HotlineError:
    try:
        return verify_transcript(data, agreement_digest)
    except HotlineError as error:
        return error


def _proof(post: str, data: bytes, found: Proved | HotlineError, file: str) -> Proof:
    digest = hashlib.sha256(data).hexdigest()
    if isinstance(found, HotlineError):
        return Proof(post, False, found.code, 0, False, digest, file)
    right = found.exporter == post and found.complete and not found.forks
    return Proof(post, right, "" if right else "INCOMPLETE", len(found.messages), found.pinned, digest, file)
