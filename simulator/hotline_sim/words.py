"""How the simulator writes times and ranges for people."""

from __future__ import annotations

from datetime import UTC, datetime

from hotline.geo.units import UNITS

M_PER_NMI = float(UNITS["nmi"].factor)


def since_start(time_ms: int) -> str:
    """Scenario time as ``T+00:07:12``, cut to whole seconds; ``T-00:00:05`` before the start."""
    sign, seconds = ("+", time_ms // 1000) if time_ms >= 0 else ("-", -time_ms // 1000)
    return f"T{sign}{span(seconds)}"


def span(seconds: int) -> str:
    """A length of time as ``00:07:12``."""
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}"


def zulu(utc_ns: int) -> str:
    """The time of day of a UTC instant: ``02:15:34Z``."""
    return datetime.fromtimestamp(utc_ns // 1_000_000_000, UTC).strftime("%H:%M:%SZ")


def iso(utc_ns: int) -> str:
    """A UTC instant in RFC 3339 with milliseconds."""
    stamp = datetime.fromtimestamp(utc_ns // 1_000_000_000, UTC)
    return f"{stamp:%Y-%m-%dT%H:%M:%S}.{utc_ns // 1_000_000 % 1000:03d}Z"


def nmi(range_m: float | None) -> str:
    """A range as ``4.21 nmi``; empty where there is none."""
    return "" if range_m is None else f"{range_m / M_PER_NMI:.2f} nmi"


def near(range_m: float) -> str:
    """A range for a reader's eye: metres where units are close, ``34 m``, and ``4.21 nmi`` beyond a kilometre."""
    return f"{range_m:.0f} m" if range_m < 1000 else nmi(range_m)


def file_name(post: str) -> str:
    """A post's id as part of a file's name: ``AUS-fleet-watch``."""
    return post.replace(":", "-").replace("/", "-")


def plain_span(seconds: float) -> str:
    """A length of time in words: ``3 min 20 s``, ``45 s``, ``1 h 05 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


SILENCE = {
    "FORKED": "the post signed two logs",
    "RADIO_SILENCE": "it has declared that it will not transmit",
    "SUSPENDED": "its party does not answer dialogue, and this is dialogue",
    "PEER_DOWN": "there is no connection to it",
    "PEER_SILENT": "it is connected and its node says nothing",
    "CLOSED": "it is outside its hours",
    "UNSTAFFED": "its node says that nobody is on watch",
    "NO_ANSWER": "it is there, staffed, and has not said the stage",
}

TURNS = {
    "QUERY": "asked again",
    "ALTERNATE_POST": "turned to its alternate",
    "OTHER_CHANNEL": "turned to its other channels, for people",
    "NEXT_LEVEL": "turned to the next level",
}


def lower(word: str) -> str:
    """A code as people say it: ``ACCEPTED_IN_PART`` as ``accepted in part``."""
    return word.replace("_", " ").lower()
