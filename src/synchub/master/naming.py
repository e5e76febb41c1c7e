"""What a partner calls a record: by its key, by a number of its own (`their_id`), or by our record id.

These write the cross references that a partner's own names ask for. Whoever calls them holds the records' locks
(`lock`), and ends in `intake.write` in the same transaction.
"""

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Row, Select, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.master.entities import ENTITIES
from synchub.master.locating import Key, find
from synchub.master.series import draw_records
from synchub.master.tables import CrossReference, MasterRecord

COPIES = db.table_of(CrossReference)
RECORDS = db.table_of(MasterRecord)

_RECORDS_BY_ID = (
    select(RECORDS).where(RECORDS.c.entity == bindparam("entity"), db.many(RECORDS.c.id, "ids")).order_by(RECORDS.c.id)
)

LONGEST_KEY = 255


def owner_of(copies: FromClause) -> ColumnElement[int]:
    """Whose copies they are, in a statement that looks them up by record.

    Without statistics a database would take the index that begins with the connection, and read all that it has.
    """
    return copies.c.connection_id + 0


def copies_by(session: Session, connection: int, entity: str, column: str, values: Collection[Any]) -> list[Row[Any]]:
    """A connection's copies whose `their_id`, `external_key` or `record_id` is one of these, oldest first."""
    if not values:
        return []
    given = {"connection": connection, "entity": entity, "values": sorted(values)}
    return list(session.execute(_copies_by(column), given))


@cache
def _copies_by(column: str) -> Select[Any]:
    return _among_copies(select(COPIES), column)


def _among_copies(statement: Select[Any], column: str) -> Select[Any]:
    owner = owner_of(COPIES) if column == "record_id" else COPIES.c.connection_id
    mine = (owner == bindparam("connection", type_=Integer), COPIES.c.entity == bindparam("entity"))
    return statement.where(*mine, db.many(COPIES.c[column], "values")).order_by(COPIES.c.id)


def records_called(
    session: Session, connection: int, entity: str, column: str, names: Collection[str]
) -> dict[str, int]:
    """The records of a connection's copies, by their `their_id` or `external_key`: of several the oldest copy's."""
    if not names:
        return {}
    given = {"connection": connection, "entity": entity, "values": sorted(names)}
    rows = session.execute(_records_called(column), given).all()
    return {row[0]: row.record_id for row in reversed(rows)}


@cache
def _records_called(column: str) -> Select[Any]:
    return _among_copies(select(COPIES.c[column], COPIES.c.record_id), column)


def codes_of(session: Session, entity: str, records: Collection[int]) -> dict[int, str]:
    """Our codes of records: the keys by which the hub itself knows them."""
    return {row.record_id: row.external_key for row in copies_by(session, HUB, entity, "record_id", records)}


def copies_with_ids(session: Session, ids: Collection[int]) -> dict[int, Row[Any]]:
    """Copies as they are now, by their own ids."""
    if not ids:
        return {}
    return {row.id: row for row in session.execute(select(COPIES).where(db.among(COPIES.c.id, sorted(ids))))}


def records_by_id(session: Session, entity: str, ids: Collection[int], *, lock: bool = False) -> dict[int, Row[Any]]:
    """The shared columns of an entity's records by id, locked in that order if it is asked for."""
    if not ids:
        return {}
    statement = db.locked(_RECORDS_BY_ID) if lock else _RECORDS_BY_ID
    return {row.id: row for row in session.execute(statement, {"entity": entity, "ids": sorted(ids)})}


def lock_records(session: Session, ids: Collection[int]) -> None:
    """Lock records of whatever entity, in the order of their ids."""
    if ids:
        session.execute(
            db.locked(select(RECORDS.c.id).where(db.among(RECORDS.c.id, sorted(ids))).order_by(RECORDS.c.id))
        )


def adopt(session: Session, connection: int, entity: str, pairs: Iterable[tuple[str, int]]) -> None:
    """Make a connection's copies of records that are there already: pairs of its key and our record id."""
    rows = [
        {
            "connection_id": connection,
            "entity": entity,
            "external_key": key,
            "record_id": record,
            "home_record_id": record,
            "sent_number": 0,
        }
        for key, record in sorted(pairs)
    ]
    if rows:
        _write(session, COPIES.insert(), rows)


def _write(session: Session, statement: Any, rows: list[dict[str, Any]]) -> None:
    try:
        session.execute(statement, rows)
    except IntegrityError as error:
        raise db.Overtaken("another request has just used one of these keys") from error


def found(session: Session, connection: Connection, entity: str, count: int) -> list[int]:
    """Make records for which a partner has no key: their key and our code are their own id, as text."""
    made: list[int] = []
    while len(made) < count:
        drawn = set(draw_records(session, count - len(made)))
        made += sorted(drawn - _taken(session, connection.id, entity, drawn))
    shared = {"version": 0, "changed": 0, "exists": False, "exists_stamp": 0, "last_stamp": 0}
    rows = [
        {"id": id_, "entity": entity, "code": str(id_), "label": str(id_), "label_key": str(id_), **shared}
        for id_ in made
    ]
    if rows:
        session.execute(RECORDS.insert(), rows)
        session.execute(db.table_of(ENTITIES[entity]).insert(), [{"id": id_} for id_ in made])
    for owner in (HUB, connection.id) if connection.matches_code else (connection.id,):
        adopt(session, owner, entity, [(str(id_), id_) for id_ in made])
    return made


def _taken(session: Session, connection: int, entity: str, ids: Collection[int]) -> set[int]:
    """Those of the ids that somebody's key, or this partner's number, is spelled like."""
    texts = [str(id_) for id_ in ids]
    keys = find(session, {Key(owner, entity, text) for owner in (HUB, connection) for text in texts})
    numbers = copies_by(session, connection, entity, "their_id", texts)
    return {int(key.key) for key in keys} | {int(row.their_id) for row in numbers}


def number(session: Session, pairs: Iterable[tuple[int, str]]) -> None:
    """Write down the partner's own numbers: pairs of a copy's id and the number."""
    write_names(session, "their_id", pairs)


def write_names(session: Session, column: str, pairs: Iterable[tuple[int, str]]) -> None:
    """Write down what copies are called, by key or number: pairs of a copy's id and the name."""
    rows = [{"b_id": id_, "name": name} for id_, name in sorted(pairs)]
    if rows:
        naming = update(COPIES).where(COPIES.c.id == bindparam("b_id")).values({column: bindparam("name")})
        _write(session, naming, rows)
