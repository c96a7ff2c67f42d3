"""What a user types. Importing this registers every command on `app`."""

from hotline.cli.app import app
from hotline.cli.commands import (
    agreement,
    bridges,
    catalogue,
    conduct,
    conformance,
    evidence,
    journal,
    keys,
    line,
    messages,
    node,
    planning,
    recorded,
    simulation,
    version,
)

__all__ = [
    "agreement",
    "app",
    "bridges",
    "catalogue",
    "conduct",
    "conformance",
    "evidence",
    "journal",
    "keys",
    "line",
    "messages",
    "node",
    "planning",
    "recorded",
    "simulation",
    "version",
]
