"""What jobs are called: numbers of one series, ids in the vendor's pattern, and the names that clients bring."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.jobbing import detail, fresh, keep, make, post, refusal
from tests.served import Served, serving

from synchub import clock, db
from synchub.master.series import draw_series, skip_series


def test_numbers_follow_each_other(field):
    assert [make(field, description=each) for each in ("a", "b", "c")] == [1, 2, 3]


def test_a_number_that_is_brought_is_used_and_the_series_goes_on_after_it(field):
    assert make(field, description="a", num=7) == 7
    assert make(field, description="b") == 8
    assert make(field, description="c", num="3") == 3
    assert make(field, description="d") == 9
    assert make(field, description="new", num=3) == 3
    assert detail(field, num=3)["description"] == "new"


def test_the_series_passes_over_a_number_that_came_in_beside_it(field):
    keep(field, "job", "J", number=1)
    assert make(field, description="a") == 2


def test_a_refused_job_takes_no_number(field):
    refusal(field, description="a", num=50, parts=[{"reference": "none", "quantity": 1}])
    assert make(field, description="b") == 1


def test_the_same_request_twice_makes_one_job(lasting):
    row = {"description": fresh("sweep")}
    first = post(lasting, "Jobs/Send", row)
    assert post(lasting, "Jobs/Send", row) == first
    clocked = clock.now() + 90 * 24 * 3600 * clock.SECOND
    with clock.replaced(lambda: clocked):
        assert post(lasting, "Jobs/Send", row) == first


def test_a_job_is_found_by_each_of_its_names(lasting):
    key = fresh("job")
    number = make(lasting, myId=key, description="a")
    id_ = detail(lasting, num=number)["idJob"]
    for said in ({"idJob": id_}, {"id": id_}, {"myId": key}, {"num": number}, {"num": str(number), "idJob": id_}):
        assert make(lasting, **said, description=fresh("b")) == number
    assert make(lasting, idJob=0, num="", myId=key) == number
    assert [detail(lasting, **by)["idJob"] for by in ({"id": id_}, {"num": number}, {"myId": key})] == [id_] * 3


def test_a_number_and_an_id_stay_what_they_are(lasting):
    key, other = fresh("job"), fresh("job")
    number, taken = make(lasting, myId=key, description="a"), make(lasting, myId=other, description="a")
    ids = [detail(lasting, num=each)["idJob"] for each in (number, taken)]
    assert refusal(lasting, myId=key, num=10**6) == f"the num of this job is {number}, not {10**6}"
    assert refusal(lasting, idJob=ids[0], num=taken) == f"idJob {ids[0]} and num {taken} name different jobs"
    assert f"myId {other} is that of another job" in refusal(lasting, num=number, myId=other)
    assert refusal(lasting, myId=key, idJob="never") == "there is no job with idJob never"
    assert make(lasting, myId=key, num="") == number


def test_an_id_that_a_client_brings_is_its_own_name_for_the_job(hub):
    here, there = Field(hub), Field(hub, "other")
    number = make(here, idJob="0c0ae477-broken-guid", description="a")
    ours = detail(there, num=number)["idJob"]
    assert detail(here, id="0c0ae477-broken-guid")["idJob"] == "0c0ae477-broken-guid"
    assert ours != "0c0ae477-broken-guid"
    assert detail(here, id=ours)["num"] == number
    assert make(here, idJob="0c0ae477-broken-guid", description="b") == number
    assert there.call("GET", "/Api/v2/Jobs/Detail", params={"id": "0c0ae477-broken-guid"}).status_code == 404


@pytest.mark.parametrize("id_", ["x" * 65, "#1"])
def test_an_id_that_cannot_be_kept_is_refused(lasting, id_):
    told = refusal(lasting, idJob=id_, description="a")
    assert told == "idJob must have at most 64 characters and not begin with #"


def test_two_jobs_of_one_moment_have_two_ids(lasting):
    at = clock.now()
    with clock.replaced(lambda: at):
        numbers = [make(lasting, description=fresh("a"), idCreator=265) for _ in range(3)]
    ids = [detail(lasting, num=number)["idJob"] for number in numbers]
    assert len(set(ids)) == 3
    assert {each.partition("_")[0] for each in ids} == {"265"}


@pytest.fixture
def processes(store_url, tmp_path) -> Iterator[list[Served]]:
    """Four processes of one store."""
    with (
        serving(store_url, tmp_path / "1") as one,
        serving(store_url, tmp_path / "2") as two,
        serving(store_url, tmp_path / "3") as three,
        serving(store_url, tmp_path / "4") as four,
    ):
        yield [one, two, three, four]


def at_once(hubs: list[Served], headers: Any, rows: list[list[Any]]) -> list[list[Any]]:
    """The answers to the rows of each process, which all begin together."""
    begin = threading.Barrier(len(hubs))

    def run(hub: Served, said: list[Any]) -> list[Any]:
        begin.wait()
        return [hub.call("POST", "/Api/v2/Jobs/Send", json=row, headers=headers).json() for row in said]

    with ThreadPoolExecutor(len(hubs)) as pool:
        return list(pool.map(run, hubs, rows))


@pytest.mark.parametrize("each", [3, pytest.param(100, marks=[pytest.mark.e2e, pytest.mark.slow])])
def test_four_processes_give_no_number_and_no_id_twice(processes, each):
    field = Field(processes[0])
    rows = [[{"description": f"{who}-{place}"} for place in range(each)] for who in range(4)]
    answers = [answer for told in at_once(processes, field.headers, rows) for answer in told]
    assert sorted(answer["code"] for answer in answers) == list(range(1, 4 * each + 1))
    found = field.call("POST", "/Api/v2/Jobs/Search", content="{}").json()
    assert len({job["id"] for job in found}) == 4 * each


@pytest.mark.parametrize("word", ["num", "idJob", "myId"])
def test_four_processes_that_bring_one_name_make_one_job(processes, word):
    field = Field(processes[0])
    rows = [[{word: 77, "description": f"of process {who}"}] for who in range(4)]
    codes = {answer["code"] for told in at_once(processes, field.headers, rows) for answer in told}
    assert len(codes) == 1
    assert len(field.call("POST", "/Api/v2/Jobs/Search", content="{}").json()) == 1


def test_a_series_is_drawn_and_passed_over(store_url):
    engine = db.open_engine(store_url)
    with db.writing(engine) as session:
        assert draw_series(session, "invoice", 2) == range(1, 3)
        skip_series(session, "invoice", 9)
        skip_series(session, "invoice", 4)
        assert draw_series(session, "invoice", 1) == range(10, 11)
        assert draw_series(session, "quotation", 1) == range(1, 2)
    engine.dispose()
