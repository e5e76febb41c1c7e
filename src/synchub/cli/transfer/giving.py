"""Records of the store on their way into files."""

import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from synchub import db
from synchub.cli.store import Opened
from synchub.cli.transfer import lines
from synchub.cli.transfer.enclosed import Shelf
from synchub.cli.transfer.folders import chosen, name_of
from synchub.cli.transfer.storing import partner
from synchub.connections.tables import Connection
from synchub.dialects.dialect import Transfer
from synchub.errors import Misconfigured

UNFINISHED = ".part"


def show(hub: Opened, name: str, entities: Collection[str], *, as_csv: bool) -> None:
    """Print the records of one entity.

    Raises:
        Misconfigured: it is not one that can be shown so.
    """
    connection, transfers = partner(hub, name)
    wanted = chosen(transfers, entities)
    if len(wanted) > 1:
        known = ", ".join(each.entity for each in wanted)
        raise Misconfigured(f"say which with --entity ({known}), or where all may go with --to DIRECTORY")
    (transfer,) = wanted
    if as_csv and transfer.columns is None:
        raise Misconfigured(f"a {transfer.entity} is too deep for a table: leave --csv out")
    with db.reading(hub.engine, at_one_moment=True) as session:
        for text in _texts(session, connection, transfer, None, as_csv=as_csv):
            print(text, end="")
    if transfer.enclosed:
        print(f"the bytes of each {transfer.entity} are written with --to only", file=sys.stderr)


def write(hub: Opened, name: str, entities: Collection[str], folder: Path, *, as_csv: bool) -> None:
    """Write the records of each entity into a file of a directory, all as of one moment.

    Raises:
        Misconfigured: the directory is no new or empty one.
    """
    connection, transfers = partner(hub, name)
    wanted = chosen(transfers, entities)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Misconfigured(f"'{folder}' is not empty: records of another day would be taken for these")
    shelf = Shelf(hub.settings, folder)
    with db.reading(hub.engine, at_one_moment=True) as session:
        for place, transfer in enumerate(transfers, 1):
            if transfer in wanted:
                table = as_csv and transfer.columns is not None
                texts = _texts(session, connection, transfer, shelf, as_csv=table)
                _put(folder / name_of(place, transfer, as_csv=table), texts)


def _texts(
    session: Session, connection: Connection, transfer: Transfer, shelf: Shelf | None, *, as_csv: bool
) -> Iterator[str]:
    """The text of a file, piece by piece; what its lines enclose is put on a shelf as they pass."""
    given = transfer.give(session, connection)
    if transfer.enclosed and shelf:
        given = shelf.noting(given, transfer.enclosed)
    if as_csv and transfer.columns is not None:
        return lines.table(given, transfer.columns)
    return (f"{line}\n" for line in given)


def _put(path: Path, texts: Iterator[str]) -> None:
    """Write a file, which has its name once it is whole and on the disk."""
    unfinished = path.with_name(path.name + UNFINISHED)
    with unfinished.open("x", encoding="utf-8", newline="") as file:
        file.writelines(texts)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
