"""`hotline version`: of the package and of the specification, which are not the same."""

from __future__ import annotations

from dataclasses import dataclass

from hotline import SPEC_VERSION
from hotline.cli.app import app, command
from hotline.cli.results import Result
from hotline.installed import package_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions(Result):
    """Both versions."""

    package_version: str
    spec_version: str


@command(app, "version", "hotline version --json")
def version() -> Result:
    """Say the version of this package and that of the specification it keeps."""
    return Versions(package_version=package_version(), spec_version=SPEC_VERSION)
