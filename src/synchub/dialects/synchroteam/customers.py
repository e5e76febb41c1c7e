"""Customers: Details, Send, Delete and List."""

from synchub.dialects.synchroteam import description
from synchub.dialects.synchroteam.endpoints import Endpoint
from synchub.dialects.synchroteam.kinds import Kind
from synchub.dialects.synchroteam.straight import straight
from synchub.dialects.synchroteam.verbs import deleter, detailer, lister, sender
from synchub.dialects.synchroteam.views import CHANGED_FROM
from synchub.dialects.synchroteam.wire import CustomerRow
from synchub.master.entities.parties import Customer

CUSTOMER = Kind(
    Customer,
    CustomerRow,
    noun="customer",
    plural="customers",
    root="Customer",
    id_words=frozenset({"id", "customerid"}),
    filters={"name": "name", "email": "email", "contactEmail": "email"},
    left_out=frozenset({"customFieldValues", "tags", "contactMobile"}),  # CUS-3
)

ENDPOINTS = (
    Endpoint(
        "POST",
        "/Customer/Send",
        sender(CUSTOMER),
        "Create or update a customer",
        description.sent(CUSTOMER),
        writes=True,
        straight=straight(CUSTOMER),
    ),
    Endpoint(
        "GET",
        "/Customer/Details",
        detailer(CUSTOMER, ("id", "name", "myId", "email")),
        "One customer",
        description.details(
            CUSTOMER, id=description.NUMBER, name=description.TEXT, myId=description.TEXT, email=description.TEXT
        ),
    ),
    Endpoint(
        "GET",
        "/Customer/List",
        lister(CUSTOMER, (CHANGED_FROM, "id", "myId", "name", "contactEmail")),
        "All customers",
        description.listed(
            CUSTOMER,
            ChangedFrom=description.TEXT,
            id=description.NUMBER,
            myId=description.TEXT,
            name=description.TEXT,
            contactEmail=description.TEXT,
        ),
    ),
    Endpoint(
        "DELETE",
        "/Customer/Delete",
        deleter(CUSTOMER, ("name", "id", "myId")),
        "Delete customers",
        description.deleted(CUSTOMER, name=description.TEXT, id=description.NUMBER, myId=description.TEXT),
        writes=True,
    ),
)
