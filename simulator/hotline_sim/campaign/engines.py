"""Who makes the rows: this process, local processes, or Dask workers. The rows are the same."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Protocol

from hotline.protocol.errors import UsageError
from hotline_sim.campaign.plan import Key, Plan
from hotline_sim.campaign.play import play_rows
from hotline_sim.campaign.rows import Row

if TYPE_CHECKING:
    from distributed import Client

Chunk = Sequence[Key]
_CONNECT_S = 10.0


class Engine(Protocol):
    """Makes chunks of rows, in whatever order they are done."""

    def play(self, plan: Plan, chunks: Sequence[Chunk]) -> Iterator[list[Row]]:
        """The rows of each chunk as it is done. Raises UsageError CAMPAIGN_ENGINE when workers are lost."""


class Local:
    """This process for one job; so many processes otherwise, each with an interpreter of its own."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs

    def play(self, plan: Plan, chunks: Sequence[Chunk]) -> Iterator[list[Row]]:
        """As `Engine.play`."""
        if self._jobs == 1 or len(chunks) == 1:
            yield from (list[Row](play_rows(plan, chunk)) for chunk in chunks)
            return
        pool = ProcessPoolExecutor(self._jobs, mp_context=multiprocessing.get_context("spawn"))
        try:
            for done in as_completed([pool.submit(play_rows, plan, chunk) for chunk in chunks]):
                yield list[Row](done.result())
        except BrokenProcessPool as error:
            raise UsageError("CAMPAIGN_ENGINE", "a worker process ended; --resume goes on where it was") from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class Dask:
    """Workers of a Dask scheduler: of one that runs somewhere (`address`), else of one started here, on loopback."""

    def __init__(self, jobs: int, address: str | None = None) -> None:
        self._jobs, self._address = jobs, address

    def play(self, plan: Plan, chunks: Sequence[Chunk]) -> Iterator[list[Row]]:
        """As `Engine.play`."""
        from distributed import as_completed as dask_as_completed
        from distributed.scheduler import KilledWorker

        with self._client() as client:
            [shared] = client.scatter([plan], broadcast=True)
            futures = client.map(play_rows, [shared] * len(chunks), chunks, pure=False)
            try:
                for _, rows in dask_as_completed(futures, with_results=True):
                    yield rows
            except KilledWorker as error:
                raise UsageError("CAMPAIGN_ENGINE", "workers were lost; --resume goes on where it was") from error

    def _client(self) -> Client:
        from distributed import Client, LocalCluster

        if self._address is None:
            return Client(
                LocalCluster(
                    n_workers=self._jobs,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address=None,
                )
            )
        try:
            return Client(self._address, timeout=_CONNECT_S)
        except OSError as error:
            raise UsageError("CAMPAIGN_ENGINE", f"no Dask scheduler at {self._address}: {error}") from error
