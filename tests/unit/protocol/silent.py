"""A hotline with a post that is silent, for the tests of what is done about it and how it is shown."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.kit import START_NS, A, B, Net, flash, key

from hotline import v1
from hotline.agreements.rehearsal import PostPlan, Rehearsal, rehearse
from hotline.protocol.book import Entry
from hotline.protocol.effects import Alert
from hotline.protocol.instant import NS_PER_S
from hotline.protocol.views import AddresseeView

AIR, STAFF = "CHN:air-watch", "CHN:general-staff"
CARD = (v1.OtherChannel(medium=v1.MEDIUM_TELEPHONE, address="+86 10 5550 100"),)
MINUTE = 60
# A FLASH is to be presented within 2 minutes and read within 10. It is asked about then, after 2 and after 4 minutes
# more; 8 minutes later the first way round is taken, and one every 5 minutes.
QUERIES = [("PRESENTED 1", 2 * MINUTE, B), ("PRESENTED 2", 4 * MINUTE, B), ("PRESENTED 3", 8 * MINUTE, B)]
TURNS = [("ALTERNATE_POST", 16 * MINUTE, AIR), ("OTHER_CHANNEL", 21 * MINUTE, B), ("NEXT_LEVEL", 26 * MINUTE, STAFF)]


def posts(**plan: Any) -> list[PostPlan]:
    """An Australian watch, and a Chinese one with an alternate, a card and a superior."""
    ways: dict[str, Any] = {"alternates": [AIR], "other_channels": CARD, "superior": STAFF} | plan
    return [PostPlan(A), PostPlan(B, **ways), PostPlan(AIR), PostPlan(STAFF)]


@cache
def plain_rehearsal() -> Rehearsal:
    """The channel that most tests use, made once."""
    return rehearse(posts(), key, START_NS)


def hotline(*also: str, rehearsal: dict[str, Any] | None = None, **plan: Any) -> Net:
    """A hotline of these posts; everybody but the Chinese watch is on duty."""
    plain = not (also or rehearsal or plan)
    plans = [*posts(**plan), *map(PostPlan, also)]
    net = Net(rehearsal=plain_rehearsal() if plain else rehearse(plans, key, START_NS, **(rehearsal or {})))
    for post in net.desks:
        if post != B:
            net[post].staff("watch", True, net.now)
    net.settle()
    return net


def asking(net: Net, *to: str, asks: str = "READ", **header: Any) -> bytes:
    """A FLASH of the Australian watch that asks the Chinese one to read it."""
    return net.say(A, flash(), *(to or (B,)), precedence="FLASH", asks=asks, **header).digest


def ladder(net: Net, digest: bytes, of: str = B, at: str = A) -> AddresseeView:
    view = net[at].view(net.entry(at, digest), net.now)
    return next(each for each in view.addressees if each.post == of)


def alerts(net: Net, post: str, code: str) -> list[Alert]:
    return [effect for effect in net.desks[post].told if isinstance(effect, Alert) and effect.code == code]


def said(net: Net, post: str = A) -> list[tuple[str, int, str]]:
    """What the node of a post sealed by itself: the words, seconds after the start, to whom."""
    found = [net.entry(post, link.statement_digest) for link in net[post].logs[post].links]
    return [(words(entry), (entry.sealed_at_ns - START_NS) // NS_PER_S, to(entry)) for entry in found if words(entry)]


def to(entry: Entry) -> str:
    assert entry.said is not None
    return entry.said.header.action[0]


def words(entry: Entry) -> str:
    body = entry.said.body if entry.said else None
    if isinstance(body, v1.QueryAck):
        return f"{v1.Stage.Name(body.stage).removeprefix('STAGE_')} {body.number}"
    return v1.Escalated.Step.Name(body.step).removeprefix("STEP_") if isinstance(body, v1.Escalated) else ""
