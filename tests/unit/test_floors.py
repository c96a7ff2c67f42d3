"""Lower bounds of dependencies: what each one keeps out, asserted on what is installed.

Read again before each release; a floor that moves moves in pyproject.toml too.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path

import apsw
import pytest
from google.protobuf.internal import api_implementation
from packaging.requirements import Requirement
from packaging.version import Version

FLOORS = {
    "apsw": ("3.51.3.0", "brings SQLite 3.51.3: before it, resetting the write-ahead log could lose a commit"),
    "cryptography": ("48.0.0", "ML-DSA; CVE-2026-26007 (small subgroups of binary curves)"),
    "grpcio": ("1.85.1", "HPACK and rapid-reset faults (CVE-2023-44487, CVE-2024-7246, CVE-2024-11407) and others"),
    "jinja2": ("3.1.6", "CVE-2025-27516 (a template could leave its sandbox)"),
    "numpy": ("2.1", "the first line with wheels for Python 3.13"),
    "protobuf": ("7.36.2", "CVE-2025-4565 and CVE-2026-0994 (unbounded recursion) with the complete fix"),
    "psycopg": ("3.3.0", "the line whose word on broken connections was examined: an outcome in doubt closes them"),
    "protovalidate": ("2.1.0", "the first line with a native engine; earlier ones fail on protobuf 7"),
}
AVOIDED = {
    "pyasn1": "GHSA-jr27-m4p2-rc6r",
    "pyjwt": "CVE-2026-32597",
    "pyopenssl": "CVE-2026-27459",
}
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def requirements() -> dict[str, Requirement]:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    return {found.name.lower(): found for found in map(Requirement, asked)}


@pytest.mark.parametrize("name", FLOORS)
def test_installed_version_has_the_fix(name: str) -> None:
    floor, reason = FLOORS[name]
    assert Version(version(name)) >= Version(floor), f"{name} {floor} is needed: {reason}"


@pytest.mark.parametrize("name", FLOORS)
def test_the_floor_is_declared(name: str) -> None:
    floor = Version(FLOORS[name][0])
    declared = [Version(bound.version) for bound in requirements()[name].specifier if bound.operator == ">="]
    assert declared == [floor]


def test_sqlite_keeps_what_was_committed() -> None:
    found = Version(apsw.sqlite_lib_version())
    assert found >= Version("3.51.3")
    assert found != Version("3.52.0"), "withdrawn by its authors"


def test_the_parser_is_the_one_whose_limits_were_examined() -> None:
    assert api_implementation.Type() == "upb"


def test_packages_with_open_faults_are_not_asked_for() -> None:
    assert not requirements().keys() & AVOIDED.keys()
