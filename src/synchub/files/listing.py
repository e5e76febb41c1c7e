"""Looking at files: lists of them, and one."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.errors import NotFound
from synchub.files.tables import FileRun

PAGE = 1000


def list_files(
    session: Session, *, connection: str | None = None, state: str | None = None, limit: int | None = None
) -> Iterator[tuple[FileRun, str]]:
    """Files from the latest back, each with its connection's name."""
    statement = select(FileRun, Connection.name).join(Connection, Connection.id == FileRun.connection_id)
    if connection is not None:
        statement = statement.where(Connection.name == connection)
    if state is not None:
        statement = statement.where(FileRun.state == state)
    statement = statement.order_by(FileRun.id.desc()).limit(limit)
    for row in session.execute(statement.execution_options(yield_per=PAGE)):
        yield row[0], row[1]


def get_file(session: Session, file: int) -> FileRun:
    """A file by its number.

    Raises:
        NotFound: there is none with it.
    """
    found = session.get(FileRun, file)
    if found is None:
        raise NotFound(f"there is no file {file}: see 'synchub file list'")
    return found
