from __future__ import annotations

import pytest

from hotline_sim.scenario import bundled

TOOWOOMBA = "toowoomba-ningbo-2023"


@pytest.fixture
def toowoomba_text() -> str:
    """The bundled scenario as written, for tests that spoil a line of it."""
    return bundled()[TOOWOOMBA].read_text(encoding="utf-8")
