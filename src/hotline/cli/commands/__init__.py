"""What a user types. Importing this registers every command on `app`."""

from hotline.cli.app import app
from hotline.cli.commands import agreement, catalogue, evidence, keys, messages, node, simulation

__all__ = ["agreement", "app", "catalogue", "evidence", "keys", "messages", "node", "simulation"]
