from __future__ import annotations

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.sim.conftest import UNANSWERED

from hotline_sim.conclude import conclude
from hotline_sim.demo import run_virtual
from hotline_sim.report import render_report
from hotline_sim.report.chart_map import draw_map
from hotline_sim.report.chart_time import draw_time
from hotline_sim.report.pdf import print_pdf
from hotline_sim.result import RunResult
from hotline_sim.scenario import Scenario, bundled, load, loads
from hotline_sim.world import World

VOID = {"meta", "br", "line", "circle", "rect", "path", "link", "img"}
CJK = re.compile(r"[\u4e00-\u9fff]")


class Page(HTMLParser):
    """Checks that elements nest, and gathers texts and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.chinese_without_language: list[str] = []
        self._languages: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
            inherited = self._languages[-1] if self._languages else ""
            self._languages.append(dict(attrs).get("lang") or inherited)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag
            self._languages.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if CJK.search(data) and self._languages[-1] != "zh":
            self.chinese_without_language.append(data)


@pytest.fixture(scope="module")
def html(result: RunResult) -> str:
    return render_report(result)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_it_is_one_well_formed_document(html: str, page: Page) -> None:
    assert html.startswith("<!DOCTYPE html>") and page.open == []
    assert html.count("<svg") == html.count("</svg>") == 2


def test_it_needs_nothing_from_anywhere(html: str, page: Page) -> None:
    assert not re.search(r"https?:|//[a-z]|url\(|@import|<script|<link|<img|<iframe", html)
    assert not {name for name, _ in page.attributes} & {"src", "href", "xlink:href", "srcset", "action"}


def test_it_holds_every_message_with_its_stages(result: RunResult, page: Page) -> None:
    text = " ".join(page.texts)
    for message in result.picture.messages:
        assert message.ref in text and all(words in text for words in message.texts.values())
    assert text.count("✓") >= 18 and "27 min 09 s" in text and "T+00:31:00" in text
    assert "Ningbo has been told and is keeping clear." in text


def test_it_says_what_never_happened_what_is_assumed_and_what_is_disputed(page: Page) -> None:
    text = " ".join(page.texts)
    assert "EXERCISE" in text and "Counterfactual:" in text and "Nothing here was sent in the real event." in text
    for words in ("AUS-TWB", "the alteration towards Toowoomba and its moment", "Who used sonar", "N09", "PINNED"):
        assert words in text
    assert "violation" not in text.lower()


def test_chinese_is_marked_as_such(page: Page) -> None:
    assert "澳舰“图文巴”号与“宁波”舰：潜水员在水下" in page.texts
    assert page.chinese_without_language == []


def test_messages_stand_on_the_time_axis_of_the_range(result: RunResult) -> None:
    chart = draw_time(result.picture)
    dots = {name: x for x, _, name in chart.dots}
    assert {lane.id: lane.x_sent for lane in chart.lanes} == dots
    assert all(bar.x_said is None or bar.x_said >= bar.x_sent for lane in chart.lanes for bar in lane.bars)
    contradicted = [(lane.id, bar.label) for lane in chart.lanes for bar in lane.bars if bar.contradicted]
    assert contradicted == [("m1", "done")]


def test_the_map_is_true_to_scale(result: RunResult) -> None:
    chart = draw_map(result.picture)
    assert chart is not None and chart.closest is not None
    (ring,) = chart.rings
    drawn = ((chart.closest.x2 - chart.closest.x1) ** 2 + (chart.closest.y2 - chart.closest.y1) ** 2) ** 0.5
    assert abs(drawn / ring.r - 2415 / 5556) < 0.005
    nmi_px = (chart.scale.x2 - chart.scale.x1) / float(chart.scale.label.words.split(" nmi")[0])
    assert abs(ring.r / nmi_px - 3.0) < 0.01
    (shape,) = chart.shapes
    assert shape.label.words == "area of m1" and shape.path.count("L") == 71
    assert [mark.badge.words for mark in chart.marks] == ["m1", "m2", "m3", "m4", "m5"]


def test_a_run_without_ships_has_no_map_and_no_curve(unanswered: Scenario) -> None:
    page = Page(render_report(conclude(World(unanswered, 7).play())))
    text = " ".join(page.texts)
    assert "expired in silence" in text and "late" in text
    assert "range, nmi" not in text and "Counterfactual" not in text


@pytest.fixture(scope="module")
def decatur() -> str:
    """A closed loop: as it happened, and what a line would have changed."""
    path = bundled()["decatur-2018"]
    return render_report(run_virtual(load(path, "with-line")), [run_virtual(load(path))])


def test_variants_stand_beside_each_other(decatur: str) -> None:
    page = Page(decatur)
    text = " ".join(page.texts)
    assert re.search(r"with-line: .*: closest approach \d{3} m instead of \d\d m, .* earlier\.", text)
    assert "the scenario as it stands" in text and "两国值班室之间设有热线" in text and "differs" in text
    assert page.open == [] and page.chinese_without_language == []
    assert decatur.count("<svg") == 3 and decatur.count('class="run run-') == 2


def test_it_tells_what_was_ordered_and_obeyed_and_each_sides_account(decatur: str) -> None:
    text = re.sub(r"<[^>]+>", "", decatur)
    assert re.search(r"ordered-offCHN:fleet-watchLanzhou.*given T\+.*; heard T\+.*; obeyed T\+", text)
    account = decatur[decatur.index('class="accounts"') : decatur.index("</table>", decatur.index('class="accounts"'))]
    assert account.index("USA") < account.index("CHN") and "USS Decatur by radar" in account
    assert "The scenario names no point on which public accounts differ." in text and "specification 0." in text


def test_what_came_too_late(unanswered: Scenario) -> None:
    html = render_report(conclude(World(unanswered, 7).play()))
    late = re.sub(r"<[^>]+>", " ", html[html.index("What came too late") : html.index("Each side's account")])
    assert "passed in silence" in late and "after its deadline" in late and "never" in late


def test_disputed_accounts_stand_side_by_side() -> None:
    html = render_report(run_virtual(load(bundled()["balloon-2023"])))
    sides = re.findall(r'<div class="side"><p class="what">([^<]+)', html)
    assert sides == ["United States", "China"] and html.count("<svg") == 1


def test_it_prints_with_its_letters_embedded(decatur: str, tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(print_pdf(decatur))
    assert file.read_bytes().startswith(b"%PDF-") and file.stat().st_size > 20_000
    assert b"http" not in re.sub(
        rb"https?://(?:www\.w3\.org|ns\.adobe\.com|purl\.org|www\.aiim\.org)", b"", file.read_bytes()
    )
    if shutil.which("pdftotext") or os.environ.get("CI") == "true":
        told = subprocess.run(["pdftotext", str(file), "-"], check=True, capture_output=True).stdout.decode()
        assert "USS Decatur and Lanzhou, 45 yards" in told and "closest approach" in told and "两国值班室" in told


def test_what_people_wrote_cannot_become_markup() -> None:
    nasty = UNANSWERED.read_bytes().replace(b"Thank you for reading.", b"<script>alert(1)</script>")
    html = render_report(conclude(World(loads(nasty), 7).play()))
    assert "<script>" not in html and "&lt;script&gt;" in html
