"""A report on paper: the HTML document as a PDF whose fonts, Chinese ones included, are embedded."""

from __future__ import annotations

import re
from importlib import resources

_SVG = re.compile(r"<svg [^>]*>")
_VARIABLE = re.compile(r"var\((--[a-z]+)\)")
_VALUE = re.compile(r"(--[a-z]+):\s*([^;]+);")
_HALO = re.compile(r"paint-order: stroke; stroke: [^;]+; stroke-width: \d+;")  # on paper it would cover its own letters
_DRAWINGS = "\nsvg {"  # where the rules of drawings begin in the style sheet


def print_pdf(html: str) -> bytes:
    """A document of `render_report` as a PDF (PDF/UA-1, so that a screen reader can follow it).

    Raises:
        ImportError, OSError: WeasyPrint is not installed, or the system libraries that it draws letters with are not.
    """
    from weasyprint import HTML

    printed = HTML(string=_styled(html), url_fetcher=_nothing).write_pdf(pdf_variant="pdf/ua-1")
    return bytes(printed)


def style() -> str:
    """The style sheet of every report."""
    return resources.files(__package__).joinpath("templates", "report.css").read_text(encoding="utf-8")


def _styled(html: str) -> str:
    """The same with the rules of drawings inside each drawing: on paper, those of the document do not reach there."""
    css = style()
    values = dict(_VALUE.findall(css[: css.index("}")]))
    rules = _HALO.sub("", css[css.index(_DRAWINGS) : css.index("@media")])
    drawing = f"<style>{_VARIABLE.sub(lambda found: values[found[1]], rules)}</style>"
    return _SVG.sub(lambda found: found[0] + drawing, html)


def _nothing(url: str) -> dict[str, object]:
    """A report names no address; if one were smuggled in, it would not be asked for."""
    raise ValueError(f"a report fetches nothing: {url}")
