"""Write specs/vectors: every case, its input bytes and its expectation, from published keys and fixed times.

    python -m tools.make_vectors            write the folder
    python -m tools.make_vectors --check    write nothing; exit 1 when the committed folder differs

The same bytes come out on every machine. A case is a row of
`tools/vector_cases/catalogue.yaml` and an input in one of the modules beside it.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from tools.vector_cases import (
    bodies,
    chains,
    chronicles,
    frames,
    heads,
    hybrid,
    logs,
    parties,
    quiet,
    signatures,
    speaking,
    standing,
    statements,
    transcripts,
    wire,
)
from tools.vector_cases.case import Input, catalogue, written, yaml_bytes
from tools.vector_cases.material import KEYS, agreement_digest, common, key

FOLDER = Path(__file__).resolve().parents[1] / "specs" / "vectors"
COMMON = "_common"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write specs/vectors.")
    parser.add_argument("--check", action="store_true", help="only compare with what is committed")
    wanted = vectors()
    if parser.parse_args(arguments).check:
        return report(differences(wanted, FOLDER))
    install(wanted, FOLDER)
    return 0


def vectors() -> dict[str, bytes]:
    """Every file below specs/vectors that this script owns, by path."""
    files = {f"{COMMON}/{name}": data for name, data in (common() | hybrid.common()).items()}
    files[f"{COMMON}/keys.yaml"] = yaml_bytes(_keys())
    made = inputs()
    for case, words in (catalogue() | bodies.words()).items():
        files |= {f"{case}/{name}": data for name, data in written(case, words, made.pop(case)).items()}
    if made:
        raise ValueError(f"not in the catalogue: {', '.join(made)}")
    return files


def inputs() -> dict[str, Input]:
    """The bytes of every case, by its id."""
    made: dict[str, Input] = {}
    first = signatures, wire, statements, speaking, standing, quiet, logs, heads, frames, parties
    for module in (*first, chains, transcripts, chronicles, hybrid):
        if again := made.keys() & module.INPUTS.keys():
            raise ValueError(f"made twice: {', '.join(again)}")
        made |= module.INPUTS
    return made | bodies.inputs()


def _keys() -> dict[str, object]:
    """The keys by owner, so that nobody has to derive them to read the cases."""
    owners = {
        name: {
            "published_index": index,
            "public_key": key(name).public_key.hex(),
            "fingerprint": key(name).fingerprint.hex(),
        }
        for name, index in KEYS.items()
    }
    return {"agreement_digest": agreement_digest().hex(), "keys": owners}


def owned(folder: Path) -> dict[str, Path]:
    """Files below the folder that this script writes: everything but the README."""
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.glob("*/**/*")) if path.is_file()}


def differences(wanted: dict[str, bytes], folder: Path) -> list[str]:
    """Paths that are missing, not wanted, or of other bytes."""
    found = {name: path.read_bytes() for name, path in owned(folder).items()}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def install(wanted: dict[str, bytes], folder: Path) -> None:
    """Replace every folder of the vectors by a new one."""
    for path in folder.glob("*/"):
        shutil.rmtree(path)
    for name, data in wanted.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def report(paths: list[str]) -> int:
    for path in paths:
        print(f"specs/vectors/{path} is not what tools/make_vectors.py writes", file=sys.stderr)
    return 1 if paths else 0


if __name__ == "__main__":
    sys.exit(main())
