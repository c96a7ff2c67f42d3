"""The corpus kept in the tree: one folder for each target, one file for each input, named by its digest.

    python -m tests.fuzz.corpus          takes the vectors and the examples as seeds, keeps what reaches new code, and
                                         what a campaign left in `build/fuzz`

What is kept is what atheris needs to reach everything that all of them reach, smallest first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import yaml
from tests.fuzz.field import RECEIVER, SPEAKER, loosely
from tests.fuzz.spoken import body_of, spoken
from tests.fuzz.targets import TARGETS

from hotline import v1
from hotline.protocol.statements import BODIES
from hotline_sim.scenario.load import bundled

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
FOUND = ROOT / "build/fuzz"
BYTES_MAX = 16 * 1024
"""Larger inputs make every change of them slow, and reach nothing that smaller ones do not."""

ITSELF = "HOTLINE_FUZZ_ITSELF"
"""Names the program that libFuzzer starts when it merges."""

_ENVELOPES = ("statement", "head", "directory")


def inputs(target: str) -> list[bytes]:
    """What is kept for a target."""
    return [path.read_bytes() for path in sorted((CORPUS / target).glob("*.bin"))]


def seeds(target: str) -> Iterator[bytes]:
    """What the specification and the examples have for a target."""
    for case in sorted((ROOT / "specs/vectors").glob("*/case.yaml")):
        kind = yaml.safe_load(case.read_text(encoding="utf-8"))["kind"]
        for file in sorted(case.parent.glob("*.bin")) if kind != "rules" else ():
            yield from _seed(target, kind, file.read_bytes())
    if target == "scenario":
        yield from (path.read_bytes() for path in bundled().values())
    if target == "body":
        yield from _bodies()
    if target == "fetch":
        yield from _requests()
    if target == "message":
        yield from (spoken(kind).SerializeToString(deterministic=True) for kind in BODIES)


def _seed(target: str, kind: str, data: bytes) -> Iterator[bytes]:
    """An input of a vector, or what is inside it, as a target takes it."""
    if target == kind or (target == "envelope" and kind in _ENVELOPES):
        yield data
    if target == kind == "directory":
        yield loosely(v1.Envelope, data).payload


def _bodies() -> Iterator[bytes]:
    """Every example, behind the number of its type."""
    for number, kind in enumerate(BODIES):
        yield bytes([number]) + body_of(kind).SerializeToString(deterministic=True)


def _requests() -> Iterator[bytes]:
    """Ranges that are held, that end behind what is held, that are none; of logs that are held and of others."""
    for post in (SPEAKER, RECEIVER, "KOR:watch", ""):
        for epoch in (1, 2, 0):
            for first, last in ((1, 1), (1, 2), (2, 2), (2, 1), (1, 3), (3, 3), (0, 1), (1, 2**64 - 1)):
                yield v1.FetchRequest(post=post, epoch=epoch, first=first, last=last).SerializeToString()


def keep(target: str) -> int:
    """Minimise seeds, what is kept and what was found into what is kept; how many that is."""
    with tempfile.TemporaryDirectory() as name:
        gathered, kept = Path(name, "gathered"), Path(name, "kept")
        for folder in (gathered, kept):
            folder.mkdir()
        found = (path.read_bytes() for path in (FOUND / target).glob("*") if path.is_file())
        for data in (*inputs(target), *seeds(target), *found):
            if len(data) <= BYTES_MAX:
                (gathered / sha256(data).hexdigest()).write_bytes(data)
        # libFuzzer starts the program that it is told it is, once for each input that ends it.
        itself = Path(name, "itself")
        itself.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.fuzz.drive {target} "$@"\n', encoding="utf-8")
        itself.chmod(0o700)
        merge = ["-merge=1", f"-max_len={BYTES_MAX}", str(kept), str(gathered)]
        again = {**os.environ, ITSELF: str(itself)}
        subprocess.run([itself, *merge], check=True, capture_output=True, env=again)
        shutil.rmtree(CORPUS / target, ignore_errors=True)
        (CORPUS / target).mkdir(parents=True)
        for path in kept.iterdir():
            data = path.read_bytes()
            (CORPUS / target / f"{sha256(data).hexdigest()[:16]}.bin").write_bytes(data)
    return len(inputs(target))


def main(targets: list[str]) -> None:
    """Minimise these, or all."""
    for target in targets or TARGETS:
        print(f"{target:12} {keep(target):5} inputs, {sum(map(len, inputs(target))):9,} bytes", flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
