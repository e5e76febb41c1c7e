"""Every entity there and back: what is carried into an empty hub is carried out of it as the same bytes."""

import json
from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Field, transfer_of
from tests.dialects.synchroteam.held import HELD, IDS
from tests.served import fresh, serving

from synchub.dialects import named


def lines_of(text: str) -> list[str]:
    return text.split("\n")[:-1]


def carry_all(field: Field) -> None:
    for entity, rows in HELD.items():
        told = field.carry_in(*map(json.dumps, rows), entity=entity)
        assert [row["verdict"] for row in told] == ["created"] * len(rows), (entity, told)


def all_of(field: Field) -> dict[str, str]:
    return {each.entity: field.carry_out(each.entity) for each in named("synchroteam").transfers}


def test_every_entity_is_carried_in_the_order_in_which_they_refer_to_each_other():
    transfers = [each.entity for each in named("synchroteam").transfers]
    assert transfers == list(HELD)


@pytest.fixture
def elsewhere(sqlite_template, tmp_path):
    """A client of an empty hub."""
    with serving(fresh(sqlite_template, tmp_path), tmp_path / "elsewhere") as other:
        yield Field(other)


def test_what_is_carried_there_is_carried_out_as_the_same_bytes(field, erp, elsewhere):
    carry_all(field)
    erp.set("KH1", PhoneNumber="555-0100", Description="only there")
    field.make(name="Made here", myId="M1")
    field.make(name="Gone", myId="G")
    field.delete(myId="G")
    before = all_of(field)
    assert [len(lines_of(before[entity])) >= len(rows) for entity, rows in HELD.items()] == [True] * len(HELD)
    for entity, text in before.items():
        lines = lines_of(text)
        assert {row["verdict"] for row in elsewhere.carry_in(*lines, entity=entity)} == {"created"}
        assert {row["verdict"] for row in elsewhere.carry_in(*lines, entity=entity)} == {"unchanged"}
    assert all_of(elsewhere) == before
    assert "Made here" in before["customer"]
    assert "Gone" not in before["customer"]


def test_a_line_shows_what_it_was_given_and_nothing_is_left_out(field):
    carry_all(field)
    for entity, rows in HELD.items():
        word = IDS.get(entity, "id")
        shown = {row[word]: row for row in map(json.loads, lines_of(field.carry_out(entity)))}
        for row in rows:
            assert {name: shown[row[word]][name] for name in row} == row, entity


LINE = {"price": "2,5", "quantity": 1}


def documents(field: Field) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in map(json.loads, lines_of(field.carry_out("invoice")))}


@pytest.mark.parametrize(
    ("entity", "line", "why"),
    [
        ("site", {"id": 1, "customerId": 99}, "there is no customer with customerId 99"),
        ("site", {"id": 1, "customerMyId": "no"}, "there is no customer with customerMyId no"),
        ("site", {"id": 1, "customerName": "no"}, "there is no customer with customerName no"),
        ("equipment", {"id": 1, "customerId": 412, "siteMyId": "no"}, "there is no site with siteMyId no"),
        ("site", {"id": 1, "customerId": 412, "customerMyId": "D"}, "customerId and customerMyId name different"),
        ("site", {"id": 31, "myId": "other"}, None),
        ("site", {"name": "Quay"}, "an id or a myId is required, or each import would make the site anew"),
        ("item", {"id": 1, "price": "-1"}, "price must not be negative"),
        ("employee", {"id": 1, "profile": "king"}, "profile must be one of technician, administrator, manager"),
        ("activity_type", {"name": "Holiday"}, "an id is required, or each import would make the activity type anew"),
        ("job", {"num": 1}, "an idJob or a myId is required, or each import would make the job anew"),
        ("job", {"idJob": "#1"}, "idJob must have at most 64 characters and not begin with #"),
        ("job", {"idJob": "x" * 65}, "idJob must have at most 64 characters and not begin with #"),
        ("job", {"idJob": "j2", "num": 501}, "num 501 is that of another job"),
        ("job", {"idJob": "j1", "num": 502}, "the num of this job is 501, not 502"),
        ("job", {"idJob": "j9", "myId": "J"}, "myId J is that of another job, whose id is j1"),
        ("job", {"idJob": "j3", "parts": [{"id": 99, "quantity": 1}]}, "parts row 1: there is no part with id 99"),
        (
            "job",
            {"idJob": "j3", "Activities": [{"idUser": 9, "start": "2026-01-01"}]},
            "Activities row 1: there is no us",
        ),
        ("job", {"idJob": "j3", "reportChangedDate": "soon"}, "reportChangedDate cannot be read"),
        ("attachment", {"id": 1, "fileName": "a"}, "sha256 is required"),
        ("photo", {"id": 1, "sha256": "abc"}, "sha256 must be a SHA-256 in 64 hexadecimal digits"),
        ("activity", {"nmActivity": "a", "dtStart": "2026-01-01"}, "an idActivity is required, or each import would"),
        ("activity", {"idActivity": 1, "nmActivity": "a"}, "dtStart is required"),
        ("activity", {"idActivity": 1, "dtStart": "2026-01-01", "nmActivity": ""}, "nmActivity is required"),
        ("activity", {"idActivity": 1, "user": {"login": "no"}}, "there is no user with user.login no"),
        ("invoice", {"type": "invoice"}, "an id or a type and num is required, or each import would make the document"),
        ("invoice", {"num": 502}, "an id or a type and num is required"),
        ("invoice", {"id": 2}, "type is required"),
        ("invoice", {"id": 1, "type": ""}, "type is required"),
        ("invoice", {"id": 1, "type": "quotation"}, "the type of this document is invoice, not quotation"),
        ("invoice", {"id": 1, "num": 502}, "the num of this document is 501, not 502"),
        ("invoice", {"id": 2, "type": "invoice", "num": 501}, "num 501 is that of another document"),
        ("invoice", {"id": 2, "type": "quotation", "num": 501, "status": 2}, "status of a document of the type quot"),
        ("invoice", {"id": 1, "total": "1000000000000.01"}, "total must not be more than 1000000000000"),
        ("invoice", {"id": 1, "lines": [LINE, LINE | {"idPart": 99}]}, "lines row 2: there is no part with idPart 99"),
        ("invoice", {"id": 1, "lines": [LINE, LINE | {"price": ""}]}, "lines row 2: price is required"),
        ("invoice", {"id": 1, "lines": [LINE | {"price": 10**12, "tax": 1}]}, "lines come to more than 1000000000000"),
        ("invoice", {"id": 1, "idSite": 99}, "there is no site with idSite 99"),
        ("invoice", {"id": 1, "status": "", "num": None}, None),
    ],
)
def test_a_line_is_rejected_with_the_word_at_fault(lasting, entity, line, why):
    lasting.carry_in('{"id":412,"myId":"C","name":"c"}', '{"id":413,"myId":"D","name":"d"}')
    lasting.carry_in('{"id":31,"myId":"S1","name":"Quay","customerId":412}', entity="site")
    lasting.carry_in('{"idJob":"j1","myId":"J","num":501}', entity="job")
    lasting.carry_in('{"id":1,"type":"invoice","num":501,"status":2}', entity="invoice")
    (row,) = lasting.carry_in(json.dumps(line), entity=entity)
    assert (row["verdict"] == "rejected") is (why is not None)
    assert row.get("reason", "").startswith(why or "")


def test_a_job_keeps_the_words_for_parts_and_users_that_are_gone_and_says_so(lasting):
    job = {"idJob": "j7", "parts": [{"id": None, "reference": "old", "quantity": "2,5"}], "OtherTechnicians": ["x"]}
    (row,) = lasting.carry_in(json.dumps(job), entity="job")
    assert (row["id"], row["verdict"]) == ("j7", "created")
    assert row["reason"] == (
        "parts row 1: there is no part old: kept as a word; OtherTechnicians row 1: there is no user x: kept as a word"
    )


def test_a_part_of_a_job_whose_id_is_null_is_not_the_one_that_has_its_reference_now(lasting):
    lasting.carry_in('{"id":6,"reference":"G-1","name":"Gasket"}', entity="item")
    parts = [{"id": None, "reference": "G-1", "quantity": 1}, {"reference": "G-1", "quantity": 1}]
    (row,) = lasting.carry_in(json.dumps({"idJob": "j8", "parts": parts}), entity="job")
    assert row["reason"] == "parts row 1: there is no part G-1: kept as a word"
    shown = {row["idJob"]: row for row in map(json.loads, lines_of(lasting.carry_out("job")))}["j8"]
    assert [(one["id"], one["reference"]) for one in shown["parts"]] == [(None, "G-1"), (6, "G-1")]


def test_a_line_of_an_invoice_keeps_its_price_and_its_words_whatever_its_part_says(lasting):
    lasting.carry_in('{"id":5,"reference":"H-1","name":"Hinge","price":"7","taxVal":"20"}', entity="item")
    lines = [LINE | {"reference": "H-1"} | part for part in ({"idPart": 5}, {"idPart": 0}, {})]
    lines.append(LINE | {"reference": "H-2"})
    said = {"id": 71, "type": "invoice", "num": 71, "total": "9.99", "lines": lines}
    (row,) = lasting.carry_in(json.dumps(said), entity="invoice")
    assert (row["id"], row["verdict"]) == (71, "created")
    assert row["reason"] == (
        "lines row 4: there is no part H-2: kept as a word; total is kept, though the lines come to 10"
    )
    shown = documents(lasting)[71]
    assert [line["idPart"] for line in shown["lines"]] == [5, 0, 5, 0]
    assert {(line["price"], line["tax"], line["description"], line["total"]) for line in shown["lines"]} == {
        ("2,50", "0,00", "", "2,5000")
    }
    assert (shown["total"], shown["status"]) == (9.99, 0)
    (row,) = lasting.carry_in('{"id":71,"lines":[]}', entity="invoice")
    assert (row["verdict"], documents(lasting)[71]["total"]) == ("updated", 0)


def test_a_document_without_an_id_is_the_one_of_its_type_that_has_its_number(lasting):
    bill = {"type": "Invoice", "num": 81, "lines": [LINE]}
    (first,) = lasting.carry_in(json.dumps(bill), entity="invoice")
    (again,) = lasting.carry_in(json.dumps(bill | {"status": 1}), entity="invoice")
    (other,) = lasting.carry_in(json.dumps(bill | {"type": "Quotation"}), entity="invoice")
    assert [row["verdict"] for row in (first, again, other)] == ["created", "updated", "created"]
    assert (again["id"] == first["id"], other["id"] == first["id"]) == (True, False)
    twice = [bill | {"dueDate": "2026-02-03"}, bill | {"dueDate": "2026-02-04"}]
    assert len(lasting.carry_in(*map(json.dumps, twice), entity="invoice")) == 1


def test_documents_without_a_number_get_free_ones_of_their_type_and_new_ones_come_after_all(lasting):
    lines = [{"id": 900 + n, "type": type_} for n, type_ in enumerate(("invoice", "quotation", "invoice"))]
    told = lasting.carry_in(*map(json.dumps, [lines[0] | {"num": 7002}, *lines[1:]]), entity="invoice")
    assert [row["verdict"] for row in told] == ["created"] * 3
    shown = documents(lasting)
    assert (shown[900]["num"], shown[902]["num"]) == (7002, 7003)
    assert shown[901]["num"] < 7002
    content = json.dumps({"type": "invoice", "lines": [LINE | {"description": "d"}]})
    answer = lasting.call("POST", "/Api/v2/Invoices/Send", content=content).json()
    assert answer == {"code": 1, "message": None, "data": {"num": 7004, "numberLines": 1}}
    again = lasting.carry_in(*lines_of(lasting.carry_out("invoice")), entity="invoice")
    assert {row["verdict"] for row in again} == {"unchanged"}
    (blank,) = lasting.carry_in('{"id":900,"num":""}', entity="invoice")
    assert (blank["verdict"], documents(lasting)[900]["num"]) == ("unchanged", 7002)


def test_jobs_without_a_number_get_free_ones_and_new_jobs_come_after_all(lasting):
    lines = [{"idJob": f"n{n}"} | ({"num": 9002} if n == 1 else {}) for n in range(3)]
    told = lasting.carry_in(*map(json.dumps, lines), entity="job")
    assert [row["verdict"] for row in told] == ["created"] * 3
    shown = {row["idJob"]: row["num"] for row in map(json.loads, lines_of(lasting.carry_out("job")))}
    assert (shown["n1"], sorted((shown["n0"], shown["n2"]))) == (9002, [9003, 9004])
    answer = lasting.call("POST", "/Api/v2/Jobs/Send", content='{"myId":"after","description":"d"}').json()
    assert answer == {"code": 9005, "message": None}


def test_a_job_that_has_an_id_here_is_known_by_the_imported_one_too(lasting):
    lasting.call("POST", "/Api/v2/Jobs/Send", content='{"myId":"both","description":"d"}')
    lasting.carry_in('{"idJob":"theirs","myId":"both"}', entity="job")
    answer = lasting.call("GET", "/Api/v2/Jobs/Detail", params={"id": "theirs"})
    assert (answer.json()["idJob"], answer.json()["myId"]) == ("theirs", "both")


def test_a_reference_to_what_the_connection_does_not_see_is_rejected(lasting):
    lasting.carry_in('{"id":814,"myId":"Gone","name":"c"}')
    lasting.delete(id=814)
    (row,) = lasting.carry_in('{"id":815,"customerId":814}', entity="site")
    assert (row["verdict"], row["reason"]) == ("rejected", "there is no customer with customerId 814")


def test_what_refers_to_a_record_that_is_given_another_key_still_does(lasting):
    lasting.carry_in('{"id":612,"myId":"Old","name":"c"}')
    lasting.carry_in('{"id":613,"name":"Quay","customerId":612}', entity="site")
    assert lasting.send(id=612, myId="New")["code"] == 612
    (row,) = lasting.carry_in('{"id":613,"name":"North Quay"}', entity="site")
    assert row["verdict"] == "updated"
    shown = {row["id"]: row for row in map(json.loads, lines_of(lasting.carry_out("site")))}[613]
    assert (shown["customerId"], shown["customerMyId"]) == (612, "New")


def test_a_table_has_a_column_for_every_word_of_a_line(lasting):
    for entity, rows in HELD.items():
        columns = transfer_of(entity).columns
        lasting.carry_in(*map(json.dumps, rows), entity=entity)
        for row in map(json.loads, lines_of(lasting.carry_out(entity))):
            assert columns is None or list(row) == list(columns)
            deep = {word for word, value in row.items() if isinstance(value, list | dict)}
            assert columns is None or deep <= {word for word, is_deep in columns.items() if is_deep}
