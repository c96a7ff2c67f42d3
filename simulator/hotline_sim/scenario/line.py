"""The line between the posts: delay and loss of each way, and when a way or a node is down."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Annotated, TypeAlias

from pydantic import Field, Tag

from hotline_sim.scenario.delays import DelayRef
from hotline_sim.scenario.fields import PostRef, Ratio, by_key
from hotline_sim.scenario.posts import Span
from hotline_sim.scenario.provenance import Sourced


class _Way(Sourced):
    """Each transmission takes `delay`, a share `loss` is lost."""

    delay: DelayRef
    loss: Ratio


class OneWay(_Way):
    """The way from one post's node to another's."""

    from_post: PostRef = Field(alias="from")
    to_post: PostRef = Field(alias="to")

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Sender and receiver."""
        yield self.from_post, self.to_post


class AllWays(_Way):
    """Every way between some posts' nodes, both directions alike."""

    between: tuple[PostRef, ...] = Field(min_length=2)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every sender and receiver."""
        yield from permutations(self.between, 2)


Link: TypeAlias = Annotated[
    Annotated[OneWay, Tag("<from>")] | Annotated[AllWays, Tag("<between>")], by_key("from", "between")
]


class _Outage(Sourced, Span):
    """Something is down from a moment up to, and without, another."""


class LineOutage(_Outage):
    """The line between two posts is cut; what is on its way is lost. Both nodes notice, as a broken connection is."""

    line: tuple[PostRef, PostRef]


class NodeOutage(_Outage):
    """A post's node is down; afterwards it starts again from its journal."""

    node: PostRef


Outage: TypeAlias = Annotated[
    Annotated[LineOutage, Tag("<line>")] | Annotated[NodeOutage, Tag("<node>")], by_key("line", "node")
]
