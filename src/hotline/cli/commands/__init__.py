"""What a user types. Importing this registers every command on `app`."""

from hotline.cli.app import app
from hotline.cli.commands import agreement, evidence, journal, keys, messages, node, simulation

__all__ = ["agreement", "app", "evidence", "journal", "keys", "messages", "node", "simulation"]
