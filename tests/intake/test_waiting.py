"""Who may go together, and how much may wait."""

import pytest
from tests.intake.desk import A, B, customer, request

from synchub.errors import Full
from synchub.intake.waiting import LARGE, MOST_TOGETHER, MOST_WRITES, Ticket, WaitingRoom, ticket_for


def ticket(*keys: str, size: int = 10, connection: int = A, **more) -> Ticket:
    made = ticket_for(request(*map(customer, keys), connection=connection, **{"repeats": False} | more))
    made.size = size
    return made


def roomy() -> WaitingRoom:
    return WaitingRoom(10**9, 10**9)


def take_all(room: WaitingRoom) -> list[list[Ticket]]:
    groups = []
    while room:
        groups.append(room.take())
    return groups


def test_disjoint_keys_go_together() -> None:
    room = roomy()
    tickets = [ticket(f"K{n}") for n in range(300)]
    assert all(room.enter(each) for each in tickets)
    assert take_all(room) == [tickets]


def test_nobody_overtakes_another_with_a_key_in_common() -> None:
    room = roomy()
    first, second, third, fourth = (ticket(*keys) for keys in ("K", "KL", "LM", "N"))
    for each in (first, second, third, fourth):
        room.enter(each)
    assert take_all(room) == [[first, fourth], [second], [third]]


def test_one_key_of_two_partners_is_two_keys() -> None:
    room = roomy()
    tickets = [ticket("K"), ticket("K", connection=B)]
    for each in tickets:
        room.enter(each)
    assert take_all(room) == [tickets]


def test_a_request_and_its_repeat_are_kept_apart() -> None:
    room = roomy()
    tickets = [ticket(body=b"x", repeats=True), ticket(body=b"x", repeats=True), ticket(body=b"x", repeats=False)]
    for each in tickets:
        room.enter(each)
    assert take_all(room) == [[tickets[0], tickets[2]], [tickets[1]]]


def test_a_large_one_goes_alone() -> None:
    room = roomy()
    small, large, other = ticket("S"), ticket(*(f"K{n}" for n in range(LARGE + 1))), ticket("O")
    for each in (small, large, other):
        room.enter(each)
    assert take_all(room) == [[small, other], [large]]


def test_a_large_one_that_came_first_goes_first() -> None:
    room = roomy()
    large, small = ticket(*(f"K{n}" for n in range(LARGE + 1))), ticket("S")
    for each in (large, small):
        room.enter(each)
    assert take_all(room) == [[large], [small]]


def test_a_group_is_limited_in_submissions_and_in_writes() -> None:
    room = roomy()
    for n in range(MOST_TOGETHER + 1):
        room.enter(ticket(f"K{n}"))
    assert list(map(len, take_all(room))) == [MOST_TOGETHER, 1]
    for n in range(MOST_WRITES // LARGE + 1):
        room.enter(ticket(*(f"K{n}-{m}" for m in range(LARGE))))
    assert list(map(len, take_all(room))) == [MOST_WRITES // LARGE, 1]


def test_a_cancelled_one_is_dropped_and_blocks_nobody() -> None:
    room = WaitingRoom(100, 100)
    first, second = ticket("K", size=100), ticket("K")
    room.enter(first)
    assert not room.enter(second)
    first.future.cancel()
    assert room.take() == [second]
    room.leave(second)
    assert room.enter(ticket(size=100))


def test_each_connection_has_its_share_and_all_have_theirs() -> None:
    room = WaitingRoom(100, 60)
    assert room.enter(ticket(size=50))
    assert not room.enter(ticket(size=50))
    assert room.enter(ticket(size=50, connection=B))
    assert not room.enter(ticket(size=1, connection=B))


def test_room_is_given_back_only_when_the_answer_is_out() -> None:
    room = WaitingRoom(100, 100)
    first, second = ticket("K", size=100), ticket("L", size=100)
    room.enter(first)
    assert not room.enter(second)
    assert room.take() == [first]
    assert len(room) == 0
    room.leave(first)
    assert room.take() == [second]


def test_what_is_larger_than_all_room_enters_when_nothing_else_is_there() -> None:
    room = WaitingRoom(100, 60)
    assert room.enter(ticket(size=1000))
    assert not room.enter(ticket(size=1, connection=B))


def test_those_who_stand_are_admitted_in_order_and_each_connection_for_itself() -> None:
    room = WaitingRoom(1000, 60)
    inside, wide, narrow = ticket("I", size=50), ticket("W", size=50), ticket("N", size=10)
    other = ticket("O", size=50, connection=B)
    assert [room.enter(each) for each in (inside, wide, narrow, other)] == [True, False, False, True]
    assert room.take() == [inside, other]
    room.leave(inside)
    assert room.take() == [wide, narrow]


def test_those_who_stand_are_limited_too() -> None:
    room = WaitingRoom(1000, 60)
    for size, admitted in ((60, True), (50, False)):
        assert room.enter(ticket(size=size)) is admitted
    with pytest.raises(Full):
        room.enter(ticket(size=20))
    assert room.enter(ticket(size=20, connection=B))


def test_one_who_gives_up_makes_way() -> None:
    room = WaitingRoom(100, 100)
    inside, wide, narrow = ticket("I", size=50), ticket("W", size=90), ticket("N", size=10)
    assert [room.enter(each) for each in (inside, wide, narrow)] == [True, False, False]
    assert room.withdraw(wide)
    assert not room.withdraw(wide)
    assert not room.withdraw(inside)
    assert room.take() == [inside, narrow]


def test_clearing_sends_everybody_away() -> None:
    room = WaitingRoom(100, 100)
    inside, standing = ticket("I", size=50), ticket("W", size=90)
    room.enter(inside)
    room.enter(standing)
    assert room.clear() == [inside, standing]
    assert not room
    assert room.enter(ticket(size=100))
