"""Instants as people write and read them: RFC 3339 and the date-time group of military messages."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from hotline.messages.problems import FieldError, Reason

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DTG = re.compile(rf"([0-9]{{2}})([0-9]{{2}})([0-9]{{2}})Z ({'|'.join(_MONTHS)}) ([0-9]{{2}})")
_NS_PER_MS = 1_000_000


def parse_instant_ns(text: str) -> int:
    """UTC nanoseconds of ``2026-11-21T13:58:00Z``, of another offset, or of ``211358Z NOV 26``.

    Raises:
        FieldError: BAD_VALUE, also without an offset or finer than a millisecond, which signed times do not hold.
    """
    stamp = _from_dtg(text) or _from_rfc3339(text)
    if stamp is None:
        raise FieldError(Reason.BAD_VALUE, f"not a UTC time such as 2026-11-21T13:58:00Z: {text[:40]!r}")
    if stamp.microsecond % 1000:
        raise FieldError(Reason.BAD_VALUE, f"finer than a millisecond: {text}")
    return (int(stamp.timestamp()) * 1000 + stamp.microsecond // 1000) * _NS_PER_MS


def _from_rfc3339(text: str) -> datetime | None:
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        return None
    return stamp if stamp.tzinfo is not None and "T" in text else None


def _from_dtg(text: str) -> datetime | None:
    """Two digits of a year mean this century: nothing said on a line of this protocol is older."""
    match = _DTG.fullmatch(text)
    if match is None:
        return None
    day, hour, minute, month, year = match.groups()
    try:
        return datetime(2000 + int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), tzinfo=UTC)
    except ValueError:
        return None


def dtg(utc_ns: int) -> str:
    """``211358Z NOV 26``; seconds are cut, as the form has none."""
    stamp = _utc(utc_ns)
    return f"{stamp:%d%H%M}Z {_MONTHS[stamp.month - 1]} {stamp:%y}"


def iso(utc_ns: int) -> str:
    """``2026-11-21T13:58:00Z``, with milliseconds where there are any."""
    rest_ms = utc_ns // _NS_PER_MS % 1000
    return f"{_utc(utc_ns):%Y-%m-%dT%H:%M:%S}{f'.{rest_ms:03d}' if rest_ms else ''}Z"


def both(stamp: Timestamp) -> str:
    """``211358Z NOV 26 (2026-11-21T13:58:00Z)``."""
    utc_ns = stamp.ToNanoseconds()
    return f"{dtg(utc_ns)} ({iso(utc_ns)})"


def _utc(utc_ns: int) -> datetime:
    return datetime.fromtimestamp(utc_ns // 1_000_000_000, tz=UTC)
