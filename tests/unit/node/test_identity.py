"""The keys that a node has, and which of them it uses."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.kit import A, B
from tests.node.line import TestLine, make_line

from hotline import v1
from hotline.agreements.following import next_directory, rotate
from hotline.keys import Ask, KeyLabel, Kind, Role, SoftSigner, TokenAddress, issue_tls, save_pair
from hotline.node.config import NodeConfig, load_config
from hotline.node.identity import Identity
from hotline.protocol.errors import HotlineError
from hotline.protocol.log import START


@pytest.fixture
def line(tmp_path: Path) -> TestLine:
    """Everything for two nodes, and a second key and certificate of the first."""
    line = make_line(tmp_path, A, B)
    label = KeyLabel("node-2", Kind.EXERCISE, Role.NODE, "AUS", A)
    save_pair(tmp_path / "second.json", label, SoftSigner.generate())
    issue_tls(A, datetime.now(UTC) - timedelta(hours=1)).save(tmp_path / "second.key", tmp_path / "second.pem")
    return line


def config(line: TestLine, **changes: object) -> NodeConfig:
    return load_config(line.site.config(A, operator_socket="s", **changes))


BOTH = {
    "node_key": ["aus-fleet-watch.json", "second.json"],
    "tls_key": ["aus-fleet-watch.key", "second.key"],
    "tls_certificate": ["aus-fleet-watch.pem", "second.pem"],
}


def test_keys_that_were_added_to_the_configuration_are_found_later(line: TestLine) -> None:
    running = config(line)
    identity = Identity(running, Kind.EXERCISE)
    assert identity.read(running.again()) == []
    config(line, **BOTH)
    (fresh,) = identity.read(running.again())
    assert [signer.fingerprint for signer in identity.signers][1] == fresh.fingerprint
    assert len(identity.tls) == 2
    assert identity.read(running.again()) == []


def test_the_directory_says_which_key_signs_and_which_certificate_is_shown(line: TestLine) -> None:
    identity = Identity(config(line, **BOTH), Kind.EXERCISE)
    first, second = identity.tls
    assert identity.signer(line.trust) is identity.signers[0]
    assert identity.shown(line.trust) == [first, second]

    def both(words: v1.Directory) -> None:
        words.posts[0].tls_certificates[:] = [second.certificate_der, first.certificate_der]

    last = v1.LogPosition(post=A, epoch=1, sequence=0, link_digest=START)
    now_ns = time.time_ns()
    rotation = rotate(A, last, identity.signers[1], now_ns)
    line.trust.take_directory(
        next_directory(line.trust, "AUS", line.rehearsal.registrars["AUS"], now_ns, rotation, both)
    )
    assert identity.signer(line.trust) is identity.signers[1]
    assert identity.shown(line.trust) == [second, first]


def test_a_key_that_no_file_holds_is_named(line: TestLine) -> None:
    identity = Identity(config(line, node_key="second.json"), Kind.EXERCISE)
    wanted = line.trust.nodes[A].key.fingerprint.hex()[:12]
    with pytest.raises(HotlineError, match=f"CONFIG_INVALID: node_key: the directory lists key {wanted} for epoch 1"):
        identity.signer(line.trust)


def test_a_certificate_that_is_not_listed_is_a_last_resort(line: TestLine) -> None:
    identity = Identity(config(line, tls_key="second.key", tls_certificate="second.pem"), Kind.EXERCISE)
    with pytest.raises(HotlineError, match="CONFIG_INVALID: tls_certificate"):
        identity.check_listed(line.trust)
    assert identity.shown(line.trust) == identity.tls


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"node_key": "chn-fleet-watch.json"}, f"NOT_ITS_POST: .* {B}"),
        ({"node_key": ["aus-fleet-watch.json", "absent"]}, "KEY_IO"),
        ({"tls_key": ["aus-fleet-watch.key", "second.key"]}, "CONFIG_INVALID: .*as many files each"),
        ({"node_key": []}, "CONFIG_INVALID: .*node_key"),
    ],
)
def test_keys_that_do_not_fit_are_named(line: TestLine, changes: dict[str, object], said: str) -> None:
    with pytest.raises(HotlineError, match=said):
        Identity(config(line, **changes), Kind.EXERCISE)


def test_encrypted_keys_are_opened_by_the_one_passphrase_and_only_when_they_change(
    line: TestLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, asked = line.folder, []
    label = KeyLabel("node-3", Kind.EXERCISE, Role.NODE, "AUS", A)
    save_pair(folder / "third.json", label, SoftSigner.generate(), b"staple")
    issue_tls(A, datetime.now(UTC) - timedelta(hours=1)).save(folder / "third.key", folder / "third.pem", b"staple")
    third = {"node_key": "third.json", "tls_key": "third.key", "tls_certificate": "third.pem"}

    def ask(what: str) -> bytes:
        asked.append(what.rpartition("/")[2])
        return b"staple"

    with pytest.raises(HotlineError, match="KEY_PASSPHRASE"):
        Identity(config(line, **third), Kind.EXERCISE)
    monkeypatch.setattr(NodeConfig, "ask", lambda self, what: ask(what))
    running = config(line, **third)
    identity = Identity(running, Kind.EXERCISE)
    assert (len(identity.signers), len(identity.tls), asked) == (1, 1, ["third.json", "third.key"])
    assert identity.read(running.again()) == []
    assert len(asked) == 2
    (folder / "third.json").touch()
    assert identity.read(running.again()) == []
    assert asked[2:] == ["third.json"]


def test_a_node_key_in_a_token_is_opened_once(line: TestLine, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    held = SoftSigner.generate()

    def open_token(address: TokenAddress, ask: Ask) -> SoftSigner:
        opened.append(str(address))
        return held

    monkeypatch.setattr("hotline.node.identity.open_token", open_token)
    address = "pkcs11:token=aus;object=node?module-path=/none.so"
    running = config(line, node_key=["aus-fleet-watch.json", address])
    identity = Identity(running, Kind.EXERCISE)
    assert [signer.fingerprint for signer in identity.signers][1] == held.fingerprint
    identity.read(running.again())
    assert opened == [address]
