"""The rig of a live run: a folder with everything that one node process per post needs.

Keys are made for the run and end with it. Officer keys are never written: they stay with whoever plays the officers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hotline.agreements.rehearsal import Rehearsal
from hotline.agreements.site import Site, berths, file_name, lay_out
from hotline.keys import SoftSigner
from hotline_sim.channel import open_channel
from hotline_sim.relay import Relays
from hotline_sim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Rig:
    """A folder ready for its nodes to start in.

    Attributes:
        channel: agreement, directories, officer keys.
        site: its files.
        configs: configuration file of each post's node.
        sockets: where each node's operator service will listen.
        logs: where each node's output goes.
    """

    channel: Rehearsal
    site: Site
    configs: Mapping[str, Path]
    sockets: Mapping[str, Path]
    logs: Mapping[str, Path]

    @property
    def addresses(self) -> dict[str, str]:
        """Where each node will listen for its peers."""
        return {post: berth.address for post, berth in self.site.berths.items()}


def build_rig(scenario: Scenario, folder: Path, speed: int, real_start_ns: int) -> Rig:
    """Make keys, TLS identities, the signed agreement, directories and configurations.

    Args:
        scenario: whose posts get a node each.
        folder: an empty folder with a short path, as Unix sockets want it.
        speed: exercise seconds per real second.
        real_start_ns: UTC at which the scenario starts.
    """
    places = berths(list(scenario.posts))
    channel = open_channel(
        scenario,
        lambda _: SoftSigner.generate(),
        endpoints={post: (berth.address, berth.tls.certificate_der) for post, berth in places.items()},
        speed=speed,
        real_start_ns=real_start_ns,
    )
    site = lay_out(folder, channel, places)
    return Rig(
        channel=channel,
        site=site,
        configs={post: site.config(post) for post in places},
        sockets={post: site.operator_socket(post) for post in places},
        logs={post: folder / f"{file_name(post)}.log" for post in places},
    )


def relayed(rig: Rig, relays: Relays) -> dict[str, Path]:
    """Configuration files by post, written anew so that nodes call each other through relays where there are any."""
    return {post: rig.site.config(post, through=relays.through(post) or None) for post in rig.configs}
