"""Who may come in, by which paths, in which formats."""

import base64
import json
import resource

import pytest
from tests.dialects.synchroteam.conftest import Field

from synchub.dialects import xml
from synchub.master.tables import MasterRecord

SEND = "/Api/v2/Customer/Send"
LIST = "/Api/v2/Customer/List"


def basic(login: str, key: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{key}".encode()).decode()


@pytest.mark.parametrize("login", ["acme", "ACME", "acme.synchroteam.com", "Acme.Synchroteam.com"])
def test_the_domain_may_be_the_whole_host_name_in_any_case(lasting, login):
    answer = lasting.call("GET", LIST, headers={"authorization": basic(login, lasting.credentials["api_key"])})
    assert answer.status_code == 200


def test_domain_and_key_may_be_chosen_also_with_the_host(hub):
    chosen = {"domain": "north.synchroteam.com", "api_key": "KEY-1"}
    field = Field(hub, "partner", **chosen)
    assert field.credentials == chosen
    for login in ("north", "north.synchroteam.com", "NORTH"):
        assert field.call("GET", LIST, headers={"authorization": basic(login, "KEY-1")}).status_code == 200
    assert field.call("GET", LIST, headers={"authorization": basic("partner", "KEY-1")}).status_code == 401


@pytest.mark.parametrize("header", [None, "", "Bearer x", "Basic ???", "Basic " + base64.b64encode(b"acme").decode()])
def test_who_does_not_say_who_it_is_is_told_how(lasting, header):
    answer = lasting.call("GET", f"{LIST}?api_key=x", headers={"authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, 0)
    assert "base64" in answer.json()["message"]
    assert "domain:api-key" in answer.json()["message"]
    assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    "path",
    [
        "/Api/v2/Customer/List",
        "/Api/V2/customer/LIST",
        "/api/v2/Customer/List/",
        "/v2/Customer/List",
        "/V2/Customer/list",
        "/ACME/Api/v2/Customer/List",
        "/Api/v2/Customer/%4Cist",
    ],
)
def test_paths_are_matched_in_any_case_with_and_without_api(lasting, path):
    assert lasting.call("GET", path).json() == lasting.rows()


@pytest.mark.parametrize("path", ["/Api/v1", "/Api/v1/", "/Api/v2", "/api/V2/", "/v2", "/ACME/Api/v2"])
def test_credentials_can_be_tried(lasting, path):
    assert lasting.call("GET", path).json() == {"code": 1, "message": ""}
    assert lasting.call("GET", path, headers={"authorization": None}).status_code == 401


@pytest.mark.parametrize("path", ["/api/v1", "/API/V1", "/Api/V1", "/ApI/v1"])
def test_other_spellings_of_version_1_are_not_ours(lasting, path):
    assert lasting.call("GET", path).json() != {"code": 1, "message": ""}


@pytest.mark.parametrize("accept", ["application/json", "text/xml"])
@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/Api/v2/Customer/Nothing", {}, 404),
        ("GET", "/v2/Jobs/Everything", {}, 404),
        ("PATCH", SEND, {}, 405),
        ("GET", LIST, {"authorization": "Basic x"}, 401),
        ("GET", f"{LIST}?x=1", {}, 400),
        ("POST", SEND, {"content-type": "application/pdf"}, 415),
        ("POST", SEND, {"content-type": "application/x-www-form-urlencoded"}, 415),
        ("POST", SEND, {"content-encoding": "br"}, 400),
        ("GET", "/Api/v2/Customer/Details?id=1", {}, 404),
    ],
)
def test_every_refusal_is_code_0_with_a_message_in_the_asked_format(lasting, accept, method, path, headers, status):
    answer = lasting.call(
        method, path, headers={"accept": accept, **headers}, content=b"{}" if method == "POST" else None
    )
    assert answer.status_code == status
    assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
    document = answer.json() if accept == "application/json" else xml.read(answer.content)[1]
    assert document.keys() == {"code", "message"}
    assert int(document["code"]) == 0
    assert document["message"]


@pytest.mark.parametrize(
    ("accept", "type_"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/json", "text/json"),
        ("TEXT/JSON; charset=utf-8", "text/json"),
        ("text/xml", "text/xml"),
        ("application/xml", "application/xml"),
        ("text/html, application/xml;q=0.9, */*;q=0.8", "application/xml"),
        ("application/json;q=0.1, text/xml;q=0.5", "text/xml"),
        ("text/html, */*;q=0.1", "application/json"),
        ("text/*", "text/json"),
        ("application/json;q=0, text/xml;q=0.1", "text/xml"),
    ],
)
def test_the_answer_has_the_format_that_is_asked_for(lasting, accept, type_):
    answer = lasting.call("GET", LIST, headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, f"{type_}; charset=utf-8")


@pytest.mark.parametrize("accept", ["text/html", "image/png, application/pdf", "application/json;q=0"])
def test_who_takes_neither_json_nor_xml_is_told_406(lasting, accept):
    answer = lasting.call("GET", LIST, headers={"accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (406, 0)


XML = '<?xml version="1.0" encoding="utf-8"?><Customer><name>Müller</name><myId>X</myId></Customer>'


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        (None, b'{"name": "x"}'),
        ("undefined", b'\xef\xbb\xbf {"name": "x"}'),
        ("text/json; charset=utf-8", b'{"name": "x"}'),
        ("APPLICATION/JSON", b'{"name": "x"}'),
        (None, XML.encode()),
        ("undefined", b"\r\n <c><name>x</name></c>"),
        ("text/xml", XML.encode()),
        ("application/xml", XML.replace("utf-8", "iso-8859-1").encode("iso-8859-1")),
        ("application/json", rb'{\r\n  "name": "x\r\ny",\n\t"tags": ["a"]\r\n}'),
    ],
)
def test_a_body_is_read_as_what_it_is_called_or_looks_like(lasting, type_, body):
    answer = lasting.call("POST", SEND, headers={"content-type": type_, "accept": "application/json"}, content=body)
    assert answer.json()["message"] == ""
    assert answer.json()["code"] > 0


def test_what_is_pasted_keeps_the_escapes_within_its_texts(lasting):
    body = rb'{\r\n "myId": "C-1", "name": "a\\rb\"\\n", "address": "x\ny"}'
    assert lasting.call("POST", SEND, content=body).json()["message"] == ""
    shown = lasting.details(myId="C-1")
    assert (shown["name"], shown["address"]) == ('a\\rb"\\n', "x\ny")


@pytest.mark.parametrize(
    "body",
    [b"", b"  ", b"[1]", b"null", b'{"name": NaN}', b'{"name": 1e999999999999}', b'{"a":' * 100_000, b"{'name': 'x'}",
     b'{"name": "x"} }', b'{"name": ' + b"9" * 5000 + b"}"],
    ids=range(10),
)  # fmt: skip
def test_what_is_no_object_is_400(lasting, body):
    before = len(lasting.hub.messages())
    answer = lasting.call("POST", SEND, content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 0)
    assert [message.state for message in lasting.hub.messages()[before:]] == ["refused"]


def test_xml_says_the_same_as_json(field):
    body = """<ns:Anything xmlns:ns="urn:x" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><MYID>C-7</MYID>
    <name> Harbour Bakery </name><tags><tag>a</tag><string>b</string></tags><contactFax i:nil="true"/>
    <customFieldValues><customFieldValue><name>Oven</name><id>3</id><value>gas</value></customFieldValue>
    </customFieldValues><position><Latitude>1.5</Latitude><Longitude>-2</Longitude></position></ns:Anything>"""
    answer = field.call("POST", SEND, headers={"content-type": "text/xml"}, content=body)
    name, result = xml.read(answer.content)
    assert (name, result["message"]) == ("Result", "")
    shown = field.details(id=result["code"])
    assert (shown["name"], shown["tags"]) == ("Harbour Bakery", ["a", "b"])
    assert shown["customFieldValues"] == [{"id": 3, "name": "Oven", "value": "gas"}]
    assert shown["position"] == {"Latitude": "1.5", "Longitude": "-2"}


def test_in_xml_a_missing_element_keeps_and_an_empty_or_nil_one_clears(field):
    field.make(myId="C-7", contactPhone="1", contactFax="2", contactEmail="3", tags=["a"], position={"Latitude": 1})
    nil = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
    body = f"<c><myId>C-7</myId><contactPhone/><contactFax {nil}/><tags/><position {nil}/></c>"
    answer = field.call("POST", SEND, headers={"content-type": "text/xml", "accept": "*/*"}, content=body)
    assert xml.read(answer.content)[1]["message"] == ""
    shown = field.details(myId="C-7")
    told = [shown[word] for word in ("contactPhone", "contactFax", "contactEmail", "tags", "position", "name")]
    assert told == ["", "", "3", [], None, "Harbour Bakery"]


def test_a_list_in_xml_may_be_a_text_with_commas(lasting):
    answer = lasting.call(
        "POST", SEND, headers={"content-type": "text/xml"}, content=b"<c><name>x</name><tags>a, b</tags></c>"
    )
    assert lasting.details(id=xml.read(answer.content)[1]["code"])["tags"] == ["a", "b"]


@pytest.mark.parametrize("type_", ["application/pdf", "text/plain"])
def test_a_body_of_a_wrong_type_is_kept_for_the_operator(field, type_):
    answer = field.call("POST", SEND, headers={"content-type": type_}, content=b'{"name": "x"}')
    assert answer.status_code == 415
    assert [(message.state, message.error) for message in field.hub.messages()] == [
        ("refused", f"the Content-Type {type_} is not read: send application/json or text/xml")
    ]


def bomb() -> bytes:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE c [<!ENTITY l0 "lol">{levels}]><c><name>&l9;</name></c>'.encode()


FOREIGN = b'<!DOCTYPE c [<!ENTITY e SYSTEM "file:///etc/passwd">]><c><name>&e;</name></c>'
DEEP = b"<a>" * 100_000 + b"</a>" * 100_000
WIDE = b"<c>" + b"<a/>" * 200_000 + b"</c>"
LARGE = b"<c><name>" + b"x" * 20_000_000 + b"</name></c>"


@pytest.mark.parametrize("body", [bomb(), FOREIGN, DEEP, WIDE, LARGE, b"<c><name>x</c>"], ids=range(6))
def test_hostile_xml_is_refused_in_little_memory(lasting, body):
    held = lasting.hub.count(MasterRecord)
    lasting.call("POST", SEND, headers={"content-type": "text/xml"}, content=b"<c><a/></c>")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = lasting.call("POST", SEND, headers={"content-type": "text/xml", "accept": "text/json"}, content=body)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert answer.status_code in {400, 413}
    assert answer.json()["code"] == 0
    assert grown < 50 * 1024
    assert lasting.hub.count(MasterRecord) == held


def test_what_xml_cannot_hold_is_left_out(lasting):
    number = lasting.make(name="a\x0bb\u0001c")
    answer = lasting.call("GET", f"/Api/v2/Customer/Details?id={number}", headers={"accept": "text/xml"})
    assert xml.read(answer.content)[1]["name"] == "abc"


def test_a_reading_answer_has_a_tag_and_is_not_repeated_to_who_has_it(field):
    field.make(myId="C-7")
    first = field.call("GET", LIST)
    tag = first.headers["etag"]
    for said in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = field.call("GET", LIST, headers={"if-none-match": said})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert field.call("GET", LIST, headers={"if-none-match": tag, "accept": "text/xml"}).status_code == 200
    field.make(myId="C-7", contactPhone="1")
    changed = field.call("GET", LIST, headers={"if-none-match": tag})
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)
    assert changed.headers["vary"] == "Accept"


def test_the_sample_of_the_connection_works(hub):
    from synchub.dialects import named

    field = Field(hub)
    samples = named("synchroteam").samples
    assert samples is not None
    (line,) = samples("http://hub", field.credentials)
    body = line.split(" -d '")[1].partition("'")[0]
    assert f"-u acme:{field.credentials['api_key']} " in line
    assert line.endswith("http://hub/Api/v2/Customer/Send")
    assert field.send(json.loads(body))["code"] > 0
