"""The README's example is the file in examples/, and prints what the README says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_readme_example_runs_and_prints_what_it_says() -> None:
    source = (ROOT / "examples" / "two_endpoints.py").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("<!-- library-example: begin -->")[2].partition("<!-- library-example: end -->")[0]
    code = shown.partition("```python\n")[2].partition("```")[0]
    printed = shown.partition("prints\n\n```\n")[2].partition("```")[0]
    assert source.endswith(code)
    command = [sys.executable, str(ROOT / "examples" / "two_endpoints.py")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, printed, "")
