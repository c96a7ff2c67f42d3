"""What a node refuses to start with. No process is started and nothing listens."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.kit import A, B, Identifiers
from tests.node.line import TestLine, make_line

from hotline import v1
from hotline.agreements.following import next_directory
from hotline.keys import KeyLabel, Kind, KnownKeys, Role, SoftSigner, save_pair
from hotline.node.clock import ExerciseClock
from hotline.node.config import load_config
from hotline.node.load import Equipment, equip, keys_in
from hotline.protocol.effects import Journal
from hotline.protocol.endpoint import Endpoint
from hotline.protocol.errors import HotlineError
from hotline.protocol.instant import NS_PER_S, to_timestamp


@pytest.fixture
def line(tmp_path: Path) -> TestLine:
    """Everything for two nodes."""
    return make_line(tmp_path, A, B)


def load(line: TestLine, records: Sequence[bytes] = (), **changes: object) -> tuple[Equipment, Endpoint]:
    """What a node is made of, and its core as these records of its journal leave it."""
    equipment = equip(load_config(line.site.config(A, operator_socket="s", **changes)))
    now = equipment.clock.now()
    held = records or equipment.first_records(now)
    trust, signers = equipment.trust(held), equipment.identity.signers
    endpoint = Endpoint.restore(equipment.config.post, trust, signers, Identifiers(), held, now)
    equipment.bring_up_to_date(endpoint, now)
    return equipment, endpoint


def test_a_node_is_equipped_from_its_files(line: TestLine) -> None:
    equipment, endpoint = load(line)
    trust = endpoint.trust
    assert equipment.identity.signer(trust).fingerprint == line.trust.nodes[A].key.fingerprint
    assert [each.pin in trust.pins[A] for each in equipment.identity.shown(trust)] == [True]
    assert isinstance(equipment.clock, ExerciseClock)
    _, other = load(line, known_keys=None, pin=None)
    assert other.trust.agreement.digest == line.trust.agreement.digest


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pin": "00" * 32}, "AGREEMENT_DIGEST"),
        ({"agreement": "directory-aus.binpb"}, r"SCAN_\w+: .*directory-aus\.binpb"),
        ({"agreement": "absent"}, "CONFIG_INVALID: agreement: "),
        ({"directories": ["directory-aus.binpb"]}, "DIRECTORY_MISSING: .*CHN"),
        ({"directories": ["directory-aus.binpb", "agreement.binpb"]}, r"\w+: .*agreement\.binpb"),
        ({"directories": ["directory-aus.binpb", "absent"]}, "CONFIG_INVALID: directories: "),
        ({"post": "AUS:another-watch"}, f"NOT_ITS_POST: .* {A}"),
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
        load(line, (), **changes)


def test_a_post_that_no_directory_lists_has_no_node(line: TestLine) -> None:
    label = KeyLabel("node", Kind.EXERCISE, Role.NODE, "AUS", "AUS:another-watch")
    save_pair(line.folder / "another.json", label, SoftSigner.generate())
    with pytest.raises(HotlineError, match="CONFIG_INVALID: post: "):
        load(line, post="AUS:another-watch", node_key="another.json")


def second(line: TestLine) -> v1.Envelope:
    """Version 2 of a directory."""
    return next_directory(line.trust, "CHN", line.rehearsal.registrars["CHN"], time.time_ns())


def test_what_the_files_have_newer_than_the_journal_is_adopted(line: TestLine) -> None:
    equipment, _ = load(line)
    began = equipment.first_records(equipment.clock.now())
    (line.folder / "chn-2.binpb").write_bytes(second(line).SerializeToString())
    _, endpoint = load(line, began, directories=["chn-2.binpb"])
    assert endpoint.trust.versions == {"AUS": 1, "CHN": 2}
    adopted = [effect.record for effect in endpoint.take_effects() if isinstance(effect, Journal)]
    assert any(v1.Record.FromString(record).HasField("directory") for record in adopted)
    # Files that lag behind say nothing new.
    _, again = load(line, [*began, *adopted])
    assert again.trust.versions == {"AUS": 1, "CHN": 2}


def test_a_file_that_does_not_follow_is_named(line: TestLine) -> None:
    equipment, _ = load(line)
    began = equipment.first_records(equipment.clock.now())
    other = next_directory(line.trust, "CHN", line.rehearsal.registrars["CHN"], time.time_ns() + NS_PER_S)
    record = v1.Record(at=to_timestamp(equipment.clock.now().utc_ns), directory=second(line)).SerializeToString()
    (line.folder / "fork.binpb").write_bytes(other.SerializeToString())
    with pytest.raises(HotlineError, match=r"DIRECTORY_FORK: .*fork\.binpb"):
        load(line, [*began, record], directories=["fork.binpb"])


def test_every_key_of_a_paper_is_known(line: TestLine) -> None:
    papers: list[v1.SignedAgreement | v1.Envelope] = [line.trust.agreement.signed, *line.trust.every_directory()]
    listed = set(line.trust.fingerprints()) | {pin for pins in line.trust.pins.values() for pin in pins}
    assert {key for paper in papers for key in keys_in(paper)} == listed


@pytest.mark.threat(
    "exercise/live confusion", defence="ID", measure="nodes with a key or certificate of the other kind, refused"
)
@pytest.mark.parametrize("what", ["node key", "TLS certificate"])
def test_nothing_known_from_the_other_kind_is_let_in(what: str, line: TestLine) -> None:
    known = line.trust.nodes[B].key.fingerprint if what == "node key" else line.site.berths[B].tls.pin
    KnownKeys(line.folder / "known-keys.txt").admit([known], Kind.ACTUAL, "the real thing")
    with pytest.raises(HotlineError, match=r"KEY_OTHER_KIND: .*the real thing"):
        load(line)
