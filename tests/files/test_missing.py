"""What a file should have held and did not: found beside what is known, and reported, flagged or deleted."""

import tracemalloc
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select
from tests.world import World, world

from synchub import db
from synchub.alerts.tables import Alert
from synchub.files import missing
from synchub.files.reader import Table
from synchub.files.settings import FileSettings
from synchub.files.tables import FileMissing, FileRun
from synchub.intake.tables import Message
from synchub.master.convergence import Mode
from synchub.master.writes import Write

CUSTOMERS = Table("customers", "Customers", "customer", ("id",))
PAYMENTS = Table("payments", "Payments", "other", ("id",))
LOADS = Table("loads", "Loads", "load", ("id",), window_days=3, window_fields=("pickup_date", "delivery_date"))
_numbers = count(1)


class Desk(World):
    """A hub one of whose partners delivers files."""

    def deliver(self, table: Table, *, wait: float = 0.0, **columns: Any) -> FileRun:
        """A run of a file that was exported now, and is read later."""
        self.wait()
        number, message = next(_numbers), uuid4()
        values: dict[str, Any] = {
            "connection_id": self.partners["A"],
            "message_id": message,
            "table_name": table.name,
            "name": f"{table.name}.csv",
            "size": 1,
            "digest": b"",
            "modified_at": self.now,
            "seen_at": self.now,
            "as_of": self.now,
            "state": "reading",
            "taken_at": self.now,
            **columns,
        }
        with db.writing(self.engine) as session:
            row = {"id": message, "surface": "test", "connection_id": values["connection_id"], "method": "FILE"}
            row |= {"path": "", "digest": b"", "received_at": self.now, "duration": 0, "size": 0, "seen": 0}
            session.add(Message(**row, counts={}, state="accepted"))
            session.flush()
            run = FileRun(id=number, **values)
            session.add(run)
        self.wait(wait)
        return run

    def settle(self, run: FileRun, keys: Iterable[str | None], table: Table = CUSTOMERS, **settings: Any) -> int:
        self.wait()
        return missing.settle(self.engine, run, table, keys, FileSettings(**settings))

    def found(self, run: FileRun) -> dict[str, str]:
        """What was found missing, and what was done about it."""
        with db.reading(self.engine) as session:
            rows = session.scalars(select(FileMissing).where(FileMissing.run_id == run.id))
            return {row.external_key: row.state for row in rows}

    def post(self, key: str, entity: str = "customer", mode: Mode = Mode.WHOLE, **row: Any) -> None:
        self.wait()
        self.write("A", Write(entity, key, mode, row, confirms=True))

    def flags(self, key: str) -> list[missing.Flag]:
        with db.reading(self.engine) as session:
            return missing.flags(session, self.copy("A", key).record)

    def alerts(self) -> list[str]:
        with db.reading(self.engine) as session:
            return list(session.scalars(select(Alert.said).where(Alert.cleared_at == 0)))


@pytest.fixture
def hub(engine: Engine) -> Iterator[Desk]:
    with world(engine, Desk) as made:
        made.join("A", "B", matches_code=False)
        yield made


def test_a_copy_that_a_full_file_lacks_is_reported_and_stays(hub: Desk) -> None:
    for key in "KLM":
        hub.post(key, name=key)
    run = hub.deliver(CUSTOMERS)
    assert hub.settle(run, ["K", "M", "M", "N"]) == 1
    assert hub.found(run) == {"L": "reported"}
    assert hub.copy("A", "L").holds("exists") == {True}


def test_only_copies_of_that_partner_and_entity_can_be_missing(hub: Desk) -> None:
    hub.say("B", key="K", name="n")
    hub.post("W", "warehouse", name="n")
    hub.post("E", "expense", name="n", department_id="D")
    run = hub.deliver(CUSTOMERS)
    assert hub.settle(run, []) == 0
    departments = Table("departments", "Departments", "department", ("id",))
    assert hub.settle(hub.deliver(departments), [], departments) == 0  # D was only referred to


def test_a_copy_heard_told_or_deleted_since_the_export_is_not_missing(hub: Desk) -> None:
    for key in "KLMN":
        hub.post(key, name=key)
    hub.post("gone", name="gone")
    hub.post("gone", mode=Mode.DELETE)
    run = hub.deliver(CUSTOMERS)
    hub.post("K", name="K")
    hub.post("L", name="new")
    hub.post("M", mode=Mode.DELETE)
    hub.post("new", name="new")
    hub.say("A", key="partial", name="n")
    assert hub.settle(run, []) == 1
    assert hub.found(run) == {"N": "reported"}


def test_only_the_keys_of_this_file_count(hub: Desk) -> None:
    for key in "KLM":
        hub.post(key, name="n")
    run = hub.deliver(CUSTOMERS)
    with db.reading(hub.engine) as session:
        missing.keep_keys(session, "KLM")
        assert missing.keep_keys(session, "K") == (1, 0)
        (found,) = missing.lacking(session, missing.scope_of(run, CUSTOMERS, "UTC"))
    assert [copy.key for copy in found] == ["L", "M"]


def test_tables_that_share_an_entity_lack_only_what_is_theirs(hub: Desk) -> None:
    for key in ("payments:1", "payments:2", "payments_received:1", "debits:1"):
        hub.post(key, "other", table_name=key)
    run = hub.deliver(PAYMENTS)
    assert hub.settle(run, ["payments:1"], PAYMENTS) == 1
    assert hub.found(run) == {"payments:2": "reported"}


def test_a_missing_copy_is_flagged_until_it_is_heard_of_again(hub: Desk) -> None:
    hub.post("K", name="n")
    hub.post("L", name="n")
    run = hub.deliver(CUSTOMERS)
    hub.settle(run, [], files_missing="flag")
    assert hub.found(run) == {"K": "flagged", "L": "flagged"}
    assert [(flag.key, flag.file, flag.as_of) for flag in hub.flags("K")] == [("K", "customers.csv", run.as_of)]
    hub.post("K", name="n")
    later = hub.deliver(CUSTOMERS)
    hub.write("A", Write("customer", "L", Mode.PARTIAL, {"name": "n"}, as_of=later.as_of, confirms=True))
    assert hub.flags("K") == hub.flags("L") == []


def test_a_missing_copy_is_deleted_as_of_the_file(hub: Desk) -> None:
    for key in "KLMN":
        hub.post(key, name=key)
    run = hub.deliver(CUSTOMERS)
    assert hub.settle(run, ["K", "L", "M"], files_missing="tombstone") == 1
    assert hub.found(run) == {"N": "deleted"}
    assert hub.copy("A", "N").image["exists"].stamp == run.as_of
    change = hub.history()[-1]
    assert (change.verdict, change.message_id) == ("deleted", run.message_id)
    assert hub.settle(run, ["K", "L", "M"], files_missing="tombstone") == 1
    assert hub.history()[-1].number == change.number


def test_what_is_heard_while_it_is_about_to_be_deleted_stays(hub: Desk) -> None:
    for key in "KLMN":
        hub.post(key, name=key)
    run = hub.deliver(CUSTOMERS)
    with db.reading(hub.engine) as session:
        missing.keep_keys(session, "KL")
        scope = missing.scope_of(run, CUSTOMERS, "UTC")
        (found,) = missing.lacking(session, scope)
    assert [copy.key for copy in found] == ["M", "N"]
    with db.writing(hub.engine) as session:
        for copy in found:
            row = {"copy_id": copy.id, "record_id": copy.record, "external_key": copy.key}
            session.add(FileMissing(run_id=run.id, **row, state="due"))
    hub.post("M", name="M")
    assert hub.settle(run, "KL", files_missing="tombstone") == 1
    assert hub.found(run) == {"N": "deleted"}
    assert hub.copy("A", "M").holds("exists") == {True}


def test_more_than_a_share_is_only_flagged_and_says_so_until_a_file_is_right(hub: Desk) -> None:
    for key in "KLMN":
        hub.post(key, name=key)
    run = hub.deliver(CUSTOMERS)
    assert hub.settle(run, ["K"], files_missing="tombstone", files_max_shrink=0.5) == 3
    assert set(hub.found(run).values()) == {"flagged"}
    assert hub.alerts() == ["customers.csv lacks 3 of 4 records: they are only flagged"]
    run = hub.deliver(CUSTOMERS)
    hub.settle(run, ["K", "L"], files_missing="tombstone", files_max_shrink=0.5)
    assert set(hub.found(run).values()) == {"deleted"}
    assert hub.alerts() == []


def test_nothing_is_deleted_while_a_row_has_no_readable_key(hub: Desk) -> None:
    for key in "KLMN":
        hub.post(key, name=key)
    run = hub.deliver(CUSTOMERS)
    hub.settle(run, ["K", "L", "M", None], files_missing="tombstone")
    assert hub.found(run) == {"N": "flagged"}
    assert "they are only flagged, as the key of 1 row cannot be read" in hub.alerts()[0]


def test_a_windowed_file_lacks_only_what_was_touched_within_its_window_and_deletes_nothing(hub: Desk) -> None:
    days = {"old": "2027-01-10", "edge": "2027-01-12", "first": "2027-01-13", "new": "2027-01-20", "none": None}
    for key, day in days.items():
        hub.post(key, "load", status="OPEN", pickup_date=day)
    hub.post("other", "load", pickup_date="2027-01-01", delivery_date="2027-01-15")
    run = hub.deliver(LOADS)  # on 15 January 2027
    assert hub.settle(run, [], LOADS, files_missing="tombstone", files_max_shrink=1) == 3
    assert hub.found(run) == dict.fromkeys(("first", "new", "other"), "reported")


@pytest.mark.slow
@pytest.mark.parametrize("keys", [30_000, pytest.param(100_000, marks=pytest.mark.e2e)])
def test_memory_does_not_grow_with_the_keys_of_a_file(hub: Desk, keys: int) -> None:
    for key in "KL":
        hub.post(key, name=key)
    tracemalloc.start()
    peaks = []
    for size in (keys // 5, keys):
        run = hub.deliver(CUSTOMERS)
        tracemalloc.reset_peak()
        assert hub.settle(run, (f"X{number}" for number in range(size))) == 2
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert peaks[1] < peaks[0] + 2**20


def test_a_key_that_no_record_can_have_is_not_readable(hub: Desk) -> None:
    for key in "KLM":
        hub.post(key, name=key)
    run = hub.deliver(CUSTOMERS)
    assert hub.settle(run, ["K", "L", "x" * 256], files_missing="tombstone") == 1
    assert hub.found(run) == {"M": "flagged"}
