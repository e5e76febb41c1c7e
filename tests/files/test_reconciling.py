"""What live sync missed is told by the file that shows it: exactly that, record by record and field by field."""

import random
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from tests.files.press import Press, Reader
from tests.files.sure import unsure

from synchub import clock, db
from synchub.files import quarantine
from synchub.files.quarantine import Change
from synchub.files.reconciling import Difference, count, differences, reconciliations
from synchub.master import store
from synchub.master.convergence import Mode
from synchub.master.writes import Batch, Write

FIELDS = ("name", "phone", "branch")
Told = dict[str, tuple[str, dict[str, tuple[Any, Any]]]]


@pytest.fixture
def press(engine, tmp_path) -> Press:
    return Press(engine, tmp_path, files_missing="tombstone", files_max_shrink=1, strict=True)


class Feed:
    """A partner's customers, its live feed of which some posts are lost, and its files.

    `heard` is what was heard of them, worked out apart from the hub.
    """

    def __init__(self, press: Press, seed: int, lost: float) -> None:
        self.press, self.dice, self.lost = press, random.Random(seed), lost
        self.rows: dict[str, dict[str, str]] = {}
        self.heard: dict[str, dict[str, str]] = {}
        self.dropped = 0

    def row(self) -> dict[str, str]:
        drawn = {name: self.dice.choice(["", f"{name} {self.dice.randrange(10**6)}"]) for name in FIELDS}
        return {name: value for name, value in drawn.items() if value}

    def live(self, posts: int) -> None:
        """So many changes, and the posts about them."""
        writes = [write for _ in range(posts) if (write := self.change()) is not None]
        for first in range(0, len(writes), 50):
            batch = Batch(self.press.connection, uuid4(), writes[first : first + 50])
            db.retrying(self.press.engine, lambda session, batch=batch: store.apply(session, [batch]))

    def change(self) -> Write | None:
        """A change of a user; what is posted about it, if that is not lost."""
        kind = self.dice.choice(["make", "change", "change", "change", "change", "delete", "again"])
        key = str(self.dice.randrange(1000, 2000)) if kind == "make" else self.dice.choice(sorted(self.rows))
        if kind == "delete":
            del self.rows[key]
        elif kind != "again":
            self.rows[key] = self.rows.get(key, {}) | self.row()
        if self.dice.random() < self.lost:
            self.dropped += 1
            return None
        if kind == "delete":
            self.heard.pop(key, None)
            return Write("customer", key, Mode.DELETE, confirms=True)
        self.heard[key] = dict(self.rows[key])
        extra = {"branch": self.rows[key]["branch"]} if "branch" in self.rows[key] else {}
        fields = {name: value for name, value in self.rows[key].items() if name != "branch"}
        return Write("customer", key, Mode.WHOLE, fields, extra, confirms=True)

    def file(self) -> str:
        lines = [",".join([key, *(row.get(name, "") for name in FIELDS)]) for key, row in self.rows.items()]
        return "\n".join(["id,name,phone,branch", *lines, ""])

    def expected(self) -> Told:
        """What differs between what the partner holds and what was heard of it."""
        told: Told = {key: ("deleted", {}) for key in self.heard.keys() - self.rows.keys()}
        for key, row in self.rows.items():
            before = self.heard.get(key, {})
            fields = {name: (before.get(name), row.get(name)) for name in FIELDS if before.get(name) != row.get(name)}
            if key not in self.heard:
                told[key] = ("created", fields)
            elif fields:
                told[key] = ("changed", fields)
        return told


def told(press: Press, run: Any) -> Told:
    with db.reading(press.engine) as session:
        found: list[Difference] = list(differences(session, run))
    assert len({each.key for each in found}) == len(found)
    return {each.key: (each.what, each.fields) for each in found}


def test_the_report_names_exactly_what_lost_posts_left_different(press: Press) -> None:
    feed = Feed(press, seed=7, lost=0.1)
    feed.rows = {str(key): feed.row() for key in range(100)}
    run = press.press(feed.file())
    assert run.counts == {"created": 100}
    feed.heard = {key: dict(row) for key, row in feed.rows.items()}
    feed.live(700)
    run = press.press(feed.file())
    assert run.state == "done"
    expected = feed.expected()
    assert feed.dropped > 50
    assert Counter(what for what, _ in expected.values()).keys() == {"created", "changed", "deleted"}
    assert told(press, run) == expected
    feed.heard = feed.rows
    assert told(press, press.press(feed.file() + "\n")) == feed.expected() == {}


def test_the_first_load_of_a_table_says_that_it_is_one(press: Press) -> None:
    press.press("id,name\n1,Ann\n")
    with db.reading(press.engine) as session:
        (one,) = reconciliations(session)
        assert (one.first, one.connection, count(session, one.run)) == (True, "partner", {"created": 1})
    press.press("id,name\n1,Bea\n")
    with db.reading(press.engine) as session:
        (one,) = reconciliations(session)
        assert (one.first, count(session, one.run)) == (False, {"changed": 1})


def test_files_are_found_by_day_table_and_connection(press: Press) -> None:
    day = 86_400 * clock.SECOND
    start = clock.now()
    with clock.replaced(lambda: start):
        press.press("id,name\n1,Ann\n")
        press.press("id,name\n1,Ann\n9,Zoe\n", "visits.csv")
    with clock.replaced(lambda: start + day):
        press.press("id,name\n1,Bea\n")
    first = datetime.fromtimestamp(start / clock.SECOND, UTC).date()
    with db.reading(press.engine) as session:

        def found(**asked: Any) -> list[tuple[str, bool]]:
            return [(each.run.table_name, each.first) for each in reconciliations(session, **asked)]

        assert found() == [("customers", False), ("visits", True)]
        assert found(day=first) == [("customers", True), ("visits", True)]
        assert found(table="Customers", day=first) == [("customers", True)]
        assert found(connection="nobody") == []


def test_what_a_file_lacks_is_missing_and_then_still_missing(press: Press) -> None:
    press.change(files_missing="report")
    press.press("id,name\n1,Ann\n2,Bob\n3,Cid\n")
    assert told(press, press.press("id,name\n1,Ann\n3,Cid\n")) == {"2": ("missing", {})}
    assert told(press, press.press("id,name\n1,Ann\n")) == {"2": ("still missing", {}), "3": ("missing", {})}


def test_a_row_that_was_corrected_by_hand_is_told_with_its_file(press: Press) -> None:
    press.press("id,name\n1,Ann\n2,Bob\n")
    run = press.press("id,name\n1,Ann\nx,Cid\n2,Bob\n")
    assert told(press, run) == {}
    with db.writing(press.engine) as session:
        (row,) = quarantine.rows_of(session, run)
        quarantine.take(session, row.id, {"test": Reader}, Change("2,Cid", {}), press.settings)
    assert told(press, run) == {"2": ("changed", {"name": ("Bob", "Cid")})}


def test_what_we_were_not_sure_of_is_nothing_that_live_sync_missed(press: Press) -> None:
    press.press("id,name\n1,Ann\n")
    unsure(press, "1", name="Bea")
    assert told(press, press.press("id,name\n1,Bea\n\n")) == {}


def test_a_record_in_two_rows_is_told_once_as_the_last_one_left_it(press: Press) -> None:
    press.press("id,name,branch\n1,Ann,x\n2,Bob,y\n")
    run = press.press("id,name,branch\n1,Bea,x\n3,Cid,\n2,Ben,z\n1,Ann,x\n3,Kid,\n2,Bob,w\n")
    assert run.counts == {"updated": 5, "created": 1}
    assert told(press, run) == {"3": ("created", {"name": (None, "Kid")}), "2": ("changed", {"branch": ("y", "w")})}


def test_what_a_file_deleted_and_a_correction_gave_back_is_not_told(press: Press) -> None:
    press.press("id,name\n1,Ann\n2,Bob\n3,Cid\n4,Dan\n")
    press.change(strict=True)
    run = press.press("id,name\n1,Ann\n2,Bob\n3,Cid\nx4,Dan\n")
    assert told(press, run) == {"4": ("deleted", {})}
    with db.writing(press.engine) as session:
        (row,) = quarantine.rows_of(session, run)
        quarantine.take(session, row.id, {"test": Reader}, Change("4,Dan", {}), press.settings)
    assert press.names()["4"] == "Dan"
    assert told(press, run) == {}
