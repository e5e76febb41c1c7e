"""`POST /aljex/sync`, end to end on both databases."""

import asyncio
import gzip
import json
import logging
import shlex
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import text
from tests.dialects.aljex.conftest import Partner

from synchub import clock, db
from synchub.dialects import named
from synchub.master.copies import load as load_copy

FIELDS = json.loads((Path(__file__).parent / "fields.json").read_text())
EXAMPLE = {
    "id": "demo",
    "name": "Bill Smith",
    "email": "bill.smith@aljex.com",
    "team": "4",
    "type": "employee",
    "phone": "7323578700",
    "status": "good",
}
"""The vendor's document, section 5."""


def test_the_documents_two_requests_create_and_modify_a_record(partner):
    first = partner.sync("employees", "create", **EXAMPLE)
    assert (first.status_code, first.json()["result"]) == (200, "created")
    second = partner.sync("employees", "update", **EXAMPLE | {"email": "bsmith@aljex.com", "phone": "7323578777"})
    assert second.json()["result"] == "updated"
    employee = partner.record_of("employee", "demo")
    assert (employee.email, employee.phone, employee.team) == ("bsmith@aljex.com", "7323578777", "4")


def test_more_requests_a_minute_than_a_connection_may_make_are_429(partner):
    hasty, moment = partner.join("hasty", rate_limit="2"), clock.now()
    with clock.replaced(lambda: moment):
        answers = [partner.sync(auth=hasty, id="1", name=str(number)) for number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "2 requests a minute" in answers[2].json()["error"]
    assert answers[2].headers["retry-after"].isdecimal()


def test_an_answer_names_its_message(partner):
    answer = partner.sync(id="1", name="x")
    (message,) = partner.messages()
    assert answer.json()["id"] == answer.headers["x-message-id"] == str(message.id)
    assert (message.state, message.surface, message.answer) == ("accepted", "aljex", answer.json())
    assert partner.bodies() == [b"web_sync_table_name=customers&web_sync_action=update&id=1&name=x"]


def test_the_same_record_again_is_unchanged_and_kept_once_more(partner):
    partner.sync(id="1", name="x")
    assert partner.sync(id="1", name="x").json()["result"] == "unchanged"
    assert len(partner.messages()) == 2
    assert partner.record_of("customer", "1").version == 1


def test_a_field_that_is_absent_from_a_whole_record_is_cleared(partner):
    partner.sync(id="1", name="x", phone1="5550100", note="n", other="o")
    assert partner.sync(id="1", name="x", other="o").json()["result"] == "updated"
    assert partner.record_of("customer", "1").phone is None
    assert partner.copy("customer", "1").extra == {"other": "o"}
    assert partner.sync(id="1", name="x", phone1="", other="o").json()["result"] == "unchanged"


def test_a_delete_is_a_tombstone_and_an_update_revives(partner):
    partner.sync(id="1", name="x")
    assert partner.sync("customers", " Delete ", id="1").json()["result"] == "deleted"
    assert not partner.record_of("customer", "1").exists
    partner.sync(id="1", name="x")
    assert partner.record_of("customer", "1").exists


def test_a_delete_of_an_unknown_key_leaves_a_copy_that_says_gone(partner):
    assert partner.sync("customers", "delete", id="9").status_code == 200
    assert load_copy(partner.copy("customer", "9")).said("exists") is False
    assert not partner.record_of("customer", "9").exists


@pytest.mark.parametrize(("table", "told"), [pair for pair in FIELDS.items() if pair[0] != "_source"])
def test_every_table_is_taken_with_all_its_fields(partner, table, told):
    fields = {name: f"value {place}" for place, name in enumerate(told["columns"])} | {told["key"]: "K1"}
    assert partner.sync(table, "insert", **fields).json()["result"] == "created"
    assert partner.sync(table, "update", **fields).json()["result"] == "unchanged"
    assert partner.sync(table, "delete", **{told["key"]: "K1"}).json()["result"] == "deleted"


def test_a_load_with_467_fields_keeps_them_all(partner):
    told = FIELDS["loads"]
    fields = {name: "2026-09-16" if name in told["dates"] else "7" for name in told["columns"]}
    fields |= {"id": "71503", "customer_id": "100200", "carrier_id": "881", "carrier_line_haul": "$1,250.00"}
    assert len(fields) == 467
    assert partner.sync("loads", "update", **fields).json()["result"] == "created"
    load, copy = partner.record_of("load", "71503"), partner.copy("load", "71503")
    assert (load.line_haul, load.pickup_date) == (Decimal(1250), date(2026, 9, 16))
    assert load.customer_id == partner.record_of("customer", "100200").id
    assert load.carrier_id == partner.record_of("carrier", "881").id
    assert load_copy(copy).said("customer_id") == "100200"
    assert len(load_copy(copy).image) - 1 + len(copy.extra) == 466


def test_an_invoice_refers_to_its_load(partner):
    partner.sync("invoicing", pro_num="71503", total="1,900.50")
    partner.sync("loads", id="71503", status="DELIVERED")
    invoice = partner.record_of("freight_invoice", "71503")
    assert (invoice.load_id, invoice.total) == (partner.record_of("load", "71503").id, Decimal("1900.5"))


def test_a_table_that_nobody_described_is_taken(partner):
    partner.sync("payments", "create", id="9", name="Fuel", amount="12.50", memo="m")
    payment = partner.record_of("other", "payments:9")
    assert (payment.table_name, payment.name) == ("payments", "Fuel")
    assert partner.copy("other", "payments:9").extra == {"amount": "12.50", "memo": "m"}


def test_what_is_not_of_its_kind_fails_nothing_and_is_noted(partner):
    answer = partner.sync("loads", id="1", weight=":", pickup_date="ASAP", miles="12")
    assert answer.json()["result"] == "created"
    load = partner.record_of("load", "1")
    assert (load.weight, load.pickup_date, load.miles) == (None, None, Decimal(12))
    held = load_copy(partner.copy("load", "1"))
    assert (held.said("weight"), held.said("pickup_date")) == (":", "ASAP")
    (message,) = partner.messages()
    assert len(message.notes) == 2
    assert any("weight" in note and "number" in note for note in message.notes)


@pytest.mark.parametrize(
    "weight", ["1." + "1" * 20_000, "1" * 20_000, "0." + "0" * 40 + "1", "1_000", "١٢", "1e5x" + "1" * 20_000]
)
def test_a_number_beyond_any_measure_or_of_other_digits_is_noted_and_its_column_is_null(partner, weight):
    answer = partner.sync("loads", "update", id="9", weight=weight)
    assert (answer.status_code, partner.record_of("load", "9").weight) == (200, None)
    assert load_copy(partner.copy("load", "9")).image["weight"].value == weight
    (note,) = partner.messages()[0].notes
    assert note.startswith("weight holds '")


def test_a_body_in_cp1252_is_read_and_kept_as_it_came(partner):
    body = b"web_sync_table_name=customers&web_sync_action=update&id=1&name=M\xfcller+%96+S%f6hne"
    assert partner.call(content=body).status_code == 200
    assert partner.record_of("customer", "1").name == "Müller \N{EN DASH} Söhne"
    assert partner.bodies() == [body]


@pytest.mark.parametrize("pause", [{"id": ""}, {}, {"name": "no key"}])
def test_a_record_without_a_key_is_quarantined_with_200(partner, pause):
    answer = partner.sync("customers", "update", **pause)
    assert answer.status_code == 200
    assert answer.json() == {
        "result": "quarantined",
        "reason": "the record of 'customers' has no id",
        "id": answer.headers["x-message-id"],
    }
    (message,) = partner.messages()
    assert (message.state, message.error) == ("refused", answer.json()["reason"])
    assert partner.records() == []


def test_an_unknown_action_is_quarantined_with_200(partner):
    answer = partner.sync("customers", "deleted", id="1")
    assert (answer.status_code, answer.json()["result"]) == (200, "quarantined")
    assert partner.messages()[0].state == "refused"
    assert partner.records() == []


def test_an_entity_that_the_connection_may_not_write_is_quarantined(partner):
    login = partner.join("loads-only", writes="load,other")
    answer = partner.sync("customers", "update", auth=login, id="1")
    assert (answer.status_code, answer.json()["result"]) == (200, "quarantined")
    assert "customer" in answer.json()["reason"]
    assert partner.records() == []


@pytest.mark.parametrize("missing", ["web_sync_table_name", "web_sync_action"])
def test_a_missing_table_or_action_is_400_and_named_and_kept(partner, missing):
    fields = {"web_sync_table_name": "loads", "web_sync_action": "update", "id": "1"}
    del fields[missing]
    answer = partner.call(content=urlencode(fields))
    assert answer.status_code == 400
    assert answer.json() == {"error": f"{missing} is missing", "id": answer.headers["x-message-id"]}
    assert [message.state for message in partner.messages()] == ["refused"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Basic"},
        {"authorization": "Basic !!"},
        {"authorization": "Basic bm9jb2xvbg=="},
        {"authorization": "Basic YWxqZXg6d3Jvbmc="},
        {"authorization": "Basic //46/w=="},
        {"authorization": b"Basic \xe9"},
        {"authorization": "Bearer x"},
    ],
)
def test_who_does_not_prove_himself_gets_401_before_anything_is_read(partner, headers):
    answer = partner.call(content=b"\xff" * 9_000_000, headers=headers, auth=None)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert answer.json().keys() == {"error"}
    assert answer.headers["x-message-id"]
    assert partner.messages() == []


def test_the_scheme_may_be_spelt_in_any_case(partner):
    assert partner.call(content=b"", auth=None, headers={"authorization": "BASIC x"}).status_code == 401
    request = partner.call(content=b"").request
    value = request.headers["authorization"].replace("Basic", "bAsIc")
    assert partner.call(content=b"", auth=None, headers={"authorization": value}).status_code == 400


@pytest.mark.parametrize(("allowed", "status"), [("192.0.2.0/24", 403), ("192.0.2.0/24,127.0.0.1", 200)])
def test_only_allowed_addresses_may_call(partner, allowed, status):
    login = partner.join("guarded", allowed_addresses=allowed)
    answer = partner.sync("customers", "update", auth=login, id="1")
    assert answer.status_code == status
    assert len(partner.messages()) == (status == 200)
    wrong = partner.sync("customers", "update", auth=(login[0], "wrong"), id="1")
    assert wrong.status_code == 401


def test_two_thousand_parameters_and_more_are_fine(partner):
    fields = {f"field_{number}": "x" * 9 for number in range(6000)}
    assert partner.sync("loads", "update", id="1", **fields).status_code == 200
    assert len(partner.copy("load", "1").extra) == 6000


def test_twenty_thousand_parameters_or_eight_mebibytes_are_413(partner):
    many = b"&".join(b"f%d=1" % number for number in range(20_000))
    for body in (many, b"id=" + b"x" * (8 * 2**20 - 3)):
        answer = partner.call(content=body)
        assert (answer.status_code, answer.json().keys()) == (413, {"error"})
    assert partner.messages() == []


def test_a_packed_body_is_unpacked_within_the_limit(partner):
    body = b"web_sync_table_name=customers&web_sync_action=update&id=1&name=x"
    assert partner.call(content=gzip.compress(body), headers={"content-encoding": "gzip"}).status_code == 200
    assert partner.bodies() == [body]
    bomb = gzip.compress(b"id=" + b"x" * 9 * 2**20)
    assert partner.call(content=bomb, headers={"content-encoding": "gzip"}).status_code == 413
    assert partner.call(content=b"no gzip", headers={"content-encoding": "gzip"}).status_code == 400


def test_another_method_is_405_in_the_envelope(partner):
    answer = partner.call(method="GET")
    assert (answer.status_code, answer.json(), answer.headers["allow"]) == (
        405,
        {"error": "Method Not Allowed"},
        "POST",
    )


@pytest.mark.parametrize("path", ["/ALJEX/Sync", "/aljex/sync/", "/ACME/aljex/sync"])
def test_the_path_may_be_spelt_in_any_case_and_lead_with_a_segment(partner, path):
    body = b"web_sync_table_name=customers&web_sync_action=update&id=1"
    assert partner.call(path=path, content=body).status_code == 200


def test_what_was_not_stored_is_503_with_retry_after(partner):
    partner.committer.stop()
    answer = partner.sync(id="1", name="x")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json() == {"error": "not stored, please send it again later"}


def test_success_is_answered_only_after_the_commit(partner):
    with db.writing(partner.engine) as session:
        session.execute(text("ALTER TABLE change RENAME TO no_more_history"))
    answer = partner.sync(id="1", name="x", passwd="s3cr3t")
    assert answer.status_code >= 500
    assert partner.messages() == []


def test_many_at_once_are_all_stored(partner):
    async def burst():
        bodies = [
            f"web_sync_table_name=loads&web_sync_action=update&id={number}&customer_id={number % 3}"
            for number in range(60)
        ]
        return await asyncio.gather(*(partner.acall(content=body) for body in bodies))

    answers = asyncio.run(burst())
    assert {answer.json()["result"] for answer in answers} == {"created"}
    assert len(partner.messages()) == 60
    assert len(partner.records()) == 63


SECRET = "s3cr3t-Zq9_never-kept"
SECRET_FORMS = [
    f"passwd={SECRET}",
    f"PASSWD={SECRET}&passwd={SECRET}",
    f"p%61sswd={SECRET.replace('s', '%73')}",
    f"username={SECRET}&pay_to_account={SECRET}",
    f"pass%2577d={SECRET}&passwd[]={SECRET}",
]


def everything_kept(partner: Partner, tmp_path: Path) -> bytes:
    """All that the hub holds: files, the rows of all tables as text, and the bodies unpacked."""
    held = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    with db.reading(partner.engine) as session:
        for table in db.Base.metadata.tables:
            held.extend(str(tuple(row)).encode() for row in session.execute(text(f'SELECT * FROM "{table}"')))  # noqa: S608
    return b"\n".join([*held, *partner.bodies()])


@pytest.mark.parametrize("form", SECRET_FORMS)
@pytest.mark.parametrize("lead", ["web_sync_table_name=carriers&web_sync_action=update&id=1&credit=9&", ""])
def test_a_secret_is_in_no_table_file_or_log(partner, tmp_path, caplog, capfd, form, lead):
    caplog.set_level(logging.DEBUG)
    status = 200 if lead else 400
    assert partner.call(content=lead + form).status_code == status
    padded = f"{lead}note={'x' * 400_000}&{form}"
    assert partner.call(content=padded).status_code == status
    kept = everything_kept(partner, tmp_path)
    assert b"redacted" in kept
    output = capfd.readouterr()
    for place in (kept, caplog.text.encode(), output.out.encode(), output.err.encode()):
        assert SECRET.encode() not in place
        assert SECRET.replace("s", "%73").encode() not in place


def test_a_secret_is_in_no_log_when_the_store_fails(partner, tmp_path, caplog):
    with db.writing(partner.engine) as session:
        session.execute(text("ALTER TABLE message RENAME TO no_more_journal"))
    caplog.set_level(logging.DEBUG)
    answer = partner.sync("carriers", "update", id="1", passwd=SECRET)
    assert answer.status_code >= 500
    assert SECRET not in caplog.text + answer.text


def test_a_body_that_hides_a_secret_where_no_field_is_is_not_kept(partner, tmp_path):
    assert partner.call(json={"id": 1, "passwd": SECRET}).status_code == 400
    assert partner.bodies() == [b""]
    assert SECRET.encode() not in everything_kept(partner, tmp_path)


@pytest.mark.parametrize(
    "form",
    [
        f"web_sync_table_name=carriers&web_sync_action=update&id=k3;passwd={SECRET}",
        f"web_sync_table_name=carriers&web_sync_action=update&id=k3%0Apasswd%3D{SECRET}",
        f"web_sync_table_name=carriers&id=k3&web_sync_action=update;passwd={SECRET}",
        f"web_sync_action=update&id=k3&web_sync_table_name=carriers;passwd={SECRET}",
        f"web_sync_action=update&id=k3&web_sync_table_name=carriers&web_sync_action=passwd={SECRET}",
    ],
)
def test_a_record_whose_name_holds_a_secret_is_quarantined_without_it(partner, tmp_path, form, caplog):
    caplog.set_level(logging.DEBUG)
    answer = partner.call(content=form)
    assert (answer.status_code, answer.json()["result"]) == (200, "quarantined")
    assert partner.records() == []
    for place in (everything_kept(partner, tmp_path), caplog.text.encode(), answer.content):
        assert SECRET.encode() not in place


def test_a_changed_secret_changes_nothing(partner):
    partner.sync("carriers", "update", id="1", name="x", passwd="one")
    assert partner.sync("carriers", "update", id="1", name="x", passwd="two").json()["result"] == "unchanged"
    first, second = partner.messages()
    assert first.digest == second.digest


def test_the_sample_works_as_it_stands(partner):
    username, password = partner.login
    (line,) = named("aljex").samples("http://hub", {"username": username, "password": password})
    words = shlex.split(line)
    fields = [words[place + 1] for place, word in enumerate(words) if word == "--data-urlencode"]
    body = urlencode([tuple(field.split("=", 1)) for field in fields])
    url = words[-1].removeprefix("http://hub")
    answer = partner.call(path=url, content=body, auth=tuple(words[2].split(":")))
    assert answer.json()["result"] == "created"


def test_the_operation_is_described(partner):
    operation = partner.surface.openapi()["paths"]["/aljex/sync"]["post"]
    schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert schema["required"] == ["web_sync_table_name", "web_sync_action"]
    assert {"200", "400", "401", "403", "413", "503"} <= operation["responses"].keys()
