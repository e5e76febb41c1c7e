"""Records carried over from elsewhere: one per line, as the reading endpoints show them, with their ids.

What was exported can be imported into an empty hub, and exported from there is the same again. An id is kept as the
number by which the connection knows the record, so that after a cut-over every stored id still works.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from synchub.connections.tables import Connection
from synchub.dialects.dialect import Line, Promised
from synchub.dialects.synchroteam.bodies import Row, read_row
from synchub.dialects.synchroteam.carrying.cargo import Cargo, Taken
from synchub.dialects.synchroteam.carrying.lookups import Lookup
from synchub.dialects.synchroteam.carrying.placing import place
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.formats import Format
from synchub.dialects.synchroteam.ids import ANOTHER_HUBS, Named
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.redaction import mentions, redacted
from synchub.dialects.synchroteam.references import Naming
from synchub.dialects.synchroteam.sending import Said, read, write_of
from synchub.errors import Refused, Unreadable
from synchub.intake.submission import Answer, Arrival, Submission, digest_of
from synchub.master.copies import Row as Fields
from synchub.master.tables import FIRST_RECORD
from synchub.master.values import Value, spell
from synchub.master.writes import Verdict

LONGEST_TEXT = 64
LARGEST_OWN = FIRST_RECORD + 2**29
"""Ids above are refused: new records' ids begin above all that were brought along, and there must be some left."""


def _read(cargo: Cargo, connection: Connection, line: Line) -> Taken:
    if line.fault:
        return Taken(line.number, reason=line.fault)
    try:
        row = read_row(line.said, Format.JSON)
        more = _more(cargo, row)
        said = read(cargo.kind, connection, row, nameless=True)
    except (Refused, Declined) as error:
        return Taken(line.number, reason=str(error))
    said.fields |= more
    why = _misnamed(cargo, said)
    return Taken(line.number, None if why else said, why)


def _more(cargo: Cargo, row: Row) -> Fields:
    """What a line says of columns that no endpoint shows; it is taken out of the row.

    Raises:
        Declined: it cannot be read; the text names the word.
    """
    columns = {word.lower(): name for name, word in cargo.more.items()}
    fields: Fields = {}
    for spelt in [spelt for spelt in row if spelt.lower() in columns]:
        name, said = columns[spelt.lower()], spell(row.pop(spelt))
        fields[name] = spell(cargo.kind.made.fields()[name].read(said))
        if (fields[name] is None) != (said is None):
            raise Declined(f"{cargo.more[name]} cannot be read")
    return fields


def _misnamed(cargo: Cargo, said: Said) -> str | None:
    """Why a line cannot be taken by what it calls its record."""
    kind, named = cargo.kind, said.named
    if named == Named(None, None) and _code(cargo, said) is None:
        code = " and ".join(kind.row.columns[name] for name in cargo.code)
        required = " or a ".join(filter(None, (f"an {kind.id_word}", kind.key, code)))
        return f"{required} is required, or each import would make the {kind.noun} anew"
    if named.id is not None and not 0 < named.id <= LARGEST_OWN:
        return f"an id must lie between 1 and {LARGEST_OWN}"
    if named.text is not None and (len(named.text) > LONGEST_TEXT or named.text.startswith(ANOTHER_HUBS)):
        return f"{kind.id_word} must have at most {LONGEST_TEXT} characters and not begin with {ANOTHER_HUBS}"
    return None


def take(
    cargo: Cargo,
    session: Session,
    connection: Connection,
    arrival: Arrival,
    lines: Sequence[Line],
    promised: Promised | None = None,
) -> Submission:
    """What lines of a file ask of the store.

    Only those before the first that names a record for the second time are taken: its answer's `rows` says how many.
    """
    kind = cargo.kind
    rows = _once_each(cargo, [_read(cargo, connection, line) for line in lines])
    lookup = Lookup.of(session, connection, _namings(cargo, rows), promised)
    for row in rows:
        _refer(cargo, lookup, row)
    book = place(session, cargo, connection, [row for row in rows if row.said], lookup)
    good = [row for row in rows if row.copy is not None]
    writes = [write_of(where) for row in good if (where := row.placed(kind, book, lookup))]
    if promised is not None:
        promised |= {name for row in good if row.said for name in _names(kind, row.said)}
    body = arrival.body + b"".join(_kept(kind, arrival.body, line) for line in lines[: len(rows)])

    def answer(verdicts: Sequence[Verdict]) -> Answer:
        became = {row.number: verdict for row, verdict in zip(good, verdicts, strict=True)}
        return {"rows": [row.told(kind, became.get(row.number)) for row in rows]}

    return Submission(replace(arrival, body=body, digest=digest_of(body)), writes, answer)


def _kept(kind: Kind, header: bytes, line: Line) -> bytes:
    """What the journal has of a line: its bytes, but of one that may hold a secret what it says without that."""
    secrets = kind.row.secrets
    if not secrets or not (mentions(header, secrets) or mentions(line.said, secrets)):
        return line.raw
    try:
        return redacted(line.said, Format.JSON, secrets) + b"\n"
    except Unreadable:
        return b"\n"


def _code(cargo: Cargo, said: Said) -> tuple[Value, ...] | None:
    """What names a record of which a line has no id, if all of it is said."""
    values = tuple(said.fields.get(name) for name in cargo.code)
    return values if values and None not in values else None


def _once_each(cargo: Cargo, rows: list[Taken]) -> list[Taken]:
    """The rows before the first that names a record for the second time."""
    seen: set[tuple[str, Any]] = set()
    for index, row in enumerate(rows):
        called = {by: getattr(row.named, by) for by in ("id", "my_id", "text")}
        called["code"] = _code(cargo, row.said) if row.said else None
        names = {(by, value) for by, value in called.items() if value is not None}
        if names & seen:
            return rows[:index]
        seen |= names
    return rows


def _namings(cargo: Cargo, rows: Sequence[Taken]) -> list[Naming]:
    """Whom rows name, in words and in lists; a list that cannot be read rejects its row."""
    namings: list[Naming] = []
    for row in rows:
        if row.said is None:
            continue
        try:
            namings += [*row.said.namings, *cargo.mentioned(row.said)]
        except Declined as error:
            row.reject(str(error))
    return namings


def _refer(cargo: Cargo, lookup: Lookup, row: Taken) -> None:
    """Find the records that a line refers to."""
    if row.said is None:
        return
    try:
        for each in row.said.namings:
            row.referred[each.reference.column] = lookup.resolve(each, row.referred)
        cargo.refer(row, row.said, lookup)
    except Declined as error:
        row.reject(str(error))


def _names(kind: Kind, said: Said) -> Iterator[tuple[str, ...]]:
    """What others may call the record of a line."""
    called = {"id": said.named.text or said.named.id, "key": said.named.my_id, "name": said.fields.get(kind.named)}
    return ((kind.entity, by, str(value)) for by, value in called.items() if value is not None)
