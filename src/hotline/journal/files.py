"""The file layer between SQLite and the operating system: the usual one, but SQLite keeps no error of it to itself.

Left alone, SQLite calls a page that the disk cannot read a damaged one, and takes no notice where it can do without it.
What fails in a layer of our own is raised, as what it is, by the call under which it happened.
"""

from __future__ import annotations

from functools import cache

import apsw

_NAME = "hotline-journal"


class PlainFile(apsw.VFSFile):
    """A file of the usual layer, in which what cannot be read is not damaged."""

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        try:
            return super().xRead(amount, offset)
        except apsw.IOError as error:
            raise apsw.IOError(f"cannot read {amount} bytes at {offset}") from error


class _Layer(apsw.VFS):
    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> PlainFile:  # noqa: N802
        return PlainFile("", name, flags)


def layer() -> str:
    """Name of the layer, which SQLite knows from now on."""
    _registered()
    return _NAME


@cache
def _registered() -> _Layer:
    return _Layer(_NAME, "")
