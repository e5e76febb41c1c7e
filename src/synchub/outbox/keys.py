"""The key under which a target will know a record that it does not hold yet, reserved before anything is sent.

It is our code if that is free there (a number that nobody gave goes with our mark: `numbered`), else the target's
template over the key of the record's founder. A record for which neither is free gets a copy without a key
(`is_unkeyed`), which is parked until somebody sets another template.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.master.copies import Copy
from synchub.master.locating import founding
from synchub.master.naming import owner_of
from synchub.master.numbered import marked
from synchub.master.tables import CrossReference
from synchub.outbox.sender import TargetSettings

COPIES = db.table_of(CrossReference)
_COPIES_AT = (
    select(COPIES)
    .where(owner_of(COPIES) == bindparam("target"), db.many(COPIES.c.record_id, "records"))
    .order_by(COPIES.c.id)
)
_FOUNDERS = (
    select(COPIES.c.record_id, COPIES.c.external_key, Connection.name)
    .join(Connection, Connection.id == COPIES.c.connection_id)
    .where(
        db.many(COPIES.c.record_id, "records"),
        COPIES.c.connection_id != HUB,
        COPIES.c.connection_id != bindparam("target"),
    )
    .order_by(COPIES.c.id.desc())
)
_TAKEN = select(COPIES.c.entity, COPIES.c.external_key).where(
    COPIES.c.connection_id == bindparam("target"),
    db.many(COPIES.c.entity, "entities"),
    db.many(COPIES.c.external_key, "keys"),
)
DEFAULT_TEMPLATE = str(TargetSettings.model_fields["key_template"].default)
ROUNDS = 3
NO_KEY = "no key is free for it at the target: neither its code nor its key_template; set another template and retry"

Place = tuple[str, str]
"""An entity and a key: what is unique at one target."""


def unkeyed(record: int) -> str:
    """Stands where a key is still missing; our codes are spelled the same way where a record has none."""
    return f"#{record}"


def is_unkeyed(copy: Copy) -> bool:
    """Whether no key could be reserved for the copy."""
    return copy.key == unkeyed(copy.record) and not copy.image and not copy.sent_number


def reserve(session: Session, connection: Connection, records: Collection[Any]) -> list[Row[Any]]:
    """Copies at a target for records (rows with id, entity and code) that have none there yet.

    A partner may send one of the keys while we choose it: then the record gets another, or what the partner made is its
    copy.
    """
    missing = {record.id: record for record in records}
    found: list[Row[Any]] = []
    for attempt in range(ROUNDS):
        if missing:
            chosen = _choose(session, connection, missing.values(), last=attempt == ROUNDS - 1)
            _insert(session, connection, chosen)
            made = copies_at(session, connection.id, missing)
            found += made
            missing = {id_: missing[id_] for id_ in missing.keys() - {copy.record_id for copy in made}}
    return found


def rekey(session: Session, connection: Connection, stranded: Collection[Copy], records: Mapping[int, Any]) -> None:
    """Give copies without a key one that has become free, if there is one."""
    copies = {copy.record: copy for copy in stranded}
    chosen = _choose(session, connection, [records[id_] for id_ in copies], last=False)
    found = {id_: key for (_, key), id_ in chosen.items() if key != unkeyed(id_)}
    for id_, key in found.items():
        copies[id_].key = key
    if found:
        naming = update(COPIES).where(COPIES.c.id == bindparam("b_id")).values(external_key=bindparam("key"))
        session.execute(naming, [{"b_id": copies[id_].id, "key": key} for id_, key in sorted(found.items())])


def copies_at(session: Session, connection: int, records: Iterable[int]) -> list[Row[Any]]:
    """All copies of records at one target, oldest first."""
    return list(session.execute(_COPIES_AT, {"target": connection, "records": sorted(records)}))


def _choose(session: Session, connection: Connection, records: Collection[Any], *, last: bool) -> dict[Place, int]:
    founders = _founders(session, connection.id, records)
    codes = {record.id: record.code for record in records}
    codes |= marked(session, {record.id for record in records if _is_numbered(record, founders.get(record.id))})
    wanted = {
        record.id: _candidates(connection, record, codes[record.id], founders.get(record.id)) for record in records
    }
    taken = _taken(session, connection.id, {place for places in wanted.values() for place in places})
    chosen: dict[Place, int] = {}
    for record in records:
        places = [] if last else [place for place in wanted[record.id] if place not in taken]
        place = next(iter(places), (record.entity, unkeyed(record.id)))
        taken.add(place)
        chosen[place] = record.id
    return chosen


def _is_numbered(record: Any, founder: Any) -> bool:
    """Whether nobody gave a record a key, so that it is known by its number."""
    known = record.code or (founder.external_key if founder is not None else None)
    return bool(known == str(record.id))


def _candidates(connection: Connection, record: Any, code: str | None, founder: Any) -> list[Place]:
    keys = [code] if code else []
    if founder is not None:
        template = str(connection.settings.get("key_template", DEFAULT_TEMPLATE))
        keys.append(template.replace("{source}", founder.name).replace("{key}", founder.external_key))
    return [(record.entity, key) for key in keys if key]


def _founders(session: Session, target: int, records: Collection[Any]) -> dict[int, Any]:
    """By record id its oldest copy at another partner: its key there and the partner's name."""
    rows = session.execute(_FOUNDERS, {"target": target, "records": sorted(record.id for record in records)})
    return {row.record_id: row for row in rows}


def _taken(session: Session, connection: int, places: Collection[Place]) -> set[Place]:
    """Those of the places that the target has already, and some others."""
    entities, keys = (sorted({place[part] for place in places}) for part in (0, 1))
    rows = session.execute(_TAKEN, {"target": connection, "entities": entities, "keys": keys})
    return {(row.entity, row.external_key) for row in rows}


def _insert(session: Session, connection: Connection, chosen: dict[Place, int]) -> None:
    rows = [
        {
            "connection_id": connection.id,
            "entity": entity,
            "external_key": key,
            "record_id": chosen[entity, key],
            "home_record_id": chosen[entity, key],
            "sent_number": 0,
        }
        for entity, key in sorted(chosen)
    ]
    session.execute(founding(sqlite=db.is_sqlite(session)), rows)
