"""What is fed with bytes from outside: one target for each kind, and what must hold whatever they are.

A target takes any bytes. It ends quietly when they are taken, or refused with a code of the table; anything else that
it raises is a finding: another exception, a code without a row, a journal that does not lead back to the same state, or
a refused Frame that left something behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from google.protobuf.message import Message
from tests.fuzz import field, spoken

from hotline import v1
from hotline.messages.show import Place, message_lines
from hotline.protocol.agreements import open_agreement
from hotline.protocol.check import check_envelope
from hotline.protocol.codes import CODES
from hotline.protocol.effects import Journal
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.envelope import AGREEMENT, DIRECTORY, STATEMENT, decode, parse, sign
from hotline.protocol.errors import HotlineError
from hotline.protocol.evidence import verify_transcript
from hotline.protocol.intake import FRAME_BYTES_MAX
from hotline.protocol.rules import check_rules
from hotline.protocol.statements import BODIES, BODY_OF, judge, verify_statement
from hotline.protocol.transcript import close, framed
from hotline_sim.scenario.load import loads
from hotline_sim.scenario.problems import Code, ScenarioError

KNOWN = {row.code for row in CODES}
# A Frame that is refused as a whole may have brought papers that hold by themselves, papers of another line, and the
# proof of a fork (spec 03 and 06).
BY_THEMSELVES = {"agreement", "directory", "fork", "head_made", "rival"}


def known(error: HotlineError) -> None:
    """An error's code has a row."""
    assert error.code in KNOWN, f"{error.code} has no row"


@contextmanager
def refused_at_most() -> Iterator[None]:
    """Whatever is refused is refused with a code that has a row."""
    try:
        yield
    except HotlineError as error:
        known(error)


def envelope(data: bytes) -> None:
    """One signed object, as bytes or as DSSE JSON; and with its signatures made anew."""
    with refused_at_most():
        check_envelope(data, field.trust())
    loose = field.loosely(v1.Envelope, data)
    with refused_at_most():
        check_envelope(field.again(loose, *field.officers()[:2]).SerializeToString(), field.trust())


def message(data: bytes) -> None:
    """A statement's payload that its officers have signed, or its node where it is of a type that nodes sign."""
    trust = spoken.channel().trust
    kind = BODY_OF.get(field.loosely(v1.Statement, data).body_type, v1.IncidentFlash)
    with refused_at_most():
        signed = verify_statement(sign(STATEMENT, data, *spoken.signers_of(kind)), trust)
        judged = judge(signed, trust, spoken.SPEAKER, 1, spoken.NOW.utc_ns)
        assert (judged.said is None) != (judged.refusal is None)
        if judged.said is not None:
            _shown(judged.said.header, judged.said.body)
        elif judged.refusal is not None:
            raise judged.refusal


def body(data: bytes) -> None:
    """The body of a statement: the first byte says of which type."""
    kind = BODIES[data[0] % len(BODIES)] if data else BODIES[0]
    with refused_at_most():
        found = decode(data[1:], kind)
        check_rules(found)
        _shown(v1.StatementHeader(), found)


def _shown(header: v1.StatementHeader, found: Message) -> None:
    """What was taken can be shown to people, in both languages."""
    for language in ("en", "zh"):
        assert message_lines(header, found, Place(bytes(32), 1, field.NOW.utc_ns), language)


def agreement(data: bytes) -> None:
    """An agreement that every party has signed; and signed anew by the published roots."""
    with refused_at_most():
        open_agreement(data)
    signed = field.loosely(v1.SignedAgreement, data)
    for each in signed.envelopes[:4]:
        each.CopyFrom(field.again(each))
        each.payload_type = AGREEMENT
        for signature in each.signatures:
            signature.sig = field.signature_of(AGREEMENT, each.payload, field.signers()[signature.keyid])
    with refused_at_most():
        open_agreement(signed.SerializeToString())


def directory(data: bytes) -> None:
    """A directory's payload, signed by the registrar of the party that it names; its envelope is `envelope`'s."""
    trust = field.trust()
    words = field.loosely(v1.Directory, data)
    parties = {party.id: party for party in field.agreement().message.parties}
    party = parties.get(words.party, parties["AUS"])
    registrar = next(
        signer for signer in field.signers().values() if signer.public_key == party.registrar_keys[0].public_key
    )
    listed = v1.Envelope(payload_type=DIRECTORY, payload=data)
    before = dict(trust.versions)
    with refused_at_most():
        if trust.take_directory(field.again(listed, registrar)) is not None:
            return
    assert trust.versions == before, "refused, and something of it was taken"


def transcript(data: bytes) -> None:
    """A transcript; and its records closed anew by the node of the speaker."""
    with refused_at_most():
        verify_transcript(data)
    records, closing_at = list(_split(data)), field.NOW.utc_ns
    with suppress(ValueError, IndexError):
        closing_at = field.loosely(v1.Record, records[0]).at.ToNanoseconds()
    body_ = b"".join(map(framed, records[:-1]))
    with refused_at_most():
        verify_transcript(close(body_, field.node(field.SPEAKER), closing_at % 2**62))


def _split(data: bytes) -> Iterator[bytes]:
    """Records by their lengths, the last cut where the bytes end."""
    at = 0
    while at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


def scenario(data: bytes) -> None:
    """A scenario file."""
    problems = _problems(data)
    assert problems <= set(Code), problems


def _problems(data: bytes) -> set[str]:
    """Codes for which a scenario is refused."""
    try:
        loads(data)
    except ScenarioError as error:
        return {problem.code for problem in error.problems} or {"no problem"}
    return set()


def frame(data: bytes) -> None:
    """A Frame off the line, and the same as a peer would have made it, one after the other; past the guard and the gate
    that stand before the core."""
    endpoint, journal = field.receiver(), list[bytes]()
    guard = field.guard(endpoint)
    for arriving in (data, field.as_a_peer_would(data)):
        assert guard.lane(field.SPEAKER, arriving).name == field.SPEAKER
        taken = _taken(endpoint, field.gate(endpoint, arriving)(arriving))
        records = [effect.record for effect in endpoint.take_effects() if isinstance(effect, Journal)]
        kinds = {v1.Record.FromString(record).WhichOneof("fact") for record in records}
        assert taken or kinds <= BY_THEMSELVES, f"refused, and left behind {kinds}"
        journal += records
    if journal:
        assert state(field.receiver(journal)) == state(endpoint), "the journal leads elsewhere"


def _taken(endpoint: Endpoint, arriving: bytes) -> bool:
    """Whether a Frame was taken."""
    try:
        endpoint.receive(arriving, field.NOW)
    except HotlineError as error:
        known(error)
        return False
    return True


def fetch(data: bytes) -> None:
    """A FetchRequest, and the same for a log that is held, to a post that holds a forked one."""
    endpoint, request = field.server(), field.loosely(v1.FetchRequest, data)
    request.post, request.epoch = field.SPEAKER, 1
    for asked in (data, request.SerializeToString()):
        with refused_at_most():
            for served in field.guard(endpoint).serving(field.SPEAKER, asked, partial(_serve, endpoint, asked)):
                _held_to(served)


def _serve(endpoint: Endpoint, asked: bytes) -> Iterator[bytes]:
    wanted = parse(asked, v1.FetchRequest)
    return endpoint.serve(wanted.post, wanted.first, wanted.last, wanted.epoch, field.SPEAKER)


def _held_to(served: bytes) -> None:
    """What is served is a Frame by every rule for one."""
    assert len(served) <= FRAME_BYTES_MAX
    assert parse(served, v1.Frame).HasField("head")


def state(endpoint: Endpoint) -> tuple[object, ...]:
    """What a post holds, as far as a journal must lead back to it."""
    entries = {
        digest: (entry.post, entry.place, entry.refused, frozenset(entry.facts))
        for digest, entry in endpoint.book.entries.items()
    }
    logs = {post: log.position().SerializeToString() for post, log in endpoint.logs.items()}
    return entries, logs, endpoint.trust.versions, len(endpoint.trust.revisions.held)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "envelope": envelope,
    "message": message,
    "body": body,
    "agreement": agreement,
    "directory": directory,
    "transcript": transcript,
    "scenario": scenario,
    "frame": frame,
    "fetch": fetch,
}
"""By the name of their folder in the corpus."""
