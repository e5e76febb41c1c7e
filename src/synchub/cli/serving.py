"""Running the processes of a hub until they are told to stop."""

import errno
import gc
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from threading import Event

import uvicorn
from starlette.types import ASGIApp

from synchub import app, dialects, schema
from synchub.app import logs
from synchub.cli.alone import alone
from synchub.cli.store import migrate_store, opened
from synchub.config import Role, Settings
from synchub.connections.directory import Directory
from synchub.demo import secrets
from synchub.demo.connections import banner, prepare
from synchub.demo.page import PAGE, beside, receiver
from synchub.errors import Misconfigured, Unavailable
from synchub.files.collecting import Collector
from synchub.outbox.worker import Worker
from synchub.resync.working import work_off

YOUNG = 10_000
"""The objects made and not freed after which the collector looks for cycles among them."""
BACKLOG = 2048


def serve_hub(*, demo: bool) -> None:
    """Answer partners until SIGTERM; with `demo`, on a store and with connections that are made first."""
    settings = secrets.fit(Settings()) if demo else Settings()
    if Role.WEB not in settings.role_set:
        raise Misconfigured(f"SYNCHUB_ROLES={settings.roles} leaves nothing to serve: run 'synchub work', or add web")
    settings.check_secret_key()
    if demo:
        migrate_store(settings)
    check_schema(settings)
    for number in (signal.SIGTERM, signal.SIGINT):  # until the server listens to them, and when it has ended
        signal.signal(number, lambda *_: sys.exit())
    with alone(settings, *settings.role_set), listening(settings) as (listener, base):
        if demo:
            run_web(settings, beside(app.build(settings), _demo_page(settings, base)), listener)
        else:
            print(f"synchub listens at {base}", flush=True)
            run_web(settings, app.build(settings), listener)


def work_for_hub() -> None:
    """Tell partners what changed until SIGTERM."""
    settings = Settings()
    settings.check_secret_key()
    check_schema(settings)
    logs.configure(settings.log_format)
    senders = {name: dialect.sender for name, dialect in dialects.find().items() if dialect.sender is not None}
    with alone(settings, Role.WORK), opened(settings) as hub:
        directory = Directory(hub.engine, hub.vault.secret_key)
        worker = Worker(hub.engine, directory, settings, senders, [work_off])
        run_part(worker, settings.drain_seconds, "synchub tells partners what changed")


def collect_for_hub(*, once: bool) -> None:
    """Fetch the files of partners until SIGTERM, or `once`.

    Raises:
        Unavailable: with `once`, some places could not be looked into; the text says why.
    """
    settings = Settings()
    settings.check_secret_key()
    check_schema(settings)
    logs.configure(settings.log_format)
    with opened(settings) as hub:
        collector = app.collector_of(hub.engine, Directory(hub.engine, hub.vault.secret_key), settings)
        if not once:
            with alone(settings, Role.COLLECT):
                run_part(collector, settings.drain_seconds, "synchub collects files")
        elif failed := collector.look():
            raise Unavailable("; ".join(f"{name}: {reason}" for name, reason in failed.items()))


def _demo_page(settings: Settings, base: str) -> ASGIApp:
    """Where the demo receives, once its connections are there and the newcomer knows of them."""
    page = base + PAGE
    with opened(settings) as hub:
        made = prepare(hub.engine, settings, page)
    print(banner(settings, base, page, made), flush=True)
    return receiver(next(each["secret"] for each in made.values() if "secret" in each))


def check_schema(settings: Settings) -> None:
    """See that the store is there and fit for this code.

    Raises:
        Misconfigured: it is not; the text says what to do.
    """
    with opened(settings) as hub:
        schema.check(hub.engine)


def run_part(part: Worker | Collector, drain: float, said: str) -> None:
    """Work until SIGTERM or SIGINT, then finish what is under way and give back the rest."""
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    part.start()
    print(said, flush=True)
    ended.wait()
    part.stop(drain)


@contextmanager
def listening(settings: Settings) -> Iterator[tuple[socket.socket, str]]:
    """The socket that the hub listens on, and the URL that it is reached at from this machine.

    Raises:
        Misconfigured: the address or the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(BACKLOG)
        except OSError as error:
            raise Misconfigured(_why_not(settings, error)) from None
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - read, not bound
        yield listener, f"http://{host}:{listener.getsockname()[1]}"


def _why_not(settings: Settings, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {settings.port} of {settings.host} is taken: stop what listens there, or set SYNCHUB_PORT"
    return (
        f"cannot listen at {settings.host} port {settings.port} ({error.strerror}): set SYNCHUB_HOST and SYNCHUB_PORT"
    )


def run_web(settings: Settings, hub_app: ASGIApp, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was accepted."""
    config = uvicorn.Config(
        hub_app,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=ceil(settings.drain_seconds / 2),  # the other half goes to what they left behind
    )
    server = uvicorn.Server(config)
    gc.collect()
    gc.freeze()  # what is there by now stays: it need not be looked through for the sake of each request's waste
    gc.set_threshold(YOUNG)
    server.run(sockets=[listener])
    if not server.started:
        raise Misconfigured("the hub could not start: its log says why")
