"""What an Endpoint shows, as plain values to compare."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hotline import v1
from hotline.protocol.book import Entry
from hotline.protocol.endpoint import Endpoint


def snapshot(endpoint: Endpoint) -> dict[bytes, dict[str, Any]]:
    """Everything an Endpoint shows about every message, as plain values."""
    return {digest: _snapshot(endpoint, entry) for digest, entry in endpoint.book.entries.items()}


def _snapshot(endpoint: Endpoint, entry: Entry) -> dict[str, Any]:
    view = endpoint.view(entry)
    # Why nothing comes hangs on the connections, which a restart cuts.
    addressees = tuple(replace(each, silence="") for each in view.addressees)
    return {
        "place": (entry.post, entry.sequence, entry.sealed_at_ns, entry.held_at_ns, entry.refused),
        "facts": frozenset(entry.facts.values()),
        "contradicted": frozenset(entry.contradicted_by),
        "verdicts": snapshot_verdicts(entry),
        "view": (view.marks, addressees, view.signers, view.matter_state),
    }


def snapshot_verdicts(entry: Entry) -> dict[tuple[str, int], list[str]]:
    """Outcomes by addressee and stage, in the order they fell."""
    names = v1.Verdict.Outcome.Name
    return {
        (wait[0], wait[1]): [names(verdict.outcome).removeprefix("OUTCOME_") for verdict in verdicts]
        for wait, verdicts in entry.verdicts.items()
    }
