"""`hotline conduct`: what tracks show beside the rules, without a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import app, command, group
from hotline.cli.results import Result

home = group("conduct", "Indicators of conduct: rules, inputs and parameters, never a verdict.", app)


@command(home, "show", "hotline conduct show harbour.csv --within 1852 --set 'N08.range=300 m' --json")
def show(
    files: Annotated[list[Path], typer.Argument(help="Recorded AIS (NMEA, CSV) or ADS-B (OpenSky CSV, SBS-1).")],
    within: Annotated[float, typer.Option(min=1, help="Look at units that come within this many metres.")] = 1852.0,
    values: Annotated[list[str] | None, typer.Option("--set", help="A parameter: 'N08.range=300 m'.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out lines that cannot be read.")] = False,
) -> Result:
    """Show indicators of the rules of the road and of conduct in recorded tracks.

    Each names its rule, inputs and parameters. Every unit counts as a party of its own; identities are replaced.
    """
    from hotline.cli import conducting

    return conducting.conduct(files, within, values or (), skip_bad=skip_bad)


@command(home, "rules", "hotline conduct rules --json")
def list_rules() -> Result:
    """List the rules: source, what each is computed from, parameters with defaults (T text, P practice, E ours)."""
    from hotline.cli import conducting

    return conducting.known_rules()
