"""Which version of the package is installed."""

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str:
    """Version of the installed package."""
    try:
        return version("hotline-protocol")
    except PackageNotFoundError:
        return "(run from its source, not installed)"
