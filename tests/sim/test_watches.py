"""What half a watch changes and what the lost line costs, in every scenario that asks; read from the golden traces.

That the golden traces are what runs give now is shown in `test_trace`.
"""

from __future__ import annotations

import re

import pytest

from hotline_sim.golden import golden_path
from hotline_sim.scenario import bundled, load

WITH_LINE, HALF, LOST = "with-line", "night-watch", "line-lost"
# The order that the other side's post gives once it has decided.
ORDERS = {
    "chung-hoon-loop-2023": "held-off",
    "courbet-2020": "asked",
    "cowpens-2013": "held-off",
    "decatur-2018": "ordered-off",
    "ep3-2016": "ordered-off",
    "impeccable-loop-2009": "kept-away",
    "laser-2025": "laser-off",
    "mq9-2023": "ordered-off",
    "rc135-2015": "ordered-off",
    "toowoomba-ningbo-loop-2023": "called-off",
    "tromp-2024": "called-off",
}


def time_s(name: str, variant: str, what: str) -> int | None:
    """When a line of the golden trace first says `what` (kind and subject); None if it never does."""
    trace = golden_path(bundled()[name], variant).read_text(encoding="utf-8")
    found = re.search(rf"^T\+(\d\d):(\d\d):(\d\d) .* {what}\b", trace, re.MULTILINE)
    return None if found is None else int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])


def obeyed_s(name: str, variant: str, order: str) -> int:
    at_s = time_s(name, variant, rf"OBEYED +{order}")
    assert at_s is not None, f"{name} {variant}: {order} is obeyed"
    return at_s


def test_every_scenario_that_asks_is_in_the_table() -> None:
    asking = {name for name, file in bundled().items() if {WITH_LINE, HALF, LOST} <= load(file).variants.keys()}
    assert asking == ORDERS.keys()


@pytest.mark.parametrize("name", ORDERS)
def test_half_the_watch_takes_longer_and_differs_in_nothing_else(name: str) -> None:
    order = ORDERS[name]
    assert obeyed_s(name, HALF, order) > obeyed_s(name, WITH_LINE, order)
    variants = load(bundled()[name]).variants
    own = {path: value for path, value in variants[HALF].set.items() if not path.endswith(".shifts")}
    assert {**own, "meta.failures": {}} == {**variants[WITH_LINE].set, "meta.failures": {}}


@pytest.mark.parametrize("name", ORDERS)
def test_what_the_lost_line_does_not_carry_is_told_by_telephone(name: str) -> None:
    order = "called-off" if name == "decatur-2018" else ORDERS[name]
    assert time_s(name, LOST, "DELIVERED  +m1") is None and time_s(name, LOST, "EXPIRED +m1") is not None
    called_s = time_s(name, LOST, "HEARD +call")
    assert called_s is not None and called_s < obeyed_s(name, LOST, order)


def test_one_line_of_several_that_is_lost_costs_seconds() -> None:
    """Between four posts a message goes round by the others; only the loss of all of them leaves the telephone."""
    order = ORDERS["tromp-2024"]
    late_s = obeyed_s("tromp-2024", "link-lost", order) - obeyed_s("tromp-2024", WITH_LINE, order)
    assert 0 < late_s < 60 < obeyed_s("tromp-2024", LOST, order) - obeyed_s("tromp-2024", WITH_LINE, order)


@pytest.mark.parametrize("name", ORDERS)
def test_planners_have_names_for_how_long_the_other_side_takes(name: str) -> None:
    paths = {parameter.path.rpartition(".")[2] for parameter in load(bundled()[name]).parameters.values()}
    assert "READ" in paths and paths & {"DECIDED", "PASSED"}
