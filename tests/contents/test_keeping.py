"""Contents: each once, in the data directory or in an object store."""

import hashlib
from urllib.parse import quote

import pytest
from obstore.store import MemoryStore, S3Store
from sqlalchemy import select
from tests.contents.samples import BYTES

from synchub import db
from synchub.contents import keeping
from synchub.contents.tables import Content
from synchub.errors import Misconfigured, NotFound, Refused, TooLarge, Unavailable

PNG = BYTES["image/png"]
DIGEST = hashlib.sha256(PNG).hexdigest()


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture(params=["disk", "file url", "memory"])
def shelf(request, settings, tmp_path):
    if request.param == "memory":
        return keeping.Objects(MemoryStore())
    url = f"file://{quote(str(tmp_path / 'objects of ours'))}" if request.param == "file url" else ""
    return keeping.shelf(settings(content_url=url))


def test_what_was_put_is_there(shelf):
    shelf.put(DIGEST, PNG)
    shelf.put(DIGEST, PNG)
    assert shelf.get(DIGEST) == PNG


def test_what_was_not_put_is_not_found(shelf):
    with pytest.raises(NotFound, match=DIGEST):
        shelf.get(DIGEST)


def test_the_same_content_twice_is_one_file(settings, tmp_path):
    first = keeping.keep(PNG, "one.png", settings())
    assert first == keeping.keep(PNG, "two.bin", settings())
    assert files(tmp_path) == [f"data/contents/{DIGEST[:2]}/{DIGEST}"]


def test_an_object_store_has_them_by_the_same_names(settings, tmp_path):
    keeping.keep(PNG, "one.png", settings(content_url=f"file://{tmp_path}/objects/of%20ours"))
    assert files(tmp_path) == [f"objects/of ours/contents/{DIGEST[:2]}/{DIGEST}"]


def test_what_is_kept_is_described(settings):
    kept = keeping.keep(b"a,b\n", "data5.csv", settings())
    assert (kept.size, kept.media_type, kept.shown) == (4, "text/csv", "application/octet-stream")
    assert kept.digest == hashlib.sha256(b"a,b\n").hexdigest()


def test_too_many_bytes_are_refused_and_not_kept(settings, tmp_path):
    with pytest.raises(TooLarge, match=r"'one.png' has 16 bytes: at most 15"):
        keeping.keep(PNG, "one.png", settings(max_attachment=15))
    assert files(tmp_path) == []
    keeping.keep(PNG, "one.png", settings(max_attachment=16))


def test_a_type_that_is_not_taken_is_refused_and_not_kept(settings, tmp_path):
    with pytest.raises(Refused, match=r"'one.pdf' is image/png: only application/pdf,text/\* is taken"):
        keeping.keep(PNG, "one.pdf", settings(attachment_types="application/pdf,text/*"))
    assert files(tmp_path) == []


def test_a_content_has_one_row_however_often_it_came(engine, settings):
    kept = keeping.keep(PNG, "one.png", settings())
    for _ in range(2):
        with db.writing(engine) as session:
            keeping.record(session, kept)
    with db.reading(engine) as session:
        (row,) = session.scalars(select(Content))
    assert (row.digest, row.size, row.media_type) == (DIGEST, len(PNG), "image/png")


def test_an_object_store_that_does_not_answer_says_so_in_one_line():
    store = S3Store(
        "photos",
        endpoint="http://127.0.0.1:9",
        region="none",
        access_key_id="id",
        secret_access_key="key",
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    for call in (lambda: keeping.Objects(store).put(DIGEST, PNG), lambda: keeping.Objects(store).get(DIGEST)):
        with pytest.raises(Unavailable, match=r"SYNCHUB_CONTENT_URL does not answer: .*127\.0\.0\.1:9") as caught:
            call()
        assert len(str(caught.value).splitlines()) == 1


def test_an_object_store_that_cannot_be_made_names_the_setting(settings, monkeypatch):
    with pytest.raises(Misconfigured, match="SYNCHUB_CONTENT_URL cannot be used: "):
        keeping.shelf(settings(content_url="file://elsewhere/x"))


@pytest.mark.parametrize("url", ["memory:///", "bogus://x", "/some/where"])
def test_a_store_that_would_lose_contents_is_no_setting(settings, url):
    with pytest.raises(ValueError, match="content_url"):
        settings(content_url=url)
