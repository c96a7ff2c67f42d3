"""Rows as Parquet: one file a chunk while a campaign runs, one file of all rows, in order, when it is done.

The same rows give the same bytes, whoever made them and in whatever order.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hotline_sim.campaign.plan import Key
from hotline_sim.campaign.rows import Kind, Row

_TYPES: Mapping[Kind, Any] = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def schema(columns: Mapping[str, Kind], about: Mapping[str, Any]) -> pa.Schema:
    """The Arrow schema of a campaign's rows; `about` goes into its metadata."""
    fields = [pa.field(name, _TYPES[kind]) for name, kind in columns.items()]
    return pa.schema(fields, metadata={"hotline.campaign": json.dumps(about, sort_keys=True)})


def write(rows: Iterable[Row], form: pa.Schema, path: Path) -> None:
    """Write rows in order of setting and run; the file is there whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    ordered = sorted(rows, key=_key)
    beside = path.with_suffix(".unfinished")
    pq.write_table(pa.Table.from_pylist(ordered, schema=form), beside, compression="zstd")
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    beside.replace(path)


def read(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Every row of some files."""
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def keys(rows: Iterable[Row]) -> set[Key]:
    """Which rows these are."""
    return {Key(*_key(row)) for row in rows}


def _key(row: Row) -> tuple[int, int]:
    setting, run = row["setting"], row["run"]
    assert isinstance(setting, int) and isinstance(run, int), "both are columns of every row"
    return setting, run
