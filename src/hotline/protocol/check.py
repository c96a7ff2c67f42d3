"""One envelope, checked offline under an agreement: for the command line, and for whoever was handed a single object.

Without its link a statement has no place and no sealed time, so that this says less than a transcript: it is judged as
if it had been sealed when it was composed.
"""

from __future__ import annotations

from dataclasses import dataclass

from hotline import v1
from hotline.protocol.dsse_json import from_dsse_json
from hotline.protocol.envelope import DIRECTORY, HEAD, STATEMENT, Signed, digest_of, parse
from hotline.protocol.errors import PeerDataError
from hotline.protocol.heads import open_head
from hotline.protocol.instant import from_timestamp
from hotline.protocol.statements import judge, verify_statement
from hotline.protocol.trust import Trust


@dataclass(frozen=True, slots=True)
class Checked:
    """An envelope that holds.

    Attributes:
        payload_type: what it is.
        digest: its identity; its first twelve hexadecimal digits are the ref that people see.
        type: body type of a statement, "Head" or "Directory".
        speaker: post that speaks; for a directory its party.
        signers: "person (role)" of a statement; node or registrar otherwise.
        at_ns: when it was composed, made or issued, by its author's clock, UTC.
        statement: what a statement says; None for others.
    """

    payload_type: str
    digest: bytes
    type: str
    speaker: str
    signers: tuple[str, ...]
    at_ns: int
    statement: v1.Statement | None = None


def check_envelope(data: bytes, trust: Trust) -> Checked:
    """Verify one statement, Head or directory.

    Args:
        data: the envelope as protobuf bytes, or in the JSON form of DSSE.
        trust: agreement and directories.

    Raises:
        PeerDataError: MALFORMED, SCAN_*, RULE_BROKEN, PAYLOAD_TYPE, KEY_UNKNOWN, SIGNATURE_*, or the code for which its
            content is refused.
        PeerDataError: DIRECTORY_CHAIN, DIRECTORY_FORK, EPOCH_CHAIN, for a directory.
        UsageError: DIRECTORY_FOREIGN, KEY_SHARED, POST_FOREIGN, for a directory.
    """
    envelope = envelope_of(data)
    if envelope.payload_type == STATEMENT:
        return _statement(envelope, trust)
    if envelope.payload_type == HEAD:
        opened = open_head(envelope, trust, "", None)
        made_ns = from_timestamp(opened.message.made_at)
        return Checked(HEAD, digest_of(envelope), "Head", opened.post, ("node",), made_ns)
    if envelope.payload_type == DIRECTORY:
        return _directory(envelope, trust)
    raise PeerDataError("PAYLOAD_TYPE", f"{envelope.payload_type!r} is no statement, Head or directory")


def envelope_of(data: bytes) -> v1.Envelope:
    """An envelope from either form. Nothing that starts with a brace, after white space, is a protobuf envelope.

    Raises:
        PeerDataError: MALFORMED, SCAN_*, RULE_BROKEN.
    """
    return from_dsse_json(data) if data.lstrip()[:1] == b"{" else parse(data, v1.Envelope)


def _statement(envelope: v1.Envelope, trust: Trust) -> Checked:
    signed = verify_statement(envelope, trust)
    header = parse(envelope.payload, v1.Statement).header
    composed_ns = from_timestamp(header.composed_at)
    judged = judge(signed, trust, header.from_post, _epoch(signed, trust), composed_ns)
    if judged.said is None:
        raise judged.refusal or PeerDataError("MALFORMED", "no statement")
    said, statement = judged.said, judged.said.statement
    return Checked(
        STATEMENT, signed.digest, statement.body_type, header.from_post, said.signers, composed_ns, statement
    )


def _epoch(signed: Signed, trust: Trust) -> int:
    """The epoch of the node that signed; 0 for officers, whose keys belong to none."""
    nodes = (trust.node_of(keyid).epoch for keyid in signed.keyids if trust.node_key(keyid) is not None)
    return next(nodes, 0)


def _directory(envelope: v1.Envelope, trust: Trust) -> Checked:
    """A directory stands when it is one of those held, or follows them."""
    trust.copy().take_directory(envelope)
    directory = v1.Directory.FromString(envelope.payload)
    issued_ns = from_timestamp(directory.issued_at)
    return Checked(DIRECTORY, digest_of(envelope), "Directory", directory.party, ("registrar",), issued_ns)
