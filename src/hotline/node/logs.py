"""Logs: one JSON object a line on standard error. A message is named by `ref`, the first digits of its digest."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(level: str) -> None:
    """Send our events, and whatever libraries say from WARNING on, to standard error."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Forward()], force=True)


def ref(digest: bytes) -> str:
    """A digest as people name it."""
    return digest.hex()[:12]


class _Forward(logging.Handler):
    """Libraries' records in the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        structlog.get_logger().log(
            record.levelno, "library", logger=record.name, message=record.getMessage(), exc_info=record.exc_info
        )
