"""The result of a run as one typed value: virtual, live and in the demonstration. `as_json` is its JSON form."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hotline_sim.expectations import Checked, ClosestApproach
from hotline_sim.outcome import Picture
from hotline_sim.words import iso, since_start


@dataclass(frozen=True, slots=True)
class Proof:
    """What offline verification made of one post's transcript.

    Attributes:
        post: whose transcript.
        ok: whether it verifies under the agreement digest given as the one trusted input.
        code: stable code of the refusal; empty when it verifies.
        messages: statements proved in it.
        pinned: whether the agreement digest was given (PINNED) or taken from the transcript itself.
        sha256: digest of its bytes, hex.
        file: name of the file it was written to; empty if it was not.
    """

    post: str
    ok: bool
    code: str
    messages: int
    pinned: bool
    sha256: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Both sides' transcripts, verified and compared. `first_divergence` is empty when they agree."""

    agreement_digest: str
    proofs: tuple[Proof, ...]
    first_divergence: str

    @property
    def ok(self) -> bool:
        """Every transcript verifies, and no two contradict each other."""
        return bool(self.proofs) and all(proof.ok for proof in self.proofs) and not self.first_divergence


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run showed.

    Attributes:
        picture: the run at its end.
        closest_approach: of the units the scenario is about; None in one without units.
        expectations: each, with what was found.
        failures_shown: failure codes that came true as expected.
        evidence: what the transcripts prove.
        trace: the trace, a text that anybody can read.
        trace_digest: SHA-256 of the trace, hex.
    """

    picture: Picture
    closest_approach: ClosestApproach | None
    expectations: tuple[Checked, ...]
    failures_shown: tuple[str, ...]
    evidence: Evidence
    trace: str
    trace_digest: str

    @property
    def ok(self) -> bool:
        """Whether every expectation came true and the transcripts verify."""
        return all(checked.ok for checked in self.expectations) and self.evidence.ok

    def as_json(self) -> dict[str, Any]:
        """For scripts: plain values only. Times ending in `_ms` count from the scenario's start.

        `signatures` is as a campaign calls it: in a single run each one is verified wherever it arrives.
        """
        run = self.picture.run
        return {
            "ok": self.ok,
            "scenario": run.scenario.meta.id,
            "variant": run.scenario.meta.variant,
            "title": run.scenario.meta.title,
            "seed": run.seed,
            "mode": "virtual" if run.speed is None else "live",
            "speed": run.speed,
            "signatures": "each",
            "start": iso(run.scenario.meta.start_utc_ns),
            "trace_digest": self.trace_digest,
            "closest_approach": self.closest_approach and _approach(self.closest_approach),
            "messages": [asdict(message) for message in self.picture.messages],
            "expectations": [asdict(expectation) for expectation in self.expectations],
            "failures_shown": list(self.failures_shown),
            "happenings": [asdict(happening) for happening in run.happenings],
            "indicators": [asdict(indicator) for indicator in self.picture.indicators],
            "transcripts_verified": self.evidence.ok,
            "transcripts": [asdict(proof) for proof in self.evidence.proofs],
            "first_divergence": self.evidence.first_divergence or None,
            "agreement_digest": self.evidence.agreement_digest,
        }


def _approach(found: ClosestApproach) -> dict[str, Any]:
    return {"time": since_start(found.time_ms), **asdict(found)}
