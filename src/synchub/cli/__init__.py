"""The command line: one module per noun. Every error is one line on stderr that says what to do.

A module is imported only when its noun is asked for, so that the help is there at once.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

import typer

from synchub.cli.processes import collect, migrate, serve, work
from synchub.cli.sftp import sftp_server
from synchub.cli.transfer import export, import_

NOUNS = {
    "connection": ("connections", "Partners: who may come in and who is told."),
    "record": ("records", "Master data: what is true, and why."),
    "message": ("messages", "The journal: what arrived, and what became of it."),
    "delivery": ("deliveries", "The outbox: what partners must still be told."),
    "file": ("files", "Files: what came, and what became of their rows."),
    "resync": ("resyncs", "What is being told again."),
    "link": ("links", "Links that open a report or a file to whoever has them."),
    "alert": ("alerts", "What an operator must know, while it lasts."),
}


def main() -> None:
    """The `synchub` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # for a terminal that cannot write every sign
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    app = application(next(iter(arguments), ""))
    try:
        return int(app(args=list(arguments), prog_name="synchub", standalone_mode=False) or 0)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more when it ends
        return 1
    except Exception as error:
        from synchub.cli.faults import explained

        said = explained(error)
        if said is None:
            raise
        print(said[0], file=sys.stderr)
        return said[1]


def application(asked: str) -> typer.Typer:
    """All commands; of the nouns, only the one that is asked for has its own."""
    app = typer.Typer(
        help="A self-hosted integration hub: partners keep their own dialect, one store holds what is true.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    for command in (serve, work, collect, migrate, export):
        app.command()(command)
    app.command("import")(import_)
    app.command("sftp-server")(sftp_server)
    for noun, (module, what) in NOUNS.items():
        group = import_module(f"synchub.cli.{module}").app if noun == asked else typer.Typer(callback=_nothing)
        app.add_typer(group, name=noun, help=what)
    return app


def _nothing() -> None:
    """Stands in for the commands of a noun that is not asked for."""
