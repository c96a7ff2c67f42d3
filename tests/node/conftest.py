from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.kit import A, B
from tests.node.commands import Desk, wait
from tests.node.line import TestLine, make_line

from hotline.keys import KeyLabel, Kind, Role, SoftSigner, save_pair


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with a short name: the path of a Unix socket has room for a hundred characters only."""
    with tempfile.TemporaryDirectory(prefix="hl-") as name:
        yield Path(name)


@pytest.fixture(scope="module")
def desk_line(folder: Path) -> TestLine:
    """The line of two posts whose officers use commands."""
    return make_line(folder, A, B)


@pytest.fixture(scope="module")
def desks(desk_line: TestLine) -> Iterator[tuple[Desk, Desk]]:
    """The officers of both posts; each has a key at hand, and the keys of the others lie in the folder."""
    line, folder = desk_line, desk_line.folder
    for post, people in line.rehearsal.officers.items():
        party = post.partition(":")[0]
        for person in people:
            signer = people[person]
            assert isinstance(signer, SoftSigner)
            label = KeyLabel(person, Kind.EXERCISE, Role.OFFICER, party, post)
            save_pair(folder / f"{party.lower()}-{person}.key", label, signer)
    label = KeyLabel("stranger", Kind.EXERCISE, Role.OFFICER, "AUS", A)
    save_pair(folder / "stranger.key", label, SoftSigner.generate())
    with (
        line.start(A),
        line.start(B),
        Desk(folder, line.site.operator_socket(A), folder / "aus-officer-1.key") as one,
        Desk(folder, line.site.operator_socket(B), folder / "chn-officer-1.key") as other,
    ):
        wait(lambda: one("status", "--json"), lambda told: told["peers"][0]["state"] == "OPEN")
        yield one, other
