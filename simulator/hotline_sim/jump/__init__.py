"""A live run whose clock jumps over time in which nothing happens."""

from __future__ import annotations

from hotline_sim.jump.stage import play_jump

__all__ = ["play_jump"]
