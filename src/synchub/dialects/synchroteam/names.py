"""Names in any letter case: logins, which are one in any (JOB-8), names of what has no key, and names in paths (EQ-1).

Of several logins that differ in nothing but letter case the one is meant that is spelled as it was said; a connection's
own come first, then our codes.
"""

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.master.entities import Entity, entity_of
from synchub.master.locating import Key, find
from synchub.master.record import search_key
from synchub.master.tables import CrossReference, MasterRecord

COPIES = db.table_of(CrossReference)
RECORDS = db.table_of(MasterRecord)


def known_as(session: Session, connection: Connection, entity: str, login: str) -> str:
    """A login as it is spelled where it is known, else as it was said."""
    if find(session, {Key(connection.id, entity, login)}):
        return login
    wanted = login.casefold()
    for owner in (connection.id, HUB) if connection.matches_code else (connection.id,):
        keys = select(COPIES.c.external_key).where(COPIES.c.connection_id == owner, COPIES.c.entity == entity)
        same = [key for key in session.scalars(keys.order_by(COPIES.c.id)) if key.casefold() == wanted]
        if same:
            return login if login in same else same[0]
    return login


def hold(session: Session, entity: str, name: str) -> None:
    """Let no other request found a record of this name until the transaction ends: its first lock of all."""
    db.lock_digests(session, [hashlib.sha256(repr((entity, name.casefold())).encode()).digest()])


def called(session: Session, made: type[Entity], name: str) -> list[int]:
    """The records of this name, in any letter case: whoever sees them.

    No database folds more than ASCII for sure: they are looked up as they are searched, and compared here.
    """
    typed = db.table_of(made)
    alike = (RECORDS.c.entity == entity_of(made), RECORDS.c.label_key == search_key(name))
    found = session.execute(select(typed.c.id, typed.c.name).join(RECORDS, RECORDS.c.id == typed.c.id).where(*alike))
    return [row.id for row in found if row.name and row.name.casefold() == name.casefold()]
