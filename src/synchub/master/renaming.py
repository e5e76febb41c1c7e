"""A record that its partner calls by another key from now on.

Images say whom they refer to by that key, so they are told the new one; nobody has stated anything. The former key
names nothing of that partner's any more, and is free for another record.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Text, bindparam, or_, select, type_coerce, update
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.master import copies as copying
from synchub.master.copies import Copy, Held
from synchub.master.entities import ENTITIES
from synchub.master.locating import Key, find
from synchub.master.naming import COPIES, RECORDS, copies_by, found, lock_records, write_names

_TOLD: Any = (
    update(COPIES).where(COPIES.c.id == bindparam("b_id")).values(image=bindparam("image"), known=bindparam("known"))
)


def rename(session: Session, copy: Row[Any], record: Row[Any], key: str) -> None:
    """Give a copy another key; the code of its record follows, if it was the former one, or but the record's own id.

    A code by which another partner calls the record too stays; one that cannot follow, because the key is taken, is the
    id again.
    """
    old, own = copy.external_key, str(record.id)
    write_names(session, "external_key", [(copy.id, key)])
    follow(session, copy.connection_id, copy.entity, record.id, (old, key))
    coded = find(session, {Key(HUB, copy.entity, each) for each in (own, old, key)})
    ours = {name.key: row for name, row in coded.items() if row.record_id == record.id}
    is_taken = Key(HUB, copy.entity, key) in coded
    if own in ours and not is_taken:
        _recode(session, ours[own], key)
    elif old in ours and old != own and _was_its_own(session, copy):
        _recode(session, ours[old], own if is_taken else key)


def _was_its_own(session: Session, copy: Row[Any]) -> bool:
    """Whether a copy's former key was our code because of its partner alone."""
    callers = select(Connection.id).join(COPIES, COPIES.c.connection_id == Connection.id)
    same = (COPIES.c.record_id == copy.record_id, COPIES.c.external_key == copy.external_key)
    others = session.scalars(callers.where(*same, Connection.id != HUB, Connection.matches_code)).all()
    return not others and session.get_one(Connection, copy.connection_id).matches_code


def give_up(session: Session, connection: Connection, entity: str, key: str) -> Row[Any] | None:
    """Let a key that a partner gave up name nothing of its, also where it is our code and would be looked up so.

    Then it is vacant: an empty record has it there, until the partner gives it to one. Returns the copy that is made.
    """
    if not find(session, {Key(HUB, entity, key)}):
        return None
    (record,) = found(session, connection, entity, 1)
    (copy,) = copies_by(session, connection.id, entity, "record_id", {record})
    write_names(session, "external_key", [(copy.id, key)])
    (vacant,) = copies_by(session, connection.id, entity, "record_id", {record})
    return vacant


def _recode(session: Session, ours: Row[Any], code: str) -> None:
    """Give a record another code; `ours` is the hub's own copy."""
    record, old = ours.record_id, ours.external_key
    write_names(session, "external_key", [(ours.id, code)])
    session.execute(update(RECORDS).where(RECORDS.c.id == record, RECORDS.c.code == old).values(code=code))
    follow(session, HUB, ours.entity, record, (old, code))


def follow(session: Session, owner: int, entity: str, record: int, keys: tuple[str, str]) -> None:
    """Let the copies that refer to a record by its old key do so by its new one, whether or not their word counts."""
    for other, names in _referring(entity):
        typed = db.table_of(ENTITIES[other])
        ids = _saying(session, owner, other, names, keys[0])
        for name in names:
            ids |= set(session.scalars(select(typed.c.id).where(typed.c[name] == record)))
        lock_records(session, ids)
        rows = [_document(copy, names, keys) for copy in _copies(session, owner, other, ids)]
        if told := [row for row in rows if row]:
            session.execute(_TOLD, told)


def _saying(session: Session, owner: int, entity: str, names: Collection[str], key: str) -> set[int]:
    """The records of which a partner says this key in one of these fields, though others overruled it.

    Nothing but the images knows such words; those that are overruled are read for them, which few are.
    """
    mine = (COPIES.c.overruled, COPIES.c.connection_id == owner, COPIES.c.entity == entity)
    image, spelled = type_coerce(COPIES.c.image, Text), json.dumps(key, ensure_ascii=False)
    said = or_(*(image.contains(f'"{name}":{spelled}', autoescape=True) for name in names))
    return set(session.scalars(select(COPIES.c.record_id).where(*mine, said)))


def _referring(entity: str) -> Iterator[tuple[str, list[str]]]:
    """The entities that refer to one, each with the fields that do."""
    for other, made in ENTITIES.items():
        if names := [name for name, to in made.references().items() if to == entity]:
            yield other, names


def _copies(session: Session, owner: int, entity: str, records: Collection[int]) -> Iterator[Copy]:
    if not records:
        return
    mine = (COPIES.c.connection_id + 0 == owner, COPIES.c.entity == entity)
    among = db.among(COPIES.c.record_id, sorted(records))
    locked = db.locked(select(COPIES).where(*mine, among).order_by(COPIES.c.id))
    yield from map(copying.load, session.execute(locked).all())


def _document(copy: Copy, names: Collection[str], keys: tuple[str, str]) -> dict[str, Any] | None:
    """What is to be written of a copy that refers by the old key; None if it does not."""
    old, new = keys
    touched = False
    for name in names:
        if copy.said(name) == old:
            copy.image[name], touched = replace(copy.image[name], value=new), True
        held = copy.known.get(name)
        if held and old in held.values:
            copy.known[name], touched = Held(held.values - {old} | {new}, held.at), True
    document = copying.document(copy)
    return {"b_id": copy.id, "image": document["image"], "known": document["known"]} if touched else None
