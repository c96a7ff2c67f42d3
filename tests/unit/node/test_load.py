"""What a node refuses to start with. No process is started and nothing listens."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.kit import A, B
from tests.node.line import TestLine, make_line

from hotline.keys import Kind, KnownKeys
from hotline.node.clock import ExerciseClock
from hotline.node.config import load_config
from hotline.node.load import Equipment, equip
from hotline.protocol.errors import HotlineError


@pytest.fixture
def line(tmp_path: Path) -> TestLine:
    """Everything for two nodes."""
    return make_line(tmp_path, A, B)


def load(line: TestLine, **changes: object) -> Equipment:
    return equip(load_config(line.site.config(A, operator_socket="s", **changes)))


def test_a_node_is_equipped_from_its_files(line: TestLine) -> None:
    equipment = load(line)
    assert equipment.signer.fingerprint == line.trust.nodes[A].key.fingerprint
    assert equipment.tls.pin in equipment.trust.pins[A]
    assert isinstance(equipment.clock, ExerciseClock)
    assert load(line, known_keys=None, pin=None).trust.agreement.digest == line.trust.agreement.digest


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pin": "00" * 32}, "AGREEMENT_DIGEST"),
        ({"agreement": "directory-aus.binpb"}, r"SCAN_\w+: .*directory-aus\.binpb"),
        ({"agreement": "absent"}, "CONFIG_INVALID: agreement: "),
        ({"directories": ["directory-aus.binpb"]}, "DIRECTORY_MISSING: .*CHN"),
        ({"directories": ["directory-aus.binpb", "agreement.binpb"]}, r"\w+: .*agreement\.binpb"),
        ({"directories": ["directory-aus.binpb", "absent"]}, "CONFIG_INVALID: directories: "),
        ({"post": "AUS:another-watch"}, "CONFIG_INVALID: post: "),
        ({"node_key": "chn-fleet-watch.json"}, f"NOT_ITS_POST: .* {B}"),
        ({"tls_key": "chn-fleet-watch.key"}, "KEY_MISMATCH"),
        (
            {"tls_key": "chn-fleet-watch.key", "tls_certificate": "chn-fleet-watch.pem"},
            "CONFIG_INVALID: tls_certificate: ",
        ),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, object], said: str, line: TestLine) -> None:
    with pytest.raises(HotlineError, match=said):
        load(line, **changes)


@pytest.mark.parametrize("what", ["node key", "TLS certificate"])
def test_nothing_known_from_the_other_kind_is_let_in(what: str, line: TestLine) -> None:
    known = line.trust.nodes[B].key.fingerprint if what == "node key" else line.site.berths[B].tls.pin
    KnownKeys(line.folder / "known-keys.txt").admit([known], Kind.ACTUAL, "the real thing")
    with pytest.raises(HotlineError, match=r"KEY_OTHER_KIND: .*the real thing"):
        load(line)
