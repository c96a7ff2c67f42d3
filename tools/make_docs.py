"""Build the documentation: one site, and the specification as a PDF.

    python -m tools.make_docs [--out build/docs]

What is published stands in specs/, docs/ and proto/, and is read where it is: a staged copy gets the pages of the
protocol files and the diagrams in a form that needs no network. Any warning is an error.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import generate, proto_pages

from hotline import SPEC_VERSION

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = (
    "specs/*.md",
    "specs/vectors/README.md",
    "specs/traces/*",
    "docs/**/*",
    "examples/*.py",
    "LICENSES/*",
    "*.md",
    "LICENSE",
)
MERMAID = re.compile(r"```mermaid\nstateDiagram-v2\n(.*?)```", re.DOTALL)
ARROW = re.compile(r"^\s*(\[\*\]|\w+) --> (\[\*\]|\w+)(?:: (.*))?$")
STYLE = """\
rankdir=LR;
node [shape=box, style=rounded, fontname="DejaVu Sans", fontsize=10];
edge [fontname="DejaVu Sans", fontsize=9];
begin [shape=point];
end [shape=doublecircle, label="", width=0.15];"""
# Where one of the gathered documents begins in the one-page form, with its title.
DOCUMENT = re.compile(
    r'(<span id="(document-[^"]*)"></span>\s*<section [^>]*>\s*(?:<span [^>]*></span>)?)<h2>(.*?)</h2>', re.DOTALL
)
# Diagrams stand as objects with their source as fallback; print shows them as pictures.
OBJECT = re.compile(r'<object data="([^"]*)"[^>]*>.*?</object>', re.DOTALL)
PDF = "hotline-specification.pdf"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the documentation site and the specification's PDF.")
    parser.add_argument("--out", type=Path, default=ROOT / "build/docs", help="folder to write")
    out = parser.parse_args(arguments).out
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder, "stage")
        lay_out(stage)
        sphinx("html", stage, out / "html", Path(folder, "trees"))
        gather_specification(stage)
        sphinx("singlehtml", stage, Path(folder, "single"), Path(folder, "trees"), "-t", "print")
        pages = print_pdf(Path(folder, "single"), out / PDF)
    print(f"{out / 'html/docs/index.html'}: the site\n{out / PDF}: the specification, {pages} pages")
    return 0


def lay_out(stage: Path) -> None:
    """Copy what is published, with diagrams as Graphviz and a page for each protocol file."""
    for source in sorted({path for pattern in PUBLISHED for path in ROOT.glob(pattern) if path.is_file()}):
        target = stage / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        if source.suffix == ".md":
            target.write_text(MERMAID.sub(_as_graphviz, source.read_text(encoding="utf-8")), encoding="utf-8")
    image = generate.build_image(stage)
    proto_pages.write(generate.read_image(image), stage / "docs/reference/proto")


def _as_graphviz(diagram: re.Match[str]) -> str:
    edges = "\n".join(_edge(line) for line in diagram[1].splitlines() if ARROW.match(line))
    return f"```{{graphviz}}\n:align: center\n\ndigraph {{\n{STYLE}\n{edges}\n}}\n```"


def _edge(line: str) -> str:
    arrow = ARROW.match(line)
    assert arrow is not None
    source = "begin" if arrow[1] == "[*]" else arrow[1]
    target = "end" if arrow[2] == "[*]" else arrow[2]
    return f'"{source}" -> "{target}" [label="{arrow[3] or ""}"];'


def sphinx(builder: str, stage: Path, out: Path, trees: Path, *settings: str) -> None:
    """Run Sphinx; a warning fails it."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", builder]
    command += ["-c", str(stage / "docs/site"), "-d", str(trees / builder), *settings, str(stage), str(out)]
    subprocess.run(command, check=True)


def gather_specification(stage: Path) -> None:
    """The page that holds the numbered documents in their order, and the annexes."""
    parts = [*sorted(stage.glob("specs/[0-9]*.md")), *sorted(stage.glob("specs/annex-*.md"))]
    numbered = "\n".join(path.stem for path in parts)
    text = f"# Hotline specification\n\n```{{toctree}}\n{numbered}\n```\n"
    (stage / "specs/whole.md").write_text(text, encoding="utf-8")


def print_pdf(single: Path, target: Path) -> int:
    """The one-page form as a PDF with a title page and contents; returns its number of pages."""
    from weasyprint import CSS, HTML

    page = (single / "specs/whole.html").read_text(encoding="utf-8")
    body = page[page.index('<div class="body"') : page.index('<div class="clearer"')]
    first = DOCUMENT.search(body)
    assert first is not None, "the one-page form has lost its documents"
    body = body[first.start() :]
    body = OBJECT.sub(r'<img src="\1" alt="State diagram; the table below says the same">', body)
    contents = "".join(f'<li><a href="#title-{found[2]}">{found[3]}</a></li>' for found in DOCUMENT.finditer(body))
    body = DOCUMENT.sub(r'\1<h1 id="title-\2">\3</h1>', body)
    front = (
        f'<div class="title-page"><h1>Hotline specification</h1><p>Version {SPEC_VERSION}, draft.</p>'
        f'<p>Under CC-BY-4.0.</p><ul class="contents">{contents}</ul></div>'
    )
    head = f"<title>Hotline specification {SPEC_VERSION}</title>"
    html = f'<html lang="en"><head>{head}</head><body>{front}{body}</body></html>'
    target.parent.mkdir(parents=True, exist_ok=True)
    css = CSS(filename=str(ROOT / "docs/site/print.css"))
    document = HTML(string=html, base_url=f"{single}/").render(stylesheets=[css])
    document.write_pdf(str(target), pdf_variant="pdf/ua-1")
    return len(document.pages)


if __name__ == "__main__":
    raise SystemExit(main())
