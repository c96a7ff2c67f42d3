from __future__ import annotations

import pytest

from hotline.keys import pkcs8


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it costs to try a passphrase is looked at where keys are encrypted (`test_pkcs8.py`)."""
    monkeypatch.setattr(pkcs8, "_N", 2)
