"""`hotline sim` and `hotline demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import app, command, group
from hotline.cli.results import Result
from hotline.protocol.errors import UsageError

sim = group("sim", "Scenarios: real encounters, replayed.")

Speed = Annotated[int | None, typer.Option(min=1, max=3600, help="Exercise seconds per real second.")]


@command(app, "demo", "hotline demo --out demo-out --speed 60")
def demo(
    out: Annotated[Path, typer.Option(help="Folder for transcripts, agreement and reports.")] = Path("demo-out"),
    speed: Speed = None,
    *,
    as_json: bool,
) -> Result:
    """Replay HMAS Toowoomba and Ningbo, 14 November 2023, on two real nodes that talk over mutual TLS.

    Exit status 0 means: the expected messages were delivered, read, decided and done as the scenario says, its expected
    failure showed, and both transcripts verify offline.
    """
    from hotline.cli import simulation

    return simulation.demo(out, speed, as_json=as_json)


@command(sim, "list", "hotline sim list")
def list_scenarios() -> Result:
    """List the scenarios that come with the simulator."""
    from hotline.cli import simulation

    return simulation.scenarios()


@command(sim, "check", "hotline sim check my-scenario.yaml")
def check(file: Annotated[Path, typer.Argument(help="A scenario file.")]) -> Result:
    """Check a scenario file; every problem is told with its line."""
    from hotline.cli import simulation

    return simulation.check(file)


@command(
    sim,
    "run",
    "hotline sim run toowoomba-ningbo-2023 --seed 7",
    "hotline sim run my-scenario.yaml --live --speed 30 --out out",
)
def run(
    scenario: Annotated[str, typer.Argument(help="Id of a scenario, or a scenario file.")],
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of every draw; the scenario's own if left out.")] = None,
    live: Annotated[bool, typer.Option("--live", help="On real nodes, one process each.")] = False,
    speed: Speed = None,
    out: Annotated[Path | None, typer.Option(help="Folder for transcripts, agreement and reports.")] = None,
    *,
    as_json: bool,
) -> Result:
    """Run a scenario in virtual time, or live on real nodes.

    Exit status 0 if its expectations came true, expected failures included, and its transcripts verify.
    """
    from hotline.cli import simulation

    if live:
        return simulation.run_on_nodes(scenario, seed, speed, out, as_json=as_json)
    if speed is not None:
        raise UsageError("USAGE", "--speed goes with --live; virtual time has none")
    return simulation.run(scenario, seed, out)
