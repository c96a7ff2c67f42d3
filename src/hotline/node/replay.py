"""Playing a tape back into a fresh core: the same inputs give the same effects, byte for byte, or here is where not."""

from __future__ import annotations

import json
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotline import v1
from hotline.node.tape import digest_of
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.errors import HotlineError, UsageError
from hotline.protocol.instant import Instant
from hotline.protocol.signing import Algorithm, fingerprint
from hotline.protocol.trust import Trust, open_revisions

Row = tuple[int, dict[str, Any]]

_START = '{"start":'


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where a replay first differs from its tape: line number, what stands there, what came instead."""

    line: int
    expected: str
    found: str


class _DiffersError(Exception):
    """Carries a Mismatch out of the core."""

    def __init__(self, mismatch: Mismatch) -> None:
        super().__init__(str(mismatch))
        self.mismatch = mismatch


class _CutOffError(Exception):
    """The run ends here without its end: what the core would draw or say next was never written."""


class _Rows:
    """The rows of one run, read from front to back."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows, self._next = rows, 0

    def peek(self) -> str:
        """What the next row is; _CutOffError if there is none."""
        if self._next == len(self._rows):
            raise _CutOffError
        return next(iter(self._rows[self._next][1]))

    def take(self) -> dict[str, Any]:
        """The next row."""
        self._next += 1
        return self._rows[self._next - 1][1]

    def expect(self, what: str, found: str = "") -> Any:
        """The value of the next row, which must be a `what`, and `found` if that is given."""
        if self.peek() != what:
            raise self.differs(self.peek(), what)
        value = self._rows[self._next][1][what]
        if found and value != found:
            raise self.differs(f"{what} {value}", f"{what} {found}")
        self.take()
        return value

    def differs(self, expected: str, found: str) -> _DiffersError:
        """What to raise about the next row."""
        return _DiffersError(Mismatch(self._rows[self._next][0], expected, found))


class _TapeIdentifiers:
    """Gives the core the identifiers that it drew when the tape was made."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows

    def fresh(self) -> bytes:
        return b64decode(self._rows.expect("fresh"))

    def jitter(self) -> int:
        return int(self._rows.expect("jitter"))


class _TapeSigner:
    """Gives the core the signatures that it was given when the tape was made."""

    def __init__(self, rows: _Rows, algorithm: int, public_key: str) -> None:
        self._rows = rows
        self.algorithm = Algorithm(algorithm)
        self.public_key = b64decode(public_key)
        self.fingerprint = fingerprint(self.algorithm, self.public_key)

    def sign(self, message: bytes) -> bytes:
        return b64decode(self._rows.expect("signature"))


def replay(path: Path) -> Mismatch | None:
    """Play every run of a tape; the first mismatch, or None.

    Raises:
        UsageError: TAPE_INVALID for a file that is no tape.
    """
    try:
        for run in _runs(path):
            with suppress(_CutOffError):
                _replay_run(_Rows(run))
    except _DiffersError as differs:
        return differs.mismatch
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise UsageError("TAPE_INVALID", f"{path}: {error!r}") from error
    return None


def _runs(path: Path) -> list[list[Row]]:
    """Rows with their line numbers, run by run. Only the last line of a run may be cut off."""
    runs: list[list[Row]] = []
    cut_off = 0
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
        if line.startswith(_START):
            runs.append([])
            cut_off = 0
        if cut_off or (line and not runs):
            raise ValueError(f"line {cut_off or number} is no row")
        if not line:
            continue
        try:
            runs[-1].append((number, json.loads(line)))
        except json.JSONDecodeError:
            cut_off = number
    if not runs:
        raise ValueError("no run")
    return runs


def _replay_run(rows: _Rows) -> None:
    start = rows.expect("start")
    trust = Trust(
        open_revisions(map(b64decode, start["agreements"])),
        [v1.Envelope.FromString(b64decode(directory)) for directory in start["directories"]],
    )
    restored = []
    while rows.peek() == "restored":
        restored.append(b64decode(rows.expect("restored")))
    signers = [_TapeSigner(rows, *signer) for signer in start["signers"]]
    now = Instant(start["mono_ns"], start["utc_ns"])
    endpoint = Endpoint.restore(start["post"], trust, signers, _TapeIdentifiers(rows), restored, now)
    while rows.peek() != "end":
        if rows.peek() == "take":
            rows.take()
            rows.expect("effects", digest_of(endpoint.take_effects()))
        else:
            _feed(endpoint, rows)


def _feed(endpoint: Endpoint, rows: _Rows) -> None:
    """One input, and how it ended."""
    if rows.peek() != "input":
        raise rows.differs(rows.peek(), "the next input")
    row = rows.take()
    now, given = Instant(row["mono_ns"], row["utc_ns"]), row["with"]
    try:
        if row["input"] == "equip":
            endpoint.equip(_TapeSigner(rows, *given["signer"]), now)
        else:
            _call(endpoint, row["input"], given, now)
    except HotlineError as error:
        rows.expect("raised", error.code)
        return
    if rows.peek() == "raised":
        raise rows.differs("raised", "taken")


def _call(endpoint: Endpoint, name: str, given: dict[str, Any], now: Instant) -> None:
    """Give the core one input as it stands on the tape."""
    if name == "receive":
        pin = given["pin"]
        frame, server = b64decode(given["frame"]), given["server"]
        endpoint.receive(frame, now, None if pin is None else b64decode(pin), server)
    elif name == "submit":
        endpoint.submit(v1.Envelope.FromString(b64decode(given["envelope"])), now)
    elif name == "link":
        endpoint.link(given["peer"], given["up"], now)
    elif name == "present":
        endpoint.present(b64decode(given["digest"]), given["position"], now)
    elif name == "staff":
        endpoint.staff(given["position"], given["staffed"], now)
    elif name == "adopt" and "directory" in given:
        endpoint.adopt(v1.Envelope.FromString(b64decode(given["directory"])), now, disavow=given["disavow"])
    elif name == "adopt":
        endpoint.adopt(v1.SignedAgreement.FromString(b64decode(given["agreement"])), now, disavow=given["disavow"])
    elif name == "on_deadline":
        endpoint.on_deadline(now)
    else:
        raise ValueError(f"no such input: {name}")
