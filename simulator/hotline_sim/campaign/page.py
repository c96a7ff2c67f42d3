"""The page of a campaign: one HTML file with its answers, pictures and figures. No script, no font, no network."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

from hotline_sim.campaign.axes import label_of, value_of
from hotline_sim.campaign.plots import Picture
from hotline_sim.campaign.statistics import Estimate
from hotline_sim.campaign.summary import Summary

_SIGNATURES = {
    "each": "every signature made and verified wherever it arrives",
    "once": "every signature made, and each distinct one verified once a run",
}


def render_page(summary: Summary, pictures: Sequence[Picture]) -> str:
    """The page as one HTML document."""
    environment = Environment(
        loader=PackageLoader("hotline_sim.campaign"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=_percent, interval=_interval, figure=_figure)
    css = resources.files("hotline_sim.report").joinpath("templates", "report.css").read_text(encoding="utf-8")
    drawn = [(picture, _inline(picture)) for picture in pictures]
    return environment.get_template("campaign.html.j2").render(
        summary=summary,
        plan=summary.plan,
        meta=summary.plan.document["meta"],
        pictures=drawn,
        label=lambda path: label_of(summary.plan, path),
        value=lambda path, value: value_of(summary.plan, path, value),
        signatures=_SIGNATURES[summary.plan.signatures],
        about=summary.plan.as_json(),
        css=css,
    )


def _inline(picture: Picture) -> str:
    """The SVG element alone, without what a file of its own begins with."""
    text = picture.svg.decode()
    return text[text.index("<svg") :]


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _interval(estimate: Estimate, is_share: bool = False) -> str:
    """``92 % (88 to 95)``."""
    write = (lambda value: f"{value * 100:.0f}") if is_share else _figure
    unit = " %" if is_share else ""
    ends = ["open" if end is None else write(end) for end in (estimate.low, estimate.high)]
    return f"{write(estimate.value)}{unit} ({ends[0]} to {ends[1]})"
