"""`hotline keys`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Ran

from hotline.keys import Kind, Role, TlsIdentity, load_private, load_public

Hotline = Callable[..., Ran]
ANNA = ("--kind", "exercise", "--role", "officer", "--party", "AUS", "--post", "AUS:fleet-watch")


def test_a_key_pair_is_made_and_shown(hotline: Hotline) -> None:
    made = hotline("keys", "new", "anna", *ANNA, "--out", "aus", "--json").json
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
    done = hotline("keys", "new", "root", "--kind", "actual", "--role", "root", "--party", "NATO/DEU")
    assert done.status == 0
    rows = {name: value.strip() for name, value in (line.split("  ", 1) for line in done.out.splitlines())}
    assert (rows["Name"], rows["Kind"], rows["Role"]) == ("root", "ACTUAL", "root")
    assert "Post" not in rows
    assert hotline("keys", "show", "root.key").out == done.out


def test_a_passphrase_encrypts(hotline: Hotline) -> None:
    Path("words").write_text("correct horse battery staple\nsecond line\n", encoding="utf-8")
    assert hotline("keys", "new", "anna", *ANNA, "--passphrase-file", "words").status == 0
    key = load_private(Path("anna.key"), kind=Kind.EXERCISE, passphrase=b"correct horse battery staple")
    assert key.label.name == "anna"


def test_a_tls_identity_is_made(hotline: Hotline) -> None:
    made = hotline("keys", "tls", "AUS:fleet-watch", "--out", "aus", "--days", "7", "--json").json
    identity = TlsIdentity.load(Path("aus/fleet-watch-tls.key"), Path("aus/fleet-watch-tls.pem"))
    assert made["digest"] == identity.pin.hex()
    assert (made["private_file"], made["certificate_file"]) == ("aus/fleet-watch-tls.key", "aus/fleet-watch-tls.pem")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("keys", "new", "Anna", *ANNA), "KEY_LABEL"),
        (("keys", "new", "anna", *ANNA[:-2]), "KEY_LABEL"),
        (("keys", "new", "anna", *ANNA[:-1], "CHN:fleet-watch"), "KEY_LABEL"),
        (("keys", "new", "there", *ANNA), "KEY_EXISTS"),
        (("keys", "new", "anna", *ANNA, "--passphrase-file", "none"), "FILE_UNREADABLE"),
        (("keys", "new", "anna", *ANNA, "--passphrase-file", "empty"), "KEY_PASSPHRASE"),
        (("keys", "new", "anna", *ANNA, "--out", "empty/folder"), "KEY_IO"),
        (("keys", "tls", "fleet-watch"), "KEY_LABEL"),
        (("keys", "show", "none.key"), "KEY_IO"),
        (("keys", "show", "empty.pub"), "KEY_FORMAT"),
        (("keys", "show", "there-tls.pem.pub"), "KEY_IO"),
    ],
)
def test_mistakes(hotline: Hotline, words: tuple[str, ...], code: str) -> None:
    hotline("keys", "new", "there", *ANNA)
    Path("empty").touch()
    Path("empty.pub").touch()
    done = hotline(*words, "--json")
    assert (done.status, done.json["ok"], done.json["code"]) == (2, False, code)
    assert done.err.startswith(f"{code}: ")
