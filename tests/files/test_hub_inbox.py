"""In the hub's own inbox nothing stays that the journal has: what partners upload holds secrets."""

from pathlib import Path

import pytest
from sqlalchemy import select
from tests.files.desk import KEY
from tests.files.press import DIALECT, Press, Reader

from synchub import db
from synchub.connections.directory import Directory
from synchub.connections.tables import Connection
from synchub.files import guards, spool
from synchub.files.collecting import Collector
from synchub.files.places import OwnPlace, Vanished, inbox
from synchub.files.tables import FileRun, FileSighting
from synchub.files.taking import movable
from synchub.intake.journal import body_of

LINES = "id,pin,name\n1,s3cret,Ann\n2,s3cret,Bob\n"


class Box(Press):
    """The inbox of a connection whose partner uploads to this hub."""

    def __init__(self, engine, folder: Path, **settings) -> None:
        super().__init__(engine, folder, files="hub", files_margin=0, **{"files_ready": "rename", **settings})
        self.folder = inbox(self.settings.data_dir, "partner")
        self.folder.mkdir(parents=True)

    def put(self, content: str, name: str = "customers.csv") -> None:
        (self.folder / name).write_text(content)

    def look(self, advance=None) -> None:
        Collector(self.engine, self.settings, {DIALECT: Reader}, Directory(self.engine, KEY), advance).look()

    def may_write(self, *entities: str) -> None:
        with db.writing(self.engine) as session:
            session.get_one(Connection, self.connection).writes = list(entities)

    def names(self) -> list[str]:
        return sorted(str(each.relative_to(self.folder)) for each in self.folder.rglob("*") if each.is_file())

    def last(self) -> FileRun:
        with db.reading(self.engine) as session:
            return session.scalars(select(FileRun).order_by(FileRun.id.desc())).first()

    def sightings(self) -> list[FileSighting]:
        with db.reading(self.engine) as session:
            return list(session.scalars(select(FileSighting)))

    def traces(self) -> list[str]:
        """The files of the data directory in which a secret stands."""
        everything = (each for each in self.settings.data_dir.rglob("*") if each.is_file())
        return [each.name for each in everything if b"s3cret" in each.read_bytes()]


@pytest.fixture
def box(engine, tmp_path) -> Box:
    return Box(engine, tmp_path)


def test_a_file_that_is_read_is_removed_and_the_journal_has_it_without_secrets(box):
    box.put(LINES)
    box.look()
    assert (box.last().state, box.last().moved_to) == ("done", "nowhere")
    assert (box.names(), box.traces(), box.sightings()) == ([], [], [])
    (message,) = box.messages()
    assert body_of(message, box.settings.data_dir) == LINES.replace("s3cret", "redacted").encode()


def test_a_repeat_goes_with_its_done_file(box):
    box.change(files_ready="done-file")
    for name in ("customers.csv", "customers_2.csv"):
        box.put(LINES, name)
        box.put("", f"{name}.done")
        box.look()
    assert (len(box.messages()), box.names(), box.traces()) == (2, [], [])


def test_a_held_file_stays_until_it_was_released_and_read(box):
    box.put(LINES.removesuffix("\n"), "customers_1.csv")
    box.put("id,pin,name\n", "customers_2.csv")
    for _ in range(2):
        box.look()
    held = box.last()
    assert (held.state, box.names()) == ("held", ["customers_2.csv"])
    with db.reading(box.engine) as session:
        assert movable(session) == []
    with db.writing(box.engine) as session:
        guards.release(session, held.id)
    box.look()
    assert (box.last().state, box.names(), box.spooled()) == ("done", [], [])


def test_a_file_that_is_refused_is_kept_by_the_journal_alone(box):
    box.put("id,pin,name\n")
    box.look()
    with db.writing(box.engine) as session:
        guards.refuse(session, box.last().id)
    box.look()
    assert (box.names(), box.spooled()) == ([], [])
    assert body_of(box.messages()[0], box.settings.data_dir) == b"id,pin,name\n"


def test_a_file_that_failed_is_kept_and_read_when_it_is_put_back(box):
    box.put(LINES)
    box.may_write("item")
    box.look()
    assert (box.last().state, box.last().moved_to, box.names()) == ("failed", "failed", ["failed/customers.csv"])
    box.may_write("customer")
    (box.folder / "failed" / "customers.csv").rename(box.folder / "customers.csv")
    box.look()
    assert (box.last().state, box.names(), box.traces()) == ("done", [], [])


def test_a_file_of_which_the_journal_has_no_copy_is_not_removed(box):
    box.put(LINES)
    box.look(advance=lambda: False)
    while box.last().state != "done":
        assert box.advance()
    assert box.names() == ["customers.csv"]
    spool.drop(box.settings.data_dir, box.last().spooled)
    box.look()
    assert box.names() == ["failed/customers.csv"]


def test_what_a_process_that_died_had_begun_to_remove_is_there_again(tmp_path):
    place = OwnPlace(tmp_path)
    aside = tmp_path / ".removing"
    aside.mkdir()
    (aside / "customers.csv").write_text(LINES)
    assert [entry.name for entry in place.list()] == ["customers.csv"]
    (aside / "customers.csv").write_text("another")
    assert len(place.list()) == 2


def test_only_the_file_that_was_read_is_removed(tmp_path):
    place = OwnPlace(tmp_path)
    (tmp_path / "customers.csv").write_text(LINES)
    seen = place.look("customers.csv")
    (tmp_path / "customers.csv").write_text("another, a larger one")
    with pytest.raises(Vanished):
        place.move(seen, "nowhere")
    assert (tmp_path / "customers.csv").read_text() == "another, a larger one"
