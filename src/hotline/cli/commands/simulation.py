"""`hotline sim` and `hotline demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import app, command, group
from hotline.cli.results import Result
from hotline.protocol.errors import UsageError

sim = group("sim", "Scenarios: real encounters, replayed.")

Sweep = Annotated[
    list[str] | None,
    typer.Option(
        help="PATH=VALUES: each value a setting, all combinations of several. Values parted by commas, or "
        "linear(LEAST, MOST, COUNT), log(LEAST, MOST, COUNT)."
    ),
]
Vary = Annotated[
    list[str] | None,
    typer.Option(
        help="PATH=DISTRIBUTION, drawn for each run: uniform(LEAST, MOST), triangular(LEAST, USUAL, MOST), "
        "lognormal(MEDIAN, P90), choice(A, B), list(A, B)."
    ),
]
Goal = Annotated[list[str] | None, typer.Option(help="What a run is asked for: COLUMN, one of >= <= > < =, VALUE.")]
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
    "hotline sim run decatur-2018 --variant with-line",
    "hotline sim run my-scenario.yaml --live --speed 30 --out out",
    "hotline sim run norway-rocket-1995 --live --jump",
)
def run(
    scenario: Annotated[str, typer.Argument(help="Id of a scenario, or a scenario file.")],
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of every draw; the scenario's own if left out.")] = None,
    variant: Annotated[str | None, typer.Option(help="A variant of the scenario, by its name.")] = None,
    live: Annotated[bool, typer.Option("--live", help="On real nodes, one process each.")] = False,
    speed: Speed = None,
    jump: Annotated[
        bool, typer.Option("--jump", help="With --live: nodes in one process, on a clock that jumps over idle time.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for transcripts, agreement and reports.")] = None,
    *,
    as_json: bool,
) -> Result:
    """Run a scenario in virtual time, or live on real nodes.

    Exit status 0 if its expectations came true, expected failures included, and its transcripts verify.
    """
    from hotline.cli import simulation

    if jump and (speed is not None or not live):
        raise UsageError("USAGE", "--jump goes with --live, and without --speed")
    if live:
        return simulation.run_on_nodes(scenario, variant, seed, speed, out, jump=jump, as_json=as_json)
    if speed is not None:
        raise UsageError("USAGE", "--speed goes with --live; virtual time has none")
    return simulation.run(scenario, variant, seed, out)


@command(
    sim,
    "report",
    "hotline sim report decatur-2018 --out report",
    "hotline sim report decatur-2018 --variant with-line --seed 7 --out report",
    "hotline sim report demo-out --out report",
)
def report(
    run: Annotated[str, typer.Argument(help="Id of a scenario, a scenario file, or the folder of a run.")],
    out: Annotated[Path, typer.Option(help="Folder for report.html and report.pdf, and what a run leaves.")],
    variant: Annotated[str | None, typer.Option(help="The variant that the report is about.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of every draw; the scenario's own if left out.")] = None,
) -> Result:
    """Report a run for people who plan: a page and a PDF, with the scenario and its variants beside each other.

    Of a folder that `sim run --out` or `demo` left, live runs included, the page is printed as it stands. Exit status
    as that of `sim run`.
    """
    from hotline.cli import reporting

    return reporting.report(run, variant, seed, out)


@command(
    sim,
    "torture",
    "hotline sim torture --seeds 100",
    "hotline sim torture --seeds 10000 --from 500 --jobs 2 --into campaign.jsonl",
    "hotline sim torture --seed 17 --trace",
)
def torture(
    seeds: Annotated[int, typer.Option(min=1, help="How many worlds, one for each seed.")] = 20,
    first: Annotated[int, typer.Option("--from", min=0, help="The first seed.")] = 0,
    seed: Annotated[int | None, typer.Option(min=0, help="This seed's world alone.")] = None,
    trace: Annotated[bool, typer.Option("--trace", help="With --seed: everything that happens, line by line.")] = False,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes that run worlds at a time.")] = 1,
    into: Annotated[
        Path | None, typer.Option(help="File that keeps what is done; seeds in it are not run again.")
    ] = None,
    *,
    as_json: bool,
) -> Result:
    """Run worlds of faults through the real core, with real bytes and signatures, and look for broken promises.

    Each world is 24 virtual hours of messages, people, lost Frames, crashes, wrong clocks and hostile peers, drawn
    from its seed; the same seed always gives the same world. After every step the invariants I1 to I8 are held
    against it from outside. Exit status 0 means: none was broken.
    """
    from hotline.cli import torturing

    if seed is not None:
        return torturing.one(seed, trace=trace)
    if trace:
        raise UsageError("USAGE", "--trace goes with --seed: it shows one world")
    return torturing.many(first, seeds, jobs, into, as_json=as_json)


@command(
    sim,
    "campaign",
    "hotline sim campaign toowoomba-ningbo-2023 --runs 200 --out campaign \\",
    "    --sweep 'posts.CHN:fleet-watch.reaction.DECIDED=linear(1 min, 15 min, 8)' \\",
    "    --vary 'network.0.loss=uniform(0 %, 30 %)' --goal 'stage.m3.CHN:fleet-watch.DECIDED <= 5 min'",
)
def campaign(
    scenario: Annotated[str, typer.Argument(help="Id of a scenario, or a scenario file.")],
    runs: Annotated[int, typer.Option(min=1, max=1_000_000, help="Runs of each setting.")],
    out: Annotated[Path, typer.Option(help="Folder for rows (Parquet), summary, pictures and page.")],
    variant: Annotated[str | None, typer.Option(help="A variant of the scenario, by its name.")] = None,
    sweep: Sweep = None,
    vary: Vary = None,
    goal: Goal = None,
    at_least: Annotated[str, typer.Option(help="Share of runs in which a goal is to hold.")] = "90 %",
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of run 0; the scenario's own if left out.")] = None,
    signatures: Annotated[
        str, typer.Option(help="each: verified wherever it arrives; once: each distinct one once a run.")
    ] = "each",
    engine: Annotated[
        str, typer.Option(help="local: processes here; dask: Dask workers. The rows are the same.")
    ] = "local",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler; one is started if left out.")
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, max=1024, help="Workers; one a processor if left out.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the campaign in the folder.")] = False,
) -> Result:
    """Run a scenario many times, over settings and chance, and say what that shows.

    A PATH leads into the scenario file, dotted: posts.CHN:fleet-watch.reaction.READ, network.0.loss. Every number has
    its unit. Run i has the same seed and draws in every setting. Exit status 0 if no run ended with an error.
    """
    from hotline.cli import campaigning

    return campaigning.campaign(
        campaigning.Asked(
            scenario=scenario,
            variant=variant,
            runs=runs,
            vary=tuple(vary or ()),
            sweep=tuple(sweep or ()),
            goals=tuple(goal or ()),
            at_least=at_least,
            seed=seed,
            signatures=signatures,
            engine=engine,
            scheduler=scheduler,
            jobs=jobs,
            resume=resume,
            out=out,
        )
    )
