"""Each endpoint that is served against the vendor's own example of it, in JSON and in XML.

Values of our own are drawn in the shapes of the examples, brought in, and asked for; the answer must have the example's
keys in the same letter case, with values of the same kinds, at every level. Exceptions carry the id of the
contradiction that they resolve (`inventory.AMENDED`).
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.dialects.synchroteam import asking_jobs, asking_places, asking_stock, asking_users
from tests.dialects.synchroteam.asking import World
from tests.dialects.synchroteam.inventory import (
    AMENDED,
    CONTRADICTIONS,
    ENDPOINTS,
    SERVED,
    TABLE,
    expected,
    in_xml,
    misfits,
    plain,
    read_xml,
)

ASKED = asking_places.ASKED | asking_jobs.ASKED | asking_stock.ASKED | asking_users.ASKED
FEW, MANY = 2, 10
"""How often each endpoint is asked in each format: by `make test`, and by `make e2e`."""
EACH = settings(
    phases=[Phase.generate], derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def world(lasting):
    return World(lasting)


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=[pytest.mark.e2e, pytest.mark.slow])])
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoint_answers_in_the_shape_of_its_example(world, endpoint, examples):
    @settings(EACH, max_examples=examples)
    @given(st.data())
    def answers(data: st.DataObject) -> None:
        for accept in ("text/json", "text/xml"):
            ask = ASKED[endpoint](world, data.draw)
            answer = world.ask(endpoint, ask, accept)
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"] == f"{accept}; charset=utf-8"
            wanted = expected(endpoint)
            document = read_xml(endpoint, answer.content) if accept == "text/xml" else answer.json()
            assert list(misfits(in_xml(wanted) if accept == "text/xml" else wanted, document)) == []
            rows = document if isinstance(document, list) else [document]
            assert any(shows(row, ask.shows) for row in rows), (rows, ask.shows)

    answers()


def shows(shown: Any, wanted: Any) -> bool:
    """Whether a document has these values, where it has their words at all; numbers may be written in any way."""
    if isinstance(wanted, dict):
        return all(shows(shown[word], each) for word, each in wanted.items() if word in shown)
    if isinstance(wanted, list):
        return len(shown) == len(wanted) and all(map(shows, shown, wanted))
    return plain(shown) == plain(wanted)


@pytest.mark.parametrize("lasting_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("endpoint", SERVED)
def test_an_endpoint_is_served_below_both_roots_in_any_case_with_and_without_a_slash(lasting, endpoint):
    """Who does not say who it is is told so (401) by what is an endpoint; another method is none there (405)."""
    facts = ENDPOINTS[endpoint]
    for root, spelt in (("/Api/v2", str), ("/v2", str.upper), ("/API/V2", str.lower)):
        path = spelt(facts["canonical_path"].removeprefix("/Api/v2")).format_map(Anything())
        for each in (root + path, f"{root}{path}/"):
            assert lasting.call(facts["method"], each, headers={"authorization": ""}).status_code == 401
            assert lasting.call("PATCH", each).status_code == 405


class Anything(dict[str, str]):
    """A value for every placeholder."""

    def __missing__(self, _: str) -> str:
        return "7"


def test_every_endpoint_of_the_inventory_is_served_and_asked():
    assert [*ENDPOINTS] == SERVED
    assert ENDPOINTS.keys() == ASKED.keys()


def test_there_is_no_endpoint_that_deletes_a_user(lasting):
    assert lasting.call("DELETE", "/Api/v2/User/Delete?login=kim").status_code == 404


def test_every_exception_resolves_a_known_contradiction_or_adds_a_field_of_the_table():
    assert AMENDED.keys() <= ENDPOINTS.keys()
    for endpoint, places in AMENDED.items():
        known = {field["name"] for field in ENDPOINTS[endpoint]["response"]["fields"]}
        for place, (why, _) in places.items():
            assert why in CONTRADICTIONS or (why == TABLE and place.removeprefix("[].") in known), (endpoint, place)
