"""Nodes in this process, on the clock that the run moves; code, keys, mutual TLS and journals are the real ones."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import structlog
from structlog.typing import FilteringBoundLogger

from hotline.node.clock import Clock
from hotline.node.config import NodeConfig, load_config
from hotline.node.load import Equipment, equip
from hotline.node.run import Node
from hotline.protocol.effects import Fetch, Send
from hotline.protocol.errors import TransportError


class HeldNode(Node):
    """A node that hands what it sends to the run, which gives it back when it is to go onto the connection."""

    def __init__(
        self, config: NodeConfig, equipment: Equipment, log: FilteringBoundLogger, put: Callable[[Send | Fetch], None]
    ) -> None:
        super().__init__(config, equipment, log)
        self._put = put
        self._reports: dict[str, bool] = {}
        self._stands: dict[str, bool] = {}

    def report(self, peer: str, up: bool) -> None:
        """Hold the news of a connection until the run lets the core have it: see `hear_of_lines`."""
        self._reports[peer] = self._stands[peer] = up

    def stands(self, peer: str) -> bool:
        """Whether there is a connection to a peer now, of which the core may not have heard yet."""
        return self._stands.get(peer, False)

    @property
    def has_news(self) -> bool:
        """Whether the core has not heard of all connections that came and went."""
        return bool(self._reports)

    def hear_of_lines(self) -> None:
        """Let the core hear of every connection at once, as it does of a line in virtual time."""
        reports, self._reports = self._reports, {}
        for peer in sorted(reports):
            self.driver.link(peer, reports[peer])

    def send(self, effect: Send) -> None:
        """See `Hands.send`."""
        self._put(effect)

    def fetch(self, effect: Fetch) -> None:
        """See `Hands.fetch`."""
        self._put(effect)

    def pass_on(self, effect: Send | Fetch) -> bool:
        """Put it onto the connection now; whether there is one."""
        if isinstance(effect, Fetch):
            super().fetch(effect)
            return True
        return self._lines.send(effect)


class NodesHere:
    """One node per post, inside ``async with``; each runs from `start` to `end`.

    Attributes:
        running: nodes by post.
    """

    def __init__(
        self,
        configs: Mapping[str, Path],
        logs: Mapping[str, Path],
        clock: Clock,
        put: Callable[[str, Send | Fetch], None],
        lands: Callable[[str, bytes], None],
    ) -> None:
        """`put`: takes what a post's node sends. `lands`: hears of each Frame that comes to a post's core."""
        self._configs, self._logs, self._clock, self._put, self._lands = configs, logs, clock, put, lands
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._stacks: dict[str, AsyncExitStack] = {}
        self.running: dict[str, HeldNode] = {}

    async def __aenter__(self) -> NodesHere:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(self.end(post) for post in list(self.running)))

    def check(self) -> None:
        """Raises TransportError NODE_UNREACHABLE if a node has ended by itself."""
        for post, task in self._watching.items():
            if task.done():
                raise TransportError("NODE_UNREACHABLE", f"the node of {post} ended: {task.exception()}")

    async def start(self, post: str) -> None:
        """Start a node where its journal left it."""
        async with AsyncExitStack() as stack:
            log = _logger(stack.enter_context(self._logs[post].open("a", encoding="utf-8")), post)
            config = load_config(self._configs[post])
            equipment = replace(equip(config), clock=self._clock)
            node = HeldNode(config, equipment, log, lambda effect: self._put(post, effect))
            self._listen_in(post, node)
            await stack.enter_async_context(node)
            self.running[post], self._stacks[post] = node, stack.pop_all()
            self._watching[post] = asyncio.create_task(node.ended())

    async def end(self, post: str) -> None:
        """Stop a node."""
        del self.running[post]
        watching = self._watching.pop(post)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await self._stacks.pop(post).aclose()

    def _listen_in(self, post: str, node: Node) -> None:
        """Hear of every Frame just before it comes to the core."""
        gate = node.driver.gate

        def heard(frame: bytes) -> bytes:
            self._lands(post, frame)
            return gate(frame)

        node.driver.gate = heard


def _logger(file: TextIO, post: str) -> FilteringBoundLogger:
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(file),
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        node=post,
    )
    return logger
