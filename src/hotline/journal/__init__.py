"""Durable, append-only storage of what a node has decided: opaque records, in order, each batch in one transaction.

A journal belongs to one post in one channel and knows nothing of what its records mean. When `append` returns, the
records outlive a power cut; when anything is in doubt it raises and is finished, and the way on is to open it again and
restore from what is there.
"""

from hotline.journal.base import Journal
from hotline.journal.errors import JournalError, JournalStorageError, JournalUsageError
from hotline.journal.memory import MemoryJournal
from hotline.journal.place import DatabaseUrl, open_journal
from hotline.journal.sqlite import SqliteJournal

__all__ = [
    "DatabaseUrl",
    "Journal",
    "JournalError",
    "JournalStorageError",
    "JournalUsageError",
    "MemoryJournal",
    "SqliteJournal",
    "open_journal",
]
