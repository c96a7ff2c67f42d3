"""Errors of the journal: either the storage let us down, or it was opened in a way that must not be."""

from __future__ import annotations

from hotline.protocol.errors import HotlineError, TransportError, UsageError


class JournalError(HotlineError):
    """Base of the journal's errors. All codes begin with JOURNAL_."""


class JournalStorageError(JournalError, TransportError):
    """The storage failed. The journal object is finished; what is durable is known only by opening it again.

    Codes: JOURNAL_IO, JOURNAL_CORRUPT, JOURNAL_FENCED.
    """


class JournalUsageError(JournalError, UsageError):
    """The journal may not be used so; nothing was changed.

    Codes: JOURNAL_IN_USE, JOURNAL_NOT_OURS, JOURNAL_WRONG_OWNER, JOURNAL_WEAK_DURABILITY, JOURNAL_SQLITE_VERSION,
    JOURNAL_NO_DRIVER, JOURNAL_CLOSED.
    """
