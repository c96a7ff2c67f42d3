"""Makes runs of a campaign: a pure function of its plan and of which rows. Worker processes and Dask call it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache

from hotline.protocol.errors import HotlineError
from hotline.protocol.signing import verified_once
from hotline_sim.campaign.plan import Key, Plan
from hotline_sim.campaign.rows import Value, asked_of, columns, row
from hotline_sim.conclude import conclude
from hotline_sim.parameters import digest_of, scenario_of
from hotline_sim.scenario import Scenario, ScenarioError
from hotline_sim.world import World


@dataclass(frozen=True, slots=True)
class _Held:
    """A document by its digest, for the cache."""

    digest: str
    document: dict[str, object]

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and self.digest == other.digest


def play_rows(plan: Plan, keys: Sequence[Key]) -> list[dict[str, Value]]:
    """The rows of these keys, in their order. A run that ends with an error is a row with its code."""
    named = columns(plan, _scenario(_Held(digest_of(plan.document), dict(plan.document)), plan.file))
    played = (_play(plan, key) for key in keys)
    return [{name: found.get(name) for name in named} for found in played]


def _play(plan: Plan, key: Key) -> dict[str, Value]:
    case = plan.case(key)
    document = plan.document_of(case)
    digest = digest_of(document)
    found = asked_of(plan, case, digest)
    try:
        scenario = _scenario(_Held(digest, document), plan.file)
        with verified_once() if plan.signatures == "once" else nullcontext():
            finished = World(scenario, case.seed).play()
            return found | row(finished, conclude(finished))
    except ScenarioError as error:
        problem = error.problems[0]
        return found | _ended(str(problem.code), f"{problem.path}: {problem.message}")
    except HotlineError as error:
        return found | _ended(error.code, error.detail)
    except Exception as error:  # a fault of ours in one run is not to cost the other runs
        return found | _ended("RUN_FAILED", f"{type(error).__name__}: {error}")


def _ended(code: str, detail: str) -> dict[str, Value]:
    return {"ok": False, "code": code, "detail": detail}


@lru_cache(maxsize=64)
def _scenario(held: _Held, file: str) -> Scenario:
    """Read once a setting where nothing is drawn. Raises ScenarioError."""
    return scenario_of(held.document, file)
