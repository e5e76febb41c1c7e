"""The journal tells everything about what arrived."""

from sqlalchemy import Engine
from tests.intake.desk import A, B, counted, customer, messages, request

from synchub import db
from synchub.config import Settings
from synchub.intake import journal
from synchub.intake.submission import Submission
from synchub.intake.write import write, write_part
from synchub.master.convergence import Mode
from synchub.master.writes import Write


def store_all(engine: Engine, settings: Settings, *submissions: Submission):
    return db.retrying(engine, lambda session: write(session, submissions, settings))


def test_every_submission_leaves_one_row_with_its_bytes_its_verdicts_and_its_answer(
    store: Engine, settings: Settings
) -> None:
    store_all(store, settings, request(customer("K", phone="1")))
    submission = request(customer("K", phone="2"), customer("L", name="n"), customer("K", phone="2"))
    receipt = store_all(store, settings, submission)[0]
    message = messages(store)[1]
    assert (message.id, message.answer, message.state) == (receipt.message, receipt.answer, "accepted")
    assert message.counts == {"updated": 1, "created": 1, "unchanged": 1}
    assert journal.body_of(message, settings.data_dir) == submission.arrival.body
    assert message.size == len(submission.arrival.body)
    assert (message.seen, message.first_number, message.last_number) == (1, 2, 3)
    assert message.duration >= 0


def test_submissions_of_one_group_have_numbers_of_their_own(store: Engine, settings: Settings) -> None:
    store_all(
        store,
        settings,
        request(customer("K", phone="1"), customer("L", phone="1")),
        request(refusal="unknown action", connection=B, body=b"r"),
        request(customer("M", phone="1"), connection=B),
    )
    rows = {m.body: (m.seen, m.first_number, m.last_number) for m in messages(store)}
    assert sorted(rows.values(), key=str) == [(0, 1, 2), (0, 3, 3), (0, None, None)]


def test_parts_of_a_message_add_up(store: Engine, settings: Settings) -> None:
    (receipt,) = store_all(store, settings, request(body=b"file"))
    parts = [[customer("K", phone="1"), customer("L", phone="1")], [], [customer("K", phone="1")], [customer("L")]]
    parts[0][0].problems.append("first")
    parts[3][0].problems += [f"more {number}" for number in range(150)]
    for part in parts:
        db.retrying(store, lambda session, part=part: write_part(session, A, receipt.message, part))
    (message,) = messages(store)
    assert message.counts == {"created": 2, "unchanged": 2}
    assert (message.first_number, message.last_number) == (1, 2)
    assert message.notes == ["first", *(f"more {number}" for number in range(99)), "and 51 more"]
    db.retrying(store, lambda session: write_part(session, A, receipt.message, parts[3]))
    assert messages(store)[0].notes[-1] == "and 201 more"


def test_a_row_of_a_file_names_the_file_and_its_line(store: Engine, settings: Settings) -> None:
    (file,) = store_all(store, settings, request(body=b"file"))
    row = request(refusal="no key", body=b"row")
    row.arrival.parent, row.arrival.line = file.message, 17
    store_all(store, settings, row)
    assert [(m.parent_id, m.line) for m in messages(store)] == [(None, None), (file.message, 17)]


def test_a_refused_submission_is_kept_and_changes_nothing(store: Engine, settings: Settings) -> None:
    receipt = store_all(store, settings, request(refusal="no key", body=b"secretless"))[0]
    message = messages(store)[0]
    assert (message.state, message.error, message.counts) == ("refused", "no key", {})
    assert message.answer == receipt.answer
    assert not receipt.moved
    assert journal.body_of(message, settings.data_dir) == b"secretless"


def test_a_request_of_no_rows_is_accepted(store: Engine, settings: Settings) -> None:
    store_all(store, settings, request(body=b""))
    message = messages(store)[0]
    assert (message.state, message.counts) == ("accepted", {})
    assert journal.body_of(message, settings.data_dir) == b""


def test_the_problems_of_its_writes_are_noted_but_not_without_end(store: Engine, settings: Settings) -> None:
    def odd(count: int) -> Write:
        return Write("customer", f"K{count}", Mode.WHOLE, {"name": "n"}, problems=["odd"] * count)

    store_all(store, settings, request(odd(0)), request(odd(2)), request(odd(300)))
    notes = sorted((message.notes or [] for message in messages(store)), key=len)
    assert [len(each) for each in notes] == [0, 2, 101]
    assert notes[2][-1] == "and 200 more"


def test_the_number_of_statements_does_not_depend_on_the_number_of_submissions(
    store: Engine, settings: Settings
) -> None:
    store_all(store, settings, request(customer("warm", phone="1")))
    counts = []
    for size in (1, 200):
        with counted(store, "before_cursor_execute") as seen:
            store_all(store, settings, *[request(customer(f"K{size}-{n}", phone="1")) for n in range(size)])
        counts.append(len(seen))
    assert counts[1] <= counts[0] + 1


def test_only_what_moved_something_says_so(store: Engine, settings: Settings) -> None:
    first = store_all(store, settings, request(customer("K", phone="1"), connection=A, repeats=False))[0]
    second = store_all(store, settings, request(customer("K", phone="1"), connection=A, repeats=False))[0]
    assert (first.moved, second.moved) == (True, False)
