"""When places are looked into, and what is told of files that are late or far too small."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from tests.waiting import until

from synchub import clock, db
from synchub.clock import SECOND
from synchub.files.calendar import next_look
from synchub.files.settings import FileSettings
from synchub.files.tables import State
from synchub.master import store
from synchub.master.convergence import Mode
from synchub.master.writes import Batch, Write

NEW_YORK = ZoneInfo("America/New_York")


def at(text: str, zone: ZoneInfo | None = None) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone or UTC).timestamp() * SECOND)


@pytest.mark.parametrize(
    ("said", "waits", "now", "then"),
    [
        ({}, False, "2026-11-22 06:00", "2026-11-22 06:01"),
        ({"files_cron": "15 6 * * *"}, False, "2026-11-22 06:00", "2026-11-22 06:15"),
        ({"files_cron": "15 6 * * *"}, False, "2026-11-22 06:15", "2026-11-23 06:15"),
        ({"files_cron": "15 6 * * *"}, True, "2026-11-22 06:15", "2026-11-22 06:16"),
        ({"files_cron": "15 6 * * *", "files_expected": "things=06:30"}, False, "2026-11-22 06:15", "2026-11-22 06:30"),
        ({"files_cron": "15 2 * * *"}, False, "2026-11-01 00:00", "2026-11-01 02:15"),
        ({"files_every": 7200, "files_expected": "things=06:30"}, False, "2026-11-22 06:00", "2026-11-22 06:30"),
        ({"files_every": 7200, "files_expected": "things=06:30"}, False, "2026-11-22 06:30", "2026-11-22 08:30"),
    ],
)
def test_a_place_is_looked_into_by_interval_or_cron_in_the_partners_zone_and_when_a_file_is_due(said, waits, now, then):
    settings = FileSettings.model_validate(said)
    assert next_look(settings, NEW_YORK, at(now, NEW_YORK), waits=waits) == at(then, NEW_YORK)


@pytest.mark.parametrize("line", ["whenever", "0 0 30 2 *"])
def test_a_cron_line_that_is_none_or_never_comes_is_refused_when_it_is_set(line):
    with pytest.raises(ValueError, match="cron"):
        FileSettings(files_cron=line)


def test_a_file_that_is_late_is_told_once_over_two_days_of_looks_and_a_restart(desk):
    desk.connect(files_expected={"things": "06:30"}, time_zone="America/New_York")
    now = at("2026-11-22 06:29", NEW_YORK)
    with clock.replaced(lambda: now):
        desk.look()
        assert desk.alerts() == []
        now += 60 * SECOND
        collector = desk.collector()
        for look in range(25):
            collector.look()
            now += 2 * 3600 * SECOND
            if look == 12:
                collector = desk.collector()
        (alert,) = desk.alerts()
        assert (alert.kind, alert.subject, alert.seen > 1, alert.cleared_at) == ("file-late", "things", True, 0)
        assert "06:30 (America/New_York)" in alert.said
        desk.put("things.csv", "id\n1\n")
        for _ in range(3):
            desk.look()
    assert desk.alerts()[0].cleared_at
    assert len(desk.alerts()) == 1


def test_a_file_that_came_today_is_not_late_though_it_is_not_taken_or_known_already(desk):
    desk.connect(files_expected={"things": "06:30", "parts": "06:30"}, files_ready="done-file")
    now = at("2026-11-22 06:00")
    with clock.replaced(lambda: now):
        for name in ("things.csv", "parts.csv"):
            desk.put(name, f"id\n{name}\n")
        desk.put("things.csv.done", "")
        desk.look()
        now = at("2026-11-22 09:00")
        desk.look()
        assert desk.alerts("file-late") == []
        now = at("2026-11-23 06:00")
        desk.put("things.csv", "id\nthings.csv\n")
        desk.put("things.csv.done", "")
        desk.look()
        now = at("2026-11-23 09:00")
        desk.look()
        assert [alert.subject for alert in desk.alerts("file-late")] == ["parts"]


def test_a_file_for_the_first_hours_of_a_day_may_come_the_evening_before(desk):
    desk.connect(files_expected={"things": "00:30", "parts": "00:30"}, time_zone="America/New_York")
    now = at("2026-11-22 18:00", NEW_YORK)
    with clock.replaced(lambda: now):
        desk.put("parts.csv", "id\n1\n")
        desk.look()
        now = at("2026-11-22 23:50", NEW_YORK)
        desk.put("things.csv", "id\n2\n")
        desk.look()
        now = at("2026-11-23 00:30", NEW_YORK)
        desk.look()
    assert [alert.subject for alert in desk.alerts("file-late") if not alert.cleared_at] == ["parts"]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("day", "by", "looked", "late"),
    [
        ("2026-11-01", "01:30", "2026-11-01 05:29", False),
        ("2026-11-01", "01:30", "2026-11-01 06:10", True),  # 1:10 for the second time
        ("2026-03-08", "02:30", "2026-03-08 07:29", False),  # 3:29, and never 2:30
        ("2026-03-08", "02:30", "2026-03-08 07:30", True),
    ],
)
def test_an_hour_that_comes_twice_or_never_makes_no_file_late_or_early(desk, day, by, looked, late):
    desk.connect(files_expected={"things": by}, time_zone="America/New_York", created_at=at(day))
    with clock.replaced(lambda: at(looked)):
        desk.look()
    assert [alert.subject for alert in desk.alerts("file-late")] == ["things"] * late


def test_a_connection_that_is_new_today_is_not_late_before_its_first_due_time(desk):
    desk.connect(files_expected={"things": "06:30", "parts": "09:00"}, created_at=at("2026-11-22 08:00"))
    for now, late in (("2026-11-22 08:01", []), ("2026-11-22 09:00", ["parts"])):
        with clock.replaced(lambda now=now: at(now)):
            desk.look()
        assert [alert.subject for alert in desk.alerts("file-late")] == late


def test_a_file_that_is_not_expected_any_more_is_not_late(desk):
    desk.connect(files_expected={"things": "00:00"})
    desk.look()
    desk.change(files_expected={})
    desk.look()
    assert desk.alerts()[0].cleared_at


def test_a_file_is_late_though_its_place_is_in_trouble(desk):
    desk.connect(files=str(desk.folder / "nowhere"), files_expected={"things": "00:00"})
    desk.look()
    assert {alert.kind for alert in desk.alerts()} == {"files", "file-late"}


def test_a_file_that_is_far_smaller_than_usual_is_told_once(desk):
    desk.connect()
    for size in (1000, 1010, 990, 5000, 400, 400, 600, 1000):
        desk.put("things.csv", "x" * size + str(len(desk.runs())))
        for _ in range(3):
            desk.look()
    (alert,) = desk.alerts()
    assert (alert.kind, alert.subject, alert.seen) == ("file-small", "things", 2)
    assert "401 bytes; the last 5 had about 1001" in alert.said
    assert alert.cleared_at


def test_what_is_usual_is_not_said_by_files_that_failed_or_by_few(desk):
    desk.connect()
    desk.ends = State.FAILED
    for number in range(4):
        desk.put("things.csv", "x" * 1000 + str(number))
        desk.look()
    desk.ends = State.DONE
    for number in range(3):
        desk.put("things.csv", "y" * (10 if number == 2 else 1000) + str(number))
        desk.look()
    assert desk.alerts() == []


def test_the_same_export_half_a_day_later_is_news_if_the_partner_has_spoken_since(desk):
    number = desk.connect()
    now = at("2026-11-22 06:00")
    with clock.replaced(lambda: now):
        for day in range(3):
            desk.put("things.csv", "id\n1\n", modified=now / SECOND)
            desk.look()
            now += 24 * 3600 * SECOND
            assert len(desk.runs()) == 1, day
        said = Batch(number, uuid4(), [Write("item", "1", Mode.PARTIAL, {"name": "one"})])
        db.retrying(desk.engine, lambda session: store.apply(session, [said]))
        desk.put("things.csv", "id\n1\n", modified=now / SECOND)
        desk.look()
        assert len(desk.runs()) == 2
        desk.put("things_again.csv", "id\n1\n", modified=now / SECOND + 60)
        desk.look()
    assert len(desk.runs()) == 2


def test_a_place_is_looked_into_when_its_cron_line_says(desk):
    number = desk.connect(files_cron="0 6 * * *", time_zone="America/New_York", files_every=0.05)
    now = at("2026-11-22 05:59", NEW_YORK)
    with clock.replaced(lambda: now):
        with desk.collecting():
            until(lambda: Path(desk.folder).exists() and desk.sightings() == [] and _due(desk, number))
        assert _due(desk, number) == at("2026-11-22 06:00", NEW_YORK)
        desk.put("things.csv", "id\n1\n")
        now = at("2026-11-22 06:00", NEW_YORK)
        with desk.collecting():
            until(desk.runs)


def _due(desk, number) -> int:
    try:
        return desk.collection(number).due
    except StopIteration:
        return 0
