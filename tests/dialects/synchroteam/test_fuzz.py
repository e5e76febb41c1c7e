"""Whatever is sent, nothing breaks, and what was taken can be read again."""

import json
from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synchub.dialects import xml
from synchub.dialects.synchroteam.query import PAGE, PAGE_SIZE
from synchub.dialects.synchroteam.wire import CustomerRow

WORDS = [*CustomerRow.words, "id", "CustomerId", "position", "POSITION", "sites", "exists", "record_id", "code"]
plain = st.none() | st.booleans() | st.integers() | st.decimals(-10_000, 10_000, places=3).map(float) | st.text()
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "Name", "value", "Latitude", "x"]) | st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)
rows = st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), values, max_size=6)
named = st.fixed_dictionaries({"name": st.text(min_size=1)}, optional={"myId": st.text(), "id": st.integers()})
queries = st.dictionaries(
    st.sampled_from(["id", "myId", "name", "email", "contactEmail", "ChangedFrom", PAGE, PAGE_SIZE, "x"]),
    st.text(max_size=8) | st.integers().map(str) | st.sampled_from(["2026-01-01", "31/12/2026", "2026-01-01 10:00"]),
    max_size=3,
)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def says_twice(value: Any) -> bool:
    """Whether an object says two things by one word, spelled in different letter case."""
    if isinstance(value, list):
        return any(map(says_twice, value))
    if not isinstance(value, dict):
        return False
    said: dict[str, Any] = {}
    return any(said.setdefault(word.lower(), each) != each or says_twice(each) for word, each in value.items())


def test_whatever_row_is_sent_it_is_taken_or_refused_in_words(field):
    @FEW
    @given(rows, named | st.just({}), st.booleans())
    def takes(row: dict[str, Any], more: dict[str, Any], is_xml: bool) -> None:
        accept = {"accept": "text/xml" if is_xml else "application/json"}
        said = json.dumps(row | more)
        answer = field.call("POST", "/Api/v2/Customer/Send", content=said, headers=accept)
        document = xml.read(answer.content)[1] if is_xml else answer.json()
        if says_twice(row | more):
            assert (answer.status_code, document["message"][-14:]) == (400, "is given twice")
            return
        assert answer.status_code == 200
        assert bool(int(document["code"])) is (document["message"] == "")
        if int(document["code"]):
            again = field.call("POST", "/Api/v2/Customer/Send", content=said)
            assert again.json()["code"] == int(document["code"])
            shown = field.call("GET", f"/Api/v2/Customer/Details?id={document['code']}", headers=accept)
            assert shown.status_code == 200

    takes()
    for accept in ("application/json", "text/xml"):
        assert field.call("GET", "/Api/v2/Customer/List", headers={"accept": accept}).status_code == 200


def test_whatever_is_asked_it_is_answered_or_refused_in_words(field):
    field.make(myId="C-7", contactEmail="kim@bakery.example")

    @FEW
    @given(queries, st.sampled_from([("GET", "Details"), ("GET", "List"), ("DELETE", "Delete")]), st.booleans())
    def answers(query: dict[str, str], endpoint: tuple[str, str], is_xml: bool) -> None:
        method, name = endpoint
        path = f"/Api/v2/Customer/{name}?{urlencode(query, errors='replace')}"
        answer = field.call(method, path, headers={"accept": "text/xml" if is_xml else "application/json"})
        assert answer.status_code in {200, 400, 404}
        assert xml.read(answer.content) if is_xml else answer.json() is not None

    answers()


def test_whatever_bytes_are_sent_none_breaks_the_surface(field):
    @FEW
    @given(st.binary(max_size=60) | st.text().map(str.encode), st.sampled_from(["text/xml", "application/json", ""]))
    def refuses(body: bytes, type_: str) -> None:
        answer = field.call("POST", "/v2/Customer/Send", content=body, headers={"content-type": type_})
        assert answer.status_code in {200, 400}

    refuses()
