"""`hotline keys`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Ran

from hotline.keys import KeysError, Kind, Role, TlsIdentity, load_private, load_public
from hotline.protocol.signing import Algorithm

Hotline = Callable[..., Ran]
ANNA = ("--kind", "exercise", "--role", "officer", "--party", "AUS", "--post", "AUS:fleet-watch")


def test_a_key_pair_is_made_and_shown(hotline: Hotline) -> None:
    made = hotline("keys", "new", "anna", *ANNA, "--plain", "--out", "aus", "--json").json
    key = load_private(Path("aus/anna.key"), kind=Kind.EXERCISE, role=Role.OFFICER)
    assert made == {
        "ok": True,
        "digest": key.signer.fingerprint.hex(),
        "name": "anna",
        "kind": "EXERCISE",
        "role": "officer",
        "party": "AUS",
        "post": "AUS:fleet-watch",
        "public_key": key.signer.public_key.hex(),
        "private_file": "aus/anna.key",
        "public_file": "aus/anna.key.pub",
    }
    assert load_public(Path("aus/anna.key.pub"), kind=Kind.EXERCISE).key.fingerprint.hex() == made["digest"]
    assert hotline("keys", "show", "aus/anna.key", "--json").json == made
    assert hotline("keys", "show", "aus/anna.key.pub", "--json").json == {**made, "private_file": None}


def test_text_shows_the_same(hotline: Hotline) -> None:
    done = hotline("keys", "new", "root", "--kind", "actual", "--role", "root", "--party", "NATO/DEU", "--plain")
    assert done.status == 0
    rows = {name: value.strip() for name, value in (line.split("  ", 1) for line in done.out.splitlines())}
    assert (rows["Name"], rows["Kind"], rows["Role"]) == ("root", "ACTUAL", "root")
    assert "Post" not in rows
    assert hotline("keys", "show", "root.key").out == done.out


def words(text: str, name: str = "words") -> None:
    """A file that only its owner may read."""
    Path(name).write_text(text, encoding="utf-8")
    Path(name).chmod(0o600)


def test_a_key_is_encrypted_unless_it_is_asked_for_plain(hotline: Hotline) -> None:
    words("correct horse battery staple\nsecond line\n")
    assert hotline("keys", "new", "anna", *ANNA, "--passphrase-file", "words").status == 0
    key = load_private(Path("anna.key"), kind=Kind.EXERCISE, passphrase=b"correct horse battery staple")
    assert key.label.name == "anna"
    assert "BEGIN ENCRYPTED PRIVATE KEY" in Path("anna.key").read_text(encoding="utf-8")
    done = hotline("keys", "new", "ben", *ANNA, "--json")
    assert (done.status, done.json["code"]) == (2, "KEY_PASSPHRASE")
    assert "--plain" in done.err
    assert not Path("ben.key").exists()


@pytest.mark.parametrize(
    "env", [{"HOTLINE_PASSPHRASE": "staple"}, {"HOTLINE_PASSPHRASE_FILE": "words"}], ids=lambda env: next(iter(env))
)
def test_the_environment_gives_a_passphrase(hotline: Hotline, env: dict[str, str | None]) -> None:
    words("staple\n")
    assert hotline("keys", "new", "anna", *ANNA, env=env).status == 0
    load_private(Path("anna.key"), kind=Kind.EXERCISE, passphrase=b"staple")
    assert hotline("keys", "tls", "AUS:fleet-watch", env=env).status == 0
    pair = Path("fleet-watch-tls.key"), Path("fleet-watch-tls.pem")
    assert TlsIdentity.load(*pair, lambda _: b"staple").pin
    with pytest.raises(KeysError, match="KEY_PASSPHRASE"):
        TlsIdentity.load(*pair)


@pytest.mark.parametrize(
    ("typed", "code"), [(("one", "one"), ""), (("one", "two"), "not the same"), (("",), "nothing")]
)
def test_a_passphrase_is_typed_twice_at_a_terminal(
    hotline: Hotline, monkeypatch: pytest.MonkeyPatch, typed: tuple[str, ...], code: str
) -> None:
    answers = iter(typed)
    monkeypatch.setattr("hotline.cli.keyring.getpass", lambda _: next(answers))
    monkeypatch.setattr("hotline.cli.keyring._at_a_terminal", lambda: True)
    done = hotline("keys", "new", "anna", *ANNA)
    assert code in done.err
    assert Path("anna.key").exists() == (not code)


def test_a_hybrid_key_is_one_key(hotline: Hotline) -> None:
    made = hotline("keys", "new", "anna", *ANNA, "--algorithm", "hybrid", "--plain", "--json").json
    key = load_private(Path("anna.key"), kind=Kind.EXERCISE).signer
    assert (key.algorithm, key.fingerprint.hex()) == (Algorithm.ED25519_ML_DSA_65, made["digest"])
    assert len(made["public_key"]) == 2 * 1984


def test_a_tls_identity_is_made(hotline: Hotline) -> None:
    made = hotline("keys", "tls", "AUS:fleet-watch", "--out", "aus", "--days", "7", "--plain", "--json").json
    identity = TlsIdentity.load(Path("aus/fleet-watch-tls.key"), Path("aus/fleet-watch-tls.pem"))
    assert made["digest"] == identity.pin.hex()
    assert (made["private_file"], made["certificate_file"]) == ("aus/fleet-watch-tls.key", "aus/fleet-watch-tls.pem")


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (("keys", "new", "Anna", *ANNA), "KEY_LABEL"),
        (("keys", "new", "anna", *ANNA[:-2]), "KEY_LABEL"),
        (("keys", "new", "anna", *ANNA[:-1], "CHN:fleet-watch"), "KEY_LABEL"),
        (("keys", "new", "there", *ANNA, "--plain"), "KEY_EXISTS"),
        (("keys", "new", "anna", *ANNA), "KEY_PASSPHRASE"),
        (("keys", "new", "anna", *ANNA, "--passphrase-file", "none"), "KEY_IO"),
        (("keys", "new", "anna", *ANNA, "--passphrase-file", "empty"), "KEY_PASSPHRASE"),
        (("keys", "new", "anna", *ANNA, "--passphrase-file", "loose"), "KEY_EXPOSED"),
        (("keys", "new", "anna", *ANNA, "--plain", "--out", "empty/folder"), "KEY_IO"),
        (("keys", "new", "anna", *ANNA, "--token", "pkcs11:token=a"), "KEY_PLACE"),
        (("keys", "new", "anna", *ANNA, "--token", "pkcs11:token=a;object=b", "--plain"), "USAGE"),
        (("keys", "new", "anna", *ANNA, "--token", "pkcs11:token=a;object=b", "--algorithm", "hybrid"), "USAGE"),
        (("keys", "new", "anna", *ANNA, "--existing"), "USAGE"),
        (("keys", "tls", "fleet-watch", "--plain"), "KEY_LABEL"),
        (("keys", "show", "none.key"), "KEY_IO"),
        (("keys", "show", "empty.pub"), "KEY_FORMAT"),
        (("keys", "show", "there-tls.pem.pub"), "KEY_IO"),
    ],
)
def test_mistakes(hotline: Hotline, call: tuple[str, ...], code: str) -> None:
    hotline("keys", "new", "there", *ANNA, "--plain")
    words("", "empty")
    words("staple\n", "loose")
    Path("loose").chmod(0o640)
    Path("empty.pub").touch()
    done = hotline(*call, "--json")
    assert (done.status, done.json["ok"], done.json["code"]) == (2, False, code)
    assert done.err.startswith(f"{code}: ")
