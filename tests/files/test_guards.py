"""A file that cannot be believed is held until somebody says so."""

import pytest
from sqlalchemy import select
from tests.files.press import Press, Reader

from synchub import clock, db
from synchub.audit.tables import AuditEntry
from synchub.errors import NotFound, Refused
from synchub.files import guards, quarantine
from synchub.intake.journal import body_of

FULL = "id,name\n" + "".join(f"{number},n\n" for number in range(10))


@pytest.fixture
def press(engine, tmp_path):
    return Press(engine, tmp_path)


def decide(press, act, run):
    with db.writing(press.engine) as session:
        act(session, run, "operator")
    while press.advance():
        pass
    return press.run(run)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it is empty"),
        ("\n\n", "it is empty"),
        ("id,name\n", "it has a header and no row"),
        ("id,name\n1,Ann\n2", "it is truncated: its last line is cut"),
        ('id,name\n1,Ann\n2,"Bo', "it is truncated: its last line is cut"),
        ('id,name\n1,Ann\n2,"Bo\n', "it is truncated: its last line is cut"),
        ('id,name\n1,Ann\n2,Cid\n3,Dan\n4,"Bo\nb of\nold\n', "it is truncated: its last line is cut"),
        ("id,name\n1,Ann\n,Bob\n,Cid\n4,Dan\n", "the key is blank in 2 of 4 rows"),
        ("id,name\n1,Ann,x\n2,Bob,y\n3,Cid\n", "2 of 3 rows are damaged"),
    ],
)
def test_a_file_that_looks_wrong_by_itself_is_held(press, content, said):
    run = press.press(content)
    assert (run.state, run.checks, run.rows_read) == ("held", [said], 0)
    assert press.alerts() == [("file-held", "customers.csv")]
    assert press.names() == {}
    assert len(press.spooled()) == 1


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("".join(f"{number},n\n" for number in range(4)), ["it has 4 rows, and the last one had 10: 60% fewer"]),
        ("".join(f"{number},\n" for number in range(10)), []),
        ("".join(f"{number},n\n" for number in range(6)), []),
    ],
)
def test_a_full_file_that_shrank_too_much_is_held(press, rows, said):
    press.press(FULL)
    run = press.press("id,name\n" + rows, "customers_2.csv")
    assert [check for check in run.checks if "rows" in check] == said
    assert run.state == ("held" if said else "done")


def test_a_file_whose_bytes_shrank_too_much_is_held(press):
    press.press(FULL.replace("n\n", "a long name\n"))
    assert press.press(FULL, "customers_2.csv").checks == ["it has 48 bytes, and the last one had 148: 68% fewer"]


def test_a_windowed_file_may_shrink_and_may_be_without_rows(press):
    press.press(FULL, "visits_1.csv")
    assert press.press("id,name\n", "visits_2.csv").state == "done"
    assert press.press("", "visits_3.csv").checks == ["it is empty"]


def test_a_last_line_without_its_end_is_suspicious_only_where_the_last_file_had_one(press):
    assert press.press(FULL.rstrip()).state == "done"
    assert press.press(FULL.replace("9,n", "9,m"), "customers_2.csv").state == "done"
    run = press.press(FULL.rstrip(), "customers_3.csv", as_of=press.run(2).as_of + 1)
    assert run.checks == ["it may be truncated: its last line has no end, and that of the last file had one"]


def test_the_thresholds_are_settings(press):
    press.press(FULL)
    press.change(files_max_shrink=0.9, files_max_blank_keys=1)
    assert press.press("id,name\n1,a\n,b\n", "customers_2.csv").state == "done"
    assert press.press("id,name\n1,a,x\n2,b,x\n3,c\n", "customers_3.csv").state == "done"


def test_a_released_file_is_read_and_that_is_audited(press):
    press.press(FULL)
    held = press.press("id,name\n1,m\n", "customers_2.csv")
    run = decide(press, guards.release, held.id)
    assert (run.state, run.released, run.counts) == ("done", True, {"updated": 1})
    assert press.alerts() == []
    with db.reading(press.engine) as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject, entry.actor) == ("file release", f"file {held.id}", "operator")
    assert entry.details["checks"] == held.checks


def test_an_empty_file_that_is_released_is_done(press):
    assert decide(press, guards.release, press.press("").id).state == "done"
    assert press.spooled() == []


def test_a_refused_file_is_not_read_and_its_bytes_are_kept(press):
    held = press.press("id,pin,name\n1,s,Ann\n2")
    run = decide(press, guards.refuse, held.id)
    assert (run.state, run.rows_read, press.names(), press.spooled()) == ("refused", 0, {}, [])
    (message,) = press.messages()
    assert body_of(message, press.settings.data_dir) == b"id,pin,name\n1,redacted,Ann\nredacted\n"
    assert (message.state, message.error) == ("refused", f"refused by hand: {held.checks[0]}")
    assert press.alerts() == []


def test_only_a_held_file_can_be_decided_about(press):
    run = press.press(FULL)
    with pytest.raises(Refused, match="not held"):
        decide(press, guards.release, run.id)
    with pytest.raises(NotFound):
        decide(press, guards.refuse, 77)


def test_a_held_file_does_not_block_the_next_one(press):
    held = press.press("")
    assert press.press(FULL, "customers_2.csv").state == "done"
    assert press.alerts() == [("file-held", "customers.csv")]
    again = press.press("id,name\n", as_of=press.run(held.id).as_of + 1)
    assert again.state == "held"
    decide(press, guards.refuse, held.id)
    assert press.alerts() == [("file-held", "customers.csv")]
    decide(press, guards.refuse, again.id)
    assert press.alerts() == []


def test_a_quotation_mark_that_is_not_closed_before_good_rows_cuts_nothing(press):
    run = press.press('id,name\n1,Ann\n2,"Bob\n3,Cid\n4,Dan\n')
    assert (run.state, run.bad, press.names()) == ("done", 1, {"1": "Ann", "3": "Cid", "4": "Dan"})


OLDER = "it speaks for an earlier time than customers_17.csv, which is read: it makes no record that was not heard of"


def test_an_older_full_file_makes_nothing_anew_that_a_later_one_lacks(press):
    now = clock.now()
    press.press("id,name\n1,Ann\n2,Bob\n", "customers_17.csv", as_of=now)
    held = press.press("id,name\n1,Ann\n2,Bob\n3,Gone\n", "customers_16.csv", as_of=now - clock.SECOND)
    assert held.checks == [OLDER]
    assert press.names() == {"1": "Ann", "2": "Bob"}
    assert decide(press, guards.release, held.id).counts == {"unchanged": 2, "superseded": 1}
    assert press.names() == {"1": "Ann", "2": "Bob"}
    assert press.run(held.id).rows_read == 3
    counts = next(message.counts for message in press.messages() if message.id == held.message_id)
    assert counts == {"unchanged": 2, "superseded": 1}


def test_a_file_that_was_held_when_a_later_one_was_read_undoes_nothing_of_it(press):
    now = clock.now()
    held = press.press("id,name\n1,Old\n,Nobody\n3,Gone\n", "customers_16.csv", as_of=now - clock.SECOND)
    assert held.state == "held"
    press.press("id,name\n1,Ann\n2,Bob\n", "customers_17.csv", as_of=now)
    done = decide(press, guards.release, held.id)
    assert (done.state, done.checks[-1], done.counts) == ("done", OLDER, {"superseded": 2})
    assert press.names() == {"1": "Ann", "2": "Bob"}


def test_a_full_file_that_comes_while_a_later_one_is_being_read_is_held(press):
    now = clock.now()
    later = press.deliver("id,name\n1,Ann\n2,Bob\n", "customers_17.csv", as_of=now)
    press.advance()
    assert press.run(later).state == "reading"
    held = press.press("id,name\n1,Ann\n3,Gone\n", "customers_16.csv", as_of=now - clock.SECOND)
    assert (held.state, held.checks) == ("held", [OLDER])
    assert (press.run(later).state, press.names()) == ("done", {"1": "Ann", "2": "Bob"})


def test_a_later_file_that_failed_or_was_refused_overtakes_none(press):
    now = clock.now()
    press.press("name\nAnn\n", "customers_17.csv", as_of=now)
    assert press.press("id,name\n1,Ann\n", "customers_16.csv", as_of=now - clock.SECOND).counts == {"created": 1}


def test_a_bad_row_of_an_older_full_file_makes_nothing_anew_by_hand(press):
    press.change(strict=True)
    now = clock.now()
    first = press.press("id,name\n1,Ann\nx,Gone\n2,Bob\n", "customers_16.csv", as_of=now - clock.SECOND)
    press.press("id,name\n1,Ann\n2,Bob\n", "customers_17.csv", as_of=now)
    with db.writing(press.engine) as session:
        (row,) = quarantine.rows_of(session, press.run(first.id))
        said = quarantine.take(session, row.id, {"test": Reader}, quarantine.Change("3,Gone", {}), press.settings)
    assert "a later file of customers is read" in said.reason
    assert press.names() == {"1": "Ann", "2": "Bob"}


def test_an_older_windowed_file_is_read(press):
    now = clock.now()
    press.press(FULL, "visits_17.csv", as_of=now)
    assert press.press(FULL + "77,n\n", "visits_16.csv", as_of=now - clock.SECOND).state == "done"


def test_the_time_for_which_a_file_waited_is_not_part_of_its_pace(press):
    with clock.replaced(lambda: 10**15):
        held = press.press("id,name\n1,Ann\n,Bob\n")
    with clock.replaced(lambda: 2 * 10**15):
        assert decide(press, guards.release, held.id).started_at == 2 * 10**15
