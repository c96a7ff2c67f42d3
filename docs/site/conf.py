"""Sphinx settings of the documentation site; `make docs` runs it on a staged copy of specs/, docs/ and proto/."""

project = "Hotline"
author = "Hotline maintainers"
copyright = "Hotline maintainers; the specification under CC-BY-4.0, code under Apache-2.0"
language = "en"

extensions = ["myst_parser", "sphinx.ext.graphviz"]
source_suffix = {".md": "markdown"}
root_doc = "docs/index"
exclude_patterns: list[str] = []
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header", "toc.empty_glob"]

html_theme = "furo"
html_title = "Hotline"
html_show_sphinx = False
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["site.css"]
graphviz_output_format = "svg"

# With the tag `print`, the numbered documents alone, as one page for the PDF.
if tags.has("print"):
    root_doc = "specs/whole"
    exclude_patterns = [
        "docs",
        "examples",
        "*.md",
        "specs/README.md",
        "specs/matrix.md",
        "specs/vectors",
        "specs/traces",
    ]
    html_theme = "basic"
    html_permalinks = False
    html_static_path = []
    html_css_files = []
    suppress_warnings += ["myst.xref_missing"]
