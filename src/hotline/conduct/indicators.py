"""Every indicator of what is known."""

from __future__ import annotations

from hotline.conduct.colregs import colregs
from hotline.conduct.facts import Facts
from hotline.conduct.indicator import Indicator
from hotline.conduct.near import near
from hotline.conduct.told import told

_DISTRESS = "N17"


def indicators(facts: Facts) -> tuple[Indicator, ...]:
    """Every indicator, in order of time. While distress is reported, nothing else begins (N17)."""
    found = [*told(facts), *colregs(facts), *near(facts)]
    found.sort(key=lambda each: (each.from_ms, each.rule, each.unit, each.other))
    distress = [each for each in found if each.rule == _DISTRESS]
    return tuple(each for each in found if each in distress or not any(_during(each, one) for one in distress))


def _during(each: Indicator, distress: Indicator) -> bool:
    """Whether an indicator begins while distress is reported."""
    until_ms = distress.until_ms
    return distress.from_ms <= each.from_ms and (until_ms is None or each.from_ms < until_ms)
