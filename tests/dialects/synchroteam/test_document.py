"""docs/synchroteam.md says what is proved, by tests that there are."""

from tests.dialects.synchroteam import document
from tests.dialects.synchroteam.document import DOCUMENT, PROOFS, id_of, spelled
from tests.dialects.synchroteam.inventory import CONTRADICTIONS, ENDPOINTS, is_in_inventory

from synchub.dialects.synchroteam import routes


def test_the_document_is_as_it_is_made():
    assert DOCUMENT.read_text() == spelled(), "run python -m tests.dialects.synchroteam.document"


def test_every_test_that_is_named_exists():
    named = {id_of(test) for part in ("rules", "taken") for each in PROOFS[part].values() for test in each["tests"]}
    there = set().union(*map(document.tests_of, document.files_of_tests()))
    assert len(named) > 10
    assert sorted(named - there) == []


def test_every_rule_is_proved_every_contradiction_taken_and_every_endpoint_told():
    rules = {rule for each in ENDPOINTS.values() for rule in each["rules"]}
    assert PROOFS["rules"].keys() == rules
    assert PROOFS["taken"].keys() == CONTRADICTIONS.keys()
    assert PROOFS["endpoints"].keys() == ENDPOINTS.keys()
    beyond = {f"{each.method} {each.path}" for each in routes.ENDPOINTS if not is_in_inventory(each)}
    assert PROOFS["beyond"].keys() == beyond
    for each in (*PROOFS["rules"].values(), *PROOFS["taken"].values()):
        assert each["tests"]
        assert each["told"].endswith(".")
