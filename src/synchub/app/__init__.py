"""The application: it opens the store, asks each dialect for its surface, and starts committer and worker."""

from synchub.app.front import Front, Paths
from synchub.app.pages import QUIET, pages
from synchub.app.process import Part, Process
from synchub.app.proxies import trusted
from synchub.config import Settings
from synchub.connections.directory import Directory
from synchub.db import open_engine
from synchub.dialects import find
from synchub.dialects.dialect import Hub
from synchub.intake.committer import Committer


def build(settings: Settings) -> Front:
    """The hub as one ASGI application.

    Nothing is connected to or started before the server's lifespan begins.

    Raises:
        Misconfigured: a setting is wrong, or two dialects claim one path.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.store_url)
    parts: list[Part] = []
    directory = Directory(engine, settings.secret_key.get_secret_value())
    committer = Committer(engine, settings)
    hub = Hub(settings, engine, committer, directory)
    dialects = [dialect for dialect in find().values() if dialect.surface is not None]
    surfaces = {dialect.name: dialect.surface(hub) for dialect in dialects if dialect.surface is not None}
    places = [(claim, surfaces[dialect.name]) for dialect in dialects for claim in dialect.claims]
    process = Process(engine, settings, committer, parts)
    rest = pages(surfaces, process.ready)
    return Front(Paths(places), rest, process.life, trusted(settings.trusted_proxies), QUIET)
