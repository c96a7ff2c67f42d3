"""The one error of this room."""

from __future__ import annotations

from hotline.protocol.errors import UsageError


class KeysError(UsageError):
    """A key or certificate may not be used so, or is not what it is said to be. All codes begin with KEY_."""
