"""Claiming: what one call to a target will carry, written down before it is sent.

In one transaction the due deliveries are locked, then their copies by id; the record's number and its golden fields
are read by one statement; what differs goes into the copies as in flight, and the deliveries get a token and a lease.
So the store knows at any moment what may be on its way, also when the worker that sent it is gone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import Row as DbRow
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from synchub import db
from synchub.clock import SECOND
from synchub.connections.tables import Connection
from synchub.master import copies as copying
from synchub.master.convergence import LOOP_WINDOW, depart, difference, looping, wished
from synchub.master.copies import EXISTS, Copy, Row
from synchub.master.entities import ENTITIES
from synchub.master.tables import CrossReference, MasterRecord
from synchub.outbox import keys, references
from synchub.outbox.references import References
from synchub.outbox.sender import Parcel, Sender, size
from synchub.outbox.tables import Delivery, State
from synchub.outbox.words import TYPED, Words, told_fields

COPIES = db.table_of(CrossReference)
RECORDS = db.table_of(MasterRecord)
DELIVERIES = db.table_of(Delivery)
TARGETS = db.table_of(Connection)

LEASE = 15 * SECOND
"""How long a claim holds without being renewed (`leases`)."""
SHARED = ("id", "entity", "changed", "exists", "exists_stamp", "version", "code", "label")
"""The columns of a record that are read with its typed fields."""
PATIENCE = SECOND // 5
"""How long a record waits before it is looked at again for one that it refers to."""
SENT = ("their_id", "known", "flight", "ended", "rounds", "sent_number")
"""The columns of a copy that telling changes."""

# Statements are built once: that costs more than to run them on a few rows.
_TARGET = select(TARGETS.c.active, TARGETS.c.paused, TARGETS.c.backoff_until, TARGETS.c.backoff_count).where(
    TARGETS.c.id == bindparam("target")
)
_DUE = db.locked(
    select(DELIVERIES)
    .where(
        DELIVERIES.c.connection_id == bindparam("target"),
        DELIVERIES.c.state == State.WAITING,
        DELIVERIES.c.due <= bindparam("now"),
        DELIVERIES.c.lease_until <= bindparam("now"),
    )
    .order_by(DELIVERIES.c.precedence, DELIVERIES.c.due, DELIVERIES.c.copy_id)
    .limit(bindparam("batch")),
    skip_locked=True,
)
_COPIES = db.locked(select(COPIES).where(db.many(COPIES.c.id, "ids")).order_by(COPIES.c.id))
_TOLD: Any = update(COPIES).where(COPIES.c.id == bindparam("b_id")).values({name: bindparam(name) for name in SENT})
_DONE = delete(DELIVERIES).where(db.many(DELIVERIES.c.copy_id, "ids"))


@dataclass(slots=True)
class Claim:
    """What one worker holds of one target: parcels that are written down as in flight under `token`.

    `looked` counts the deliveries that were looked at, also those with nothing to send.
    """

    connection: int
    token: str = field(default_factory=lambda: str(uuid4()))
    parcels: list[Parcel] = field(default_factory=list)
    looked: int = 0
    in_trouble: bool = False


def claim(
    session: Session,
    connection: Connection,
    sender: Sender,
    now: int,
    *,
    lease: int = LEASE,
    most: int | None = None,
) -> Claim:
    """Claim what goes next to a target: parcels of one entity, at most `most` (None: those of one call).

    There may be none although `looked` says that there was something to do. Must run in a writing transaction, which is
    committed before anything is sent.
    """
    made = Claim(connection.id)
    target = session.execute(_TARGET, {"target": connection.id}).one()
    if not target.active or target.paused or target.backoff_until > now:
        return made
    made.in_trouble = target.backoff_count > 0
    if rows := _due(session, connection.id, sender, most or sender.batch, now):
        made.looked = len(rows)
        _Desk(session, connection, sender, made, now, now + lease).work(rows)
    return made


def _due(session: Session, connection: int, sender: Sender, batch: int, now: int) -> list[DbRow[Any]]:
    """The deliveries to look at, locked. Those that were carried in vain before go in smaller calls."""
    rows = session.execute(_DUE, {"target": connection, "batch": batch, "now": now}).all()
    if rows and (together := size(sender, rows[0].entity)) > batch:
        batch = together
        rows = session.execute(_DUE, {"target": connection, "batch": batch, "now": now}).all()
    alike = [row for row in rows if (row.entity, row.tries) == (rows[0].entity, rows[0].tries)]
    return alike[: max(1, batch >> rows[0].tries)] if rows else []


@dataclass(slots=True)
class _Desk:
    """Where the deliveries of one claim are worked through; what becomes of them is gathered and written at the end."""

    session: Session
    connection: Connection
    sender: Sender
    made: Claim
    now: int
    lease_until: int
    told: frozenset[str] = frozenset()
    required: Mapping[str, Any] = field(default_factory=dict)
    done: list[int] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)

    def work(self, rows: Sequence[DbRow[Any]]) -> None:
        entity = rows[0].entity
        self.told = told_fields(self.connection, self.sender, entity)
        self.required = self.sender.required(entity) if self.told else {}
        copies = locked_copies(self.session, [row.copy_id for row in rows])
        records = _golden(self.session, entity, {copy.record for copy in copies.values()})
        if stranded := [copy for copy in copies.values() if keys.is_unkeyed(copy)]:
            keys.rekey(self.session, self.connection, stranded, records)
        spoken = self.told | self.required.keys()
        others = references.resolve(self.session, self.connection, self.sender, entity, spoken, records.values())
        words = Words(entity, self.told, self.required, others.keys)
        for row in rows:
            copy = copies[row.copy_id]
            self._weigh(row, copy, records[copy.record], words, others)
        self._write()

    def _weigh(self, row: DbRow[Any], copy: Copy, record: Any, words: Words, others: References) -> None:
        """Decide what becomes of one delivery."""
        forced = row.forced > copy.sent_number
        wish = words.wish(copy, record)
        lives = wished(copy, exists=record.exists, stamp=record.exists_stamp)
        behind = difference(copy, wish if lives else None, self.told, self.required.keys(), forced=forced)
        if not behind or not self.told:
            self._settle(row, copy, record)
        elif looping(copy, behind, self.now):
            self._keep(row, copy, record, State.LOOP, "answered by other values again and again", LOOP_WINDOW)
        elif keys.is_unkeyed(copy):
            self._keep(row, copy, record, State.PARKED, keys.NO_KEY)
        elif lives and (names := others.without_key(words.entity, self.told, record)):
            self._keep(row, copy, record, State.PARKED, f"{', '.join(names)} refers to a record without a key there")
        elif lives and (due := others.waits(words.entity, behind.keys(), record)) is not None:
            self._keep(row, copy, record, State.WAITING, row.last_error, max(PATIENCE, due - self.now))
        else:
            sent = behind if lives else self._tombstone(words.entity, wish)
            self._pack(row, copy, record, sent, wish, others)

    def _tombstone(self, entity: str, wish: Row) -> Row:
        return {name: wish[name] for name in self.required} | self.sender.gone(entity) | {EXISTS: False}

    def _pack(self, row: DbRow[Any], copy: Copy, record: Any, sent: Row, wish: Row, others: References) -> None:
        parcel = Parcel(
            copy=copy.id,
            entity=copy.entity,
            key=copy.key,
            their_id=copy.their_id,
            record=copy.record,
            code=record.code,
            label=record.label,
            version=record.version,
            number=record.changed,
            forced=row.forced,
            exists=sent[EXISTS] is True,
            is_new=copy.holds(EXISTS) != {True},
            sent=sent,
            state=wish,
            referred=references.referred(copy.entity, self.told, record),
            others=others.others,
        )
        if reason := self.sender.check(parcel):
            self._keep(row, copy, record, State.PARKED, reason)
            return
        depart(copy, sent, self.made.token, record.changed, row.forced, self.now)
        self.copies.append(copy)
        self.made.parcels.append(parcel)
        self._note(row, token=self.made.token, lease_until=self.lease_until)

    def _settle(self, row: DbRow[Any], copy: Copy, record: Any) -> None:
        """Nothing differs: the copy is as far as the record."""
        copy.sent_number = max(copy.sent_number, record.changed, row.forced)
        copy.flight = None
        self.copies.append(copy)
        self.done.append(row.copy_id)

    def _keep(self, row: DbRow[Any], copy: Copy, record: Any, state: State, reason: str | None, wait: int = 0) -> None:
        """Leave the delivery for later; what an attempt of unknown outcome left in flight has ended."""
        if copy.flight is not None:
            copy.flight = None
            self.copies.append(copy)
        wanted = row.wanted if state is State.WAITING else max(row.wanted, record.changed)
        self._note(row, state=state, due=self.now + wait, wanted=wanted, last_error=reason)

    def _note(self, row: DbRow[Any], **changes: Any) -> None:
        columns = ("state", "due", "wanted", "last_error")
        same = {name: getattr(row, name) for name in columns}
        self.kept.append({"b_id": row.copy_id, "token": None, "lease_until": 0, **same, **changes})

    def _write(self) -> None:
        write_copies(self.session, self.copies)
        write_deliveries(self.session, self.kept)
        delete_deliveries(self.session, self.done)


def locked_copies(session: Session, ids: Sequence[int]) -> dict[int, Copy]:
    """Copies by id, locked in that order until the transaction ends."""
    return {row.id: copying.load(row) for row in session.execute(_COPIES, {"ids": list(ids)})}


def _golden(session: Session, entity: str, ids: set[int]) -> dict[int, Any]:
    """The records' numbers and typed fields, by one statement, so that both are of one moment."""
    return {row.id: row for row in session.execute(_golden_of(entity), {"ids": sorted(ids)})}


@cache
def _golden_of(entity: str) -> Any:
    typed = db.table_of(ENTITIES[entity])
    shared = [RECORDS.c[name] for name in SHARED]
    fields = [typed.c[name].label(TYPED + name) for name in ENTITIES[entity].fields()]
    return select(*shared, *fields).join(typed, typed.c.id == RECORDS.c.id).where(db.many(RECORDS.c.id, "ids"))


def write_copies(session: Session, copies: Sequence[Copy]) -> None:
    """Write what telling changed of copies."""
    rows = [{"b_id": copy.id, **_told_columns(copy)} for copy in copies]
    if rows:
        session.execute(_TOLD, rows)


def _told_columns(copy: Copy) -> dict[str, Any]:
    document = copying.document(copy)
    return {name: document[name] for name in SENT}


def write_deliveries(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write changes of deliveries, all of the same columns; `b_id` is the copy's id."""
    if rows:
        session.execute(_noting(tuple(name for name in rows[0] if name != "b_id")), list(rows))


@cache
def _noting(names: tuple[str, ...]) -> Any:
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    return update(DELIVERIES).where(DELIVERIES.c.copy_id == bindparam("b_id")).values(values)


def delete_deliveries(session: Session, ids: Sequence[int]) -> None:
    """Delete deliveries that are done."""
    if ids:
        session.execute(_DONE, {"ids": list(ids)})
