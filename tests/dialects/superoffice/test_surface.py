"""The agent's surface: who may call, what is read and answered in which format, and what it says of itself."""

import ast
import base64
import json
import tracemalloc

import pytest
from babel.messages.pofile import read_po

from synchub.dialects import xml
from synchub.dialects.superoffice import agent, explaining, formats
from synchub.dialects.superoffice.agent import ANSWERED, METHODS, NOT_ANSWERED
from synchub.dialects.superoffice.description import REQUESTS
from synchub.dialects.superoffice.wire import OfRecords
from synchub.errors import Unreadable
from synchub.intake.tables import Message

AGENT = "/api/v1/Agents/ErpSync/"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def basic(pair):
    return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


@pytest.mark.parametrize("scheme", ["SOTicket", "soticket", "SOTICKET", "Bearer", "BEARER", "bearer"])
def test_the_password_is_also_the_ticket_and_the_token(crm, scheme):
    headers = {"authorization": f"{scheme} {crm.credentials['password']}"}
    assert crm.post("GetEngineStatus", headers=headers).status_code == 200


def test_the_scheme_basic_is_known_in_any_letter_case(crm):
    headers = {"authorization": crm.headers["authorization"].replace("Basic", "bASIC")}
    assert crm.post("GetEngineStatus", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cookie": "XSRF-TOKEN=1", "x-xsrf-token": "1"},
        {"authorization": "Basic"},
        {"authorization": "Basic !"},
        basic("crm"),
        basic("crm:wrong"),
        {"authorization": "SOTicket"},
        {"authorization": "SOTicket 7T:wrong"},
        {"authorization": "Negotiate abc"},
    ],
)
@pytest.mark.parametrize("method", ["ForceResync", "SyncAll"])
def test_without_an_authorization_that_fits_nobody_comes_in(crm, headers, method):
    answer = crm.hub.call("POST", AGENT + method, headers=headers, json={})
    assert (answer.status_code, answer.json()["ErrorType"]) == (401, "AuthenticationException")
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert crm.hub.count(Message) == 0


def test_the_headers_that_the_vendors_clients_send_are_taken(crm):
    headers = {
        "SO-AppToken": "secret",
        "SO-Language": "en",
        "SO-Culture": "sv",
        "SO-Timezone": "NO,includeTZOffset",
        "SO-Browser-TZ-Offset": "0",
        "Accept": "application/json",
        "Accept-Encoding": "gzip, compress, deflate, br",
    }
    assert crm.post("GetEngineStatus", headers=headers).status_code == 200


BODIES = [
    ("application/json", b'{"ErpConnectionId": 77, "InternalKeyIds": [%d]}'),
    ("application/json; charset=utf-8", b'\xef\xbb\xbf{"erpconnectionid": "77", "INTERNALKEYIDS": ["%d"]}'),
    ("text/json", b'{"erpConnectionId": 77, "internalKeyIds": %d}'),
    ("application/json-patch+json", b'{"erpConnectionId": 77, "internalKeyIds": [%d], "more": null}'),
    ("application/merge-patch+json", b'{"erpConnectionId": 77, "internalKeyIds": [%d]}'),
    ("", b'{"erpConnectionId": 77, "internalKeyIds": [%d]}'),
    ("application/x-www-form-urlencoded", b"erpConnectionId=77&internalKeyIds=%d&InternalKeyIds=5"),
    ("application/x-www-form-urlencoded", b"ErpConnectionId=77&InternalKeyIds=5,%d"),
    ("application/x-www-form-urlencoded", b"ErpConnectionId=77&InternalKeyIds%%5B%%5D=5&InternalKeyIds%%5B1%%5D=%d"),
    ("application/xml", b"<R><ErpConnectionId>77</ErpConnectionId><InternalKeyIds><int>%d</int></InternalKeyIds></R>"),
    ("text/xml", b"<x><erpconnectionid>77</erpconnectionid><internalkeyids><a>5</a><a>%d</a></internalkeyids></x>"),
    (
        "text/xml",
        b"<x><ErpConnectionId> 77 </ErpConnectionId>\n<InternalKeyIds> <int>\n%d</int>\n</InternalKeyIds></x>",
    ),
    ("text/xml", b"<x><ErpConnectionId>77</ErpConnectionId><InternalKeyIds>%d</InternalKeyIds></x>"),
]
EVERYTHING = [
    ("application/json", b"{}"),
    ("application/json", b'{"ErpConnectionId": 0, "InternalKeyIds": null, "more": null}'),
    ("application/json", b'{"ErpConnectionId": "", "InternalKeyIds": ""}'),
    ("application/x-www-form-urlencoded", b"ErpConnectionId=0&InternalKeyIds="),
    ("text/xml", b"<x/>"),
    ("text/xml", b"<x><ErpConnectionId> </ErpConnectionId><InternalKeyIds>\n</InternalKeyIds></x>"),
]


@pytest.mark.parametrize(("kind", "body"), BODIES)
def test_every_content_type_is_read_and_names_in_any_letter_case(crm, kind, body):
    ids = crm.say("K1")
    answer = crm.post("ForceResync", content=body % ids[0], headers={"content-type": kind})
    assert answer.json()["Changes"]["UpdatedRecords"][0]["RecordId"] == ids[0], answer.text
    (row,) = crm.resyncs()
    assert (row.source_id, row.chosen) == (77, ids)


@pytest.mark.parametrize("kind", formats.JSONS)
def test_json_is_answered_as_the_type_that_was_asked_for(crm, kind):
    answer = crm.post("GetEngineStatus", headers={"accept": f"text/html, {kind};q=0.9, */*;q=0.1"})
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert answer.json()["IsRunning"] is True


@pytest.mark.parametrize("kind", formats.XMLS)
def test_xml_is_answered_if_asked_for(crm, kind):
    ids = crm.say("K1")
    answer = crm.post("ForceResync", json={"InternalKeyIds": ids}, headers={"accept": kind})
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    name, tree = xml.read(answer.content)
    item = tree["Changes"]["UpdatedRecords"]["ChangedDataItem"]
    assert (name, tree["Status"], tree["IsOk"], tree["TableRight"]) == ("PluginResponse", "Ok", "true", None)
    assert (item["Tablename"], item["RecordId"]) == ("contact", str(ids[0]))
    name, tree = xml.read(crm.post("GetAllConnections", json={}, headers={"accept": kind}).content)
    assert (name, tree["ErpConnection"]["DisplayName"]) == ("ArrayOfErpConnection", "erp")
    assert xml.read(crm.post("SyncAll", headers={"accept": kind}).content)[0] == "Error"


def test_a_type_that_we_do_not_have_is_answered_in_json(crm):
    answer = crm.post("GetEngineStatus", headers={"accept": "image/png, application/json;q=0"})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_a_content_type_that_is_not_read_is_415(crm):
    answer = crm.post("ForceResync", content=b"x", headers={"content-type": "text/csv"})
    assert (answer.status_code, answer.json()["Error"]) == (415, True)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"no json"),
        ("application/json", b""),
        ("application/json", b"null"),
        ("application/json", b"[1]"),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"ErpConnectionId": "many"}'),
        ("application/json", b'{"ErpConnectionId": 2147483648}'),
        ("application/json", b'{"InternalKeyIds": [1, {}]}'),
        ("application/json", b'{"InternalKeyIds": {}}'),
        ("application/json", b'{"InternalKeyIds": {"int": 1}}'),
        ("application/json", b'{"InternalKeyIds": [null]}'),
        ("application/json", b'{"InternalKeyIds": "1,2"}'),
        ("application/json", b'{"InternalKeyIds": true}'),
        ("application/json", b'{"ErpConnectionId": true, "InternalKeyIds": [1]}'),
        ("application/json", b'{"ErpConnectionId": %s}' % (b"9" * 5000)),
        ("application/json", b"\xff"),
        ("application/xml", b"no xml"),
        ("application/xml", b"<!DOCTYPE a><a/>"),
        ("application/xml", b"<a><InternalKeyIds>1,2</InternalKeyIds></a>"),
        ("application/x-www-form-urlencoded", b"InternalKeyIds=x"),
        ("application/x-www-form-urlencoded", b"\xff"),
    ],
)
def test_what_cannot_be_read_is_400_and_kept_for_the_operator(crm, kind, body):
    answer = crm.post("ForceResync", content=body, headers={"content-type": kind})
    told = answer.json()
    assert (answer.status_code, told["ErrorType"]) == (400, "ArgumentException")
    assert told["Message"] == told["ErrorMessage"] == told["MessageDetail"]
    (message,) = crm.hub.messages()
    assert (message.state, message.error, message.answer) == ("refused", told["Message"], told)


@pytest.mark.parametrize(("kind", "body"), EVERYTHING)
def test_nothing_named_in_any_content_type_is_everything(crm, kind, body):
    crm.say("K1", "K2")
    answer = crm.post("ForceResync", content=body, headers={"content-type": kind})
    assert answer.status_code == 200, answer.text
    (row,) = crm.resyncs()
    assert (row.source_id, row.chosen, row.total) == (None, None, 2)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"InternalKeysIds": [1]}'),
        ("application/json", b'{"ErpConnectionId": 77, "InternalKeyIds": [], "Ids": [1]}'),
        ("application/x-www-form-urlencoded", b"ids=1"),
        ("application/xml", b"<x><InternalKeyId>1</InternalKeyId></x>"),
    ],
)
def test_a_name_that_means_nothing_does_not_make_it_everything(crm, kind, body):
    crm.say("K1")
    answer = crm.post("ForceResync", content=body, headers={"content-type": kind})
    assert answer.status_code == 400
    assert "InternalKeyIds" in answer.json()["Message"]
    assert crm.resyncs() == []


@pytest.mark.parametrize("actor", ["9" * 5000, "8", "-1", True, [], "Contact"])
def test_a_type_of_actor_that_the_vendor_does_not_have_is_400_and_named_plainly(crm, actor):
    answer = crm.post("ForceResyncExternal", json={"ErpActorType": actor, "ExternalKeys": ["K1"]})
    assert answer.status_code == 400
    assert answer.json()["Message"].startswith("ErpActorType: Input should be 'Unknown', 'Customer'")


def test_a_body_longer_than_the_longest_list_is_sent_away_unread(crm):
    answer = crm.post("ForceResync", content=b" " * (4 * 2**20 + 1), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["Error"]) == (413, True)


def test_only_the_first_of_many_faults_is_looked_for():
    many = {"InternalKeyIds": ["x"] * 100_000}
    tracemalloc.start()
    with pytest.raises(Unreadable, match=r"^InternalKeyIds\.0: "):
        OfRecords.of(many)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**20


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"anything"])
def test_where_there_are_no_parameters_any_body_will_do(crm, body):
    answer = crm.post("GetEngineStatus", content=body, headers={"content-type": "application/json"})
    assert answer.json() == {
        "IsRunning": True,
        "StatusMessage": "0 deliveries wait",
        "Interval": "00:00:01",
        "TableRight": None,
        "FieldProperties": None,
    }


def test_the_connections_are_told_as_the_vendor_tells_them(crm):
    (erp,) = crm.ask("GetAllConnections", includeDeleted=True)
    assert list(erp) == [
        "ErpConnectionId",
        "ErpConnectorId",
        "DisplayName",
        "DisplayDescription",
        "Active",
        "ConnectionId",
        "MostRecentTimestamp",
        "ConfigFields",
        "Deleted",
        "AllAccess",
        "UserGroupAccessIds",
        "AssociateAccessIds",
        "TableRight",
        "FieldProperties",
    ]
    assert (erp["ErpConnectionId"], erp["DisplayName"], erp["Active"]) == (77, "erp", True)
    assert erp["TableRight"] == {"Mask": "Select", "Reason": ""}
    assert crm.ask("GetConnection", ErpConnectionId=77) == erp
    assert crm.ask("GetConnection", ErpConnectionId=5) is None


@pytest.mark.parametrize("name", ["$select", "%24Select", "$SELECT"])
def test_select_leaves_null_what_is_not_named(crm, name):
    ids = crm.say("K1")
    path = f"ForceResync?{name}=status,CHANGES/UpdatedRecords/recordid,nothing"
    answer = crm.post(path, json={"InternalKeyIds": ids}).json()
    item = {"Tablename": None, "RecordId": ids[0], "TableRight": None, "FieldProperties": None}
    changes = dict.fromkeys(("AddedRecords", "UpdatedRecords", "DeletedRecords", "TableRight", "FieldProperties"))
    assert answer == {
        **dict.fromkeys(("IsOk", "UserExplanation", "TechExplanation", "ErrorCode")),
        "Changes": changes | {"UpdatedRecords": [item]},
        "Status": "Ok",
        **dict.fromkeys(("TableRight", "FieldProperties")),
    }


def test_select_looks_into_each_element_of_an_array(crm):
    (erp,) = crm.post("GetAllConnections?$select=displayname", json={}).json()
    assert {name: value for name, value in erp.items() if value is not None} == {"DisplayName": "erp"}
    assert crm.post("GetAllConnections?$select=", json={}).json()[0]["Active"] is True


def test_a_path_may_have_a_prefix_and_any_letter_case(crm):
    for path in ("/Cust26759/api/v1/Agents/ErpSync/GetEngineStatus", "/API/V1/agents/erpsync/getenginestatus/"):
        assert crm.hub.call("POST", path, headers=crm.headers).status_code == 200


def test_every_other_method_of_the_agent_is_not_supported(crm):
    assert len(METHODS) == 49
    for name in NOT_ANSWERED:
        answer = crm.post(name, json={})
        told = answer.json()
        assert (answer.status_code, told["Error"], told["ErrorType"]) == (400, True, "NotSupportedException")
        assert name in told["ErrorMessage"] == told["Message"]
    assert crm.hub.count(Message) == 0


def test_a_method_that_the_agent_never_had_is_404(crm):
    answer = crm.post("Nothing", json={})
    assert (answer.status_code, answer.json()["ErrorType"]) == (404, "SoNotFoundException")


def test_get_describes_a_method_and_does_not_run_it(crm):
    for name, method in METHODS.items():
        answer = crm.hub.call("GET", "/Cust1" + AGENT + name.lower())
        assert answer.status_code == 200
        assert answer.json() == {
            "Name": name,
            "Url": f"http://hub/Cust1{AGENT}{name}",
            "HttpMethod": "POST",
            "Description": ANSWERED[name].does if name in ANSWERED else "This hub does not have this method.",
            "Supported": name in ANSWERED,
            "Parameters": dict(method.parameters),
            "Returns": method.returns,
        }
    assert crm.hub.count(Message) == 0


def test_the_requests_have_the_parameters_of_their_methods():
    for name, model in REQUESTS.items():
        words = [info.alias for info in model.model_fields.values()] if model else []
        assert words == list(ANSWERED[name].parameters)
    assert ANSWERED.keys() == REQUESTS.keys()


def test_the_versions_are_told_to_clients_and_browsers(crm):
    told = crm.hub.call("GET", "/Cust1/api").json()
    assert told["v1"] == "http://hub/Cust1/api/v1/"
    assert {"Version", "NetServerVersion", "NetServerDate"} < told.keys()
    page = crm.hub.call("GET", "/api/", headers={"accept": "text/html,*/*;q=0.8"})
    assert "http://hub/api/v1/" in page.text
    assert page.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/api/v1", "/API/v1", "/api/V1/"])
def test_the_urls_of_the_version_are_told(crm, path):
    told = crm.hub.call("GET", path).json()
    assert told[f"http://hub{AGENT}ForceResync"] == {"POST": ANSWERED["ForceResync"].does}
    assert len(told) == len(ANSWERED)
    name, tree = xml.read(crm.hub.call("GET", path, headers={"accept": "text/xml"}).content)
    assert name == "ArrayOfUrl"
    assert {row["Href"]: {"POST": row["POST"]} for row in tree["Url"]} == told


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "This key is not known: 5."),
        ({"Accept-Language": "nb"}, "Denne nøkkelen er ukjent: 5."),
        ({"Accept-Language": "sv, no;q=0.8, en;q=0.5"}, "Denne nøkkelen er ukjent: 5."),
        ({"Accept-Language": "nb;q=0.5, en-GB"}, "This key is not known: 5."),
        ({"Accept-Language": "nb-NO"}, "Denne nøkkelen er ukjent: 5."),
        ({"Accept-Language": "nb", "SO-Language": "en"}, "This key is not known: 5."),
        ({"Accept-Language": "en", "SO-Language": "nb_NO"}, "Denne nøkkelen er ukjent: 5."),
        ({"Accept-Language": "nb", "SO-Language": "*"}, "This key is not known: 5."),
        ({"SO-Language": "x"}, "This key is not known: 5."),
        ({"Accept-Language": "de"}, "This key is not known: 5."),
        ({"Accept-Language": "\tq;q=x,;,"}, "This key is not known: 5."),
    ],
)
def test_the_user_is_told_in_the_language_that_was_asked_for(crm, headers, said):
    answer = crm.post("ForceResync", json={"InternalKeyIds": [5]}, headers=headers).json()
    assert (answer["UserExplanation"], answer["TechExplanation"]) == (said, "This key is not known: 5.")


def test_plural_is_the_languages_own(crm):
    headers = {"so-language": "nb"}
    answer = crm.post("ForceResync", json={"InternalKeyIds": [5, 6]}, headers=headers).json()
    assert answer["UserExplanation"] == "Disse nøklene er ukjente: 5, 6."


def sentences():
    """What `resyncs` says: each text, or the text for one and for more."""
    tree = ast.parse((explaining.LOCALES.parent / "resyncs.py").read_text())
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "say":
            texts = tuple(part.value for part in call.args if isinstance(part, ast.Constant))
            yield texts if len(texts) > 1 else texts[0]


def test_the_catalogues_have_every_sentence_and_nothing_else():
    said = set(sentences())
    for language in explaining.LANGUAGES:
        with (explaining.LOCALES / language / "LC_MESSAGES" / "superoffice.po").open("rb") as file:
            catalogue = read_po(file, locale=language)
        assert {message.id for message in catalogue if message.id} == said
        assert all(message.string and all(message.string) for message in catalogue if message.id)


def test_the_example_of_the_page_is_taken_as_it_stands(crm):
    """The sample request of the vendor's page of ForceResync (reference/002), with this hub's own credentials."""
    body = json.dumps({"ErpConnectionId": 612, "InternalKeyIds": [386, 230]}).encode()
    headers = {
        "Accept": "application/json; charset=utf-8",
        "Accept-Language": "*",
        "Content-Type": "application/json; charset=utf-8",
    }
    answer = crm.post("ForceResync", content=body, headers=headers)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert (answer.json()["Status"], answer.json()["ErrorCode"]) == ("Error", "UNKNOWN_CONNECTION_ID")
    assert answer.request.url.path == agent.BASE + "/ForceResync"
