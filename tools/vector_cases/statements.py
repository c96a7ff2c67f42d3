"""Bytes for the cases about what a statement says and who may say it; every signature is good."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from tools.vector_cases.case import Input
from tools.vector_cases.material import AUS, CHN, DAY_MS, SEALED_MS, plain, stamp
from tools.vector_cases.words import chunk, digest, flash, header, notice, said, spoiled_body, statement

from hotline import v1

GIVEN = {"post": AUS, "sealed_at_ms": SEALED_MS}
NOTICE = statement("statement-notice")
SUBJECT = digest(NOTICE)
ACCEPTED = v1.Acknowledgement(subject=SUBJECT, decision=v1.Decision(value=v1.Decision.VALUE_ACCEPTED))
CLOSER = v1.Observation(
    subject=SUBJECT,
    finding=v1.Observation.FINDING_CONTRADICTS,
    observed_at=stamp(SEALED_MS - 5_000),
    observed=v1.Craft(kind=v1.CRAFT_KIND_WARSHIP, number="139", party="CHN"),
    range_m=2_408,
    sensor=v1.Observation.SENSOR_RADAR,
)
DECLINED = v1.Acknowledgement(subject=SUBJECT, decision=v1.Decision(value=v1.Decision.VALUE_DECLINED))


def whole(message: v1.Statement | bytes, *signers: str, precedence: str = "IMMEDIATE", body: str = "") -> Input:
    """A statement of which a verifier must be able to read who spoke, how urgently, and what type."""
    facts = {
        "digest": digest(message).hex(),
        "from_post": AUS,
        "precedence": precedence,
        "body_type": body or "hotline.v1.ActivityNotice",
    }
    return Input(plain(said(message, *signers)), GIVEN, facts)


def headed(case: str, sealed_at_ms: int = SEALED_MS, **changes: Any) -> Input:
    """A notice with header fields changed."""
    message = statement(case, **changes)
    given = GIVEN | {"sealed_at_ms": sealed_at_ms}
    return Input(plain(said(message)), given, {"digest": digest(message).hex()})


def signed_by(case: str, signer: str) -> Input:
    """A notice signed by somebody."""
    return Input(plain(said(statement(case), signer)), GIVEN)


def update(case: str, predecessors: int) -> Input:
    """An update that names so many predecessors."""
    named = [v1.Reference(digest=bytes([n]) * 32, role=v1.Reference.ROLE_UPDATES) for n in range(predecessors)]
    message = statement(case, v1.ActivityUpdate(notice=notice()), thread=bytes(32), references=named)
    return Input(plain(said(message)), GIVEN)


def text(language: str, words: str, role: v1.Text.Role.ValueType = v1.Text.ROLE_AUTHENTIC) -> v1.Text:
    """A remark."""
    return v1.Text(language=language, text=words, role=role)


def answered(case: str, body: v1.Acknowledgement | v1.Observation, post: str, signer: str) -> Input:
    """A statement about the notice of `statement-notice`, in its thread."""
    to = AUS if post == CHN else CHN
    message = statement(case, body, from_post=post, action=[to], thread=SUBJECT, stage_requested=0)
    facts = {"digest": digest(message).hex(), "body_type": f"hotline.v1.{type(body).__name__}"}
    return Input(plain(said(message, signer)), GIVEN | {"post": post}, facts)


def worded(case: str, texts: list[v1.Text], *said: str) -> Input:
    """A notice with remarks, of which a verifier must be able to say which binds and which translates which."""
    made = whole(statement(case, texts=texts))
    return Input(made.data, made.given, made.facts | {"texts": list(said)})


def reordered(message: v1.Statement) -> bytes:
    """A statement with its fields in the opposite order."""
    return chunk(3, message.body) + chunk(2, message.body_type.encode()) + chunk(1, plain(message.header))


TWO_LANGUAGES = [
    text("zh", "潜水员在水下作业，请保持三海里以外。"),
    v1.Text(
        language="en",
        text="Divers are working under water; please stay outside three nautical miles.",
        role=v1.Text.ROLE_TRANSLATION,
        translation_of=sha256("潜水员在水下作业，请保持三海里以外。".encode()).digest(),
    ),
]
TRANSLATION = v1.Text.ROLE_TRANSLATION
ELSEWHERE = [
    TWO_LANGUAGES[0],
    v1.Text(language="en", text="All clear.", role=TRANSLATION, translation_of=sha256("一切正常。".encode()).digest()),
]
# Two marks that Unicode 15 orders the other way round; Unicode 14 has neither.
NEWER_MARKS = "a\U0001e4ec\U0001e4ee"
NEWER_TYPE = v1.Statement(
    header=header("unknown-type-still-readable", precedence=v1.PRECEDENCE_FLASH),
    body_type="hotline.v2.IncidentFlash",
    body=chunk(99, b"a newer version"),
)
FLASH = statement("statement-flash", flash(), precedence=v1.PRECEDENCE_FLASH)

INPUTS = {
    "statement-notice": whole(NOTICE),
    "statement-flash": whole(
        FLASH, "AUS officer-2", "AUS officer-1", precedence="FLASH", body="hotline.v1.IncidentFlash"
    ),
    "statement-two-languages": worded("statement-two-languages", TWO_LANGUAGES, "zh AUTHENTIC", "en TRANSLATION of zh"),
    "translation-of-another-text": worded(
        "translation-of-another-text", ELSEWHERE, "zh AUTHENTIC", "en TRANSLATION of a text that is not here"
    ),
    "translation-not-bound": headed(
        "translation-not-bound", texts=[TWO_LANGUAGES[0], text("en", "Divers.", TRANSLATION)]
    ),
    "remarks-language-twice": headed("remarks-language-twice", texts=[text("en", "Divers."), text("en", "Ships.")]),
    "statement-fields-in-another-order": whole(reordered(statement("statement-fields-in-another-order"))),
    "statement-newer-unicode": headed("statement-newer-unicode", texts=[text("de", NEWER_MARKS)]),
    "statement-acknowledgement": answered("statement-acknowledgement", ACCEPTED, CHN, "CHN officer-2"),
    "statement-observation": answered("statement-observation", CLOSER, AUS, "AUS officer-1"),
    # Header
    "wrong-channel": headed("wrong-channel", channel="elsewhere"),
    "wrong-kind": headed("wrong-kind", kind=v1.KIND_ACTUAL),
    "unknown-agreement": headed("unknown-agreement", agreement_digest=bytes(31) + b"\x01"),
    "agreement-expired": headed("agreement-expired", SEALED_MS + 300 * DAY_MS),
    "unknown-addressee": headed("unknown-addressee", action=[CHN, "CHN:harbour-watch"]),
    "addressee-twice": headed("addressee-twice", info=[CHN]),
    "release-passed": headed("release-passed", release_before=stamp(SEALED_MS)),
    "spoken-for-another-post": headed("spoken-for-another-post", from_post=CHN, action=[AUS]),
    # Signers
    "certificate-expired": signed_by("certificate-expired", "AUS officer-4"),
    "role-not-allowed": signed_by("role-not-allowed", "AUS officer-5"),
    "signed-by-another-post": signed_by("signed-by-another-post", "CHN officer-1"),
    # Body
    "unknown-type-still-readable": whole(
        NEWER_TYPE, "AUS officer-1", "AUS officer-2", precedence="FLASH", body="hotline.v2.IncidentFlash"
    ),
    "body-is-another-type": Input(
        plain(said(spoiled_body("body-is-another-type", "Acknowledgement", plain(notice())))), GIVEN
    ),
    "rule-broken": Input(plain(said(statement("rule-broken", DECLINED, stage_requested=0))), GIVEN),
    "update-before-its-predecessor": update("update-before-its-predecessor", 1),
    "update-of-nothing": update("update-of-nothing", 0),
    "update-of-two": update("update-of-two", 2),
    "statement-too-large": headed("statement-too-large", texts=[text("en", "x" * 2000)] * 2),
}
