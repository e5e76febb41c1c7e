"""Files arrive whole, once, and leave the place; what goes wrong is told once and loses nothing."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, update
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs
from tests.files.desk import Desk
from tests.files.server import PASSWORD, USER, Server, serving
from tests.waiting import PATIENCE, until

from synchub import clock
from synchub.clock import SECOND
from synchub.connections.tables import HUB
from synchub.db import reading, writing
from synchub.files import collecting, turns
from synchub.files.tables import Collection, State
from synchub.files.troubles import UPLOAD, trouble
from synchub.intake.journal import ACCEPTED, REPEAT

LINES = "id,name\n1,one\n"


def trust(server: Server) -> dict[str, str]:
    return {"files": server.url, "files_host_key": server.fingerprint}


@pytest.fixture
def log():
    with capture_logs() as lines:
        yield lines


def warned(log) -> list[str]:
    return [line["event"] for line in log if line["log_level"] in {"warning", "error"}]


def test_a_file_becomes_a_message_and_a_run_and_is_put_away(desk):
    number = desk.connect()
    desk.put("things.csv", LINES, modified=1_700_000_000)
    desk.look()
    (run,) = desk.runs()
    (message,) = desk.messages()
    assert desk.content(run) == LINES.encode()
    assert (run.connection_id, run.table_name, run.name, run.size) == (number, "things", "things.csv", len(LINES))
    assert (run.message_id, run.digest, run.modified_at) == (message.id, message.digest, 1_700_000_000 * SECOND)
    assert (message.surface, message.method, message.path, message.state) == ("test", "FILE", "things.csv", ACCEPTED)
    assert desk.names() == ["processed/things.csv"]
    assert run.moved_to == "processed"
    assert desk.sightings() == []


@pytest.mark.parametrize(
    ("state", "folder"),
    [(State.DONE, "processed"), (State.HELD, "processed"), (State.REFUSED, "processed"), (State.FAILED, "failed")],
)
def test_where_a_file_is_put_says_how_it_ended(desk, state, folder):
    desk.ends = state
    desk.connect()
    desk.put("things.csv", LINES)
    desk.look()
    assert desk.names() == [f"{folder}/things.csv"]


def test_a_file_stays_until_its_run_is_over_and_is_taken_once(desk):
    desk.ends = None
    desk.connect()
    desk.put("things.csv", LINES)
    desk.look()
    desk.look()
    assert len(desk.runs()) == 1
    assert desk.names() == ["things.csv"]
    desk.end_runs(State.DONE)
    desk.look()
    assert desk.names() == ["processed/things.csv"]


def test_the_spool_is_for_this_hub_alone(desk):
    desk.connect()
    desk.put("things.csv", LINES)
    desk.look()
    (name,) = desk.spooled()
    folder = desk.settings.data_dir / "spool"
    assert (folder.stat().st_mode & 0o777, (folder / name).stat().st_mode & 0o777) == (0o700, 0o600)


def test_the_same_content_is_known_under_any_name(desk):
    desk.connect()
    desk.put("things.csv", LINES)
    desk.look()
    desk.put("Things-2.csv", LINES)
    desk.look()
    (run,) = desk.runs()
    first, second = desk.messages()
    assert (second.state, second.parent_id, second.path) == (REPEAT, first.id, "Things-2.csv")
    assert desk.names() == ["processed/Things-2.csv", "processed/things.csv"]
    assert desk.spooled() == [run.spooled]


def test_a_corrected_file_comes_through_under_an_old_name(desk):
    desk.connect()
    for lines in (LINES, LINES + "2,two\n"):
        desk.put("things.csv", lines)
        desk.look()
    assert [desk.content(run).decode() for run in desk.runs()] == [LINES, LINES + "2,two\n"]


def test_content_that_came_before_another_is_news_again_unless_it_is_old(desk):
    desk.connect()
    for lines in (LINES, "id\n", LINES):
        desk.put("things.csv", lines)
        desk.look()
    assert len(desk.runs()) == 3
    desk.put("things.csv", "id\n", modified=1_000_000_000)
    desk.look()
    assert len(desk.runs()) == 3


def test_content_of_a_file_that_failed_is_not_known(desk):
    desk.connect()
    desk.ends = State.FAILED
    for _ in range(2):
        desk.put("things.csv", LINES)
        desk.look()
    assert len(desk.runs()) == 2


def test_an_upload_that_stalls_for_three_looks_is_not_taken_half(desk):
    desk.connect(files_ready="steady", files_every=60)
    now = clock.now()
    with clock.replaced(lambda: now):
        desk.put("things.csv", LINES)
        for _ in range(4):
            desk.look()
            now += 60 * SECOND
        desk.put("things.csv", LINES + "2,two\n")
        for _ in range(4):
            desk.look()
            assert desk.runs() == []
            now += 60 * SECOND
        desk.look()
    (run,) = desk.runs()
    assert desk.content(run).decode() == LINES + "2,two\n"


def test_with_a_least_age_two_looks_that_agree_are_enough(desk):
    desk.connect(files_ready="steady", files_min_age=0)
    desk.put("things.csv", LINES)
    desk.look()
    assert desk.runs() == []
    desk.look()
    assert len(desk.runs()) == 1


def test_with_a_done_file_only_that_says_so(desk):
    desk.connect(files_ready="done-file")
    desk.put("things.csv", LINES)
    for _ in range(3):
        desk.look()
    assert desk.runs() == []
    desk.put("things.csv.done", "")
    desk.look()
    assert len(desk.runs()) == 1
    assert desk.names() == ["processed/things.csv", "processed/things.csv.done"]


@pytest.mark.parametrize("another", ["id\nanother\n", LINES.replace("one", "two")])
def test_a_file_that_is_replaced_between_look_and_read_is_taken_once_and_whole(desk, server, another):
    desk.connect(secrets={"files_password": PASSWORD}, **trust(server))
    path = server.folder / "things.csv"
    path.write_text(LINES)
    os.utime(path, (1_700_000_000, 1_700_000_000))

    def replace_it(_name: str) -> None:
        server.on_read = lambda _: None
        path.write_text(another)

    server.on_read = replace_it
    desk.look()
    assert (desk.runs(), desk.spooled(), desk.alerts()) == ([], [], [])
    desk.look()
    (run,) = desk.runs()
    assert desk.content(run).decode() == another


def test_a_file_that_could_not_be_taken_does_not_wait_for_the_next_time_of_a_cron_line(desk, server):
    secrets = {"files_password": PASSWORD}
    number = desk.connect(secrets=secrets, **trust(server), files_cron="15 6 1 1 *", files_every=60)
    path = server.folder / "things.csv"
    path.write_text(LINES)
    server.on_read = lambda _: os.utime(path, (1_700_000_000, 1_700_000_000))
    desk.look()
    assert desk.runs() == []
    kept = desk.collection(number)
    assert kept.due - kept.looked_at <= 60 * SECOND


def test_a_file_whose_commit_was_not_answered_is_kept(desk, monkeypatch):
    monkeypatch.setattr(collecting, "PATIENCE", 0.0)  # the turn was not given back
    desk.connect()
    desk.put("things.csv", LINES)
    with losing_the_answer(desk.engine, "INSERT INTO file_run") as lost:
        desk.look()
    assert lost
    (run,) = desk.runs()
    assert desk.content(run) == LINES.encode()


@contextmanager
def losing_the_answer(engine: Engine, statement: str) -> Iterator[list[str]]:
    """Store the first transaction with such a statement, and say that it failed."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, text: str, *_more: Any) -> None:
        if text.startswith(statement):
            said.append(text)

    def lose(connection: Any) -> None:
        if len(said) == 1:
            said.append("lost")
            connection.exec_driver_sql("COMMIT")
            raise OperationalError("COMMIT", None, ConnectionError("the server is gone"))

    event.listen(engine, "before_cursor_execute", hear)
    event.listen(engine, "commit", lose)
    yield said
    event.remove(engine, "before_cursor_execute", hear)
    event.remove(engine, "commit", lose)


def test_a_file_that_is_replaced_before_it_is_moved_is_taken_in_its_turn(desk):
    desk.ends = None
    desk.connect()
    desk.put("things.csv", LINES)
    desk.look()
    desk.put("things.csv", "id\nanother\n")
    desk.end_runs(State.DONE)
    desk.ends = State.DONE
    desk.look()
    assert [desk.content(run) for run in desk.runs()] == [LINES.encode(), b"id\nanother\n"]
    assert (desk.folder / "partner" / "processed" / "things.csv").read_text() == "id\nanother\n"


def test_a_skewed_clock_of_the_place_makes_no_file_steady_or_late(desk):
    desk.connect(files_ready="steady", files_every=60)
    now = clock.now()
    ahead, behind = now / SECOND + 86_400, 0
    with clock.replaced(lambda: now):
        for name, modified in (("things.csv", ahead), ("parts.csv", behind)):
            desk.put(name, LINES, modified=modified)
        desk.look()
        desk.look()
        assert desk.runs() == []
        start = now
        for _ in range(4):
            now += 60 * SECOND
            desk.look()
    things, parts = sorted(desk.runs(), key=lambda run: run.table_name, reverse=True)
    assert (things.as_of, parts.as_of) == (start, 0)


@pytest.mark.parametrize(
    ("name", "zone", "as_of"),
    [
        ("things.csv", "UTC", "2026-11-22T05:30:00Z"),
        ("things_20261122_0415.csv", "UTC", "2026-11-22T04:15:00Z"),
        ("THINGS 2026-11-22T04-15-30.csv", "America/New_York", "2026-11-22T05:30:00Z"),
        ("things_11222026 0015.csv", "America/New_York", "2026-11-22T05:15:00Z"),
        ("things_20261122.csv", "UTC", "2026-11-22T05:30:00Z"),
        ("things_20261121.csv", "UTC", "2026-11-21T00:00:00Z"),
        ("things_20261301.csv", "UTC", "2026-11-22T05:30:00Z"),
        ("things_20270101.csv", "UTC", "2026-11-22T05:30:00Z"),
    ],
)
def test_a_file_speaks_for_the_start_of_its_export(desk, name, zone, as_of):
    desk.connect(time_zone=zone)
    desk.put(name, LINES, modified=1_795_325_400)  # 2026-11-22 05:30 UTC
    desk.look()
    assert clock.iso(desk.runs()[0].as_of)[:19] + "Z" == as_of


def test_a_clock_that_is_set_back_puts_off_no_file(desk):
    desk.settings = desk.settings.model_copy(update={"retry_delays": "600"})
    number = desk.connect(files_ready="steady", files_every=60)
    now = clock.now()
    desk.put("things.csv", LINES)
    with clock.replaced(lambda: now + 86_400 * SECOND):
        desk.look()
    with writing(desk.engine) as session:
        session.execute(update(Collection).values(token="dead", lease_until=now + 86_400 * SECOND))
    attendant = desk.collector()._attendant
    (connection,) = desk.directory.everyone()
    with clock.replaced(lambda: now):
        with reading(desk.engine) as session:
            assert turns.due(session, now) == {number: now}
        for _ in range(5):
            attendant.visit(connection, at_once=False)
            now += 61 * SECOND
    assert len(desk.runs()) == 1


def test_the_margin_is_taken_off(desk):
    desk.connect(files_margin=3600)
    desk.put("things.csv", LINES, modified=1_700_000_000)
    desk.look()
    assert desk.runs()[0].as_of == (1_700_000_000 - 3600) * SECOND


def test_files_of_one_look_are_taken_in_the_order_of_their_times(desk):
    desk.connect()
    for day, lines in ((3, "c"), (1, "a"), (2, "b")):
        desk.put(f"things_{day}.csv", lines, modified=1_700_000_000 + day)
    desk.look()
    assert [desk.content(run) for run in desk.runs()] == [b"a", b"b", b"c"]


def test_files_of_no_kind_are_left_alone_and_told_once(desk, log):
    desk.connect()
    stranger = desk.put("weather.csv", "rain")
    for _ in range(3):
        desk.look()
    (alert,) = desk.alerts()
    assert (alert.kind, alert.cleared_at) == ("file-unknown", 0)
    assert "weather.csv" in alert.said
    assert len(warned(log)) == 1
    stranger.unlink()
    desk.look()
    assert desk.alerts()[0].cleared_at


def test_a_file_whose_name_no_text_can_hold_is_told_too(desk):
    desk.connect()
    desk.put(os.fsdecode(b"things\xff.csv"), LINES)
    desk.look()
    (alert,) = desk.alerts()
    assert alert.kind == "file-unknown"
    assert r"things\udcff.csv" in alert.said
    assert desk.runs() == []


def test_a_file_that_never_becomes_whole_is_told_once_until_it_is_taken(desk, log):
    desk.connect(files_ready="done-file")
    desk.put("things.csv", LINES)
    now = clock.now()
    with clock.replaced(lambda: now):
        desk.look()
        now += 2 * 3600 * SECOND
        desk.look()
        assert desk.alerts() == []
        for _ in range(3):
            now += 3600 * SECOND
            desk.look()
        (alert,) = desk.alerts()
        assert (alert.kind, alert.seen, alert.cleared_at) == ("file-not-taken", 3, 0)
        assert "things.csv" in alert.said
        assert len(warned(log)) == 1
        desk.put("things.csv.done", "")
        desk.look()
    assert desk.alerts()[0].cleared_at
    assert len(desk.runs()) == 1


def test_a_server_is_read_and_tidied_like_a_directory(desk, server):
    desk.connect(secrets={"files_key": server.private_key}, **trust(server))
    content = os.urandom(3_000_000)
    (server.folder / "things.csv").write_bytes(content)
    desk.look()
    (run,) = desk.runs()
    assert desk.content(run) == content
    assert (server.folder / "processed" / "things.csv").read_bytes() == content


def test_the_hubs_own_inbox_is_looked_into(desk):
    desk.connect(files="hub")
    desk.look()
    inbox = desk.settings.data_dir / "inbox" / "partner"
    (inbox / "things.csv").write_text(LINES)
    desk.look()
    assert [run.name for run in desk.runs()] == ["things.csv"]


def untrusted(desk: Desk, server: Server) -> None:
    desk.connect(secrets={"files_password": PASSWORD}, files=server.url)


def changed_key(desk: Desk, server: Server) -> None:
    desk.connect(secrets={"files_password": PASSWORD}, **trust(server))
    server.become_another()


def no_permission(desk: Desk, server: Server) -> None:
    desk.connect(secrets={"files_password": PASSWORD}, **trust(server))
    server.denied = {""}


def not_there(desk: Desk, server: Server) -> None:
    desk.connect(secrets={"files_password": PASSWORD}, **trust(server))
    server.stop()


def lost_in_the_middle(desk: Desk, server: Server) -> None:
    desk.connect(secrets={"files_password": PASSWORD}, **trust(server))
    server.drops_at = 2**18


@pytest.mark.parametrize(
    ("breaks", "says"),
    [
        (untrusted, "synchub file trust partner"),
        (changed_key, "another host key"),
        (no_permission, "permission denied"),
        (not_there, "cannot be reached"),
        (lost_in_the_middle, "was lost"),
    ],
)
def test_a_place_in_trouble_is_told_once_and_others_go_on(desk, server, log, breaks, says):
    content = os.urandom(2**20)
    (server.folder / "things.csv").write_bytes(content)
    breaks(desk, server)
    desk.connect("other")
    for number in range(4):
        desk.put("things.csv", f"id\n{number}\n", "other")
        assert says in desk.look()["partner"]
    (alert,) = desk.alerts()
    assert (alert.kind, alert.seen, alert.cleared_at) == ("files", 4, 0)
    assert says in alert.said
    (line,) = warned(log)
    assert says in line
    assert len(desk.runs()) == 4
    assert desk.spooled() == sorted(str(run.spooled) for run in desk.runs())
    if breaks is not not_there:
        server.stop()
    server.denied, server.drops_at = set(), None
    server.start()
    desk.change(files_host_key=server.fingerprint)
    assert desk.look() == {}
    assert desk.alerts()[0].cleared_at
    assert desk.content(desk.runs()[-1]) == content


def test_nothing_is_said_to_a_server_whose_key_changed(desk, server):
    changed_key(desk, server)
    desk.look()
    assert server.tried == []


def test_a_file_that_may_not_be_read_holds_up_no_other(desk, server, log):
    desk.connect(secrets={"files_password": PASSWORD}, **trust(server))
    for name in ("things.csv", "parts.csv"):
        (server.folder / name).write_text(LINES + name)
    server.denied = {"things.csv"}
    for _ in range(3):
        assert desk.look() == {}
    assert [run.name for run in desk.runs()] == ["parts.csv"]
    (alert,) = desk.alerts()
    assert (alert.kind, alert.subject) == ("file", "things.csv")
    assert len(warned(log)) == 1
    server.denied = set()
    desk.look()
    assert desk.alerts()[0].cleared_at
    assert [run.name for run in desk.runs()] == ["parts.csv", "things.csv"]


def test_a_file_that_vanishes_is_told_and_over_when_it_is_gone(desk, server, log):
    desk.connect(secrets={"files_password": PASSWORD}, **trust(server))
    path = server.folder / "things.csv"
    path.write_text(LINES)
    server.on_read = lambda _: path.unlink()
    desk.look()
    (alert,) = desk.alerts()
    assert (alert.kind, alert.subject, alert.cleared_at) == ("file", "things.csv", 0)
    assert len(warned(log)) == 1
    desk.look()
    assert desk.alerts()[0].cleared_at
    assert (desk.runs(), desk.spooled(), desk.sightings()) == ([], [], [])


def test_a_move_that_fails_is_told_once_and_made_up_for(desk, log):
    desk.connect()
    desk.put("things.csv", LINES)
    obstacle = desk.put("processed", "no folder")
    for _ in range(3):
        desk.look()
    (alert,) = [one for one in desk.alerts() if one.kind == "file-move"]
    assert (alert.subject, alert.cleared_at) == ("things.csv", 0)
    assert len([line for line in warned(log) if "moved" in line]) == 1
    assert len(desk.runs()) == 1
    desk.put("parts.csv", LINES)
    desk.look()
    assert len(desk.runs()) == 2
    obstacle.unlink()
    desk.look()
    assert all(one.cleared_at for one in desk.alerts("file-move"))
    assert desk.names() == ["processed/parts.csv", "processed/things.csv"]


def test_a_full_disk_is_told_once_and_loses_nothing(desk, log):
    desk.connect()
    path = desk.put("things.csv", "")
    with path.open("r+b") as file:
        file.truncate(shutil.disk_usage(desk.folder).free + 2**30)
    for _ in range(3):
        assert "make room" in desk.look()["partner"]
    (alert,) = desk.alerts()
    assert (alert.kind, alert.seen) == ("spool", 3)
    assert len(warned(log)) == 1
    assert (desk.runs(), desk.spooled(), desk.names()) == ([], [], ["things.csv"])
    desk.put("things.csv", LINES)
    desk.look()
    assert desk.alerts()[0].cleared_at
    assert len(desk.runs()) == 1


def test_what_others_bring_does_not_end_the_alert_of_a_full_disk(desk, log):
    number, other = desk.connect(), desk.connect("other")
    path = desk.put("things_2.csv", "")
    with path.open("r+b") as file:
        file.truncate(shutil.disk_usage(desk.folder).free + 2**30)
    for size in range(3):
        desk.put(f"things_{size}0.csv", LINES + "x" * size, "other")
        desk.put("parts.csv", LINES + "x" * size, modified=1_700_000_000 + size)
        desk.look()
    assert {run.connection_id for run in desk.runs()} == {number, other}
    (alert,) = desk.alerts("spool")
    assert (alert.connection_id, alert.seen, alert.cleared_at) == (number, 3, 0)
    assert len([line for line in warned(log) if "make room" in line]) == 1


def test_a_time_zone_that_is_not_known_is_told_once(desk, log):
    desk.settings = desk.settings.model_copy(update={"retry_delays": "0.05"})
    desk.connect()
    desk.put("things.csv", LINES)
    desk.move_to("Mars/Olympus")
    for _ in range(3):
        assert "time zone Mars/Olympus" in desk.look()["partner"]
    (alert,) = desk.alerts()
    assert (alert.kind, alert.seen) == ("files", 3)
    assert len(warned(log)) == 1
    desk.move_to("UTC")
    assert desk.look() == {}
    assert desk.alerts()[0].cleared_at


def test_one_look_says_what_another_process_looks_into(desk, monkeypatch):
    monkeypatch.setattr(collecting, "PATIENCE", 0.0)
    number = desk.connect()
    desk.put("things.csv", LINES)
    with writing(desk.engine) as session:
        turns.claim(session, number, "another", clock.now(), at_once=True)
    assert desk.look() == {"partner": "another process looks into it at the moment"}
    assert desk.runs() == []


def test_one_look_waits_for_one_that_ends_soon(desk, monkeypatch):
    monkeypatch.setattr(collecting, "PATIENCE", PATIENCE)
    number = desk.connect()
    desk.put("things.csv", LINES)
    with writing(desk.engine) as session:
        turn = turns.claim(session, number, "another", clock.now(), at_once=True)

    def give_back() -> None:
        with writing(desk.engine) as session:
            turns.end(session, turn, due=0, failures=0, reason=None)

    timer = threading.Timer(0.3, give_back)
    timer.start()
    assert desk.look() == {}
    timer.join()
    assert len(desk.runs()) == 1


def test_a_spool_that_cannot_be_written_is_told(desk):
    desk.connect()
    desk.put("things.csv", LINES)
    desk.settings.data_dir.mkdir()
    (desk.settings.data_dir / "spool").write_text("no folder")
    assert "spool" in desk.look()["partner"]
    assert [one.kind for one in desk.alerts()] == ["spool"]


def test_settings_that_do_not_fit_are_told(desk):
    desk.connect(files_every="never")
    assert "do not fit" in desk.look()["partner"]


def test_a_place_in_trouble_is_left_in_peace_longer_each_time(desk):
    desk.settings = desk.settings.model_copy(update={"retry_delays": "1000,9000"})
    number = desk.connect(files=str(desk.folder / "nowhere"))
    with desk.collecting():
        until(lambda: desk.alerts() and desk.collection(number).token is None)
        time.sleep(0.5)
    kept = desk.collection(number)
    assert kept.failures == 1
    assert 700 * SECOND <= kept.due - kept.looked_at <= 1200 * SECOND
    assert desk.alerts()[0].seen == 1


def test_a_connection_that_is_mended_is_looked_at_at_once(desk):
    desk.settings = desk.settings.model_copy(update={"retry_delays": "600"})
    desk.connect(files=str(desk.folder / "nowhere"))
    desk.put("things.csv", LINES)
    with desk.collecting():
        until(desk.alerts)
        desk.change(files=str(desk.folder / "partner"))
        until(desk.runs)
    assert desk.alerts()[0].cleared_at


def test_a_connection_that_is_mended_during_a_look_is_looked_at_again_at_once(desk, server):
    desk.settings = desk.settings.model_copy(update={"retry_delays": "600"})
    desk.connect(secrets={"files_password": PASSWORD}, **trust(server))
    desk.put("things.csv", LINES)
    (server.folder / "parts.csv").write_bytes(os.urandom(3_000_000))
    reached = threading.Event()
    server.on_read = lambda _: reached.set()
    server.answers.clear()
    with desk.collecting():
        assert reached.wait(PATIENCE)
        desk.change(files=str(desk.folder / "partner"))
        another = desk.connect("another")
        until(lambda: any(one.connection_id == another for one in desk.collections()))
        server.stop()
        until(desk.runs)
    assert [run.name for run in desk.runs()] == ["things.csv"]


def test_a_collector_takes_what_comes_and_puts_it_away(desk):
    desk.connect(files_every=0.05)
    with desk.collecting():
        for number in range(3):
            desk.put(f"things_{number}.csv", f"id\n{number}\n")
            until(lambda: f"processed/things_{number}.csv" in desk.names())  # noqa: B023 - it is asked at once
    assert len(desk.runs()) == 3


def test_many_collectors_take_each_file_once(desk):
    for name in ("partner", "other", "third"):
        desk.connect(name, files_every=0.05)
    collectors = [desk.collector() for _ in range(3)]
    for collector in collectors:
        collector.start()
    for number in range(5):
        for name in ("partner", "other", "third"):
            desk.put(f"things_{number}.csv", f"id\n{number}\n", name)
    until(
        lambda: all(len(desk.names(name)) == 5 and "processed" in desk.names(name)[0] for name in ("partner", "other"))
    )
    until(lambda: sum(run.moved_to == "processed" for run in desk.runs()) == 15)
    for collector in collectors:
        collector.stop(PATIENCE)
    assert len(desk.messages()) == 15


def test_a_turn_that_is_lost_takes_nothing(desk, server):
    number = desk.connect(secrets={"files_password": PASSWORD}, **trust(server))
    (server.folder / "things.csv").write_text(LINES)

    def lose_it(_name: str) -> None:
        with writing(desk.engine) as session:
            session.execute(update(Collection).values(token="another", lease_until=clock.now() + turns.LEASE))

    server.on_read = lose_it
    desk.look()
    assert (desk.runs(), desk.messages(), desk.spooled()) == ([], [], [])
    assert desk.collection(number).token == "another"


def test_a_collector_that_ends_gives_its_turn_back(desk, server):
    number = desk.connect(secrets={"files_password": PASSWORD}, **trust(server))
    (server.folder / "things.csv").write_bytes(os.urandom(3_000_000))
    reached = threading.Event()
    server.answers.clear()
    server.on_read = lambda _: reached.set()
    collector = desk.collector()
    collector.start()
    assert reached.wait(PATIENCE)
    ending = threading.Thread(target=collector.stop, args=(PATIENCE,))
    ending.start()
    until(collector._stop.is_set)
    server.answers.set()
    ending.join()
    assert desk.collection(number).lease_until == 0
    assert (desk.runs(), desk.spooled()) == ([], [])
    desk.look()
    assert len(desk.runs()) == 1


def test_a_turn_that_could_not_be_given_back_runs_out_while_its_process_lives(desk, log):
    desk.connect()
    attendant = desk.collector()._attendant
    (connection,) = desk.directory.everyone()
    now = clock.now()
    with clock.replaced(lambda: now):
        with failing(desk.engine, "UPDATE collection SET due="):
            attendant.visit(connection, at_once=True)
        desk.put("things.csv", LINES)
        assert desk.collection(connection.id).lease_until == now + turns.LEASE
        now += turns.LEASE // 2
        attendant.renew()
        now += turns.LEASE // 2
        desk.look()
    assert len(desk.runs()) == 1


@contextmanager
def failing(engine: Engine, statement: str) -> Iterator[None]:
    """Let statements that begin so fail."""

    def fail(_connection: Any, _cursor: Any, text: str, *_more: Any) -> None:
        if text.startswith(statement):
            raise RuntimeError(text)

    event.listen(engine, "before_cursor_execute", fail)
    yield
    event.remove(engine, "before_cursor_execute", fail)


def test_what_a_dead_process_left_in_the_spool_is_swept(desk):
    desk.connect()
    desk.put("things.csv", LINES)
    desk.look()
    folder = desk.settings.data_dir / "spool"
    for name, age in (("old.part", 7200), ("young.part", 0), ("orphan", 7200)):
        (folder / name).write_text("left")
        os.utime(folder / name, (time.time() - age, time.time() - age))
    (kept,) = (run.spooled for run in desk.runs())
    os.utime(folder / kept, (0, 0))
    with desk.collecting():
        until(lambda: desk.spooled() == sorted([kept, "young.part"]))


def test_trouble_of_a_connection_without_files_is_over(desk):
    number = desk.connect(files=str(desk.folder / "nowhere"))
    desk.look()
    with writing(desk.engine) as session:
        trouble(session, number, UPLOAD, "things.csv", "it is too large")
    desk.change(files="")
    with desk.collecting():
        until(lambda: all(alert.cleared_at for alert in desk.alerts()))
    with pytest.raises(StopIteration):
        desk.collection(number)


def test_two_servers_are_looked_into_side_by_side(desk, server, tmp_path):
    (server.folder / "things.csv").write_text(LINES)
    server.answers.clear()
    desk.connect("slow", secrets={"files_password": PASSWORD}, **trust(server))
    with serving(tmp_path / "second") as quick:
        (quick.folder / "things.csv").write_text(LINES)
        desk.connect("quick", secrets={"files_password": PASSWORD}, **trust(quick))
        with desk.collecting():
            until(desk.runs)
            server.answers.set()
            until(lambda: len(desk.runs()) == 2)


@pytest.mark.parametrize("files", ["{partner}", "{partner}/../partner/", "{inbox}"])
def test_of_two_connections_with_one_directory_the_first_has_its_files(desk, files):
    desk.connect("first", files=str(desk.folder / "partner") if "inbox" not in files else "hub")
    inbox = desk.settings.data_dir / "inbox" / "first"
    second = desk.connect("second", files=files.format(partner=desk.folder / "partner", inbox=inbox))
    for folder in (inbox, desk.folder / "partner"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "things.csv").write_text(LINES)
    assert "connection 'first' has its files there" in desk.look()["second"]
    assert [run.connection_id for run in desk.runs()] == [second - 1]
    assert [(alert.connection_id, alert.kind) for alert in desk.alerts()] == [(second, "files")]


def test_users_of_one_server_may_have_directories_of_one_name(desk, server):
    for name, user in (("first", "someone"), ("second", USER)):
        desk.connect(name, {"files_password": PASSWORD}, **trust(server) | {"files": server.url.replace(USER, user)})
    assert list(desk.look()) == ["first"]


def test_a_look_that_does_not_end_is_told_once(desk, server, log):
    desk.connect(secrets={"files_password": PASSWORD}, **trust(server))
    (server.folder / "things.csv").write_text(LINES)
    reached = threading.Event()
    server.on_read = lambda _: reached.set()
    server.answers.clear()
    with desk.collecting():
        assert reached.wait(PATIENCE)
        now = clock.now() + 3600 * SECOND
        with clock.replaced(lambda: now):
            until(desk.alerts)
        server.answers.set()
        until(lambda: desk.alerts()[0].cleared_at)
    (alert,) = desk.alerts()
    assert (alert.kind, alert.seen) == ("files", 1)
    assert len(warned(log)) == 1


def test_rows_that_cannot_be_stored_are_told_once_and_tried_again(desk, log):
    desk.settings = desk.settings.model_copy(update={"retry_delays": "0.05"})
    tries = []

    def fail() -> bool:
        tries.append(1)
        if len(tries) < 5:
            raise OSError(28, "No space left on device")
        return False

    desk.advance = fail
    with desk.collecting():
        until(lambda: len(tries) > 5)
        until(lambda: desk.alerts()[0].cleared_at)
    (alert,) = desk.alerts()
    assert (alert.connection_id, alert.kind, alert.seen) == (HUB, "file-rows", 4)
    assert len(warned(log)) == 1
