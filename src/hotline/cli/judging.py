"""Verdicts: turns a refusal into "checked, and it does not hold"."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hotline.cli.results import NotHeldError
from hotline.protocol.errors import HotlineError

PINNED, UNPINNED = "PINNED", "UNPINNED"


@contextmanager
def judging() -> Iterator[None]:
    """Whatever is refused inside does not hold: exit status 1, where the same error elsewhere is a wrong call.

    A file that cannot be read stays a wrong call: nothing was checked. So does what must be said again with --disavow.
    """
    try:
        yield
    except HotlineError as error:
        if error.code in ("FILE_UNREADABLE", "WOULD_DISAVOW"):
            raise
        raise NotHeldError(error.code, error.detail) from error
