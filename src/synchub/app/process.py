"""What runs behind the surfaces for as long as the process lives: store, door, worker, collector."""

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, text, update
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Send

from synchub import schema
from synchub.app import logs
from synchub.config import Settings
from synchub.db import reading, writing
from synchub.errors import Misconfigured
from synchub.files.collecting import Collector
from synchub.intake.committer import Committer
from synchub.outbox.worker import Worker
from synchub.schema import SchemaFitness

PROBE_SECONDS = 3.0

log = logging.getLogger(__name__)


class Process:
    """Starts and stops the parts of the hub with the server that runs it, and knows whether it is fit to serve."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        committer: Committer,
        worker: Worker | None,
        collector: Collector | None = None,
        *,
        patience: float = PROBE_SECONDS,
    ) -> None:
        self._engine, self._settings, self._committer = engine, settings, committer
        self._beside = [part for part in (worker, collector) if part is not None]
        self._patience = patience
        self._probe: asyncio.Future[dict[str, str]] | None = None
        self._prober = ThreadPoolExecutor(1, thread_name_prefix="probe")

    async def life(self, receive: Receive, send: Send) -> None:
        """The server's lifespan protocol."""
        await receive()
        try:
            await asyncio.to_thread(self.start)
        except Exception as error:
            if not isinstance(error, Misconfigured):
                log.exception("the hub cannot start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    def start(self) -> None:
        """Open the store and start every part.

        Raises:
            Misconfigured: the store's schema is not fit for this code.
        """
        logs.configure(self._settings.log_format)
        schema.check(self._engine)
        self._committer.start()
        for part in self._beside:
            part.start()

    async def stop(self) -> None:
        """Store what was accepted, finish what is being told, close the store."""
        seconds = self._settings.drain_seconds / 2  # the other half the server gave to requests under way
        await asyncio.gather(*(asyncio.to_thread(part.stop, seconds) for part in (self._committer, *self._beside)))
        self._engine.dispose()

    async def ready(self) -> dict[str, str]:
        """What is wrong, by what was looked at; empty if the process can serve.

        However often it is asked, one probe looks at the store at a time, so that a store that hangs takes one thread;
        it is the probe's own, so that no other work keeps it waiting.
        """
        if self._probe is None or self._probe.done():
            self._probe = asyncio.get_running_loop().run_in_executor(self._prober, self._look)
        done, _ = await asyncio.wait({self._probe}, timeout=self._patience)
        return self._probe.result() if done else {"database": f"no answer within {self._patience:g} seconds"}

    def _look(self) -> dict[str, str]:
        return dict(self._troubles())

    def _troubles(self) -> Iterator[tuple[str, str]]:
        if not self._committer.alive:
            yield "committer", "it does not run"
        elif self._committer.last_commit_failed:
            yield from self._try_commit()
        for name, look in (("database", self._reach), ("schema", self._check_schema)):
            try:
                look()
            except Misconfigured as error:
                yield name, str(error)
            except SQLAlchemyError as error:
                yield name, f"it cannot be reached: {type(error).__name__}"
                break

    def _try_commit(self) -> Iterator[tuple[str, str]]:
        """Whether the store takes a commit again: without this nobody would be sent here to find out."""
        try:
            with writing(self._engine) as session:
                session.execute(update(SchemaFitness).values(oldest_code=SchemaFitness.oldest_code))
        except SQLAlchemyError as error:
            yield "committer", f"the last commit failed, and another one too: {type(error).__name__}"

    def _reach(self) -> None:
        with reading(self._engine) as session:
            session.execute(text("SELECT 1"))

    def _check_schema(self) -> None:
        schema.check(self._engine)
