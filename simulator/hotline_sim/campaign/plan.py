"""The plan of a campaign: which settings, how many runs of each, what is drawn for each run. It fixes every row.

Run number i of every setting has the same seed and the same drawn shares (common random numbers): what differs between
two settings, run by run, comes from the settings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

from hotline import SPEC_VERSION
from hotline.installed import package_version
from hotline.protocol.errors import UsageError
from hotline_sim.campaign.distributions import Distribution, parse_distribution, parse_sweep
from hotline_sim.draw import Stream
from hotline_sim.parameters import Document, digest_of, held, with_values

SIGNATURES = ("each", "once")


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Which row: number of the setting and number of the run within it."""

    setting: int
    run: int


@dataclass(frozen=True, slots=True)
class Case:
    """One run to make: its seed, and what is set in the scenario, by the name it was asked for."""

    key: Key
    seed: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """A campaign as it was asked for.

    Attributes:
        document: the scenario's plain data.
        file: the scenario's name in messages.
        seed: seed of run 0; run i has `seed` + i.
        runs: of each setting.
        sweeps: values by path; every combination is a setting.
        varies: distribution by path, as text.
        signatures: "each" verifies every signature wherever it arrives, "once" each distinct one once a run.
    """

    document: Document
    file: str
    seed: int
    runs: int
    sweeps: Mapping[str, tuple[str, ...]]
    varies: Mapping[str, str]
    signatures: str

    @cached_property
    def settings(self) -> tuple[Mapping[str, str], ...]:
        """What each setting sets."""
        return tuple(dict(zip(self.sweeps, values, strict=True)) for values in product(*self.sweeps.values()))

    @cached_property
    def distributions(self) -> Mapping[str, Distribution]:
        """What each varied value is drawn from."""
        return {path: parse_distribution(text) for path, text in self.varies.items()}

    @property
    def paths(self) -> tuple[str, ...]:
        """Everything that differs between rows, sweeps first."""
        return (*self.sweeps, *self.varies)

    @cached_property
    def digest(self) -> str:
        """SHA-256, hex, of all that decides what is in a row: two campaigns of one digest have the same rows."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """What decides a row, as plain values; how many runs there are does not."""
        return {
            "scenario": str(self.document.get("meta", {}).get("id", "")),
            "scenario_digest": digest_of(self.document),
            "seed": self.seed,
            "sweeps": [[path, list(values)] for path, values in self.sweeps.items()],
            "varies": [[path, text] for path, text in self.varies.items()],
            "signatures": self.signatures,
            "spec_version": SPEC_VERSION,
            "package_version": package_version(),
        }

    def keys(self) -> Iterator[Key]:
        """Every row, setting by setting."""
        return (Key(setting, run) for setting in range(len(self.settings)) for run in range(self.runs))

    def case(self, key: Key) -> Case:
        """What a row is a run of."""
        seed = self.seed + key.run
        drawn = {
            path: distribution.value(Stream(seed, f"campaign {path}").share(), key.run)
            for path, distribution in self.distributions.items()
        }
        return Case(key, seed, {**self.settings[key.setting], **drawn})

    def document_of(self, case: Case) -> dict[str, Any]:
        """The scenario of one run. Raises UsageError PARAMETER_UNKNOWN."""
        return with_values(self.document, case.values)

    def check(self) -> None:
        """Refuse what no run could be made of.

        Raises:
            UsageError: PARAMETER_UNKNOWN, PARAMETER_TWICE, DISTRIBUTION_INVALID.
        """
        twice = set(self.sweeps) & set(self.varies)
        if twice:
            raise UsageError("PARAMETER_TWICE", f"swept and varied at once: {', '.join(sorted(twice))}")
        for path in self.paths:
            held(self.document, path)
        self.distributions  # noqa: B018  # parsed here, so that a wrong one is told before the first run


def make_plan(
    document: Document,
    file: str,
    *,
    runs: int,
    vary: tuple[str, ...] = (),
    sweep: tuple[str, ...] = (),
    seed: int | None = None,
    signatures: str = "each",
) -> Plan:
    """A plan from words: each of `vary` is ``PATH=DISTRIBUTION``, each of `sweep` ``PATH=VALUES``.

    Raises:
        UsageError: as `Plan.check`; USAGE for words without ``=`` and unknown modes.
    """
    if signatures not in SIGNATURES:
        raise UsageError("USAGE", f"--signatures is one of {', '.join(SIGNATURES)}, not {signatures}")
    first = seed if seed is not None else int(document["meta"]["seed"])
    sweeps = {path: parse_sweep(values) for path, values in _pairs(sweep)}
    plan = Plan(document, file, first, runs, sweeps, dict(_pairs(vary)), signatures)
    plan.check()
    return plan


def _pairs(asked: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for words in asked:
        path, equals, value = words.partition("=")
        if not equals or not path.strip():
            raise UsageError("USAGE", f"needs PATH=VALUES: {words}")
        if path.strip() in seen:
            raise UsageError("PARAMETER_TWICE", f"given twice: {path.strip()}")
        seen.add(path.strip())
        yield path.strip(), value.strip()
