"""Promise 2: the same request again, while nobody changed its records in between, gets the same answer."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select
from tests.intake.desk import A, B, counted, customer, messages, only_sqlite, phone_of, request, running, states
from tests.world import world

from synchub import db
from synchub.config import Settings
from synchub.db import open_engine
from synchub.intake.repeats import find
from synchub.intake.submission import Receipt, Submission, new_message_id
from synchub.intake.tables import Message
from synchub.intake.write import MESSAGES, write
from synchub.master.series import read_counter


@pytest.fixture
def hand_in(store: Engine, settings: Settings):
    def one(submission: Submission) -> Receipt:
        return db.retrying(store, lambda session: write(session, [submission], settings))[0]

    return one


def test_the_same_request_again_gets_the_first_answer_and_changes_nothing(store: Engine, hand_in) -> None:
    first = hand_in(request(customer("K", phone="1")))
    with db.reading(store) as session:
        before = read_counter(session)
    again = hand_in(request(customer("K", phone="1")))
    assert (again.message, again.answer, again.repeat, again.moved) == (first.message, first.answer, True, False)
    with db.reading(store) as session:
        assert read_counter(session) == before
    assert states(store) == ["accepted", "repeat"]
    assert messages(store)[1].parent_id == first.message


def test_a_third_time_too(hand_in) -> None:
    receipts = [hand_in(request(customer("K", phone="1"))) for _ in range(3)]
    assert [receipt.repeat for receipt in receipts] == [False, True, True]
    assert len({receipt.message for receipt in receipts}) == 1


def test_a_request_that_changed_nothing_is_repeated_as_well(store: Engine, hand_in) -> None:
    hand_in(request(customer("K", phone="1")))
    other = hand_in(request(customer("K", phone="1"), body=b"the same in other words"))
    again = hand_in(request(customer("K", phone="1"), body=b"the same in other words"))
    assert (again.message, again.repeat) == (other.message, True)


def test_one_value_then_another_then_the_first_again_is_no_repeat(store: Engine, hand_in) -> None:
    first = hand_in(request(customer("K", phone="1")))
    hand_in(request(customer("K", phone="2")))
    third = hand_in(request(customer("K", phone="1")))
    assert not third.repeat
    assert third.message != first.message
    assert phone_of(store, "K") == "1"
    fourth = hand_in(request(customer("K", phone="1")))
    assert (fourth.repeat, fourth.message) == (True, third.message)


def test_an_answer_to_what_we_told_is_no_repeat_though_it_is_in_the_words_of_before(
    engine: Engine, settings: Settings
) -> None:
    with world(engine) as hub:
        hub.join("A")
        hub.join("B", rank=1)

        def hand_in() -> Receipt:
            hub.wait()
            made = request(customer("K", phone="2"))
            return db.retrying(engine, lambda session: write(session, [made], settings))[0]

        hub.say("B", phone="1")
        first, again = hand_in(), hand_in()
        assert (first.repeat, again.repeat) == (False, True)
        assert hub.tell("A")["phone"] == "1"
        assert not hand_in().repeat
        assert hub.tell("A")["phone"] == "1"


def test_another_partners_change_in_between_makes_it_a_new_request(store: Engine, hand_in) -> None:
    hand_in(request(customer("K", phone="1")))
    hand_in(request(customer("K", phone="2"), connection=B))
    again = hand_in(request(customer("K", phone="1")))
    assert not again.repeat
    assert again.answer["verdicts"] == ["unchanged"]
    assert phone_of(store, "K") == "2"


def test_a_change_of_any_one_of_its_records_makes_it_a_new_request(hand_in) -> None:
    rows = [customer(f"K{n}", phone="1") for n in range(5)]
    hand_in(request(*rows))
    hand_in(request(customer("K3", name="n"), connection=B))
    assert not hand_in(request(*rows)).repeat


def test_a_change_of_another_record_does_not(hand_in) -> None:
    hand_in(request(customer("K", phone="1")))
    hand_in(request(customer("L", phone="2"), connection=B))
    assert hand_in(request(customer("K", phone="1"))).repeat


@pytest.mark.parametrize("other", [{"connection": B}, {"path": "/other"}, {"method": "PUT"}])
def test_the_same_bytes_of_another_partner_or_to_another_address_are_another_request(hand_in, other) -> None:
    hand_in(request(customer("K", phone="1")))
    second = request(customer("K", phone="1"))
    for name, value in other.items():
        setattr(second.arrival, name, value)
    assert not hand_in(second).repeat


def test_a_refused_request_is_never_what_is_repeated(store: Engine, hand_in) -> None:
    hand_in(request(refusal="no key", body=b"x"))
    assert not hand_in(request(refusal="no key", body=b"x")).repeat
    assert not hand_in(request(customer("K", phone="1"), body=b"x")).repeat
    assert states(store) == ["refused", "refused", "accepted"]


def test_a_dialect_without_repeats_always_stores(store: Engine, hand_in) -> None:
    hand_in(request(customer("K", phone="1"), repeats=False))
    assert not hand_in(request(customer("K", phone="1"), repeats=False)).repeat


def test_the_repeats_of_a_group_are_found_in_one_look(store: Engine, settings: Settings) -> None:
    def statements(submissions: list[Submission]) -> tuple[int, list[Receipt]]:
        with counted(store, "before_cursor_execute") as seen:
            receipts = db.retrying(store, lambda session: write(session, submissions, settings))
        return len(seen), receipts

    statements([request(customer(f"K{n}", phone="1")) for n in range(0, 200, 2)])
    few, _ = statements([request(customer("K0", phone="1")), request(customer("L", phone="1"))])
    many, receipts = statements([request(customer(f"K{n}", phone="1")) for n in range(200)])
    assert [receipt.repeat for receipt in receipts] == [n % 2 == 0 for n in range(200)]
    assert many <= few + 1


@only_sqlite
@pytest.mark.parametrize("state", ["accepted", "repeat"])
def test_a_look_does_not_take_longer_when_a_request_came_often(store: Engine, hand_in, state: str) -> None:
    def work() -> int:
        """The steps that the database's machine takes, in hundreds."""
        steps = []
        with db.writing(store) as session:
            raw = session.connection().connection.driver_connection
            assert raw is not None
            raw.set_progress_handler(lambda: steps.append(1), 100)
            assert find(session, [again])
            raw.set_progress_handler(None, 0)
        return len(steps)

    hand_in(request(customer("K", phone="1")))
    again = request(customer("K", phone="1"))
    hand_in(request(customer("K", phone="1")))
    once = work()
    with db.writing(store) as session:
        (like,) = session.execute(select(MESSAGES).where(Message.state == state))
        session.execute(MESSAGES.insert(), [{**like._asdict(), "id": new_message_id()} for _ in range(2_000)])
    assert work() <= once + 1


def test_the_same_request_at_two_processes_at_once_is_stored_once(
    store: Engine, store_url: str, settings: Settings
) -> None:
    other = open_engine(store_url)
    start = threading.Barrier(2)
    with running(store, settings) as one, running(other, settings) as two, ThreadPoolExecutor(2) as pool:

        def post(committer, number: int) -> Receipt:
            start.wait()
            return committer.submit(request(customer(f"K{number % 3}", phone=str(number)))).result()

        for number in range(30):
            receipts = [each.result() for each in [pool.submit(post, c, number) for c in (one, two)]]
            assert sorted(receipt.repeat for receipt in receipts) == [False, True]
            assert receipts[0].answer == receipts[1].answer
    other.dispose()
    assert sorted(states(store)) == ["accepted"] * 30 + ["repeat"] * 30


def test_the_same_request_twice_in_the_queue_is_stored_once(store: Engine, settings: Settings) -> None:
    with running(store, settings) as committer:
        futures = [committer.submit(request(customer("K", phone="1"))) for _ in range(20)]
        receipts = [future.result() for future in futures]
    assert [receipt.repeat for receipt in receipts] == [False] + [True] * 19
    assert {receipt.message for receipt in receipts} == {receipts[0].message}
    assert {message.connection_id for message in messages(store)} == {A}
