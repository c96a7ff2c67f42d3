"""What a hostile post passes on of a third post's log, with other signatures than it was given.

It holds a statement that the victim lacks, and serves it as the answer to a Fetch, one signature taken off, or its own
officer's put in the place of the only one. At second hand that refuses nothing: the true one may still come
(REQ-HEAD-7).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from hotline import v1
from hotline.protocol.errors import UsageError
from hotline.protocol.instant import NS_PER_S
from hotline_sim.torture.journals import STATEMENT, pae_digest, signed
from hotline_sim.torture.plan import FAULTS_END_NS, Fault

if TYPE_CHECKING:
    from hotline_sim.torture.world import World

Send = Callable[[Fault, bytes, str, str | None], None]
_LOOKS_AGAIN_NS = 20 * NS_PER_S
_NEWEST = 8
"""So many of the newest statements of each third post are looked at."""


class PassedOn:
    """Lies in wait for a statement that did not come to the victim."""

    def __init__(self, world: World, send: Send) -> None:
        self._world, self._send = world, send

    def act(self, fault: Fault) -> None:
        """Pass one on as soon as there is one, as long as there are faults."""
        again_ns = self._world.now_ns + _LOOKS_AGAIN_NS
        shown = any(self._pass_on(fault, third) for third in self._world.plan.posts)
        if not shown and again_ns < FAULTS_END_NS and len(self._world.plan.posts) > 2:
            self._world.at(again_ns, partial(self.act, fault))

    def _pass_on(self, fault: Fault, third: str) -> bool:
        """Whether something of a third post could be passed on."""
        books, server = self._world.auditor.books, self._world.seats[fault.post]
        own, victim = books[fault.post], books[fault.peer]
        said = list(enumerate(books[third].own_statements, 1))[-_NEWEST:]
        number = next((n for n, digest in said if digest in own.held and digest not in victim.held), 0)
        if third in (fault.post, fault.peer) or not number or server.endpoint is None or server.busy:
            return False
        first = min(number, len(victim.links.get(third, ())) + 1)
        try:
            frames = server.endpoint.serve(third, first, number, asker=fault.peer)
        except UsageError:
            return False  # not held from there on
        for data in frames:
            self._send(fault, self._exchanged(fault, data), "forge: passed on, signatures exchanged", fault.post)
        return True

    def _exchanged(self, fault: Fault, data: bytes) -> bytes:
        """What the victim holds already is left out; the rest is signed otherwise."""
        frame, held = v1.Frame.FromString(data), self._world.auditor.books[fault.peer].held
        lacked = [each for each in frame.statements if pae_digest(STATEMENT, each.payload) not in held]
        officer = next(iter(self._world.rehearsal.officers[fault.post].values()))
        del frame.statements[:]
        for statement in lacked:
            if len(statement.signatures) > 1:
                del statement.signatures[0]
            else:
                statement = signed(STATEMENT, statement.payload, officer)
            frame.statements.append(statement)
        return frame.SerializeToString()
