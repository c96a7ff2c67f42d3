"""Nodes whose keys lie encrypted: where the passphrase comes from, and what is said when it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.kit import A, B, notice
from tests.node.line import PATIENCE_S, SOURCES, TestLine, make_line
from tests.node.test_adopt import heard, open_line

from hotline.agreements.site import file_name
from hotline.keys import FileSigner, KeyLabel, Kind, Role, save_pair

WORDS = b"correct horse battery staple"


@pytest.fixture(scope="module")
def line(folder: Path) -> TestLine:
    """Two posts; the keys of both nodes are encrypted, and no file of them is plain."""
    line = make_line(folder, A, B)
    for post in (A, B):
        name, signer = file_name(post), line.rehearsal.nodes[post]
        assert isinstance(signer, FileSigner)
        for kind in ("json", "json.pub", "key", "pem"):
            (folder / f"{name}.{kind}").unlink()
        save_pair(folder / f"{name}.json", KeyLabel("node", Kind.EXERCISE, Role.NODE, post[:3], post), signer, WORDS)
        line.site.berths[post].tls.save(folder / f"{name}.key", folder / f"{name}.pem", WORDS)
    for name, mode in (("words", 0o600), ("loose", 0o644)):
        (folder / name).write_bytes(WORDS + b"\n")
        (folder / name).chmod(mode)
    (folder / "wrong").write_bytes(b"something else\n")
    (folder / "wrong").chmod(0o600)
    return line


async def test_nodes_with_encrypted_keys_talk(line: TestLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """One has the passphrase in a file, the other among systemd's credentials."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(line.folder))
    with line.start(A, passphrase={"file": "words"}) as own, line.start(B, passphrase={"credential": "words"}) as other:
        async with await line.connect(A) as node:
            await open_line(node)
            sent = await node.submit(line.say(A, notice()))
            await heard(node, sent.digest, B)
        assert (own.stop(), other.stop()) == (0, 0)


@pytest.mark.parametrize(
    ("passphrase", "code"),
    [
        (None, "KEY_PASSPHRASE"),
        ({"file": "wrong"}, "KEY_PASSPHRASE"),
        ({"file": "loose"}, "KEY_EXPOSED"),
        ({"file": "none"}, "KEY_IO"),
        ({"environment": "NODE_WORDS"}, "KEY_PASSPHRASE"),
    ],
)
def test_a_node_that_cannot_open_its_keys_says_why_and_does_not_start(
    line: TestLine, passphrase: dict[str, str] | None, code: str
) -> None:
    config = line.site.config(A, passphrase=passphrase)
    done = subprocess.run(
        [sys.executable, "-m", "hotline.node", str(config)],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"{code}: ")
    assert "Traceback" not in done.stderr
    assert WORDS.decode() not in done.stderr
