"""`hotline sim import`: recorded tracks into a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import command
from hotline.cli.commands.simulation import sim
from hotline.cli.results import Result


@command(
    sim,
    "import",
    "hotline sim import aisdk-2024-03-01.csv --within 500",
    "hotline sim import harbour.nmea --encounter 2 --out harbour.yaml",
)
def import_tracks(
    files: Annotated[list[Path], typer.Argument(help="Recorded AIS (NMEA, CSV) or ADS-B (OpenSky CSV, SBS-1).")],
    within: Annotated[float, typer.Option(min=1, help="Range in metres below which two units meet.")] = 926.0,
    moving: Annotated[float, typer.Option(min=0, help="Speed in knots that both make at least.")] = 2.0,
    height: Annotated[float, typer.Option(min=0, help="Difference of height in metres at most.")] = 300.0,
    most: Annotated[int, typer.Option(min=1, help="How many encounters to show.")] = 20,
    out: Annotated[Path | None, typer.Option(help="Write a scenario file of one encounter.")] = None,
    encounter: Annotated[int, typer.Option(min=1, help="Which one, by its rank.")] = 1,
    minutes: Annotated[int, typer.Option(min=1, max=720, help="Minutes before and after.")] = 15,
    move_to: Annotated[str | None, typer.Option(help='Move it elsewhere: "20.0 N, 120.0 E".')] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out lines that cannot be read, and say so.")
    ] = False,
) -> Result:
    """Find the closest encounters in recorded tracks, and make a scenario of one.

    Identities are replaced by names of ours and kept nowhere; doubles and impossible jumps are left out, gaps cut. Exit
    status 1 if no two units come that close.
    """
    from hotline.cli import importing

    wanted = importing.Wanted(within, moving, height, most)
    made = None if out is None else importing.Made(out, encounter, minutes, move_to)
    return importing.import_tracks(files, wanted, made, skip_bad=skip_bad)
