"""`hotline sim new`, `hotline sim msel` and variants of a scenario."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.unit.cli.conftest import Ran

from hotline_sim.schema import SCHEMA

Hotline = Callable[..., Ran]


def test_a_scenario_is_begun_with_the_schema_beside_it_and_never_overwritten(hotline: Hotline) -> None:
    told = hotline("sim", "new", "sea", "--id", "mine", "--json").json
    assert told == {"ok": True, "file": "mine.yaml", "schema": "scenario.schema.json", "template": "sea"}
    assert Path("scenario.schema.json").read_bytes() == SCHEMA.read_bytes()
    assert hotline("sim", "check", "mine.yaml", "--json").json["ok"] is True
    assert hotline("sim", "new", "sea", "--id", "mine", "--json").json["code"] == "FILE_EXISTS"


def test_a_template_or_an_id_that_there_is_not_is_refused(hotline: Hotline) -> None:
    assert "one of air, exercise, sea, not land" in hotline("sim", "new", "land", "--json").json["detail"]
    assert hotline("sim", "new", "sea", "--id", "Not An Id", "--json").json["code"] == "SCENARIO_BAD_VALUE"


def test_injects_go_to_a_sheet_and_back(hotline: Hotline) -> None:
    hotline("sim", "new", "exercise", "--id", "mine")
    assert hotline("sim", "msel", "export", "mine.yaml", "--json").json == {
        "ok": True,
        "file": "msel.csv",
        "injects": 2,
    }
    call = ("sim", "msel", "import", "msel.csv", "--into", "mine.yaml", "--out", "back.yaml", "--json")
    assert hotline(*call).json["injects"] == 2
    assert hotline("sim", "run", "back.yaml", "--json").json["ok"] is True
    Path("msel.csv").write_bytes(b"\xff\xfe")
    assert hotline(*call[:-2], "other.yaml", "--json").json["code"] == "FILE_UNREADABLE"


def test_a_variant_is_another_run_of_the_same_file(hotline: Hotline) -> None:
    plain = hotline("sim", "run", "decatur-2018", "--json").json
    line = hotline("sim", "run", "decatur-2018", "--variant", "with-line", "--json").json
    assert (plain["variant"], line["variant"]) == (None, "with-line") and plain["ok"] and line["ok"]
    assert line["closest_approach"]["range_m"] > plain["closest_approach"]["range_m"] + 100
    refused = hotline("sim", "run", "decatur-2018", "--variant", "other", "--json").json
    assert refused["code"] == "SCENARIO_UNKNOWN_REFERENCE"


def test_a_mixed_run_wants_an_empty_site_and_a_post_of_the_scenario(hotline: Hotline) -> None:
    Path("site").mkdir()
    (Path("site") / "x").touch()
    call = ("sim", "mixed", "decatur-2018", "--guest", "X:y", "--site")
    assert hotline(*call, "site", "--json").json["code"] == "FILE_EXISTS"
    assert hotline(*call, "fresh", "--json").json["code"] == "UNKNOWN_POST"
