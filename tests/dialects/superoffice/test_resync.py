"""ForceResync and its variants: everybody is told again, and the answer says how that went."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from tests.waiting import until

from synchub import db
from synchub.dialects.superoffice.resyncs import Plan, told_of_all
from synchub.master.convergence import Mode
from synchub.resync.asking import Wish
from synchub.resync.reading import Progress, cancel
from synchub.resync.tables import Resync, State


def changed(answer):
    return [(item["Tablename"], item["RecordId"]) for item in answer["Changes"]["UpdatedRecords"]]


def plain(answer):
    return (answer["Status"], answer["IsOk"], answer["ErrorCode"])


def test_a_resync_is_answered_once_every_target_has_the_records_again(live):
    answer = live.ask("ForceResync", ErpConnectionId=0, InternalKeyIds=live.ids[:2])
    assert sorted(one["record"] for one in live.told.heard) == live.ids[:2]
    assert plain(answer) == ("Ok", True, "")
    assert changed(answer) == [("contact", one) for one in live.ids[:2]]
    assert answer["UserExplanation"] == "2 records were sent again."
    message = live.hub.messages()[-1]
    assert (message.state, message.answer, message.path) == ("accepted", answer, "/api/v1/Agents/ErpSync/ForceResync")


def test_the_answer_has_the_vendors_names_in_the_vendors_order(live):
    answer = live.ask("ForceResync", erpConnectionId=0, internalKeyIds=live.ids[:1])
    assert list(answer) == [
        "IsOk",
        "UserExplanation",
        "TechExplanation",
        "ErrorCode",
        "Changes",
        "Status",
        "TableRight",
        "FieldProperties",
    ]
    assert list(answer["Changes"]) == [
        "AddedRecords",
        "UpdatedRecords",
        "DeletedRecords",
        "TableRight",
        "FieldProperties",
    ]
    assert list(answer["Changes"]["UpdatedRecords"][0]) == ["Tablename", "RecordId", "TableRight", "FieldProperties"]


def test_no_ids_are_everything_worked_off_by_the_worker(live):
    answer = live.ask("ForceResync", ErpConnectionId=0, InternalKeyIds=[])
    assert plain(answer) == ("Ok", True, "")
    assert sorted(one["record"] for one in live.told.heard) == live.records()
    assert [(row.chosen, row.state) for row in live.resyncs()[-1:]] == [(None, "done")]


def test_a_batch_task_is_taken_and_done_in_the_background(live):
    answer = live.post("ForceResyncBatchTask", json={"InternalKeyIds": live.ids[:2]})
    assert (answer.status_code, answer.content) == (204, b"")
    assert live.told.wait_for(2) == live.ids[:2]


def test_what_is_not_told_in_time_is_under_way(running, told):
    with running(resync_wait=0.3) as crm:
        crm.target(told)
        ids = crm.say("K1", "K2")
        told.wait_for(2)
        told.answers.clear()
        answer = crm.ask("ForceResync", InternalKeyIds=ids)
        told.answers.set()
        assert plain(answer) == ("OkWithInfo", True, "")
        assert answer["UserExplanation"] == "2 records are being sent again, 0 so far."
        assert changed(answer) == []


def test_a_refused_record_is_a_warning_that_names_it(live):
    live.told.refuses = {live.ids[1]}
    answer = live.ask("ForceResync", InternalKeyIds=live.ids)
    assert plain(answer) == ("Warning", True, "")
    assert changed(answer) == [("contact", live.ids[0]), ("contact", live.ids[2])]
    assert answer["UserExplanation"] == f"Record {live.ids[1]} was refused by a connection."
    assert f"{live.ids[1]}: target: " in answer["TechExplanation"]


def test_ids_that_are_partly_unknown_are_a_warning_that_names_them(live):
    answer = live.ask("ForceResync", InternalKeyIds=[live.ids[0], 5, 4])
    assert plain(answer) == ("Warning", True, "")
    assert answer["UserExplanation"] == "1 record was sent again. These keys are not known: 4, 5."
    assert changed(answer) == [("contact", live.ids[0])]


def test_a_resync_from_a_connection_makes_its_word_count_and_tells_the_others(live):
    above = live.join("above", rank="9", told="warehouse")
    live.say(live.keys[0], connection=above, phone="1")
    live.say(live.keys[0], phone="2")
    live.told.wait_for(1)
    answer = live.ask("ForceResync", ErpConnectionId=77, InternalKeyIds=live.ids[:1])
    assert live.hub.record("customer", live.keys[0]).phone == "2"
    assert live.told.heard[-1]["fields"]["phone"] == "2"
    assert answer["Status"] in {"Ok", "OkWithInfo"}


@pytest.mark.parametrize(("method", "phone"), [("ForceResync", None), ("ForceResyncNoBlankValues", "1")])
def test_blank_values_of_the_source_overwrite_nothing_if_so_asked(alone, method, phone):
    above = alone.join("above", rank="9")
    ids = alone.say("K1", phone="0")
    alone.say("K1", connection=above, phone="1")
    alone.say("K1", phone=None)
    alone.ask(method, ErpConnectionId=77, InternalKeyIds=ids)
    assert alone.hub.record("customer", "K1").phone == phone


@pytest.mark.parametrize(
    ("method", "parameters", "code", "told"),
    [
        ("ForceResync", {"ErpConnectionId": 999}, "UNKNOWN_CONNECTION_ID", "There is no connection 999."),
        ("ForceResync", {"InternalKeyIds": [5]}, "UNKNOWN_INTERNAL_KEY_ID", "This key is not known: 5."),
        (
            "ForceResyncExternal",
            {"ErpConnectionId": 77, "ExternalKeys": ["no", "nor"]},
            "UNKNOWN_ERP_KEY",
            "These keys are not known: no, nor.",
        ),
        (
            "ForceResyncExternal",
            {"ErpConnectionId": 77, "ErpActorType": "Sale"},
            "UNSUPPORTED_ACTOR_TYPE",
            "Records of the type Sale are not kept here.",
        ),
    ],
)
def test_what_cannot_be_done_at_all_is_an_error_with_its_code(crm, method, parameters, code, told):
    crm.say("K1")
    answer = crm.ask(method, **parameters)
    assert plain(answer) == ("Error", False, code)
    assert (answer["UserExplanation"], answer["TechExplanation"], answer["Changes"]) == (told, told, None)
    (message,) = crm.hub.messages()
    assert (message.state, message.error, message.answer) == ("refused", told, answer)
    assert crm.hub.count(Resync) == 0


@pytest.mark.parametrize("actor", ["Customer", "customer", "SUPPLIER", 3, "1", "Unknown", None])
def test_records_are_named_by_the_keys_of_the_connection(crm, actor):
    ids = crm.say("K1", "K2", "K3")
    asked = {"ErpConnectionId": 77, "ErpActorType": actor, "ExternalKeys": ["K3", "K1"]}
    answer = crm.ask("ForceResyncExternal", **asked)
    assert changed(answer) == [("contact", ids[0]), ("contact", ids[2])]


@pytest.mark.parametrize("key", [" Ka\u0301\x00", "K\u00e1\n", "K\u00e1"])
def test_keys_are_compared_as_they_are_kept(crm, key):
    ids = crm.say("K\u00e1")
    assert changed(crm.ask("ForceResyncExternal", ErpConnectionId=77, ExternalKeys=[key])) == [("contact", ids[0])]


def test_keys_that_no_database_can_hold_are_unknown(crm):
    body = rb'{"ErpConnectionId": 77, "ExternalKeys": ["\ud800", "\u0000", ""]}'
    answer = crm.post("ForceResyncExternal", content=body, headers={"content-type": "application/json"}).json()
    assert plain(answer) == ("Error", False, "UNKNOWN_ERP_KEY")
    assert crm.hub.messages()[0].answer == answer


def test_without_a_connection_records_are_named_by_our_codes(alone):
    (record,) = alone.say("K9", connection=alone.join("coder", matches_code="yes"))
    assert alone.ask("ForceResyncExternalNoBlankValues", ErpConnectionId=0, ExternalKeys=["K9"])["IsOk"]
    (row,) = alone.resyncs()
    assert (row.source_id, row.chosen, row.blanks) == (None, [record], False)


def test_no_keys_are_all_records_of_the_kind(crm):
    crm.say("K1", "K2")
    crm.say("P", entity="project")
    answer = crm.ask("ForceResyncExternal", ErpConnectionId=77, ErpActorType="Project")
    assert answer["UserExplanation"] == "1 record is being sent again, 0 queued so far."


def test_a_connection_resyncs_only_the_entities_that_it_may_write(alone):
    (customer,), (project,) = alone.say("K"), alone.say("P", entity="project")
    narrow = alone.hub.connect("narrow", "superoffice", writes="project")
    headers = {"authorization": f"Bearer {narrow['password']}"}
    alone.until_known(headers)
    asked = {"InternalKeyIds": [customer, project]}
    answer = alone.post("ForceResync", json=asked, headers=headers).json()
    assert answer["Status"] == "Warning"
    assert changed(answer) == [("project", project)]
    asked = {"ErpConnectionId": 77, "ErpActorType": "Customer"}
    answer = alone.post("ForceResyncExternal", json=asked, headers=headers).json()
    assert answer["ErrorCode"] == "UNSUPPORTED_ACTOR_TYPE"


def test_too_many_named_records_are_refused(crm):
    answer = crm.post("ForceResync", json={"InternalKeyIds": [1] * 100_001})
    assert (answer.status_code, answer.json()["ErrorType"]) == (413, "ArgumentException")
    (message,) = crm.hub.messages()
    assert (message.state, message.error) == ("refused", answer.json()["Message"])


def test_of_everything_those_that_were_refused_are_named(live):
    live.told.refuses = {live.ids[2]}
    answer = live.ask("ForceResync")
    assert (*plain(answer), answer["Changes"]) == ("Warning", True, "", None)
    assert answer["UserExplanation"] == f"Record {live.ids[2]} was refused by a connection."


@pytest.mark.slow
@pytest.mark.parametrize("shared_store", ["sqlite", pytest.param("postgresql", marks=pytest.mark.e2e)], indirect=True)
def test_of_more_records_than_a_window_those_that_were_told_and_refused_are_named_too(live):
    ids = live.say(*(f"{live.keys[0]}-{n:03}" for n in range(501)))
    live.told.wait_for(501)
    bad = live.told.refuses = {ids[3], ids[500]}
    answer = live.ask("ForceResync", InternalKeyIds=[*ids, 7])
    assert plain(answer) == ("Warning", True, "")
    assert changed(answer) == [("contact", one) for one in ids if one not in bad]
    said = f"Records {ids[3]}, {ids[500]} were refused by a connection. This key is not known: 7."
    assert answer["UserExplanation"] == said


@pytest.mark.parametrize("named", [True, False])
def test_a_resync_that_an_operator_cancels_is_not_called_done(running, named):
    """It is cancelled before its caller's process has put anything, and while a worker has yet to come."""
    with running(roles="web", resync_wait=60) as crm:
        ids = crm.say(*(f"K{n}" for n in range(501 if named else 2)))

        def stop():
            until(crm.resyncs)
            db.retrying(crm.hub.engine, lambda session: cancel(session, crm.resyncs()[0].id))

        with ThreadPoolExecutor() as pool:
            stopped = pool.submit(stop)
            answer = crm.ask("ForceResync", InternalKeyIds=ids if named else [])
            stopped.result()
        assert (*plain(answer), answer["Changes"]) == ("Warning", True, "", None)
        assert answer["UserExplanation"] == f"It was cancelled after 0 of {len(ids)} records."


@pytest.mark.parametrize(
    ("state", "waiting", "gone", "said"),
    [
        (State.DONE, 0, 0, ("Ok", "9 records were sent again.")),
        (State.DONE, 1, 0, ("OkWithInfo", "10 records are being sent again, 9 queued so far.")),
        (State.RUNNING, 0, 0, ("OkWithInfo", "10 records are being sent again, 9 queued so far.")),
        (
            State.DONE,
            0,
            1,
            (
                "OkWithInfo",
                "9 records were sent again. 1 copy was left out, because its connection itself has deleted it.",
            ),
        ),
        (State.CANCELLED, 1, 0, ("Warning", "It was cancelled after 9 of 10 records.")),
    ],
)
def test_everything_is_told_as_far_as_it_has_come(state, waiting, gone, said):
    progress = Progress(1, state, 10, 9, gone, waiting, 0)
    answer = told_of_all(progress, [], Plan(Wish(None)), None, "en")
    assert (answer.status, answer.user_explanation) == said


@pytest.mark.parametrize("shared_store", ["sqlite"], indirect=True)
def test_a_resync_that_is_kept_is_not_refused_because_its_progress_cannot_be_seen(crm):
    ids = crm.say("K1")
    with db.writing(crm.hub.engine) as session:
        session.execute(text("ALTER TABLE delivery RENAME TO elsewhere"))
    answer = crm.post("ForceResync", json={"InternalKeyIds": ids})
    with db.writing(crm.hub.engine) as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO delivery"))
    assert answer.status_code == 200
    assert answer.json()["Status"] == "OkWithInfo"
    assert [(row.state, row.chosen) for row in crm.resyncs()] == [("running", ids)]


def test_a_copy_that_is_gone_at_the_connection_is_left_out_and_named(alone):
    own = alone.join("own", deletes="copy", matches_code="yes")
    (record,) = alone.say("K1")
    alone.say("K1", connection=own)
    alone.say("K1", connection=own, mode=Mode.DELETE)
    answer = alone.ask("ForceResync", InternalKeyIds=[record])
    left_out = f"Record {record} was left out where the connection itself has deleted it."
    assert answer["UserExplanation"].endswith(left_out)
    assert alone.resyncs()[0].gone == 1
