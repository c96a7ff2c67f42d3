"""The plan of a campaign fixes every row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hotline.protocol.errors import UsageError
from hotline_sim.campaign import Plan
from hotline_sim.campaign.plan import Key

MakePlan = Callable[..., Plan]
READ = "posts.CHN:fleet-watch.reaction.READ"


def test_settings_are_every_combination(plan_of: MakePlan) -> None:
    plan = plan_of(sweep=(f"{READ}=10 s, 20 s", "network.0.loss=0 %, 50 %"))
    assert len(plan.settings) == 4 and len(list(plan.keys())) == 12
    assert plan.settings[1] == {READ: "10 s", "network.0.loss": "50 %"}


def test_settings_share_seeds_and_draws(plan_of: MakePlan) -> None:
    """Common random numbers: a run is drawn alike whatever else its setting sets."""
    plan = plan_of(sweep=("network.0.loss=0 %, 50 %",), vary=(f"{READ}=uniform(1 s, 1 min)",))
    first, second = plan.case(Key(0, 2)), plan.case(Key(1, 2))
    assert (first.seed, first.values[READ]) == (second.seed, second.values[READ]) == (9, first.values[READ])
    assert plan.case(Key(0, 1)).values[READ] != first.values[READ]


def test_one_parameter_more_shifts_no_other(plan_of: MakePlan) -> None:
    one = plan_of(vary=(f"{READ}=uniform(1 s, 1 min)",))
    two = plan_of(vary=("network.0.loss=uniform(0 %, 9 %)", f"{READ}=uniform(1 s, 1 min)"))
    assert one.case(Key(0, 1)).values[READ] == two.case(Key(0, 1)).values[READ]


def test_the_digest_is_of_what_decides_a_row(plan_of: MakePlan) -> None:
    plan = plan_of()
    assert plan.digest == plan_of(runs=99).digest
    others = [plan_of(seed=8), plan_of(signatures="once"), plan_of(vary=(f"{READ}=list(1 s, 2 s)",))]
    assert len({plan.digest, *(other.digest for other in others)}) == 4


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"vary": ("nothing.here=list(1 s)",)}, "PARAMETER_UNKNOWN"),
        ({"sweep": (f"{READ}=1 s",), "vary": (f"{READ}=list(1 s)",)}, "PARAMETER_TWICE"),
        ({"sweep": (f"{READ}=1 s", f"{READ}=2 s")}, "PARAMETER_TWICE"),
        ({"vary": (f"{READ}=often",)}, "DISTRIBUTION_INVALID"),
        ({"vary": (READ,)}, "USAGE"),
        ({"signatures": "never"}, "USAGE"),
    ],
)
def test_what_no_run_could_be_made_of_is_refused(plan_of: MakePlan, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(UsageError) as error:
        plan_of(**asked)
    assert error.value.code == code
