"""Questions that are asked at about the same time are answered together."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, event
from tests.dialects.synchroteam.conftest import Field

from synchub.dialects.synchroteam.gathering import MOST, Gathering


class Library:
    """Answers that wait until they may go on; some questions have none."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.open = threading.Event()

    def answer(self, questions: Sequence[int]) -> list[str]:
        self.asked.append(list(questions))
        self.open.wait()
        if -1 in questions:
            raise LookupError("nobody knows")
        return [f"answer {number}" for number in questions]


async def ask(library: Library, numbers: Sequence[int], *, cancelled: Sequence[int] = ()) -> list[Any]:
    """Ask the first question, and the others while that is answered."""
    gathering = Gathering(library.answer)
    tasks = [asyncio.create_task(gathering.ask(number)) for number in numbers[:1]]
    while not library.asked:  # noqa: ASYNC110 - it is a thread that asks
        await asyncio.sleep(0.001)
    tasks += [asyncio.create_task(gathering.ask(number)) for number in numbers[1:]]
    await asyncio.sleep(0)
    for place in cancelled:
        tasks[place].cancel()
    await asyncio.sleep(0)
    library.open.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """The statements that anybody runs."""
    run: list[str] = []

    def note(*said: Any) -> None:
        run.append(said[2])

    event.listen(Engine, "before_cursor_execute", note)
    yield run
    event.remove(Engine, "before_cursor_execute", note)


def test_what_is_asked_meanwhile_is_answered_together_and_in_order():
    library = Library()
    answers = asyncio.run(ask(library, [1, 5, 3, 5]))
    assert answers == ["answer 1", "answer 5", "answer 3", "answer 5"]
    assert library.asked == [[1], [5, 3, 5]]


def test_no_more_go_together_than_are_meant_to():
    library = Library()
    answers = asyncio.run(ask(library, range(2 * MOST)))
    assert answers == [f"answer {number}" for number in range(2 * MOST)]
    assert list(map(len, library.asked)) == [1, MOST, MOST - 1]


def test_a_question_that_cannot_be_answered_fails_alone():
    first, *rest = asyncio.run(ask(Library(), [1, 2, -1, 3]))
    assert [first, rest[0], rest[2]] == ["answer 1", "answer 2", "answer 3"]
    assert isinstance(rest[1], LookupError)


def test_who_no_longer_waits_holds_nobody_up():
    library, gone = Library(), range(1, MOST + 1)
    answers = asyncio.run(ask(library, range(MOST + 2), cancelled=gone))
    assert all(isinstance(answers[place], asyncio.CancelledError) for place in gone)
    assert (answers[0], answers[-1]) == ("answer 0", f"answer {MOST + 1}")
    assert library.asked == [[0], [MOST + 1]]


def test_details_that_are_asked_for_together_are_each_ones_own(hub):
    """Of two connections, by ids, keys and names, and some that mean nothing."""
    one, other = Field(hub), Field(hub, "other")
    ids = [one.make(myId=f"C-{number}", name=f"Name {number}") for number in range(5)]
    other.make(myId="C-0", name="Another name")
    wanted = [
        *((one, {"myId": f"C-{number}"}, ids[number]) for number in range(5)),
        *((other, {"id": id_}, id_) for id_ in ids),
        (one, {"myId": "C-9"}, None),
        (one, {"name": "Name 3"}, ids[3]),
        (other, {"id": 5}, None),
        (one, {"name": "Nobody"}, None),
    ]
    path = "/Api/v2/Customer/Details"
    calls = [("GET", path, {"params": selector, "headers": who.headers}) for who, selector, _ in wanted]
    answers = hub.together(*calls)
    assert [answer.json().get("id") for answer in answers] == [id_ for *_, id_ in wanted]
    assert [answer.status_code for answer in answers] == [200 if id_ else 404 for *_, id_ in wanted]


def test_details_that_are_asked_for_together_take_fewer_statements_than_answers(hub, statements):
    field = Field(hub)
    for number in range(20):
        field.make(myId=f"C-{number}", name=f"Name {number}")
    one, path = field.details(myId="C-0"), "/Api/v2/Customer/Details"
    statements.clear()
    calls = [("GET", path, {"params": {"myId": f"C-{number}"}, "headers": field.headers}) for number in range(20)]
    answers = hub.together(*calls)
    assert [answer.json()["name"] for answer in answers] == [f"Name {number}" for number in range(20)]
    assert answers[0].json() == one
    assert 0 < len(statements) < len(answers)
