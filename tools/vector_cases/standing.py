"""Bytes for the cases about what a statement is judged by: which revision's limit, which version's level and posts; and
what may be read before signatures verified (specs 02 and 06)."""

from __future__ import annotations

from typing import Any

from tools.vector_cases.case import Input
from tools.vector_cases.chains import revision, version
from tools.vector_cases.material import (
    AGREEMENT,
    AUS,
    CHN,
    DAY_MS,
    SEALED_MS,
    agreement_digest,
    identity,
    line,
    node,
    plain,
    post,
    signed_agreement,
    signed_directory,
    window,
)
from tools.vector_cases.signatures import flipped
from tools.vector_cases.speaking import suspended
from tools.vector_cases.statements import text
from tools.vector_cases.words import chunk, digest, notice, said, spoiled_header, statement

from hotline import v1

BEFORE_MS = SEALED_MS - 61 * DAY_MS


# -- limits ------------------------------------------------------------------------------------------------------------


def generous() -> v1.Agreement:
    """Revision 2 for one day, with room for twice as much in a statement."""
    rules = line()
    rules.statement_bytes_max *= 2
    return revision(line=rules, in_force=window(SEALED_MS, SEALED_MS + DAY_MS))


GENEROUS = generous()


def long(case: str, sealed_at_ms: int, agreement: bytes) -> Input:
    """A notice of more than 4,096 bytes, held against both revisions."""
    words = statement(case, agreement_digest=agreement, texts=[text("en", "x" * 2000), text("de", "x" * 2000)])
    given = {"post": AUS, "sealed_at_ms": sealed_at_ms, "revisions": ["revision-2.bin"]}
    files = {"revision-2.bin": plain(signed_agreement(plain(GENEROUS)))}
    return Input(plain(said(words)), given, {"digest": digest(words).hex()}, files)


# -- levels and posts --------------------------------------------------------------------------------------------------

RAISED = version(posts=[post(AUS, level=v1.LEVEL_POLITICAL)])
WITH_HARBOUR = version(posts=[post(AUS), post("AUS:harbour-watch", [], node=node("AUS node, second"))])


def under(case: str, later: v1.Directory, sealed_at_ms: int, words: v1.Statement, *signers: str) -> Input:
    """A statement sealed at an instant, judged by who holds a later version of the directory too."""
    directories = ["directory-aus.bin", "directory-chn.bin", "second.bin"]
    given = {"post": AUS, "sealed_at_ms": sealed_at_ms, "directories": directories}
    facts: dict[str, Any] = {"digest": digest(words).hex()}
    facts |= {"marks": [] if sealed_at_ms >= SEALED_MS else ["LEVEL_LACKING"]} if later is RAISED else {}
    return Input(plain(said(words, *signers)), given, facts, {"second.bin": signed_directory(later)})


def suspending(case: str, sealed_at_ms: int) -> Input:
    """A status of the line, by a post whose level was raised at SEALED_MS."""
    words = statement(case, suspended(), stage_requested=0)
    return under(case, RAISED, sealed_at_ms, words, "AUS officer-2", "AUS officer-3")


def to_harbour(case: str) -> Input:
    """A notice to a post that is listed for the first time by a version issued a moment later."""
    words = statement(case, notice(), action=[CHN, "AUS:harbour-watch"])
    return under(case, WITH_HARBOUR, SEALED_MS - 1, words)


# -- before signatures verified ----------------------------------------------------------------------------------------


def unreadable() -> Input:
    """A field that nobody knows, under a signature that does not verify."""
    payload = spoiled_header("unreadable-and-not-signed", chunk(200, b"?"))
    made = said(payload)
    made.signatures[0].sig = flipped(made.signatures[0].sig)
    return Input(plain(made), {"post": AUS, "sealed_at_ms": SEALED_MS})


INPUTS = {
    "limit-of-the-revision-that-began-last": long(
        "limit-of-the-revision-that-began-last", SEALED_MS + 2 * DAY_MS, identity(AGREEMENT, plain(GENEROUS))
    ),
    "limit-before-any-revision": long("limit-before-any-revision", BEFORE_MS, agreement_digest()),
    "level-before-it-was-raised": suspending("level-before-it-was-raised", SEALED_MS - 1),
    "level-since-it-was-raised": suspending("level-since-it-was-raised", SEALED_MS),
    "addressee-of-a-later-version": to_harbour("addressee-of-a-later-version"),
    "unreadable-and-not-signed": unreadable(),
}
