"""Links that open one record to whoever has them, without credentials, until they are withdrawn.

A token is the id of the record, that of the connection to which the link was shown, and a code over both that only this
hub's key makes: 152 bits that nobody guesses. It is worked out whenever it is shown, so reading stores nothing.
Withdrawing the links of a record changes what their codes are made of: the old tokens open nothing any more, and those
that are shown from then on are others.
"""

import base64
import hmac
import re
import struct
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.connections.tables import HUB, Connection
from synchub.contents.tables import Link
from synchub.errors import Misconfigured, NotFound

CODE_BYTES = 19
FILE = "/files/{token}"
"""Where files are opened."""
NOTHING = "there is nothing at this link (any more)"
_IDS = struct.Struct(">ii")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{36}")


class Opened(NamedTuple):
    """What a link opens: a record of an entity, as this connection sees it."""

    entity: str
    record: int
    connection: int


def token_of(session: Session, secret_key: str, link: Opened) -> str:
    """The token of a link.

    Raises:
        Misconfigured: the hub has no key.
    """
    return tokens_of(session, secret_key, [link])[link]


def tokens_of(session: Session, secret_key: str, every: Collection[Opened]) -> dict[Opened, str]:
    """The tokens of many links, as `token_of`."""
    codes = _codes(session, secret_key, every)
    return {
        link: base64.urlsafe_b64encode(_IDS.pack(link.record, link.connection) + codes[link]).decode() for link in every
    }


def opened(session: Session, secret_key: str, token: str, entities: Iterable[str]) -> Opened:
    """What a token opens, if that is of one of the entities.

    Raises:
        NotFound: it opens nothing, or nothing any more.
    """
    if _TOKEN.fullmatch(token):
        packed = base64.urlsafe_b64decode(token)
        record, connection = _IDS.unpack_from(packed)
        codes = _codes(session, secret_key, [Opened(entity, record, connection) for entity in entities])
        for link, code in codes.items():
            if hmac.compare_digest(packed[_IDS.size :], code):
                return link
    raise NotFound(NOTHING)


def withdraw(session: Session, entity: str, record: int) -> None:
    """Let the present links of a record open nothing any more."""
    new = {"entity": entity, "record_id": record, "withdrawn": 1, "revoked_at": clock.now()}
    again = {"withdrawn": Link.withdrawn + 1, "revoked_at": new["revoked_at"]}
    insert = db.insert(session, db.table_of(Link)).values(new)
    session.execute(insert.on_conflict_do_update(index_elements=["entity", "record_id"], set_=again))


def withdrawn(session: Session) -> list[dict[str, Any]]:
    """The records whose links were withdrawn, the latest first: how often, and when last."""
    found = select(Link).order_by(Link.revoked_at.desc(), Link.entity, Link.record_id)
    names = ("entity", "record_id", "withdrawn", "revoked_at")
    return [{name: getattr(link, name) for name in names} for link in session.scalars(found)]


def _codes(session: Session, secret_key: str, every: Collection[Opened]) -> dict[Opened, bytes]:
    """The codes of links as they are now; the store's own id is in them, so that no other store's link fits."""
    store = session.scalars(select(Connection.guid).where(Connection.id == HUB)).one()
    entities, records = ({link.entity for link in every}, {link.record for link in every})
    ours = select(Link).where(db.among(Link.entity, entities), db.among(Link.record_id, records))
    times = {(row.entity, row.record_id): row.withdrawn for row in session.scalars(ours)}
    made = {}
    for link in every:
        said = "\0".join(map(str, (store, *link, times.get((link.entity, link.record), 0))))
        made[link] = hmac.digest(_key(secret_key), said.encode(), "sha256")[:CODE_BYTES]
    return made


@lru_cache(maxsize=8)
def _key(secret_key: str) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    if not secret_key:
        raise Misconfigured("SYNCHUB_SECRET_KEY is not set: links that need no credentials are made with it")
    return HKDF(SHA256(), 32, salt=None, info=b"synchub public links").derive(secret_key.encode())
