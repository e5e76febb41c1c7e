"""What Send, Delete, Details and List do alike with every kind of record: the handlers of most endpoints."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from fastapi.responses import Response
from sqlalchemy.orm import Session

from synchub.dialects.synchroteam import formats, query, references, sending
from synchub.dialects.synchroteam.endpoints import Call, Door, Handler
from synchub.dialects.synchroteam.faults import refused
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.looking import Looked, More
from synchub.dialects.synchroteam.query import Page
from synchub.dialects.synchroteam.sending import Said
from synchub.dialects.synchroteam.views import CHANGED_FROM, load, matching, readable, shown
from synchub.errors import NotFound
from synchub.intake.alone import Work
from synchub.intake.submission import Arrival


def sender(kind: Kind, prepare: sending.Prepare = sending.as_it_is, **how: Any) -> Handler:
    """The Send of a kind: `how` may have `answer` and `refuse` (see `sending.send`)."""

    def send(door: Door, call: Call) -> Response:
        def plan() -> Callable[[Arrival], Work]:
            call.conceal(kind.row.secrets)
            call.may_write(kind)
            row = call.row()
            call.parameters()
            said: Said = sending.read(kind, call.connection, row)
            return lambda arrival: sending.send(kind, call.connection, arrival, said, prepare, **how)

        return door.write(call, plan, how.get("refuse", refused))

    return send


def deleter(kind: Kind, known: Collection[str]) -> Handler:
    """The Delete of a kind, by one of these selectors."""

    def delete(door: Door, call: Call) -> Response:
        def plan() -> Callable[[Arrival], Work]:
            call.may_write(kind)
            found = call.selected(known)
            return lambda arrival: sending.delete(kind, call.connection, arrival, found)

        return door.write(call, plan)

    return delete


def detailer(kind: Kind, known: Collection[str], more: More = lambda *_: {}) -> Handler:
    """The Details of a kind, by one of these selectors: of several the one that is known longest."""

    async def details(door: Door, call: Call) -> Response:
        fields, wanted = readable(call.connection, kind), call.selected(known)
        row = await door.looking.ask(Looked(kind, call.connection, fields, *next(iter(wanted.items())), more))
        if row is None:
            raise NotFound(f"no {kind.noun} has this {next(iter(wanted))}")
        return formats.reading(call.request, row, root=kind.root)

    return details


def lister(kind: Kind, known: Collection[str], where: Callable[[Call], Mapping[str, Any]] = lambda _: {}) -> Handler:
    """The List of a kind with these filters; `where` adds those that the path makes."""
    filters = (*known, query.PAGE, query.PAGE_SIZE)

    def list_(door: Door, call: Call) -> Response:
        fields, found = readable(call.connection, kind), call.parameters(filters)
        with door.reading() as session:
            wanted = references.wanted(session, call.connection, kind, {**filtered(call, kind, found), **where(call)})
            ids = matching(session, call.connection, kind, wanted)
            return listing(session, call, kind, ids, Page.of(found), fields)

    return list_


def filtered(call: Call, kind: Kind, found: Mapping[str, str]) -> dict[str, str | int]:
    """The filters among a query's parameters, as `references.wanted` takes them."""
    made: dict[str, str | int] = {
        name: value for name, value in found.items() if name not in {query.PAGE, query.PAGE_SIZE}
    }
    numbers = {"id", *(each.id for each in kind.references if each.id and not each.to.id_column)}
    for name in numbers & made.keys():
        made[name] = query.whole_number(name, found[name])
    if CHANGED_FROM in made:
        made[CHANGED_FROM] = query.moment(CHANGED_FROM, found[CHANGED_FROM], call.connection.time_zone)
    return made


def listed(kind: Kind, row: Mapping[str, Any]) -> dict[str, Any]:
    """A record as a list shows it."""
    return {word: value for word, value in row.items() if word not in kind.left_out}


def listing(
    session: Session,
    call: Call,
    kind: Kind,
    ids: list[int],
    page: Page | None,
    fields: Collection[str],
    show: Callable[[Kind, Mapping[str, Any]], Mapping[str, Any]] = listed,
) -> Response:
    """The records of these ids, or the page of them that is asked for, each as `show` makes it of its row."""
    part, headers = paged(call, ids, page)
    rows = (
        show(kind, shown(call.connection, kind, each, fields)) for each in load(session, call.connection, kind, part)
    )
    return formats.listing(call.request, rows, headers, root=kind.root)


def paged(call: Call, ids: list[int], page: Page | None) -> tuple[list[int], dict[str, str] | None]:
    """The ids of the page that is asked for, with the headers that say where the others are; all if none is."""
    if page is None:
        return ids, None
    return ids[page.start : page.start + page.size], page.headers(call.request, len(ids))
