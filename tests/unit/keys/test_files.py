"""Key files: written, read, and refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

from hotline.keys import (
    HybridSigner,
    KeyLabel,
    KeysError,
    Kind,
    Role,
    SoftSigner,
    load_private,
    load_public,
    public_path,
    published_signer,
    save_pair,
    save_public,
)
from hotline.protocol.signing import Algorithm

pytestmark = pytest.mark.usefixtures("quick")

LABEL = KeyLabel("anna", Kind.EXERCISE, Role.OFFICER, "AUS", "AUS:fleet-watch")
SIGNER = published_signer(7)
PEM = r"-----BEGIN (ENCRYPTED )?PRIVATE KEY-----\n([A-Za-z0-9+/=]{1,64}\n)+-----END (ENCRYPTED )?PRIVATE KEY-----\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "anna.key"


@pytest.fixture
def saved(path: Path) -> Path:
    save_pair(path, LABEL, SIGNER)
    return path


def refused(path: Path, **options: Any) -> KeysError:
    """The error that reading the private edition gives."""
    with pytest.raises(KeysError) as error:
        load_private(path, **{"kind": Kind.EXERCISE, **options})
    return error.value


def edit(path: Path, **changes: object) -> None:
    """Change fields of a key file; a field given as None goes."""
    fields = {**json.loads(path.read_bytes()), **changes}
    path.write_text(json.dumps({name: value for name, value in fields.items() if value is not None}))


@pytest.mark.parametrize("passphrase", [None, b"correct horse battery staple", "暗号".encode()])
def test_a_key_comes_back_as_it_was_saved(path: Path, passphrase: bytes | None) -> None:
    save_pair(path, LABEL, SIGNER, passphrase)
    private = load_private(path, kind=Kind.EXERCISE, role=Role.OFFICER, passphrase=passphrase)
    public = load_public(public_path(path), kind=Kind.EXERCISE, role=Role.OFFICER)
    assert private.label == public.label == LABEL
    assert private.signer.public_key == public.key.public_key == SIGNER.public_key
    assert public.key.verify(private.signer.sign(b"word"), b"word")


def test_the_files_say_what_they_are(saved: Path) -> None:
    public = json.loads(public_path(saved).read_bytes())
    assert public == {
        "format": "hotline public key 1",
        "name": "anna",
        "kind": "EXERCISE",
        "role": "officer",
        "party": "AUS",
        "post": "AUS:fleet-watch",
        "algorithm": "Ed25519",
        "public_key": SIGNER.public_key.hex(),
        "fingerprint": SIGNER.fingerprint.hex(),
    }
    private = json.loads(saved.read_bytes())
    assert private.pop("private_key").startswith("-----BEGIN PRIVATE KEY-----\n")
    assert private == {**public, "format": "hotline private key 1"}
    assert saved.read_text().splitlines()[:2] == ["{", '  "format": "hotline private key 1",'], "one field a line"
    assert [file.stat().st_mode & 0o777 for file in (saved, public_path(saved))] == [0o600, 0o644]
    assert public_path(saved).name == "anna.key.pub"


def test_with_a_passphrase_the_key_is_nowhere_in_the_clear(path: Path) -> None:
    save_pair(path, LABEL, SIGNER, b"correct horse battery staple")
    pem = json.loads(path.read_bytes())["private_key"]
    assert pem.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    plain = SIGNER.private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert plain.splitlines()[1].decode() not in pem


@pytest.mark.parametrize("there", ["anna.key", "anna.key.pub"])
def test_no_key_is_overwritten(path: Path, there: str) -> None:
    (path.parent / there).write_text("mine")
    with pytest.raises(KeysError, match=r"KEY_EXISTS: .*anna.key.* is there already and was left as it is"):
        save_pair(path, LABEL, SIGNER)
    assert [(entry.name, entry.read_text()) for entry in path.parent.iterdir()] == [(there, "mine")]


def test_a_published_key_is_neither_saved_nor_loaded_for_real(saved: Path) -> None:
    label = KeyLabel("anna", Kind.ACTUAL, Role.OFFICER, "AUS", "AUS:fleet-watch")
    with pytest.raises(KeysError, match="KEY_PUBLISHED"):
        save_pair(saved.with_name("other"), label, SIGNER)
    with pytest.raises(KeysError, match="KEY_PUBLISHED"):
        save_public(saved.with_name("other"), label, SIGNER)
    assert not saved.with_name("other.pub").exists()
    edit(saved, kind="ACTUAL")
    assert refused(saved, kind=Kind.ACTUAL).code == "KEY_PUBLISHED"
    edit(public_path(saved), kind="ACTUAL")
    with pytest.raises(KeysError, match="KEY_PUBLISHED"):
        load_public(public_path(saved), kind=Kind.ACTUAL)


def test_a_key_of_which_half_is_published_is_neither(path: Path) -> None:
    """Its other half may be as secret as it likes: whoever breaks that one signs."""
    half = HybridSigner(SIGNER.private_key, MLDSA65PrivateKey.generate())
    actual = KeyLabel("root-1", Kind.ACTUAL, Role.ROOT, "AUS")
    for save in (save_pair, save_public):
        with pytest.raises(KeysError, match=f"KEY_PUBLISHED: the private part of {SIGNER.fingerprint.hex()[:12]}"):
            save(path, actual, half)
    save_pair(path, KeyLabel("root-1", Kind.EXERCISE, Role.ROOT, "AUS"), half)
    for file in (path, public_path(path)):
        edit(file, kind="ACTUAL")
    assert refused(path, kind=Kind.ACTUAL).code == "KEY_PUBLISHED"
    with pytest.raises(KeysError, match="KEY_PUBLISHED"):
        load_public(public_path(path), kind=Kind.ACTUAL)


@pytest.mark.threat("exercise/live confusion", defence="SIG", measure="key files of the other kind refused")
def test_an_actual_key_of_ones_own_is_taken_for_actual_only(path: Path) -> None:
    label = KeyLabel("root-1", Kind.ACTUAL, Role.ROOT, "AUS")
    signer = SoftSigner.generate()
    save_pair(path, label, signer)
    assert load_private(path, kind=Kind.ACTUAL).signer.public_key == signer.public_key
    assert refused(path, kind=Kind.EXERCISE).code == "KEY_WRONG_KIND"
    with pytest.raises(
        KeysError, match=f"KEY_WRONG_KIND: {public_path(path)} is for ACTUAL, wanted was one for EXERCISE"
    ):
        load_public(public_path(path), kind=Kind.EXERCISE)


def test_a_key_of_another_role_is_refused(saved: Path) -> None:
    error = refused(saved, role=Role.NODE)
    assert error.code == "KEY_WRONG_ROLE"
    assert error.detail.endswith("has the role officer, wanted was node")
    with pytest.raises(KeysError, match="KEY_WRONG_ROLE"):
        load_public(public_path(saved), kind=Kind.EXERCISE, role=Role.REGISTRAR)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_private_key_that_others_may_read_is_refused(saved: Path, mode: int) -> None:
    saved.chmod(mode)
    assert refused(saved).code == "KEY_EXPOSED"


@pytest.mark.parametrize(
    ("stored", "given", "words"),
    [
        (b"secret", None, "is encrypted and needs a passphrase"),
        (b"secret", b"wrong", "does not open with this passphrase"),
        (b"secret", b"", "does not open with this passphrase"),
        (None, b"secret", "is not encrypted, yet a passphrase was given"),
    ],
)
def test_a_wrong_passphrase_is_refused(path: Path, stored: bytes | None, given: bytes | None, words: str) -> None:
    save_pair(path, LABEL, SIGNER, stored)
    error = refused(path, passphrase=given)
    assert (error.code, error.detail) == ("KEY_PASSPHRASE", f"{path} {words}")


def test_an_empty_passphrase_is_refused_before_anything_is_written(path: Path) -> None:
    with pytest.raises(KeysError, match="KEY_PASSPHRASE"):
        save_pair(path, LABEL, SIGNER, b"")
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"\xff\xfe",
        b"{}",
        b"[" * 60_000,
        b'{"format": 1}',
        b'{"format": "hotline private key 2"}',
        b'{"format": "hotline private key 1"}',
        b"-----BEGIN PRIVATE KEY-----\n",
    ],
)
def test_a_file_that_is_no_key_file_is_refused(saved: Path, data: bytes) -> None:
    saved.write_bytes(data)
    error = refused(saved)
    assert error.code == "KEY_FORMAT"
    assert error.detail.startswith(f"{saved} ")


def other_algorithm() -> str:
    """A private key of another kind, in PEM."""
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"format": "hotline public key 1"}, "KEY_FORMAT"),
        ({"algorithm": "ML-DSA-65"}, "KEY_FORMAT"),
        ({"more": "text"}, "KEY_FORMAT"),
        ({"post": None}, "KEY_FORMAT"),
        ({"private_key": None}, "KEY_FORMAT"),
        ({"name": 7}, "KEY_FORMAT"),
        ({"private_key": ""}, "KEY_FORMAT"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}, "KEY_FORMAT"),
        ({"private_key": other_algorithm()}, "KEY_FORMAT"),
        ({"kind": "DRILL"}, "KEY_LABEL"),
        ({"role": "admiral"}, "KEY_LABEL"),
        ({"party": "CHN"}, "KEY_LABEL"),
        ({"post": "fleet-watch"}, "KEY_LABEL"),
        ({"kind": "ACTUAL"}, "KEY_WRONG_KIND"),
        ({"fingerprint": "00" * 32}, "KEY_MISMATCH"),
        ({"fingerprint": SIGNER.fingerprint.hex().upper()}, "KEY_MISMATCH"),
        ({"public_key": published_signer(8).public_key.hex()}, "KEY_MISMATCH"),
    ],
)
def test_an_edited_private_key_is_refused(saved: Path, changes: dict[str, object], code: str) -> None:
    """And the file is named: whoever reads it has more than one."""
    edit(saved, **changes)
    error = refused(saved)
    assert error.code == code
    assert error.detail.startswith(str(saved))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"format": "hotline private key 1"}, "KEY_FORMAT"),
        ({"private_key": "x"}, "KEY_FORMAT"),
        ({"public_key": "no hex"}, "KEY_FORMAT"),
        ({"public_key": "00" * 31}, "KEY_FORMAT"),
        ({"public_key": "00" * 32}, "KEY_FORMAT"),
        ({"fingerprint": ""}, "KEY_MISMATCH"),
        ({"public_key": published_signer(8).public_key.hex()}, "KEY_MISMATCH"),
        ({"post": "CHN:fleet-watch"}, "KEY_LABEL"),
    ],
)
def test_an_edited_public_key_is_refused(saved: Path, changes: dict[str, object], code: str) -> None:
    edit(public_path(saved), **changes)
    with pytest.raises(KeysError) as error:
        load_public(public_path(saved), kind=Kind.EXERCISE)
    assert error.value.code == code
    assert error.value.detail.startswith(str(public_path(saved)))


def test_a_missing_file_has_a_code(path: Path) -> None:
    assert refused(path).code == "KEY_IO"


@pytest.mark.parametrize("passphrase", [None, b"correct horse"])
def test_a_hybrid_key_comes_back_as_it_was_saved(path: Path, passphrase: bytes | None) -> None:
    signer = HybridSigner.generate()
    save_pair(path, LABEL, signer, passphrase)
    assert re.fullmatch(f"({PEM}){{2}}", json.loads(path.read_bytes())["private_key"])
    private = load_private(path, kind=Kind.EXERCISE, passphrase=passphrase).signer
    assert (private.algorithm, private.public_key) == (Algorithm.ED25519_ML_DSA_65, signer.public_key)
    public = load_public(public_path(path), kind=Kind.EXERCISE).key
    assert (public.algorithm, public.fingerprint) == (Algorithm.ED25519_ML_DSA_65, signer.fingerprint)
    assert public.verify(private.sign(b"words"), b"words")


def test_nothing_stands_before_the_key(saved: Path) -> None:
    edit(saved, private_key="words\n" + json.loads(saved.read_bytes())["private_key"])
    assert refused(saved).code == "KEY_FORMAT"


def test_half_a_hybrid_key_is_none(path: Path) -> None:
    save_pair(path, LABEL, HybridSigner.generate())
    fields = json.loads(path.read_bytes())
    first, second = fields["private_key"].split("-----BEGIN")[1:]
    for pem in (f"-----BEGIN{first}", f"-----BEGIN{second}", f"-----BEGIN{second}-----BEGIN{first}"):
        edit(path, private_key=pem)
        assert refused(path).code == "KEY_FORMAT"
    edit(path, private_key=fields["private_key"], algorithm="Ed25519")
    assert refused(path).code == "KEY_FORMAT"


def test_a_passphrase_is_asked_for_only_where_there_is_something_to_open(path: Path) -> None:
    save_pair(path, LABEL, SIGNER, b"staple")
    asked: list[str] = []

    def ask(what: str) -> bytes:
        asked.append(what)
        return b"staple"

    assert load_private(path, kind=Kind.EXERCISE, passphrase=ask).signer.fingerprint == SIGNER.fingerprint
    assert asked == [str(path)]
    plain = path.with_name("plain")
    save_pair(plain, LABEL, SIGNER)
    load_private(plain, kind=Kind.EXERCISE, passphrase=ask)
    assert asked == [str(path)]


def test_the_public_edition_can_stand_alone(path: Path) -> None:
    save_public(path, LABEL, SIGNER)
    assert load_public(public_path(path), kind=Kind.EXERCISE).key.fingerprint == SIGNER.fingerprint
    assert not path.exists()
    assert public_path(path).stat().st_mode & 0o777 == 0o644
    with pytest.raises(KeysError, match="KEY_EXISTS"):
        save_public(path, LABEL, SIGNER)
