"""Values set in a scenario from outside."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.messages.yamltree import read_tree
from hotline.protocol.errors import UsageError
from hotline_sim.parameters import digest_of, held, scenario_of, with_values
from hotline_sim.scenario import ScenarioError, bundled


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = read_tree(bundled()["toowoomba-ningbo-2023"].read_bytes()).data
    return found


def test_values_are_set_by_path_and_nothing_else_changes(document: dict[str, Any]) -> None:
    before = digest_of(document)
    changed = with_values(document, {"network.1.loss": "30 %", "posts.CHN:fleet-watch.reaction.READ": "90 s"})
    scenario = scenario_of(changed, "changed.yaml")
    assert scenario.links["CHN:fleet-watch", "AUS:fleet-watch"].loss == 0.3
    assert scenario.links["AUS:fleet-watch", "CHN:fleet-watch"].loss == 0.02
    assert scenario.posts["CHN:fleet-watch"].reaction["READ"] == 90_000
    assert digest_of(document) == before != digest_of(changed)
    assert held(document, "network.1.loss") == "2 %"


def test_text_is_read_as_a_file_would_be(document: dict[str, Any]) -> None:
    changed = with_values(document, {"posts.CHN:fleet-watch.staffed": "no", "meta.seed": "12"})
    assert (changed["posts"]["CHN:fleet-watch"]["staffed"], changed["meta"]["seed"]) == (False, 12)


def test_a_new_key_is_set_where_the_format_has_one(document: dict[str, Any]) -> None:
    changed = with_values(document, {"posts.CHN:fleet-watch.reaction.UNDERSTOOD": "1 min"})
    assert scenario_of(changed, "changed.yaml").posts["CHN:fleet-watch"].reaction["UNDERSTOOD"] == 60_000
    with pytest.raises(ScenarioError, match="SCENARIO_UNKNOWN_KEY"):
        scenario_of(with_values(document, {"posts.CHN:fleet-watch.stafed": "no"}), "changed.yaml")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("delays.reeding", "there is no 'reeding'; there is presenting, reading"),
        ("posts.CHN:fleet-wach.staffed", "there is no 'CHN:fleet-wach'"),
        ("network.2.loss", "a list of 2"),
        ("network.x.loss", "a list of 2"),
        ("network.0.loss.share", "only '2 %'"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(document: dict[str, Any], path: str, words: str) -> None:
    for refused in (lambda: with_values(document, {path: "1"}), lambda: held(document, path)):
        with pytest.raises(UsageError, match="PARAMETER_UNKNOWN") as error:
            refused()
        assert words in error.value.detail


def test_a_scenario_gives_paths_names(document: dict[str, Any]) -> None:
    named = {**document, "parameters": {"reading": {"path": "posts.CHN:fleet-watch.reaction.READ"}}}
    assert with_values(named, {"reading": "5 s"})["posts"]["CHN:fleet-watch"]["reaction"]["READ"] == "5 s"


def test_a_variant_is_set_like_a_value() -> None:
    crossing = read_tree(bundled()["decatur-2018"].read_bytes()).data
    before = digest_of(crossing)
    changed = with_values(crossing, {"variant": "with-line", "deciding-ashore": "5 s"})
    assert (changed["hotline"], changed["posts"]["CHN:fleet-watch"]["reaction"]["DECIDED"]) == (True, "5 s")
    assert with_values(crossing, {"variant": "as-written"}) == crossing and digest_of(crossing) == before
    with pytest.raises(UsageError, match=r"PARAMETER_UNKNOWN.*not a variant of this file \(with-line"):
        with_values(crossing, {"variant": "without"})
