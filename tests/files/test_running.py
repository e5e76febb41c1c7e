"""A file is read row by row, whatever stands in it and whoever dies meanwhile."""

import os
import subprocess
import sys
import tracemalloc
import zlib
from threading import Barrier, Thread

import pytest
from sqlalchemy import select, update
from tests.files.press import DIALECT, Press, Reader

from synchub import clock, db
from synchub.connections.tables import Connection
from synchub.files import jobs, repeating, storing
from synchub.files.running import advance
from synchub.files.scanning import records
from synchub.files.tables import FileRun
from synchub.intake.journal import body_of
from synchub.master.tables import Change

GOOD = "id,name,phone\n1,Ann,555\n2,Bob,\n3,Cid,777\n"


@pytest.fixture
def press(engine, tmp_path):
    return Press(engine, tmp_path, files_max_blank_keys=1, files_max_shrink=1)


def test_each_row_is_stored_and_the_run_says_so(press):
    run = press.press(GOOD)
    assert (run.state, run.rows, run.rows_read, run.bad, run.counts) == ("done", 3, 3, 0, {"created": 3})
    assert press.names() == {"1": "Ann", "2": "Bob", "3": "Cid"}
    (message,) = press.messages()
    assert (message.state, message.counts, message.first_number, message.last_number) == (
        "accepted",
        {"created": 3},
        1,
        3,
    )
    assert run.form["delimiter"] == ","
    assert run.form["encoding"] == ["ascii"]
    assert run.position == run.size
    with db.reading(press.engine) as session:
        assert set(session.scalars(select(Change.message_id))) == {run.message_id}


def test_columns_that_are_missing_or_unknown_are_told_once(press):
    run = press.press("id,name,branch\n1,caf\u00e9,north\n")
    assert (run.form["unknown"], run.form["missing"], run.form["encoding"]) == (["branch"], ["phone"], ["utf-8"])


def test_the_bytes_are_kept_when_the_file_is_done_and_the_spool_is_empty(press):
    run = press.press(GOOD)
    (message,) = press.messages()
    assert body_of(message, press.settings.data_dir) == GOOD.encode()
    assert (press.spooled(), run.spooled) == ([], None)


def test_what_is_kept_has_no_secret(press):
    content = (
        'id,pin,name\n1,s3cret,Ann\n2,"s3cret, too",Bob\n3,,Cid\n4,s3cret\n5,x,s3cret,Eve\n6,"s3cret,Fay\n,s3cret,Gus\n'
    )
    run = press.press(content)
    kept = {message.line: body_of(message, press.settings.data_dir) for message in press.messages()}
    assert all(b"s3cret" not in body for body in kept.values())
    assert kept[None] == (
        b"id,pin,name\n1,redacted,Ann\n2,redacted,Bob\n3,,Cid\nredacted,redacted\n5,redacted,redacted,Eve\n\n,redacted,Gus\n"
    )
    assert set(press.bad()) == {5, 6, 7, 8}
    assert "its line is not kept" in press.bad()[7][0]
    raw = [path.read_bytes() for path in press.settings.data_dir.rglob("*") if path.is_file()]
    assert not any(b"s3cret" in zlib.decompress(each) for each in raw if each[:1] == b"x")
    assert run.bad == 4


def test_a_line_break_within_a_cell_is_kept_as_one(press):
    press.press('id,pin,name\n1,s3cret,"An\nn"\n')
    assert body_of(press.messages()[0], press.settings.data_dir) == b'id,pin,name\n1,redacted,"An\nn"\n'


def test_a_bad_row_is_a_refused_message_of_its_file_and_blocks_no_other(press):
    run = press.press("id,name\n1,Ann\n,Nobody\n2\n3,Cid\n")
    assert press.names() == {"1": "Ann", "3": "Cid"}
    assert press.bad() == {
        3: ("the record has no id", b",Nobody"),
        4: ("it has 1 cells where the header has 2", b"2"),
    }
    assert (run.bad, run.rows_read, run.counts) == (2, 4, {"created": 2})
    assert {message.parent_id for message in press.messages()} == {None, run.message_id}


def test_a_row_that_the_store_cannot_take_is_quarantined_alone(press, monkeypatch):
    rows = [f"{number},n{number}\n" for number in range(50)]
    rows[17], rows[18] = "17,poison\n", "18,poison\n"
    run = press.press("id,name\n" + "".join(rows))
    assert len(press.names()) == 48
    assert list(press.bad()) == [19, 20]
    assert (run.state, run.rows_read, run.counts) == ("done", 50, {"created": 48})


def test_a_key_that_comes_twice_is_taken_in_order(press):
    run = press.press("id,name\n1,first\n2,Bob\n1,second\n")
    assert press.names() == {"1": "second", "2": "Bob"}
    assert run.counts == {"created": 2, "updated": 1}
    note = "1 keys come more than once, such as 1 in lines 2 and 4: the last row counts"
    assert press.messages()[0].notes == [note]


def test_keys_that_come_twice_are_told_apart_from_those_that_only_look_like_it(monkeypatch):
    monkeypatch.setattr(repeating, "BITS", 64)
    marks, keys = repeating.Marks(), [(str(number), number) for number in range(100)]
    for key, _ in keys:
        marks.add(key)
    assert marks.doubtful
    assert repeating.told(marks.doubtful, keys) is None
    said = repeating.told(marks.doubtful | {"7"}, [*keys, ("7", 200)])
    assert said.startswith("1 keys come more than once, such as 7 in lines 7 and 200")


def test_one_key_in_all_rows_of_a_file_takes_no_more_memory_than_in_two():
    marks = repeating.Marks()
    for key in ("7", "7"):
        marks.add(key)
    tracemalloc.start()
    said = repeating.told(marks.doubtful, (("7", number) for number in range(100_000)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert said == "1 keys come more than once, such as 7 in lines 0 and 1: the last row counts"
    assert peak < 1_000_000  # to keep them all would take five times that; other threads have some too


def test_the_same_rows_again_change_nothing(press):
    press.press(GOOD)
    run = press.press(GOOD.replace("Cid", "Kid"), "customers_2.csv")
    assert run.counts == {"unchanged": 2, "updated": 1}


def test_rows_speak_for_the_time_of_their_file(press):
    now = clock.now()
    press.press(GOOD, "visits_2.csv", as_of=now)
    run = press.press(GOOD.replace("Ann", "Old"), "visits_1.csv", as_of=now - 3600 * clock.SECOND)
    assert press.names()["1"] == "Ann"
    assert run.counts == {"superseded": 1, "unchanged": 2}


def test_files_of_one_table_are_read_in_the_order_of_their_times(press):
    now = clock.now()
    later = press.deliver("id,name\n1,later\n", "customers_2.csv", as_of=now)
    sooner = press.deliver("id,name\n1,sooner\n", as_of=now - clock.SECOND)
    while press.advance():
        pass
    assert press.run(sooner).counts == {"created": 1}
    assert press.run(later).counts == {"updated": 1}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name,phone\nAnn,1\n", "no column id"),
        ("id,name\n1,Ann\n".encode("utf-16"), "UTF-16"),
        ('"id,name\n1,Ann\n', "quotation mark"),
    ],
)
def test_what_cannot_be_read_as_a_file_of_its_kind_fails_and_raises_an_alert(press, content, said):
    run = press.press(content)
    assert run.state == "failed"
    assert said in run.error
    assert [(message.state, message.error) for message in press.messages()] == [("refused", run.error)]
    assert press.alerts() == [("file-failed", "customers")]
    assert press.spooled() == []
    press.press(GOOD)
    assert press.alerts() == []


def test_a_file_that_left_the_spool_fails(press):
    run = press.deliver(GOOD)
    for path in (press.settings.data_dir / "spool").iterdir():
        path.unlink()
    assert press.advance()
    assert press.run(run).error == "it is not in the spool any more"


def test_a_file_of_what_a_connection_may_not_write_fails(press):
    with db.writing(press.engine) as session:
        session.get_one(Connection, press.connection).writes = ["item"]
    assert "may not write customer" in press.press(GOOD).error


def test_a_file_fails_if_its_connection_may_not_write_any_more(press):
    run = press.deliver(GOOD)
    press.advance()
    assert press.run(run).state == "reading"
    with db.writing(press.engine) as session:
        session.get_one(Connection, press.connection).writes = ["item"]
    while press.advance():
        pass
    assert (press.run(run).state, press.run(run).counts) == ("failed", {})


def test_an_inactive_connections_files_wait(press):
    run = press.deliver(GOOD)
    with db.writing(press.engine) as session:
        session.get_one(Connection, press.connection).active = False
    assert not press.advance()
    assert press.run(run).state == "taken"


def test_nothing_to_read_is_nothing_to_do(press):
    assert not press.advance()


class Died(BaseException):
    """A process ends here."""


def interrupted(press, monkeypatch, place):
    """Let every n-th transaction of a reader be its last; answers how often it died."""
    count = [0]
    stored = storing.write_part

    def die_sometimes(*arguments):
        count[0] += 1
        made = stored(*arguments)
        if count[0] % 3 == place:
            raise Died
        return made

    monkeypatch.setattr(storing, "write_part", die_sometimes)
    deaths = 0
    for _ in range(200):
        try:
            if not press.advance():
                break
        except Died:
            deaths += 1
        with db.writing(press.engine) as session:
            session.execute(update(FileRun).values(lease_until=0))
    return deaths


@pytest.mark.parametrize("place", [0, 1, 2])
def test_reading_goes_on_at_the_last_committed_chunk(press, monkeypatch, place):
    monkeypatch.setattr(storing, "CHUNK", 7)
    content = "id,name\n" + "".join(f'{n},"n\n{n}"\n' if n % 10 else f"{n}\n" for n in range(100)) + "5,again\n"
    run = press.deliver(content)
    deaths = interrupted(press, monkeypatch, place)
    done = press.run(run)
    assert deaths > 3
    assert (done.state, done.rows_read, done.rows, done.bad) == ("done", 101, 101, 10)
    assert done.counts == {"created": 90, "updated": 1}
    assert len(press.bad()) == 10
    assert press.messages()[0].counts == done.counts


def test_two_processes_share_the_work_and_do_none_twice(press):
    runs = [
        press.deliver(f"id,name\n1,a{n}\n{n},b\n" + "x\n" * 20, f"customers_{n}.csv", as_of=n + 1) for n in range(6)
    ]
    runs.append(press.deliver("id,name\n99,v\n", "visits.csv"))
    start = Barrier(3)

    def work():
        start.wait()
        for _ in range(100):
            advance(press.engine, press.settings, {DIALECT: Reader})

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {press.run(run).state for run in runs} == {"done"}
    assert [press.run(run).bad for run in runs] == [20] * 6 + [0]
    assert len(press.bad()) == 20
    assert press.names()["1"] == "a5"


def test_a_lease_that_ran_out_is_taken_over_and_its_holder_stores_nothing(press):
    run = press.deliver(GOOD)
    press.advance()
    with db.writing(press.engine) as session:
        mine, _ = jobs.claim(session, "mine")
    assert not press.advance()
    with clock.replaced(lambda: mine.lease_until + 1), db.writing(press.engine) as session:
        assert jobs.claim(session, "another")[0].id == run
    job = jobs.Job(press.engine, press.settings, mine, None, "mine", Reader({}), None)
    with pytest.raises(jobs.Overtaken), db.writing(press.engine) as session:
        job.ours(session)


def test_rows_that_are_stored_already_are_not_stored_again(press):
    press.deliver(GOOD)
    press.advance()
    with db.writing(press.engine) as session:
        run, connection = jobs.claim(session, "mine")
    reader, table = jobs.reader_of(connection, {DIALECT: Reader}, "customers")
    job = jobs.Job(press.engine, press.settings, run, connection, "mine", reader, table)
    step = storing.Storing(job, job.form, job.columns(job.form))
    with job.path.open("rb") as file:
        rows = [step.row_of(record) for record in records(file, job.form, run.position, run.line)]
    step.commit(rows[:2])
    with pytest.raises(jobs.Overtaken):
        step.commit(rows)
    assert press.run(run.id).rows_read == 2


def test_the_lease_of_a_process_that_is_no_more_is_free(press):
    run = press.deliver(GOOD)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    dead = jobs.new_token().replace(f".{os.getpid()}.", f".{process.pid}.")
    assert len(dead) <= 32
    with db.writing(press.engine) as session:
        session.execute(update(FileRun).values(token=dead, lease_until=clock.now() + 60 * clock.SECOND))
    assert press.advance()
    assert press.run(run).state == "reading"


@pytest.mark.parametrize("token", [None, "of old", "0123abcd.99999999.aa", "0123abcd"])
def test_the_lease_of_a_process_elsewhere_is_not_free_before_its_end(press, token):
    press.deliver(GOOD)
    until = clock.now() + 60 * clock.SECOND
    with db.writing(press.engine) as session:
        session.execute(update(FileRun).values(token=token, lease_until=until))
    assert not press.advance()


def test_progress_tells_rows_rate_and_the_time_left(press):
    run = press.run(press.deliver(GOOD))
    run.started_at, run.rows, run.rows_read = clock.now(), 400, 100
    with clock.replaced(lambda: run.started_at + 10 * clock.SECOND):
        assert str(storing.Progress.of(run)) == "100 of 400 rows, 10 a second, 30 s left"
    run.ended_at, run.rows_read = run.started_at + 4 * clock.SECOND, 400
    assert str(storing.Progress.of(run)) == "400 of 400 rows, 100 a second"


def test_the_journal_has_notes_with_their_lines(press):
    press.press(b"id,name\n1,Ann\n2,B\x81b\n")
    assert press.messages()[0].notes == ["line 3: it has bytes that neither UTF-8 nor cp1252 knows"]


def test_a_key_that_no_index_holds_is_a_bad_row_and_no_more(press):
    press.change(strict=True)
    key = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(9_000))
    run = press.press(f"id,name\n1,Ann\n{key},Bob\n")
    assert (run.state, run.bad, run.missing) == ("done", 1, 0)


def all_but_its_copy(press: Press) -> None:
    """Read the one file to its end, but for the last step, which keeps a copy."""
    while press.run(1).state != "done":
        assert press.advance()


def test_a_copy_is_kept_without_its_secrets_though_the_header_cannot_be_read_any_more(press):
    run = press.deliver("id,pin,name\n1,s3cret,Ann\n")
    all_but_its_copy(press)
    assert advance(press.engine, press.settings, {})
    (message,) = press.messages()
    assert body_of(message, press.settings.data_dir) == b"id,pin,name\n1,redacted,Ann\n"
    assert press.run(run).spooled is None


def test_a_copy_that_cannot_be_kept_is_said_to_be_lost(press):
    run = press.deliver(GOOD)
    all_but_its_copy(press)
    (press.settings.data_dir / "spool" / str(press.run(run).spooled)).unlink()
    press.advance()
    (message,) = press.messages()
    assert (message.state, message.body_file) == ("accepted", None)
    assert message.notes == ["nothing of it is kept: it is not in the spool any more"]
    assert (press.run(run).state, press.run(run).spooled) == ("done", None)
