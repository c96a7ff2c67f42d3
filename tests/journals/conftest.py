"""A PostgreSQL server for each process of the test run; without one on the machine these tests are left out.

`tools/system.sh` says so, and does not let it happen where CI is true.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.faults.servers import Server, programs, server

HAS_SERVER = programs() is not None
assert HAS_SERVER or os.environ.get("CI") != "true", "tools/system.sh need postgres"

NEED_SERVER = [
    "test_failover.py",
    "test_hang.py",
    "test_lease.py",
    "test_restore.py",
    "test_server.py",
    "test_server_calls.py",
    "test_settings.py",
]
collect_ignore = [] if HAS_SERVER else NEED_SERVER


@pytest.fixture(scope="session")
def running() -> Iterator[Server]:
    """A server that stays up."""
    with server() as made:
        yield made


@pytest.fixture(scope="session")
def by_tcp() -> Iterator[Server]:
    """A server that can be reached through a relay."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with server(port, "127.0.0.1") as made:
        yield made


@pytest.fixture
def database(running: Server) -> str:
    """A database without journals; other tests use it before and after."""
    with psycopg.connect(running.url(), autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS hotline CASCADE")
    return "postgres"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with a short name: the path of a Unix socket has room for a hundred characters only."""
    with tempfile.TemporaryDirectory(prefix="hl-") as name:
        yield Path(name)
