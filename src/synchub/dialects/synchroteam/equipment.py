"""Equipment: the things at customers' that are worked on."""

from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import ColumnElement, false, select
from sqlalchemy.orm import Session

from synchub import db
from synchub.connections.tables import Connection
from synchub.dialects.synchroteam import description, formats, query
from synchub.dialects.synchroteam.customers import CUSTOMER
from synchub.dialects.synchroteam.endpoints import Call, Door, Endpoint
from synchub.dialects.synchroteam.faults import Declined
from synchub.dialects.synchroteam.kinds import Kind, Reference
from synchub.dialects.synchroteam.names import called
from synchub.dialects.synchroteam.query import LONGEST_NUMBER, Page
from synchub.dialects.synchroteam.references import key_of, wanted
from synchub.dialects.synchroteam.sending import Place
from synchub.dialects.synchroteam.settings import SynchroteamSettings
from synchub.dialects.synchroteam.sites import SITE
from synchub.dialects.synchroteam.verbs import deleter, detailer, filtered, listed, lister, paged, sender
from synchub.dialects.synchroteam.views import (
    CHANGED_FROM,
    Referred,
    conditions,
    load,
    matching,
    may_read,
    others,
    readable,
    shown,
)
from synchub.dialects.synchroteam.words import CustomFields, Key, Tags, Text
from synchub.dialects.wire import Wire
from synchub.master import naming
from synchub.master.entities.field_service import Equipment, Site


class EquipmentRow(Wire, entity=Equipment, key=("code",)):
    """A piece of equipment; its words stand in the order in which the vendor shows them."""

    code: Key = Field(None, alias="myId")
    name: Text = Field(None, alias="name")
    custom_fields: CustomFields = Field(None, alias="customFieldValues")
    tags: Tags = Field(None, alias="tags")


EQUIPMENT = Kind(
    Equipment,
    EquipmentRow,
    noun="equipment",
    plural="pieces of equipment",
    root="Equipment",
    id_words=frozenset({"id", "equipmentid"}),
    references=(
        Reference("customer_id", CUSTOMER, id="customerId", key="customerMyId", name="customerName"),
        Reference("site_id", SITE, id="siteId", key="siteMyId", name="siteName", within="customer_id"),
    ),
    left_out=frozenset({"customFieldValues", "tags"}),
)


def _of_one_customer(place: Place) -> None:
    """See that the site belongs to the customer; where no customer is known, it is that of the site.

    Raises:
        Declined: they are of two customers.
    """
    if not place.referred.keys() & {"customer_id", "site_id"}:
        return
    held = place.held()
    customer = place.referred.get("customer_id", held.customer_id)
    site, owner = _site_and_owner(place, place.referred.get("site_id", held.site_id))
    known = {each.record: each for each in others(place.session, place.connection, CUSTOMER, _some(owner, customer))}
    if owner is None or owner not in known:
        return
    if customer not in known:
        naming.records_by_id(place.session, CUSTOMER.entity, {owner}, lock=True)
        place.said.fields["customer_id"] = key_of(place.session, place.connection, CUSTOMER, owner)
    elif customer != owner:
        raise Declined(
            f"the site {site} belongs to the customer {_named(known[owner])}, "
            f"not to the customer {_named(known[customer])}"
        )


def _site_and_owner(place: Place, site: int | None) -> tuple[str, int | None]:
    """What a site is called, and its customer, if the connection sees the site."""
    for seen in others(place.session, place.connection, SITE, _some(site)):
        typed = db.table_of(Site)
        owner = place.session.scalar(select(typed.c.customer_id).where(typed.c.id == seen.record))
        return _named(seen), owner
    return "", None


def _some(*records: int | None) -> list[int]:
    return [record for record in records if record is not None]


def _named(record: Referred) -> str:
    return f"{record.name or record.key} (id {record.id})"


def _meant(session: Session, connection: Connection, kind: Kind, said: str) -> list[int]:
    """The records that a part of a path means: digits are an id first, all else a name in any letter case (EQ-1)."""
    if said.isascii() and said.isdecimal() and len(said) <= LONGEST_NUMBER:
        ids = matching(session, connection, kind, conditions(session, connection, kind, {"id": said}))
        if ids:
            return ids
    if not may_read(connection, kind, kind.named):
        return []
    alike = called(session, kind.made, said)
    return matching(session, connection, kind, [db.among(db.table_of(kind.made).c.id, alike)]) if alike else []


def _at(session: Session, call: Call) -> list[ColumnElement[bool]]:
    """The conditions that the path makes of a customer and a site."""
    typed, made = db.table_of(Equipment), []
    for column, kind, word in (("customer_id", CUSTOMER, "customer"), ("site_id", SITE, "site")):
        if not may_read(call.connection, EQUIPMENT, column):
            return [false()]
        made.append(db.among(typed.c[column], _meant(session, call.connection, kind, call.segment(word))))
    return made


def _list_at(door: Door, call: Call) -> Response:
    """The equipment at a site; a setting puts it into a list of its own (EQ-2)."""
    fields = readable(call.connection, EQUIPMENT)
    found = call.parameters((*_FILTERS, query.PAGE, query.PAGE_SIZE))
    nested = SynchroteamSettings.model_validate(call.connection.settings).nested_equipment
    with door.reading() as session:
        plain = wanted(session, call.connection, EQUIPMENT, filtered(call, EQUIPMENT, found))
        ids = matching(session, call.connection, EQUIPMENT, [*plain, *_at(session, call)])
        part, headers = paged(call, ids, Page.of(found))
        rows = load(session, call.connection, EQUIPMENT, part)
        made = (listed(EQUIPMENT, shown(call.connection, EQUIPMENT, each, fields)) for each in rows)
        return formats.listing(call.request, made, headers, root=EQUIPMENT.root, nested=nested)


_TEXT, _NUMBER = description.TEXT, description.NUMBER
_SELECTORS = {"id": _NUMBER, "name": _TEXT, "myId": _TEXT}
_FILTERS = {CHANGED_FROM: _TEXT, "id": _NUMBER, "myId": _TEXT, "name": _TEXT}
_PLACED = {
    "customerId": _NUMBER,
    "customerMyId": _TEXT,
    "customerName": _TEXT,
    "siteId": _NUMBER,
    "siteMyId": _TEXT,
    "siteName": _TEXT,
}

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        "/Equipment/Send",
        sender(EQUIPMENT, _of_one_customer),
        "Create or update equipment",
        description.sent(EQUIPMENT),
        writes=True,
    ),
    Endpoint(
        "GET",
        "/Equipment/Details",
        detailer(EQUIPMENT, tuple(_SELECTORS)),
        "One piece of equipment",
        description.details(EQUIPMENT, **_SELECTORS),
    ),
    Endpoint(
        "DELETE",
        "/Equipment/Delete",
        deleter(EQUIPMENT, tuple(_SELECTORS)),
        "Delete equipment",
        description.deleted(EQUIPMENT, **_SELECTORS),
        writes=True,
    ),
    Endpoint(
        "GET",
        "/Equipment/List/Customer/{customer}/Site/{site}",
        _list_at,
        "The equipment at a site",
        description.listed(EQUIPMENT, description.places(customer=_TEXT, site=_TEXT), **_FILTERS),
    ),
    Endpoint(
        "GET",
        "/Equipment/List",
        lister(EQUIPMENT, (*_FILTERS, *_PLACED)),
        "All equipment",
        description.listed(EQUIPMENT, **_FILTERS, **_PLACED),
    ),
)
