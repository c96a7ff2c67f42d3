"""Where passphrases come from, and from where they are not taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.keys import KeysError, passphrase_in_credential, passphrase_in_environment, passphrase_in_file

WORDS = "correct horse 暗号".encode()


def code_of(error: pytest.ExceptionInfo[KeysError]) -> str:
    return error.value.code


@pytest.mark.parametrize("data", [WORDS, WORDS + b"\n", WORDS + b"\r\nmore\n"])
def test_the_first_line_of_a_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "words"
    path.write_bytes(data)
    path.chmod(0o600)
    assert passphrase_in_file(path) == WORDS


@pytest.mark.parametrize("words", [b"two  ", b"\ttwo\t", b"MAX", b"\xff"])
def test_nothing_but_the_end_of_the_line_is_taken_off(tmp_path: Path, words: bytes) -> None:
    path = tmp_path / "words"
    path.write_bytes(words + b"\r\n")
    path.chmod(0o600)
    assert passphrase_in_file(path) == words


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602, 0o601])
def test_a_file_that_others_may_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "words"
    path.write_bytes(WORDS)
    path.chmod(mode)
    with pytest.raises(KeysError) as error:
        passphrase_in_file(path)
    assert code_of(error) == "KEY_EXPOSED"


def test_an_empty_file_or_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words"
    with pytest.raises(KeysError, match="KEY_IO"):
        passphrase_in_file(path)
    path.write_bytes(b"\nwords\n")
    path.chmod(0o600)
    with pytest.raises(KeysError, match=f"KEY_PASSPHRASE: there is no passphrase in {path}"):
        passphrase_in_file(path)


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_WORDS", WORDS.decode())
    assert passphrase_in_environment("NODE_WORDS") == WORDS
    monkeypatch.setenv("NODE_WORDS", "")
    for name in ("NODE_WORDS", "NONE_SUCH"):
        words = f"KEY_PASSPHRASE: there is no passphrase in the environment variable {name}"
        with pytest.raises(KeysError, match=words):
            passphrase_in_environment(name)


def test_a_credential_of_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bits are systemd's affair: where access lists are used, the group's stand in for their mask."""
    (tmp_path / "node").write_bytes(WORDS)
    (tmp_path / "node").chmod(0o440)
    with pytest.raises(KeysError, match="KEY_PASSPHRASE"):
        passphrase_in_credential("node")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert passphrase_in_credential("node") == WORDS
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "no name").write_bytes(WORDS)
    for name in ("other", "../node", "", "folder", "no name"):
        with pytest.raises(KeysError, match=f"KEY_PASSPHRASE: systemd has handed over no credential '{name}'"):
            passphrase_in_credential(name)
    with pytest.raises(KeysError, match="KEY_PASSPHRASE: there is no passphrase in the credential empty"):
        passphrase_in_credential("empty")
