"""synchub serve, work and migrate: the processes of a hub, and its schema."""

import errno
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from synchub.cli.store import opened
from synchub.config import Settings
from synchub.demo import secrets
from synchub.errors import Misconfigured

if TYPE_CHECKING:
    from starlette.types import ASGIApp

BACKLOG = 2048


def add_to(app: typer.Typer) -> None:
    """Register the commands that have no noun."""
    for command in (serve, work, migrate):
        app.command()(command)


def serve(
    *, demo: Annotated[bool, typer.Option("--demo", help="with demo connections, on a store that it makes")] = False
) -> None:
    """Answer partners, and on SQLite tell them too."""
    from synchub import app
    from synchub.app import logs

    settings = secrets.fit(Settings()) if demo else Settings()
    settings.check_secret_key()
    if demo:
        migrate_store(settings)
    check_schema(settings)
    logs.configure(settings.log_format)
    with listening(settings) as (listener, base):
        if demo:
            run_web(settings, _demonstrated(settings, app.build(settings), base), listener)
        else:
            print(f"synchub listens at {base}", flush=True)
            run_web(settings, app.build(settings), listener)


def _demonstrated(settings: Settings, app: "ASGIApp", base: str) -> "ASGIApp":
    """The hub with its demo connections and their page; tells the newcomer of them."""
    from synchub.demo.connections import banner, prepare
    from synchub.demo.page import beside, receiver

    with opened(settings) as hub:
        made = prepare(hub.engine, settings, base)
    print(banner(settings, base, made), flush=True)
    return beside(app, receiver(next(each["secret"] for each in made.values() if "secret" in each)))


def check_schema(settings: Settings) -> None:
    """See that the store is there and fit for this code.

    Raises:
        Misconfigured: it is not; the text says what to do.
    """
    from synchub import schema

    with opened(settings) as hub:
        schema.check(hub.engine)


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


def run_web(settings: Settings, app: "ASGIApp", listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was accepted."""
    import uvicorn

    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=round(settings.drain_seconds),
    )
    server = uvicorn.Server(config)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # the server raises once more what had stopped it
    server.run(sockets=[listener])
    if not server.started:
        raise Misconfigured("the hub could not start: its log says why")


def work() -> None:
    """Tell partners what changed, beside any number of processes that serve."""
    settings = Settings()
    settings.check_secret_key()
    check_schema(settings)


def migrate() -> None:
    """Make the store, or bring its schema up to date."""
    migrate_store(Settings())
    print("The store's schema is up to date.")


def migrate_store(settings: Settings) -> None:
    """Make the store's schema what this code needs; a store that is newer is left alone."""
    from synchub import schema

    with opened(settings, must_exist=False) as hub:
        schema.migrate(hub.engine)
