"""Fixtures of the journal's tests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hotline.journal import durability, sqlite


@pytest.fixture
def small_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of 16 pages, so that short runs go through checkpoints too."""
    small = [replace(s, ask=16, expect=16) if s.name == "wal_autocheckpoint" else s for s in durability.SETTINGS]
    monkeypatch.setattr(durability, "SETTINGS", tuple(small))
    monkeypatch.setattr(sqlite, "CHECKPOINT_PAGES", 16)
