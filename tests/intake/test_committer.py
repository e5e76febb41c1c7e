"""The committer: many submissions share a commit, nobody is answered before it, and nothing ends it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text
from tests.intake.desk import (
    B,
    Gate,
    counted,
    customer,
    keys_stored,
    messages,
    only_postgresql,
    phone_of,
    request,
    running,
    settings_for,
    states,
)

from synchub.config import Settings
from synchub.db import CHANNEL
from synchub.errors import Full, SynchubError, Unavailable
from synchub.intake.committer import Committer
from synchub.intake.submission import Receipt
from synchub.intake.write import write


def test_32_posters_share_commits(store: Engine, settings: Settings) -> None:
    with running(store, settings) as committer, ThreadPoolExecutor(32) as posters, counted(store, "commit") as commits:

        def post(poster: int) -> None:
            for number in range(30):
                committer.submit(request(customer(f"K{poster}-{number % 5}", phone=str(number)))).result()

        list(posters.map(post, range(32)))
    assert len(messages(store)) == 32 * 30
    assert len(commits) == committer.commits <= 32 * 30 / 4


def test_32_posters_in_an_event_loop_share_commits(store: Engine, settings: Settings) -> None:
    async def post(committer: Committer, poster: int) -> None:
        for number in range(10):
            await committer.hand_in(request(customer(f"K{poster}", phone=str(number))))

    async def all_post(committer: Committer) -> None:
        await asyncio.gather(*(post(committer, poster) for poster in range(32)))

    with running(store, settings) as committer:
        asyncio.run(all_post(committer))
    assert states(store) == ["accepted"] * 320
    assert committer.commits <= 320 / 4


def test_one_poster_has_a_commit_for_each_submission(store: Engine, settings: Settings) -> None:
    with running(store, settings) as committer, counted(store, "commit") as commits:
        for number in range(20):
            committer.submit(request(customer("K", phone=str(number)))).result()
    assert len(commits) == committer.commits == 20


def test_nobody_is_answered_before_the_commit(store: Engine, settings: Settings) -> None:
    futures: list[Future[Receipt]] = []
    answered: list[bool] = []

    def see(*_: Any) -> None:
        answered.extend(future.done() for future in futures)

    gate = Gate()
    with running(store, settings, write=gate) as committer:
        futures.append(committer.submit(request(customer("K", phone="1"))))
        event.listen(store, "commit", see)
        gate.open()
        futures[0].result()
        event.remove(store, "commit", see)
    assert answered == [False]
    assert states(store) == ["accepted"]


def test_submissions_with_one_key_keep_their_order(store: Engine, settings: Settings) -> None:
    gate = Gate()
    with running(store, settings, write=gate) as committer:
        futures = [committer.submit(request(customer("K", phone=str(n)), connection=1 + n % 2)) for n in range(10)]
        gate.open()
        verdicts = [future.result().answer["verdicts"] for future in futures]
    assert verdicts == [["created"], *[["updated"]] * 9]
    assert phone_of(store, "K") == "9"


def test_a_stopping_hub_stores_what_it_accepted_and_takes_nothing_new(store: Engine, settings: Settings) -> None:
    gate = Gate()
    committer = Committer(store, settings, write=gate)
    committer.start()
    futures = [committer.submit(request(customer("first", phone="1")))]
    gate.came.acquire()

    def post_until_refused() -> None:
        while True:
            futures.append(committer.submit(request(customer(f"K{len(futures)}", phone="1"))))

    for _ in range(50):
        futures.append(committer.submit(request(customer(f"K{len(futures)}", phone="1"))))
    stopping = threading.Thread(target=committer.stop)
    stopping.start()
    with pytest.raises(Unavailable):
        post_until_refused()
    gate.open()
    stopping.join()
    assert len({future.result().message for future in futures}) == len(futures) > 50
    assert len(messages(store)) == len(futures)
    assert not committer.alive


def test_a_hub_that_stops_without_draining_answers_those_who_wait(store: Engine, settings: Settings) -> None:
    gate = Gate()
    committer = Committer(store, settings, write=gate)
    committer.start()
    taken = committer.submit(request(customer("K", phone="1")))
    gate.came.acquire()
    waiting = committer.submit(request(customer("L", phone="1")))
    cancelled = committer.submit(request(customer("M", phone="1")))
    cancelled.cancel()
    stopping = threading.Thread(target=committer.stop, kwargs={"drain": False})
    stopping.start()
    with pytest.raises(Unavailable):
        waiting.result()
    gate.open()
    stopping.join()
    assert taken.result()
    assert keys_stored(store) == {"K"}


def test_draining_ends_in_time_even_if_the_store_does_not_answer(store: Engine, tmp_path: Path) -> None:
    gate = Gate()
    committer = Committer(store, settings_for(tmp_path, drain_seconds=0.1), write=gate)
    committer.start()
    taken = committer.submit(request(customer("K", phone="1")))
    gate.came.acquire()
    waiting = committer.submit(request(customer("L", phone="1")))
    committer.stop()
    with pytest.raises(Unavailable):
        waiting.result()
    gate.open()
    assert taken.result()
    committer.stop()
    assert keys_stored(store) == {"K"}


def test_a_committer_that_was_never_started_refuses_once_stopped(store: Engine, settings: Settings) -> None:
    committer = Committer(store, settings)
    waiting = committer.submit(request(customer("K", phone="1")))
    assert not committer.alive
    committer.stop()
    with pytest.raises(Unavailable):
        waiting.result()


def test_a_submission_cancelled_before_it_is_taken_is_dropped_whole(store: Engine, settings: Settings) -> None:
    gate = Gate()
    with running(store, settings, write=gate) as committer:
        taken = committer.submit(request(customer("K", phone="1")))
        gate.came.acquire()
        waiting = committer.submit(request(customer("L", phone="1")))
        assert waiting.cancel()
        assert not taken.cancel()
        gate.open()
        taken.result()
        committer.submit(request(customer("M", phone="1"))).result()
    assert keys_stored(store) == {"K", "M"}
    assert len(messages(store)) == 2


def in_loop(committer: Committer, story: Callable[[Committer], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story(committer))


def test_a_client_that_leaves_while_it_waits_leaves_nothing_and_one_that_leaves_later_is_stored(
    store: Engine, settings: Settings
) -> None:
    gate = Gate()

    async def story(committer: Committer) -> None:
        taken = asyncio.create_task(committer.hand_in(request(customer("K", phone="1"))))
        await asyncio.to_thread(gate.came.acquire)
        waiting = asyncio.create_task(committer.hand_in(request(customer("L", phone="1"))))
        other = asyncio.create_task(committer.hand_in(request(customer("M", phone="1"))))
        await asyncio.sleep(0)
        taken.cancel()
        waiting.cancel()
        await asyncio.wait([taken, waiting])
        assert taken.cancelled()
        assert waiting.cancelled()
        gate.open()
        assert (await other).moved

    with running(store, settings, write=gate) as committer:
        in_loop(committer, story)
    assert keys_stored(store) == {"K", "M"}
    assert gate.groups == [1, 1]


def test_an_event_loop_that_is_gone_when_the_answer_comes_harms_nobody(store: Engine, settings: Settings) -> None:
    gate = Gate()

    async def story(committer: Committer) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        gone = asyncio.create_task(committer.hand_in(request(customer("K", phone="1"))))
        await asyncio.to_thread(gate.came.acquire)
        gone.cancel()

    with running(store, settings, write=gate) as committer:
        in_loop(committer, story)
        gate.open()
        committer.submit(request(customer("L", phone="1"))).result()
    assert keys_stored(store) == {"K", "L"}


def test_a_full_queue_lets_the_door_wait_and_then_says_so(store: Engine, tmp_path: Path) -> None:
    gate = Gate()
    settings = settings_for(tmp_path, queue_share=1024, queue_wait=0.05)

    async def story(committer: Committer) -> None:
        inside = asyncio.create_task(committer.hand_in(request(customer("K", phone="1"), body=b"k" * 1000)))
        await asyncio.to_thread(gate.came.acquire)
        with pytest.raises(Full):
            await committer.hand_in(request(customer("L", phone="1"), body=b"l" * 1000))
        with pytest.raises(Full):
            committer.submit(request(customer("M", phone="1"), body=b"m" * 1000))
        other = asyncio.create_task(committer.hand_in(request(customer("N", phone="1"), connection=B)))
        await asyncio.sleep(0)
        gate.open()
        assert (await inside).moved
        assert (await other).moved

    with running(store, settings, write=gate) as committer:
        in_loop(committer, story)
    assert keys_stored(store) == {"K", "N"}


def test_one_who_waits_for_room_is_stored_when_there_is_some(store: Engine, tmp_path: Path) -> None:
    gate = Gate()
    settings = settings_for(tmp_path, queue_share=1024, queue_wait=60)

    async def story(committer: Committer) -> None:
        bodies = [bytes([65 + n]) * 400 for n in range(6)]
        tasks = [asyncio.create_task(committer.hand_in(request(body=body))) for body in bodies[:2]]
        await asyncio.to_thread(gate.came.acquire)
        tasks += [asyncio.create_task(committer.hand_in(request(body=body))) for body in bodies[2:4]]
        await asyncio.sleep(0)
        gate.open()
        await asyncio.gather(*tasks)

    with running(store, settings, write=gate) as committer:
        in_loop(committer, story)
    assert states(store) == ["accepted"] * 4


def test_one_who_found_room_in_time_is_stored_however_long_that_takes(store: Engine, tmp_path: Path) -> None:
    gate = Gate()
    settings = settings_for(tmp_path, queue_share=1024, queue_wait=0)

    async def story(committer: Committer) -> None:
        inside = asyncio.create_task(committer.hand_in(request(body=b"k" * 1000)))
        await asyncio.to_thread(gate.came.acquire)
        standing = asyncio.create_task(committer.hand_in(request(body=b"l" * 1000)))
        await asyncio.sleep(0)  # it stands, and its time is up at the next turn of the loop
        gate.step()
        gate.came.acquire()  # the loop does not turn until it is taken
        await asyncio.sleep(0.01)
        gate.open()
        assert (await inside).answer != (await standing).answer

    with running(store, settings, write=gate) as committer:
        in_loop(committer, story)
    assert states(store) == ["accepted", "accepted"]


def test_those_who_wait_for_room_are_refused_when_the_hub_stops(store: Engine, tmp_path: Path) -> None:
    gate = Gate()
    settings = settings_for(tmp_path, queue_share=1024, queue_wait=60)

    async def story(committer: Committer) -> None:
        inside = asyncio.create_task(committer.hand_in(request(body=b"k" * 1000)))
        await asyncio.to_thread(gate.came.acquire)
        standing = asyncio.create_task(committer.hand_in(request(body=b"l" * 1000)))
        await asyncio.sleep(0)
        stopping = asyncio.create_task(asyncio.to_thread(committer.stop))
        with pytest.raises(Unavailable):
            await standing
        gate.open()
        await stopping
        assert (await inside).answer

    with running(store, settings, write=gate) as committer:
        in_loop(committer, story)
    assert states(store) == ["accepted"]


def test_a_large_body_is_packed_beside_the_event_loop(store: Engine, tmp_path: Path) -> None:
    body = b"b" * 300_000

    async def story(committer: Committer) -> None:
        await committer.hand_in(request(customer("K", phone="1"), body=body))

    settings = settings_for(tmp_path)
    with running(store, settings) as committer:
        in_loop(committer, story)
    assert messages(store)[0].size == len(body)
    assert messages(store)[0].body is None


def test_what_cannot_be_stored_reaches_the_door_as_it_is(store: Engine, settings: Settings) -> None:
    async def story(committer: Committer) -> None:
        with pytest.raises(SynchubError, match="cannot be stored: ZeroDivisionError"):
            await committer.hand_in(request(answer=lambda _: {"never": 1 / 0}))

    with running(store, settings) as committer:
        in_loop(committer, story)
        assert not committer.last_commit_failed


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit, RecursionError])
def test_nothing_that_is_raised_ends_the_committer(
    store: Engine, settings: Settings, error: type[BaseException]
) -> None:
    def fall(*_: Any) -> Any:
        raise error

    with running(store, settings) as committer:
        with pytest.raises(SynchubError):
            committer.submit(request(answer=fall)).result()
        assert committer.submit(request(customer("K", phone="1"))).result()
        assert committer.alive


def test_a_writer_that_forgets_somebody_leaves_nobody_without_an_answer(store: Engine, settings: Settings) -> None:
    forget = [True]

    def forgetful(*given: Any) -> list[Receipt]:
        return write(*given)[: -1 if forget.pop() else None]

    with running(store, settings, write=forgetful) as committer:
        with pytest.raises(SynchubError):
            committer.submit(request(customer("K", phone="1"))).result()
        forget.append(False)
        assert committer.submit(request(customer("L", phone="1"))).result()


def test_each_commit_that_moved_something_is_told_and_a_listener_that_fails_harms_nobody(
    store: Engine, settings: Settings
) -> None:
    told: list[int] = []

    def listen() -> None:
        told.append(committer.commits)
        raise RuntimeError

    with running(store, settings, on_commit=listen) as committer:
        for phone in ("1", "1", "2"):
            committer.submit(request(customer("K", phone=phone), repeats=False)).result()
        committer.submit(request(refusal="no")).result()
    assert told == [1, 3]


@only_postgresql
def test_other_processes_hear_of_a_commit_that_moved_something(store: Engine, settings: Settings) -> None:
    with store.connect().execution_options(isolation_level="AUTOCOMMIT") as listening:
        listening.execute(text(f"LISTEN {CHANNEL}"))
        driver: Any = listening.connection.driver_connection
        with running(store, settings) as committer:
            committer.submit(request(customer("K", phone="1"))).result()
            assert [note.channel for note in driver.notifies(timeout=10, stop_after=1)] == [CHANNEL]
            committer.submit(request(customer("K", phone="1"))).result()
            assert list(driver.notifies(timeout=0.1)) == []


def test_nothing_is_kept_of_a_body_that_is_sent_away(store: Engine, tmp_path: Path) -> None:
    settings, gate = settings_for(tmp_path, large_body=1, queue_bytes=2**20, queue_share=2**10), Gate()
    with running(store, settings, write=gate) as committer:
        bodies = [bytes([65 + n]) * 900 for n in range(3)]

        async def post() -> None:
            tasks = [asyncio.create_task(committer.hand_in(request(body=body))) for body in bodies[:2]]
            await asyncio.to_thread(gate.came.acquire)
            with pytest.raises(Full):
                await committer.hand_in(request(body=bodies[2]))
            gate.open()
            await asyncio.gather(*tasks)

        asyncio.run(post())
    with pytest.raises(Unavailable):
        committer.submit(request(body=b"too late"))
    assert len([path for path in (settings.data_dir / "bodies").rglob("*") if path.is_file()]) == 2
