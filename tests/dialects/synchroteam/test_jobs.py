"""Jobs: what Send keeps and Detail shows, in JSON and in XML."""

import json
from typing import Any

import pytest
from tests.dialects.synchroteam.conftest import Field
from tests.dialects.synchroteam.jobbing import detail, fresh, keep, make, post, refusal, user

from synchub import db
from synchub.dialects import xml
from synchub.intake.journal import body_of
from synchub.master import naming

TIMES = {
    "scheduledBeginDate": "19/07/2016 14:43:00",
    "scheduledEndDate": "19/07/2016 16:43:00",
    "RealBeginDate": "19/07/2016 14:50:00",
    "RealEndDate": "19/07/2016 16:16:00",
}
PLACE = {
    "globalAddress": "1 Quay Road, Port Town",
    "complementAddress": "Back door",
    "adressStreet": "1 Quay Road",
    "adressZIP": "AB1 2CD",
    "adressCity": "Port Town",
    "adressProvince": "North",
    "adressCountry": "Nowhere",
    "position": {"Latitude": "43.9695148", "Longitude": "-99.9018131"},
}
PERSON = {
    "contactName": "Baker",
    "contactFirstName": "Kim",
    "ContactPhone": "555-0100",
    "contactMobile": "555-0101",
    "contactEmail": "kim@bakery.example",
}
FLAT = {
    "description": "Sweep the chimney",
    "priority": 2,
    "status": 3,
    "idCreator": 265,
    "idJobType": 629,
    "idReport": 7,
}


def test_what_is_sent_is_shown(lasting):
    said = {"myId": fresh("job"), **TIMES, **PLACE, **PERSON, **FLAT, "tags": ["urgent", "roof"]}
    job = detail(lasting, num=make(lasting, **said))
    assert {word: job[word] for word in said} == said


def test_a_job_is_shown_in_the_shape_of_the_example(lasting):
    job = detail(lasting, num=make(lasting, description="x"))
    assert {word: job[word] for word in ("idUser", "login", "idSite", "siteName", "parts", "report", "Activities")} == {
        "idUser": None,
        "login": "",
        "idSite": None,
        "siteName": "",
        "parts": [],
        "report": [],
        "Activities": [],
    }
    assert (job["duration"], job["position"], job["OtherTechnicians"], job["status"]) == (0, None, [], 0)
    assert "nmJobType" not in job


def test_send_answers_the_number_and_no_message(lasting):
    key = fresh("job")
    first = post(lasting, "Jobs/Send", {"myId": key, "description": "x"})
    assert first == {"code": detail(lasting, myId=key)["num"], "message": None}
    assert post(lasting, "Jobs/Send", {"myId": key, "description": "Sweep"}) == first


def test_jobs_are_sent_and_shown_in_xml(lasting):
    key, login = fresh("job"), fresh("tech")
    user(lasting, login)
    body = (
        f"<Job><myId>{key}</myId><login>{login}</login><priority>1</priority>"
        "<report><item><nmItem>valid</nmItem><value>Yes</value></item></report>"
        "<tags><tag>a</tag><tag>b</tag></tags></Job>"
    )
    sent = lasting.call("POST", "/Api/v2/Jobs/Send", content=body, headers={"content-type": "text/xml"})
    root, answer = xml.read(sent.content)
    assert (root, answer["message"]) == ("Result", None)
    number = answer["code"]
    shown = lasting.call("GET", "/v2/jobs/detail/", params={"num": number}, headers={"accept": "text/xml"})
    root, job = xml.read(shown.content)
    assert (root, job["num"], job["myId"], job["login"]) == ("Job", number, key, login)
    assert [each["nmItem"] for each in xml.items(job["report"])] == ["valid"]
    assert xml.items(job["tags"]) == ["a", "b"]


def test_other_spellings_and_letter_cases_are_read(lasting):
    number = make(lasting, contactPhone="555-0100", REALBEGINDATE="2016-07-19 14:50", addressCity="Port Town")
    job = detail(lasting, num=number)
    assert (job["ContactPhone"], job["RealBeginDate"], job["adressCity"]) == (
        "555-0100",
        "19/07/2016 14:50:00",
        "Port Town",
    )


def test_what_is_left_out_stays_and_a_blank_clears(lasting):
    key = fresh("job")
    make(lasting, myId=key, description="Sweep", ContactPhone="555-0100", tags=["a"])
    make(lasting, myId=key, ContactPhone="")
    job = detail(lasting, myId=key)
    assert (job["description"], job["ContactPhone"], job["tags"]) == ("Sweep", "", ["a"])


def test_moments_are_in_the_connections_zone(hub):
    here, there = Field(hub, time_zone="America/New_York"), Field(hub, "berlin", time_zone="Europe/Berlin")
    number = make(here, myId="M", scheduledBeginDate="2016-07-19 08:43", Activities=[{"start": "2016-07-19 08:50"}])
    job = detail(here, num=number)
    assert (job["scheduledBeginDate"], job["Activities"][0]["start"]) == ("19/07/2016 08:43:00", "19/07/2016 08:50:00")
    job = detail(there, num=number)
    assert (job["scheduledBeginDate"], job["Activities"][0]["start"]) == ("19/07/2016 14:43:00", "19/07/2016 14:50:00")


def test_a_job_names_customer_site_equipment_and_technician(lasting):
    customer, login = lasting.make(myId=fresh("c"), name="Mill Street Garage"), fresh("tech")
    site = keep(lasting, "site", fresh("s"), name=fresh("Yard"))
    equipment = keep(lasting, "equipment", fresh("e"), name="Lift")
    technician = user(lasting, login)
    number = make(lasting, idCustomer=str(customer), idSite=site, idEquipment=str(equipment), idUser=technician)
    job = detail(lasting, num=number)
    assert (job["idCustomer"], job["customerName"]) == (customer, "Mill Street Garage")
    assert (job["idSite"], job["siteName"][:4]) == (site, "Yard")
    assert (job["idEquipment"], job["nameEquipment"]) == (equipment, "Lift")
    assert (job["idUser"], job["login"]) == (technician, login)


def test_references_go_by_key_and_by_name_too(lasting):
    keys = {word: fresh(word) for word in ("customer", "site", "equipment", "login")}
    lasting.make(myId=keys["customer"], name=keys["customer"].upper())
    for what in ("Site", "Equipment"):
        key = keys[what.lower()]
        make(lasting, what, myId=key, name=key.upper(), customerMyId=keys["customer"])
    user(lasting, keys["login"])
    by_key = {"customerMyId": keys["customer"], "siteMyId": keys["site"], "equipmentMyId": keys["equipment"]}
    names = {"customerName": keys["customer"], "siteName": keys["site"], "nameEquipment": keys["equipment"]}
    by_name = {word: key.upper() for word, key in names.items()}
    for said in (by_key, by_name):
        job = detail(lasting, num=make(lasting, **said, login=keys["login"]))
        assert {word: job[word] for word in said} == said
        assert job["login"] == keys["login"]


def test_a_job_without_a_customer_is_one_for_the_customer_of_its_site_or_equipment(lasting):
    key, other = fresh("c"), fresh("c")
    customer, stranger = lasting.make(myId=key), lasting.make(myId=other)
    site = make(lasting, "Site", myId=fresh("s"), name="Yard", customerMyId=key)
    thing = make(lasting, "Equipment", myId=fresh("e"), name="Lift", customerMyId=key)
    for said in ({"idSite": site}, {"idEquipment": thing}):
        assert detail(lasting, num=make(lasting, **said))["idCustomer"] == customer
        number = make(lasting, **said, idCustomer=stranger)
        make(lasting, num=number, **said)
        assert detail(lasting, num=number)["idCustomer"] == stranger


def test_the_name_of_a_site_means_that_of_the_customer(lasting):
    name, customers = fresh("Yard"), [fresh("c"), fresh("c")]
    sites = []
    for key in customers:
        lasting.make(myId=key, name="Mill Street Garage")
        sites.append(make(lasting, "Site", myId=fresh("s"), name=name, customerMyId=key))
    job = detail(lasting, num=make(lasting, customerMyId=customers[1], siteName=name))
    assert (job["idSite"], job["siteName"]) == (sites[1], name)
    told = refusal(lasting, description="x", siteName=name)
    assert told == f"there are several sites with siteName {name}: idSite or siteMyId says which one"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"idCustomer": 5}, "there is no customer with idCustomer 5"),
        ({"siteMyId": "nowhere"}, "there is no site with siteMyId nowhere"),
        ({"nameEquipment": "nothing"}, "there is no equipment with nameEquipment nothing"),
        ({"login": "nobody"}, "there is no user with login nobody"),
        ({"OtherTechnicians": ["nobody"]}, "OtherTechnicians row 1: there is no user with login nobody"),
        ({"Activities": [{"login": "nobody", "start": "2016-01-01"}]}, "Activities row 1: there is no user"),
        ({"parts": [{"reference": "none", "quantity": 1}]}, "parts row 1: there is no part with reference none"),
        ({"parts": [{"quantity": 1}]}, "parts row 1: each part needs its id or its reference"),
        ({"parts": [{"id": 1}]}, "parts row 1: quantity must be a number"),
        ({"parts": [{"id": 1, "quantity": -1}]}, "parts row 1: quantity must be"),
        ({"parts": [{"id": "x", "quantity": 1}]}, "parts row 1: id must be a whole number"),
        ({"parts": "many"}, "parts must be a list of parts: row 1 is none"),
        ({"report": [{"value": "Yes"}]}, "report row 1: each item needs its id or its nmItem"),
        ({"Activities": [{"stop": "2016-01-01"}]}, "Activities row 1: start is required"),
        ({"Activities": [{"start": "2016-01-02", "stop": "2016-01-01"}]}, "Activities row 1: stop lies before start"),
        ({"priority": 3}, "priority must lie between 0 and 2"),
        ({"status": 8}, "status must lie between 0 and 7"),
        ({"status": "open"}, "status must be a whole number"),
        ({"duration": -1}, "duration must lie between"),
        ({"num": 0}, "num must lie between 1 and"),
        ({"scheduledBeginDate": "soon"}, "scheduledBeginDate must be a date"),
        ({"position": {"Latitude": "91"}}, "position.Latitude must be degrees"),
        (
            {"scheduledBeginDate": "2016-01-02", "scheduledEndDate": "2016-01-01"},
            "scheduledEndDate lies before scheduledBeginDate",
        ),
        ({"RealBeginDate": "2016-01-02", "RealEndDate": "2016-01-01"}, "RealEndDate lies before RealBeginDate"),
        (
            {"RealBeginDate": "2016-01-01", "RealEndDate": "2017-01-03"},
            "RealEndDate lies more than 366 days after RealBeginDate",
        ),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(lasting, said, why):
    key = fresh("job")
    assert why in refusal(lasting, myId=key, description="Sweep", **said)
    assert lasting.call("GET", "/Api/v2/Jobs/Detail", params={"myId": key}).status_code == 404


def test_a_row_that_says_nothing_makes_no_job(lasting):
    assert refusal(lasting, tags=[]) == "a new job needs a customer or a description"
    assert refusal(lasting, num=900_001) == "a new job needs a customer or a description"


def test_an_end_is_compared_with_what_is_stored(lasting):
    key = fresh("job")
    make(lasting, myId=key, scheduledBeginDate="2016-01-02", scheduledEndDate="2016-01-03")
    assert (
        refusal(lasting, myId=key, scheduledEndDate="2016-01-01") == "scheduledEndDate lies before scheduledBeginDate"
    )
    make(lasting, myId=key, scheduledBeginDate="2016-01-01", scheduledEndDate="2016-01-01")


def test_parts_are_found_by_reference_or_id_with_decimal_quantities(lasting):
    references = [fresh("PART"), fresh("PART")]
    ids = [keep(lasting, "item", each, name="Cylinder") for each in references]
    said = [{"reference": references[0], "quantity": 2.5}, {"id": str(ids[1]), "reference": None, "quantity": "1,9"}]
    job = detail(lasting, num=make(lasting, description="Sweep", parts=said))
    assert job["parts"] == [
        {"id": ids[0], "quantity": 2.5, "reference": references[0]},
        {"id": ids[1], "quantity": 1.9, "reference": references[1]},
    ]


def test_an_id_and_a_reference_of_two_parts_are_refused(lasting):
    first, second = fresh("PART"), fresh("PART")
    number = keep(lasting, "item", first)
    keep(lasting, "item", second)
    told = refusal(lasting, description="x", parts=[{"id": number, "reference": second, "quantity": 1}])
    assert told == "parts row 1: id and reference name different parts"


def test_a_part_that_is_gone_keeps_its_reference(field):
    number = keep(field, "item", "PART", name="Cylinder")
    job = make(field, description="Sweep", parts=[{"reference": "PART", "quantity": 3}])
    assert detail(field, num=job)["parts"] == [{"id": number, "quantity": 3, "reference": "PART"}]
    assert field.call("DELETE", "/Api/v2/Part/Delete", params={"reference": "PART"}).json() == {"code": 1}
    assert detail(field, num=job)["parts"] == [{"id": None, "quantity": 3, "reference": "PART"}]


def test_activities_make_the_duration(lasting):
    login, key = fresh("tech"), fresh("job")
    technician = user(lasting, login)
    spans = (("14:50:00", "14:56:00"), ("15:05:00", "15:46:00"), ("15:58:00", "16:16:00"))
    said = [{"login": login, "start": f"19/07/2016 {start}", "stop": f"19/07/2016 {stop}"} for start, stop in spans]
    make(lasting, myId=key, Activities=said, duration=0)
    job = detail(lasting, myId=key)
    assert job["duration"] == 65
    assert job["Activities"] == [{"idUser": technician, **each} for each in said]
    make(lasting, myId=key, duration=9)
    assert detail(lasting, myId=key)["duration"] == 65
    make(lasting, myId=key, Activities=[], duration=9)
    assert detail(lasting, myId=key)["duration"] == 9


def test_other_technicians_are_logins_in_any_letter_case(lasting):
    one, other = fresh("Ann"), fresh("Steven")
    user(lasting, one)
    user(lasting, other)
    job = detail(lasting, num=make(lasting, description="x", otherTechnicians=[other.lower(), one]))
    assert job["OtherTechnicians"] == [other, one]


def test_a_report_is_said_in_three_forms(lasting):
    said: list[dict[str, Any]] = [
        {"id": 3132, "value": "documentation"},
        {"nmItem": "valid", "value": "Yes"},
        {"nmCategory": "Category 2", "nmItem": "hour", "value": "15:20"},
    ]
    job = detail(lasting, num=make(lasting, description="x", report=said))
    blank = {"id": None, "idCategory": None, "iteration": 0, "nmCategory": "", "nmItem": ""}
    assert job["report"] == [blank | each for each in said]


def test_answers_are_about_the_questions_of_known_blocks(hub):
    field, other = Field(hub), Field(hub, "other")
    items = [{"id": 3421, "name": "Signature"}, {"id": 3422, "name": "Print Name"}]
    block = keep(field, "block", "B", name="Sign Off", items=json.dumps(items))
    full = {"id": 3422, "idCategory": block, "iteration": 0, "nmCategory": "Sign Off", "nmItem": "Print Name"}
    forms: list[dict[str, Any]] = [
        {"id": 3422},
        {"nmItem": "print name"},
        {"nmCategory": "SIGN OFF", "nmItem": "Print Name"},
        {"idCategory": block, "nmItem": "Print Name"},
    ]
    for said in forms:
        number = make(field, description=json.dumps(said), report=[said | {"value": "Kim"}])
        assert detail(field, num=number)["report"] == [full | {"value": "Kim"}]
    number = make(field, description="x", report=[{"nmCategory": "Sign On", "nmItem": "Print Name", "value": "Kim"}])
    (unknown,) = detail(field, num=number)["report"]
    assert (unknown["id"], unknown["idCategory"], unknown["nmCategory"]) == (None, None, "Sign On")
    with db.writing(hub.engine) as session:
        naming.number(session, [(hub.copy("B").id, "1169")])
    number = make(field, description="y", report=[{"id": 3422, "value": "Kim"}])
    assert [detail(each, num=number)["report"][0]["idCategory"] for each in (field, other)] == [1169, block]


def test_answers_that_are_not_said_anew_stay(lasting):
    key = fresh("job")
    full = {"id": 3422, "idCategory": 1169, "iteration": 0, "nmCategory": "Sign Off", "nmItem": "Name", "value": "Kim"}
    make(lasting, myId=key, report=[full, {"nmItem": "valid", "value": "Yes"}])
    make(lasting, myId=key, report=[{"nmCategory": "sign off", "nmItem": "NAME", "value": "Ann"}])
    assert [each["value"] for each in detail(lasting, myId=key)["report"]] == ["Ann", "Yes"]
    make(lasting, myId=key, report=[{"id": 3422, "value": "Bo"}])
    report = detail(lasting, myId=key)["report"]
    assert report[0] == full | {"value": "Bo"}
    make(lasting, myId=key, report=report)
    assert detail(lasting, myId=key)["report"] == report
    make(lasting, myId=key, report=[])
    assert detail(lasting, myId=key)["report"] == []


def test_a_question_that_comes_again_belongs_to_a_repeated_block(lasting):
    said = [{"id": 4007, "value": value} for value in ("first", "second")]
    job = detail(lasting, num=make(lasting, description="x", report=said))
    assert [(each["iteration"], each["value"]) for each in job["report"]] == [(0, "first"), (1, "second")]


def test_custom_fields_are_merged_by_name_in_any_letter_case(lasting):
    key = fresh("job")
    make(
        lasting, myId=key, customFieldValues=[{"id": 182, "name": "sector", "value": "A"}, {"id": 185, "name": "city"}]
    )
    make(lasting, myId=key, customFieldValues=[{"name": "Sector", "value": "OD 89874"}])
    assert detail(lasting, myId=key)["customFieldValues"] == [
        {"id": 182, "name": "Sector", "value": "OD 89874"},
        {"id": 185, "name": "city", "value": ""},
    ]


def test_a_type_that_is_named_anew_leaves_nothing_of_the_former(lasting):
    key = fresh("job")
    make(lasting, myId=key, idJobType=629, nmJobType="Repair")
    job = detail(lasting, myId=key)
    assert (job["idJobType"], job["nmJobType"]) == (629, "Repair")
    make(lasting, myId=key, nmJobType="Aire acondicionado")
    job = detail(lasting, myId=key)
    assert (job["idJobType"], job["nmJobType"]) == (None, "Aire acondicionado")


def test_the_link_of_a_job_is_not_kept_when_it_comes_back(lasting):
    job = detail(lasting, num=make(lasting, description="x"))
    make(lasting, **job | {"description": "y"})
    again = detail(lasting, id=job["idJob"])
    assert again == job | {"description": "y"}
    link = job["publicLink"]
    assert link.startswith("http://hub/Jobs/PublicJob/")
    assert lasting.call("GET", link.removeprefix("http://hub"), headers={"authorization": None}).status_code == 200
    *_, message = (each for each in lasting.hub.messages() if each.path.endswith("Jobs/Send"))
    kept = json.loads(body_of(message, lasting.hub.settings.data_dir))
    assert (kept["idJob"], kept["publicLink"]) == (job["idJob"], "redacted")


def test_a_job_that_is_not_known_is_404(lasting):
    for selector in ({"num": 999999}, {"id": "265_160719144323649"}, {"myId": "never"}):
        assert lasting.call("GET", "/Api/v2/Jobs/Detail", params=selector).status_code == 404


@pytest.mark.parametrize("query", ["", "num=1&id=2", "num=x", "name=x"])
def test_exactly_one_selector_says_which_job(lasting, query):
    assert lasting.call("GET", f"/Api/v2/Jobs/Detail?{query}").status_code == 400


def test_the_page_of_samples_has_no_credentials_and_is_refused(lasting):
    answer = lasting.call("POST", "/Api/v2/Jobs/Send", content=json.dumps({}), headers={"authorization": None})
    assert answer.status_code == 401


def test_a_connection_that_is_told_of_little_sees_little(hub):
    whole, part = Field(hub), Field(hub, "part", told={"job": ["description"]})
    make(whole, myId="J", description="Sweep", login=None, tags=["a"], report=[{"id": 1, "value": "x"}])
    job = detail(part, myId="J")
    assert (job["description"], job["tags"], job["report"], job["num"]) == ("Sweep", [], [], None)
