"""Raw bytes are kept: small ones in the row, large ones as a file named by what is in it."""

import hashlib
import os
import resource

import pytest
from sqlalchemy import Engine
from tests.intake.desk import customer, messages, request, running, settings_for

from synchub.errors import NotFound, Unavailable
from synchub.intake import journal
from synchub.intake.tables import Message


def test_a_large_body_is_a_file_named_by_its_digest(store: Engine, tmp_path) -> None:
    settings = settings_for(tmp_path, large_body=1000)
    body = os.urandom(1000)
    with running(store, settings) as committer:
        committer.submit(request(customer("K", phone="1"), body=body)).result()
        committer.submit(request(customer("L", phone="1"), body=body, repeats=False)).result()
        committer.submit(request(customer("M", phone="1"), body=body[:-1])).result()
    large, again, small = messages(store)
    assert large.body is None
    assert large.body_file == again.body_file == hashlib.sha256(body).hexdigest()
    assert small.body_file is None
    assert [journal.body_of(m, settings.data_dir) for m in (large, again, small)] == [body, body, body[:-1]]
    files = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    assert [path.name for path in files] == [large.body_file]


def test_a_body_may_be_kept_block_by_block(tmp_path) -> None:
    settings = settings_for(tmp_path)
    blocks = [os.urandom(1000) for _ in range(1000)]
    name = journal.keep_file(iter(blocks), settings)
    assert name == hashlib.sha256(b"".join(blocks)).hexdigest()
    message = Message(id=None, body=None, body_file=name)
    assert b"".join(journal.body_blocks(message, settings.data_dir)) == b"".join(blocks)
    assert [path.name for path in settings.data_dir.rglob("*") if path.is_file()] == [name]


def test_a_body_that_breaks_off_leaves_nothing(tmp_path) -> None:
    settings = settings_for(tmp_path)

    def broken():
        yield b"begun"
        raise OSError(5, "no more")

    with pytest.raises(OSError, match="no more"):
        journal.keep_file(broken(), settings)
    assert [path for path in settings.data_dir.rglob("*") if path.is_file()] == []


def test_a_body_whose_file_is_gone_is_not_found(store: Engine, tmp_path) -> None:
    settings = settings_for(tmp_path, large_body=0)
    with running(store, settings) as committer:
        committer.submit(request(customer("K", phone="1"))).result()
    with pytest.raises(NotFound, match="body of message"):
        journal.body_of(messages(store)[0], tmp_path / "elsewhere")


def test_a_body_that_cannot_be_kept_is_not_acknowledged(store: Engine, tmp_path) -> None:
    settings = settings_for(tmp_path, large_body=0)
    settings.data_dir.mkdir()
    (settings.data_dir / "bodies").write_text("a file in the way")
    with running(store, settings) as committer, pytest.raises(Unavailable):
        committer.submit(request(customer("K", phone="1")))
    assert messages(store) == []


def test_a_draft_that_fails_leaves_nothing_behind(tmp_path) -> None:
    settings = settings_for(tmp_path, large_body=0)
    name = hashlib.sha256(b"x").hexdigest()
    folder = settings.data_dir / "bodies" / name[:2]
    folder.mkdir(parents=True)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            journal.keep(b"x", settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(folder.iterdir()) == []
