"""What the units of a run really did, as samples: for indicators of conduct, reports and campaigns."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from hotline.conduct.samples import Samples
from hotline_sim.motion.way import Way
from hotline_sim.run import Run

_STEP_MS = 60_000  # prescribed tracks are geodesics; their knots are samples too


def samples_of(run: Run) -> Mapping[str, Samples]:
    """Every unit's motion from T+0 to the moment of the run."""
    until_ms = max(run.now_ms, 1)
    prescribed = run.scenario.tracks
    return {
        unit: Samples.from_track(prescribed[unit], _STEP_MS, until_ms) if unit in prescribed else _of(run.ways[unit])
        for unit in run.scenario.units
        if unit in prescribed or unit in run.ways
    }


def _of(way: Way) -> Samples:
    held = way.samples
    courses = [each.heading_deg if each.speed_mps > 0.0 else math.nan for each in held]
    return Samples(
        np.array([each.time_ms for each in held], dtype=np.int64),
        np.array([each.lat_deg for each in held]),
        np.array([each.lon_deg for each in held]),
        np.array([each.altitude_m for each in held]),
        np.array(courses),
        np.array([each.speed_mps for each in held]),
    )
