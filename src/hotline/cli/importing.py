"""Recorded tracks: their closest encounters, and a scenario of one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hotline import v1
from hotline.cli.results import Result
from hotline.geo.geodesy import Position, PositionError, parse_position
from hotline.protocol.errors import UsageError
from hotline_sim.recorded.cleaning import Counts, clean
from hotline_sim.recorded.forms import Recording, forms, read
from hotline_sim.recorded.meetings import Meeting, meetings
from hotline_sim.recorded.meetings import Wanted as WantedMeeting
from hotline_sim.recorded.report import KNOT_MPS
from hotline_sim.recorded.write import Placing, digest_of, scenario_text

_BAD_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which encounters count, in the units of the command line, and how many are shown."""

    within_m: float
    moving_kn: float
    height_m: float
    most: int


@dataclass(frozen=True, slots=True)
class Made:
    """The scenario that is asked for."""

    out: Path
    encounter: int
    minutes: int
    move_to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncounterRow:
    """One encounter. `met`: how ships met by COLREGs 13 to 15; empty where there was no risk of collision before."""

    rank: int
    time: str
    range_m: int
    height_m: int | None
    units: tuple[str, str]
    kinds: tuple[str, str]
    met: str
    lines: tuple[int, int]
    minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What of the recording was left out, and where tracks were cut."""

    doubles: int
    jumps: int
    gaps: int
    bad_lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TracksImported(Result):
    """What a recording holds; `ok` when any two units meet. `code` says what is missing otherwise."""

    files: tuple[str, ...]
    form: str
    reports: int
    units: int
    left_out: tuple[LeftOut, ...]
    bad: tuple[str, ...]
    identities: str
    encounters: tuple[EncounterRow, ...]
    found: int
    scenario: str = ""
    code: str = field(default="")


def import_tracks(files: Sequence[Path], wanted: Wanted, made: Made | None, *, skip_bad: bool) -> TracksImported:
    """Read, clean, rank; write a scenario where one is asked for.

    Raises:
        UsageError: FILE_UNREADABLE, TRACKS_*; TRACKS_NO_ENCOUNTER where the scenario asked for has none.
    """
    recordings = [read(path, skip_bad=skip_bad) for path in files]
    tracks, counts = clean({recording.file: recording.reports for recording in recordings})
    found = meetings(tracks, WantedMeeting(wanted.within_m, wanted.moving_kn * KNOT_MPS, wanted.height_m))
    if made is not None:
        _write(files, recordings, found, made)
    bad = [f"{recording.file}:{line}: {why}" for recording in recordings for line, why in recording.bad]
    return TracksImported(
        ok=bool(found),
        code="" if found else "TRACKS_NO_ENCOUNTER",
        files=tuple(recording.file for recording in recordings),
        form=", ".join(forms(recordings)),
        reports=sum(len(recording.reports) for recording in recordings),
        units=len({track.name for track in tracks}),
        left_out=(_left_out(counts, len(bad)),),
        bad=tuple(bad[:_BAD_SHOWN]),
        identities="replaced by names in order of appearance; the recorded ones are kept nowhere",
        encounters=tuple(_row(rank, met) for rank, met in enumerate(found[: wanted.most], start=1)),
        found=len(found),
        scenario="" if made is None else str(made.out),
    )


def _write(files: Sequence[Path], recordings: Sequence[Recording], found: Sequence[Meeting], made: Made) -> None:
    if made.encounter > len(found):
        raise UsageError("TRACKS_NO_ENCOUNTER", f"there are {len(found)} encounters, none of rank {made.encounter}")
    name = re.sub("[^a-z0-9]+", "-", made.out.stem.lower()).strip("-")[:40] or "recorded"
    digest = digest_of([path.read_bytes() for path in files])
    placing = Placing(made.minutes, _place(made.move_to))
    text = scenario_text(found[made.encounter - 1], placing, name, ", ".join(forms(recordings)), digest)
    try:
        made.out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError("FILE_UNREADABLE", str(error)) from error


def _place(text: str | None) -> Position | None:
    try:
        return None if text is None else parse_position(text)
    except PositionError as error:
        raise UsageError("USAGE", f"--move-to: {error}") from error


def _left_out(counts: Counts, bad_lines: int) -> LeftOut:
    return LeftOut(doubles=counts.doubles, jumps=counts.jumps, gaps=counts.gaps, bad_lines=bad_lines)


def _row(rank: int, met: Meeting) -> EncounterRow:
    first = max(met.a.samples.start_ms, met.b.samples.start_ms)
    last = min(met.a.samples.end_ms, met.b.samples.end_ms)
    return EncounterRow(
        rank=rank,
        time=f"{datetime.fromtimestamp(met.time_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
        range_m=round(met.range_m),
        height_m=None if met.height_m is None else round(met.height_m),
        units=(met.a.name, met.b.name),
        kinds=(_kind(met.a.kind), _kind(met.b.kind)),
        met=met.kind,
        lines=(_line(met, "a"), _line(met, "b")),
        minutes=round((last - first) / 60_000, 1),
    )


def _kind(kind: v1.CraftKind.ValueType) -> str:
    return v1.CraftKind.Name(kind).removeprefix("CRAFT_KIND_")


def _line(met: Meeting, which: str) -> int:
    """The line of the last report before the closest approach."""
    track = met.a if which == "a" else met.b
    return int(track.lines[int((track.samples.time_ms <= met.time_ms).sum()) - 1])
