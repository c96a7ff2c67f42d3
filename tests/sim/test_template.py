from __future__ import annotations

import pytest

from hotline_sim import schema
from hotline_sim.demo import run_virtual
from hotline_sim.scenario import loads
from hotline_sim.template import begun, templates


@pytest.mark.parametrize("name", templates())
def test_every_template_is_sound_and_comes_true_with_each_of_its_variants(name: str) -> None:
    text = begun(name, "of-mine")
    assert text.startswith("# yaml-language-server: $schema=scenario.schema.json\n")
    scenario = loads(text.encode())
    assert scenario.meta.id == "of-mine" and scenario.meta.synthetic
    for variant in (None, *scenario.variants):
        result = run_virtual(loads(text.encode(), variant=variant))
        assert result.ok, [checked for checked in result.expectations if not checked.ok]


def test_the_schema_that_is_shipped_is_that_of_the_format() -> None:
    assert schema.main(["--check"]) == 0, "if it is meant: python -m hotline_sim.schema"
