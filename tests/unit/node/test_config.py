from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from hotline.keys import KeysError, TokenAddress
from hotline.node.config import load_config
from hotline.protocol.errors import UsageError

FIELDS: dict[str, object] = {
    "post": "AUS:fleet-watch",
    "agreement": "agreement.binpb",
    "pin": "ab" * 32,
    "directories": ["aus.binpb", "sub/../chn.binpb"],
    "node_key": "node.json",
    "tls_key": "tls.key",
    "tls_certificate": "tls.pem",
    "journal": "journal.db",
    "operator_socket": "operator.sock",
    "listen": "[::1]:7443",
}


def write(folder: Path, **changes: object) -> Path:
    path = folder / "node.yaml"
    fields = {key: value for key, value in {**FIELDS, **changes}.items() if value is not None}
    path.write_text(yaml.safe_dump(fields))
    return path


def test_paths_are_relative_to_the_file_and_optional_fields_are_optional(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    write(folder)
    monkeypatch.chdir(tmp_path)
    config = load_config(Path("etc/node.yaml"))
    assert config.agreement == (folder / "agreement.binpb",)
    assert config.directories == (folder / "aus.binpb", folder / "chn.binpb")
    assert config.node_key == (folder / "node.json",)
    assert config.through == {}
    assert (config.pin, config.known_keys, config.tape, config.log_level) == (b"\xab" * 32, None, None, "info")


def test_a_peer_may_be_called_through_a_gateway(tmp_path: Path) -> None:
    through = {"CHN:fleet-watch": "10.0.0.7:7443"}
    assert load_config(write(tmp_path, through=through)).through == through


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("post", None),
        ("through", {"CHN:fleet-watch": "10.0.0.7"}),
        ("colour", "red"),
        ("pin", "ab" * 31),
        ("pin", "AB" * 32),
        ("directories", []),
        ("operator_socket", "s" * 108),
        ("listen", "127.0.0.1"),
        ("listen", "127.0.0.1:0"),
        ("listen", "127.0.0.1:65536"),
        ("listen", "a b:1"),
        ("log_level", "loud"),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"node\.yaml: {field}[.:]") as caught:
        load_config(write(tmp_path, **{field: value}))
    assert caught.value.code == "CONFIG_INVALID"


@pytest.mark.parametrize("content", [b"- a list", b"a: [", b"\xff\xfe\xfa", b""])
def test_a_file_that_is_no_configuration_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "node.yaml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"CONFIG_INVALID: .*node\.yaml"):
        load_config(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"CONFIG_INVALID: .*absent\.yaml"):
        load_config(tmp_path / "absent.yaml")


# -- keys --------------------------------------------------------------------------------------------------------------

ADDRESS = "pkcs11:token=aus;object=node?module-path=/usr/lib/softhsm/libsofthsm2.so"


def test_a_node_key_may_be_in_a_token(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, node_key=[ADDRESS, "second.json"]))
    assert config.node_key == (TokenAddress.parse(ADDRESS), tmp_path / "second.json")
    with pytest.raises(KeysError, match="KEY_PLACE"):
        load_config(write(tmp_path, node_key="pkcs11:object=node"))


def test_a_passphrase_comes_from_one_of_three_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "words").write_text("from a file\n", encoding="utf-8")
    (tmp_path / "words").chmod(0o600)
    monkeypatch.setenv("NODE_WORDS", "from the environment")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    found = {
        name: load_config(write(tmp_path, passphrase={place: name})).ask("node.json")
        for place, name in (("file", "words"), ("environment", "NODE_WORDS"))
    }
    assert found == {"words": b"from a file", "NODE_WORDS": b"from the environment"}
    assert load_config(write(tmp_path, passphrase={"credential": "words"})).ask("node.json") == b"from a file"


def test_without_a_passphrase_it_is_said_what_needs_one(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match=r"KEY_PASSPHRASE: node\.json: let `passphrase`"):
        load_config(write(tmp_path)).ask("node.json")


@pytest.mark.parametrize("value", [{}, {"file": "a", "environment": "B"}, {"words": "a"}, "a"])
def test_a_passphrase_from_nowhere_or_two_places_is_no_configuration(tmp_path: Path, value: object) -> None:
    with pytest.raises(UsageError, match=r"CONFIG_INVALID: .*passphrase"):
        load_config(write(tmp_path, passphrase=value))
