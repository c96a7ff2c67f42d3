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


@command(
    sim,
    "mixed",
    "hotline sim mixed toowoomba-ningbo-2023 --guest CHN:fleet-watch --site mixed --speed 10",
    "hotline sim mixed my-exercise.yaml --guest BLU:watch --site mixed --people --speed 1",
)
def mixed(
    scenario: Annotated[str, typer.Argument(help="Id of a scenario, or a scenario file.")],
    guest: Annotated[list[str], typer.Option(help="Post whose node somebody else starts; again for another.")],
    site: Annotated[Path, typer.Option(help="New or empty folder with a short path, for the papers of every post.")],
    variant: Annotated[str | None, typer.Option(help="A variant of the scenario, by its name.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of every draw; the scenario's own if left out.")] = None,
    speed: Annotated[int, typer.Option(min=1, max=600, help="Exercise seconds per real second.")] = 10,
    lead: Annotated[int, typer.Option(min=5, max=3600, help="Real seconds until the scenario starts.")] = 60,
    people: Annotated[
        bool, typer.Option("--people", help="People sit there; their officers' keys are left in the site.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for transcripts, agreement and reports.")] = None,
    *,
    as_json: bool,
) -> Result:
    """Run a scenario live with a real node at one post that you start yourself, and with people there if you like.

    The command lays out the site, says which configuration the node is to be started with, and waits until it is heard.
    """
    from hotline.cli import planning
    from hotline_sim.guests import Guests

    guests = Guests(frozenset(guest), site, lead, people)
    return planning.mixed(scenario, variant, seed, speed, out, guests, as_json=as_json)


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
