"""Records what another program says of encounters, for the tests of `hotline.conduct.encounters`.

    python tools/record_encounters.py > tests/unit/conduct/trafficgen.yaml

Runs in an environment of its own that holds trafficgen (DNV, MIT), which is too large for ours. Each row is one bearing
of the other ship from the own ship's bow, each letter in it one bearing of the own ship from the other's bow, both from
-176.25 deg in steps of 7.5 deg, starboard positive:

    H head-on, o the own ship overtakes, O she is overtaken, c she gives way in a crossing, C the other does, . none
"""

from __future__ import annotations

import math
from importlib import import_module
from importlib.metadata import version

ANGLES_DEG = [-176.25 + 7.5 * step for step in range(48)]
_LETTERS = {
    "HEAD_ON": "H",
    "OVERTAKING_GIVE_WAY": "o",
    "OVERTAKING_STAND_ON": "O",
    "CROSSING_GIVE_WAY": "c",
    "CROSSING_STAND_ON": "C",
    "NO_RISK_COLLISION": ".",
}
# The criteria in the settings that trafficgen ships.
_CRITERIA_DEG = (67.5, 5.0, 5.0)
_ABAFT_DEG = (112.5, 247.5)


def main() -> None:
    """Print the table."""
    determine = import_module("trafficgen.encounter").determine_colreg
    limits = [math.radians(angle) for angle in _CRITERIA_DEG]
    abaft = [math.radians(angle) for angle in _ABAFT_DEG]
    print(f"# Recorded by tools/record_encounters.py from trafficgen's determine_colreg, with its shipped criteria.\n"
          f"version: {version('trafficgen')}\nrows:")  # fmt: skip
    for from_own in ANGLES_DEG:
        beta = math.radians(from_own % 360.0)
        found = (determine(math.radians(from_other), beta, *limits, abaft) for from_other in ANGLES_DEG)
        print(f'  - "{"".join(_LETTERS[each.name] for each in found)}"  # {from_own}')


if __name__ == "__main__":
    main()
