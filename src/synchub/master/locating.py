"""From a partner's key to the record: finding copies, and making those that nobody sent before.

A copy that is new is linked to the record that holds its key as our code where its connection matches by code, else it
founds a record; a record's own number is no code without our mark. Rows are inserted in one statement, sorted by
connection, entity and key, so that two processes that insert the same keys wait for each other in one order; whoever
comes second finds the first one's rows.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.master.entities import ENTITIES
from synchub.master.numbered import records_marked
from synchub.master.series import draw_records
from synchub.master.tables import CrossReference, MasterRecord

REFERENCES = db.table_of(CrossReference)
_FOUND = select(REFERENCES).where(
    db.many(REFERENCES.c.connection_id, "connections"),
    db.many(REFERENCES.c.entity, "entities"),
    db.many(REFERENCES.c.external_key, "keys"),
)


class Key(NamedTuple):
    """What names a copy."""

    connection: int
    entity: str
    key: str


def find(session: Session, keys: Collection[Key]) -> dict[Key, Row[Any]]:
    """The cross references of these keys, as rows, by key; keys without one are left out."""
    if not keys:
        return {}
    asked = {
        "connections": sorted({key.connection for key in keys}),
        "entities": sorted({key.entity for key in keys}),
        "keys": sorted({key.key for key in keys}),
    }
    rows = session.execute(_FOUND, asked)
    found = {Key(row.connection_id, row.entity, row.external_key): row for row in rows}
    return {key: found[key] for key in keys if key in found}


def find_codes(session: Session, entity: str, codes: Collection[str]) -> dict[str, int]:
    """The records that have these codes, by code.

    Not those whose code is but their own number, because nobody gave them one: whoever says that number as a key means
    something else, such as a record of another hub, which numbers alike. The number with our mark is one (`numbered`).
    """
    found = find(session, {Key(HUB, entity, code) for code in codes})
    coded = {key.key: row.record_id for key, row in found.items() if not _is_number(row)}
    return records_marked(session, entity, codes) | coded


def _is_number(row: Row[Any]) -> bool:
    return bool(row.external_key == str(row.record_id))


def find_or_make(session: Session, keys: Collection[Key], partners: Mapping[int, Connection]) -> dict[Key, Row[Any]]:
    """The cross references of these keys; those that are missing are made, with records where they found one."""
    found = find(session, keys)
    missing = sorted(set(keys) - found.keys())
    if missing:
        found.update(_make(session, missing, partners))
    return found


def _make(session: Session, missing: list[Key], partners: Mapping[int, Connection]) -> dict[Key, Row[Any]]:
    codes = {key: Key(HUB, key.entity, key.key) for key in missing if partners[key.connection].matches_code}
    known = find(session, set(codes.values()))
    coded = _marked(session, codes.values())
    coded |= {code: row.record_id for code, row in known.items() if not _is_number(row)}
    new_codes = sorted(set(codes.values()) - known.keys() - coded.keys())
    numbers = known.keys() - coded.keys()
    alone = [key for key in missing if key not in codes or codes[key] in numbers]
    ids = draw_records(session, len(new_codes) + len(alone))
    founded = dict(zip([*new_codes, *alone], ids, strict=True))
    records = {key: founded.get(key) or _record_of_code(key, founded, coded) for key in missing}
    _insert(session, {**{code: founded[code] for code in new_codes}, **records})
    made = find(session, {*missing, *new_codes})
    _adopt(session, made, records, founded)
    made = find(session, missing) if _lost(made, founded) else made
    _found_records(session, {key: row for key, row in made.items() if key.connection != HUB}, set(founded.values()))
    return {key: made[key] for key in missing}


def _marked(session: Session, codes: Iterable[Key]) -> dict[Key, int]:
    """The records that codes name which are our number of them with our mark."""
    names: dict[str, set[str]] = {}
    for code in codes:
        names.setdefault(code.entity, set()).add(code.key)
    found = {entity: records_marked(session, entity, keys) for entity, keys in names.items()}
    return {Key(HUB, entity, key): record for entity, some in found.items() for key, record in some.items()}


def _record_of_code(key: Key, founded: Mapping[Key, int], coded: Mapping[Key, int]) -> int:
    code = Key(HUB, key.entity, key.key)
    return founded[code] if code in founded else coded[code]


def _insert(session: Session, records: Mapping[Key, int]) -> None:
    rows = [
        {
            "connection_id": key.connection,
            "entity": key.entity,
            "external_key": key.key,
            "record_id": records[key],
            "home_record_id": records[key],
            "sent_number": 0,
        }
        for key in sorted(records)
    ]
    session.execute(founding(sqlite=db.is_sqlite(session)), rows)


@cache
def founding(*, sqlite: bool) -> Any:
    """The INSERT of cross references that leaves alone those that are there."""
    return db.inserting(REFERENCES, sqlite=sqlite).on_conflict_do_nothing()


def _lost(made: Mapping[Key, Row[Any]], founded: Mapping[Key, int]) -> bool:
    """Whether another process made one of our codes first."""
    return any(code in made and made[code].record_id != record for code, record in founded.items())


def _adopt(
    session: Session, made: Mapping[Key, Row[Any]], records: Mapping[Key, int], founded: Mapping[Key, int]
) -> None:
    """Link the rows that we inserted to the record of their code where another process founded that first."""
    moves = []
    for key, record in records.items():
        code = Key(HUB, key.entity, key.key)
        if code in founded and made[key].record_id == record != made[code].record_id:
            moves.append({"copy": made[key].id, "record": made[code].record_id})
    if moves:
        statement = (
            update(REFERENCES)
            .where(REFERENCES.c.id == bindparam("copy"))
            .values(record_id=bindparam("record"), home_record_id=bindparam("record"))
        )
        session.execute(statement, moves)


def _found_records(session: Session, made: Mapping[Key, Row[Any]], drawn: set[int]) -> None:
    """Insert the records that our new copies found, each with its empty typed row."""
    founders = {row.record_id: key for key, row in sorted(made.items(), reverse=True) if row.record_id in drawn}
    if not founders:
        return
    shared = [
        {
            "id": record,
            "entity": key.entity,
            "code": key.key,
            "label": key.key,
            "label_key": key.key.casefold(),
        }
        | {"version": 0, "changed": 0, "exists": False, "exists_stamp": 0, "last_stamp": 0}
        for record, key in sorted(founders.items())
    ]
    session.execute(db.table_of(MasterRecord).insert(), shared)
    for entity, ids in by_entity((key.entity, record) for record, key in sorted(founders.items())).items():
        session.execute(db.table_of(ENTITIES[entity]).insert(), [{"id": record} for record in ids])


def by_entity(pairs: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    """Record ids grouped by their entity."""
    groups: dict[str, list[int]] = {}
    for entity, record in pairs:
        groups.setdefault(entity, []).append(record)
    return groups
