"""The application: it opens the store, asks each dialect for its surface, and starts what works behind them."""

from dataclasses import replace

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.types import ASGIApp

from synchub.app.files import CLAIM, files
from synchub.app.front import Front, Paths
from synchub.app.pages import QUIET, pages
from synchub.app.process import Process
from synchub.app.proxies import trusted
from synchub.config import Role, Settings
from synchub.connections.directory import Directory
from synchub.db import open_engine
from synchub.dialects import find
from synchub.dialects.dialect import Claim, Hub
from synchub.files.collecting import Collector
from synchub.intake.committer import Committer
from synchub.outbox.worker import Worker
from synchub.resync.working import work_off


def build(settings: Settings) -> Front:
    """The hub as one ASGI application.

    Nothing is connected to or started before the server's lifespan begins.

    Raises:
        Misconfigured: a setting is wrong, or two dialects claim one path.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.store_url)
    directory = Directory(engine, settings.secret_key.get_secret_value())
    worker = worker_of(engine, directory, settings) if Role.WORK in settings.role_set else None
    collector = collector_of(engine, directory, settings) if Role.COLLECT in settings.role_set else None
    committer = Committer(engine, settings, on_commit=worker.wake if worker else None)
    hub = Hub(settings, engine, committer, directory)
    surfaces, places = _surfaces(replace(hub, wake=worker.wake) if worker else hub)
    places.append((CLAIM, files(engine, settings)))
    process = Process(engine, settings, committer, worker, collector)
    return Front(Paths(places), pages(surfaces, process.ready), process.life, trusted(settings.trusted_proxies), QUIET)


def worker_of(engine: Engine, directory: Directory, settings: Settings) -> Worker:
    """The worker with the sender of every dialect that can be told."""
    senders = {dialect.name: dialect.sender for dialect in find().values() if dialect.sender is not None}
    return Worker(engine, directory, settings, senders, [work_off])


def collector_of(engine: Engine, directory: Directory, settings: Settings) -> Collector:
    """The collector with the reader of every dialect that has files."""
    readers = {dialect.name: dialect.files for dialect in find().values() if dialect.files is not None}
    return Collector(engine, settings, readers, directory)


def _surfaces(hub: Hub) -> tuple[dict[str, FastAPI], list[tuple[Claim, ASGIApp]]]:
    """The surfaces by their dialect's name, and the paths that they claim."""
    surfaces: dict[str, FastAPI] = {}
    places: list[tuple[Claim, ASGIApp]] = []
    for dialect in find().values():
        if dialect.surface is not None:
            surfaces[dialect.name] = dialect.surface(hub)
            places += [(claim, surfaces[dialect.name]) for claim in dialect.claims]
    return surfaces, places
