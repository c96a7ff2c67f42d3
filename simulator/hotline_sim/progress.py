"""How a live run stands while it goes on."""

from __future__ import annotations

from dataclasses import dataclass

from hotline_sim.run import Run


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being set up, or the run itself once its nodes have heard each other."""

    words: str
    run: Run | None = None
