"""kill -9 at random moments while a file is read: state and counts are those of an undisturbed run."""

import random
import threading
from collections import Counter

import pytest
from sqlalchemy import func, select
from tests.e2e.hub import eventually

from synchub.files.tables import FileRun
from synchub.intake.tables import Message
from synchub.master.tables import Change, MasterRecord

pytestmark = pytest.mark.slow

ROWS_FOR_A_DEATH = 1000
PATIENCE = 600.0


@pytest.fixture(params=[2, pytest.param(20, marks=pytest.mark.e2e)], ids=lambda moments: f"{moments}-moments")
def moments(request):
    return request.param


def content(rows):
    """A file, and what an undisturbed run of it counts: bad rows, cells with line breaks, and keys that come twice."""
    lines, counts = ["id,name,phone,branch"], Counter()
    for number in range(rows):
        if number % 50 == 7:
            lines.append(f"{number},shifted")
            counts["bad"] += 1
        elif number % 50 == 21:
            lines.append(f"{number - 20},renamed {number},555,south")
            counts["updated"] += 1
        else:
            lines.append(f'{number},"name of\n{number}",555{number},north')
            counts["created"] += 1
    return "\n".join(lines) + "\n", counts


def run_of(hub):
    with hub.store_opened() as session:
        return session.scalars(select(FileRun)).one_or_none()


def read_so_far(hub):
    run = run_of(hub)
    return run.rows_read if run is not None else 0


def test_a_file_that_is_read_by_processes_that_die_is_read_as_by_one_that_lives(hub_a, moments):
    rows = (moments + 2) * ROWS_FOR_A_DEATH
    text, expected = content(rows)
    inbox = hub_a.folder / "inbox"
    inbox.mkdir()
    settings = [f"files={inbox}", "files_ready=rename", "files_every=0.2"]
    hub_a.synchub("connection", "change", "tms", *(part for each in settings for part in ("--set", each)))
    (inbox / "customers.csv").write_text(text)

    chance = random.Random(moments)
    for moment in range(moments):
        collector = hub_a.spawn("collect")
        goal = chance.randrange(moment * ROWS_FOR_A_DEATH, (moment + 1) * ROWS_FOR_A_DEATH)
        eventually(lambda goal=goal: read_so_far(hub_a) >= goal, PATIENCE)
        threading.Event().wait(chance.uniform(0, 0.5))
        collector.kill()
    hub_a.spawn("collect")
    eventually(lambda: (run := run_of(hub_a)) is not None and run.ended_at and run.spooled is None, PATIENCE)

    run = run_of(hub_a)
    assert (run.state, run.rows, run.rows_read, run.bad) == ("done", rows, rows, expected["bad"])
    assert run.counts == {kind: expected[kind] for kind in ("created", "updated")}
    eventually((inbox / "processed" / "customers.csv").exists)
    with hub_a.store_opened() as session:
        refused = select(func.count()).select_from(Message).where(Message.parent_id == run.message_id)
        assert session.scalar(refused) == expected["bad"]
        made = session.execute(select(Change.verdict, func.count()).group_by(Change.verdict))
        assert dict(made.all()) == run.counts
        labels = set(session.scalars(select(MasterRecord.label)))
        assert len(labels) == expected["created"]
        assert "renamed 21" in labels
        assert session.get_one(Message, run.message_id).counts == run.counts
    assert list((hub_a.folder / "data" / "spool").iterdir()) == []
