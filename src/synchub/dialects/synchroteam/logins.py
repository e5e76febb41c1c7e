"""Keys that are log-ins: people type them in any letter case, and one that was given up is free for somebody else.

Two log-ins that differ in nothing but letter case are one (JOB-8 of facts/synchroteam_endpoints.json). A connection's
own come first, then our codes; of several the one is meant that is spelled as it was said.
"""

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import HUB, Connection
from synchub.master.locating import Key, find
from synchub.master.tables import CrossReference

COPIES = db.table_of(CrossReference)


def known_as(session: Session, connection: Connection, entity: str, login: str) -> str:
    """A log-in as it is spelled where it is known, else as it was said."""
    if find(session, {Key(connection.id, entity, login)}):
        return login
    wanted = login.casefold()
    for owner in (connection.id, HUB) if connection.matches_code else (connection.id,):
        keys = select(COPIES.c.external_key).where(COPIES.c.connection_id == owner, COPIES.c.entity == entity)
        same = [key for key in session.scalars(keys.order_by(COPIES.c.id)) if key.casefold() == wanted]
        if same:
            return login if login in same else same[0]
    return login


def hold(session: Session, entity: str, login: str) -> None:
    """Let no other request found a record with this log-in until the transaction ends: its first lock of all."""
    db.lock_digests(session, [hashlib.sha256(repr((entity, login.casefold())).encode()).digest()])
