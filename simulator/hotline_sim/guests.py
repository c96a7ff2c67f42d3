"""Guests of a mixed run: posts whose nodes somebody else starts, of this implementation or another.

The simulator lays out a folder with the configuration, keys and papers of every post, starts the nodes of the others,
and connects to the operator's service of each guest. It plays a guest's officers too, unless people sit there.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from hotline.keys import SoftSigner
from hotline.keys.files import save_pair
from hotline.keys.label import KeyLabel, Kind, Role
from hotline.protocol.errors import UsageError
from hotline_sim.actions import Action, Man, Present, Reply, Say
from hotline_sim.rig import Rig
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.line import LineOutage, NodeOutage


@dataclass(frozen=True, slots=True)
class Guests:
    """Who comes, and where they find what they need.

    Attributes:
        posts: whose nodes somebody else starts.
        site: an empty folder with a short path, as Unix sockets want it.
        lead_s: real seconds they have until T+00:00:00.
        with_people: whether people sit there and act for themselves; their officers' keys are then written to the site.
    """

    posts: frozenset[str] = frozenset()
    site: Path = field(default=Path())
    lead_s: int = 60
    with_people: bool = False

    def check(self, scenario: Scenario) -> None:
        """Raises UsageError: UNKNOWN_POST; VIRTUAL_ONLY where a guest's node or line is to go down."""
        for post in sorted(self.posts - scenario.posts.keys()):
            raise UsageError("UNKNOWN_POST", f"{post} is not one of {', '.join(scenario.posts)}")
        down = {outage.node for outage in scenario.outages if isinstance(outage, NodeOutage)}
        down |= {post for outage in scenario.outages if isinstance(outage, LineOutage) for post in outage.line}
        for post in sorted(self.posts & down):
            raise UsageError(
                "VIRTUAL_ONLY", f"{scenario.meta.id} takes down the node or a line of {post}, which somebody else runs"
            )

    def invite(self, rig: Rig) -> None:
        """Leave the officers' keys for people who sit at a guest."""
        for post in self.posts if self.with_people else ():
            party = rig.channel.trust.parties[post]
            for person, signer in rig.channel.officers[post].items():
                label = KeyLabel(person, Kind.EXERCISE, Role.OFFICER, party, post)
                save_pair(self.site / f"{person}.json", label, cast(SoftSigner, signer))

    def how(self, rig: Rig) -> str:
        """What is to be run."""
        python = Path(sys.executable).name
        return "; ".join(f"{python} -m hotline.node {rig.configs[post]}" for post in sorted(self.posts))

    def has_people(self, post: str) -> bool:
        """Whether people sit at a post."""
        return self.with_people and post in self.posts

    def plays_themselves(self, action: Action) -> bool:
        """Whether an action of the director is left to people."""
        return isinstance(action, Present | Say | Reply | Man) and self.has_people(action.post)


NO_GUESTS = Guests()
