"""When a place is looked into, when a file is late, and how large one usually is."""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from synchub import alerts
from synchub.alerts.reading import lasting
from synchub.clock import SECOND
from synchub.connections.tables import Connection
from synchub.files.reader import Table
from synchub.files.settings import FileSettings
from synchub.files.tables import FileRun, FileSighting, State
from synchub.files.troubles import trouble
from synchub.intake.journal import REPEAT
from synchub.intake.tables import Message

LATE, SMALL = "file-late", "file-small"
EARLY = timedelta(hours=6)
"""How long before its time a file may come, though that is the evening before."""
USUAL, FEWEST = 10, 3
"""How many of the last files say what is usual, and how few cannot."""


def next_look(settings: FileSettings, zone: ZoneInfo, now: int, *, waits: bool) -> int:
    """When to look again (microseconds); `waits`: files are there that are not whole yet.

    A file's time to be there is a time to look too, so that one that is late is not one that nobody looked for.
    """
    soon = now + int(settings.files_every * SECOND)
    regular = soon if waits or not settings.files_cron else _next_cron(settings.files_cron, zone, now)
    return min([regular, *(_next(by, zone, now) for by in settings.files_expected.values())])


def _next_cron(line: str, zone: ZoneInfo, now: int) -> int:
    from croniter import croniter

    return int(croniter(line, datetime.fromtimestamp(now / SECOND, zone)).get_next(float) * SECOND)


def _next(by: time, zone: ZoneInfo, now: int) -> int:
    here = datetime.fromtimestamp(now / SECOND, zone)
    days = (here.date() + timedelta(days=more) for more in (0, 1, 2))
    return next(moment for day in days if (moment := _at(datetime.combine(day, by, zone))) > now)


def _at(moment: datetime) -> int:
    return round(moment.timestamp() * SECOND)


def watch_for_late(
    session: Session,
    partner: Connection,
    settings: FileSettings,
    table_of: Callable[[str], Table | None],
    now: int,
) -> None:
    """Raise what should be there today and is not; clear what has come since, or is not expected any more.

    A partner that is new today owes nothing of the time before.
    """
    connection, zone = partner.id, ZoneInfo(partner.time_zone)
    here = datetime.fromtimestamp(now / SECOND, zone)
    midnight = _at(datetime.combine(here.date(), time.min, zone))
    by = {table: datetime.combine(here.date(), at, zone) for table, at in settings.files_expected.items()}
    since = {table: min(midnight, _at(end - EARLY)) for table, end in by.items()}
    came = {start: set(_there_since(session, connection, start, table_of)) for start in {*since.values()}}
    there = {table for table, start in since.items() if table in came[start]}
    late = {
        table: f"there is no file of {table} today; it is expected by {end:%H:%M} ({zone.key})"
        for table, end in by.items()
        if table not in there and now >= _at(end) > partner.created_at
    }
    for table, said in late.items():
        trouble(session, connection, LATE, table, said)
    for table in lasting(session, connection, LATE) - (by.keys() - there):
        alerts.clear(session, connection, LATE, table)


def _there_since(
    session: Session, connection: int, since: int, table_of: Callable[[str], Table | None]
) -> Iterator[str]:
    """The tables of which a file has come: taken, seen, or known already."""
    taken = select(FileRun.table_name).where(FileRun.connection_id == connection, FileRun.taken_at >= since)
    yield from session.scalars(taken.distinct())
    seen = select(FileSighting.name).where(
        FileSighting.connection_id == connection, FileSighting.first_seen_at >= since
    )
    known = select(Message.path).where(
        Message.connection_id == connection,
        Message.method == METHOD,
        Message.state == REPEAT,
        Message.received_at >= since,
    )
    for name in [*session.scalars(seen), *session.scalars(known.distinct())]:
        if (table := table_of(name)) is not None:
            yield table.name


METHOD = "FILE"
"""The method of a file's message."""


def weigh(session: Session, connection: int, table: str, size: int, settings: FileSettings) -> None:
    """Raise that a file is far smaller than the last ones of its table, or clear it; before it is one of them."""
    usual = (
        select(FileRun.size)
        .where(
            FileRun.connection_id == connection,
            FileRun.table_name == table,
            FileRun.state.not_in((State.FAILED, State.REFUSED)),
        )
        .order_by(FileRun.id.desc())
        .limit(USUAL)
    )
    sizes = list(session.scalars(usual))
    if len(sizes) < FEWEST:
        return
    if size < (1 - settings.files_max_shrink) * median(sizes):
        said = f"the file of {table} has {size} bytes; the last {len(sizes)} had about {median(sizes):.0f}"
        trouble(session, connection, SMALL, table, said)
    else:
        alerts.clear(session, connection, SMALL, table)
