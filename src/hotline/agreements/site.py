"""A site: everything that the nodes of one exercise on this machine need, laid out in a folder.

Used by the demonstration, live scenarios, benchmarks and tests. A deployment lays out one node a machine by hand, with
the `hotline` command; see the tutorial.
"""

from __future__ import annotations

import contextlib
import random
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from hotline.agreements.rehearsal import Rehearsal
from hotline.keys import FileSigner, KeyLabel, Kind, Role, TlsIdentity, issue_tls, save_pair

_PORTS = range(20_000, 32_768)  # below those from which systems take the near ends of connections
_TRIES = 100


@dataclass(frozen=True, slots=True)
class Berth:
    """Where one node will listen, and as whom."""

    address: str
    tls: TlsIdentity


@dataclass(frozen=True, slots=True)
class Site:
    """A folder with keys, certificates, the agreement, directories and one configuration per post."""

    folder: Path
    rehearsal: Rehearsal
    berths: Mapping[str, Berth]

    def config(self, post: str, /, **changes: object) -> Path:
        """Write a post's configuration file; `changes` replace fields, None takes them out."""
        name = file_name(post)
        fields: dict[str, object] = {
            "post": post,
            "agreement": "agreement.binpb",
            "pin": self.rehearsal.trust.agreement.digest.hex(),
            "directories": [f"directory-{file_name(party)}.binpb" for party in self.rehearsal.trust.directories],
            "node_key": f"{name}.json",
            "tls_key": f"{name}.key",
            "tls_certificate": f"{name}.pem",
            "journal": f"{name}.db",
            "operator_socket": self.operator_socket(post).name,
            "listen": self.berths[post].address,
            "known_keys": "known-keys.txt",
            **changes,
        }
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump({key: value for key, value in fields.items() if value is not None}))
        return path

    def command(self, post: str, /, **changes: object) -> list[str]:
        """The command that runs a post's node in a process of its own."""
        return [sys.executable, "-m", "hotline.node", str(self.config(post, **changes))]

    def operator_socket(self, post: str) -> Path:
        """Where a post's operator service listens: a short name, since the path of a Unix socket may hold about a
        hundred bytes, which some temporary folders nearly fill."""
        return self.folder / f"{list(self.berths).index(post)}.sock"


def berths(posts: Sequence[str]) -> dict[str, Berth]:
    """A free port of the loopback and a fresh TLS identity for each post."""
    issued = datetime.now(UTC) - timedelta(hours=1)
    sockets = [_free() for _ in posts]
    addresses = [f"127.0.0.1:{opened.getsockname()[1]}" for opened in sockets]
    for opened in sockets:
        opened.close()
    return {post: Berth(address, issue_tls(post, issued)) for post, address in zip(posts, addresses, strict=True)}


def _free() -> socket.socket:
    """A socket at a free port that no outgoing connection is given while its node is not there yet, or is down."""
    for port in random.SystemRandom().sample(_PORTS, _TRIES):
        with contextlib.suppress(OSError):
            return socket.create_server(("127.0.0.1", port))
    return socket.create_server(("127.0.0.1", 0))


def lay_out(folder: Path, rehearsal: Rehearsal, places: Mapping[str, Berth]) -> Site:
    """Write the site's files. A node key that is no file key has no file; officers' keys stay with the caller."""
    trust = rehearsal.trust
    for post, berth in places.items():
        name, party = file_name(post), trust.parties[post]
        label = KeyLabel("node", Kind.EXERCISE, Role.NODE, party, post)
        signer = rehearsal.nodes[post]
        if isinstance(signer, FileSigner):
            save_pair(folder / f"{name}.json", label, signer)
        berth.tls.save(folder / f"{name}.key", folder / f"{name}.pem")
    for party, directory in trust.directories.items():
        (folder / f"directory-{file_name(party)}.binpb").write_bytes(directory.SerializeToString())
    (folder / "agreement.binpb").write_bytes(trust.agreement.signed.SerializeToString())
    return Site(folder, rehearsal, places)


def file_name(name: str) -> str:
    """A post or a party in a file's name."""
    return name.lower().replace("/", "-").replace(":", "-")
