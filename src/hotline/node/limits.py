"""What a node takes of one peer and of this machine: the deployment's limits, in the node's configuration.

Limits that both ends must know are the standard's (spec 03, REQ-NET-4) or the agreement's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

STATEMENT_BYTES = 4 * 1024
"""A Frame counts as so many statements as it holds, and at least as one for each of these bytes."""


class Limits(BaseModel):
    """The section `limits` of the configuration. Times are the line's: an exercise at ten times real speed has ten
    times the rate.

    Attributes:
        statements_per_s, statements_burst: taken of one peer. What is above is not taken and comes again. As many units
            are served to one peer that asks with Fetch: one for each call, one for each 4 KiB of what it is given.
        flash_per_min, flash_burst: FLASH taken of one peer whatever else it has sent; more are taken too, and alarmed.
        outbox_max: own statements not yet receipted by a peer, from which on only FLASH is taken from people here.
        disk_free_min_mb: free space of the disk with the journal below which only FLASH is taken from anybody.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    statements_per_s: float = Field(default=200.0, gt=0)
    statements_burst: int = Field(default=2_000, ge=1)
    flash_per_min: float = Field(default=5.0, gt=0)
    flash_burst: int = Field(default=5, ge=1)
    outbox_max: int = Field(default=100_000, ge=1)
    disk_free_min_mb: int = Field(default=256, ge=0)


@dataclass(slots=True)
class Bucket:
    """A token bucket: `burst` at first, and `per_s` more each second of the clock given, up to `burst` again."""

    per_s: float
    burst: float
    seconds: Callable[[], float]
    _level: float = field(init=False)
    _at_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._level, self._at_s = self.burst, self.seconds()

    def take(self, wanted: float) -> bool:
        """Take tokens, at most as many as a full bucket holds; False, and none are taken, if too few are there."""
        now_s, wanted = self.seconds(), min(wanted, self.burst)
        self._level = min(self.burst, self._level + self.per_s * (now_s - self._at_s))
        self._at_s = now_s
        if self._level < wanted:
            return False
        self._level -= wanted
        return True

    def owe(self, taken: float) -> None:
        """Take tokens for what has been done already, though there may be too few: nothing more is given until they
        are made up for."""
        self._level -= taken
