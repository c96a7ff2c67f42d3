"""`hotline sim new` and `hotline sim msel`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import command, group
from hotline.cli.commands.simulation import sim
from hotline.cli.results import Result

msel = group("msel", "Injects of a scenario, to a spreadsheet and back.", sim)


@command(sim, "new", "hotline sim new sea --id my-encounter")
def new(
    template: Annotated[str, typer.Argument(help="sea, air or exercise.")],
    scenario_id: Annotated[str, typer.Option("--id", help="Id of the scenario, in small letters.")] = "my-scenario",
    out: Annotated[Path | None, typer.Option(help="File to write; the id and .yaml if left out.")] = None,
) -> Result:
    """Begin a scenario from a commented template, with the JSON Schema beside it for editors."""
    from hotline.cli import planning

    return planning.new(template, scenario_id, out)


@command(msel, "export", "hotline sim msel export my-exercise.yaml --out msel.csv")
def export(
    file: Annotated[Path, typer.Argument(help="A scenario file.")],
    out: Annotated[Path, typer.Option(help="New CSV file.")] = Path("msel.csv"),
) -> Result:
    """Write a scenario's injects as the rows of a master scenario events list, in CSV."""
    from hotline.cli import planning

    return planning.export_msel(file, out)


@command(msel, "import", "hotline sim msel import msel.csv --into my-exercise.yaml --out changed.yaml")
def import_(
    sheet: Annotated[Path, typer.Argument(help="A CSV file with the columns that export writes.")],
    into: Annotated[Path, typer.Option(help="The scenario file whose injects they take the place of.")],
    out: Annotated[Path, typer.Option(help="New scenario file.")],
) -> Result:
    """Read injects from a spreadsheet into a scenario; everything else of the file stays as it is written."""
    from hotline.cli import planning

    return planning.import_msel(sheet, into, out)
