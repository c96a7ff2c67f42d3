"""A tape of everything that went into a core, so that `replay.py` can show that the same comes out, byte for byte.

JSON lines, bytes in base64:

    {"start": {"post":, "agreements": [], "directories": [], "signers": [[algorithm, public key]],
               "mono_ns":, "utc_ns":}}
    {"restored": record}                                  each record the journal held at the start
    {"input": name, "mono_ns":, "utc_ns":, "with": {}}    then what the core drew while it took it:
    {"fresh": bytes}   {"jitter": number}   {"signature": bytes}
    {"raised": code}                                      if the input was refused
    {"take": true}                                        effects are asked for; then what was drawn for them, and
    {"effects": digest of the batch}
    {"end": true}                                         the node stopped in order

A file holds one such run for each start of its node. A run without its end, perhaps cut in the middle of a line, was
ended by a kill.
Recording wraps what the core is given and the core itself, so the driver is the same with and without.
"""

from __future__ import annotations

import io
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from typing import Any

from hotline import v1
from hotline.protocol.effects import Alert, Changed, Effect, Fetch, Journal, Rewire
from hotline.protocol.endpoint import Endpoint, Submission
from hotline.protocol.errors import HotlineError, UsageError
from hotline.protocol.identifiers import Identifiers
from hotline.protocol.instant import Instant
from hotline.protocol.papers import Adopted
from hotline.protocol.signing import Algorithm, Signer
from hotline.protocol.statements import Draft, Examined, compose
from hotline.protocol.trust import Trust

_WAITING_MAX = 1_000


class Tape:
    """A file being recorded. Flushed with each batch and never synced: a tape helps to explain, it proves nothing.

    So a disk that does not take it ends the tape, perhaps in the middle of a line, and nothing else: a node that
    stopped for that would leave its line for the sake of a record that the line does not need.
    """

    def __init__(self, path: Path, failed: Callable[[OSError], None]) -> None:
        """`failed`: hears why the tape ends before its time, once.

        Raises:
            UsageError: CONFIG_INVALID if the file cannot be opened.
        """
        self._failed = failed
        try:
            self._file: io.FileIO | None = io.FileIO(path, "a")
        except OSError as error:
            raise UsageError("CONFIG_INVALID", f"tape: {error}") from error
        self._waiting = ["\n"] if self._file.tell() else []

    def write(self, what: str, value: Any, **more: Any) -> None:
        """Add one line, which waits for `flush` or for a thousand like it."""
        if self._file is not None:
            self._waiting.append(json.dumps({what: value, **more}) + "\n")
            if len(self._waiting) >= _WAITING_MAX:
                self.flush()

    def start(self, post: str, trust: Trust, signers: Iterable[Signer], records: Iterable[bytes], now: Instant) -> None:
        """Begin a run: everything `Endpoint.restore` is given."""
        start = {
            "post": post,
            "agreements": [text(agreement.signed.SerializeToString()) for agreement in trust.revisions.held],
            "directories": [text(directory.SerializeToString()) for directory in trust.every_directory()],
            "signers": [_public(signer) for signer in signers],
            "mono_ns": now.mono_ns,
            "utc_ns": now.utc_ns,
        }
        self.write("start", start)
        for record in records:
            self.write("restored", text(record))

    def flush(self) -> None:
        """Hand everything to the operating system."""
        data = memoryview("".join(self._waiting).encode("ascii"))
        self._waiting.clear()
        try:
            while self._file is not None and data:
                data = data[self._file.write(data) :]
        except OSError as error:
            self._end()
            self._failed(error)

    def close(self) -> None:
        """End the run in order."""
        self.write("end", True)
        self.flush()
        self._end()

    def _end(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()


class TapedIdentifiers:
    """Identifiers that are recorded as they are drawn."""

    def __init__(self, identifiers: Identifiers, tape: Tape) -> None:
        self._identifiers, self._tape = identifiers, tape

    def fresh(self) -> bytes:
        """See `Identifiers.fresh`."""
        drawn = self._identifiers.fresh()
        self._tape.write("fresh", text(drawn))
        return drawn

    def jitter(self) -> int:
        """See `Identifiers.jitter`."""
        drawn = self._identifiers.jitter()
        self._tape.write("jitter", drawn)
        return drawn


class TapedSigner:
    """A signer whose answers are recorded."""

    def __init__(self, signer: Signer, tape: Tape) -> None:
        self._signer, self._tape = signer, tape
        self.algorithm: Algorithm = signer.algorithm
        self.public_key: bytes = signer.public_key
        self.fingerprint: bytes = signer.fingerprint

    def sign(self, message: bytes) -> bytes:
        """See `Signer.sign`."""
        signature = self._signer.sign(message)
        self._tape.write("signature", text(signature))
        return signature


class TapedEndpoint(Endpoint):
    """An Endpoint whose every input is recorded before it is taken. `tape` is set before the first."""

    tape: Tape

    @classmethod
    def begin(
        cls,
        tape: Tape,
        post: str,
        trust: Trust,
        signers: Sequence[Signer],
        identifiers: Identifiers,
        records: Sequence[bytes],
        now: Instant,
    ) -> TapedEndpoint:
        """Begin a run on a tape: see `Endpoint.restore`."""
        tape.start(post, trust, signers, records, now)
        taped = [TapedSigner(signer, tape) for signer in signers]
        endpoint = cls.restore(post, trust, taped, TapedIdentifiers(identifiers, tape), records, now)
        assert isinstance(endpoint, TapedEndpoint)
        endpoint.tape = tape
        return endpoint

    def equip(self, signer: Signer, now: Instant) -> None:
        """See `Endpoint.equip`."""
        self._input("equip", now, signer=_public(signer))
        with self._refusals():
            super().equip(TapedSigner(signer, self.tape), now)

    def adopt(self, what: v1.SignedAgreement | v1.Envelope, now: Instant, *, disavow: bool = False) -> Adopted:
        """See `Endpoint.adopt`."""
        kind = "directory" if isinstance(what, v1.Envelope) else "agreement"
        self._input("adopt", now, disavow=disavow, **{kind: text(what.SerializeToString())})
        with self._refusals():
            return super().adopt(what, now, disavow=disavow)

    def compose(self, draft: Draft, now: Instant) -> v1.Statement:
        """See `Endpoint.compose`. Not on the tape: it changes nothing, and what is signed comes back to `submit`."""
        return compose(draft, self.trust, self.post, token_bytes(16), now)

    def receive(self, frame: bytes, now: Instant, pin: bytes | None = None, server: str | None = None) -> str:
        """See `Endpoint.receive`."""
        self._input("receive", now, frame=text(frame), pin=None if pin is None else text(pin), server=server)
        with self._refusals():
            return super().receive(frame, now, pin, server)

    def submit(self, statement: v1.Envelope | Examined, now: Instant) -> Submission:
        """See `Endpoint.submit`. What was examined before is on the tape as it was handed over."""
        envelope = statement.signed.envelope if isinstance(statement, Examined) else statement
        self._input("submit", now, envelope=text(envelope.SerializeToString()))
        with self._refusals():
            return super().submit(statement, now)

    def link(self, peer: str, up: bool, now: Instant) -> None:
        """See `Endpoint.link`."""
        self._input("link", now, peer=peer, up=up)
        super().link(peer, up, now)

    def present(self, digest: bytes, position: str, now: Instant) -> None:
        """See `Endpoint.present`."""
        self._input("present", now, digest=text(digest), position=position)
        with self._refusals():
            super().present(digest, position, now)

    def staff(self, position: str, staffed: bool, now: Instant) -> None:
        """See `Endpoint.staff`."""
        self._input("staff", now, position=position, staffed=staffed)
        super().staff(position, staffed, now)

    def on_deadline(self, now: Instant) -> None:
        """See `Endpoint.on_deadline`."""
        self._input("on_deadline", now)
        super().on_deadline(now)

    def take_effects(self) -> list[Effect]:
        """See `Endpoint.take_effects`."""
        self.tape.write("take", True)
        effects = super().take_effects()
        self.tape.write("effects", digest_of(effects))
        self.tape.flush()
        return effects

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Write down that an input was refused."""
        try:
            yield
        except HotlineError as error:
            self.tape.write("raised", error.code)
            raise

    def _input(self, name: str, now: Instant, **given: Any) -> None:
        self.tape.write("input", name, mono_ns=now.mono_ns, utc_ns=now.utc_ns, **{"with": given})


def digest_of(effects: Sequence[Effect]) -> str:
    """SHA-256 over every byte and every field of a batch, in order."""
    return sha256(json.dumps([_row(effect) for effect in effects]).encode("ascii")).hexdigest()


def _public(signer: Signer) -> list[Any]:
    """What a replay knows of a signer."""
    return [int(signer.algorithm), text(signer.public_key)]


def text(data: bytes) -> str:
    """Bytes as they stand on a tape."""
    return b64encode(data).decode("ascii")


def _row(effect: Effect) -> list[Any]:
    if isinstance(effect, Journal):
        return ["journal", text(effect.record)]
    if isinstance(effect, Fetch):
        return ["fetch", effect.peer, effect.post, effect.epoch, effect.first, effect.last]
    if isinstance(effect, Changed):
        return ["changed", text(effect.digest)]
    if isinstance(effect, Rewire):
        return ["rewire"]
    if isinstance(effect, Alert):
        return ["alert", effect.code, text(effect.digest), effect.post, effect.detail]
    return ["send", effect.peer, text(effect.frame)]
