"""`hotline sim report`: a scenario's run, or a run that was kept, as a page and on paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hotline.cli import simulation
from hotline.cli.results import Result
from hotline.protocol.errors import UsageError
from hotline_sim.report.pdf import print_pdf

PAGE, PAPER = "report.html", "report.pdf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported(Result):
    """A report was written. `ok`: of a scenario, as in `sim run`; of a run that was kept, always."""

    html: Path
    pdf: Path


def report(name: str, variant: str | None, seed: int | None, out: Path) -> Reported:
    """Run a scenario with its variants beside it and print the report; or print the one that a run left in a folder.

    Raises:
        UsageError: PART_MISSING before anything is run; FILE_UNREADABLE, FILE_UNWRITABLE, SCENARIO_*, USAGE.
    """
    _printer()
    if Path(name).is_dir():
        if variant is not None or seed is not None:
            raise UsageError("USAGE", "--variant and --seed go with a scenario; the run in a folder has its own")
        return _print(Path(name), out, ok=True)
    return _print(out, out, ok=_run(name, variant, seed, out))


def _run(name: str, variant: str | None, seed: int | None, out: Path) -> bool:
    try:
        return simulation.run(name, variant, seed, out).ok
    except OSError as error:
        raise UsageError("FILE_UNWRITABLE", str(error)) from error


def _print(kept: Path, out: Path, *, ok: bool) -> Reported:
    """The page of a run's folder, and the same on paper."""
    try:
        html = (kept / PAGE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("FILE_UNREADABLE", f"{error}; a run leaves it with `hotline sim run --out`") from error
    pdf = _printer()(html)
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / PAGE).write_text(html, encoding="utf-8")
        (out / PAPER).write_bytes(pdf)
    except OSError as error:
        raise UsageError("FILE_UNWRITABLE", str(error)) from error
    return Reported(ok=ok, html=out / PAGE, pdf=out / PAPER)


def _printer() -> Callable[[str], bytes]:
    """What prints. Raises UsageError PART_MISSING: the package, or the system libraries that it draws letters with."""
    try:
        import weasyprint  # noqa: F401  # told now, not after the runs
    except (ImportError, OSError) as error:
        words = f"a PDF needs WeasyPrint and Pango (pip install 'hotline-protocol[report]'; {error}); "
        raise UsageError("PART_MISSING", words + "`hotline sim run --out` writes the page without them") from error
    return print_pdf
