"""Papers in Frames, held against the keys that this installation has met before the core takes them."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog
from tests.kit import START_NS, A, B, Net

from hotline import v1
from hotline.agreements.build import key_of
from hotline.keys import Kind, KnownKeys, SoftSigner
from hotline.node.config import NodeConfig
from hotline.node.gate import PaperGate
from hotline.node.load import KeyBook
from hotline.node.refusals import Refusals
from hotline.protocol.instant import NS_PER_S, to_timestamp

STRANGER = SoftSigner.generate()


class Gate:
    """The gate of B, with a book in which a key of an ACTUAL channel stands."""

    def __init__(self, folder: Path) -> None:
        self.net = Net(A, B)
        self.known = KnownKeys(folder / "known-keys.txt")
        self.known.admit([STRANGER.fingerprint], Kind.ACTUAL, "the real thing")
        config = NodeConfig.model_construct(known_keys=folder / "known-keys.txt")
        self._gate = PaperGate(self.net[B], KeyBook(config, Kind.EXERCISE, "test"), Refusals(structlog.get_logger()))

    def lets(self, *directories: v1.Envelope) -> list[v1.Envelope]:
        """What is left of a Frame with these directories."""
        frame = v1.Frame.FromString(self.net[A].current_frame() or b"")
        frame.directories.extend(directories)
        return list(v1.Frame.FromString(self._gate(frame.SerializeToString())).directories)

    def listing(self, signer: SoftSigner) -> v1.Envelope:
        """The next directory of AUS, with a further officer."""

        def certify(words: v1.Directory) -> None:
            officer = words.posts[0].officers.add(person="eve", role="watch-officer", key=key_of(signer))
            getattr(officer.valid, "from").CopyFrom(to_timestamp(START_NS))
            officer.valid.until.CopyFrom(to_timestamp(START_NS + 86_400 * NS_PER_S))

        return self.net.issue("AUS", certify)


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def test_a_directory_with_a_key_of_the_other_kind_stays_outside(gate: Gate) -> None:
    good, bad = gate.listing(SoftSigner.generate()), gate.listing(STRANGER)
    assert gate.lets(good, bad) == [good]


def test_nothing_is_noted_before_it_is_taken(gate: Gate) -> None:
    before = gate.known.known()
    assert len(gate.lets(gate.listing(SoftSigner.generate()))) == 1
    assert gate.known.known() == before


def test_what_the_core_would_refuse_is_left_for_it_to_say(gate: Gate) -> None:
    forged = gate.listing(STRANGER)
    forged.signatures[0].sig = bytes(64)
    assert gate.lets(forged) == [forged]


def test_what_is_held_already_passes(gate: Gate) -> None:
    held = gate.net[B].trust.every_directory()
    assert gate.lets(*held) == held


def test_a_frame_that_is_none_passes_as_it_is(gate: Gate) -> None:
    spoilt = b"\xff" + v1.Frame(directories=[gate.listing(STRANGER)]).SerializeToString()
    assert gate._gate(spoilt) == spoilt
