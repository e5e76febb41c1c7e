"""Each implemented endpoint against the vendor's own example of it, in JSON and in XML.

Values of our own are brought in by import and asked for; the answer must have the example's shape: the same keys in the
same letter case, of the same types, at every level. The examples are in `endpoints.json`, which names its source.
Exceptions carry the id of the contradiction that they resolve.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.dialects.synchroteam.conftest import Field

from synchub.dialects import xml
from synchub.dialects.synchroteam.routes import ENDPOINTS as SERVED
from synchub.dialects.synchroteam.routes import ROOTS

HERE = Path(__file__).parent
SOURCES = Path(__file__).parents[3] / "src"
INVENTORY = json.loads((HERE / "endpoints.json").read_text())
ENDPOINTS = {each["canonical_path"]: each for each in INVENTORY["endpoints"]}
METHODS = {each.path: each.method for each in SERVED if each.path.startswith("/Customer/")}
CONTRADICTIONS = {each["id"] for each in INVENTORY["contradictions"]}

MORE = {("CUS-3", "/Api/v2/Customer/Details"): {"contactMobile"}}
"""Keys that an answer has beyond its example: the table of fields names them."""
OTHER_TYPES = {("CFV-1", "/Api/v2/Customer/Details"): {"customFieldValues.id": int}}
"""Where an answer's type differs from its example's: two examples contradict each other."""

letters = st.characters(exclude_categories=("C", "Z"), include_characters=" ")
texts = st.text(letters, min_size=1, max_size=30).map(str.strip).filter(bool)
degrees = st.decimals(-90, 90, places=7).map(str)
names = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20)
KINDS: dict[str, Any] = {
    "id": st.integers(1, 999_999_999),
    "customFieldValues": st.lists(
        st.fixed_dictionaries({"id": st.integers(1, 10**8), "name": names, "value": texts}),
        min_size=1,
        max_size=4,
        unique_by=(lambda one: one["id"], lambda one: one["name"]),
    ),
    "position": st.fixed_dictionaries({"Latitude": degrees, "Longitude": degrees}),
    "tags": st.lists(names, min_size=1, max_size=4, unique=True),
}
ROWS = st.fixed_dictionaries(
    {word["name"]: KINDS.get(word["name"], texts) for word in ENDPOINTS["/Api/v2/Customer/Send"]["body"]["fields"]}
)


def shape(value: Any, place: str = "", types: dict[str, Any] | None = None) -> Any:
    """A document with each value replaced by its type; `types` says it for places where it is decided otherwise."""
    if isinstance(value, dict):
        return {key: shape(each, f"{place}.{key}".strip("."), types) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each, place, types) for each in value[:1]]
    return (types or {}).get(place, type(value))


def expected(path: str) -> Any:
    """The shape of an endpoint's example, with the exceptions that are decided."""
    types = {
        place: type_ for (_, where), places in OTHER_TYPES.items() if where == path for place, type_ in places.items()
    }
    made = shape(ENDPOINTS[path]["response_example"], types=types)
    more = {key: str for (_, where), keys in MORE.items() if where == path for key in keys}
    return {**made, **more} if more else made


def texted(value: Any) -> Any:
    """A shape as XML has it: every value is text."""
    if isinstance(value, dict):
        return {key: texted(each) for key, each in value.items()}
    return [texted(each) for each in value] if isinstance(value, list) else str


def of_xml(content: bytes) -> tuple[str, Any]:
    """The root of an answer and its document, lists as lists, by the mapping that is inferred."""
    name, tree = xml.read(content)
    inner = INVENTORY["xml_inferred"]["output"]["inner_lists"]

    def plain(row: Any) -> Any:
        lists = {key: xml.items(value) for key, value in row.items() if key in inner}
        for key, value in row.items():
            assert key not in inner or value == "" or value.keys() == {inner[key]}
        return {**row, **lists}

    if name.startswith("ArrayOf"):
        assert tree == "" or tree.keys() == {name.removeprefix("ArrayOf")}
        return name, [plain(row) for row in xml.items(tree)]
    return name, plain(tree)


def ask(field: Field, path: str, row: dict[str, Any], accept: str) -> httpx.Response:
    """An endpoint's answer about a customer that was brought in."""
    said = {
        "/Api/v2/Customer/Details": {"params": {"id": row["id"]}},
        "/Api/v2/Customer/List": {"params": {"myId": row["myId"]}},
        "/Api/v2/Customer/Delete": {"params": {"id": row["id"]}},
        "/Api/v2/Customer/Send": {"content": json.dumps(row)},
    }[path]
    return field.call(METHODS["/Customer/" + path.rpartition("/")[2]], path, headers={"accept": accept}, **said)


@pytest.mark.parametrize("accept", ["text/json", "text/xml"])
@pytest.mark.parametrize("path", ENDPOINTS)
def test_an_endpoint_answers_in_the_shape_of_its_example(lasting, path, accept):
    taken = []

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(ROWS)
    def answers(row: dict[str, Any]) -> None:
        (told,) = lasting.carry_in(json.dumps(row))
        if told["verdict"] == "rejected":  # an earlier example had this id with another myId
            return
        taken.append(row)
        answer = ask(lasting, path, row, accept)
        assert answer.status_code == 200
        if accept == "text/xml":
            root, document = of_xml(answer.content)
            output = INVENTORY["xml_inferred"]["output"]
            name = path.removeprefix("/Api/v2/")
            assert root == output["single"].get(name, output["lists"].get(name, "Result").partition("/")[0])
            assert shape(document) == texted(expected(path))
        else:
            document = answer.json()
            assert shape(document) == expected(path)
        same(path, document, row)

    answers()
    assert len(taken) > 3


def same(path: str, document: Any, row: dict[str, Any]) -> None:
    """See that the answer has the values that were brought in."""
    if path.endswith("Delete"):
        assert str(document["code"]) == "1"
    elif path.endswith("Send"):
        assert (str(document["code"]), document["message"]) == (str(row["id"]), "")
    else:
        shown = document[0] if isinstance(document, list) else document
        for word in set(shown) - {"id", "position", "tags", "customFieldValues"}:
            assert shown[word] == plain_text(row[word])
        assert str(shown["id"]) == str(row["id"])
        assert {key: float(each) for key, each in shown["position"].items()} == {
            key: float(each) for key, each in row["position"].items()
        }
        assert shown.get("tags", row["tags"]) == row["tags"]


def plain_text(text: str) -> str:
    import unicodedata

    return unicodedata.normalize("NFC", text).strip()


def test_every_endpoint_of_customers_is_served_and_every_exception_is_a_known_contradiction():
    assert {root + path for root in ROOTS[:1] for path in METHODS} == set(ENDPOINTS)
    for path, method in METHODS.items():
        assert ENDPOINTS[ROOTS[0] + path]["method"] == method
    assert {id_ for id_, _ in (*MORE, *OTHER_TYPES)} <= CONTRADICTIONS


GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
NUMBER = re.compile(r"\d{4,}")
DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}")


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """The keys and values of a document's innermost members."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, key)
    else:
        yield key, str(value)


@cache
def vendors_values() -> frozenset[str]:
    """Names, ids, GUIDs, dates and numbers of four digits and more in the vendor's examples."""
    examples = [
        each.get(name)
        for each in INVENTORY["endpoints"]
        for name in ("response_example", "request_example_doc", "request_example_sample_code")
    ]
    said = [(key, value) for key, value in leaves([examples, INVENTORY["auth_examples"]]) if value not in {"", "None"}]
    plain = {value for key, value in said if key not in {"code", "message", "tags", "id"}}
    digits = {found for _, value in said for pattern in (GUID, NUMBER, DATE) for found in pattern.findall(value)}
    return frozenset({value.strip() for value in plain if len(value.strip()) > 2} | digits | {"mycompany", "keepon"})


def test_no_value_of_the_vendors_examples_stands_in_the_program():
    assert "35604" in vendors_values()
    assert len(vendors_values()) > 20
    texts = {
        str(file.relative_to(SOURCES)): file.read_text()
        for file in sorted(SOURCES.rglob("*"))
        if file.suffix in {".py", ".html", ".json", ".po"}
    }
    found = [
        (name, value)
        for name, text in texts.items()
        for value in vendors_values()
        if value in text and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text)
    ]
    assert found == []
