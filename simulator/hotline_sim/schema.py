"""The JSON Schema of scenario files, shipped with the package for editors that check while one types.

python -m hotline_sim.schema            write it anew, after a change of the format
python -m hotline_sim.schema --check    only compare; exit status 1 if it differs
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from hotline_sim.scenario import json_schema

FORMAT_VERSION = "1.2"
NAME = "scenario.schema.json"
SCHEMA = Path(str(files("hotline_sim") / NAME))


def written() -> str:
    """The schema as text, ending with a newline."""
    schema = {"$id": f"urn:hotline:scenario:{FORMAT_VERSION}", "title": "Hotline scenario", **json_schema()}
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write or compare; returns the exit status."""
    is_same = SCHEMA.exists() and SCHEMA.read_text("utf-8") == written()
    if "--check" in arguments:
        return 0 if is_same else 1
    SCHEMA.write_text(written(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
