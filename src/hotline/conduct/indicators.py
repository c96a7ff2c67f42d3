"""Every indicator of what is known."""

from __future__ import annotations

from hotline.conduct.colregs import colregs
from hotline.conduct.facts import Facts
from hotline.conduct.indicator import Indicator
from hotline.conduct.near import near
from hotline.conduct.told import told

_DISTRESS = "N17"


def indicators(facts: Facts) -> tuple[Indicator, ...]:
    """Every indicator, in order of time. Once distress is reported, nothing else begins (N17)."""
    found = [*told(facts), *colregs(facts), *near(facts)]
    found.sort(key=lambda each: (each.from_ms, each.rule, each.unit, each.other))
    distress_ms = min((each.from_ms for each in found if each.rule == _DISTRESS), default=None)
    return tuple(each for each in found if each.rule == _DISTRESS or distress_ms is None or each.from_ms < distress_ms)
