"""The generated regions of the specifications are those that the code's tables and the vectors give."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools import spec_tables

from hotline import SPEC_VERSION

ROOT = Path(__file__).resolve().parents[2]
SPECS = sorted(ROOT.glob("specs/*.md"))
NUMBERED = [path for path in SPECS if path.name[0].isdigit()]


def test_the_committed_regions_are_fresh() -> None:
    assert spec_tables.main(["--check"]) == 0


def test_a_region_that_was_edited_is_noticed_and_the_text_around_it_kept() -> None:
    text = "before\n<!-- generated: stages -->\nedited by hand\n<!-- end -->\nafter\n"
    fresh = spec_tables.filled(text)
    assert "edited by hand" not in fresh
    assert fresh.startswith("before\n<!-- generated: stages -->\n\n| Stage |")
    assert fresh.endswith("|\n\n<!-- end -->\nafter\n")
    assert spec_tables.filled(fresh) == fresh


def test_an_unknown_region_is_an_error() -> None:
    with pytest.raises(KeyError, match="no-such-table"):
        spec_tables.filled("<!-- generated: no-such-table -->\n<!-- end -->")


def test_every_region_has_a_place_and_only_one() -> None:
    placed = [name for path in SPECS for _, name, _ in spec_tables.REGION.findall(path.read_text(encoding="utf-8"))]
    assert sorted(placed) == sorted(spec_tables.REGIONS)


def test_life_cycles_begin_and_end() -> None:
    text = spec_tables.life_cycle({("NONE", "Begin"): "OPEN", ("OPEN", "End"): "SHUT"})()
    assert "    [*] --> OPEN: Begin\n    OPEN --> SHUT: End\n    SHUT --> [*]\n" in text


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(0, "0 s"), (1, "1 ms"), (5_000, "5 s"), (60_000, "60 s"), (3_600_000, "60 min"), (86_400_000, "24 h")],
)
def test_durations_are_whole_numbers_of_the_largest_unit(milliseconds: int, words: str) -> None:
    assert spec_tables.span(milliseconds) == words


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_every_document_has_a_version_steps_and_an_example(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert f"\nVersion {SPEC_VERSION}, draft." in text
    assert re.search(r"^Steps.*:\n\n1\. ", text, re.MULTILINE)
    assert "Worked example\n" in text


@pytest.mark.parametrize("path", [*SPECS, ROOT / "specs/vectors/README.md"], ids=lambda path: path.stem)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)", text) if "://" not in target]
    assert [target for target in targets if not (path.parent / target).exists()] == []
