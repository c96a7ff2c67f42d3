"""The line and the watch: status, staff, adopt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import app, command
from hotline.cli.commands.options import Socket
from hotline.cli.results import Result


@command(app, "status", "hotline status --socket aus/operator.sock")
def status(socket: Socket) -> Result:
    """Show how the line stands: each peer, since when and why, who has the watch, what is suspended or outstanding."""
    from hotline.cli import status

    return status.status(socket)


@command(app, "staff", "hotline staff bridge --socket aus/operator.sock")
def staff(
    position: Annotated[str, typer.Argument(help="Watch position, such as bridge.")],
    socket: Socket,
    present: Annotated[
        bool, typer.Option("--present/--no-present", help="Say of each message that is printed that it was shown here.")
    ] = True,
    *,
    as_json: bool,
) -> Result:
    """Staff a watch position in the foreground until SIGINT or SIGTERM, printing what arrives, changes and alarms.

    The position is staffed as long as the command runs: run it where somebody watches.
    """
    from hotline.cli import watching

    return watching.staff(socket, position, present=present, as_json=as_json)


@command(
    app,
    "adopt",
    "hotline adopt aus.directory.2 --socket aus/operator.sock",
    "hotline adopt agreement.2 --socket aus/operator.sock",
)
def adopt(
    file: Annotated[Path, typer.Argument(help="A directory's next version, or the agreement's next revision.")],
    socket: Socket,
    disavow: Annotated[
        bool, typer.Option("--disavow", help="Even if statements that were sealed already stand no longer by it.")
    ] = False,
) -> Result:
    """Hand a directory or a revision of the agreement to a running node: it acts on it at once and passes it on."""
    from hotline.cli import adopting

    return adopting.adopt(socket, file, disavow=disavow)
