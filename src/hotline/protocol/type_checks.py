"""What single types ask beyond the rules of their protos: of header and body together, or of who signs.

Each check looks at one statement and what was agreed, never at other statements (REQ-STMT-5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from google.protobuf.message import Message

from hotline import v1
from hotline.protocol.errors import PeerDataError
from hotline.protocol.instant import from_timestamp
from hotline.protocol.signers import SignersError
from hotline.protocol.trust import Officer

# Types that take the place of, or end, exactly one earlier statement, with the reference role that names it.
SUCCESSOR_ROLE = {
    "hotline.v1.ActivityUpdate": v1.Reference.ROLE_UPDATES,
    "hotline.v1.ActivityCancel": v1.Reference.ROLE_CANCELS,
}

# Types that take the place of an earlier statement where they name one, and stand by themselves where they do not.
REPLACING_ROLE = SUCCESSOR_ROLE | {"hotline.v1.EscortSchedule": v1.Reference.ROLE_UPDATES}

# All that the header of a test may have (REQ-LINE-1).
_PLAIN = frozenset(
    (
        "channel",
        "agreement_digest",
        "kind",
        "from_post",
        "action",
        "info",
        "nonce",
        "composed_at",
        "precedence",
        "stage_requested",
    )
)

Check = Callable[[v1.StatementHeader, Message, Sequence[Officer], v1.LineRules], None]


def check_type(words: v1.Statement, body: Message, officers: Sequence[Officer], line: v1.LineRules) -> None:
    """Hold a statement against what its type asks.

    Args:
        words: the statement.
        body: its body, read.
        officers: who signed; none for what a node signed.
        line: rules of the line in force when it was sealed.

    Raises:
        PeerDataError: REFERENCE_COUNT, TEST_NOT_PLAIN, RETRACTION_NOT_FLASH, RADIO_SILENCE_TOO_LONG.
        SignersError: HANDOVER_SIGNERS.
    """
    role = SUCCESSOR_ROLE.get(words.body_type)
    if role is not None and sum(reference.role == role for reference in words.header.references) != 1:
        raise PeerDataError("REFERENCE_COUNT", f"{words.body_type} names exactly one predecessor")
    check = _CHECKS.get(type(body))
    if check is not None:
        check(words.header, body, officers, line)


def _check_test(header: v1.StatementHeader, body: Message, officers: Sequence[Officer], line: v1.LineRules) -> None:
    """What tests the line cannot be mistaken for a warning, as in 1980 (REQ-LINE-1)."""
    more = sorted({field.name for field, _ in header.ListFields()} - _PLAIN)
    if more or header.precedence != v1.PRECEDENCE_ROUTINE:
        raise PeerDataError("TEST_NOT_PLAIN", f"a test with {', '.join(more) or 'another precedence than ROUTINE'}")


def _check_retraction(
    header: v1.StatementHeader, body: Message, officers: Sequence[Officer], line: v1.LineRules
) -> None:
    """What takes back an error goes as fast as anything does (REQ-RETRACT-1)."""
    if header.precedence != v1.PRECEDENCE_FLASH:
        raise PeerDataError("RETRACTION_NOT_FLASH", f"{v1.Precedence.Name(header.precedence)} for a retraction")


def _check_radio_silence(
    header: v1.StatementHeader, body: Message, officers: Sequence[Officer], line: v1.LineRules
) -> None:
    """Silence is declared for a bounded time (REQ-LINE-4)."""
    assert isinstance(body, v1.RadioSilence)
    if not body.HasField("until"):
        return
    length_ns = from_timestamp(body.until) - from_timestamp(getattr(body, "from"))
    if length_ns > line.radio_silence_max.ToNanoseconds():
        raise PeerDataError("RADIO_SILENCE_TOO_LONG", f"radio silence for {length_ns // 1_000_000_000} s")


def _check_handover(header: v1.StatementHeader, body: Message, officers: Sequence[Officer], line: v1.LineRules) -> None:
    """Who leaves and who takes over both say so, and nobody else does (REQ-ROLE-5)."""
    assert isinstance(body, v1.WatchHandover)
    if sorted(officer.person for officer in officers) != sorted((body.outgoing, body.incoming)):
        raise SignersError("HANDOVER_SIGNERS", f"from {body.outgoing} to {body.incoming}, signed by others")


_CHECKS: Mapping[type[Message], Check] = {
    v1.ChannelTest: _check_test,
    v1.Retraction: _check_retraction,
    v1.RadioSilence: _check_radio_silence,
    v1.WatchHandover: _check_handover,
}
