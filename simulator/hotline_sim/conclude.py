"""From a finished run to its result, and to the files it leaves: the same for virtual and live runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from hotline_sim.expectations import check, closest_approach, failures_shown
from hotline_sim.indicators import indicators
from hotline_sim.outcome import picture
from hotline_sim.plot import Plot
from hotline_sim.report import render_report
from hotline_sim.result import RunResult
from hotline_sim.run import Finished
from hotline_sim.trace import digest, write_trace
from hotline_sim.verification import verify_all
from hotline_sim.words import file_name


def conclude(finished: Finished) -> RunResult:
    """Check expectations, verify the transcripts from their bytes, write the trace."""
    seen = picture(finished.run, Plot(finished.run.scenario, finished.run.ways), indicators(finished))
    expectations = check(seen)
    trace = write_trace(seen, expectations)
    files = {post: transcript_name(post) for post in finished.transcripts}
    return RunResult(
        picture=seen,
        closest_approach=closest_approach(seen),
        expectations=expectations,
        failures_shown=failures_shown(expectations),
        evidence=verify_all(finished.transcripts, finished.agreement.digest, files),
        trace=trace,
        trace_digest=digest(trace),
    )


def transcript_name(post: str) -> str:
    """``transcript-AUS-fleet-watch.bin``."""
    return f"transcript-{file_name(post)}.bin"


def write_files(finished: Finished, result: RunResult, out: Path, others: Sequence[RunResult] = ()) -> list[Path]:
    """Leave the run's files in a folder, made if it is not there; what it left there before is overwritten.

    `others` are runs of the same scenario that the report sets beside it.

    Raises:
        OSError: they cannot be written.
    """
    contents: dict[str, bytes] = {transcript_name(post): data for post, data in finished.transcripts.items()}
    contents["agreement.bin"] = finished.agreement.signed.SerializeToString()
    contents["trace.txt"] = result.trace.encode()
    contents["report.json"] = json.dumps(result.as_json(), indent=2, ensure_ascii=False).encode() + b"\n"
    contents["report.html"] = render_report(result, others).encode()
    out.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (out / name).write_bytes(data)
    return [out / name for name in contents]
