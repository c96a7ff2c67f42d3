"""What commands return: dataclasses whose fields are the JSON object and, with the marks below, the text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.timestamp_pb2 import Timestamp

from hotline.messages.times import dtg, iso, parse_instant_ns

HOLDS, DOES_NOT_HOLD, CALL_IS_WRONG = 0, 1, 2


class Utc(str):
    """An instant: ISO 8601 in JSON, a date-time group in text, and in tables its first part alone."""

    __slots__ = ()

    @classmethod
    def of(cls, stamp: Timestamp) -> Utc:
        """From its protobuf form; empty where nothing has happened yet."""
        utc_ns = stamp.ToNanoseconds()
        return cls(iso(utc_ns) if utc_ns else "")

    @property
    def dtg(self) -> str:
        """``211358Z NOV 26``."""
        return dtg(parse_instant_ns(self)) if self else ""

    @property
    def short(self) -> str:
        """``211358Z``."""
        return self.dtg.partition(" ")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What every command answers.

    Attributes:
        ok: whether what was asked holds; it decides the exit status.
    """

    ok: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem(Result):
    """An error as a result."""

    ok: bool = False
    code: str
    detail: str


# Marks on the fields of a result, as their metadata.
ONLY_JSON: Mapping[str, str] = {"text": "left out"}
# A mapping whose keys stand beside the other fields in JSON, and which the text leaves out.
MERGED: Mapping[str, str] = {"text": "left out", "json": "merged"}
# A tuple of lines that the text prints as they are, before everything else, and which JSON leaves out.
LINES: Mapping[str, str] = {"text": "lines", "json": "left out"}
# The language in which headings and words of the protocol are printed; JSON has neither.
LANGUAGE: Mapping[str, str] = {"text": "language", "json": "left out"}
# Text that is the whole of what is printed, where it is not empty: a file that the user may redirect.
DOCUMENT: Mapping[str, str] = {"text": "document"}


class NotHeldError(Exception):
    """Something was checked and does not hold; `problem` says what."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.problem = Problem(code=code, detail=detail)
