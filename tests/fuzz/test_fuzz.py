"""Bytes from outside: the corpus through every target, and changes of it that hypothesis draws.

`make fuzz` lets atheris search further, with the same targets; what it finds is kept in the corpus.
"""

from __future__ import annotations

import os
import subprocess
import time
from datetime import UTC, datetime
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Figure
from tests.fuzz.campaign import fuzz
from tests.fuzz.corpus import BYTES_MAX, CORPUS, ROOT, inputs
from tests.fuzz.targets import TARGETS

SECONDS_MAX = 5.0
"""For one input of at most 16 KiB, on a busy machine."""

HAS_FUZZER = find_spec("atheris") is not None
assert HAS_FUZZER or os.environ.get("CI") != "true", "the fuzzer is missing: install the extra `fuzz`"
# Elsewhere these searches are left out where the fuzzer has no wheel.
SEARCHED = tuple(TARGETS) if HAS_FUZZER else ()
RUNS = 400

SEED = "HOTLINE_FUZZ_SEED"
"""Names the seed of the short searches, to repeat one."""


def seed_of_commit() -> int:
    """The seed that is named, or one that follows from the commit; outside a repository from the day."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    words = done.stdout.strip() or datetime.now(UTC).date().isoformat()
    return int(os.environ.get(SEED) or int(sha256(words.encode()).hexdigest()[:7], 16) + 1)


malformed = "malformed protobuf"
names = pytest.mark.parametrize("target", TARGETS)


def play(target: str, data: bytes) -> None:
    """One input through a target, within its time."""
    began = time.process_time()
    TARGETS[target](data)
    assert time.process_time() - began < SECONDS_MAX


@pytest.mark.threat(
    "malformed protobuf", defence="SCAN", measure="inputs of the corpus, taken whole or refused with a code"
)
@names
def test_the_corpus_is_taken_or_refused(target: str, figure: Figure) -> None:
    kept = inputs(target)
    for data in kept:
        play(target, data)
    assert len(kept) >= 10
    figure(len(kept))


@names
@given(drawn=st.data())
def test_changed_inputs_are_taken_or_refused(target: str, drawn: st.DataObject) -> None:
    """Cut, doubled, overwritten and put together from pieces of the corpus."""
    pieces = drawn.draw(
        st.lists(st.tuples(st.sampled_from(inputs(target)), st.binary(max_size=24)), min_size=1, max_size=2)
    )
    made = bytearray()
    for kept, fresh in pieces:
        start = drawn.draw(st.integers(0, len(kept)))
        stop = drawn.draw(st.integers(start, len(kept)))
        made += kept[: start if not made else None] + fresh + kept[stop:]
    play(target, bytes(made))


@pytest.mark.threat(
    "malformed protobuf", defence="SCAN", measure="inputs that the fuzzer made, taken whole or refused with a code"
)
@pytest.mark.parametrize("target", SEARCHED)
def test_a_short_search_finds_nothing(target: str, tmp_path: Path, figure: Figure) -> None:
    """Another one for each commit. What it finds is found again with the seed that it prints."""
    seed = seed_of_commit()
    print(f"the same again: {SEED}={seed}")  # noqa: T201  # shown with a failure
    run = fuzz(target, tmp_path, f"-runs={RUNS}", f"-seed={seed}")
    assert run.finding == ""
    assert run.runs >= RUNS
    figure(run.runs)


def test_a_search_can_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SEED, raising=False)
    assert 0 < seed_of_commit() == seed_of_commit() < 2**31
    monkeypatch.setenv(SEED, "7")
    assert seed_of_commit() == 7


def test_the_corpus_is_small() -> None:
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} == TARGETS.keys()
    assert max(path.stat().st_size for path in files) <= BYTES_MAX
    assert sum(path.stat().st_size for path in files) < 2_000_000
