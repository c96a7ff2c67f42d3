"""`hotline form`, `hotline check`, `hotline render`: types, drafts and messages in files, in either language."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hotline.cli.app import app, command
from hotline.cli.commands.options import Language, known_language
from hotline.cli.results import Result


@command(app, "form", "hotline form ActivityNotice", "hotline form EncounterSignal --language zh")
def form(
    type_name: Annotated[str, typer.Argument(metavar="TYPE", help="Message type, such as ActivityNotice.")],
    language: Language = "en",
) -> Result:
    """Print the blank form of a message type: its fields in their order, what they take and what they must keep."""
    from hotline.cli import rendering

    return rendering.form(type_name, known_language(language))


@command(app, "check", "hotline check draft.yaml", "hotline check draft.yaml --language zh")
def check(
    file: Annotated[Path, typer.Argument(help="A draft.")],
    language: Language = "en",
) -> Result:
    """Check a draft against the rules of the standard, and warn before release.

    Warned of are terms that another side is known to reject, with what is offered instead, long texts, and words whose
    language or original is missing. Warnings block nothing.
    """
    from hotline.cli import checking

    return checking.check_file(file, known_language(language))


@command(
    app,
    "render",
    "hotline render draft.yaml --language zh",
    "hotline render message.envelope --language json",
)
def render(
    file: Annotated[Path, typer.Argument(help="A draft, a message in JSON, or a signed envelope.")],
    language: Annotated[str, typer.Option(help="en or zh for text to be read aloud, json for JSON.")] = "en",
) -> Result:
    """Print a message in the fixed order of its type. Nothing is verified: see `hotline envelope verify`."""
    from hotline.cli import rendering

    return rendering.render(file, known_language(language, rendering.JSON))
