"""What a webhook says."""

import dataclasses
import json

import pytest

from synchub import clock
from synchub.dialects.webhook.wire import change_event, state_event
from synchub.master.entities import ENTITIES
from synchub.outbox.sender import Parcel

NOON = 1_790_251_200 * clock.SECOND
LOAD = Parcel(
    copy=7,
    entity="load",
    key="71503",
    their_id=None,
    record=1_000_000_004,
    code="71503",
    label="OPEN PECOS LAREDO",
    version=3,
    number=42,
    forced=0,
    exists=True,
    is_new=False,
    sent={"exists": True, "status": "OPEN", "delivery_date": None},
    state={"status": "OPEN", "weight": "24000", "customer_id": "100200", "delivery_date": None},
)


def told(**changes):
    return state_event(dataclasses.replace(LOAD, **changes))


def test_a_state_tells_the_whole_record_and_what_differed():
    with clock.replaced(lambda: NOON):
        event = told()
    assert event.document == {
        "type": "load.updated",
        "timestamp": "2026-09-24T12:00:00.000000Z",
        "data": {
            "record": 1_000_000_004,
            "entity": "load",
            "code": "71503",
            "key": "71503",
            "label": "OPEN PECOS LAREDO",
            "version": 3,
            "number": 42,
            "exists": True,
            "fields": {"status": "OPEN", "weight": "24000", "customer_id": "100200"},
            "changed": {"status": "OPEN", "delivery_date": None},
        },
    }


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"is_new": True}, "load.created"),
        ({}, "load.updated"),
        ({"exists": False, "sent": {"exists": False}}, "load.deleted"),
        ({"exists": False, "is_new": True}, "load.deleted"),
    ],
)
def test_the_type_names_the_entity_and_the_step(changes, kind):
    assert told(**changes).document["type"] == kind


def test_a_delete_changes_no_field():
    data = told(exists=False, sent={"exists": False}).document["data"]
    assert (data["exists"], data["changed"]) == (False, {})


def test_the_id_is_record_and_version_however_often_it_is_told():
    assert told().id == told(number=99, sent={}).id == "rec_1000000004_v3"
    assert told(version=4).id == "rec_1000000004_v4"


def test_a_forced_send_has_an_id_of_its_own():
    assert told(forced=55).id == "rec_1000000004_v3_r55"


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_entity_can_be_told_as_json(entity):
    row = dict.fromkeys(ENTITIES[entity].fields(), "1")
    event = told(entity=entity, state=row, sent=row)
    assert json.loads(json.dumps(event.document))["data"]["fields"].keys() <= row.keys()


def test_a_change_tells_what_was_said_and_what_became_of_it():
    change = {
        "number": 43,
        "record": 1_000_000_004,
        "entity": "load",
        "code": "71503",
        "version": 3,
        "connection": 2,
        "message": "0199-x",
        "time": "2026-09-24T12:00:00.000000Z",
        "said": {"status": [None, "OPEN", 12], "weight": [["1"], "2", None]},
        "became": {"status": [None, "OPEN"]},
    }
    event = change_event(change)
    assert (event.id, event.document["type"]) == ("chg_43", "load.changed")
    assert event.document["data"] == change | {
        "said": {"status": {"before": None, "after": "OPEN"}, "weight": {"before": ["1"], "after": "2"}},
        "became": {"status": {"before": None, "after": "OPEN"}},
    }
