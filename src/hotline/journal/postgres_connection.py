"""A connection to the database on which no wait is without an end.

A server that breaks says so. One that hangs (stopped, stuck in a sync, behind a line that holds bytes back) says
nothing, and TCP notices nothing as long as a kernel answers. So this end counts: a wait beyond the patience closes the
connection, and the outcome of what was asked is unknown, as after any break.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

# A server that is gone without a word is noticed before the lease ends; a socket on this machine needs none of this.
_CONNECTION: dict[str, int | str] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# A lock is given up by the server, and before this end gives up: else a backend would be left behind at each attempt.
_LOCK_TIMEOUT = "SELECT set_config('lock_timeout', %s, false)"
_AFTER_LOCKS_S = 1.0

RV = TypeVar("RV")


class NoAnswerError(psycopg.OperationalError):
    """The server has not answered within the patience; what became of the statement is unknown."""


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection whose every wait is bounded.

    Attributes:
        patience_s: how long nothing may come back from the server while a statement is under way.
    """

    patience_s: float = 5.0

    def wait(self, gen: PQGen[RV], *args: Any, **kwargs: Any) -> RV:
        """See `psycopg.Connection.wait`, through which every statement goes.

        Raises:
            NoAnswerError: the patience is over. The connection is closed.
        """
        try:
            return super().wait(_within(gen, self.patience_s + _AFTER_LOCKS_S), *args, **kwargs)
        except NoAnswerError:
            self.close()
            raise


def _within(gen: PQGen[RV], bound_s: float) -> Generator[Any, Any, RV]:
    """The same steps, unless nothing passes for so long: the library comes back at short intervals even then. What is
    there is taken, however late, so that a slow line and a paused process are no hanging server."""
    try:
        wanted, passed_s = next(gen), time.monotonic()
        while True:
            ready = yield wanted
            if ready:
                passed_s = time.monotonic()
            elif time.monotonic() >= passed_s + bound_s:
                raise NoAnswerError(f"the server has not answered for {bound_s:.1f} s")
            wanted = gen.send(ready)
    except StopIteration as done:
        result: RV = done.value
        return result


def connect(url: str, post: str, patience_s: float) -> Connection:
    """A connection in which every statement is a transaction of its own.

    Args:
        url: where the database is, as libpq takes it; what it says about the connection goes before what is set here.
        post: named to the server's administrator.
        patience_s: how long nothing may come back from the server while a statement is under way.

    Raises:
        psycopg.Error: it cannot be had.
    """
    given = psycopg.conninfo.conninfo_to_dict(url)
    said = {**_CONNECTION, "application_name": f"hotline {post}", "client_encoding": "utf8"}
    conninfo = psycopg.conninfo.make_conninfo(url, **{name: said[name] for name in said.keys() - given.keys()})
    connection = Connection.connect(conninfo, autocommit=True)
    connection.patience_s = patience_s
    connection.execute(_LOCK_TIMEOUT, (f"{round(patience_s * 1000)}ms",))
    return connection
