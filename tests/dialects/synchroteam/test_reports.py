"""A job's photos, its report as a document, and the page that shows the same."""

import base64
import json
import logging
import re
import subprocess
from datetime import datetime
from io import BytesIO
from typing import Any

import httpx
import pytest
from lxml import html
from PIL import Image
from tests.dialects.synchroteam.brought import job, photo, state
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.spoken import FORMS, Spoken
from tests.printing.scripts import FONTS, SCRIPTS
from tests.printing.scripts import read as found
from tests.printing.sheets import NOWHERE, image, pages_of, read
from tests.served import serving

from synchub import db
from synchub.contents import links
from synchub.master.convergence import Mode

SELECTORS: list[dict[str, Any]] = [{"id": "1_260719144323649"}, {"num": 1501}, {"myId": "J-1"}]


@pytest.fixture
def field(store_url, tmp_path):
    with serving(
        store_url, tmp_path, fonts=NOWHERE, letterhead_name="Harbour Services", letterhead_lines="12 Quay|555"
    ) as hub:
        yield Field(hub, time_zone="Europe/Paris")


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def report(field: Field, **said: Any) -> bytes:
    """The report of the job J-1 as it is printed."""
    answer = field.call(
        "GET", "/Api/v2/Jobs/PDF", params={"myId": "J-1"}, headers={"accept": "application/pdf"}, **said
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return answer.content


def printed(field: Field) -> str:
    return words(" ".join(pages_of(report(field))))


def address(field: Field, key: str = "J-1") -> str:
    """The path of a job's page, as Jobs/Detail shows it."""
    link: str = field.call("GET", "/Api/v2/Jobs/Detail", params={"myId": key}).json()["publicLink"]
    assert link.startswith("http://hub/Jobs/PublicJob/")
    return link.removeprefix("http://hub")


def page(field: Field) -> httpx.Response:
    return field.hub.call("GET", address(field))


@pytest.mark.parametrize("form", FORMS)
def test_photos_are_those_of_the_job_by_iteration(field, form):
    job(field)
    state(field, "job", "J-2", number=7)
    first, second = image("JPEG"), image("PNG")
    photo(field, "b", second, iteration=1, comment="after")
    photo(field, "a", first, report_item=13)
    photo(field, "c", job_id="J-2")
    named = {"id": "1_260719144323649", "myId": "J-1", "num": 1501}
    spoken = Spoken(field, form)
    for selector in SELECTORS:
        assert spoken.ask("GET", "Jobs/Photos", **selector) == spoken.like(
            [
                {
                    "job": named,
                    "iteration": 0,
                    "fileName": "a.jpg",
                    "comment": "",
                    "imageData": base64.b64encode(first).decode(),
                },
                {
                    "job": named,
                    "iteration": 1,
                    "fileName": "b.jpg",
                    "comment": "after",
                    "imageData": base64.b64encode(second).decode(),
                },
            ]
        )


def test_photos_that_are_brought_in_stand_in_the_order_of_their_ids(field):
    job(field)
    photo(field, "a", image())
    digest = field.carry_out("photo").split('"sha256":"')[1][:64]
    brought = [{"id": 9 - place, "myId": f"P-{place}", "jobMyId": "J-1", "sha256": digest} for place in range(3)]
    rows = field.carry_in(*(json.dumps(row | {"fileName": str(row["id"])}) for row in brought), entity="photo")
    assert [row["verdict"] for row in rows] == ["created"] * 3
    told = field.call("GET", "/Api/v2/Jobs/Photos", params={"myId": "J-1"}).json()
    assert [each["fileName"] for each in told] == ["7", "8", "9", "a.jpg"]


def test_a_job_without_photos_has_an_empty_list(field):
    job(field)
    assert field.call("GET", "/Api/v2/Jobs/Photos", params={"num": 1501}).json() == []


@pytest.mark.parametrize("path", ["Photos", "PDF"])
@pytest.mark.parametrize(
    ("selector", "status"), [({"myId": "J-9"}, 404), ({"num": "x"}, 400), ({}, 400), ({"id": 1, "num": 1}, 400)]
)
def test_a_job_that_is_not_meant_clearly_is_told(field, path, selector, status):
    job(field)
    answer = field.call("GET", f"/Api/v2/Jobs/{path}", params=selector)
    assert (answer.status_code, answer.json()["code"]) == (status, 0)


def test_a_photo_that_is_deleted_is_shown_nowhere(field):
    job(field)
    photo(field, "a")
    state(field, "photo", "a", Mode.DELETE)
    assert field.call("GET", "/Api/v2/Jobs/Photos", params={"num": 1501}).json() == []
    assert "Photos" not in printed(field)


def test_a_photo_that_is_lost_is_no_empty_one(field, caplog):
    job(field)
    photo(field, "a")
    for path in (field.hub.settings.data_dir / "contents").rglob("*"):
        if path.is_file():
            path.unlink()
    answer = field.call("GET", "/Api/v2/Jobs/Photos", params={"num": 1501})
    assert (answer.status_code, answer.json()["code"]) == (500, 0)
    assert [record.photo for record in caplog.records if record.message == "a photo is lost"] == ["a.jpg"]
    assert "(the picture cannot be shown) a.jpg" in printed(field)


def test_the_report_says_what_is_known_of_the_job(field):
    job(field)
    photo(field, "a", comment="Before")
    said = printed(field)
    for part in (
        "Harbour Services 12 Quay 555",
        "Service report 1501 Validated",
        "Customer Harbour Bakery C-1 12 Quay Street, Falls Church",
        "Place Oven hall Pier 3 Falls Church",
        "Contact Jean Bell 555-0100",
        "Equipment Deck oven E-1",
        "Reference J-1",
        "Kind Maintenance",
        "Scheduled 19 Jul 2026, 14:43 \N{EN DASH} 16:43",
        "Carried out from 19 Jul 2026, 14:50",
        "Duration 47 min",
        "Technicians Ann Smith, beth",
        "The burner was cleaned.",
        "Ann Smith 19 Jul 2026, 14:50 19 Jul 2026, 15:31 41 min",
        "N-1 Nozzle 2.5",
        "Details Leaks none",
        "Sign Off Signature signed",
        "Sign Off (2) Signature signed",
        "sector North",
        "Photos Before",
        "All times are those of Europe/Paris.",
    ):
        assert part in said, part
    assert "SIGN_12" not in said
    assert "city" not in said.partition("sector North")[2]


@pytest.mark.parametrize("form", FORMS)
def test_the_report_comes_within_a_document_to_those_who_do_not_ask_for_it_itself(field, form):
    job(field)
    answer = Spoken(field, form).ask("GET", "Jobs/PDF", num=1501)
    assert list(answer) == ["pdfData"]
    assert base64.b64decode(answer["pdfData"], validate=True) == report(field)


@pytest.mark.parametrize(
    ("accept", "type_"),
    [
        ("application/pdf", "application/pdf"),
        ("text/html, application/pdf;q=0.9, */*;q=0.1", "application/pdf"),
        ("application/json, application/pdf;q=0.5", "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        ("text/xml", "text/xml; charset=utf-8"),
    ],
)
def test_the_accept_header_says_how_the_report_comes(field, accept, type_):
    job(field)
    answer = field.call("GET", "/Api/v2/Jobs/PDF", params={"num": 1501}, headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, type_)


def test_no_other_endpoint_answers_with_a_document(field):
    answer = field.call("GET", "/Api/v2/Customer/List", headers={"accept": "application/pdf"})
    assert (answer.status_code, answer.json()["code"]) == (406, 0)


def test_the_document_has_a_name_and_is_not_sent_to_those_who_have_it(field):
    job(field)
    query = {"params": {"num": 1501}, "headers": {"accept": "application/pdf"}}
    answer = field.call("GET", "/Api/v2/Jobs/PDF", **query)
    assert answer.headers["content-disposition"] == 'inline; filename="report-1501.pdf"'
    query["headers"]["if-none-match"] = answer.headers["etag"]
    assert field.call("GET", "/Api/v2/Jobs/PDF", **query).status_code == 304


def test_the_report_says_when_it_changed_and_stays_the_same_until_then(field):
    job(field)
    first = report(field)
    assert report(field) == first
    photo(field, "a")
    second = read(report(field)).metadata.creation_date
    assert isinstance(second, datetime)
    assert second >= read(first).metadata.creation_date


def test_a_signature_stands_where_it_was_given_and_all_other_photos_at_the_end(field):
    job(field)
    photo(field, "sign", image("PNG", (60, 20)), report_item=12, iteration=1)
    photo(field, "burner", image("JPEG", (40, 30)), report_item=13)
    photo(field, "free", image("JPEG", (30, 30)))
    said = printed(field)
    assert said.count("signed") == 1
    assert "Sign Off Signature signed" in said
    assert "Photos Burner free.jpg" in said
    drawn = [each.image.size for each_page in read(report(field)).pages for each in each_page.images]
    assert sorted(drawn) == [(30, 30), (40, 30), (60, 20)]


def test_a_block_says_which_answers_are_signatures_whatever_they_look_like(field):
    items = [{"id": number, "name": f"Q{number}", "type": kind} for number, kind in ((1, "signature"), (2, "text"))]
    block = state(field, "block", "2", name="Sign Off", items=[*items, items[0] | {"id": 3}])
    usual = {"category_id": 2, "category": "Sign Off", "iteration": 0, "block": block}
    said = {1: "Ann 4711", 2: "SIGN_12", 3: ""}
    answers = [usual | {"id": number, "item": f"Q{number}", "value": value} for number, value in said.items()]
    other = {"id": 1, "category_id": 9, "category": "Unknown", "iteration": 1, "item": "Sign", "value": "SIGN_1"}
    job(field, report=[*answers, other])
    told = printed(field)
    assert "Q1 signed" in told
    assert "Q2 SIGN_12" in told
    assert "Unknown (2) Sign signed" in told
    assert told.count("signed") == 2
    photo(field, "sign", image("PNG", (60, 20)), report_item=1)
    photo(field, "text", image("JPEG", (40, 30)), report_item=2)
    told = printed(field)
    assert told.count("signed") == 1
    assert "Photos Q2" in told


def test_a_name_that_no_font_has_is_an_error_that_says_what_to_do(field, caplog):
    job(field, description="Nguy\N{LATIN SMALL LETTER E WITH CIRCUMFLEX AND TILDE}n")
    answer = field.call("GET", "/Api/v2/Jobs/PDF", params={"num": 1501})
    assert (answer.status_code, answer.json()["code"]) == (500, 0)
    assert "SYNCHUB_FONTS" in answer.json()["message"]
    assert "fonts-noto-core" in answer.json()["message"]
    assert [record.said for record in caplog.records if record.message == "a report cannot be printed"]


def test_a_logo_that_is_not_there_is_an_error_that_names_the_setting(store_url, tmp_path):
    with serving(store_url, tmp_path, letterhead_logo="nowhere.png") as hub:
        field = Field(hub)
        job(field)
        answer = field.call("GET", "/Api/v2/Jobs/PDF", params={"num": 1501})
        assert "SYNCHUB_LETTERHEAD_LOGO=nowhere.png: No such file" in answer.json()["message"]


def test_a_connection_sees_in_a_report_what_it_is_told(hub):
    owner = Field(hub)
    told = {"job": ["number", "customer_id", "description"], "customer": ["name"]}
    other = Field(hub, "other", told=told)
    job(owner)
    photo(owner, "a", comment="Before")
    answer = other.call("GET", "/Api/v2/Jobs/PDF", params={"num": 1501}, headers={"accept": "application/pdf"})
    said = words(" ".join(pages_of(answer.content)))
    assert "Customer Harbour Bakery" in said
    assert "The burner was cleaned." in said
    for hidden in ("12 Quay Street", "Ann", "Nozzle", "Pier 3", "Before", "Jean", "Maintenance"):
        assert hidden not in said
    assert other.call("GET", "/Api/v2/Jobs/Photos", params={"num": 1501}).status_code == 403


def test_the_page_shows_the_same_as_the_report(field):
    job(field)
    photo(field, "sign", image("PNG", (60, 20)), report_item=12, iteration=1)
    photo(field, "a", comment="Before")
    answer = page(field)
    assert answer.status_code == 200
    body = words(" ".join(html.fromstring(answer.text).find("body").itertext())).strip()
    paper = re.sub(r"Harbour Services Service report 1501|\d+/\d+", "", printed(field)[len("Harbour Services") :])
    assert body.removeprefix("Harbour Services").split() == paper.split()


def test_the_page_needs_no_credentials_runs_nothing_and_is_listed_nowhere(field):
    job(field)
    answer = page(field)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script" not in answer.headers["content-security-policy"]
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"].startswith("text/html")


def test_the_pages_pictures_are_upright_and_without_what_a_camera_wrote(field):
    job(field)
    place = Image.Exif()
    place[0x0112], place[0x010F] = 6, "a camera"
    photo(field, "a", image("JPEG", (60, 40), exif=place))
    path = address(field)
    (source,) = [each.get("src") for each in html.fromstring(field.hub.call("GET", path).text).iter("img")]
    answer = field.hub.call("GET", path.rpartition("/")[0] + "/" + source)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    with Image.open(BytesIO(answer.content)) as drawn:
        assert (drawn.size, dict(drawn.getexif())) == ((40, 60), {})


def test_a_wrong_a_withdrawn_and_a_dead_link_are_the_same_404(field):
    record = job(field)
    photo(field, "a", b"no picture")
    path = address(field)
    job(field, "J-2", number=9, job_id="x")
    other = address(field, "J-2")
    wrong = path[:-1] + ("A" if path[-1] != "A" else "B")
    beyond = [f"{other}/{place}" for place in ("1", "99", "-1", "x")]
    with db.writing(field.hub.engine) as session:
        links.withdraw(session, "job", record)
    state(field, "job", "J-2", Mode.DELETE)
    answers = [
        field.hub.call("GET", each) for each in (path, wrong, f"{path}/0", other, "/Jobs/PublicJob/x", *beyond[:2])
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert {field.hub.call("GET", each).status_code for each in beyond} == {404}
    assert field.hub.call("GET", address(field)).status_code == 200


def test_the_log_does_not_tell_a_link(field, caplog):
    job(field)
    path = address(field)
    with caplog.at_level(logging.INFO, "synchub.requests"):
        field.hub.call("GET", path)
    line = [record for record in caplog.records if record.name == "synchub.requests"][-1]
    assert line.path == "/Jobs/PublicJob/(a link)"


def test_a_link_is_matched_as_all_paths_are(field):
    job(field)
    path = address(field)
    assert field.hub.call("GET", f"/ACME{path.replace('PublicJob', 'publicjob')}/").status_code == 200
    assert field.hub.call("HEAD", path).status_code == 200


@pytest.mark.e2e
def test_names_in_any_script_are_found_in_the_report_and_its_pages_become_images(store_url, tmp_path):
    with serving(store_url, tmp_path, fonts=FONTS) as hub:
        field = Field(hub)
        job(field, description=" / ".join(SCRIPTS.values()))
        document = report(field)
    said = found(document)
    assert [name for name in SCRIPTS.values() if name not in said] == []
    assert "Harbour Bakery" in said
    (tmp_path / "report.pdf").write_bytes(document)
    subprocess.run(["pdftoppm", "-r", "30", "-png", "report.pdf", "page"], cwd=tmp_path, check=True)
    assert len(list(tmp_path.glob("page-*.png"))) == len(pages_of(document))
