"""synchub serve, work, collect and migrate: the processes of a hub, and its schema."""

from typing import Annotated

import typer


def serve(
    *, demo: Annotated[bool, typer.Option("--demo", help="with demo connections, on a store that it makes")] = False
) -> None:
    """Answer partners, and on SQLite tell them and fetch their files too."""
    from synchub.cli.serving import serve_hub

    serve_hub(demo=demo)


def work() -> None:
    """Tell partners what changed, beside any number of processes that serve."""
    from synchub.cli.serving import work_for_hub

    work_for_hub()


def collect(
    *,
    once: Annotated[bool, typer.Option("--once", help="look into every place once, due or not, and end")] = False,
) -> None:
    """Fetch the files of partners and store what is in them, beside any number of processes that serve."""
    from synchub.cli.serving import collect_for_hub

    collect_for_hub(once=once)


def migrate() -> None:
    """Make the store, or bring its schema up to date."""
    from synchub.cli.store import migrate_store

    migrate_store()
    print("The store's schema is up to date.")
