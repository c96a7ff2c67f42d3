"""Kits: written for a node under test, and read again for a run."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from hotline.conformance.suite import NewKit, load_kit, make_kit
from hotline.conformance.suite.kit import NORTH, PEERS
from hotline.keys import is_published
from hotline.node.config import load_config
from hotline.node.load import equip
from hotline.protocol.errors import HotlineError, UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_kit(tmp_path / "kit", NewKit(speed=10))
    return tmp_path / "kit"


def test_a_kit_reads_back_with_every_signer(folder: Path) -> None:
    kit = load_kit(folder)
    assert set(kit.trust.posts) == {"TARGET:watch", *PEERS}
    signers = [*kit.rehearsal.nodes.values(), *kit.rehearsal.roots.values(), *kit.rehearsal.registrars.values()]
    signers += [signer for people in kit.rehearsal.officers.values() for signer in people.values()]
    assert all(is_published(signer.fingerprint) for signer in signers)
    assert kit.trust.node_key(kit.rehearsal.nodes[NORTH].fingerprint) is not None
    assert kit.real_s(kit.line.heartbeat) == 1


def test_our_own_node_takes_its_part(folder: Path) -> None:
    equipment = equip(load_config(folder / "node" / "node.yaml"))
    assert (equipment.channel, equipment.config.post) == ("conformance", "TARGET:watch")


def test_instructions_name_what_must_be_configured(folder: Path) -> None:
    words = (folder / "README.md").read_text()
    assert load_kit(folder).trust.agreement.digest.hex() in words
    assert all(post in words for post in PEERS)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (NewKit(target="NORTH:harbour"), "KIT_INVALID"),
        (NewKit(host="192.0.2.1"), "KIT_INVALID"),
        (NewKit(target="nobody"), "KEY_LABEL"),
    ],
)
def test_a_kit_that_cannot_be(tmp_path: Path, new: NewKit, code: str) -> None:
    with pytest.raises(HotlineError) as caught:
        make_kit(tmp_path / "kit", new)
    assert caught.value.code == code


def test_a_kit_is_never_written_over_another(folder: Path) -> None:
    with pytest.raises(UsageError, match="FILE_EXISTS"):
        make_kit(folder, NewKit())


def test_a_folder_that_is_no_kit(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="KIT_INVALID"):
        load_kit(tmp_path)
    words = yaml.safe_load((folder / "kit.yaml").read_text())
    (folder / "kit.yaml").write_text(yaml.safe_dump({**words, "target": "OTHER:watch"}))
    with pytest.raises(UsageError, match="does not name the posts"):
        load_kit(folder)
