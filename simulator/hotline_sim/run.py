"""What a run leaves behind, virtual or live: every post's last view, who said what, and notes on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hotline.protocol.trust import Agreement
from hotline_sim.encounter.log import Happening
from hotline_sim.motion.way import Way
from hotline_sim.scenario import Scenario
from hotline_sim.scenario.orders import Use
from hotline_sim.script import Line
from hotline_sim.standing import Standing

if TYPE_CHECKING:
    from hotline.conduct.samples import Samples

JUMPS = 0  # the speed of a live run whose clock jumps
POSITION = "watch-floor"  # the one watch position of a simulated post
# Alerts that are told anyway: by the stages of a message, or by the statement that escalates it.
SHOWN_BY_STAGES = frozenset({"DEADLINE_EXPIRED", "CONTRADICTED", "ESCALATED", "QUERIED"})
# Notes that are no alarms.
DRIVERS_NOTES = frozenset(
    {"LOST", "NOT_SAID", "MANNED", "LEFT", "NODE_DOWN", "NODE_UP", "CUT", "JOINED", "SILENT", "REFUSED", "UNSTAFFED"}
)


@dataclass(frozen=True, slots=True)
class Note:
    """Something of a run that no officer signed.

    `what`: LOST (a frame on the way), NOT_SAID (what it would be about is missing), MANNED, LEFT, NODE_DOWN, NODE_UP,
    CUT, JOINED, UNSTAFFED, SILENT (why nothing comes), or the code of an alert. `message`: the one it is about, if any.
    """

    at_ms: int
    post: str
    what: str
    words: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Glance:
    """How everything stood at a moment that the scenario expects something of.

    Attributes:
        messages: each message of the scenario as its sender saw it.
        lines: state of each line, by post and peer.
        suspended: parties that each post knew not to answer dialogue.
    """

    messages: Mapping[str, Standing]
    lines: Mapping[tuple[str, str], str]
    suspended: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Run:
    """A run, over or under way.

    Attributes:
        scenario, seed: what was run.
        speed: exercise seconds per real second; `JUMPS` on a clock that jumps, None in virtual time.
        now_ms: scenario time reached.
        lines: what was said, by digest.
        views: how each post sees each message, by post and digest.
        notes: what happened beside the statements.
        glances: how things stood at the moments that the scenario expects something of, by scenario time.
        happenings: what people and craft did beside the line, in order of time.
        ways: where each unit of the closed loop really went; empty where every track is prescribed.
    """

    scenario: Scenario
    seed: int
    speed: int | None
    now_ms: int
    lines: Mapping[bytes, Line]
    views: Mapping[str, Mapping[bytes, Standing]]
    notes: tuple[Note, ...] = ()
    glances: Mapping[int, Glance] = field(default_factory=dict)
    happenings: tuple[Happening, ...] = ()
    ways: Mapping[str, Way] = field(default_factory=dict)

    @property
    def clock(self) -> str:
        """What the run's time was, in words."""
        if self.speed is None:
            return "virtual time"
        return "live, on a clock that jumps" if self.speed == JUMPS else f"live, {self.speed} times real speed"

    @property
    def contacts(self) -> tuple[Happening, ...]:
        """What the units' sensors showed, in order of time."""
        return tuple(each for each in self.happenings if each.kind == "contact")

    @property
    def orders(self) -> tuple[Happening, ...]:
        """What was ordered, obeyed, refused and done, and what was used, in order of time."""
        return tuple(each for each in self.happenings if each.kind in ("order", "control"))

    @property
    def used(self) -> tuple[tuple[str, str], ...]:
        """Unit and what it used, e.g. ``("f16", "WEAPON")``, in order of time."""
        orders = self.scenario.orders
        done = [(each.who, orders[each.subject].behaviour) for each in self.happenings if each.what == "USED"]
        return tuple((who, behaviour.what) for who, behaviour in done if isinstance(behaviour, Use))

    @property
    def tracks(self) -> Mapping[str, Samples]:
        """What every unit really did, prescribed or decided, up to now."""
        from hotline_sim.tracks import samples_of

        return samples_of(self)

    def said(self) -> Iterator[tuple[Line, Standing]]:
        """Every statement of the run as the post that said it sees it, in order of sealing."""
        found = [
            (line, self.views[line.post][digest])
            for digest, line in self.lines.items()
            if digest in self.views[line.post]
        ]
        found.sort(key=lambda pair: (pair[1].sealed_at_ns or pair[1].held_at_ns, pair[0].post, pair[1].sequence))
        yield from found

    def message(self, name: str, observer: str | None = None) -> Standing | None:
        """A message of the scenario as its sender sees it, or another post; None while that does not hold it."""
        for digest, line in self.lines.items():
            if line.is_message and line.message == name:
                return self.views[observer or line.post].get(digest)
        return None

    def time_ms(self, utc_ns: int) -> int:
        """Scenario time of a UTC instant."""
        return (utc_ns - self.scenario.meta.start_utc_ns) // 1_000_000


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that is over, with what it is proved by: the agreement, and each post's transcript."""

    run: Run
    agreement: Agreement
    transcripts: Mapping[str, bytes]


def newest(views: Iterable[Standing], thread: bytes) -> list[bytes]:
    """Digests of a thread's latest statements by post, as `hotline.protocol.book.Book.newest` gives them."""
    latest: dict[str, Standing] = {}
    for view in sorted(views, key=lambda view: view.sequence):
        if thread and view.sequence and thread in (view.digest, view.statement.header.thread):
            latest[view.from_post] = view
    return sorted(view.digest for view in latest.values())[:16]
