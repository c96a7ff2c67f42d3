"""Which code ran: worlds of two editions are two campaigns, and their sums say nothing together."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files

_PACKAGES = ("hotline.protocol", "hotline.agreements", "hotline_sim.torture")
"""What decides how a world goes: the core, what channels are made of, and the worlds with their auditor."""


@cache
def edition() -> str:
    """The version, and the beginning of a digest of the sources, as they are installed here."""
    digest = sha256()
    for package in _PACKAGES:
        for source in sorted(files(package).iterdir(), key=lambda each: each.name):
            if source.name.endswith((".py", ".yaml")):
                digest.update(f"{package}/{source.name}".encode() + b"\x00" + sha256(source.read_bytes()).digest())
    return f"{version('hotline-protocol')} {digest.hexdigest()[:12]}"
