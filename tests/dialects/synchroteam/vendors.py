"""The records that the vendor's examples speak of, as the lines of files by which they are carried in.

What an example shows is taken from it (`endpoints.json`); the others have the ids and names by which examples name
them, and blanks. Where two examples give one record two names, it has that of the one which shows all of it.
"""

from typing import Any

from tests.dialects.synchroteam.inventory import ENDPOINTS

Row = dict[str, Any]


def shown(endpoint: str) -> Any:
    """What an endpoint's example shows."""
    return ENDPOINTS[endpoint]["response_example"]


def at(customer: int, rows: list[Row]) -> list[Row]:
    """Sites of a customer, without the keys that another example has and without their customers' names."""
    kept = [{word: value for word, value in row.items() if word not in {"customerName", "myId"}} for row in rows]
    return [{**row, "customerId": customer} for row in kept]


def job(id_: str, **more: Any) -> Row:
    """A job that is named by its id."""
    return {"idJob": id_, **more}


PLACE = {"position": {"Latitude": "1.5", "Longitude": "-2"}}
NAMED = [
    {"id": 35646, "name": "Sample Customer"},
    {"id": 901, "name": "HAMILTON ASSET MANAGEMENT"},
    {"id": 902, "name": "synchroteam"},
    {"id": 903, "myId": "ref-25", "name": "Labo office"},
    {"id": 8384, "name": "US Post Office"},
    {"id": 8248, "myId": "cust-05", "name": "testFullSite"},
    {"id": 2541, "myId": "ref-54", "name": "World Inc."},
    {"id": 8386, "myId": "ref_54154", "name": "name customer"},
    {"id": 35551, "name": "equipment.send"},
    {"id": 35615, "name": "jobs.send"},
]
CUSTOMERS = [
    shown("customer.details"),
    shown("customer.list")[1],
    *({**each, **PLACE} for each in NAMED),
]
SITES = [
    {**shown("site.details"), "id": 345, "customerId": 2541},
    *at(8384, shown("site.listByCustomerId")),
    {"id": 904, "name": "site name 1", "customerId": 903},
    {"id": 2541542, "name": "site.delete"},
    {"id": 47706, "myId": "ref-01", "name": "testSite", "customerId": 8248},
    {"id": 14587, "name": "New York Office", "customerId": 2541},
    {"id": 62649, "name": "equipment.send", "customerId": 35551},
    {"id": 62611, "name": "new site name", "customerId": 8386},
    {"id": 62612, "name": "jobs.search", "customerId": 8386},
    {"id": 905, "myId": "315f-d", "name": "invoices.list", "customerId": 902},
]
EQUIPMENT = [
    shown("equipment.details"),
    *shown("equipment.list"),
    {"id": 939721, "name": "equipment.delete"},
    {"id": 93929, "name": "equipement v1", "customerId": 8386, "siteId": 62611},
]
USERS = [
    shown("user.details"),
    {"id": 268, "login": "Bill", "firstName": "corger", "lastName": "Bill"},
    *({**each, "groups": ["group1"], "skilledTrades": ["plumber"]} for each in shown("user.search")),
    {"id": 1551, "login": "techtest"},
    {"id": 265, "login": "npinault", "firstName": "Nicolas 2", "lastName": "PINAULT"},
    {"id": 906, "login": "steven"},
    {"id": 907, "login": "ann"},
]
PARTS = [
    {**shown("part.details"), "minQuantity": 1},
    {"id": 34454, "reference": "ACCROCHE FIX CF62033", "name": "jobs.detail"},
    {"id": 35947, "reference": "111-a", "name": "p6666", "price": "123"},
    {"id": 908, "reference": "VOYANT VCYL 7 S 7/8", "name": "jobs.send"},
    {"id": 5671, "reference": "5671", "name": "jobs.send"},
    {"id": 909, "reference": "p11", "categoryName": "***1", "name": "part1", "price": "5,50", "taxVal": "50"},
    {"id": 35954, "reference": "p3", "name": "invoices.send", "price": "30"},
    {"id": 35959, "reference": "35959", "name": "part.prices"},
    {"id": 35919, "reference": "35919", "name": "part.prices"},
    {"id": 35958, "reference": "35958", "name": "part.delete"},
    {"id": 910, "reference": "KAAQ3104A", "name": "inventory.quantities"},
    {"id": 911, "reference": "refHi001", "name": "inventory.quantities", "serializable": True},
    {"id": 35930, "reference": "aaa", "name": "*****aaaaa", "price": "55"},
    {"id": 35909, "reference": "ref005f", "name": "111", "price": "110"},
]
DEPOTS = [
    {"idStock": "18af2bf1-0973-4958-a66e-c5fe974ec129", "nmStock": "stock4"},
    {"idStock": "d6a71643-0ad2-4de8-abcb-34f54c4ca12e", "nmStock": "stock"},
]
JOBS = [
    shown("jobs.detail"),
    job("265_160627143211768", description="attachments.send"),
    job("0c0ae477-fc89-4ef1-8797-2f0155f612f35", description="customfield.send"),
    job("_150604144935321", num=12547, idSite=62611, description="invoices.send"),
    job("265_150113103841695", description="invoices.list"),
    job("13473", num=13473, myId="ref-25415", status=5, description="jobs.validate"),
    *(
        job(each["id"], myId=each["myId"], num=int(each["num"]), idSite=62612, login="Bill", status=3)
        | {"scheduledBeginDate": "2016-05-16 10:00", "reportChangedDate": "2017-01-16T15:35:00Z"}
        for each in shown("jobs.search")
    ),
]


def block(id_: int, name: str, *items: tuple[int, str]) -> Row:
    """A block of which the items have a number and a name."""
    made = [{"idItem": number, "name": called, "idTypeItem": 2} for number, called in items]
    return {"id": id_, "name": name, "flPublished": True, "flShared": False, "items": made}


BLOCKS = [
    *shown("sharedblocks.list"),
    block(1171, "details", (3427, "date creation")),
    block(1184, "signatures", (4007, "sign1")),
    block(1185, "Category 1", (3132, "notes"), (3133, "valid")),
    block(1186, "Category 2", (3134, "hour")),
]
WORLD: dict[str, list[Row]] = {
    "employee": USERS,
    "warehouse": DEPOTS,
    "customer": CUSTOMERS,
    "site": SITES,
    "equipment": EQUIPMENT,
    "item": PARTS,
    "activity_type": shown("activitytype.search"),
    "activity": shown("activities.search"),
    "block": BLOCKS,
    "job": JOBS,
    "stock_request": [
        {**row, "part": {"idPiece": row["part"]["idPiece"]}} for row in shown("stockrequest.search")
    ],  # in a job's example one of the parts has another reference
    "invoice": shown("invoices.list"),
}
"""By entity, in the order in which they can be carried in."""
