"""The folder of a campaign: its plan, the chunks of rows that are done, and in the end the one table of all rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hotline.protocol.errors import UsageError
from hotline_sim.campaign import table
from hotline_sim.campaign.plan import Key, Plan
from hotline_sim.campaign.rows import Kind, Row

ROWS, PLAN, PARTS = "rows.parquet", "campaign.json", "parts"


class Folder:
    """Where a campaign keeps what it has; a chunk that was kept is never run again."""

    def __init__(self, path: Path, plan: Plan, columns: dict[str, Kind]) -> None:
        self.path, self._plan = path, plan
        self._form = table.schema(columns, plan.as_json())
        self._parts = path / PARTS

    def open(self, *, resume: bool) -> list[dict[str, Any]]:
        """Rows that are there already.

        Raises:
            UsageError: CAMPAIGN_EXISTS, there is a campaign and none is to be resumed; CAMPAIGN_OTHER, it is of another
                plan.
            OSError: the folder cannot be made or read.
        """
        file = self.path / PLAN
        if file.exists():
            self._check(json.loads(file.read_text(encoding="utf-8")), resume=resume)
        self._parts.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"digest": self._plan.digest, **self._plan.as_json()}, indent=2, ensure_ascii=False)
        file.write_text(text + "\n", encoding="utf-8")
        return table.read(sorted(self._parts.glob("*.parquet")))

    def _check(self, held: dict[str, Any], *, resume: bool) -> None:
        if not resume:
            raise UsageError("CAMPAIGN_EXISTS", f"{self.path} holds a campaign; --resume goes on with it")
        if held.get("digest") != self._plan.digest:
            now = {"digest": self._plan.digest, **json.loads(json.dumps(self._plan.as_json()))}
            differs = ", ".join(sorted(key for key in now if key != "digest" and held.get(key) != now[key]))
            raise UsageError("CAMPAIGN_OTHER", f"{self.path} holds another campaign; these differ: {differs}")

    def keep(self, rows: Sequence[Row]) -> None:
        """Keep a chunk. Raises OSError."""
        first = rows[0]
        table.write(rows, self._form, self._parts / f"{first['setting']:05d}-{first['run']:07d}.parquet")

    def finish(self, rows: Sequence[Row], keys: set[Key]) -> Path:
        """Write the one table of the rows asked for. Raises OSError."""
        path = self.path / ROWS
        table.write([row for row in rows if table.keys([row]) <= keys], self._form, path)
        return path
