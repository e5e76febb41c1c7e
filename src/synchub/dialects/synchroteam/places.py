"""Sites: Details, Send, Delete, and the lists of a customer's and of all."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import description
from synchub.dialects.synchroteam.endpoints import Call, Endpoint
from synchub.dialects.synchroteam.equipment import EQUIPMENT
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.ids import Book
from synchub.dialects.synchroteam.query import whole_number
from synchub.dialects.synchroteam.references import referring
from synchub.dialects.synchroteam.sending import Place
from synchub.dialects.synchroteam.sites import SITE
from synchub.dialects.synchroteam.verbs import deleter, detailer, lister, sender
from synchub.dialects.synchroteam.views import CHANGED_FROM, Referred, Seen, matching, may_read
from synchub.master import naming
from synchub.master.convergence import Mode
from synchub.master.copies import Row as Fields
from synchub.master.writes import Write

EQUIPMENTS = "equipments"


def _standing_at(session: Session, connection: Connection, site: int) -> list[Referred]:
    return referring(session, connection, EQUIPMENT, "site_id", site)


def _with_equipment(session: Session, connection: Connection, seen: Seen) -> Mapping[str, Any]:
    """The equipment that stands at a site, as its details show it."""
    named = may_read(connection, EQUIPMENT, EQUIPMENT.named)
    there = _standing_at(session, connection, seen.row.id)
    return {
        EQUIPMENTS: [{"id": each.id, "myId": each.key, "name": (each.name or "") if named else ""} for each in there]
    }


def _as_it_stands(place: Place) -> None:
    """See that `equipments` names only what stands at the site already, and take it out of the row."""
    said = {word: text for word, text in place.said.extra.items() if word.lower() == EQUIPMENTS}
    for text in said.values():
        named = _listed(text)
        there = _standing_at(place.session, place.connection, place.record) if named else []
        for each in named:
            if not _is_one_of(there, each):
                what = json.dumps(each, ensure_ascii=False)[:200]
                raise Declined(f"equipments: {what} does not stand at this site: Equipment/Send says where one stands")
    place.said.extra = {word: text for word, text in place.said.extra.items() if word not in said}


def _prepared(place: Place) -> None:
    """See what a row says of equipment, and take along what stands at a site that goes to another customer."""
    _as_it_stands(place)
    writes, customer, former = place.connection.writes, place.referred.get("customer_id"), place.held().customer_id
    if customer not in {None, former} and (writes is None or EQUIPMENT.entity in writes):
        _take_along(place, former)


def _take_along(place: Place, former: int | None) -> None:
    """Let equipment at a site that was the site's customer's be its new one's."""
    typed = db.table_of(EQUIPMENT.made)
    theirs = [typed.c.site_id == place.record, typed.c.customer_id == former]
    session, connection = place.session, place.connection
    naming.lock_records(session, matching(session, connection, EQUIPMENT, theirs))
    ids = matching(session, connection, EQUIPMENT, theirs)
    book = Book(session, connection, EQUIPMENT.entity, codes=naming.codes_of(session, EQUIPMENT.entity, ids))
    said: Fields = {"customer_id": place.said.fields["customer_id"]}
    keys = [str(book.copies_of(id_)[0].external_key) for id_ in ids]
    place.besides += [Write(EQUIPMENT.entity, key, Mode.PARTIAL, said) for key in keys]


def _listed(text: str) -> list[Any]:
    """The members of the list, which has been kept apart as a text."""
    try:
        value = json.loads(text or "null")
    except ValueError:
        value = text
    if value in (None, {}):
        return []
    if not isinstance(value, list):
        raise Declined("equipments must be a list of objects with id, myId, name")
    return value


def _is_one_of(there: Sequence[Referred], said: Any) -> bool:
    """Whether an object names one of these: by its id, else by its myId, else by its name."""
    if not isinstance(said, Mapping):
        return False
    folded = {str(word).lower(): str(value) for word, value in said.items() if value not in (None, "")}
    if "id" in folded:
        return folded["id"] in {str(each.id) for each in there}
    if "myid" in folded:
        return folded["myid"] in {each.key for each in there}
    return folded.get("name") in {each.name for each in there}


def _by_id(call: Call) -> Mapping[str, Any]:
    return {"customerId": whole_number("id", call.segment("id"))}


def _by_key(call: Call) -> Mapping[str, Any]:
    return {"customerMyId": call.segment("myId")}


_TEXT, _NUMBER = description.TEXT, description.NUMBER
_SELECTORS = {"id": _NUMBER, "name": _TEXT, "myId": _TEXT}
_FILTERS = {CHANGED_FROM: _TEXT, "id": _NUMBER, "myId": _TEXT, "name": _TEXT, "contactEmail": _TEXT}
_OF_CUSTOMER = {"customerId": _NUMBER, "customerMyId": _TEXT, "customerName": _TEXT}

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        "/Site/Send",
        sender(SITE, _prepared),
        "Create or update a site",
        description.sent(SITE),
        writes=True,
    ),
    Endpoint(
        "GET",
        "/Site/Details",
        detailer(SITE, tuple(_SELECTORS), _with_equipment),
        "One site",
        description.details(SITE, {EQUIPMENTS: description.NAMED}, **_SELECTORS),
    ),
    Endpoint(
        "DELETE",
        "/Site/Delete",
        deleter(SITE, tuple(_SELECTORS)),
        "Delete sites",
        description.deleted(SITE, **_SELECTORS),
        writes=True,
    ),
    Endpoint(
        "GET",
        "/Site/List/byCustomer/id/{id}",
        lister(SITE, tuple(_FILTERS), _by_id),
        "The sites of a customer",
        description.listed(SITE, description.places(id=_NUMBER), **_FILTERS),
    ),
    Endpoint(
        "GET",
        "/Site/List/byCustomer/myId/{myId}",
        lister(SITE, tuple(_FILTERS), _by_key),
        "The sites of a customer",
        description.listed(SITE, description.places(myId=_TEXT), **_FILTERS),
    ),
    Endpoint(
        "GET",
        "/Site/List",
        lister(SITE, (*_FILTERS, *_OF_CUSTOMER)),
        "All sites",
        description.listed(SITE, **_FILTERS, **_OF_CUSTOMER),
    ),
)
