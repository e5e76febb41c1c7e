"""A job's report as one connection sees the job: what `printing` makes a document or a page of."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from synchub import clock, db
from synchub.config import Settings
from synchub.connections.tables import Connection
from synchub.contents.keeping import shelf
from synchub.dialects.synchroteam.blocks import BLOCK, SIGNATURE, TYPES
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.files import photos_of
from synchub.dialects.synchroteam.jobs.kind import JOB, STATES
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.moments import LONG
from synchub.dialects.synchroteam.sites import SITE
from synchub.dialects.synchroteam.users import USER
from synchub.dialects.synchroteam.views import RECORDS, Seen, load, matching, may_read, readable, shown
from synchub.errors import Misconfigured, NotAllowed, NotFound
from synchub.master.tables import Change
from synchub.master.values import as_list, spell_decimal
from synchub.printing.sheet import Answer, Block, Letterhead, Part, Party, Picture, Sheet, Times, Work

Row = Mapping[str, Any]
SIGNED = "SIGN_"
"""What the value of an answer begins with that is a signature, where no block says what kind of item it answers."""


def letterhead(settings: Settings) -> Letterhead:
    """The head of reports.

    Raises:
        Misconfigured: the logo cannot be read.
    """
    lines = tuple(part.strip() for part in settings.letterhead_lines.split("|") if part.strip())
    try:
        logo = Path(settings.letterhead_logo).read_bytes() if settings.letterhead_logo else None
    except OSError as error:
        raise Misconfigured(f"SYNCHUB_LETTERHEAD_LOGO={settings.letterhead_logo}: {error.strerror}") from None
    return Letterhead(settings.letterhead_name, lines, logo, settings.letterhead_colour, settings.paper)


def sheet_of(session: Session, settings: Settings, connection: Connection, record: int) -> Sheet:
    """The report of a job.

    Raises:
        NotFound: the connection does not see it.
        NotAllowed: the connection is not told of jobs.
    """
    seen = _seen(session, connection, JOB, record)
    if seen is None:
        raise NotFound("no job has this id")
    row = shown(connection, JOB, seen, readable(connection, JOB))
    photos = photos_of(session, connection, record)
    people = _people(session, connection, row)
    signed = _signed(session, row["report"], as_list(seen.row.report))
    signatures, rest = _share_out(row["report"], photos, signed)
    return Sheet(
        number=str(row["num"] or row["idJob"]),
        changed=_changed(session, [seen, *photos]),
        reference=row["myId"],
        kind=row.get("nmJobType", ""),
        state=STATES[row["status"]].capitalize() if row["status"] is not None else "",
        zone=connection.time_zone,
        parties=tuple(_parties(session, connection, seen, row)),
        scheduled=Times(_moment(row["scheduledBeginDate"]), _moment(row["scheduledEndDate"])),
        real=Times(_moment(row["RealBeginDate"]), _moment(row["RealEndDate"])),
        minutes=row["duration"],
        technicians=tuple(dict.fromkeys(filter(None, (people.get(login) for login in _logins(row))))),
        description=row["description"],
        work=tuple(_work(each, people) for each in row["Activities"]),
        parts=tuple(_parts(seen, row)),
        blocks=tuple(_blocks(row["report"], signed, signatures, settings)),
        fields=tuple((each["name"], each["value"]) for each in row["customFieldValues"] if each["value"]),
        photos=tuple(_picture(photo, settings, said) for photo, said in rest),
    )


def _seen(session: Session, connection: Connection, kind: Kind, record: int | None) -> Seen | None:
    """A record, if the connection sees it and is told of its kind."""
    ids = matching(session, connection, kind, [RECORDS.c.id == record]) if record is not None else []
    return next(load(session, connection, kind, ids), None)


def _changed(session: Session, every: Sequence[Seen]) -> datetime:
    """When anything of these records changed last."""
    numbers = select(RECORDS.c.changed).where(db.among(RECORDS.c.id, [seen.row.id for seen in every]))
    at = session.scalar(select(func.max(Change.at)).where(Change.number.in_(numbers))) or 0
    return datetime.fromtimestamp(at // clock.SECOND, UTC)


def _moment(text: str) -> datetime | None:
    """A moment that a row shows; it is in the connection's zone."""
    return datetime.strptime(text, LONG) if text else None  # noqa: DTZ007 - it is printed as it is


def _parties(session: Session, connection: Connection, seen: Seen, row: Row) -> Iterator[Party]:
    """Whom and what the job is about, without what is not known of them."""
    customer = _details(session, connection, CUSTOMER, seen.row.customer_id)
    site = _details(session, connection, SITE, seen.row.site_id)
    person = _joined(" ", row["contactFirstName"], row["contactName"])
    every = (
        Party(
            "Customer", row["customerName"], (row["customerMyId"], *_address(customer, "address", "addressComplement"))
        ),
        Party(
            "Place",
            row["siteName"],
            _address(row, "globalAddress", "complementAddress") or _address(site, "address", "addressComplement"),
        ),
        Party("Contact", person, (row["ContactPhone"], row["contactMobile"], row["contactEmail"])),
        Party("Equipment", row["nameEquipment"], (row["equipmentMyId"],)),
    )
    for party in every:
        lines = tuple(filter(None, party.lines))
        if party.name or lines:
            yield Party(party.role, party.name, lines)


def _details(session: Session, connection: Connection, kind: Kind, record: int | None) -> Row:
    """What the connection may see of a record that the job refers to."""
    try:
        fields = readable(connection, kind)
    except NotAllowed:
        return {}
    seen = _seen(session, connection, kind, record)
    return shown(connection, kind, seen, fields) if seen else {}


def _address(row: Row, whole: str, more: str) -> tuple[str, ...]:
    """The lines of an address: as one text if it is known as one, and its complement."""
    parts = (
        row.get("adressStreet", ""),
        _joined(" ", row.get("adressZIP", ""), row.get("adressCity", "")),
        _joined(", ", row.get("adressProvince", ""), row.get("adressCountry", "")),
    )
    lines = (row[whole],) if row.get(whole) else parts
    return tuple(filter(None, (*lines, row.get(more, ""))))


def _joined(between: str, *parts: str) -> str:
    return between.join(filter(None, parts))


def _logins(row: Row) -> list[str]:
    return [login for login in (row["login"], *row["OtherTechnicians"]) if login]


def _people(session: Session, connection: Connection, row: Row) -> dict[str, str]:
    """The names of all who are on a job, by their logins; a login whose name the connection may not see is its name."""
    logins = {*_logins(row), *(each["login"] for each in row["Activities"])}
    typed = db.table_of(USER.made)
    may = all(may_read(connection, USER, column) for column in ("login", "first_name", "last_name"))
    named = select(typed.c.login, typed.c.first_name, typed.c.last_name).where(db.among(typed.c.login, logins))
    found = (
        {each.login: _joined(" ", each.first_name, each.last_name) for each in session.execute(named)} if may else {}
    )
    return {login: found.get(login) or login for login in logins}


def _work(row: Row, people: Mapping[str, str]) -> Work:
    times = Times(_moment(row["start"]), _moment(row["stop"]))
    lasted = times.end - times.begin if times.begin and times.end else None
    return Work(people[row["login"]], times, int(lasted.total_seconds()) // 60 if lasted else None)


def _parts(seen: Seen, row: Row) -> Iterator[Part]:
    names = {other.id: other.name for other in seen.mentioned["parts"].values()}
    for each in row["parts"]:
        quantity = spell_decimal(Decimal(str(each["quantity"]))) if each["quantity"] is not None else ""
        yield Part(each["reference"], str(names.get(each["id"]) or ""), quantity)


Shared = dict[int, list[Seen]]
"""Photos by the place of the answer that they belong to."""


def _signed(session: Session, report: Sequence[Row], held: Sequence[Row]) -> set[int]:
    """The places of answers that are signatures: as their blocks say of the items, else as their values look.

    A report is shown in the order in which it is held.
    """
    typed = db.table_of(BLOCK.made)
    mentioned = {each["block"] for each in held if each.get("block")}
    blocks = session.execute(select(typed.c.id, typed.c["items"]).where(db.among(typed.c.id, sorted(mentioned))))
    kinds = {(block.id, item["id"]): item["type"] for block in blocks for item in as_list(block[1])}
    asked = [kinds.get((each.get("block"), each.get("id"))) for each in held]
    return {
        place
        for place, (each, kind) in enumerate(zip(report, asked, strict=False))
        if (each["value"].startswith(SIGNED) if kind is None else kind == TYPES[SIGNATURE])
    }


def _share_out(
    report: Sequence[Row], photos: Sequence[Seen], signed: Collection[int]
) -> tuple[Shared, list[tuple[Seen, str]]]:
    """The pictures of signatures by the answers that they belong to, and all other photos with what they are of."""
    places = {(each["id"], each["iteration"]): place for place, each in enumerate(report)}
    signatures: Shared = {}
    rest = []
    for photo in photos:
        place = places.get((photo.row.report_item, photo.row.iteration or 0))
        if place is not None and place in signed:
            signatures.setdefault(place, []).append(photo)
        else:
            rest.append((photo, report[place]["nmItem"] if place is not None else ""))
    return signatures, rest


def _blocks(report: Sequence[Row], signed: Collection[int], signatures: Shared, settings: Settings) -> Iterator[Block]:
    """The answers by block and iteration, in the order in which these are met."""
    blocks: dict[tuple[Any, str, int], list[Answer]] = {}
    for place, each in enumerate(report):
        drawn = tuple(_picture(photo, settings, "") for photo in signatures.get(place, ()))
        said = "signed" if place in signed and each["value"] else each["value"]
        answer = Answer(each["nmItem"], "" if drawn else said, drawn)
        blocks.setdefault((each["idCategory"], each["nmCategory"], each["iteration"]), []).append(answer)
    for (_, name, iteration), answers in blocks.items():
        yield Block(name, iteration, tuple(answers))


def _picture(photo: Seen, settings: Settings, said: str) -> Picture:
    """A photo; without a comment it is called by what it is of."""
    row = photo.row
    return Picture(row.file_name or "photo", row.comment or said, partial(_content, settings, row.content))


def _content(settings: Settings, digest: str | None) -> bytes | None:
    try:
        return shelf(settings).get(digest) if digest else None
    except NotFound:
        return None
