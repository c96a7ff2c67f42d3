"""`hotline bridge` and `hotline envelope export`: messages in the forms that others read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import command, group
from hotline.cli.commands.evidence import envelope
from hotline.cli.commands.options import MaybeFile, MaybeSocket, Pin
from hotline.cli.results import Result
from hotline.protocol.errors import UsageError

bridge = group("bridge", "Messages as CAP, iCalendar, GeoJSON, NAVAREA and NOTAM text, S-124 attributes.")

What = Annotated[
    str, typer.Argument(metavar="REF|FILE", help="A message of the node or transcript, or else a draft file.")
]
MaybeWhat = Annotated[
    str | None, typer.Argument(metavar="[REF|FILE]", help="One message, with its thread; without it everything held.")
]
Transcript = Annotated[Path | None, typer.Option(help="Take the messages from this transcript, verified first.")]


@contextmanager
def _optional(part: str) -> Iterator[None]:
    """Whatever is imported inside comes with `pip install 'hotline-protocol[all]'`."""
    try:
        yield
    except ImportError as error:
        raise UsageError("PART_MISSING", f"{part} needs {error.name}: pip install 'hotline-protocol[all]'") from error


@command(
    bridge,
    "cap",
    "hotline bridge cap 3f9a01c2b4d5 --socket aus/operator.sock --out alert.xml",
    "hotline bridge cap 3f9a01c2b4d5 --transcript transcript-aus",
)
def cap(
    what: What, socket: MaybeSocket = None, transcript: Transcript = None, pin: Pin = None, out: MaybeFile = None
) -> Result:
    """A CAP 1.2 alert, in English and Chinese. Its scope is Private: making it public is for people to decide."""
    from hotline.cli import bridging
    from hotline.cli.files import digest

    with _optional("an area that CAP cannot say as signed"):
        from hotline.bridges.cap import cap as write

        source = bridging.Source(socket, transcript, digest(pin))
        return bridging.convert("cap", bridging.one(write), what, source, out)


@command(
    bridge,
    "geojson",
    "hotline bridge geojson draft.yaml",
    "hotline bridge geojson 3f9a01c2b4d5 --socket aus/operator.sock --out area.geojson",
)
def geojson(
    what: What, socket: MaybeSocket = None, transcript: Transcript = None, pin: Pin = None, out: MaybeFile = None
) -> Result:
    """GeoJSON (RFC 7946) of the area or the positions of a message; how exact a shape is stands beside it."""
    from hotline.cli import bridging
    from hotline.cli.files import digest

    with _optional("GeoJSON"):
        from hotline.bridges.geojson import geojson as write
    source = bridging.Source(socket, transcript, digest(pin))
    return bridging.convert("geojson", bridging.one(write), what, source, out)


@command(
    bridge,
    "calendar",
    "hotline bridge calendar --socket aus/operator.sock --out line.ics",
    "hotline bridge calendar 3f9a01c2b4d5 --transcript transcript-aus",
)
def calendar(
    what: MaybeWhat = None,
    socket: MaybeSocket = None,
    transcript: Transcript = None,
    pin: Pin = None,
    out: MaybeFile = None,
) -> Result:
    """iCalendar (RFC 5545) of activities and calls as they stand now; what was cancelled stays, as cancelled."""
    from hotline.cli import bridging
    from hotline.cli.files import digest

    with _optional("iCalendar"):
        from hotline.bridges.calendar import calendar as write
    source = bridging.Source(socket, transcript, digest(pin))
    return bridging.convert(
        "calendar", lambda told, held: write(held, told.thread if told else None), what, source, out
    )


@command(
    bridge,
    "navarea",
    "hotline bridge navarea draft.yaml",
    "hotline bridge navarea 3f9a01c2b4d5 --socket aus/operator.sock",
)
def navarea(
    what: What, socket: MaybeSocket = None, transcript: Transcript = None, pin: Pin = None, out: MaybeFile = None
) -> Result:
    """Text for the coordinator of navigational warnings, in a fixed order; no number is made up."""
    from hotline.bridges.navarea import navarea as write
    from hotline.cli import bridging
    from hotline.cli.files import digest

    source = bridging.Source(socket, transcript, digest(pin))
    return bridging.convert("navarea", bridging.one(write), what, source, out)


@command(
    bridge,
    "s124",
    "hotline bridge s124 draft.yaml",
    "hotline bridge s124 3f9a01c2b4d5 --socket aus/operator.sock",
)
def s124(
    what: What, socket: MaybeSocket = None, transcript: Transcript = None, pin: Pin = None, out: MaybeFile = None
) -> Result:
    """Attributes and codes of S-124 (Feature Catalogue 2.0.0) as JSON; the geometry is that of `bridge geojson`."""
    from hotline.bridges.s124 import s124 as write
    from hotline.cli import bridging
    from hotline.cli.files import digest

    source = bridging.Source(socket, transcript, digest(pin))
    return bridging.convert("s124", bridging.one(write), what, source, out)


@command(
    bridge,
    "notam",
    "hotline bridge notam draft.yaml --region ZSHA",
    "hotline bridge notam 3f9a01c2b4d5 --region ZSHA --socket aus/operator.sock",
)
def notam(
    what: What,
    region: Annotated[str, typer.Option(help="Four letters of the flight information region.")],
    socket: MaybeSocket = None,
    transcript: Transcript = None,
    pin: Pin = None,
    out: MaybeFile = None,
) -> Result:
    """Text for the NOTAM office: Q line and items A to G; no number is made up."""
    from hotline.bridges.notam import notam as write
    from hotline.cli import bridging
    from hotline.cli.files import digest

    source = bridging.Source(socket, transcript, digest(pin))
    work = bridging.one(lambda told, held: write(told, held, region))
    return bridging.convert("notam", work, what, source, out)


@command(
    envelope,
    "export",
    "hotline envelope export 3f9a01c2b4d5 --socket aus/operator.sock --out notice.envelope",
    "hotline envelope export notice.envelope --dsse --out notice.json",
)
def export(
    what: Annotated[str, typer.Argument(metavar="REF|FILE", help="A message of the source, or an envelope in a file.")],
    dsse: Annotated[
        bool, typer.Option("--dsse", help="The JSON form of DSSE, for other tools; else protobuf.")
    ] = False,
    socket: MaybeSocket = None,
    transcript: Transcript = None,
    pin: Pin = None,
    out: MaybeFile = None,
) -> Result:
    """Write one signed envelope, byte for byte as it was signed. Nothing is verified of an envelope in a file."""
    from hotline.cli import bridging
    from hotline.cli.files import digest

    return bridging.export_envelope(what, bridging.Source(socket, transcript, digest(pin)), dsse, out)
