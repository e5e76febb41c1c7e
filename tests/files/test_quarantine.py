"""A bad row waits for an operator, and is taken as of its file's time."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import select
from tests.files.press import DIALECT, Press, Reader

from synchub import clock, db
from synchub.audit.tables import AuditEntry
from synchub.connections.tables import Connection
from synchub.errors import NotFound, Refused
from synchub.files import quarantine
from synchub.files.quarantine import Change
from synchub.files.reader import Bad
from synchub.files.tables import FileMissing
from synchub.master.tables import Change as Step
from synchub.master.tables import CrossReference

READERS = {DIALECT: Reader}


@pytest.fixture
def press(engine, tmp_path):
    return Press(engine, tmp_path, files_max_blank_keys=1, files_max_shrink=1, strict=True)


def rows(press, run):
    with db.reading(press.engine) as session:
        return list(quarantine.rows_of(session, run))


def take(press, row, change=None):
    with db.writing(press.engine) as session:
        return quarantine.take(session, row.id, READERS, change or Change(), press.settings)


def entries(press):
    with db.reading(press.engine) as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_a_row_is_read_again_as_its_files_are_read_now(press):
    run = press.press("id,name\nx1,Ann\n2,Bob\n")
    (row,) = rows(press, run)
    assert take(press, row) == Bad("the id is no number")
    press.change(strict=False)
    assert take(press, row).kind == "created"
    assert press.names() == {"x1": "Ann", "2": "Bob"}
    after = press.run(run.id)
    assert (after.bad, after.counts) == (0, {"created": 2})


def test_a_taken_row_speaks_for_its_files_time_and_says_so(press):
    now = clock.now()
    run = press.press("id,name\n,Old\n", as_of=now - 3600 * clock.SECOND)
    press.press("id,name\n1,New\n", "customers_2.csv", as_of=now)
    (row,) = rows(press, run)
    assert take(press, row, Change(cells={"ID": "1"})).kind == "superseded"
    assert press.names() == {"1": "New"}
    (message,) = [message for message in press.messages() if message.id == row.id]
    assert (message.state, message.error, message.counts) == ("accepted", None, {"superseded": 1})
    assert message.answer == {"result": "superseded", "reason": "the record has no id"}
    assert message.notes == [f"corrected by hand; it speaks for the time of its file, {clock.iso(run.as_of)}"]


def test_the_history_of_a_corrected_row_leads_to_its_own_message(press):
    run = press.press("id,name\n,Ann\n")
    (row,) = rows(press, run)
    take(press, row, Change(cells={"id": "1", "name": "Anna"}))
    with db.reading(press.engine) as session:
        assert session.scalars(select(Step.message_id)).one() == row.id


def test_a_row_may_be_given_anew_as_a_line(press):
    run = press.press('id,name\n1,"Ann\n2\n3,Cid\n')
    first, second = rows(press, run)
    assert take(press, first) == Bad("a quotation mark in it is not closed")
    assert take(press, first, Change(line='1,"Ann, of all"')).kind == "created"
    assert take(press, second, Change(line="2,B,C")) == Bad("it has 3 cells where the header has 2")
    assert press.names() == {"1": "Ann, of all", "3": "Cid"}


def test_corrections_are_audited_without_secrets(press):
    run = press.press("id,pin,name\n,s3cret,Ann\n")
    (row,) = rows(press, run)
    take(press, row, Change(cells={"id": "1", "pin": "s3cret again"}))
    (entry,) = entries(press)
    assert (entry.action, entry.subject) == ("file correct", f"message {row.id}")
    assert entry.details == {"file": run.id, "line": 2, "before": ",redacted,Ann", "after": "1,redacted,Ann"}
    assert entry.actor


def test_what_stays_bad_is_not_audited_and_stays(press):
    run = press.press("id,name\n,Ann\n")
    (row,) = rows(press, run)
    take(press, row, Change(cells={"id": "x"}))
    assert entries(press) == []
    assert len(rows(press, run)) == 1


def test_a_row_is_taken_once(press):
    (row,) = rows(press, press.press("id,name\n,Ann\n"))
    take(press, row, Change(cells={"id": "1"}))
    with pytest.raises(Refused, match="not in quarantine"):
        take(press, row, Change(cells={"id": "2"}))


def test_what_cannot_be_taken_is_said(press):
    run = press.press('id,pin,name\n,s,Ann\n1,"s,B\n3,s,Cid\n')
    first, second = rows(press, run)
    with pytest.raises(Refused, match="no column 'nmae'"):
        take(press, first, Change(cells={"nmae": "x"}))
    with pytest.raises(Refused, match="nothing of this row is kept"):
        take(press, second)
    with pytest.raises(NotFound), db.writing(press.engine) as session:
        quarantine.take(session, run.message_id, READERS, Change(), press.settings)


@pytest.mark.parametrize("cell", ["A\rB", "A\x0cB", "A\x85B", "A\u2028B", "A\x00B"])
def test_a_row_is_read_again_as_its_file_was(press, cell):
    good = press.press(f"id,name\n1,{cell}\n")
    (row,) = rows(press, press.press(f"id,name\n,{cell}\n", "customers_2.csv"))
    assert good.bad == 0
    assert take(press, row, Change(cells={"id": "2"})).kind == "created"
    assert press.names()["1"] == press.names()["2"]


def test_a_row_that_its_connection_may_not_write_any_more_stays(press):
    run = press.press("id,name\n,Ann\n")
    (row,) = rows(press, run)
    with db.writing(press.engine) as session:
        session.get_one(Connection, press.connection).writes = ["item"]
    with pytest.raises(Refused, match="may not write customer"):
        take(press, row, Change(cells={"id": "1"}))
    assert len(rows(press, run)) == 1


def test_a_row_that_the_store_cannot_take_stays(press):
    run = press.press("id,name\n1,poison\n")
    (row,) = rows(press, run)
    said = quarantine.attempt(press.engine, row.id, READERS, Change(), press.settings)
    assert said == Bad("it cannot be stored: StatementError")
    assert len(rows(press, run)) == press.run(run.id).bad == 1


def test_what_a_corrected_row_names_is_not_missing_from_its_file(press):
    press.change(files_missing="flag")
    press.press("id,name\n1,Ann\n2,Bob\n")
    run = press.press("id,name\n,Ann\n", "customers_2.csv")
    assert missing_of(press, run) == {"1": "flagged", "2": "flagged"}
    (row,) = rows(press, run)
    assert take(press, row, Change(cells={"id": "1"})).kind == "unchanged"
    assert missing_of(press, run) == {"2": "flagged"}
    assert press.run(run.id).missing == 1
    with db.reading(press.engine) as session:
        one = session.scalars(select(CrossReference).where(CrossReference.external_key == "1")).one()
    assert one.heard_at == run.as_of + 2


def missing_of(press, run):
    with db.reading(press.engine) as session:
        lacked = select(FileMissing.external_key, FileMissing.state).where(FileMissing.run_id == run.id)
        return dict(session.execute(lacked).all())


def test_rows_that_are_corrected_at_once_are_all_counted(press):
    lines = "".join(f",n{number}\n" for number in range(8))
    run = press.press("id,name\n" + lines)
    start, kinds = Barrier(4), []

    def correct(some):
        start.wait()
        for row in some:
            change = Change(cells={"id": str(row.line)})
            said = quarantine.attempt(press.engine, row.id, READERS, change, press.settings)
            kinds.append(said.kind.value)

    bad = rows(press, run)
    threads = [Thread(target=correct, args=(bad[place::4],)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kinds == ["created"] * 8
    after = press.run(run.id)
    assert (after.bad, after.counts) == (0, {"created": 8})


def test_a_row_that_two_correct_at_once_is_taken_once(press):
    (row,) = rows(press, press.press("id,name\n,Ann\n"))
    start, said = Barrier(2), []

    def correct(key):
        start.wait()
        try:
            said.append(quarantine.attempt(press.engine, row.id, READERS, Change(cells={"id": key}), press.settings))
        except Refused as error:
            said.append(error)

    threads = [Thread(target=correct, args=(key,)) for key in "12"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(each).__name__ for each in said) == ["Refused", "Verdict"]
    assert len(press.names()) == 1
