"""Links that open one record to whoever has them, without credentials, until they are withdrawn.

A token is the record's id and a code over it that only this hub's key makes: 160 bits that nobody guesses. It is worked
out whenever it is shown, so reading stores nothing. Withdrawing a link changes what the code is made of: the old token
opens nothing any more, and the next one that is shown is another.
"""

import base64
import hmac
import re
import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.connections.tables import HUB, Connection
from synchub.contents.tables import Link
from synchub.errors import Misconfigured, NotFound

CODE_BYTES = 20
_ID = struct.Struct(">i")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


def token_of(session: Session, secret_key: str, entity: str, record: int) -> str:
    """The token of a record's link.

    Raises:
        Misconfigured: the hub has no key.
    """
    return _spell(record, _code(session, secret_key, entity, record))


def opened(session: Session, secret_key: str, token: str, entities: Iterable[str]) -> tuple[str, int]:
    """The entity, one of those named, and the id of the record that a token opens.

    Raises:
        NotFound: it opens none, or none any more.
    """
    if _TOKEN.fullmatch(token):
        packed = base64.urlsafe_b64decode(token)
        (record,) = _ID.unpack(packed[: _ID.size])
        for entity in entities:
            if hmac.compare_digest(packed[_ID.size :], _code(session, secret_key, entity, record)):
                return entity, record
    raise NotFound("there is nothing at this link, or it was withdrawn")


def withdraw(session: Session, entity: str, record: int) -> None:
    """Let the present link of a record open nothing any more."""
    new = {"entity": entity, "record_id": record, "withdrawn": 1, "revoked_at": clock.now()}
    again = {"withdrawn": Link.withdrawn + 1, "revoked_at": new["revoked_at"]}
    insert = db.insert(session, db.table_of(Link)).values(new)
    session.execute(insert.on_conflict_do_update(index_elements=["entity", "record_id"], set_=again))


def withdrawn(session: Session) -> list[dict[str, Any]]:
    """The links that were withdrawn, the latest first: entity, record, how often and when last."""
    found = select(Link).order_by(Link.revoked_at.desc(), Link.entity, Link.record_id)
    names = ("entity", "record_id", "withdrawn", "revoked_at")
    return [{name: getattr(link, name) for name in names} for link in session.scalars(found)]


def _spell(record: int, code: bytes) -> str:
    return base64.urlsafe_b64encode(_ID.pack(record) + code).decode()


def _code(session: Session, secret_key: str, entity: str, record: int) -> bytes:
    """The code of a record's present link; the store's own id is in it, so that no other store's link fits."""
    times = select(Link.withdrawn).where(Link.entity == entity, Link.record_id == record).scalar_subquery()
    store, withdrawn_times = session.execute(select(Connection.guid, times).where(Connection.id == HUB)).one()
    said = f"{store}\0{entity}\0{record}\0{withdrawn_times or 0}"
    return hmac.digest(_key(secret_key), said.encode(), "sha256")[:CODE_BYTES]


@lru_cache(maxsize=8)
def _key(secret_key: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    if not secret_key:
        raise Misconfigured("SYNCHUB_SECRET_KEY is not set: links that need no credentials are made with it")
    return HKDF(SHA256(), 32, salt=None, info=b"synchub public links").derive(secret_key.encode())
