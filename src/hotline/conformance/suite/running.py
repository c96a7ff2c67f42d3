"""Runs the checks, one after the other, in the order in which they can be tried."""

from __future__ import annotations

import asyncio
import shlex
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from hotline.conformance.requirements import of_id
from hotline.conformance.suite import branches, framing, opening, papers, people, refusing, speaking, taking
from hotline.conformance.suite.calls import CallError
from hotline.conformance.suite.check import CHECKS, Check, FailedError, NotTriedError, Run
from hotline.conformance.suite.kit import Kit
from hotline.conformance.suite.operating import operator_of, run_command
from hotline.conformance.suite.report import CheckResult, Outcome, Report
from hotline.protocol.errors import HotlineError, TransportError, UsageError

CHECK_S = 60.0
_FIRST_ANSWER_S = 30.0
_CALLED_BACK_S = 10.0
# Modules whose checks are tried in this order, whatever the order of their imports.
_ORDER = [module.__name__ for module in (opening, taking, refusing, framing, speaking, people, papers, branches)]
# Before these the suite's posts listen; before the first of them they do not.
_FIRST_WITH_DOORS = "received"
_LAST = ("killed", "throughout")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is told.

    Attributes:
        target: `host:port` of the node under test.
        class_name: the class that is tried, with those beneath it.
        operator: path of an operator socket, or a command; empty for none.
        restart: a command that kills the node and starts it again; empty for none.
        only: ids of checks; all when empty.
    """

    target: str
    class_name: str = "full"
    operator: str = ""
    restart: str = ""
    only: tuple[str, ...] = ()


def run_suite(kit: Kit, settings: Settings, tell: Callable[[CheckResult], None] = lambda result: None) -> Report:
    """Run the checks of a class against a node; `tell` hears of each as it ends.

    Raises:
        UsageError: KIT_INVALID if a check is named that there is not; NODE_NOT_FRESH if the node has talked before.
        TransportError: NODE_UNREACHABLE.
    """
    unknown = set(settings.only) - {check.id for check in CHECKS}
    if unknown:
        raise UsageError("USAGE", f"no such check: {', '.join(sorted(unknown))}")
    return asyncio.run(_run(kit, settings, tell))


async def _run(kit: Kit, settings: Settings, tell: Callable[[CheckResult], None]) -> Report:
    run = Run.of(kit, settings.target)
    if settings.operator:
        run.operator = operator_of(settings.operator, kit)
    if settings.restart:
        run.restart = partial(run_command, *shlex.split(settings.restart))
    await _look(run)
    results = []
    try:
        for check in _ordered(settings):
            if check.id == _FIRST_WITH_DOORS:
                await _open(run)
            results.append(await _try(check, run))
            tell(results[-1])
    finally:
        for peer in run.peers:
            await peer.door.close()
            await peer.caller.close()
    return Report(settings.target, settings.class_name, tuple(results))


def all_checks() -> list[Check]:
    """Every check, in the order in which they are tried; what ends a node stands last."""
    return sorted(CHECKS, key=lambda check: (check.id in _LAST, _ORDER.index(check.script.__module__)))


def _ordered(settings: Settings) -> list[Check]:
    """The checks of the class. One that opens the doors stays, whatever is chosen."""
    wanted = [
        check
        for check in all_checks()
        if any(of_id(each).belongs_to(settings.class_name) for each in check.requirements)
    ]
    if settings.only:
        wanted = [check for check in wanted if check.id in (*settings.only, _FIRST_WITH_DOORS)]
    return wanted


async def _look(run: Run) -> None:
    """See that the node answers, and has heard nothing of the suite's posts before."""
    end = time.monotonic() + _FIRST_ANSWER_S
    while True:
        try:
            await run.north.deliver()
            break
        except CallError as error:
            if time.monotonic() > end:
                raise TransportError("NODE_UNREACHABLE", f"no answer from the node: {error}") from error
            await asyncio.sleep(0.2)
    known = [held.post for held in run.witness.newest.held if held.sequence]
    if known:
        raise UsageError(
            "NODE_NOT_FRESH", f"the node holds statements of {', '.join(known)}: start it with an empty journal"
        )


async def _open(run: Run) -> None:
    for peer in run.peers:
        try:
            await peer.door.open(run.kit.addresses[peer.post])
        except RuntimeError as error:
            raise UsageError("KIT_INVALID", f"{run.kit.addresses[peer.post]} cannot be had: {error}") from error
    with suppress(TimeoutError):
        async with asyncio.timeout(_CALLED_BACK_S):
            await asyncio.gather(*(peer.door.called.wait() for peer in run.peers))
    for peer in run.peers:
        await peer.deliver()


async def _try(check: Check, run: Run) -> CheckResult:
    started, outcome, reason = time.monotonic(), Outcome.PASS, ""
    try:
        async with asyncio.timeout(CHECK_S):
            await check.script(run)
    except NotTriedError as error:
        outcome, reason = Outcome.NOT_TRIED, str(error)
    except FailedError as error:
        outcome, reason = Outcome.FAIL, str(error)
    except CallError as error:
        outcome, reason = Outcome.FAIL, str(error)
        for peer in run.peers:
            peer.forget()
    except TimeoutError:
        outcome, reason = Outcome.FAIL, f"it was not over within {CHECK_S:g} s"
    except HotlineError as error:
        outcome, reason = Outcome.NOT_TRIED, str(error)
    return CheckResult(check.id, outcome, check.words, reason, check.requirements, round(time.monotonic() - started, 3))
