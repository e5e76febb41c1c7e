"""Attachments/Send: what belongs where, what is taken, and what is answered."""

import base64
import json
from typing import Any

import pytest
from sqlalchemy import select
from tests.dialects.synchroteam.brought import job, state
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.spoken import FORMS, Spoken
from tests.served import serving

from synchub import db
from synchub.contents.tables import Content
from synchub.master.convergence import Mode
from synchub.master.entities.field_service import Attachment

TEXT = b"a,b\n1,2\n"


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def body(**said: Any) -> dict[str, Any]:
    """A file for the job J-1, in the shape of the vendor's example."""
    usual = {
        "job": {"id": "", "myId": "J-1", "num": ""},
        "customer": {"id": "", "myId": ""},
        "fileName": "data.csv",
        "fileData": encoded(TEXT),
    }
    return usual | said


def send(field: Field, /, **said: Any) -> Any:
    answer = field.call("POST", "/Api/v2/Attachments/Send", content=json.dumps(body(**said)))
    assert answer.status_code == 200, answer.text
    return answer.json()


def attached(field: Field) -> list[Attachment]:
    with db.reading(field.hub.engine) as session:
        return list(session.scalars(select(Attachment).order_by(Attachment.id)))


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_attached_and_had_by_its_link(field, form):
    record = job(field)
    answer = Spoken(field, form).ask("POST", "Attachments/Send", body())
    assert (answer["msg"], answer["result"]) == ([], "1")
    (made,) = attached(field)
    assert answer["data"]["id"] == str(made.id)
    assert (made.job_id, made.customer_id, made.file_name, made.media_type) == (record, None, "data.csv", "text/csv")
    assert made.size == len(TEXT)
    url = answer["data"]["url"]
    assert url.startswith("http://hub/files/")
    file = field.hub.call("GET", url.removeprefix("http://hub"))
    assert (file.content, file.headers["content-disposition"]) == (
        TEXT,
        "attachment; filename=\"data.csv\"; filename*=UTF-8''data.csv",
    )


@pytest.mark.parametrize(
    "said", [{"id": "1_260719144323649"}, {"num": "1501"}, {"num": 1501}, {"ID": "", "MYID": "J-1"}]
)
def test_a_job_is_named_by_its_id_its_key_or_its_number(field, said):
    record = job(field)
    assert send(field, job=said)["result"] == "1"
    assert [each.job_id for each in attached(field)] == [record]


def test_a_file_belongs_to_all_that_the_body_names(field):
    record = job(field)
    customer = field.make(myId="C-2")
    for said in (
        {"customer": {"myId": "C-2"}},
        {"job": None, "customer": {"id": customer}},
        {"job": "", "customer": {"id": str(customer)}},
    ):
        assert send(field, **said)["result"] == "1"
    assert [(each.job_id, each.customer_id) for each in attached(field)] == [
        (record, customer),
        (None, customer),
        (None, customer),
    ]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"job": {"myId": "J-9"}}, "there is no job with myId J-9"),
        ({"job": {"num": 9}}, "there is no job with num 9"),
        ({"customer": {"id": 9}}, "there is no customer with id 9"),
        ({"customer": {"id": "x"}}, "customer: id must be a whole number"),
        ({"job": None}, "job or customer is required, with the id, the myId or the num of one that is there"),
        ({"job": [1]}, "job must be an object with id, myId, num"),
        ({"job": {"id": {"a": 1}}}, "job: id must be text"),
        ({"fileName": " "}, "fileName is required"),
        ({"fileName": "x" * 4001}, "fileName max 4000, got 4001"),
        ({"fileData": ""}, "fileData is required"),
        ({"fileData": None}, "fileData is required"),
        ({"fileData": "not base64!"}, "fileData must be text in base64"),
        ({"fileData": "abc"}, "fileData must be text in base64"),
        ({"fileData": 5}, "fileData must be text in base64"),
    ],
)
def test_what_breaks_a_rule_is_told_and_nothing_is_kept(field, said, text):
    job(field)
    assert send(field, **said) == {"data": None, "msg": [text], "result": "0"}
    assert attached(field) == []
    assert not (field.hub.settings.data_dir / "contents").exists()


def test_line_ends_and_blanks_in_base64_say_nothing(field):
    job(field)
    text = encoded(TEXT)
    assert send(field, fileData=f" {text[:4]}\r\n{text[4:]}\n")["result"] == "1"
    assert attached(field)[0].size == len(TEXT)


def test_the_vendors_placeholder_is_taken_for_what_it_decodes_to(field):
    job(field)
    assert send(field, fileData="Base64String")["result"] == "1"
    assert attached(field)[0].size == 9


def test_a_body_cannot_name_the_bytes_of_another_file(field):
    job(field)
    send(field)
    send(
        field,
        fileData=encoded(b"other"),
        sha256=attached(field)[0].content,
        size=1,
        mediaType="text/html",
        fileName="o",
    )
    first, second = attached(field)
    assert (second.content != first.content, second.size, second.media_type) == (True, 5, "application/octet-stream")


def test_the_same_request_twice_attaches_once_and_another_one_again(field):
    job(field)
    answers = [send(field) for _ in range(2)]
    assert answers[0] == answers[1]
    field.make(myId="C-3")
    job(field, description="changed")
    assert send(field) == answers[0]
    assert len(attached(field)) == 1
    assert send(field, fileName="other.csv") != answers[0]
    assert [each.file_name for each in attached(field)] == ["data.csv", "other.csv"]
    with db.reading(field.hub.engine) as session:
        assert len(session.scalars(select(Content)).all()) == 1


def test_what_is_kept_of_an_answer_has_no_link(field):
    job(field)
    url = send(field)["data"]["url"]
    message = field.hub.messages()[-1]
    assert message.answer == {"data": {"id": str(attached(field)[0].id)}, "msg": [], "result": "1"}
    assert url.rpartition("/")[2] not in str(vars(message))


def test_a_link_begins_with_the_address_that_is_set(store_url, tmp_path):
    with serving(store_url, tmp_path, public_url="https://hub.example/acme/") as hub:
        field = Field(hub)
        job(field)
        assert send(field)["data"]["url"].startswith("https://hub.example/acme/files/")


def test_too_large_and_unwanted_files_are_refused_in_the_same_form(store_url, tmp_path):
    with serving(store_url, tmp_path, max_attachment=8, attachment_types="text/*") as hub:
        field = Field(hub)
        job(field)
        said = {"large": body(fileData=encoded(b"123456789")), "type": body(fileName="a.zip")}
        answers = {
            name: field.call("POST", "/Api/v2/Attachments/Send", content=json.dumps(each))
            for name, each in said.items()
        }
        assert {name: answer.status_code for name, answer in answers.items()} == {"large": 413, "type": 400}
        assert answers["large"].json() == {
            "data": None,
            "msg": ["'data.csv' has 9 bytes: at most 8 are taken"],
            "result": "0",
        }
        assert "only text/* is taken" in answers["type"].json()["msg"][0]
        assert (attached(field), send(field)["result"]) == ([], "1")


def test_a_file_may_be_larger_than_what_other_endpoints_take(field):
    job(field)
    content = bytes(range(256)) * 2**14
    assert send(field, fileName="large.bin", fileData=encoded(content))["result"] == "1"
    assert attached(field)[0].size == 2**22


def test_a_connection_that_may_not_write_attachments_is_told_so(hub):
    field = Field(hub, writes=["customer", "job"])
    answer = field.call("POST", "/Api/v2/Attachments/Send", content=json.dumps(body()))
    assert (answer.status_code, answer.json()["result"]) == (403, "0")
    assert answer.json()["msg"] == ["connection 'acme' may not write attachments"]


def test_a_job_that_the_connection_deleted_takes_no_file(field):
    job(field)
    state(field, "job", "J-1", Mode.DELETE)
    assert send(field)["msg"] == ["there is no job with myId J-1"]
