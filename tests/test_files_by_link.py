"""Files that a link opens without credentials."""

import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from tests.contents.samples import BYTES
from tests.served import KEY, Served, serving

from synchub import db
from synchub.contents import keeping, links
from synchub.contents.links import Opened
from synchub.intake.submission import Arrival, Submission
from synchub.intake.write import write
from synchub.master.convergence import Mode
from synchub.master.writes import Write

PNG = BYTES["image/png"]


@pytest.fixture
def hub(store_url: str, tmp_path: Path) -> Iterator[Served]:
    with serving(store_url, tmp_path) as served:
        served.connect("acme", "synchroteam")
        yield served


def store(hub: Served, *writes: Write) -> None:
    with db.writing(hub.engine) as session:
        write(session, [Submission(Arrival("test", 1, "POST", "/", b"", b""), writes, lambda _: {})], hub.settings)


def attach(hub: Served, content: bytes = PNG, name: str = "a.png", entity: str = "attachment") -> str:
    """The address of a file that is attached."""
    kept = keeping.keep(content, name, hub.settings)
    with db.writing(hub.engine) as session:
        keeping.record(session, kept)
    fields = {"file_name": name, "media_type": kept.media_type, "size": str(kept.size), "content": kept.digest}
    store(hub, Write(entity, name, Mode.PARTIAL, fields))
    with db.reading(hub.engine) as session:
        record = hub.record(entity, name).id
        return "/files/" + links.token_of(session, KEY, Opened(entity, record, 1))


@pytest.mark.parametrize("entity", ["attachment", "photo"])
def test_a_link_opens_its_file_without_credentials(hub, entity):
    address = attach(hub, entity=entity)
    for path in (address, f"/ACME{address}", address.replace("files", "FILES") + "/"):
        answer = hub.call("GET", path)
        assert (answer.status_code, answer.content) == (200, PNG)
        assert answer.headers["content-type"] == "image/png"


def test_a_file_is_kept_not_run_or_shown_to_others(hub):
    headers = hub.call("GET", attach(hub, b"<script>alert(1)</script>", "page.html")).headers
    assert headers["content-type"].startswith("text/html")
    assert headers["content-disposition"].startswith("attachment;")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"].startswith("private")
    assert "sandbox" in headers["content-security-policy"]
    assert "noindex" in headers["x-robots-tag"]


@pytest.mark.parametrize(
    ("name", "plain", "kept"),
    [
        ("data5.csv", "data5.csv", "data5.csv"),
        ("Bản vẽ.pdf", "B_n v_.pdf", "Bản vẽ.pdf"),
        ('a"b\\c/d; x=1.txt', "a_b_c_d; x=1.txt", "a_b_c_d; x=1.txt"),
        ("100 %.txt", "100 %.txt", "100 %.txt"),
    ],
)
def test_a_file_keeps_its_name_whatever_is_in_it(hub, name, plain, kept):
    told = hub.call("GET", attach(hub, b"x", name)).headers["content-disposition"]
    first, second = told.removeprefix('attachment; filename="').split("\"; filename*=UTF-8''")
    assert first == plain
    assert unquote(second) == kept


def test_a_browser_that_has_the_file_is_not_sent_it_again(hub):
    address = attach(hub)
    tag = hub.call("GET", address).headers["etag"]
    again = hub.call("GET", address, headers={"if-none-match": f'"x", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


def test_a_wrong_a_withdrawn_and_a_dead_link_are_404_and_say_no_more(hub):
    address = attach(hub)
    record = hub.record("attachment", "a.png").id
    other = attach(hub, name="b.png")
    wrong = address[:-1] + ("A" if address[-1] != "A" else "B")
    with db.writing(hub.engine) as session:
        links.withdraw(session, "attachment", record)
    store(hub, Write("attachment", "b.png", Mode.DELETE))
    answers = [hub.call("GET", path) for path in (wrong, address, other, "/files/x")]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert {answer.text for answer in answers} == {'{"error":"there is nothing at this link (any more)"}'}


def test_a_link_of_a_job_opens_no_file(hub):
    attach(hub)
    with db.reading(hub.engine) as session:
        token = links.token_of(session, KEY, Opened("job", hub.record("attachment", "a.png").id, 1))
    assert hub.call("GET", f"/files/{token}").status_code == 404


def test_the_log_does_not_tell_a_link(hub, caplog):
    address = attach(hub)
    with caplog.at_level(logging.INFO, "synchub.requests"):
        hub.call("GET", address)
    (line,) = [record for record in caplog.records if record.name == "synchub.requests"]
    assert (line.path, line.status) == ("/files/(a link)", 200)
    assert address.rpartition("/")[2] not in str(vars(line))


def test_a_file_that_is_lost_is_404_and_only_the_log_says_where_it_was(hub, caplog):
    address = attach(hub)
    for path in (hub.settings.data_dir / "contents").rglob("*"):
        if path.is_file():
            path.unlink()
    answer = hub.call("GET", address)
    assert (answer.status_code, str(hub.settings.data_dir) in answer.text) == (404, False)
    (line,) = [record for record in caplog.records if record.message == "a file is lost"]
    assert str(hub.settings.data_dir) in line.said


def test_another_method_is_refused(hub):
    assert hub.call("POST", attach(hub)).status_code == 405
