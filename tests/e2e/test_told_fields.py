"""Two hubs as real processes, of which one tells the other as a Synchroteam server: all that its API takes."""

import base64
import json
from collections import Counter

import pytest
from sqlalchemy import func, select
from tests.dialects.synchroteam.alike import alike
from tests.dialects.synchroteam.test_told import LINES, lines
from tests.e2e.hub import eventually
from tests.e2e.joined import connect, hub_at, join, start, within
from tests.scenarios.partners import App
from tests.served import fresh

from synchub.connections import registry
from synchub.dialects.synchroteam.client.resources import FORMS
from synchub.master.convergence import Mode
from synchub.master.store import apply
from synchub.master.tables import CrossReference, MasterRecord
from synchub.master.writes import Batch, Write
from synchub.outbox.reading import list_deliveries

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

BROUGHT = [entity for entity in (*FORMS, "warehouse") if entity != "attachment"]
LASTING = ("employee", "stock_level", "attachment", "invoice")
"""What no server deletes; one cancels jobs."""
LARGEST = 16_384
"""The most bytes of a request to hub B: a customer with more to say is refused there."""
DEPOT = json.loads(lines("warehouse")[0])["nmStock"]


class Fields:
    """Two hubs and a client of hub A, which tells hub B what it is told."""

    def __init__(self, a, b):
        self.a, self.b = a, b
        self.app = join(a, "app", App)
        at_b = connect(b, "a", "synchroteam")
        connect(a, "b", "synchroteam", url=b.url, **App.log_in(at_b))

    def bring(self):
        """Bring records into hub A in files, and the depots, which nobody can be told of, into both."""
        world = self.a.folder / "world"
        world.mkdir()
        for entity in BROUGHT:
            (world / f"{entity}.jsonl").write_text("\n".join(lines(entity)))
        self.a.synchub("import", "app", str(world))
        self.b.synchub("import", "a", str(world), "--entity", "warehouse")

    def ask(self, method, path, body):
        """Have something done, in a body of its own shape."""
        assert self.app.ask(method, f"/Api/v2/{path}", json=body)["code"] == 1

    def send(self, resource, **row):
        """The answer to a row that is taken."""
        answer = self.app.ask("POST", f"/Api/v2/{resource}/Send", json=row)
        assert answer.get("code") or answer.get("result") == "1", answer
        return answer

    def count(self, reference, quantity, *serials):
        parts = [{"reference": reference, "quantity": quantity, "serials": serials}]
        self.ask("PUT", "Inventory/Quantities", [{"depot": DEPOT, "parts": parts}])

    def delete(self, resource, **selector):
        body = {"json": selector} if resource == "ActivityType" else {"params": selector}
        answer = self.app.ask("DELETE", f"/Api/v2/{resource}/Delete", **body)
        assert answer == {"code": 1}, (resource, answer)

    def say_gone(self, entity, *records):
        """Have a partner say that records are gone of which the API deletes none."""

        def work(session):
            id_ = registry.get(session, "app").id
            mine = CrossReference.connection_id == id_, CrossReference.record_id.in_(records)
            keys = session.scalars(select(CrossReference.external_key).where(*mine))
            apply(session, [Batch(id_, None, [Write(entity, key, Mode.DELETE) for key in keys])])

        within(self.a, work)

    def records(self, entity):
        """The records of hub A that exist."""
        with self.a.store_opened() as session:
            chosen = select(MasterRecord.id).where(MasterRecord.entity == entity, MasterRecord.exists)
            return list(session.scalars(chosen.order_by(MasterRecord.id)))

    def parked(self):
        """The deliveries that are left, each with the reason."""
        with self.a.store_opened() as session:
            return [(one["entity"], one["last_error"]) for one in list_deliveries(session, connection="b")]

    def is_told(self):
        """Whether every change was looked at, and nothing waits since."""
        with self.a.store_opened() as session:
            newest = session.scalar(select(func.max(MasterRecord.changed)))
            is_seen = registry.get(session, "b").cursor == newest
            return is_seen and not list(list_deliveries(session, connection="b", state="waiting"))

    def wait(self):
        """Wait until hub B was told of all that it can be."""
        try:
            eventually(self.is_told)
        except AssertionError as late:
            late.add_note(self.a.state())
            raise

    def held(self, hub, name):
        """All that a hub exports of a connection."""
        folder = hub.folder / f"carried{len(list(hub.folder.iterdir()))}"
        hub.synchub("export", name, "--to", str(folder))
        rows = {each.stem.partition("-")[2]: each.read_text().split("\n")[:-1] for each in folder.glob("*.jsonl")}
        return alike({entity: map(json.loads, texts) for entity, texts in rows.items()})

    def told_alike(self):
        """What both hubs hold, once hub B was told of all; nothing is left to be told."""
        self.wait()
        here, there = self.both()
        assert here == there
        assert self.parked() == []
        return there

    def both(self):
        """What each hub holds."""
        return self.held(self.a, "b"), self.held(self.b, "a")


@pytest.fixture
def fields(store_url, sqlite_template, tmp_path, places):
    with (
        hub_at(tmp_path / "a", store_url, places.a) as a,
        hub_at(tmp_path / "b", fresh(sqlite_template, tmp_path), places.b, max_body=str(LARGEST)) as b,
    ):
        made = Fields(a, b)
        made.bring()
        start(b)
        start(a)
        yield made


def counts(held):
    return {entity: len(rows) for entity, rows in held.items()}


def create(fields):
    """What no file brings; the number of a quotation."""
    data = base64.b64encode(b"%PDF-1.7").decode()
    fields.send("Attachments", fileName="report.pdf", fileData=data, job={"num": 13473}, customer={"id": 412})
    made = fields.send("Invoices", type="quotation", job={"num": 13473}, customer={"id": 412}, lines=LINES)
    fields.send("Invoices", type="invoice", customer={"id": 7}, lines=LINES[1:])
    return made["data"]["num"]


def change(fields, quotation):
    """Change a record of each entity that can be changed, and make one more job."""
    fields.send("User", id=266, lastName="Quay", groups=[])
    fields.send("Customer", id=412, contactFax="1", tags=[])
    fields.send("Site", id=31, name="North Quay", customerId=7)
    fields.send("Equipment", id=51, siteId="", siteMyId="")
    fields.send("Part", id=91, price="11,5", taxVal="")
    fields.ask("PUT", "Part/Prices", [{"id": 92, "price": "10,25"}])
    fields.count("p11", 3)
    fields.count("458", 1, "772")
    fields.send("ActivityType", id=84, color="112233")
    fields.send("Jobs", myId="new", idCustomer=7, idUser=266, description="New", status=1)
    fields.send("Jobs", idJob="0c0ae477-fc89", description="Known", parts=[{"reference": "458", "quantity": "2"}])
    fields.send("CustomField", Job={"id": "0c0ae477-fc89"}, CustomFieldValues=[{"id": 9, "Value": "9"}])
    fields.send("Invoices", type="quotation", num=quotation, status=1, customer=None, action="add", lines=LINES[:1])


def delete(fields):
    """Delete a record of each entity that a server deletes, all of the others, and all jobs but the one validated."""
    for entity in LASTING:
        fields.say_gone(entity, *fields.records(entity))
    fields.say_gone("job", *fields.records("job")[1:])
    for resource, id_ in (("ActivityType", 84), ("Part", 91), ("Equipment", 51), ("Site", 31), ("Customer", 412)):
        fields.delete(resource, id=id_)


def test_what_one_hub_is_told_the_other_holds_after_every_create_change_and_delete(fields):
    quotation = create(fields)
    created = {entity: len(lines(entity)) for entity in BROUGHT} | {"attachment": 1}
    created["invoice"] += 2
    before = fields.told_alike()
    assert counts(before) == {entity: created[entity] for entity in FORMS}
    change(fields, quotation)
    changed = fields.told_alike()
    assert {entity for entity in FORMS if changed[entity] == before[entity]} == {"attachment"}
    assert counts(changed) == counts(before) | {"job": created["job"] + 1}


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_what_is_gone_is_gone_there_too_or_says_that_it_is_to_be_done_by_hand(fields):
    create(fields)
    before = fields.told_alike()
    many = {entity: len(fields.records(entity)) for entity in LASTING}
    delete(fields)
    fields.wait()
    here, there = fields.both()
    less = {entity: counts(before)[entity] - count for entity, count in counts(there).items()}
    assert less == {entity: int(entity not in {*LASTING, "job"}) for entity in FORMS}
    assert {entity for entity in FORMS if here[entity] != there[entity]} == {*LASTING, "job"}
    assert sorted(row["status"] for row in there["job"]) == [6, 7]
    by_hand = "no {} can be deleted there: do it by hand"
    assert Counter(fields.parked()) == {
        (entity, by_hand.format(FORMS[entity].kind.noun)): count for entity, count in many.items()
    }


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_what_refers_to_a_record_that_is_refused_says_so_and_goes_once_that_is_taken(fields):
    notes = [{"name": f"Note {number}", "value": "x" * 4000} for number in range(5)]
    fields.send("Customer", myId="BIG", name="Wordy", customFieldValues=notes)
    fields.send("Site", myId="S-BIG", name="Its quay", customerMyId="BIG")
    fields.send("Jobs", myId="J-BIG", customerMyId="BIG", siteMyId="S-BIG", description="Its job")
    fields.send("Invoices", type="invoice", job={"myId": "J-BIG"}, lines=LINES[1:])
    fields.send("Customer", myId="K2", name="Brief")
    fields.wait()
    why = dict(fields.parked())
    assert why.pop("customer").startswith("answered 413: ")
    assert why == {
        "site": "answered code 0: there is no customer with customerMyId BIG",
        "job": "answered code 0: there is no customer with customerMyId BIG",
        "invoice": "answered code 0: there is no customer with myId BIG",
    }
    here, there = fields.both()
    assert counts(there)["customer"] == counts(here)["customer"] - 1
    fields.send("Customer", myId="BIG", customFieldValues=[])
    fields.wait()
    fields.a.synchub("delivery", "retry", "--connection", "b")
    fields.told_alike()
