"""Storing the rows of a file: chunks of them, each in one transaction with the place at which the next one begins."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import structlog
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.clock import SECOND
from synchub.files import quarantine, retaining, scanning
from synchub.files.jobs import Job, Overtaken
from synchub.files.lateness import gone_since
from synchub.files.reader import Bad, Columns, read
from synchub.files.scanning import Form, Record
from synchub.files.tables import FileRun
from synchub.intake import journal
from synchub.intake.grouping import blames_store
from synchub.intake.write import write, write_part
from synchub.master.writes import Applied, Kind, Verdict, Write

CHUNK, CELLS = 1_000, 50_000
"""Most rows, and most cells, in one transaction."""
STEP = 2 * SECOND
"""How long one step goes on with chunks."""
TELLS = 10
"""How often a file's progress is told."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Row:
    """A record and what becomes of it: it is written, or quarantined for a reason with the bytes that are kept."""

    record: Record
    write: Write | None
    reason: str = ""
    kept: bytes = b""


@dataclass(frozen=True, slots=True)
class Storing:
    """One step: chunks of rows for a while."""

    job: Job
    form: Form
    columns: Columns

    def go_on(self) -> None:
        """Store chunks until the step's time is over, or the file is."""
        size = max(1, min(CHUNK, CELLS // len(self.form.header)))
        until = clock.now() + STEP
        run = self.job.run
        with self.job.path.open("rb") as file:
            records = scanning.records(file, self.form, run.position, run.line)
            while rows := [self.row_of(record) for record in islice(records, size)]:
                self.commit(rows)
                if clock.now() >= until:
                    return
        db.retrying(self.job.engine, self._reach_the_end)

    def row_of(self, record: Record) -> Row:
        """What becomes of a record."""
        if record.fault is not None:
            return self._bad(record, record.fault)
        said = read(self.columns, record.values)
        if isinstance(said, Bad):
            return self._bad(record, said.reason)
        said.as_of, said.confirms = time_of(self.job.run, record.line), True
        if said.problems or record.note is not None:
            told = [*said.problems, record.note]
            said.problems = [f"line {record.line}: {problem}" for problem in told if problem]
        return Row(record, said)

    def _bad(self, record: Record, reason: str) -> Row:
        kept = retaining.line_of(record, self.form, self.columns.secrets)
        if not kept:
            reason += "; its line is not kept, because nobody knows which part of it is a secret"
        return Row(record, None, reason, kept)

    def commit(self, rows: Sequence[Row]) -> None:
        """Store a chunk; one that fails by its data is halved until the guilty row stands alone in quarantine."""
        try:
            progress = db.retrying(self.job.engine, partial(self._store, rows=rows))
        except Exception as error:
            if isinstance(error, Overtaken) or blames_store(error) or (len(rows) == 1 and rows[0].write is None):
                raise
            kind = type(error).__name__
            log.warning("rows of a file cannot be stored", file=self.job.run.name, rows=len(rows), reason=kind)
            if len(rows) == 1:
                self.commit([self._bad(rows[0].record, f"it cannot be stored: {kind}")])
                return
            middle = len(rows) // 2
            self.commit(rows[:middle])
            self.commit(rows[middle:])
        else:
            if progress:
                log.info("a file is being read", file=self.job.run.name, progress=progress)

    def _store(self, session: Session, rows: Sequence[Row]) -> str | None:
        """Store rows that follow what is stored already, and how far that is; what is to be told of it."""
        run = self.job.ours(session)
        if run.position != rows[0].record.start:
            raise Overtaken
        verdicts = self._apply(session, run, [row.write for row in rows if row.write])
        bad = [row for row in rows if row.write is None]
        surface = self.job.connection.dialect
        refused = [quarantine.submission(run, surface, row.record.line, row.kept, row.reason) for row in bad]
        write(session, refused, self.job.settings)
        counts = Counter(run.counts)
        counts.update(verdict.kind.value for verdict in verdicts)
        before, last = run.rows_read, rows[-1].record
        run.counts, run.bad, run.rows_read = dict(counts), run.bad + len(bad), before + len(rows)
        run.position, run.line = last.end, last.next_line
        session.flush()
        return (
            str(Progress.of(run))
            if run.rows and TELLS * before // run.rows < TELLS * run.rows_read // run.rows
            else None
        )

    def _apply(self, session: Session, run: FileRun, writes: Sequence[Write]) -> list[Verdict]:
        """What became of good rows; those that a later file has overtaken are not written."""
        gone = gone_since(session, run, self.job.table, {one.key for one in writes})
        kept = [one for one in writes if one.key not in gone]
        overtaken = Applied([Verdict(Kind.SUPERSEDED)] * (len(writes) - len(kept)))
        if overtaken.verdicts:
            journal.extend(session, run.message_id, (), overtaken)
        return [*write_part(session, run.connection_id, run.message_id, kept).verdicts, *overtaken.verdicts]

    def _reach_the_end(self, session: Session) -> None:
        self.job.ours(session).position = self.job.run.size
        session.flush()


def time_of(run: FileRun, line: int) -> int:
    """The time for which a row speaks: its file's, and where a key comes twice the later row is the later word."""
    return run.as_of + line


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file is: rows read of all, rows a second since it was begun, seconds that the rest takes."""

    read: int
    rows: int
    rate: float
    left: float | None

    @classmethod
    def of(cls, run: FileRun) -> "Progress":
        """How far a run is."""
        began = run.started_at or run.taken_at
        seconds = ((run.ended_at or clock.now()) - began) / SECOND
        rate = run.rows_read / seconds if seconds > 0 else 0.0
        rows = run.rows or 0
        left = None if run.ended_at is not None or not rate else max(0, rows - run.rows_read) / rate
        return cls(run.rows_read, rows, rate, left)

    def __str__(self) -> str:
        left = "" if self.left is None else f", {self.left:.0f} s left"
        pace = f", {self.rate:.0f} a second" if self.rate else ""
        return f"{self.read} of {self.rows} rows{pace}{left}"
