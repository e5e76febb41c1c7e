"""Files of the simulator's partners: written row by row, collected later, and what must be true of what they say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from sqlalchemy import Engine, bindparam, select
from tests.simulation.history import FIELDS
from tests.simulation.partners import ENTITY, Partner, Stored, Violation

from synchub import db
from synchub.clock import SECOND
from synchub.files.missing import Scope, keep_keys, lacking
from synchub.master import store
from synchub.master.convergence import Mode
from synchub.master.copies import EXISTS
from synchub.master.tables import Change, CrossReference
from synchub.master.values import Value
from synchub.master.writes import Batch, Write

MARGIN = 8 * SECOND
"""As long as the longest export."""
COPIES = db.table_of(CrossReference)
CHANGES = db.table_of(Change)
_SAID = (
    select(COPIES.c.external_key, CHANGES.c.said)
    .join(CHANGES, CHANGES.c.copy_id == COPIES.c.id)
    .where(CHANGES.c.message_id == bindparam("message"))
)
_STEPS = (
    select(COPIES.c.external_key, CHANGES.c["message_id", "at", "said", "connection_id"])
    .join(CHANGES, CHANGES.c.copy_id == COPIES.c.id)
    .order_by(CHANGES.c.number)
)


@dataclass(slots=True)
class Sheet:
    """A file: its rows by key, and when the partner looked for each."""

    partner: Partner
    rows: dict[str, Stored] = field(default_factory=dict)
    read_at: dict[str, int] = field(default_factory=dict)

    def read(self, key: str, now: int) -> None:
        """Write the row of a key into the file, if there is one."""
        self.read_at[key] = now
        if key in self.partner.rows:
            self.rows[key] = dict(self.partner.rows[key])

    def writes(self, as_of: int) -> list[Write]:
        """The rows as the hub reads them: every column, blanks as null."""
        rows = self.rows.items()
        return [Write(ENTITY, key, Mode.PARTIAL, _whole(row), as_of=as_of, confirms=True) for key, row in rows]


def _whole(row: Stored) -> dict[str, Value]:
    return {name: row.get(name) for name in FIELDS}


@dataclass(slots=True)
class Files:
    """What the hub was told of its partners by files, and otherwise.

    `fresh` is how things stood at the partner by the newest that the hub has surely heard, or told it, of each field;
    `times` is for which time the file of a message speaks.
    """

    fresh: dict[tuple[int, str, str], int] = field(default_factory=dict)
    times: dict[UUID, int] = field(default_factory=dict)

    def know(self, partner: int, key: str, moment: int, names: Iterable[str] = (*FIELDS, EXISTS)) -> None:
        """The hub knows what a partner held at a moment."""
        for name in names:
            self.fresh[partner, key, name] = max(moment, self.fresh.get((partner, key, name), 0))

    def collect(self, engine: Engine, sheet: Sheet, as_of: int) -> list[str]:
        """Have a file read, and what it lacks deleted; the verdicts."""
        writes = sheet.writes(as_of)
        verdicts = self._apply(engine, sheet, writes, as_of)
        with db.reading(engine) as session:
            keep_keys(session, sheet.rows)
            gone = [copy.key for some in lacking(session, Scope(sheet.partner.number, ENTITY, as_of)) for copy in some]
        tombstones = [Write(ENTITY, key, Mode.DELETE, as_of=as_of) for key in gone]
        return verdicts + self._apply(engine, sheet, tombstones, as_of)

    def _apply(self, engine: Engine, sheet: Sheet, writes: list[Write], as_of: int) -> list[str]:
        """Store writes; whatever they state was true at the partner later than all that the hub knew of it."""
        if not writes:
            return []
        message = uuid4()
        self.times[message] = as_of
        batch = Batch(sheet.partner.number, message, writes)
        verdicts = db.retrying(engine, lambda session: store.apply(session, [batch]))[0].verdicts
        self._check_newer(engine, sheet, message)
        for write in writes:
            self.know(sheet.partner.number, write.key, sheet.read_at[write.key])
        return [f"{write.key} {verdict.kind.value}" for write, verdict in zip(writes, verdicts, strict=True)]

    def _check_newer(self, engine: Engine, sheet: Sheet, message: UUID) -> None:
        number = sheet.partner.number
        with db.reading(engine) as session:
            for key, said in session.execute(_SAID, {"message": message}):
                for name, (before, after, stamp) in said.items():
                    if stamp is not None and sheet.read_at[key] < self.fresh.get((number, key, name), 0):
                        raise Violation(f"a file of P{number} took {name} of {key} back from {before} to {after}")

    def words(self, engine: Engine, ranks: Mapping[int, int]) -> dict[tuple[str, str], tuple[Value, int]]:
        """Of each field the word that must stand, and whose it is: of the last of everybody that of the best rank."""
        last: dict[tuple[str, str, int], tuple[int, Value]] = {}
        with db.reading(engine) as session:
            for step in session.execute(_STEPS):
                at = self.times.get(step.message_id, step.at)
                for name in FIELDS:
                    if name in step.said and step.said[name][2] is not None:
                        last[step.external_key, name, step.connection_id] = at, step.said[name][1]
        best: dict[tuple[str, str], tuple[tuple[int, int, int], Value, int]] = {}
        for (key, name, who), (at, value) in last.items():
            weight = ranks[who], at, who
            if (key, name) not in best or weight > best[key, name][0]:
                best[key, name] = weight, value, who
        return {what: (value, who) for what, (_, value, who) in best.items()}
