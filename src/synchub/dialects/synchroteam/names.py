"""Names in any letter case: logins, which are one in any (JOB-8), names of what has no key, and names in paths (EQ-1).

Of several logins that differ in nothing but letter case the one is meant that is spelled as it was said; a connection's
own come first, then our codes.
"""

import hashlib
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.master.entities import Entity, entity_of
from synchub.master.record import search_key
from synchub.master.tables import CrossReference, MasterRecord

COPIES = db.table_of(CrossReference)
RECORDS = db.table_of(MasterRecord)


def known_as(session: Session, connection: Connection, entity: str, login: str) -> str:
    """A login as it is spelled where it is known, else as it was said; a vacant one counts where no other is known."""
    if session.scalar(_keys(connection.id, entity).where(COPIES.c.external_key == login, RECORDS.c.changed > 0)):
        return login
    own = _alike(session, connection.id, entity, login)
    known = [key for key, stated in own if stated] or [key for key, _ in own]
    if not known and connection.matches_code:
        known = [key for key, _ in _alike(session, HUB, entity, login)]
    return login if login in known or not known else known[0]


def _keys(owner: int, entity: str) -> Select[Any]:
    """An owner's keys, the oldest first; and whether anything was stated of their records."""
    keys = select(COPIES.c.external_key, RECORDS.c.changed > 0).join(RECORDS, RECORDS.c.id == COPIES.c.record_id)
    return keys.where(COPIES.c.connection_id == owner, COPIES.c.entity == entity).order_by(COPIES.c.id)


def _alike(session: Session, owner: int, entity: str, login: str) -> list[tuple[str, bool]]:
    """An owner's keys that are this login in any letter case."""
    wanted = login.casefold()
    return [(key, stated) for key, stated in session.execute(_keys(owner, entity)) if key.casefold() == wanted]


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
