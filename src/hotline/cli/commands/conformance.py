"""`hotline conformance`: the black-box suite, against any node."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import command, group
from hotline.cli.results import Result

conformance = group("conformance", "The black-box suite: scripted exchanges, good and hostile, against any node.")


@command(
    conformance,
    "new",
    "hotline conformance new --out kit",
    "hotline conformance new --out kit --target 192.0.2.7:7443 --host 192.0.2.8 --post ABC:watch",
)
def new(
    out: Annotated[Path, typer.Option(help="Folder for the kit; empty or not there yet.")],
    target: Annotated[str, typer.Option(help="Where the node under test listens; a free port here if left out.")] = "",
    host: Annotated[str, typer.Option(help="Address of this machine under which that node reaches it.")] = "127.0.0.1",
    post: Annotated[str, typer.Option(help="The post of the node under test.")] = "TARGET:watch",
    speed: Annotated[int, typer.Option(min=10, max=60, help="Exercise seconds per real second.")] = 20,
    node_key: Annotated[
        Path | None, typer.Option(help="Its own node key, public; of the published pool if left out.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="Its own TLS certificate, PEM; made if left out.")] = None,
) -> Result:
    """Make an exercise agreement, directories and keys for a run, with instructions for the node's operator."""
    from hotline.cli.suite import new_kit
    from hotline.conformance.suite import NewKit

    return new_kit(out, NewKit(post, target, host, speed, node_key, certificate))


@command(
    conformance,
    "run",
    "hotline conformance run --target 127.0.0.1:7443 --config kit/kit.yaml",
    "hotline conformance run --target 127.0.0.1:7443 --config kit --class safety --operator ./act.sh --junit out.xml",
)
def run(
    target: Annotated[str, typer.Option(help="Where the node under test listens, host:port.")],
    config: Annotated[Path, typer.Option(help="kit.yaml of the kit, or its folder.")],
    class_name: Annotated[str, typer.Option("--class", help="safety, core or full.")] = "full",
    operator: Annotated[
        str, typer.Option(help="Operator socket of the node, or a command that acts there (see the kit's README).")
    ] = "",
    restart: Annotated[str, typer.Option(help="Command that kills the node and starts it again.")] = "",
    junit: Annotated[Path | None, typer.Option(help="Also write JUnit XML to this new file.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this check; again for another.")] = None,
) -> Result:
    """Run the suite against a node; per requirement: pass, fail or not tried."""
    from hotline.cli import suite
    from hotline.conformance.suite import Settings

    return suite.run(config, Settings(target, class_name, operator, restart, tuple(only or ())), junit)
