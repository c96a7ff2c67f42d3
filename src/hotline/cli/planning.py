"""Scenarios as planners begin them: templates with their schema, and injects to and from spreadsheets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hotline.cli import files, simulation
from hotline.cli.results import Result
from hotline.cli.simulation import ScenarioRun
from hotline.protocol.errors import UsageError
from hotline_sim import msel
from hotline_sim.demo import run_live
from hotline_sim.guests import Guests
from hotline_sim.scenario import ScenarioError, loads
from hotline_sim.schema import NAME, SCHEMA
from hotline_sim.template import begun, templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun(Result):
    """A scenario file that was begun, and the schema beside it."""

    file: str
    schema: str
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetWritten(Result):
    """Injects that were written to a file."""

    file: str
    injects: int


def new(template: str, scenario_id: str, out: Path | None) -> Begun:
    """Write a template under an id, and the schema beside it.

    Raises:
        UsageError: USAGE for a template that there is not; FILE_EXISTS, FILE_UNWRITABLE; SCENARIO_* for a bad id.
    """
    if template not in templates():
        raise UsageError("USAGE", f"a template is one of {', '.join(templates())}, not {template}")
    text, file = begun(template, scenario_id), out or Path(f"{scenario_id}.yaml")
    _checked(text.encode(), file)
    files.write_new(file, text.encode())
    files.replace(file.parent / NAME, SCHEMA.read_bytes())
    return Begun(file=str(file), schema=str(file.parent / NAME), template=template)


def mixed(
    name: str, variant: str | None, seed: int | None, speed: int, out: Path | None, guests: Guests, *, as_json: bool
) -> ScenarioRun:
    """Run a scenario with nodes at some posts that somebody else starts.

    Raises:
        UsageError: FILE_*, SCENARIO_*, UNKNOWN_POST, VIRTUAL_ONLY; FILE_EXISTS where the site is not empty.
        TransportError: NODE_UNREACHABLE.
    """
    guests.site.mkdir(parents=True, exist_ok=True)
    if any(guests.site.iterdir()):
        raise UsageError("FILE_EXISTS", f"{guests.site} is not empty and was left as it is")
    scenario = simulation.find(name, variant)
    run = run_live(scenario, simulation.screen(as_json), seed=seed, speed=speed, out=out, guests=guests)
    return simulation.ran(run)


def export_msel(file: Path, out: Path) -> SheetWritten:
    """Write a scenario's injects as CSV. Raises UsageError: FILE_*, SCENARIO_*."""
    text = files.read(file)
    count = _checked(text, file)
    files.write_new(out, msel.export(text).encode("utf-8"))
    return SheetWritten(file=str(out), injects=count)


def import_msel(sheet: Path, into: Path, out: Path) -> SheetWritten:
    """Write a scenario with the injects of a sheet. Raises UsageError: FILE_*, MSEL_INVALID, SCENARIO_*."""
    section = msel.read(_text(sheet))
    text = msel.put_into(_text(into), section).encode("utf-8")
    count = _checked(text, out)
    files.write_new(out, text)
    return SheetWritten(file=str(out), injects=count)


def _text(path: Path) -> str:
    try:
        return files.read(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError("FILE_UNREADABLE", f"{path} is no text in UTF-8") from error


def _checked(text: bytes, file: Path) -> int:
    """The number of injects of a sound scenario."""
    try:
        return len(loads(text, file.name).injects)
    except ScenarioError as error:
        raise UsageError(error.problems[0].code, str(error)) from error
