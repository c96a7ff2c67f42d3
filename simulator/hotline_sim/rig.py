"""The rig of a live run: a folder with everything that one node process per post needs.

    agreement.binpb  directories/AUS.binpb ...  0.sock 1.sock ...
    AUS-fleet-watch/  config.yaml  node.json  tls.key  tls.pem  journal.db  node.log

Keys are made for the run and end with it. Officer keys are never written: they stay with whoever plays the officers.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from hotline.agreements.rehearsal import Rehearsal
from hotline.keys import KeyLabel, Kind, Role, SoftSigner, TlsIdentity, issue_tls, save_pair
from hotline_sim.channel import open_channel
from hotline_sim.scenario import Scenario
from hotline_sim.words import file_name

_CLOCK_TOLERANCE = timedelta(minutes=5)  # certificates begin this much earlier than now


@dataclass(frozen=True, slots=True)
class Rig:
    """A folder ready for its nodes to start in.

    Attributes:
        channel: agreement, directories, officer keys.
        configs: configuration file of each post's node.
        sockets: where each node's operator service will listen.
        logs: where each node's output goes.
    """

    channel: Rehearsal
    configs: Mapping[str, Path]
    sockets: Mapping[str, Path]
    logs: Mapping[str, Path]


def build_rig(scenario: Scenario, folder: Path, speed: int, real_start_ns: int) -> Rig:
    """Make keys, TLS identities, the signed agreement, directories and configurations.

    Args:
        scenario: whose posts get a node each.
        folder: an empty folder with a short path, as Unix sockets want it.
        speed: exercise seconds per real second.
        real_start_ns: UTC at which the scenario starts.
    """
    signers: dict[int, SoftSigner] = {}
    tls = {post: issue_tls(post, datetime.now(UTC) - _CLOCK_TOLERANCE) for post in scenario.posts}
    addresses = dict(zip(scenario.posts, _free_addresses(len(scenario.posts)), strict=True))
    channel = open_channel(
        scenario,
        lambda number: signers.setdefault(number, SoftSigner.generate()),
        endpoints={post: (addresses[post], tls[post].certificate_der) for post in scenario.posts},
        speed=speed,
        real_start_ns=real_start_ns,
    )
    keys = {signer.fingerprint: signer for signer in signers.values()}
    _write_channel(channel, folder)
    # The path of a Unix socket may hold about a hundred bytes, which some temporary folders nearly fill.
    sockets = {post: folder / f"{number}.sock" for number, post in enumerate(scenario.posts)}
    homes = {post: folder / file_name(post) for post in scenario.posts}
    for post, home in homes.items():
        config = _config(channel, post, sockets[post], addresses[post])
        _write_post(home, config, post, keys[channel.nodes[post].fingerprint], tls[post])
    return Rig(
        channel=channel,
        configs={post: home / "config.yaml" for post, home in homes.items()},
        sockets=sockets,
        logs={post: home / "node.log" for post, home in homes.items()},
    )


def _write_channel(channel: Rehearsal, folder: Path) -> None:
    (folder / "agreement.binpb").write_bytes(channel.trust.agreement.signed.SerializeToString())
    (folder / "directories").mkdir()
    for party, directory in channel.trust.directories.items():
        (folder / "directories" / f"{file_name(party)}.binpb").write_bytes(directory.SerializeToString())


def _write_post(home: Path, config: dict[str, object], post: str, node_key: SoftSigner, tls: TlsIdentity) -> None:
    home.mkdir(mode=0o700)
    save_pair(home / "node.json", KeyLabel("node", Kind.EXERCISE, Role.NODE, post.rpartition(":")[0], post), node_key)
    tls.save(home / "tls.key", home / "tls.pem")
    (home / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


def _config(channel: Rehearsal, post: str, socket_path: Path, address: str) -> dict[str, object]:
    return {
        "post": post,
        "agreement": "../agreement.binpb",
        "pin": channel.trust.agreement.digest.hex(),
        "directories": [f"../directories/{file_name(party)}.binpb" for party in channel.trust.directories],
        "node_key": "node.json",
        "tls_key": "tls.key",
        "tls_certificate": "tls.pem",
        "journal": "journal.db",
        "operator_socket": f"../{socket_path.name}",
        "listen": address,
    }


def _free_addresses(count: int) -> list[str]:
    """Loopback addresses that nobody listens on now, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{one.getsockname()[1]}" for one in sockets]
