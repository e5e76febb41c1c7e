"""A delivery of which nobody knows whether it arrived."""

from sqlalchemy import select
from tests.files.press import Press

from synchub import clock, db
from synchub.master import copies as copying
from synchub.master.convergence import depart
from synchub.master.tables import CrossReference
from synchub.master.values import Value


def unsure(press: Press, key: str, **sent: Value) -> None:
    """Send a copy something, and hear no answer."""
    table = db.table_of(CrossReference)
    with db.writing(press.engine) as session:
        which = (table.c.connection_id == press.connection, table.c.external_key == key)
        copy = copying.load(session.execute(select(table).where(*which)).one())
        depart(copy, {**sent, "exists": True}, "token", 1, 0, clock.now())
        session.execute(table.update().where(*which).values(copying.document(copy)))
